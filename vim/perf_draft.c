/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "perf_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/caps.h"

void perf_draft_init(struct perf_draft *d)
{
    *d = (struct perf_draft){0};
    buf_init(&d->type, CAP_NAME);
    buf_init(&d->moid, CAP_NAME);
    buf_init(&d->instances, (size_t)CAP_SERIES * (CAP_INSTANCE + 1) + 1);
}

void perf_draft_free(struct perf_draft *d)
{
    buf_free(&d->type);
    buf_free(&d->moid);
    buf_free(&d->instances);
    free(d->times);
    free(d->intervals);
    free(d->series);
    free(d->values.at);
}

void perf_draft_clear(struct perf_draft *d)
{
    buf_clear(&d->type);
    buf_clear(&d->moid);
    buf_clear(&d->instances);
    buf_char(&d->instances, '\0');
    d->nsamples = d->nseries = 0;
    d->values.n = d->values.missing = 0;
}

enum vim_code perf_draft_sample(struct perf_draft *d, struct server_time time, int32_t interval_s)
{
    if (d->nsamples == CAP_SAMPLES)
        return VIM_TOO_LARGE;
    size_t need = d->nsamples + 1;
    struct server_time *times = perf_grow(d->times, &d->times_room, need, sizeof *times);
    if (!times)
        return VIM_NOMEM;
    d->times = times;
    int32_t *intervals = perf_grow(d->intervals, &d->intervals_room, need, sizeof *intervals);
    if (!intervals)
        return VIM_NOMEM;
    d->intervals = intervals;
    times[d->nsamples] = time;
    intervals[d->nsamples] = interval_s;
    d->nsamples = need;
    return VIM_OK;
}

/* The field that starts at text, as its length; *next is behind its comma, or NULL at the end. */
static size_t field(const char *text, const char *end, const char **next)
{
    const char *comma = memchr(text, ',', (size_t)(end - text));
    *next = comma ? comma + 1 : NULL;
    return (size_t)((comma ? comma : end) - text);
}

enum vim_code perf_draft_samples_csv(struct perf_draft *d, const char *text, size_t n)
{
    const char *end = text + n, *at = n ? text : NULL;
    while (at) {
        const char *when, *next;
        int32_t interval;
        struct server_time time;
        size_t len = field(at, end, &when);
        if (!when || !perf_int32(at, len, &interval))
            return VIM_PROTOCOL;
        len = field(when, end, &next);
        if (!clock_parse_iso(when, len, &time))
            return VIM_PROTOCOL;
        enum vim_code code = perf_draft_sample(d, time, interval);
        if (code)
            return code;
        at = next;
    }
    return VIM_OK;
}

enum vim_code perf_draft_series(struct perf_draft *d)
{
    if (d->nseries == CAP_SERIES)
        return VIM_TOO_LARGE;
    size_t need = d->nseries + 1;
    struct draft_series *series = perf_grow(d->series, &d->series_room, need, sizeof *series);
    if (!series)
        return VIM_NOMEM;
    d->series = series;
    series[d->nseries] = (struct draft_series){.first = d->values.n};
    d->nseries = need;
    d->values.missing = 0;
    return VIM_OK;
}

enum vim_code perf_draft_instance(struct perf_draft *d, const char *name, size_t n)
{
    struct draft_series *s = &d->series[d->nseries - 1];
    s->instance = 0;
    s->overlong = n > CAP_INSTANCE;
    if (!n || s->overlong)
        return VIM_OK;
    if (d->instances.len + n + 1 > d->instances.cap)
        return VIM_TOO_LARGE;
    s->instance = (uint32_t)d->instances.len;
    buf_add(&d->instances, name, n + 1);
    return buf_ok(&d->instances) ? VIM_OK : VIM_NOMEM;
}

enum vim_code perf_draft_count(struct perf_draft *d)
{
    struct draft_series *s = &d->series[d->nseries - 1];
    s->count = d->values.n - s->first;
    s->missing = d->values.missing;
    return s->count > CAP_SAMPLES ? VIM_TOO_LARGE : VIM_OK;
}

/* Moves the series that are whole, and their numbers, to the front; returns how many they are. An
 * empty list reads as one empty field, which is nothing to miss when there was no sample. */
static size_t keep_whole(struct perf_draft *d)
{
    size_t kept = 0;
    for (size_t i = 0; i < d->nseries; i++) {
        struct draft_series *s = &d->series[i];
        if (!d->nsamples && s->count == s->missing)
            s->count = s->missing = 0;
        if (!s->has_counter || s->overlong || s->count != d->nsamples)
            continue;
        if (i != kept && d->nsamples)
            memmove(d->values.at + kept * d->nsamples, d->values.at + s->first,
                    d->nsamples * sizeof *d->values.at);
        d->series[kept] = *s;
        kept++;
    }
    return kept;
}

static void *copy(struct arena *arena, const void *from, size_t n)
{
    void *to = arena_take_raw(arena, n);
    if (to && n)
        memcpy(to, from, n);
    return to;
}

/* The entity's kept series and their numbers, each in one piece. */
static bool build_series(const struct perf_draft *d, size_t kept, const char *names,
                         struct perf_reply *reply, struct perf_series **ret)
{
    size_t n = kept * d->nsamples;
    struct perf_series *series = arena_take_raw(&reply->arena, kept * sizeof *series);
    const int64_t *values = copy(&reply->arena, d->values.at, n * sizeof *values);
    if (!series || !values)
        return false;
    for (size_t i = 0; i < kept; i++) {
        const struct draft_series *s = &d->series[i];
        series[i] = (struct perf_series){s->counter, names + s->instance, values + i * d->nsamples};
        reply->missing += s->missing;
    }
    reply->values += n;
    *ret = series;
    return true;
}

enum vim_code perf_draft_build(struct perf_draft *d, struct perf_reply *reply,
                               struct perf_entity **ret)
{
    struct arena *arena = &reply->arena;
    size_t kept = keep_whole(d);
    struct perf_entity *e = arena_take(arena, sizeof *e);
    const char *names = copy(arena, d->instances.data, d->instances.len);
    if (!e || !names)
        return VIM_NOMEM;
    e->type = arena_text(arena, d->type.data, d->type.len);
    e->moid = arena_text(arena, d->moid.data, d->moid.len);
    e->times = copy(arena, d->times, d->nsamples * sizeof *d->times);
    e->intervals = copy(arena, d->intervals, d->nsamples * sizeof *d->intervals);
    if (!e->type || !e->moid || !e->times || !e->intervals ||
        !build_series(d, kept, names, reply, &e->series))
        return VIM_NOMEM;
    e->nsamples = d->nsamples;
    e->nseries = kept;
    e->refused = (uint32_t)(d->nseries - kept);
    reply->refused += e->refused;
    *ret = e;
    return VIM_OK;
}
