/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The server's counter ids for the counter catalogue and for counters that are wanted as they come,
 * resolved by name at each login; and which of them are asked of whom.
 */
#ifndef COLLECT_COUNTER_MAP_H
#define COLLECT_COUNTER_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/counter.h"
#include "collect/parts.h"
#include "collect/sample.h"
#include "vim/counters.h"

struct counter_map {
    int32_t id[COUNTER_COUNT]; /* 0 = the server does not have it */
    struct counter_by_id {
        int32_t id;
        enum counter counter;
    } sorted[COUNTER_COUNT]; /* the ones it has, by id */
    size_t found;
    struct raw_by_id {
        int32_t id;
        struct raw_info info;
    } raw[CAP_RAW_COUNTERS]; /* the ones that are wanted as they come, by id */
    size_t nraw, raw_left;   /* how many, and how many more found no room */
};

/* Looks up every catalogue counter. */
void counter_map_resolve(struct counter_map *map, const struct vim_counters *counters);

/* Adds the counters that a pattern of one of the lists matches. Texts are those of `counters`,
 * which must outlive the map. Counters of the model whose group is off are from here on none of
 * ours, whoever asks for them. */
void counter_map_want(struct counter_map *map, const struct vim_counters *counters,
                      const char *const lists[RAW_LISTS], unsigned groups);

/* What is wanted of the server's id as it comes, or NULL. */
const struct raw_info *counter_map_raw(const struct counter_map *map, int32_t id);

/* The ids that are wanted as they come, which are asked for all instances. Returns how many. */
size_t counter_map_raw_ids(const struct counter_map *map, int32_t ids[CAP_RAW_COUNTERS]);

/* The catalogue counter of a server's id; false if it is none of ours. */
bool counter_map_find(const struct counter_map *map, int32_t id, enum counter *ret);

/* Whether the counter is asked of anybody: `groups` are the groups that are on, bits 1u << enum
 * counter_group. Without COUNTER_GROUP_HOST no host is asked. */
bool counter_is_asked(enum counter counter, unsigned groups);

/* The ids of the model's counters to ask an entity of this kind for, but for those that are among
 * the raw ids, in catalogue order; returns how many (at most COUNTER_COUNT). */
size_t counter_map_ids(const struct counter_map *map, enum entity_kind kind, unsigned groups,
                       int32_t ids[COUNTER_COUNT]);

/* How many counters are asked of anybody, and of them how many the server does not have. Those that
 * nobody misses (NEED_EXTRA) are not among them. */
void counter_map_count(const struct counter_map *map, unsigned groups, size_t *ret_asked,
                       size_t *ret_lost);

#endif
