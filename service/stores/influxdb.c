/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Line protocol over HTTP.
 *
 *   v1   URL/write?db=D&precision=ms[&rp=R]              InfluxDB 1.x, 3.x, VictoriaMetrics
 *   v2   URL/api/v2/write?org=O&bucket=B&precision=ms    InfluxDB 1.8+, 2.x, 3.x, VictoriaMetrics
 *
 * A batch goes out in pieces of some thousand values. Points are idempotent in InfluxDB (the last
 * write wins) and in VictoriaMetrics run with -dedup.minScrapeInterval=1ms, so that a piece may be
 * sent again whenever it is not certain that it arrived. What servers do with a bad row differs:
 *
 *   InfluxDB 1.x, 3.x   400 "partial write: ... dropped=N": the good ones are kept
 *   InfluxDB 2.x        400 or 422 for the whole body, or partial like 1.x
 *   VictoriaMetrics     204; tells only in vm_rows_invalid_total of its own metrics
 *
 * so a partial write counts what was dropped, and any other refusal is narrowed down by halves.
 */
#include "stores/influxdb.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/caps.h"
#include "formats/line_protocol.h"
#include "stores/http_post.h"
#include "stores/settle.h"

enum {
    PIECE_VALUES = 8000,   /* measured: larger pieces gain nothing at the servers */
    LEAST_BODY = 64 << 10, /* a 413 never makes later pieces smaller than this */
    BISECT_REQUESTS = 64,  /* spent on narrowing down refusals in one write */
    /* A 500 may be bad data or a sick server. After TRIES of one batch its pieces are halved; if
     * the server takes some, the others are the culprits. If it takes none, the batch is given up
     * only after TRIES_IN_ALL, with the runner's back-off about a quarter of an hour. */
    TRIES = 5,
    TRIES_IN_ALL = 20,
};

struct influxdb {
    struct http_post *http;
    char *base, *write_url;
    struct line_options line;
    struct buf body;
    size_t body_limit;     /* halved by a 413 */
    int64_t failed_seq;    /* the batch that got a 500 ... */
    unsigned failed_tries; /* ... so often in a row */
    struct settle settle;
};

struct attempt { /* one write of a batch */
    struct influxdb *store;
    const struct row_batch *batch;
    struct store_error *err;
    bool halve_500; /* a 500 is taken for a refusal of the rows */
    bool met_500, lost_touch;
    int requests_left;     /* for halving */
    size_t taken, refused; /* rows; those partly taken count in both */
    uint64_t sent;
    enum store_outcome stopped; /* STORE_DONE = not stopped */
};

/* ---- opening ---- */

static void add_parameter(struct buf *url, char sign, const char *name, const char *value)
{
    char *escaped = curl_easy_escape(NULL, value, 0);
    if (escaped)
        buf_printf(url, "%c%s=%s", sign, name, escaped);
    else
        buf_add(url, "", url->cap + 1); /* fails the buffer */
    curl_free(escaped);
}

static char *make_write_url(const struct store_options *o, const char *base, bool v2)
{
    struct buf url;
    buf_init(&url, 8 << 10);
    buf_printf(&url, "%s%s", base, v2 ? "/api/v2/write" : "/write");
    if (v2) {
        add_parameter(&url, '?', "org", o->org);
        add_parameter(&url, '&', "bucket", o->bucket);
    } else {
        add_parameter(&url, '?', "db", o->database);
        if (o->retention_policy && *o->retention_policy)
            add_parameter(&url, '&', "rp", o->retention_policy);
    }
    add_parameter(&url, '&', "precision", "ms");
    return buf_take(&url);
}

static bool empty(const char *text)
{
    return !text || !*text;
}

/* "" or what is missing. */
static const char *missing(const struct store_options *o, bool v2)
{
    if (empty(o->url))
        return "url is missing";
    if (!v2 && (empty(o->api) || strcmp(o->api, "v1") != 0))
        return "api must be v1 or v2";
    if (v2 && (empty(o->org) || empty(o->bucket)))
        return "api v2 needs org and bucket";
    if (!v2 && empty(o->database))
        return "api v1 needs database";
    return "";
}

/* InfluxDB 3 takes a v2-style token with both write addresses. */
static int open_http(struct influxdb *s, const struct store_options *o, struct store_error *err)
{
    char message[300];
    struct buf authorization;
    buf_init(&authorization, 8 << 10);
    if (!empty(o->token))
        buf_printf(&authorization, "Token %s", o->token);
    struct http_post_options options = {
        .user = o->user,
        .password = o->password ? o->password : "",
        .authorization = authorization.data,
        .ca_file = o->ca_file,
        .timeout_s = o->timeout_s,
        .gzip = o->gzip,
    };
    int rc = buf_ok(&authorization) ? http_post_open(&options, &s->http, message) : -1;
    if (rc != 0)
        snprintf(err->message, sizeof err->message, "%s",
                 buf_ok(&authorization) ? message : "the token is too long");
    buf_free(&authorization);
    return rc;
}

static void influxdb_close(void *store)
{
    struct influxdb *s = store;
    http_post_close(s->http);
    buf_free(&s->body);
    free(s->base);
    free(s->write_url);
    free(s);
}

static int influxdb_open(const struct store_options *o, void **ret, struct store_error *err)
{
    bool v2 = o->api && strcmp(o->api, "v2") == 0;
    if (*missing(o, v2)) {
        snprintf(err->message, sizeof err->message, "%s", missing(o, v2));
        return -1;
    }
    struct influxdb *s = calloc(1, sizeof *s);
    if (!s) {
        snprintf(err->message, sizeof err->message, "out of memory");
        return -1;
    }
    buf_init(&s->body, CAP_STORE_BODY);
    s->body_limit = CAP_STORE_BODY;
    s->line = (struct line_options){LINE_MS, o->per_vcpu};
    s->base = strdup(o->url);
    for (size_t n = s->base ? strlen(s->base) : 0; n && s->base[n - 1] == '/'; n--)
        s->base[n - 1] = '\0';
    s->write_url = s->base ? make_write_url(o, s->base, v2) : NULL;
    if (!s->write_url) {
        snprintf(err->message, sizeof err->message, "out of memory, or an overlong address");
        influxdb_close(s);
        return -1;
    }
    if (open_http(s, o, err) != 0) {
        influxdb_close(s);
        return -1;
    }
    *ret = s;
    return 0;
}

/* ---- writing ---- */

static bool stop(struct attempt *a, enum store_outcome outcome, const struct http_answer *answer)
{
    a->stopped = outcome;
    a->err->retry_after_ms = answer->retry_after_ms;
    a->lost_touch = answer->status == 0 || answer->status == 502; /* it may have been killed */
    snprintf(a->err->message, sizeof a->err->message, "%s", answer->message);
    return false;
}

static bool refuse(struct attempt *a, size_t rows, const char *why)
{
    if (!a->refused) /* the first reason is told */
        snprintf(a->err->message, sizeof a->err->message, "%s", why);
    a->refused += rows;
    return true;
}

static size_t occurrences(const char *text, const char *word)
{
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, word)); at += strlen(word))
        n++;
    return n;
}

/*
 * How many rows of a piece a partial write may have cost. Servers count points (lines), and several
 * lines make a row; they name dropped points and unparsable lines apart:
 *   1.x, 2.x  {"error":"partial write: field type conflict: ... dropped=3"}
 *   1.x       {"error":"partial write: unable to parse 'x': missing fields\n... dropped=0"}
 *   3.x       {"error":"partial write of line protocol occurred","data":[{"line_number":2,...}]}
 */
static size_t partly_refused(const char *text, size_t rows)
{
    size_t lost = occurrences(text, "unable to parse") + occurrences(text, "\"line_number\"");
    const char *dropped = strstr(text, "dropped=");
    if (dropped) {
        unsigned long n = strtoul(dropped + strlen("dropped="), NULL, 10);
        lost += n < rows ? n : rows;
    }
    if (lost == 0)
        lost = 1;
    return lost < rows ? lost : rows;
}

/* A web server that is not a store answers 200 with a page, or knows no such address. */
static bool is_store(const struct http_answer *answer)
{
    return answer->text[0] != '<' && !strstr(answer->text, "unsupported path");
}

static bool send_rows(struct attempt *a, size_t first, size_t last);

static bool halve(struct attempt *a, size_t first, size_t last, const char *why)
{
    size_t middle = first + (last - first) / 2;
    if (last - first == 1)
        return refuse(a, 1, why);
    return send_rows(a, first, middle) && send_rows(a, middle, last);
}

static bool halve_if_worth_it(struct attempt *a, size_t first, size_t last, const char *why)
{
    if (a->requests_left <= 0)
        return refuse(a, last - first, why);
    a->requests_left -= 2;
    return halve(a, first, last, why);
}

static bool too_large(struct attempt *a, size_t first, size_t last, const char *why)
{
    size_t half = a->store->body.len / 2;
    if (half < a->store->body_limit)
        a->store->body_limit = half > LEAST_BODY ? half : LEAST_BODY;
    return halve(a, first, last, why);
}

static bool judge(struct attempt *a, size_t first, size_t last, const struct http_answer *answer)
{
    switch (answer->verdict) {
    case HTTP_DONE:
        if (!is_store(answer))
            return stop(a, STORE_BAD_SETUP, answer);
        a->taken += last - first;
        return true;
    case HTTP_AGAIN:
        return stop(a, STORE_AGAIN, answer);
    case HTTP_AGAIN_SOME:
        a->met_500 = true;
        if (!a->halve_500)
            return stop(a, STORE_AGAIN, answer);
        return halve_if_worth_it(a, first, last, answer->message);
    case HTTP_BAD_BODY:
        if (!is_store(answer))
            return stop(a, STORE_BAD_SETUP, answer);
        if (!strstr(answer->text, "partial write"))
            return halve_if_worth_it(a, first, last, answer->message);
        a->taken += last - first; /* most of it */
        return refuse(a, partly_refused(answer->text, last - first), answer->message);
    case HTTP_TOO_LARGE:
        return too_large(a, first, last, answer->message);
    case HTTP_BAD_SETUP:
        break;
    }
    return stop(a, STORE_BAD_SETUP, answer);
}

/* Sends rows [first, last), in parts if need be. False: stopped. */
static bool send_rows(struct attempt *a, size_t first, size_t last)
{
    struct influxdb *s = a->store;
    struct http_answer answer;
    buf_clear(&s->body);
    line_protocol_write(a->batch, first, last, &s->line, &s->body);
    if (!buf_ok(&s->body) || (s->body.len > s->body_limit && last - first > 1))
        return halve(a, first, last, "a row too large for one request, or out of memory");
    if (s->body.len == 0) { /* rows with nothing for this store */
        a->taken += last - first;
        return true;
    }
    http_post_send(s->http, s->write_url, s->body.data, s->body.len, &answer);
    a->sent += answer.sent;
    return judge(a, first, last, &answer);
}

/* The first row after `first` that no longer belongs to the same request. */
static size_t piece_end(const struct row_batch *batch, size_t first)
{
    size_t last = first, values = 0;
    while (last < batch->nrows && (last == first || values < PIECE_VALUES))
        values += batch->rows[last++].count;
    return last;
}

/* Keeps count of a batch that gets 500s; says whether to go on trying although rows were refused:
 * a server that takes nothing at all is likelier sick than right. */
static bool try_on(struct influxdb *s, int64_t seq, const struct attempt *a)
{
    if (!a->met_500)
        s->failed_tries = 0;
    else if (s->failed_seq != seq)
        s->failed_tries = 1;
    else
        s->failed_tries++;
    s->failed_seq = seq;
    return a->met_500 && a->taken == 0 && s->failed_tries < TRIES_IN_ALL;
}

static enum store_outcome conclude(struct attempt *a, int64_t seq, int64_t *durable)
{
    struct influxdb *s = a->store;
    bool again = try_on(s, seq, a);
    if (a->lost_touch && a->stopped == STORE_AGAIN)
        a->err->rewind = settle_lost_touch(&s->settle);
    if (a->stopped != STORE_DONE)
        return a->stopped;
    if (a->refused && a->taken == 0)
        return again ? STORE_AGAIN : STORE_REFUSED;
    a->err->refused_rows = a->refused;
    settle_accepted(&s->settle, seq, mono_now());
    *durable = settle_durable(&s->settle, mono_now());
    return STORE_DONE;
}

static enum store_outcome influxdb_write(void *store, int64_t seq, const struct row_batch *batch,
                                         int64_t *durable, uint64_t *bytes, struct store_error *err)
{
    struct influxdb *s = store;
    struct attempt a = {
        .store = s,
        .batch = batch,
        .err = err,
        .halve_500 =
            s->failed_seq == seq && s->failed_tries && s->failed_tries % TRIES == TRIES - 1,
        .requests_left = BISECT_REQUESTS,
        .stopped = STORE_DONE,
    };
    *err = (struct store_error){0};
    bool go_on = true;
    for (size_t first = 0, last; go_on && first < batch->nrows; first = last) {
        last = piece_end(batch, first);
        go_on = send_rows(&a, first, last);
    }
    *bytes = a.sent;
    return conclude(&a, seq, durable);
}

static enum store_outcome influxdb_flush(void *store, int final, int64_t *durable,
                                         struct store_error *err)
{
    struct influxdb *s = store;
    (void)err;
    *durable = final ? settle_final(&s->settle) : settle_durable(&s->settle, mono_now());
    return STORE_DONE;
}

static void influxdb_cancel(void *store)
{
    struct influxdb *s = store;
    http_post_cancel(s->http);
}

/* ---- probing ---- */

static bool answers(struct influxdb *s, const char *path)
{
    struct http_answer answer = {.verdict = HTTP_BAD_SETUP};
    struct buf url;
    buf_init(&url, 8 << 10);
    buf_printf(&url, "%s%s", s->base, path);
    if (buf_ok(&url))
        http_post_get(s->http, url.data, &answer);
    buf_free(&url);
    return answer.verdict == HTTP_DONE;
}

/*
 * An empty write is the one request that goes through everything a real one goes through (address,
 * credentials, database) and changes nothing:
 *
 *   InfluxDB 1.x      204 (200 in old ones), 401, 403, 404 "database not found"
 *   InfluxDB 2.x      400 "writing requires points" after organization, bucket and token were
 *                     found good; else 401, 404
 *   InfluxDB 3.x      like 2.x: 400 or 422 for no lines; the database is made by the first write
 *   VictoriaMetrics   204
 *
 * A 400 could also come from something that is no store at all, so /ping (InfluxDB,
 * VictoriaMetrics) or /health (2.x, 3.x, VictoriaMetrics) must answer then.
 */
static int influxdb_probe(void *store, struct store_error *err)
{
    struct influxdb *s = store;
    struct http_answer answer;
    http_post_send(s->http, s->write_url, "", 0, &answer);
    snprintf(err->message, sizeof err->message, "%s", answer.message);
    if (!is_store(&answer))
        return -1;
    if (answer.verdict == HTTP_BAD_BODY)
        return answers(s, "/ping") || answers(s, "/health") ? 0 : -1;
    return answer.verdict == HTTP_DONE ? 0 : -1;
}

const struct store_ops store_influxdb = {
    .type = "influxdb",
    .open = influxdb_open,
    .probe = influxdb_probe,
    .write = influxdb_write,
    .flush = influxdb_flush,
    .close = influxdb_close,
    .cancel = influxdb_cancel,
};
