/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Any bytes as a QueryPerf reply. They are read twice, at once and in pieces whose size is the
 * first byte: both must come to the same end and the same samples, and what comes out must keep
 * what perf.h promises.
 */
#include <stdlib.h>
#include <string.h>

#include "base/caps.h"
#include "vim/perf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool what)
{
    if (!what)
        abort();
}

static struct perf_reply *read_reply(const char *text, size_t len, size_t piece)
{
    struct perf_reader *reader = NULL;
    struct perf_reply *reply = NULL;
    struct vim_error err;
    enum vim_code code = perf_reader_new(&reader, &err);
    for (size_t at = 0; !code && at < len; at += piece)
        code = perf_reader_feed(reader, text + at, len - at < piece ? len - at : piece, &err);
    if (!code)
        code = perf_reader_finish(reader, &reply, &err);
    demand(!code == (reply != NULL));
    demand(!code || (err.code == code && err.message[0]));
    perf_reader_free(reader);
    return reply;
}

static void check_series(const struct perf_entity *e, struct perf_reply *sums)
{
    for (size_t i = 0; i < e->nseries; i++) {
        demand(strlen(e->series[i].instance) <= CAP_INSTANCE);
        for (size_t k = 0; k < e->nsamples; k++) {
            demand(e->series[i].values[k] >= PERF_MISSING);
            sums->missing += e->series[i].values[k] == PERF_MISSING;
        }
    }
    sums->values += e->nseries * e->nsamples;
    sums->refused += e->refused;
}

static void check(const struct perf_reply *reply, size_t len)
{
    struct perf_reply sums = {.bytes = len};
    for (size_t i = 0; i < reply->nentities; i++) {
        const struct perf_entity *e = reply->entities[i];
        demand(*e->moid && strlen(e->moid) <= CAP_NAME && strlen(e->type) <= CAP_NAME);
        demand(e->nsamples <= CAP_SAMPLES && e->nseries + e->refused <= CAP_SERIES);
        check_series(e, &sums);
    }
    demand(sums.values == reply->values && sums.missing == reply->missing);
    demand(sums.refused == reply->refused && sums.bytes == reply->bytes);
}

static void compare_entities(const struct perf_entity *a, const struct perf_entity *b)
{
    demand(!strcmp(a->type, b->type) && !strcmp(a->moid, b->moid));
    demand(a->nsamples == b->nsamples && a->nseries == b->nseries && a->refused == b->refused);
    for (size_t k = 0; k < a->nsamples; k++)
        demand(a->times[k].ms == b->times[k].ms && a->intervals[k] == b->intervals[k]);
    for (size_t i = 0; i < a->nseries; i++) {
        const struct perf_series *s = &a->series[i], *t = &b->series[i];
        demand(s->counter == t->counter && !strcmp(s->instance, t->instance));
        demand(!memcmp(s->values, t->values, a->nsamples * sizeof *s->values));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    const char *text = (const char *)data + 1;
    size_t len = size - 1, piece = data[0] ? data[0] : 1;
    struct perf_reply *whole = read_reply(text, len, len ? len : 1);
    struct perf_reply *parts = read_reply(text, len, piece);
    demand(!whole == !parts);
    if (whole) {
        check(whole, len);
        demand(whole->nentities == parts->nentities);
        for (size_t i = 0; i < whole->nentities; i++)
            compare_entities(whole->entities[i], parts->entities[i]);
    }
    perf_reply_free(whole);
    perf_reply_free(parts);
    return 0;
}
