/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * One rule over one row.
 */
#include <math.h>
#include <string.h>

#include "layers/verdict.h"

void verdict_input(const struct row_batch *rows, const struct layer_row *row,
                   struct verdict_input *ret)
{
    memset(ret->known, 0, sizeof ret->known);
    for (uint32_t i = 0; i < row->count; i++) {
        const struct layer_value *value = &rows->values[row->first + i];
        if (value->form > FORM_WORST || value->quantity >= QUANTITY_END)
            continue;
        ret->ticks[value->form][value->quantity] = value->ticks;
        ret->known[value->form][value->quantity] = true;
    }
}

/* A quantity, divided by a total of the row; both exact until the one division. Of nothing,
 * anything is endless. */
static bool value_of(const struct verdict_rule_info *info, const struct verdict_input *input,
                     double *ret)
{
    const struct quantity_info *what = quantity_info(info->quantity);
    const double ticks = (double)input->ticks[info->form][info->quantity];
    double above = unit_is_large(what->unit) ? ticks * (double)what->scale : ticks;
    double below = unit_is_large(what->unit) ? 1 : (double)what->scale;
    if (!input->known[info->form][info->quantity])
        return false;
    if (info->per != Q_NONE) {
        const struct quantity_info *per = quantity_info(info->per);
        const double share = (double)input->ticks[FORM_TOTAL][info->per];
        if (!input->known[FORM_TOTAL][info->per])
            return false;
        below *= unit_is_large(per->unit) ? share * (double)per->scale : share;
        above *= unit_is_large(per->unit) ? 1 : (double)per->scale;
    }
    if (below > 0)
        *ret = above / below;
    else
        *ret = above > 0 ? HUGE_VAL : 0;
    return true;
}

enum truth { NO, YES, NOT_KNOWN };

static enum truth holds(const struct verdict_condition *when, const struct verdict_input *input)
{
    if (when->quantity == Q_NONE)
        return YES;
    if (!input->known[FORM_TOTAL][when->quantity])
        return NOT_KNOWN;
    const int64_t ticks = input->ticks[FORM_TOTAL][when->quantity];
    return quantity_value(quantity_info(when->quantity), ticks) >= when->least ? YES : NO;
}

/* One that does not hold settles it, whatever else is not known. */
static enum truth all_hold(const struct verdict_rule_info *info, const struct verdict_input *input)
{
    enum truth all = YES;
    for (int i = 0; i < VERDICT_CONDITIONS; i++) {
        enum truth one = holds(&info->when[i], input);
        if (one == NO)
            return NO;
        if (one == NOT_KNOWN)
            all = NOT_KNOWN;
    }
    return all;
}

static bool is_blind(const struct verdict_rule_info *info, const struct verdict_input *input)
{
    int place = (int)info->resource * VERDICT_LAYERS + (int)info->layer - LAYER_QUEUE;
    enum quantity status = verdict_status_quantity(place);
    return info->blind != REASON_OK && input->known[FORM_TOTAL][status] &&
           input->ticks[FORM_TOTAL][status] == (int64_t)info->blind;
}

/* Rounded up: whatever is above `from` is more than nothing. */
static uint8_t score_of(const struct verdict_range *range, double value)
{
    if (!(value > range->from))
        return 0;
    if (value >= range->full)
        return SCORE_FULL;
    const double dust = 1e-6; /* of the divisions */
    const double score = (value - range->from) / (range->full - range->from) * SCORE_FULL;
    return (uint8_t)((int)(score - dust) + 1);
}

struct verdict_reading verdict_read(enum verdict_rule rule, const struct verdict_range *range,
                                    const struct verdict_input *input)
{
    const struct verdict_rule_info *info = verdict_rule(rule);
    struct verdict_reading reading = {.score = SCORE_UNKNOWN};
    reading.known = value_of(info, input, &reading.value);
    enum truth applies = all_hold(info, input);
    if (range->off || is_blind(info, input))
        return reading;
    if (reading.known)
        reading.score = score_of(range, reading.value);
    /* Below `from` no condition matters. */
    if (applies == NO)
        reading.score = 0;
    else if (applies == NOT_KNOWN && reading.score != 0)
        reading.score = SCORE_UNKNOWN;
    return reading;
}
