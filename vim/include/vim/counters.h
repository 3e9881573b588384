/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What a server can measure: its counter catalogue, and the facts a collector needs to ask well.
 * Ids differ between servers and may change at a re-login, so names are resolved at each login.
 */
#ifndef VIM_COUNTERS_H
#define VIM_COUNTERS_H

#include <stddef.h>
#include <stdint.h>

#include "vim/client.h"

struct vim_counters;

struct vim_counter { /* one row of PerformanceManager.perfCounter */
    int32_t id;
    const char *name; /* "cpu.ready.summation": group.name.rollup, case kept */
    const char *unit; /* "millisecond", "percent", "megaHertz" ... */
    int32_t level, device_level;
};

/* Reads perfCounter through the property collector (QueryPerfCounter is broken in places). */
enum vim_code vim_counters_load(struct vim_client *client, struct vim_counters **ret,
                                struct vim_error *err);
void vim_counters_free(struct vim_counters *counters);

size_t vim_counters_count(const struct vim_counters *counters);

/* For walking: i from 0 to the count less 1, by id. */
const struct vim_counter *vim_counters_at(const struct vim_counters *counters, size_t i);

/* By full name, case-sensitive (mem.swapIn and mem.swapin are two counters), or NULL. */
const struct vim_counter *vim_counters_find(const struct vim_counters *counters, const char *name);

/* By id, or NULL: servers do list ids without a catalogue row. */
const struct vim_counter *vim_counters_by_id(const struct vim_counters *counters, int32_t id);

/* QueryPerfProviderSummary: the refresh rate in seconds, or 0 if the entity has no real-time data.
 */
enum vim_code vim_provider_refresh(struct vim_client *client, const char *type, const char *moid,
                                   int *ret, struct vim_error *err);

/* Option config.vpxd.stats.maxQueryMetrics; -1 = no limit or not offered. */
enum vim_code vim_max_query_metrics(struct vim_client *client, int *ret, struct vim_error *err);

/* QueryAvailablePerfMetric at interval_s: the distinct counter ids, ascending, malloc'ed. */
enum vim_code vim_available_metrics(struct vim_client *client, const char *type, const char *moid,
                                    int interval_s, int32_t **ret_ids, size_t *ret_n,
                                    struct vim_error *err);

#endif
