/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Line protocol over HTTP.
 *
 *   v1   URL/write?db=D[&rp=R]&precision=P               InfluxDB 1.x, 3.x, VictoriaMetrics
 *   v2   URL/api/v2/write?org=O&bucket=B&precision=P     InfluxDB 1.8+, 2.x, 3.x, VictoriaMetrics
 *   v3   URL/api/v3/write_lp?db=D&precision=P&accept_partial=true   InfluxDB 3.x
 *
 * Points are idempotent in InfluxDB (the last write wins) and in VictoriaMetrics run with
 * -dedup.minScrapeInterval=1ms, so that a piece may be sent again whenever it is not certain that
 * it arrived. What servers do with a bad row differs:
 *
 *   InfluxDB 1.x, 3.x   400 "partial write: ... dropped=N": the good ones are kept
 *   InfluxDB 2.x        400 or 422 for the whole body, or partial like 1.x
 *   VictoriaMetrics     204; tells only in vm_rows_invalid_total of its own metrics
 *
 * Samples have whole seconds: with precision "s" a fraction, if a server ever sent one, is cut off.
 */
#include "stores/influxdb.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/caps.h"
#include "formats/line_protocol.h"
#include "formats/line_series.h"
#include "formats/schema.h"
#include "stores/push.h"

enum api { V1, V2, V3, APIS };

static const struct {
    const char *name, *path, *token; /* the word before a token */
} apis[APIS] = {
    [V1] = {"v1", "/write", "Token"}, /* 3.x takes a token with the old addresses, too */
    [V2] = {"v2", "/api/v2/write", "Token"},
    [V3] = {"v3", "/api/v3/write_lp", "Bearer"},
};

static const struct {
    const char *name, *words[APIS]; /* as each interface calls it */
    enum line_precision precision;
} precisions[] = {
    {"ms", {"ms", "ms", "millisecond"}, LINE_MS},
    {"s", {"s", "s", "second"}, LINE_S},
    {"us", {"u", "us", "microsecond"}, LINE_US},
    {"ns", {"ns", "ns", "nanosecond"}, LINE_NS},
};
enum { PRECISIONS = sizeof precisions / sizeof *precisions };

struct influxdb {
    struct push *push; /* first, for push_store_write() */
    char *base, *write_url;
    enum line_precision precision;
    unsigned nwalks; /* 0 = our own schema without labels, which has a shorter way */
    struct series_walk *walks[CAP_STORE_LANES];
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

static char *make_write_url(const struct store_options *o, const char *base, enum api api,
                            const char *precision)
{
    struct buf url;
    buf_init(&url, 8 << 10);
    buf_printf(&url, "%s%s", base, apis[api].path);
    if (api == V2) {
        add_parameter(&url, '?', "org", o->org);
        add_parameter(&url, '&', "bucket", o->bucket);
    } else {
        add_parameter(&url, '?', "db", o->database);
        if (api == V1 && o->retention_policy && *o->retention_policy)
            add_parameter(&url, '&', "rp", o->retention_policy);
    }
    add_parameter(&url, '&', "precision", precision);
    if (api == V3)
        add_parameter(&url, '&', "accept_partial", "true");
    return buf_take(&url);
}

static bool empty(const char *text)
{
    return !text || !*text;
}

static enum api api_of(const char *name)
{
    unsigned i = 0;
    while (i < APIS && (!name || strcmp(apis[i].name, name) != 0))
        i++;
    return (enum api)i;
}

static unsigned precision_of(const char *name)
{
    unsigned i = 0;
    while (!empty(name) && i < PRECISIONS && strcmp(precisions[i].name, name) != 0)
        i++;
    return i;
}

/* "" or what is missing. */
static const char *missing(const struct store_options *o, enum api api)
{
    if (empty(o->url))
        return "url is missing";
    if (api == APIS)
        return "api must be v1, v2 or v3";
    if (api == V2 && (empty(o->org) || empty(o->bucket)))
        return "api v2 needs org and bucket";
    if (api != V2 && empty(o->database))
        return "api v1 and v3 need database";
    if (precision_of(o->precision) == PRECISIONS)
        return "precision must be ms, s, us or ns";
    if (!empty(o->schema) && !schema_find(o->schema))
        return "no such schema";
    return "";
}

/* ---- writing ---- */

static void body(void *driver, unsigned lane, const struct row_batch *batch, size_t first,
                 size_t last, struct buf *out)
{
    const struct influxdb *s = driver;
    if (s->nwalks) {
        if (!line_series_write(s->walks[lane], batch, first, last, s->precision, out))
            buf_add(out, "", out->cap + 1); /* fails the buffer */
        return;
    }
    const struct line_options line = {.precision = s->precision};
    line_protocol_write(batch, first, last, &line, out);
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

static enum push_reading read_answer(void *driver, unsigned lane, const struct http_answer *answer,
                                     size_t rows, size_t *refused)
{
    (void)driver, (void)lane;
    if (answer->verdict != HTTP_DONE && answer->verdict != HTTP_BAD_BODY)
        return PUSH_BY_STATUS;
    if (!is_store(answer))
        return PUSH_SETUP;
    if (answer->verdict == HTTP_DONE || !strstr(answer->text, "partial write"))
        return PUSH_BY_STATUS;
    *refused = partly_refused(answer->text, rows);
    return PUSH_PARTLY;
}

/* ---- opening and closing ---- */

static void influxdb_close(void *store)
{
    struct influxdb *s = store;
    push_close(s->push);
    for (unsigned i = 0; i < s->nwalks; i++)
        series_walk_free(s->walks[i]);
    free(s->base);
    free(s->write_url);
    free(s);
}

static int failed(struct influxdb *s, struct store_error *err, const char *message)
{
    if (message)
        snprintf(err->message, sizeof err->message, "%s", message);
    influxdb_close(s);
    return -1;
}

/* A walk for each lane, unless the shorter way does. */
static bool open_walks(struct influxdb *s, const struct store_options *o)
{
    const struct schema *schema = empty(o->schema) ? &schema_vstrata : schema_find(o->schema);
    if (schema == &schema_vstrata && empty(o->labels))
        return true;
    while (s->nwalks < CAP_STORE_LANES && s->nwalks < (o->shards > 0 ? o->shards : 1)) {
        struct series_walk *walk = series_walk_new(schema, o->labels);
        if (!walk)
            return false;
        s->walks[s->nwalks++] = walk;
    }
    return true;
}

static int open_push(struct influxdb *s, const struct store_options *o, enum api api,
                     struct store_error *err)
{
    static const struct push_protocol protocol = {.body = body, .read = read_answer};
    const struct push_options options = {
        .store = o,
        .protocol = &protocol,
        .driver = s,
        .url = s->write_url,
        .token_word = apis[api].token,
        .http = {.gzip = o->gzip},
    };
    return push_open(&options, &s->push, err);
}

static int influxdb_open(const struct store_options *o, void **ret, struct store_error *err)
{
    enum api api = api_of(o->api);
    unsigned precision = precision_of(o->precision);
    struct influxdb *s = calloc(1, sizeof *s);
    if (!s) {
        snprintf(err->message, sizeof err->message, "out of memory");
        return -1;
    }
    if (*missing(o, api))
        return failed(s, err, missing(o, api));
    s->precision = precisions[precision].precision;
    s->base = strdup(o->url);
    for (size_t n = s->base ? strlen(s->base) : 0; n && s->base[n - 1] == '/'; n--)
        s->base[n - 1] = '\0';
    s->write_url =
        s->base ? make_write_url(o, s->base, api, precisions[precision].words[api]) : NULL;
    if (!s->write_url)
        return failed(s, err, "out of memory, or an overlong address");
    if (!open_walks(s, o))
        return failed(s, err, "too many labels, or out of memory");
    if (open_push(s, o, api, err) != 0)
        return failed(s, err, NULL);
    *ret = s;
    return 0;
}

/* ---- probing ---- */

static bool answers(struct influxdb *s, const char *path)
{
    struct http_answer answer = {.verdict = HTTP_BAD_SETUP};
    struct buf url;
    buf_init(&url, 8 << 10);
    buf_printf(&url, "%s%s", s->base, path);
    if (buf_ok(&url))
        push_ask(s->push, url.data, NULL, 0, &answer);
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
    push_ask(s->push, s->write_url, "", 0, &answer);
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
    .write = push_store_write,
    .flush = push_store_flush,
    .close = influxdb_close,
    .cancel = push_store_cancel,
};
