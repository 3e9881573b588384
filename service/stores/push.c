/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "stores/push.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stores/piece.h"
#include "stores/push_private.h"

enum {
    /* A 500 may be bad data or a sick server. After TRIES of one batch its pieces are halved; if
     * the server takes some, the others are the culprits. If it takes none, the batch is given up
     * only after TRIES_IN_ALL, with the runner's back-off about a quarter of an hour. */
    TRIES = 5,
    TRIES_IN_ALL = 20,
};

/* ---- opening ---- */

static int open_lane(struct push *p, const struct push_options *o, unsigned number,
                     struct store_error *err)
{
    struct lane *l = &p->lanes[number];
    char message[300] = "out of memory";
    size_t limit = o->store->batch_bytes > 0 && o->store->batch_bytes < CAP_STORE_BODY
                       ? (size_t)o->store->batch_bytes
                       : CAP_STORE_BODY;
    l->push = p;
    l->number = number;
    l->body_limit = limit;
    buf_init(&l->body, CAP_STORE_BODY);
    l->refusals = p->letters ? malloc(CAP_STORE_REFUSALS * sizeof *l->refusals) : NULL;
    if ((p->letters && !l->refusals) || http_post_open(&o->http, &l->http, message) != 0) {
        snprintf(err->message, sizeof err->message, "%s", message);
        return -1;
    }
    return 0;
}

static void clear_lane(struct lane *l)
{
    http_post_close(l->http);
    buf_free(&l->body);
    free(l->refusals);
    free(l->cuts);
}

/* What the driver does not say the configuration does. */
static void fill_http(const struct store_options *store, const char *authorization,
                      struct http_post_options *http)
{
    if (!http->user) {
        http->user = store->user ? store->user : "";
        http->password = store->password ? store->password : "";
    }
    if (!http->authorization)
        http->authorization = authorization;
    if (!http->headers)
        http->headers = store->headers;
    if (!http->ca_file)
        http->ca_file = store->ca_file;
    if (!http->timeout_s)
        http->timeout_s = store->timeout_s;
}

static int open_lanes(struct push *p, const struct push_options *o, struct store_error *err)
{
    const int64_t lanes = o->store->shards > 0 ? o->store->shards : 1;
    for (; p->nlanes < CAP_STORE_LANES && p->nlanes < lanes; p->nlanes++)
        if (open_lane(p, o, p->nlanes, err) != 0) {
            p->nlanes++;
            return -1;
        }
    return 0;
}

static int open_with_token(struct push *p, const struct push_options *given,
                           struct store_error *err)
{
    const char *token = given->store->token;
    struct push_options options = *given;
    struct buf authorization;
    buf_init(&authorization, CAP_STORE_TOKEN);
    if (token && *token)
        buf_printf(&authorization, "%s %s", given->token_word ? given->token_word : "Bearer",
                   token);
    fill_http(given->store, authorization.data, &options.http);
    snprintf(err->message, sizeof err->message, "the token is too long");
    const int rc = buf_ok(&authorization) ? open_lanes(p, &options, err) : -1;
    buf_free(&authorization);
    return rc;
}

int push_open(const struct push_options *o, struct push **ret, struct store_error *err)
{
    struct push *p = calloc(1, sizeof *p);
    char *url = strdup(o->url);
    if (!p || !url) {
        snprintf(err->message, sizeof err->message, "out of memory");
        free(p);
        free(url);
        return -1;
    }
    p->protocol = o->protocol;
    p->driver = o->driver;
    p->letters = o->store->dead_letters;
    p->url = url;
    p->piece_values = piece_values(o->store);
    p->fresh = true;
    p->newest_seq = INT64_MIN;
    if (open_with_token(p, o, err) != 0) {
        push_close(p);
        return -1;
    }
    *ret = p;
    return 0;
}

void push_close(struct push *p)
{
    if (!p)
        return;
    for (unsigned i = 0; i < p->nlanes; i++)
        clear_lane(&p->lanes[i]);
    free(p->rows);
    free(p->url);
    free(p);
}

/* ---- the lanes of one write ---- */

static void begin_lane(struct lane *l, const struct row_batch *view)
{
    l->batch = view;
    l->next_cut = 0;
    l->taken = l->refused = l->nrefusals = 0;
    l->err = (struct store_error){0};
    l->met_500 = l->lost_touch = l->plainly_taken = false;
    l->requests_left = BISECT_REQUESTS;
    l->doubt_left = DOUBT_REQUESTS;
    l->changes = 0;
    l->sent = 0;
    l->stopped = STORE_DONE;
}

static void begin(struct push *p, int64_t seq, const struct row_batch *view)
{
    bool halve_500 =
        p->failed_seq == seq && p->failed_tries && p->failed_tries % TRIES == TRIES - 1;
    bool repeat = seq <= p->newest_seq;
    if (!repeat)
        p->newest_seq = seq;
    atomic_store(&p->stopped, false);
    for (unsigned i = 0; i < p->nlanes; i++) {
        struct lane *l = &p->lanes[i];
        begin_lane(l, view);
        l->ncuts = repeat ? l->ncuts : 0;
        l->cutting = seq == p->newest_seq;
        l->halve_500 = halve_500;
        l->fate = p->fresh ? FATE_FOREIGN : l->cutting ? FATE_NEW : FATE_STORED;
    }
}

static void *lane_thread(void *ctx)
{
    push_lane_run(ctx);
    return NULL;
}

/* All lanes at once, the first in this thread; one that gets no thread goes after it. */
static void run_lanes(struct push *p)
{
    for (unsigned i = 1; i < p->nlanes; i++) {
        struct lane *l = &p->lanes[i];
        l->has_thread = l->first < l->last && pthread_create(&l->thread, NULL, lane_thread, l) == 0;
    }
    push_lane_run(&p->lanes[0]);
    for (unsigned i = 1; i < p->nlanes; i++) {
        if (p->lanes[i].has_thread)
            pthread_join(p->lanes[i].thread, NULL);
        else
            push_lane_run(&p->lanes[i]);
    }
}

struct result { /* of all lanes */
    enum store_outcome stopped;
    bool met_500, lost_touch, plainly_taken;
    size_t taken, refused;
    uint64_t sent;
};

/* The lane that was stopped so, and wants the longest wait; NULL = none. */
static const struct lane *stopped_lane(const struct push *p, enum store_outcome outcome)
{
    const struct lane *ret = NULL;
    for (unsigned i = 0; i < p->nlanes; i++) {
        const struct lane *l = &p->lanes[i];
        if (l->stopped == outcome && (!ret || l->err.retry_after_ms > ret->err.retry_after_ms))
            ret = l;
    }
    return ret;
}

/* What must be done by a person is told before what mends itself, and that before what was
 * refused. */
static struct result merge(const struct push *p, struct store_error *err)
{
    struct result r = {.stopped = STORE_DONE};
    const struct lane *teller = stopped_lane(p, STORE_BAD_SETUP);
    if (!teller)
        teller = stopped_lane(p, STORE_AGAIN);
    if (teller)
        r.stopped = teller->stopped;
    for (unsigned i = 0; i < p->nlanes; i++) {
        const struct lane *l = &p->lanes[i];
        r.met_500 |= l->met_500;
        r.lost_touch |= l->lost_touch;
        r.plainly_taken |= l->plainly_taken;
        r.taken += l->taken;
        r.refused += l->refused;
        r.sent += l->sent;
        if (!teller && l->refused)
            teller = l;
    }
    if (teller)
        *err = teller->err;
    return r;
}

/* ---- a write ---- */

/* Keeps count of a batch that gets 500s; says whether to go on trying although rows were refused:
 * a server that takes nothing at all is likelier sick than right. */
static bool try_on(struct push *p, int64_t seq, const struct result *r)
{
    if (r->met_500)
        p->failed_tries = p->failed_seq == seq ? p->failed_tries + 1 : 1;
    else if (r->stopped == STORE_DONE && p->failed_seq == seq)
        p->failed_tries = 0;
    if (r->met_500)
        p->failed_seq = seq;
    return r->met_500 && r->taken == 0 && p->failed_tries < TRIES_IN_ALL;
}

static void write_letters(struct push *p)
{
    for (unsigned i = 0; i < p->nlanes; i++)
        push_lane_letters(&p->lanes[i]);
}

static enum store_outcome conclude(struct push *p, const struct result *r, int64_t seq,
                                   int64_t *durable, struct store_error *err)
{
    bool again = try_on(p, seq, r);
    if (r->plainly_taken)
        p->fresh = false;
    if (r->lost_touch)
        err->rewind = settle_lost_touch(&p->settle);
    if (r->stopped != STORE_DONE)
        return r->stopped;
    if (err->rewind) {
        snprintf(err->message, sizeof err->message,
                 "the connection was closed since the last write: what it brought shortly before "
                 "is sent again");
        return STORE_AGAIN;
    }
    if (r->refused && r->taken == 0 && again)
        return STORE_AGAIN;
    write_letters(p);
    if (r->refused && r->taken == 0)
        return STORE_REFUSED;
    err->refused_rows = r->refused;
    settle_accepted(&p->settle, seq, mono_now());
    *durable = settle_durable(&p->settle, mono_now());
    return STORE_DONE;
}

enum store_outcome push_write(struct push *p, int64_t seq, const struct row_batch *batch,
                              int64_t *durable, uint64_t *bytes, struct store_error *err)
{
    struct row_batch view;
    *err = (struct store_error){0};
    *bytes = 0;
    if (!push_share(p, batch, &view)) {
        snprintf(err->message, sizeof err->message, "out of memory for %zu rows", batch->nrows);
        return STORE_AGAIN;
    }
    begin(p, seq, &view);
    run_lanes(p);
    struct result r = merge(p, err);
    *bytes = r.sent;
    return conclude(p, &r, seq, durable, err);
}

enum store_outcome push_flush(struct push *p, int final, int64_t *durable, struct store_error *err)
{
    (void)err;
    /* Time alone proves nothing: whether the server was killed is seen by the next write. */
    *durable = final ? settle_final(&p->settle) : p->settle.durable;
    return STORE_DONE;
}

void push_cancel(struct push *p)
{
    for (unsigned i = 0; i < p->nlanes; i++)
        http_post_cancel(p->lanes[i].http);
}

/* ---- beside writes ---- */

int push_headers(struct push *p, unsigned lane, const char *content_type, const char *headers)
{
    return http_post_headers(p->lanes[lane].http, content_type, headers);
}

void push_ask(struct push *p, const char *url, const void *body, size_t n, struct http_answer *ret)
{
    if (body)
        http_post_send(p->lanes[0].http, url, body, n, ret);
    else
        http_post_get(p->lanes[0].http, url, ret);
}

/* ---- as store_ops ---- */

enum store_outcome push_store_write(void *store, int64_t seq, const struct row_batch *batch,
                                    int64_t *durable, uint64_t *bytes, struct store_error *err)
{
    return push_write(*(struct push **)store, seq, batch, durable, bytes, err);
}

enum store_outcome push_store_flush(void *store, int final, int64_t *durable,
                                    struct store_error *err)
{
    return push_flush(*(struct push **)store, final, durable, err);
}

void push_store_cancel(void *store)
{
    push_cancel(*(struct push **)store);
}
