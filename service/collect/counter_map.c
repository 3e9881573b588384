/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "collect/counter_map.h"

#include <stdlib.h>

static int by_id(const void *a, const void *b)
{
    int32_t x = ((const struct counter_by_id *)a)->id, y = ((const struct counter_by_id *)b)->id;
    return (x > y) - (x < y);
}

void counter_map_resolve(struct counter_map *map, const struct vim_counters *counters)
{
    *map = (struct counter_map){0};
    for (enum counter c = 0; c < COUNTER_COUNT; c++) {
        const struct vim_counter *found = vim_counters_find(counters, counter_info(c)->name);
        if (!found)
            continue;
        map->id[c] = found->id;
        map->sorted[map->found++] = (struct counter_by_id){found->id, c};
    }
    qsort(map->sorted, map->found, sizeof map->sorted[0], by_id);
}

bool counter_map_find(const struct counter_map *map, int32_t id, enum counter *ret)
{
    struct counter_by_id key = {.id = id};
    const struct counter_by_id *found =
        bsearch(&key, map->sorted, map->found, sizeof map->sorted[0], by_id);
    if (found)
        *ret = found->counter;
    return found != NULL;
}

/* For whom to ask, as bits COUNTER_OF_, with these groups on. */
static unsigned asked_of(enum counter counter, unsigned groups)
{
    bool on = groups >> counter_group(counter) & 1;
    bool hosts = groups >> COUNTER_GROUP_HOST & 1;
    unsigned of = on ? counter_info(counter)->of : 0;
    return hosts ? of : of & ~(unsigned)COUNTER_OF_HOST;
}

bool counter_is_asked(enum counter counter, unsigned groups)
{
    return asked_of(counter, groups) != 0;
}

size_t counter_map_ids(const struct counter_map *map, enum entity_kind kind, unsigned groups,
                       int32_t ids[COUNTER_COUNT])
{
    static const unsigned of[] = {
        [ENTITY_VM] = COUNTER_OF_VM, [ENTITY_HOST] = COUNTER_OF_HOST, [ENTITY_VCENTER] = 0};
    size_t n = 0;
    for (enum counter c = 0; c < COUNTER_COUNT; c++)
        if (map->id[c] && (asked_of(c, groups) & of[kind]))
            ids[n++] = map->id[c];
    return n;
}

void counter_map_count(const struct counter_map *map, unsigned groups, size_t *ret_asked,
                       size_t *ret_lost)
{
    *ret_asked = *ret_lost = 0;
    for (enum counter c = 0; c < COUNTER_COUNT; c++)
        if (counter_is_asked(c, groups) && counter_info(c)->need != NEED_EXTRA) {
            ++*ret_asked;
            *ret_lost += map->id[c] == 0;
        }
}
