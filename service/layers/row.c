/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "layers/row.h"

#include <stdlib.h>

#include "base/caps.h"

enum { FIRST_ROWS = 64, FIRST_VALUES = 4096 };

void row_batch_init(struct row_batch *batch)
{
    *batch = (struct row_batch){0};
    arena_init(&batch->arena);
}

void row_batch_free(struct row_batch *batch)
{
    arena_free(&batch->arena);
    free(batch->rows);
    free(batch->values);
    row_batch_init(batch);
}

/* One more element of `size` bytes behind n: doubles the room, up to the cap. */
static bool grow(void **list, size_t *room, size_t first, size_t size)
{
    size_t wanted = *room ? 2 * *room : first;
    if (wanted > CAP_ROW_BATCH_VALUES)
        wanted = CAP_ROW_BATCH_VALUES;
    if (wanted == *room)
        return false;
    void *grown = realloc(*list, wanted * size);
    if (!grown)
        return false;
    *list = grown;
    *room = wanted;
    return true;
}

void row_batch_row(struct row_batch *batch, const struct entity *entity, struct server_time time,
                   int32_t interval_s)
{
    void *rows = batch->rows;
    if (batch->failed)
        return;
    if (batch->nrows == batch->rows_room &&
        !grow(&rows, &batch->rows_room, FIRST_ROWS, sizeof *batch->rows)) {
        batch->failed = true;
        return;
    }
    batch->rows = rows;
    batch->rows[batch->nrows++] = (struct layer_row){
        .entity = entity,
        .time = time,
        .interval_s = interval_s,
        .first = (uint32_t)batch->nvalues,
    };
}

void row_batch_value(struct row_batch *batch, enum quantity quantity, enum form form,
                     unsigned instance, int64_t ticks)
{
    void *values = batch->values;
    if (batch->failed || !batch->nrows)
        return;
    if (batch->nvalues == batch->values_room &&
        !grow(&values, &batch->values_room, FIRST_VALUES, sizeof *batch->values)) {
        batch->failed = true;
        return;
    }
    batch->values = values;
    batch->values[batch->nvalues++] = (struct layer_value){
        .ticks = ticks,
        .quantity = (uint16_t)quantity,
        .instance = (uint16_t)instance,
        .form = (uint8_t)form,
    };
    batch->rows[batch->nrows - 1].count++;
}

bool row_batch_ok(const struct row_batch *batch)
{
    return !batch->failed;
}

bool row_find(const struct row_batch *batch, const struct layer_row *row, enum quantity quantity,
              enum form form, unsigned instance, int64_t *ret)
{
    for (uint32_t i = 0; i < row->count; i++) {
        const struct layer_value *value = &batch->values[row->first + i];
        if (value->quantity == quantity && value->form == form && value->instance == instance) {
            *ret = value->ticks;
            return true;
        }
    }
    return false;
}
