/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The runner over a driver that does what a script says.
 */
#ifndef TESTS_STORES_RUNNER_LAB_H
#define TESTS_STORES_RUNNER_LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

#include "journal/some_rows.h"
#include "stores/runner_private.h"

/* One answer of the driver. */
struct line {
    enum store_outcome outcome;
    int64_t lag; /* of *durable behind seq */
    uint64_t refused_rows;
    int64_t retry_after_ms;
    int rewind;
};

enum { MOST_WRITES = 512 };

struct fake {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    const struct line *lines; /* the last one is repeated */
    size_t nlines, at;
    int64_t written[MOST_WRITES]; /* seq of each write */
    int64_t times[MOST_WRITES];
    size_t nwrites;
    int64_t taken; /* highest seq accepted */
    int flushes, final_flushes, flush_makes_durable;
    int block, canceled; /* writes wait for cancel */
};

static inline enum store_outcome fake_write(void *store, int64_t seq, const struct row_batch *batch,
                                            int64_t *durable, uint64_t *bytes,
                                            struct store_error *err)
{
    struct fake *f = store;
    pthread_mutex_lock(&f->lock);
    struct line line = f->lines[f->at < f->nlines ? f->at++ : f->nlines - 1];
    if (f->nwrites < MOST_WRITES) {
        f->written[f->nwrites] = seq;
        f->times[f->nwrites++] = mono_now().ms;
    }
    pthread_cond_broadcast(&f->changed);
    while (f->block && !f->canceled)
        pthread_cond_wait(&f->changed, &f->lock);
    if (f->canceled)
        line.outcome = STORE_AGAIN;
    *bytes = batch->nrows * 10;
    if (line.outcome == STORE_DONE) {
        f->taken = seq;
        *durable = seq - line.lag;
    }
    pthread_mutex_unlock(&f->lock);
    err->refused_rows = line.refused_rows;
    err->retry_after_ms = line.retry_after_ms;
    err->rewind = line.rewind;
    snprintf(err->message, sizeof err->message, "as the script says");
    return line.outcome;
}

static inline enum store_outcome fake_flush(void *store, int final, int64_t *durable,
                                            struct store_error *err)
{
    struct fake *f = store;
    (void)err;
    pthread_mutex_lock(&f->lock);
    f->flushes++;
    f->final_flushes += final;
    if (f->flush_makes_durable || final)
        *durable = f->taken;
    pthread_mutex_unlock(&f->lock);
    return STORE_DONE;
}

static inline void fake_cancel(void *store)
{
    struct fake *f = store;
    pthread_mutex_lock(&f->lock);
    f->canceled = 1;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

static const struct store_ops fake_ops = {
    .type = "fake", .write = fake_write, .flush = fake_flush, .cancel = fake_cancel};
static const struct store_options options = {.type = "fake", .name = "fake", .per_vcpu = 0};
static const struct runner_timing quick = {
    .first_wait = 2, .last_wait = 16, .hold = 40, .longest_retry_after = 60, .idle = 10};

struct stage {
    struct folder folder;
    struct journal *journal;
    struct metrics *metrics;
    struct metric_set *set;
    struct fake fake;
    struct store_runner *runner;
};

static inline void begin(struct stage *s, const struct line *lines, size_t nlines, int batches)
{
    struct journal_error err;
    *s = (struct stage){.fake = {.lock = PTHREAD_MUTEX_INITIALIZER,
                                 .changed = PTHREAD_COND_INITIALIZER,
                                 .lines = lines,
                                 .nlines = nlines}};
    make_folder(&s->folder, "journal.db");
    struct journal_options journal = {s->folder.file, 0};
    assert_int_equal(journal_open(&journal, &s->journal, &err), 0);
    assert_int_equal(journal_register(s->journal, "fake", &err), 0);
    s->metrics = metrics_new();
    s->set = metrics_set(s->metrics, METRIC_OF_STORE, "fake");
    for (int i = 1; i <= batches; i++) {
        struct some_rows *some = some_rows_new(3, i);
        assert_int_equal(journal_commit(s->journal, &some->batch, NULL, 0, &err), 0);
        some_rows_free(some);
    }
}

static inline void start_as(struct stage *s, const struct store_ops *ops,
                            const struct store_options *as)
{
    struct store_error err;
    assert_int_equal(
        store_runner_start_timed(ops, &s->fake, as, s->journal, s->set, &quick, &s->runner, &err),
        0);
}

static inline void start(struct stage *s)
{
    start_as(s, &fake_ops, &options);
}

static inline void stop(struct stage *s, int patience_ms)
{
    journal_stop(s->journal);
    store_runner_stop(s->runner, patience_ms);
    s->runner = NULL;
}

static inline void finish(struct stage *s)
{
    journal_close(s->journal);
    metrics_free(s->metrics);
    drop_folder(&s->folder);
}

/* Waits until the store has been asked n times. */
static inline void wait_writes(struct stage *s, size_t n)
{
    pthread_mutex_lock(&s->fake.lock);
    while (s->fake.nwrites < n)
        pthread_cond_wait(&s->fake.changed, &s->fake.lock);
    pthread_mutex_unlock(&s->fake.lock);
}

static inline void expect_written(const struct stage *s, const int64_t *seqs, size_t n)
{
    assert_int_equal(s->fake.nwrites, n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(s->fake.written[i], seqs[i]);
}

static inline void wait_cursor(struct stage *s, int64_t seq)
{
    for (int i = 0; i < 5000 && journal_cursor(s->journal, "fake") < seq; i++)
        usleep(1000);
    assert_int_equal(journal_cursor(s->journal, "fake"), seq);
}

#define LINES(...)                      \
    (const struct line[]){__VA_ARGS__}, \
        sizeof(const struct line[]){__VA_ARGS__} / sizeof(struct line)
#define WRITTEN(stage, ...)                               \
    expect_written(stage, (const int64_t[]){__VA_ARGS__}, \
                   sizeof(const int64_t[]){__VA_ARGS__} / sizeof(int64_t))

#endif
