/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "layers/row.h"

#include <stdlib.h>
#include <string.h>

#include "base/caps.h"

enum { FIRST_ROWS = 64, FIRST_VALUES = 4096, FIRST_RAW = 64 };

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
    free(batch->raw_counters);
    free(batch->raw_instances);
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

/* Tables double at powers of two, from FIRST_RAW on. */
static bool raw_room(void **table, size_t n, size_t size)
{
    if (n >= RAW_NONE)
        return false;
    if (n && (n < FIRST_RAW || (n & (n - 1)) != 0))
        return true;
    void *grown = realloc(*table, (n ? 2 * n : FIRST_RAW) * size);
    if (grown)
        *table = grown;
    return grown != NULL;
}

unsigned row_batch_raw_counter(struct row_batch *batch, const char *name, const char *unit)
{
    void *table = batch->raw_counters;
    for (size_t i = 0; i < batch->nraw_counters; i++)
        if (strcmp(batch->raw_counters[i].name, name) == 0)
            return (unsigned)i;
    bool room = raw_room(&table, batch->nraw_counters, sizeof *batch->raw_counters);
    batch->raw_counters = table;
    const char *kept_name = room ? arena_text(&batch->arena, name, strlen(name)) : NULL;
    const char *kept_unit = room ? arena_text(&batch->arena, unit, strlen(unit)) : NULL;
    if (!kept_name || !kept_unit) {
        batch->failed = true;
        return RAW_NONE;
    }
    batch->raw_counters[batch->nraw_counters] = (struct raw_counter){kept_name, kept_unit};
    return (unsigned)batch->nraw_counters++;
}

unsigned row_batch_raw_instance(struct row_batch *batch, const char *text)
{
    void *table = batch->raw_instances;
    for (size_t i = 0; i < batch->nraw_instances; i++)
        if (strcmp(batch->raw_instances[i], text) == 0)
            return (unsigned)i;
    bool room = raw_room(&table, batch->nraw_instances, sizeof *batch->raw_instances);
    batch->raw_instances = table;
    const char *kept = room ? arena_text(&batch->arena, text, strlen(text)) : NULL;
    if (!kept) {
        batch->failed = true;
        return RAW_NONE;
    }
    batch->raw_instances[batch->nraw_instances] = kept;
    return (unsigned)batch->nraw_instances++;
}

void row_batch_raw(struct row_batch *batch, unsigned counter, unsigned instance, int64_t value)
{
    if (counter < RAW_NONE && instance < RAW_NONE)
        row_batch_value(batch, (enum quantity)(QUANTITY_RAW + counter), FORM_TOTAL, instance,
                        value);
}

const struct raw_counter *row_raw(const struct row_batch *batch, const struct layer_value *value)
{
    const size_t i = (size_t)value->quantity - QUANTITY_RAW;
    return value->quantity >= QUANTITY_RAW && i < batch->nraw_counters ? &batch->raw_counters[i]
                                                                       : NULL;
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
