/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "formats/namer.h"

#include <stdlib.h>
#include <string.h>

bool counter_cache_room(struct counter_cache *cache, const struct row_batch *batch)
{
    if (batch->nraw_counters <= cache->room)
        return true;
    struct counter_names *grown =
        realloc(cache->names, batch->nraw_counters * sizeof *cache->names);
    if (!grown)
        return false;
    for (size_t i = cache->room; i < batch->nraw_counters; i++)
        grown[i].counter[0] = '\0';
    cache->names = grown;
    cache->room = batch->nraw_counters;
    return true;
}

void counter_cache_free(struct counter_cache *cache)
{
    free(cache->names);
    cache->names = NULL;
    cache->room = 0;
}

/* Batches mostly have the same counters in the same order, so a name is compared, not looked up. */
const struct counter_names *counter_cache_find(struct counter_cache *cache,
                                               const struct row_batch *batch,
                                               const struct layer_value *value)
{
    const struct raw_counter *counter = row_raw(batch, value);
    const size_t number = (size_t)value->quantity - QUANTITY_RAW;
    if (!counter || number >= cache->room || !*counter->name)
        return NULL;
    struct counter_names *names = &cache->names[number];
    if (strcmp(names->counter, counter->name) == 0)
        return names;
    const size_t n = strlen(counter->name);
    if (n >= COUNTER_NAME)
        return NULL;
    *names = (struct counter_names){.percent = strcmp(counter->unit, "percent") == 0};
    memcpy(names->counter, counter->name, n);
    cache->make(names);
    return names;
}

void counter_text(char ret[COUNTER_NAME], const char *counter, size_t skip)
{
    size_t n = 0;
    for (const char *c = counter + skip; *c && n + 1 < COUNTER_NAME; c++) {
        const bool plain =
            (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9');
        ret[n++] = plain ? *c : '_';
    }
    ret[n] = '\0';
}

const char *raw_instance(const struct row_batch *batch, const struct layer_value *value)
{
    return value->instance < batch->nraw_instances ? batch->raw_instances[value->instance] : "";
}

void tag_add(struct series *series, struct series_tag *tags, const char *key, const char *value,
             size_t value_n)
{
    if (value_n)
        tags[series->ntags++] =
            (struct series_tag){key, value, (uint32_t)strlen(key), (uint32_t)value_n};
}

void tags_last(struct series *series)
{
    series->lasting = (UINT64_C(1) << series->ntags) - 1;
}
