/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "collect/counter_map.h"

#include <stdlib.h>
#include <string.h>

#include "base/glob.h"

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

/* ---- what is wanted as it comes ---- */

static int by_raw_id(const void *a, const void *b)
{
    int32_t x = ((const struct raw_by_id *)a)->id, y = ((const struct raw_by_id *)b)->id;
    return (x > y) - (x < y);
}

const struct raw_info *counter_map_raw(const struct counter_map *map, int32_t id)
{
    struct raw_by_id key = {.id = id};
    if (!map->nraw)
        return NULL;
    const struct raw_by_id *found =
        bsearch(&key, map->raw, map->nraw, sizeof map->raw[0], by_raw_id);
    return found ? &found->info : NULL;
}

size_t counter_map_raw_ids(const struct counter_map *map, int32_t ids[CAP_RAW_COUNTERS])
{
    for (size_t i = 0; i < map->nraw; i++)
        ids[i] = map->raw[i].id;
    return map->nraw;
}

static bool wanted(const char *name, const char *const lists[RAW_LISTS])
{
    bool found = false;
    for (size_t i = 0; i < RAW_LISTS && !found; i++)
        found = lists[i] && glob_match_any(lists[i], name);
    return found;
}

/* The model must not be given what it did not ask for. */
static void forget_what_is_off(struct counter_map *map, unsigned groups)
{
    size_t kept = 0;
    for (size_t i = 0; i < map->found; i++)
        if (counter_is_asked(map->sorted[i].counter, groups))
            map->sorted[kept++] = map->sorted[i];
    map->found = kept;
}

void counter_map_want(struct counter_map *map, const struct vim_counters *counters,
                      const char *const lists[RAW_LISTS], unsigned groups)
{
    const size_t n = vim_counters_count(counters);
    for (size_t i = 0; i < n; i++) {
        const struct vim_counter *counter = vim_counters_at(counters, i);
        if (!wanted(counter->name, lists) || vim_counters_find(counters, counter->name) != counter)
            continue; /* of two of the same name it is one, as for the model */
        if (map->nraw < CAP_RAW_COUNTERS)
            map->raw[map->nraw++] = (struct raw_by_id){counter->id, {counter->name, counter->unit}};
        else
            map->raw_left++;
    }
    if (map->nraw)
        forget_what_is_off(map, groups);
}

/* ---- whom to ask ---- */

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
        if (map->id[c] && (asked_of(c, groups) & of[kind]) && !counter_map_raw(map, map->id[c]))
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
