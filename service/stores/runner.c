/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Where a store stands, in journal numbers:
 *
 *      cursor           last_done        after
 *        |                  |              |
 *   -----+------------------+--------------+--------->
 *   safe   in the store,      refused, and   not read yet
 *          not yet durable    skipped
 */
#include "stores/runner.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "report/log.h"
#include "stores/filter.h"
#include "stores/hold_back.h"
#include "stores/runner_private.h"

const struct runner_timing runner_default_timing = {
    .first_wait = 1000,
    .last_wait = 60000,
    .hold = 60000,
    .longest_retry_after = 600000,
    .idle = 1000,
};

struct store_runner {
    const struct store_ops *ops;
    void *store;
    const struct store_options *options;
    struct journal *journal;
    struct metric_set *metrics;
    struct runner_timing timing;

    pthread_t thread;
    pthread_mutex_t lock; /* over the next three */
    pthread_cond_t changed;
    bool stopping, ended;
    struct mono_time deadline; /* when stopping */

    /* The rest belongs to the thread. */
    int64_t cursor, last_done, after;
    int64_t wait; /* the last back-off; 0 = the last write went well */
    struct mono_time flushed;
    uint64_t random;
    struct complaint unwilling, flushing, refusing, journal_trouble;
    struct filter *filter;
    struct hold_back held;
};

/* ---- waiting ---- */

/* A number from 0 to n, to keep many stores from knocking at the same moment (splitmix64). */
static int64_t random_to(struct store_runner *r, int64_t n)
{
    uint64_t z = r->random += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (int64_t)((z ^ (z >> 31)) % (uint64_t)(n + 1));
}

static struct timespec as_timespec(struct mono_time t)
{
    return (struct timespec){.tv_sec = t.ms / 1000, .tv_nsec = (long)(t.ms % 1000) * 1000000};
}

/* True once the patience of store_runner_stop is used up. */
static bool too_late(struct store_runner *r)
{
    pthread_mutex_lock(&r->lock);
    bool late = r->stopping && mono_between(r->deadline, mono_now()) >= 0;
    pthread_mutex_unlock(&r->lock);
    return late;
}

static bool is_stopping(struct store_runner *r)
{
    pthread_mutex_lock(&r->lock);
    bool stopping = r->stopping;
    pthread_mutex_unlock(&r->lock);
    return stopping;
}

/* Sleeps until t, or until stopping begins, or ends. */
static void sleep_until(struct store_runner *r, struct mono_time t)
{
    pthread_mutex_lock(&r->lock);
    bool was_stopping = r->stopping;
    if (was_stopping && mono_between(t, r->deadline) < 0)
        t = r->deadline;
    struct timespec until = as_timespec(t);
    while (mono_between(mono_now(), t) > 0 && r->stopping == was_stopping)
        pthread_cond_timedwait(&r->changed, &r->lock, &until);
    pthread_mutex_unlock(&r->lock);
}

/* ---- figures ---- */

static void show_backlog(struct store_runner *r)
{
    int64_t batches, age;
    journal_waiting(r->journal, r->after, &batches, &age);
    metric_put(r->metrics, METRIC_STORE_BACKLOG, batches);
    metric_put(r->metrics, METRIC_STORE_AGE_SECONDS, age);
    metric_put(r->metrics, METRIC_STORE_LOST, journal_lost(r->journal, r->options->name));
}

static void count_written(struct store_runner *r, const struct row_batch *batch, uint64_t refused)
{
    uint64_t rows = batch->nrows, kept = rows > refused ? rows - refused : 0;
    metric_put(r->metrics, METRIC_STORE_UP, 1);
    metric_add(r->metrics, METRIC_STORE_ROWS, (int64_t)kept);
    if (rows) /* of rows refused it is not known which they were: their share */
        metric_add(r->metrics, METRIC_STORE_VALUES, (int64_t)(batch->nvalues * kept / rows));
}

static void count_refused(struct store_runner *r, int64_t seq, uint64_t rows,
                          const struct store_error *err)
{
    metric_add(r->metrics, METRIC_STORE_REFUSED, (int64_t)rows);
    complain(&r->refusing, LOG_ERROR, "stores", "rows_refused",
             "store=%s seq=%lld rows=%llu message=%s", log_quote(r->options->name), (long long)seq,
             (unsigned long long)rows, log_quote(err->message));
}

/* ---- moving on ---- */

static void journal_failed(struct store_runner *r, const struct journal_error *why)
{
    complain(&r->journal_trouble, LOG_ERROR, "stores", "journal_failed", "store=%s message=%s",
             log_quote(r->options->name), log_quote(why->message));
}

/* Moves the cursor. Once everything that was taken is durable, what was refused behind it is done
 * with too. */
static void settle(struct store_runner *r, int64_t durable)
{
    struct journal_error why;
    int64_t to = durable >= r->last_done ? r->after : durable;
    if (to <= r->cursor)
        return;
    if (journal_advance(r->journal, r->options->name, to, &why) != 0) {
        journal_failed(r, &why); /* tried again with the next batch or flush */
        return;
    }
    complain_over(&r->journal_trouble, "stores", "journal_works", "store=%s",
                  log_quote(r->options->name));
    r->cursor = to;
}

static void flush(struct store_runner *r, int final)
{
    struct store_error err = {0};
    int64_t durable = r->cursor;
    r->flushed = mono_now();
    if (!r->ops->flush)
        return;
    enum store_outcome outcome = r->ops->flush(r->store, final, &durable, &err);
    if (outcome == STORE_DONE) {
        complain_over(&r->flushing, "stores", "flushes_again", "store=%s",
                      log_quote(r->options->name));
        settle(r, durable);
        return;
    }
    metric_put(r->metrics, METRIC_STORE_UP, 0);
    complain(&r->flushing, LOG_WARN, "stores", "flush_failed", "store=%s message=%s",
             log_quote(r->options->name), log_quote(err.message));
}

/* How long to wait before the next try. */
static int64_t back_off(struct store_runner *r, enum store_outcome outcome,
                        const struct store_error *err)
{
    if (outcome == STORE_BAD_SETUP)
        return r->timing.hold;
    int64_t next = r->wait ? 2 * r->wait : r->timing.first_wait;
    r->wait = next < r->timing.last_wait ? next : r->timing.last_wait;
    if (err->retry_after_ms > 0)
        return err->retry_after_ms < r->timing.longest_retry_after ? err->retry_after_ms
                                                                   : r->timing.longest_retry_after;
    return r->wait / 2 + random_to(r, r->wait / 2);
}

/* Waits after a failure; the figures stay fresh meanwhile. False: give up. */
static bool wait_after(struct store_runner *r, enum store_outcome outcome,
                       const struct store_error *err)
{
    bool setup = outcome == STORE_BAD_SETUP;
    metric_put(r->metrics, METRIC_STORE_UP, 0);
    metric_add(r->metrics, METRIC_STORE_RETRIES, 1);
    complain(&r->unwilling, setup ? LOG_ERROR : LOG_WARN, "stores",
             setup ? "bad_setup" : "write_failed", "store=%s message=%s",
             log_quote(r->options->name), log_quote(err->message));
    bool was_stopping = is_stopping(r);
    struct mono_time until = mono_after(mono_now(), back_off(r, outcome, err));
    while (mono_between(mono_now(), until) > 0) {
        if (too_late(r) || (setup && is_stopping(r)))
            return false;
        if (!was_stopping && is_stopping(r))
            return true; /* a last chance now */
        show_backlog(r);
        struct mono_time slice = mono_after(mono_now(), r->timing.idle);
        sleep_until(r, mono_between(slice, until) > 0 ? slice : until);
    }
    return !too_late(r);
}

static void taken(struct store_runner *r, const struct journal_entry *entry, int64_t durable,
                  const struct store_error *err)
{
    r->wait = 0;
    r->after = r->last_done = entry->seq;
    count_written(r, &entry->batch, err->refused_rows);
    complain_over(&r->unwilling, "stores", "works_again", "store=%s", log_quote(r->options->name));
    if (err->refused_rows) {
        count_refused(r, entry->seq, err->refused_rows, err);
    } else
        complain_over(&r->refusing, "stores", "rows_taken_again", "store=%s",
                      log_quote(r->options->name));
    settle(r, durable);
}

static void skip(struct store_runner *r, int64_t seq)
{
    r->wait = 0;
    r->after = seq;
    settle(r, r->cursor);
}

static void refused(struct store_runner *r, const struct journal_entry *entry,
                    const struct store_error *err)
{
    count_refused(r, entry->seq, entry->batch.nrows, err);
    skip(r, entry->seq);
}

/* Brings one entry to its end. False: the run is over. */
static bool deliver(struct store_runner *r, const struct journal_entry *entry)
{
    for (;;) {
        struct store_error err = {0};
        uint64_t bytes = 0;
        int64_t durable = r->cursor;
        enum store_outcome outcome =
            r->ops->write(r->store, entry->seq, &entry->batch, &durable, &bytes, &err);
        metric_add(r->metrics, METRIC_STORE_BYTES, (int64_t)bytes);
        switch (outcome) {
        case STORE_DONE:
            taken(r, entry, durable, &err);
            return true;
        case STORE_REFUSED:
            refused(r, entry, &err);
            return true;
        case STORE_AGAIN:
        case STORE_BAD_SETUP:
            if (!wait_after(r, outcome, &err))
                return false;
            if (err.rewind && r->after > r->cursor) {
                r->after = r->last_done = r->cursor;
                return true;
            }
        }
    }
}

/* Looks at what came behind an entry that waits, each batch once. */
static bool others_pass(struct store_runner *r, int64_t *looked)
{
    struct journal_entry next;
    struct journal_error why;
    bool pass = false;
    while (!pass && journal_next(r->journal, *looked, 0, &next, &why) == JOURNAL_ENTRY) {
        *looked = next.seq;
        pass = hold_back_passes(&r->held, &next.batch, wall_now(), mono_now());
        journal_entry_free(&next);
    }
    return pass;
}

/* While our clock may be wrong. False: the run is over, and the entry stays. */
static bool wait_for_clock(struct store_runner *r, const struct journal_entry *entry)
{
    int64_t looked = entry->seq;
    while (hold_back_waits(&r->held, r->options, &entry->batch, wall_now(), mono_now())) {
        if (others_pass(r, &looked))
            return true;
        if (is_stopping(r))
            return false;
        show_backlog(r);
        sleep_until(r, mono_after(mono_now(), r->timing.idle));
    }
    return true;
}

/* Leaves in the entry what is for this store, and brings that to its end. */
static bool take(struct store_runner *r, struct journal_entry *entry)
{
    if (!filter_apply(r->filter, &entry->batch)) {
        complain(&r->unwilling, LOG_ERROR, "stores", "no_memory", "store=%s message=%s",
                 log_quote(r->options->name), log_quote("out of memory; tried again"));
        sleep_until(r, mono_after(mono_now(), r->timing.first_wait));
        return !is_stopping(r);
    }
    if (!r->ops->takes_future && !wait_for_clock(r, entry))
        return false;
    if (!r->ops->takes_future)
        hold_back(&r->held, r->options, r->metrics, entry, wall_now());
    if (entry->batch.nrows)
        return deliver(r, entry);
    skip(r, entry->seq);
    return true;
}

/* ---- running ---- */

/* One entry, or one idle moment. False: the run is over. */
static bool step(struct store_runner *r)
{
    struct journal_entry entry;
    struct journal_error why;
    bool go_on = true;
    int timeout = (int)r->timing.idle;
    switch (journal_next(r->journal, r->after, timeout, &entry, &why)) {
    case JOURNAL_ENTRY:
        go_on = take(r, &entry);
        journal_entry_free(&entry);
        break;
    case JOURNAL_EMPTY:
        go_on = !is_stopping(r);
        break;
    case JOURNAL_CLOSED:
        go_on = false;
        break;
    case JOURNAL_FAILED:
        journal_failed(r, &why);
        go_on = !is_stopping(r);
        if (go_on)
            sleep_until(r, mono_after(mono_now(), r->timing.first_wait));
        break;
    }
    if (mono_between(r->flushed, mono_now()) >= r->timing.idle)
        flush(r, 0);
    show_backlog(r);
    return go_on && !too_late(r);
}

static void run(struct store_runner *r)
{
    while (step(r))
        ;
    flush(r, 1);
    show_backlog(r);
}

static void *run_thread(void *ctx)
{
    struct store_runner *r = ctx;
    run(r);
    pthread_mutex_lock(&r->lock);
    r->ended = true;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

static int init_locks(struct store_runner *r)
{
    pthread_condattr_t attributes;
    if (pthread_mutex_init(&r->lock, NULL) != 0)
        return -1;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    int rc = pthread_cond_init(&r->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    if (rc != 0)
        pthread_mutex_destroy(&r->lock);
    return rc;
}

static void clear(struct store_runner *r)
{
    pthread_cond_destroy(&r->changed);
    pthread_mutex_destroy(&r->lock);
    filter_free(r->filter);
}

static int prepare(struct store_runner *r, struct store_error *err)
{
    struct journal_error why;
    *err = (struct store_error){0};
    if (journal_register(r->journal, r->options->name, &why) != 0) {
        snprintf(err->message, sizeof err->message, "%s", why.message);
        return -1;
    }
    if (filter_new(r->options, &r->filter, err) != 0)
        return -1;
    if (init_locks(r) != 0) {
        snprintf(err->message, sizeof err->message, "cannot make a lock");
        filter_free(r->filter);
        return -1;
    }
    r->cursor = r->last_done = r->after = journal_cursor(r->journal, r->options->name);
    r->flushed = mono_now();
    r->random = (uint64_t)r->flushed.ms ^ (uint64_t)(uintptr_t)r;
    return 0;
}

int store_runner_start_timed(const struct store_ops *ops, void *store,
                             const struct store_options *options, struct journal *journal,
                             struct metric_set *metrics, const struct runner_timing *timing,
                             struct store_runner **ret, struct store_error *err)
{
    struct store_runner *r = calloc(1, sizeof *r);
    if (!r) {
        snprintf(err->message, sizeof err->message, "out of memory");
        return -1;
    }
    *r = (struct store_runner){.ops = ops,
                               .store = store,
                               .options = options,
                               .journal = journal,
                               .metrics = metrics,
                               .timing = *timing};
    if (prepare(r, err) != 0) {
        free(r);
        return -1;
    }
    if (pthread_create(&r->thread, NULL, run_thread, r) != 0) {
        snprintf(err->message, sizeof err->message, "cannot start a thread");
        clear(r);
        free(r);
        return -1;
    }
    *ret = r;
    return 0;
}

int store_runner_start(const struct store_ops *ops, void *store,
                       const struct store_options *options, struct journal *journal,
                       struct metric_set *metrics, struct store_runner **ret,
                       struct store_error *err)
{
    return store_runner_start_timed(ops, store, options, journal, metrics, &runner_default_timing,
                                    ret, err);
}

void store_runner_begin_stop(struct store_runner *r, int patience_ms)
{
    if (!r)
        return;
    pthread_mutex_lock(&r->lock);
    if (!r->stopping)
        r->deadline = mono_after(mono_now(), patience_ms);
    r->stopping = true;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
}

void store_runner_stop(struct store_runner *r, int patience_ms)
{
    if (!r)
        return;
    store_runner_begin_stop(r, patience_ms);
    pthread_mutex_lock(&r->lock);
    struct timespec until = as_timespec(r->deadline);
    while (!r->ended && mono_between(mono_now(), r->deadline) > 0)
        pthread_cond_timedwait(&r->changed, &r->lock, &until);
    bool late = !r->ended;
    pthread_mutex_unlock(&r->lock);
    if (late && r->ops->cancel)
        r->ops->cancel(r->store);
    pthread_join(r->thread, NULL);
    clear(r);
    free(r);
}
