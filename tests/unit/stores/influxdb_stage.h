/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The InfluxDB driver and a server that answers what the test wants. Include cmocka.h first.
 */
#ifndef TESTS_STORES_INFLUXDB_STAGE_H
#define TESTS_STORES_INFLUXDB_STAGE_H

#include "journal/some_rows.h"
#include "stores/http_peer.h"
#include "stores/influxdb.h"

/* What the server does; one table row a status that servers give. */
struct rule {
    const char *poison;      /* a body with this text ... */
    struct peer_answer sick; /* ... gets this answer */
    size_t largest;          /* a larger body gets a 413; 0 = no limit */
};

struct stage {
    struct peer peer;
    struct rule rule;
    char *stored; /* bodies of 2xx, one behind the other */
    size_t stored_n;
    size_t largest_seen;
    char url[64];
    void *store;
    struct store_options options;
    int64_t durable;
    uint64_t bytes;
    struct store_error err;
};

static inline void keep(struct stage *s, const struct peer_request *request)
{
    s->stored = realloc(s->stored, s->stored_n + request->n + 1);
    memcpy(s->stored + s->stored_n, request->body, request->n + 1);
    s->stored_n += request->n;
}

static inline void answer(void *ctx, const struct peer_request *request, struct peer_answer *answer)
{
    struct stage *s = ctx;
    if (request->n > s->largest_seen)
        s->largest_seen = request->n;
    if (s->rule.largest && request->n > s->rule.largest)
        *answer = (struct peer_answer){.status = 413, .text = "too large"};
    else if (s->rule.poison && request->body && strstr(request->body, s->rule.poison))
        *answer = s->rule.sick;
    if (answer->status / 100 == 2 && request->body)
        keep(s, request);
}

static inline void begin_with(struct stage *s, const char *path)
{
    peer_start(&s->peer, answer, s);
    snprintf(s->url, sizeof s->url, "http://127.0.0.1:%d%s", s->peer.port, path);
    s->options.url = s->url;
    if (store_influxdb.open(&s->options, &s->store, &s->err) != 0)
        fail_msg("%s", s->err.message);
}

static inline void begin(struct stage *s, struct rule rule)
{
    *s = (struct stage){.rule = rule,
                        .options = {.type = "influxdb",
                                    .name = "i",
                                    .api = "v1",
                                    .database = "vs",
                                    .timeout_s = 5,
                                    .gzip = 1}};
    begin_with(s, "");
}

static inline void finish(struct stage *s)
{
    store_influxdb.close(s->store);
    peer_stop(&s->peer);
    free(s->stored);
}

/* What the server does from now on. */
static inline void set_rule(struct stage *s, struct rule rule)
{
    pthread_mutex_lock(&s->peer.lock);
    s->rule = rule;
    s->largest_seen = 0;
    pthread_mutex_unlock(&s->peer.lock);
}

static inline enum store_outcome write_vms(struct stage *s, int nvms, int64_t seq)
{
    struct some_rows *some = some_rows_new(nvms, 1600000000000);
    s->durable = -1;
    s->bytes = 0;
    enum store_outcome outcome =
        store_influxdb.write(s->store, seq, &some->batch, &s->durable, &s->bytes, &s->err);
    some_rows_free(some);
    return outcome;
}

/* VMs of 0..nvms-1 whose rows the server has stored. */
static inline int stored_vms(const struct stage *s, int nvms)
{
    char moid[32];
    int n = 0;
    for (int i = 0; i < nvms; i++) {
        snprintf(moid, sizeof moid, ",moid=vm-%d,", i);
        n += s->stored && strstr(s->stored, moid);
    }
    return n;
}

#endif
