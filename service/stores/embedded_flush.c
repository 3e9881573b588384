/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Memory to files. Segments are taken day by day and hour by hour, entities in the order in which
 * they were first seen, which is also that of their ids: chunks are written in the order of their
 * key. What an entity has of one hour is written together (embedded_hour.h).
 */
#include <stdio.h>
#include <stdlib.h>

#include "stores/embedded_hour.h"
#include "stores/embedded_store.h"

static int by_hour(const void *a, const void *b)
{
    const struct hour_segment *x = a, *y = b;
    if (x->segment->t0 != y->segment->t0)
        return x->segment->t0 < y->segment->t0 ? -1 : 1;
    return x->turn < y->turn ? -1 : 1;
}

static bool same_hour(const struct hour_segment *a, const struct hour_segment *b)
{
    return a->entity == b->entity && a->segment->t0 == b->segment->t0;
}

static enum store_outcome list_work(const struct memory *memory, struct hour_segment **ret,
                                    size_t *ret_n, struct store_error *err)
{
    size_t n = 0;
    for (const struct memory_entity *e = memory->entities; e; e = e->hh.next)
        for (const struct segment *s = e->segments; s; s = s->next)
            n++;
    struct hour_segment *work = n ? malloc(n * sizeof *work) : NULL;
    if (n && !work)
        return hour_no_memory(err);
    size_t i = 0;
    for (struct memory_entity *e = memory->entities; e; e = e->hh.next)
        for (struct segment *s = e->segments; s; s = s->next, i++)
            work[i] = (struct hour_segment){.entity = e, .segment = s, .turn = i};
    if (n)
        qsort(work, n, sizeof *work, by_hour);
    *ret = work;
    *ret_n = n;
    return STORE_DONE;
}

/* Tells queries of a day's file: once it is made, but before the commit, so that no point is ever
 * neither in memory nor in a known file. */
static enum store_outcome announce_day(struct embedded *store, int64_t day, struct store_error *err)
{
    pthread_mutex_lock(&store->lock);
    bool whole = days_add(&store->days, day);
    pthread_mutex_unlock(&store->lock);
    return whole ? STORE_DONE : hour_no_memory(err);
}

/* All segments of one day in one transaction. A file with a passing trouble stays open: queries
 * could not open it anew on a full disk. */
static enum store_outcome write_day(struct embedded *store, int64_t day,
                                    const struct hour_segment *work, size_t n, uint64_t *chunks,
                                    struct store_error *err)
{
    struct day_file *file = NULL;
    struct points points = {0};
    uint64_t written = 0;
    enum store_outcome outcome = day_cache_get(&store->writer, day, &file, err);
    if (outcome == STORE_DONE)
        outcome = announce_day(store, day, err);
    if (outcome == STORE_DONE)
        outcome = day_begin(file, err);
    for (size_t i = 0, end; i < n && outcome == STORE_DONE; i = end) {
        for (end = i + 1; end < n && same_hour(&work[i], &work[end]);)
            end++;
        outcome = hour_write(file, work + i, end - i, &points, &written, err);
    }
    if (outcome == STORE_DONE)
        outcome = day_commit(file, err);
    if (outcome == STORE_DONE) {
        *chunks += written;
        for (size_t i = 0; i < n; i++)
            work[i].segment->written = true;
    } else if (file) {
        day_rollback(file);
        if (outcome != STORE_AGAIN)
            day_cache_forget(&store->writer, day);
    }
    points_free(&points);
    return outcome;
}

static enum store_outcome write_days(struct embedded *store, const struct hour_segment *work,
                                     size_t n, uint64_t *chunks, struct store_error *err)
{
    enum store_outcome worst = STORE_DONE;
    for (size_t first = 0, end; first < n; first = end) {
        struct store_error trouble = {0};
        int64_t day = work[first].segment->t0 / DAY_MS;
        for (end = first; end < n && work[end].segment->t0 / DAY_MS == day;)
            end++;
        enum store_outcome outcome =
            write_day(store, day, work + first, end - first, chunks, &trouble);
        if (outcome > worst) {
            worst = outcome;
            *err = trouble;
        }
    }
    return worst;
}

/* The machine's clock and the newest row must both agree that a day is old: neither a server nor
 * we with a clock in the future shall cost a file. */
int64_t embedded_first_day(struct embedded *store)
{
    int64_t newest = memory_newest_time(&store->memory) / DAY_MS, today = wall_now().ms / DAY_MS;
    if (store->days.n && store->days.at[store->days.n - 1] > newest)
        newest = store->days.at[store->days.n - 1];
    return (newest < today ? newest : today) - store->retention_days;
}

static enum store_outcome delete_old(struct embedded *store, struct store_error *err)
{
    int64_t first = embedded_first_day(store);
    while (store->days.n && store->days.at[0] < first) {
        int64_t day = store->days.at[0];
        day_cache_forget(&store->writer, day);
        enum store_outcome outcome = day_delete(store->folder, day, err);
        if (outcome != STORE_DONE)
            return outcome;
        pthread_mutex_lock(&store->lock);
        days_remove_first(&store->days);
        pthread_mutex_unlock(&store->lock);
    }
    return STORE_DONE;
}

enum store_outcome embedded_flush(struct embedded *store, struct store_error *err)
{
    struct hour_segment *work = NULL;
    size_t n = 0;
    uint64_t chunks = 0;
    enum store_outcome outcome = list_work(&store->memory, &work, &n, err);
    if (outcome == STORE_DONE)
        outcome = write_days(store, work, n, &chunks, err);
    free(work);
    pthread_mutex_lock(&store->lock);
    memory_release(&store->memory);
    store->chunks_written += chunks;
    pthread_mutex_unlock(&store->lock);
    if (outcome == STORE_DONE) {
        store->durable = store->taken;
        outcome = delete_old(store, err);
    }
    return outcome;
}
