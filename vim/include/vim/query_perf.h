/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * QueryPerf: many entities in one call, several calls under way at once. The request is prepared
 * text per metric set; the reply streams through perf_reader while it arrives.
 */
#ifndef VIM_QUERY_PERF_H
#define VIM_QUERY_PERF_H

#include <stdbool.h>

#include "vim/client.h"
#include "vim/perf.h"

struct vim_metric_set; /* counters asked together, as request text */
struct vim_query;      /* one QueryPerf under way or finished */

struct vim_ask {
    const char *type, *moid;
    struct server_time
        after;       /* samples newer than this (startTime is exclusive); ms 0 = no startTime */
    int max_samples; /* always sent; at least 1 */
};

/* Prepares the text for n counter ids. instance, of each: "*" = all of them, "" = only the
 * aggregate over them, or one instance's name. interval_s is the provider's refresh rate. The
 * reply's format is asked as csv; servers that answer normal are read too. */
enum vim_code vim_metric_set_new(const int32_t *ids, size_t n, const char *instance, int interval_s,
                                 struct vim_metric_set **ret, struct vim_error *err);

/* Adds further counters to the set, with an instance of their own. After a failure the set can only
 * be freed. */
enum vim_code vim_metric_set_add(struct vim_metric_set *set, const int32_t *ids, size_t n,
                                 const char *instance, struct vim_error *err);
void vim_metric_set_free(struct vim_metric_set *set);

/* Starts the call for n entities. set and asks need not outlive this call. */
enum vim_code vim_query_start(struct vim_client *client, const struct vim_metric_set *set,
                              const struct vim_ask *asks, size_t n, struct vim_query **ret,
                              struct vim_error *err);

/* True once vim_client_run has brought it to its end, good or bad. */
bool vim_query_done(const struct vim_query *query);

/* Milliseconds from start to end (so far, if not done). */
int64_t vim_query_ms(const struct vim_query *query);

/* The reply of a done query, or its failure. On VIM_OK *ret is the caller's to free. */
enum vim_code vim_query_take(struct vim_query *query, struct perf_reply **ret,
                             struct vim_error *err);

/* Cancels if under way. NULL is fine. */
void vim_query_free(struct vim_query *query);

#endif
