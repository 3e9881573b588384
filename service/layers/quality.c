/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "layers/quality.h"

void quality_row(const struct cycle_quality *quality, int64_t refused_identity, int64_t incomplete,
                 struct row_batch *out)
{
    const struct {
        enum quantity quantity;
        int64_t ticks;
    } values[] = {
        {Q_QUALITY_EXPECTED, quality->expected}, {Q_QUALITY_RECEIVED, quality->received},
        {Q_QUALITY_MISSING, quality->missing},   {Q_QUALITY_LATE, quality->late},
        {Q_QUALITY_REPEATED, quality->repeated}, {Q_QUALITY_REFUSED_IDENTITY, refused_identity},
        {Q_QUALITY_INCOMPLETE, incomplete},      {Q_QUALITY_REFUSED_SHAPE, quality->refused_shape},
        {Q_QUALITY_LAG, quality->lag_ms},        {Q_QUALITY_CLOCK, quality->clock_ms},
        {Q_QUALITY_ENTITIES, quality->entities}, {Q_QUALITY_SILENT, quality->silent},
        {Q_QUALITY_LEFT_OUT, quality->left_out},
    };
    row_batch_row(out, quality->entity, quality->time, quality->interval_s);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (values[i].quantity != Q_QUALITY_LAG || values[i].ticks >= 0) /* -1: no sample yet */
            row_batch_value(out, values[i].quantity, FORM_TOTAL, 0, values[i].ticks);
}
