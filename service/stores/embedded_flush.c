/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Memory to files. Segments are taken day by day and hour by hour, entities in the order in which
 * they were first seen, which is also that of their ids: chunks are written in the order of their
 * key. Each chunk is read, merged and written back, so repeated and late rows need no case of
 * their own.
 */
#include <stdio.h>
#include <stdlib.h>

#include "stores/embedded_store.h"

struct work { /* a segment to be written */
    struct memory_entity *entity;
    struct segment *segment;
    size_t turn; /* keeps the order within an hour */
};

struct table { /* a segment as columns: ticks[column * nrows + row] */
    size_t nrows, ncolumns;
    int64_t *times, *ticks, *row;
};

static int by_hour(const void *a, const void *b)
{
    const struct work *x = a, *y = b;
    if (x->segment->t0 != y->segment->t0)
        return x->segment->t0 < y->segment->t0 ? -1 : 1;
    return x->turn < y->turn ? -1 : 1;
}

static enum store_outcome no_memory(struct store_error *err)
{
    snprintf(err->message, sizeof err->message, "out of memory");
    return STORE_AGAIN;
}

static enum store_outcome list_work(const struct memory *memory, struct work **ret, size_t *ret_n,
                                    struct store_error *err)
{
    size_t n = 0;
    for (const struct memory_entity *e = memory->entities; e; e = e->hh.next)
        for (const struct segment *s = e->segments; s; s = s->next)
            n++;
    struct work *work = n ? malloc(n * sizeof *work) : NULL;
    if (n && !work)
        return no_memory(err);
    size_t i = 0;
    for (struct memory_entity *e = memory->entities; e; e = e->hh.next)
        for (struct segment *s = e->segments; s; s = s->next, i++)
            work[i] = (struct work){.entity = e, .segment = s, .turn = i};
    if (n)
        qsort(work, n, sizeof *work, by_hour);
    *ret = work;
    *ret_n = n;
    return STORE_DONE;
}

static void table_free(struct table *table)
{
    free(table->times);
    free(table->ticks);
    free(table->row);
    *table = (struct table){0};
}

/* False: out of memory; the table is to be freed all the same. */
static bool table_fill(struct table *table, const struct segment *segment)
{
    struct segment_reader reader;
    size_t n = segment->columns->shape->n, nrows = segment->nrows, r = 0;
    *table = (struct table){
        .ncolumns = n,
        .times = malloc(nrows * sizeof(int64_t)),
        .ticks = malloc(nrows * n * sizeof(int64_t)),
        .row = malloc(n * sizeof(int64_t)),
    };
    if (!table->times || !table->ticks || !table->row)
        return false;
    for (segment_start(&reader, segment, table->row); r < nrows && segment_next(&reader); r++) {
        table->times[r] = reader.time;
        for (size_t c = 0; c < n; c++)
            table->ticks[c * nrows + r] = table->row[c];
    }
    table->nrows = nrows;
    return r == nrows;
}

/* The ids of the entity and of the segment's series in this file. */
static enum store_outcome find_ids(struct day_file *file, struct memory_entity *entity,
                                   struct columns *columns, struct store_error *err)
{
    enum store_outcome outcome = STORE_DONE;
    if (entity->file != day_serial(file)) {
        outcome = day_put_entity(file, &entity->labels, entity->interval_s, &entity->id, err);
        if (outcome != STORE_DONE)
            return outcome;
        entity->file = day_serial(file);
    }
    if (columns->file == day_serial(file))
        return STORE_DONE;
    const struct shape *shape = columns->shape;
    if (!columns->ids)
        columns->ids = malloc(shape->n * sizeof *columns->ids);
    if (!columns->ids)
        return no_memory(err);
    columns->file = 0;
    for (size_t i = 0; i < shape->n && outcome == STORE_DONE; i++)
        outcome = day_put_series(file, entity->id, &shape->keys[i], &columns->ids[i], err);
    if (outcome == STORE_DONE)
        columns->file = day_serial(file);
    return outcome;
}

static enum store_outcome merge_column(struct day_file *file, const struct segment *segment,
                                       const struct table *table, size_t column,
                                       struct points *points, struct store_error *err)
{
    int64_t id = segment->columns->ids[column];
    const int64_t *ticks = table->ticks + column * table->nrows;
    points->n = 0;
    enum store_outcome outcome = day_get_chunk(file, segment->t0, id, points, err);
    if (outcome != STORE_DONE)
        return outcome;
    for (size_t r = 0; r < table->nrows; r++)
        if (!points_insert(points, (struct embedded_point){{table->times[r]}, ticks[r]}))
            return no_memory(err);
    return day_put_chunk(file, segment->t0, id, points, err);
}

static enum store_outcome write_segment(struct day_file *file, const struct work *work,
                                        struct points *points, struct store_error *err)
{
    struct table table;
    const struct segment *segment = work->segment;
    if (!segment->nrows) /* its first row found no memory */
        return STORE_DONE;
    enum store_outcome outcome = find_ids(file, work->entity, segment->columns, err);
    if (outcome != STORE_DONE)
        return outcome;
    if (!table_fill(&table, segment))
        outcome = no_memory(err);
    for (size_t c = 0; c < table.ncolumns && outcome == STORE_DONE; c++)
        outcome = merge_column(file, segment, &table, c, points, err);
    table_free(&table);
    return outcome;
}

/* Tells queries of a day's file: once it is made, but before the commit, so that no point is ever
 * neither in memory nor in a known file. */
static enum store_outcome announce_day(struct embedded *store, int64_t day, struct store_error *err)
{
    pthread_mutex_lock(&store->lock);
    bool whole = days_add(&store->days, day);
    pthread_mutex_unlock(&store->lock);
    return whole ? STORE_DONE : no_memory(err);
}

/* All segments of one day in one transaction. A file with a passing trouble stays open: queries
 * could not open it anew on a full disk. */
static enum store_outcome write_day(struct embedded *store, int64_t day, const struct work *work,
                                    size_t n, struct store_error *err)
{
    struct day_file *file = NULL;
    struct points points = {0};
    enum store_outcome outcome = day_cache_get(&store->writer, day, &file, err);
    if (outcome == STORE_DONE)
        outcome = announce_day(store, day, err);
    if (outcome == STORE_DONE)
        outcome = day_begin(file, err);
    for (size_t i = 0; i < n && outcome == STORE_DONE; i++)
        outcome = write_segment(file, &work[i], &points, err);
    if (outcome == STORE_DONE)
        outcome = day_commit(file, err);
    if (outcome == STORE_DONE) {
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

static uint64_t count_chunks(const struct work *work, size_t n)
{
    uint64_t chunks = 0;
    for (size_t i = 0; i < n; i++)
        chunks += work[i].segment->columns->shape->n;
    return chunks;
}

static enum store_outcome write_days(struct embedded *store, const struct work *work, size_t n,
                                     uint64_t *chunks, struct store_error *err)
{
    enum store_outcome worst = STORE_DONE;
    for (size_t first = 0, end; first < n; first = end) {
        struct store_error trouble = {0};
        int64_t day = work[first].segment->t0 / DAY_MS;
        for (end = first; end < n && work[end].segment->t0 / DAY_MS == day;)
            end++;
        enum store_outcome outcome = write_day(store, day, work + first, end - first, &trouble);
        if (outcome == STORE_DONE)
            *chunks += count_chunks(work + first, end - first);
        else if (outcome > worst) {
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
    struct work *work = NULL;
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
