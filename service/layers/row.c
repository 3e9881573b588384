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
    free(batch->counter_index.slots);
    free(batch->instance_index.slots);
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

/* ---- the tables of raw samples ---- */

enum raw_table { RAW_COUNTERS, RAW_INSTANCES };

static const char *raw_text(const struct row_batch *batch, enum raw_table which, size_t i)
{
    return which == RAW_COUNTERS ? batch->raw_counters[i].name : batch->raw_instances[i];
}

/* FNV-1a */
static size_t hash(const char *text)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * 0x100000001b3u;
    return (size_t)(h ^ h >> 32);
}

/* The slot of a text: its own, or the free one where it belongs. */
static uint16_t *slot_of(const struct row_batch *batch, enum raw_table which,
                         const struct raw_index *index, const char *text)
{
    for (size_t at = hash(text);; at++) {
        uint16_t *slot = &index->slots[at & (index->nslots - 1)];
        if (!*slot || strcmp(raw_text(batch, which, *slot - 1u), text) == 0)
            return slot;
    }
}

/* Room for one more behind n; also for a decoded batch, which comes without an index. */
static bool index_room(const struct row_batch *batch, enum raw_table which, size_t n,
                       struct raw_index *index)
{
    size_t wanted = index->nslots ? index->nslots : 2 * (size_t)FIRST_RAW;
    while (wanted < 2 * (n + 1))
        wanted *= 2;
    if (wanted == index->nslots)
        return true;
    struct raw_index grown = {calloc(wanted, sizeof *grown.slots), wanted};
    if (!grown.slots)
        return false;
    for (size_t i = 0; i < n; i++)
        *slot_of(batch, which, &grown, raw_text(batch, which, i)) = (uint16_t)(i + 1);
    free(index->slots);
    *index = grown;
    return true;
}

unsigned row_batch_raw_counter(struct row_batch *batch, const char *name, const char *unit)
{
    struct raw_index *index = &batch->counter_index;
    const size_t n = batch->nraw_counters;
    void *table = batch->raw_counters;
    if (!index_room(batch, RAW_COUNTERS, n, index))
        goto no_memory;
    uint16_t *slot = slot_of(batch, RAW_COUNTERS, index, name);
    if (*slot)
        return *slot - 1u;
    if (n == RAW_NONE) {
        batch->raw_lost++;
        return RAW_NONE;
    }
    const bool room = n < batch->raw_counters_room || grow(&table, &batch->raw_counters_room,
                                                           FIRST_RAW, sizeof(struct raw_counter));
    batch->raw_counters = table;
    const char *kept_name = room ? arena_text(&batch->arena, name, strlen(name)) : NULL;
    const char *kept_unit = room ? arena_text(&batch->arena, unit, strlen(unit)) : NULL;
    if (!kept_name || !kept_unit)
        goto no_memory;
    batch->raw_counters[n] = (struct raw_counter){kept_name, kept_unit};
    *slot = (uint16_t)++batch->nraw_counters;
    return (unsigned)n;
no_memory:
    batch->failed = true;
    return RAW_NONE;
}

unsigned row_batch_raw_instance(struct row_batch *batch, const char *text)
{
    struct raw_index *index = &batch->instance_index;
    const size_t n = batch->nraw_instances;
    void *table = batch->raw_instances;
    if (!index_room(batch, RAW_INSTANCES, n, index))
        goto no_memory;
    uint16_t *slot = slot_of(batch, RAW_INSTANCES, index, text);
    if (*slot)
        return *slot - 1u;
    if (n == RAW_NONE) {
        batch->raw_lost++;
        return RAW_NONE;
    }
    const bool room = n < batch->raw_instances_room ||
                      grow(&table, &batch->raw_instances_room, FIRST_RAW, sizeof(const char *));
    batch->raw_instances = table;
    const char *kept = room ? arena_text(&batch->arena, text, strlen(text)) : NULL;
    if (!kept)
        goto no_memory;
    batch->raw_instances[n] = kept;
    *slot = (uint16_t)++batch->nraw_instances;
    return (unsigned)n;
no_memory:
    batch->failed = true;
    return RAW_NONE;
}

void row_batch_raw(struct row_batch *batch, unsigned counter, unsigned instance, int64_t value)
{
    if (counter < RAW_NONE && instance < RAW_NONE)
        row_batch_value(batch, (enum quantity)(QUANTITY_RAW + counter), FORM_TOTAL, instance,
                        value);
}

uint32_t row_quantities(const struct row_batch *batch, const struct layer_row *row)
{
    uint32_t n = row->count;
    while (n && batch->values[row->first + n - 1].quantity >= QUANTITY_RAW)
        n--;
    return n;
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
