/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "collect/intake.h"

#include <stdlib.h>

struct moment {
    int64_t ms;
    size_t at; /* index in the server's order */
};

static int by_time(const void *a, const void *b)
{
    const struct moment *x = a, *y = b;
    if (x->ms != y->ms)
        return x->ms < y->ms ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

static bool ascending(const struct perf_entity *from)
{
    for (size_t i = 1; i < from->nsamples; i++)
        if (from->times[i].ms <= from->times[i - 1].ms)
            return false;
    return true;
}

/* Which of the server's samples to keep, in order of time. NULL when out of memory. */
static struct moment *choose(struct arena *arena, const struct perf_entity *from,
                             struct server_time mark, size_t *ret_n)
{
    struct moment *moments = arena_take(arena, from->nsamples * sizeof *moments);
    if (!moments)
        return NULL;
    for (size_t i = 0; i < from->nsamples; i++)
        moments[i] = (struct moment){from->times[i].ms, i};
    qsort(moments, from->nsamples, sizeof *moments, by_time);
    size_t n = 0;
    for (size_t i = 0; i < from->nsamples; i++)
        if (moments[i].ms > mark.ms && (n == 0 || moments[i].ms != moments[n - 1].ms))
            moments[n++] = moments[i];
    *ret_n = n;
    return moments;
}

/* Room for what is wanted as it came; NULL if nothing is, or when out of memory. */
static const struct raw_info **raw_room(struct arena *arena, const struct perf_entity *from,
                                        const struct counter_map *map)
{
    return map->nraw ? arena_take(arena, (from->nseries + 1) * sizeof(struct raw_info *)) : NULL;
}

/* The series of ours, with values still in the server's order. */
static struct sample_series *name_series(struct arena *arena, const struct perf_entity *from,
                                         const struct counter_map *map, struct sample_block *block)
{
    struct sample_series *series = arena_take(arena, (from->nseries + 1) * sizeof *series);
    const struct raw_info **raw = raw_room(arena, from, map);
    if (!series || (map->nraw && !raw))
        return NULL;
    size_t n = 0;
    for (size_t i = 0; i < from->nseries; i++) {
        enum counter counter = COUNTER_COUNT;
        const struct raw_info *info = counter_map_raw(map, from->series[i].counter);
        const bool model = counter_map_find(map, from->series[i].counter, &counter);
        if (!model && !info)
            continue;
        if (raw)
            raw[n] = info;
        series[n++] =
            (struct sample_series){counter, from->series[i].instance, from->series[i].values};
        if (model && counter_group(counter) == COUNTER_GROUP_GUEST)
            block->guest_counters = true;
    }
    block->nseries = n;
    block->raw = raw;
    return series;
}

/* The usual case costs no copy: what is new is the tail of the server's arrays. */
static void keep_tail(const struct perf_entity *from, struct server_time mark,
                      struct sample_block *block, struct sample_series *series)
{
    size_t first = 0;
    while (first < from->nsamples && from->times[first].ms <= mark.ms)
        first++;
    block->ntimes = from->nsamples - first;
    block->times = from->times + first;
    block->intervals = from->intervals + first;
    for (size_t i = 0; i < block->nseries; i++)
        series[i].values += first;
}

static int keep_sorted(struct arena *arena, const struct perf_entity *from, struct server_time mark,
                       struct sample_block *block, struct sample_series *series)
{
    size_t n;
    struct moment *moments = choose(arena, from, mark, &n);
    struct server_time *times = arena_take(arena, from->nsamples * sizeof *times);
    int32_t *intervals = arena_take(arena, from->nsamples * sizeof *intervals);
    if (!moments || !times || !intervals)
        return -1;
    for (size_t i = 0; i < n; i++) {
        times[i] = from->times[moments[i].at];
        intervals[i] = from->intervals[moments[i].at];
    }
    for (size_t s = 0; s < block->nseries; s++) {
        int64_t *values = arena_take(arena, n * sizeof *values);
        if (!values)
            return -1;
        for (size_t i = 0; i < n; i++)
            values[i] = series[s].values[moments[i].at];
        series[s].values = values;
    }
    block->ntimes = n;
    block->times = times;
    block->intervals = intervals;
    return 0;
}

int intake_block(struct arena *arena, const struct perf_entity *from, const struct counter_map *map,
                 struct server_time mark, struct sample_block *ret, uint64_t *repeated)
{
    struct sample_block block = *ret;
    struct sample_series *series = name_series(arena, from, map, &block);
    if (!series)
        return -1;
    if (ascending(from))
        keep_tail(from, mark, &block, series);
    else if (keep_sorted(arena, from, mark, &block, series) < 0)
        return -1;
    block.series = series;
    *repeated += from->nsamples - block.ntimes;
    *ret = block;
    return 0;
}
