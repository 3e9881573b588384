/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* Reading the embedded store: memory is copied first, then the files are read. */
#include <stdio.h>
#include <string.h>

#include "base/caps.h"
#include "stores/embedded_store.h"

struct span { /* from < time <= to, ms */
    int64_t from, to;
};

static int no_memory(struct store_error *err)
{
    snprintf(err->message, sizeof err->message, "out of memory");
    return -1;
}

/* Drops the points behind `first` that the span does not have. */
static void cut(struct points *points, size_t first, struct span span)
{
    size_t n = first;
    for (size_t i = first; i < points->n; i++)
        if (points->at[i].time.ms > span.from && points->at[i].time.ms <= span.to)
            points->at[n++] = points->at[i];
    points->n = n;
}

static enum store_outcome read_day(struct day_file *file, int64_t day,
                                   const struct embedded_key *key, struct span span,
                                   struct points *ret, struct store_error *err)
{
    int64_t series = 0;
    enum store_outcome outcome = day_find_series(file, key, &series, err);
    for (int i = 0; i < DAY_HOURS && series && outcome == STORE_DONE; i++) {
        int64_t t0 = day * DAY_MS + (int64_t)i * CHUNK_MS;
        size_t before = ret->n;
        if (t0 > span.to || t0 + CHUNK_MS <= span.from)
            continue;
        outcome = day_get_chunk(file, t0, series, ret, err);
        cut(ret, before, span);
        if (outcome == STORE_DONE && ret->n > CAP_EMBEDDED_POINTS) {
            snprintf(err->message, sizeof err->message,
                     "more than %d points: ask for a shorter time", CAP_EMBEDDED_POINTS);
            return STORE_REFUSED;
        }
    }
    return outcome;
}

static int read_files(struct embedded *store, const struct days *days,
                      const struct embedded_key *key, struct span span, struct points *ret,
                      struct store_error *err)
{
    enum store_outcome outcome = STORE_DONE;
    pthread_mutex_lock(&store->reading);
    for (size_t i = 0; i < days->n && outcome == STORE_DONE; i++) {
        struct day_file *file;
        int64_t start = days->at[i] * DAY_MS;
        if (start > span.to || start + DAY_MS <= span.from)
            continue;
        outcome = day_cache_get(&store->reader, days->at[i], &file, err);
        if (outcome == STORE_DONE && file)
            outcome = read_day(file, days->at[i], key, span, ret, err);
        if (outcome != STORE_DONE)
            day_cache_forget(&store->reader, days->at[i]);
    }
    pthread_mutex_unlock(&store->reading);
    return outcome == STORE_DONE ? 0 : -1;
}

/* What the entity's rows are known to reach now, at most `to`. Files are read hour by hour while
 * the writer goes on: a newer hour may show rows whose forerunners came just too late for the hour
 * before. They wait for the next query. */
static int64_t known_end(struct memory *memory, const struct embedded_key *key, int64_t to)
{
    const struct memory_entity *entity = memory_find(memory, key->vcenter_uuid, key->moid);
    return entity && entity->newest < to ? entity->newest : to;
}

int embedded_query(void *store, const struct embedded_key *key, struct server_time from,
                   struct server_time to, struct embedded_point **ret, size_t *ret_n,
                   struct store_error *err)
{
    struct embedded *s = store;
    /* Times before 1970 are not stored; the bound keeps the arithmetic of hours in range. */
    struct span span = {.from = from.ms < 0 ? 0 : from.ms, .to = to.ms};
    struct days days = {0};
    struct points recent = {0}, points = {0};
    pthread_mutex_lock(&s->lock);
    span.to = known_end(&s->memory, key, span.to);
    bool whole =
        days_copy(&s->days, &days) && memory_points(&s->memory, key, span.from, span.to, &recent);
    pthread_mutex_unlock(&s->lock);
    int result = whole ? 0 : no_memory(err);
    if (result == 0)
        result = read_files(s, &days, key, span, &points, err);
    for (size_t i = 0; i < recent.n && result == 0; i++)
        if (!points_insert(&points, recent.at[i]))
            result = no_memory(err);
    if (result == 0 && points.n) {
        *ret = points.at;
        *ret_n = points.n;
        points = (struct points){0};
    } else if (result == 0) {
        *ret = NULL;
        *ret_n = 0;
    }
    points_free(&points);
    points_free(&recent);
    days_free(&days);
    return result;
}

/* ---- the newest rows ---- */

static int batch_result(struct row_batch *batch, struct store_error *err)
{
    if (row_batch_ok(batch))
        return 0;
    row_batch_free(batch);
    return no_memory(err);
}

int embedded_latest(void *store, int64_t max_age_ms, struct row_batch *ret, struct store_error *err)
{
    return embedded_latest_some(store, max_age_ms, NULL, NULL, ret, err);
}

int embedded_latest_some(void *store, int64_t max_age_ms,
                         bool (*wanted)(const void *ctx, const struct entity *entity),
                         const void *ctx, struct row_batch *ret, struct store_error *err)
{
    struct embedded *s = store;
    row_batch_init(ret);
    pthread_mutex_lock(&s->lock);
    for (const struct memory_entity *e = s->memory.entities; e; e = e->hh.next)
        if (e->vcenter->newest - e->newest <= max_age_ms && (!wanted || wanted(ctx, &e->labels)))
            memory_newest(e, ret);
    pthread_mutex_unlock(&s->lock);
    return batch_result(ret, err);
}

int embedded_latest_of(void *store, const char *vcenter, const char *moid, struct row_batch *ret,
                       struct store_error *err)
{
    struct embedded *s = store;
    const struct memory_entity *found = NULL;
    row_batch_init(ret);
    pthread_mutex_lock(&s->lock);
    for (const struct memory_entity *e = s->memory.entities; e; e = e->hh.next)
        if (e->columns && strcmp(e->labels.label[LABEL_MOID], moid) == 0 &&
            strcmp(e->labels.label[LABEL_VCENTER], vcenter) == 0 &&
            (!found || e->newest > found->newest))
            found = e;
    if (found)
        memory_newest(found, ret);
    pthread_mutex_unlock(&s->lock);
    return batch_result(ret, err);
}

/* ---- figures ---- */

/* Start of the oldest hour on disk, ms; 0 if nothing is. */
static int64_t oldest_on_disk(struct embedded *store, const struct days *days)
{
    int64_t first = 0, last = 0;
    struct store_error ignored = {0};
    pthread_mutex_lock(&store->reading);
    for (size_t i = 0; i < days->n && !first; i++) {
        struct day_file *file = NULL;
        if (day_cache_get(&store->reader, days->at[i], &file, &ignored) == STORE_DONE && file)
            day_hours(file, &first, &last, &ignored);
    }
    pthread_mutex_unlock(&store->reading);
    return first;
}

static int64_t oldest_in_memory(const struct memory *memory)
{
    int64_t oldest = 0;
    for (const struct memory_entity *e = memory->entities; e; e = e->hh.next)
        for (const struct segment *s = e->segments; s; s = s->next)
            if (!oldest || s->t0 < oldest)
                oldest = s->t0;
    return oldest;
}

void embedded_stats(void *store, struct embedded_stats *ret)
{
    struct embedded *s = store;
    struct days days = {0};
    pthread_mutex_lock(&s->lock);
    *ret = (struct embedded_stats){
        .series = s->memory.series,
        .points_in_memory = s->memory.points,
        .chunks_written = s->chunks_written,
        .oldest = {oldest_in_memory(&s->memory)},
        .newest = {memory_newest_time(&s->memory)},
    };
    bool whole = days_copy(&s->days, &days);
    pthread_mutex_unlock(&s->lock);
    if (!whole)
        return;
    int64_t oldest = oldest_on_disk(s, &days);
    if (oldest && (!ret->oldest.ms || oldest < ret->oldest.ms))
        ret->oldest.ms = oldest;
    for (size_t i = 0; i < days.n; i++)
        day_bytes(s->folder, days.at[i], &ret->file_bytes);
    days_free(&days);
}
