/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * One collection: every VM and host that is on is asked for the samples after its mark, in batches
 * of one kind, several under way at once. What arrives goes down through the sink, answer by
 * answer. One that makes its batch fail is found by splitting the batch and left out; the others
 * are not harmed.
 */
#ifndef COLLECT_CYCLE_H
#define COLLECT_CYCLE_H

#include "collect/counter_map.h"
#include "collect/schedule.h"
#include "collect/targets.h"
#include "report/log.h"
#include "report/metrics.h"
#include "vim/query_perf.h"

struct cycle_setup { /* what a cycle works with; all borrowed, and constant while it goes on */
    struct vim_client *client;
    struct vim_metric_set *const *metrics_asked; /* of each kind; NULL = that kind is not asked */
    const struct counter_map *map;
    struct targets *targets;
    const struct sample_sink *sink;
    struct metric_set *figures;
    struct complaint *left_out; /* about those that make their batch fail */
    struct server_clock clock;
    int refresh_s; /* the provider's interval */
    size_t batch_entities;
    size_t batches_at_once;
    int64_t lookback_ms; /* for one without a mark */
    int newest_only;     /* > 0: the newest samples without regard to marks (once) */
};

struct cycle;

/* Plans the batches. NULL when out of memory. */
struct cycle *cycle_new(const struct cycle_setup *setup);

/* Takes finished answers and starts further batches; call it after each vim_client_run. True once
 * nothing is left to do. */
bool cycle_move(struct cycle *cycle);

struct cycle_outcome {
    size_t asked[TARGET_KINDS];
    size_t answered[TARGET_KINDS]; /* whose answer was handed down */
    size_t left_out[TARGET_KINDS]; /* because the server failed on them */
    size_t calls, failures; /* QueryPerf calls, and those that failed for a reason of the server or
                               the connection (not of a single VM or host) */
    bool session_lost;
    bool sink_failed;       /* the sink did not take an answer; it will be asked again */
    struct vim_error error; /* the newest failure */
    int64_t duration_ms;
    struct server_time newest;    /* the newest sample seen; ms 0 if none */
    struct cycle_quality quality; /* its counts; whole once the cycle is over */
};

/* Of all kinds together. */
size_t cycle_sum(const size_t of_kinds[TARGET_KINDS]);

/* How it went (so far, if it is not over). */
void cycle_outcome(const struct cycle *cycle, struct cycle_outcome *ret);

/* Cancels what is under way. NULL is fine. */
void cycle_free(struct cycle *cycle);

#endif
