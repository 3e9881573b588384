/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Prometheus remote write, versions 1.0 and 2.0, to Prometheus, VictoriaMetrics, Mimir, Cortex,
 * Thanos and others. The version is found out (`auto`): a receiver of 2.0 must tell how many
 * samples it wrote. One that answers 2xx and does not tell has stored nothing (Prometheus before 3,
 * VictoriaMetrics), so the same rows go out once more as 1.0, and so do all others until a restart.
 *
 * What Prometheus says of samples, and what it means (tried with 2.42):
 *
 *   204                                      also for a sample that it has with the same value
 *   400 out of order sample                  it has a newer one of the series
 *   400 duplicate sample for timestamp       it has one with another value
 *   400 out of bounds                        older than what it keeps open: an hour before its
 *                                            newest sample of all, or a sample of the future moved
 *                                            that
 *   500 too old sample                       the same, with out_of_order_time_window
 *   500 label name "x" is not unique         never heals, although it is a 500
 *
 * A request is taken as a whole or not at all, so what is refused is narrowed down. Series that
 * have ended get a stale marker (presence.h), which goes before the rows that show it, in one
 * request.
 *
 * Two collectors that write the same: Mimir and Cortex take one of them by the labels `cluster` and
 * `__replica__`, which `labels` gives to every series (our own tag cluster becomes exported_cluster
 * then); both are the same for all series of a request, as they want it. VictoriaMetrics drops
 * doubles (-dedup.minScrapeInterval=1ms). Prometheus itself needs out_of_order_time_window, or a
 * label that tells the two apart: otherwise it refuses what the slower one brings. What collectors
 * say of themselves differs in any case: without such a label leave it out (exclude:
 * scope:vcenter).
 */
#include "stores/prometheus.h"

#include <snappy-c.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/caps.h"
#include "base/clock.h"
#include "formats/remote_write.h"
#include "stores/presence.h"
#include "stores/push.h"

enum {
    TELL_MS = 600000, /* metadata of 1.0 goes out again */
    MOST_TOLD = 64,   /* batches whose ends are kept: they may have to be sent again */
};

struct lane_state { /* of one lane of push */
    struct remote_write *encoder;
    struct buf raw; /* before compression */
    enum remote_write_version version;
    size_t samples;   /* in the newest body */
    bool stored_none; /* it was answered 2xx that stored nothing, and 1.0 is not wanted */
};

struct told { /* what had ended before a batch */
    int64_t seq;
    struct presence_ends ends;
};

struct prometheus {
    struct push *push;   /* first, for push_store_flush() */
    char *url, *headers; /* those of the configuration */
    bool automatic;
    atomic_bool confirmed; /* a receiver of 2.0 has told how much it wrote */
    atomic_int version;    /* of all lanes, from the next write on */
    unsigned nlanes;
    struct lane_state lanes[CAP_STORE_LANES];
    struct mono_time told_at; /* metadata */

    struct presence *presence; /* NULL: series do not end */
    int64_t seen_seq;
    struct told told[MOST_TOLD]; /* oldest first */
    size_t ntold;
    const struct presence_ends *ends; /* of the write under way; NULL = none */
};

/* ---- the protocol ---- */

static const struct {
    const char *content_type, *header;
} versions[] = {
    [REMOTE_WRITE_1] = {"application/x-protobuf", "0.1.0"},
    [REMOTE_WRITE_2] = {"application/x-protobuf;proto=io.prometheus.write.v2.Request", "2.0.0"},
};

static bool make_headers(struct buf *out, enum remote_write_version version, const char *more)
{
    buf_printf(out, "Content-Encoding: snappy\nX-Prometheus-Remote-Write-Version: %s",
               versions[version].header);
    if (*more)
        buf_printf(out, "\n%s", more);
    return buf_ok(out);
}

/* Lane i speaks this version from now on. */
static bool set_version(struct prometheus *s, unsigned lane, enum remote_write_version version)
{
    struct buf headers;
    buf_init(&headers, 64 << 10);
    const bool ok = make_headers(&headers, version, s->headers) &&
                    push_headers(s->push, lane, versions[version].content_type, headers.data) == 0;
    buf_free(&headers);
    if (ok)
        s->lanes[lane].version = version;
    return ok;
}

static void fail(struct buf *out)
{
    buf_free(out);
    out->failed = true;
}

/* Appends the message in raw, compressed. */
static void compress(struct lane_state *l, struct buf *out)
{
    size_t n = snappy_max_compressed_length(l->raw.len);
    char *at = buf_room(out, n);
    if (!at)
        return;
    if (snappy_compress(l->raw.data ? l->raw.data : "", l->raw.len, at, &n) != SNAPPY_OK) {
        fail(out);
        return;
    }
    buf_end(out, at + n);
}

/* ---- what has ended ---- */

static int by_anchor(const void *key, const void *element)
{
    const uint32_t anchor = *(const uint32_t *)key;
    const struct presence_end *end = element;
    return (anchor > end->anchor) - (anchor < end->anchor);
}

/* The first end that goes before a row; NULL = none does. */
static const struct presence_end *first_end(const struct presence_ends *ends,
                                            const struct layer_row *row)
{
    const struct presence_end *end =
        row->count ? bsearch(&row->first, ends->ends, ends->nends, sizeof *end, by_anchor) : NULL;
    while (end && end > ends->ends && end[-1].anchor == row->first)
        end--;
    return end;
}

static void write_ends(struct remote_write *encoder, const struct presence_ends *ends,
                       const struct presence_end *end)
{
    const uint32_t anchor = end->anchor;
    for (; end < ends->ends + ends->nends && end->anchor == anchor; end++)
        remote_write_rows(encoder, &ends->batch, end->row, end->row + 1);
}

/* Forgets ends of batches up to seq. */
static void forget(struct prometheus *s, int64_t seq)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->ntold; i++) {
        if (s->told[i].seq <= seq)
            presence_ends_clear(&s->told[i].ends);
        else
            s->told[kept++] = s->told[i];
    }
    s->ntold = kept;
}

/* What ended before the batch is found once, and kept until the batch is safe. */
static void find_ends(struct prometheus *s, int64_t seq, const struct row_batch *batch)
{
    s->ends = NULL;
    if (!s->presence)
        return;
    if (seq > s->seen_seq) {
        struct told told = {.seq = seq};
        s->seen_seq = seq;
        presence_see(s->presence, batch, &told.ends); /* out of memory: fewer ends */
        if (told.ends.nends && s->ntold == MOST_TOLD)
            forget(s, s->told[0].seq);
        if (told.ends.nends)
            s->told[s->ntold++] = told;
        else
            presence_ends_clear(&told.ends);
    }
    for (size_t i = 0; i < s->ntold; i++)
        if (s->told[i].seq == seq)
            s->ends = &s->told[i].ends;
}

/* ---- requests ---- */

static void body(void *driver, unsigned lane, const struct row_batch *batch, size_t first,
                 size_t last, struct buf *out)
{
    struct prometheus *s = driver;
    struct lane_state *l = &s->lanes[lane];
    size_t from = first;
    buf_clear(&l->raw);
    remote_write_begin(l->encoder, l->version, &l->raw);
    for (size_t r = first; s->ends && r < last; r++) {
        const struct presence_end *end = first_end(s->ends, &batch->rows[r]);
        if (!end)
            continue;
        remote_write_rows(l->encoder, batch, from, r); /* it may have begun in this batch, too */
        write_ends(l->encoder, s->ends, end);
        from = r;
    }
    remote_write_rows(l->encoder, batch, from, last);
    l->samples = remote_write_end(l->encoder);
    if (!buf_ok(&l->raw))
        fail(out);
    else if (l->samples)
        compress(l, out);
}

/* What servers say of samples that they do not want; the first match counts. Mimir and Cortex have
 * words of their own, Thanos answers 409. */
static const struct {
    const char *text;
    enum push_reading reading;
} refusals[] = {
    {"out of order", PUSH_ALREADY},     {"out-of-order", PUSH_ALREADY},
    {"duplicate sample", PUSH_ALREADY}, {"duplicate-timestamp", PUSH_ALREADY},
    {"out of bounds", PUSH_REFUSED},    {"too old", PUSH_REFUSED},
    {"too-old", PUSH_REFUSED},          {"not unique", PUSH_REFUSED},
};

static enum push_reading read_text(const struct http_answer *answer)
{
    const bool refuses = answer->status == 400 || answer->status == 409 || answer->status == 422 ||
                         answer->status == 500;
    for (size_t i = 0; refuses && i < sizeof refusals / sizeof *refusals; i++)
        if (strstr(answer->text, refusals[i].text))
            return refusals[i].reading;
    return PUSH_BY_STATUS;
}

/* Rows that may have been lost with some samples. */
static size_t rows_of(size_t samples, size_t of_samples, size_t rows)
{
    const size_t lost = of_samples ? (samples * rows + of_samples - 1) / of_samples : rows;
    return lost < rows ? lost : rows;
}

/* A server that does not know the message: it says so (415), or it takes it for an empty one of 1.0
 * and does not tell how much it wrote, or (400) it cannot read it. */
static bool knows_no_2(const struct prometheus *s, const struct http_answer *answer)
{
    if (answer->has_header)
        return false;
    return answer->verdict == HTTP_DONE || answer->status == 415 ||
           (answer->status == 400 && !atomic_load(&s->confirmed));
}

static enum push_reading fall_back(struct prometheus *s, unsigned lane)
{
    if (s->automatic && set_version(s, lane, REMOTE_WRITE_1)) {
        atomic_store(&s->version, REMOTE_WRITE_1);
        return PUSH_CHANGED;
    }
    s->lanes[lane].stored_none = !s->automatic;
    return PUSH_SETUP;
}

static enum push_reading read_answer(void *driver, unsigned lane, const struct http_answer *answer,
                                     size_t rows, size_t *refused)
{
    struct prometheus *s = driver;
    struct lane_state *l = &s->lanes[lane];
    if (l->version == REMOTE_WRITE_2 && knows_no_2(s, answer))
        return fall_back(s, lane);
    if (l->version == REMOTE_WRITE_2 && answer->has_header)
        atomic_store(&s->confirmed, true);
    const enum push_reading reading = read_text(answer);
    if (reading != PUSH_BY_STATUS || l->version == REMOTE_WRITE_1 || !answer->has_header)
        return reading;
    const size_t written = answer->header > 0 ? (size_t)answer->header : 0;
    const bool partly = answer->status == 400 && written > 0;
    if (!(partly || answer->verdict == HTTP_DONE) || written >= l->samples)
        return PUSH_BY_STATUS;
    *refused = rows_of(l->samples - written, l->samples, rows);
    return PUSH_PARTLY;
}

static const struct push_protocol protocol = {.body = body, .read = read_answer};

/* ---- opening ---- */

static bool empty(const char *text)
{
    return !text || !*text;
}

/* True if a line of the configured headers is one that the protocol itself sends. */
static bool has_reserved(const char *headers)
{
    static const char *const reserved[] = {
        "Content-Encoding:", "Content-Type:", "X-Prometheus-Remote-Write-Version:"};
    for (const char *line = headers; *line; line += strcspn(line, "\n"), line += *line == '\n')
        for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
            if (strncasecmp(line, reserved[i], strlen(reserved[i])) == 0)
                return true;
    return false;
}

static const char *schema_name(const struct store_options *o)
{
    return empty(o->schema) ? "vstrata" : o->schema;
}

/* "" or what is wrong. */
static const char *wrong(const struct store_options *o)
{
    const char *version = empty(o->version) ? "auto" : o->version;
    if (empty(o->url))
        return "url is missing: the whole address, such as http://127.0.0.1:9090/api/v1/write";
    if (strcmp(version, "auto") != 0 && strcmp(version, "1.0") != 0 && strcmp(version, "2.0") != 0)
        return "version must be auto, 1.0 or 2.0";
    if (!schema_find(schema_name(o)))
        return "there is no such schema";
    if (o->headers && has_reserved(o->headers))
        return "headers: Content-Encoding, Content-Type and X-Prometheus-Remote-Write-Version "
               "belong to the protocol";
    return "";
}

static int open_push(struct prometheus *s, const struct store_options *o, struct store_error *err)
{
    const enum remote_write_version version = (enum remote_write_version)atomic_load(&s->version);
    struct buf headers;
    buf_init(&headers, 64 << 10);
    make_headers(&headers, version, s->headers);
    const struct push_options options = {
        .store = o,
        .protocol = &protocol,
        .driver = s,
        .url = s->url,
        .http = {.content_type = versions[version].content_type,
                 .headers = headers.data,
                 .answer_header = "X-Prometheus-Remote-Write-Samples-Written"},
    };
    snprintf(err->message, sizeof err->message, "the headers are too long");
    const int rc = buf_ok(&headers) ? push_open(&options, &s->push, err) : -1;
    buf_free(&headers);
    return rc;
}

/* Compressed it must fit into a request whatever it holds: snappy may add a sixth. */
static size_t raw_limit(const struct store_options *o)
{
    const size_t most = (size_t)(CAP_STORE_BODY - 64) / 7 * 6;
    return o->batch_bytes > 0 && (size_t)o->batch_bytes < most ? (size_t)o->batch_bytes : most;
}

static bool open_lanes(struct prometheus *s, const struct store_options *o)
{
    const int64_t lanes = o->shards > 0 ? o->shards : 1;
    for (; s->nlanes < CAP_STORE_LANES && s->nlanes < lanes; s->nlanes++) {
        struct lane_state *l = &s->lanes[s->nlanes];
        l->encoder = remote_write_new(schema_find(schema_name(o)), o->labels);
        if (!l->encoder)
            return false;
        buf_init(&l->raw, raw_limit(o));
        l->version = (enum remote_write_version)atomic_load(&s->version);
    }
    return true;
}

static void prometheus_close(void *store)
{
    struct prometheus *s = store;
    push_close(s->push);
    for (unsigned i = 0; i < s->nlanes; i++) {
        remote_write_free(s->lanes[i].encoder);
        buf_free(&s->lanes[i].raw);
    }
    forget(s, INT64_MAX);
    presence_free(s->presence);
    free(s->url);
    free(s->headers);
    free(s);
}

static int prometheus_open(const struct store_options *o, void **ret, struct store_error *err)
{
    if (*wrong(o)) {
        snprintf(err->message, sizeof err->message, "%s", wrong(o));
        return -1;
    }
    struct prometheus *s = calloc(1, sizeof *s);
    if (!s) {
        snprintf(err->message, sizeof err->message, "out of memory");
        return -1;
    }
    const char *version = empty(o->version) ? "auto" : o->version;
    s->automatic = strcmp(version, "auto") == 0;
    atomic_store(&s->version, strcmp(version, "1.0") == 0 ? REMOTE_WRITE_1 : REMOTE_WRITE_2);
    s->seen_seq = INT64_MIN;
    s->told_at = mono_now();
    s->url = strdup(o->url);
    s->headers = strdup(o->headers ? o->headers : "");
    s->presence = o->stale_after_s > 0 ? presence_new(o->stale_after_s) : NULL;
    if (!s->url || !s->headers || (o->stale_after_s > 0 && !s->presence) || !open_lanes(s, o)) {
        snprintf(err->message, sizeof err->message, "out of memory, or too many labels");
        prometheus_close(s);
        return -1;
    }
    if (open_push(s, o, err) != 0) {
        prometheus_close(s);
        return -1;
    }
    *ret = s;
    return 0;
}

/* ---- a write ---- */

/* Says what to do about a server that is not what it should be. */
static void explain(const struct prometheus *s, struct store_error *err)
{
    char said[200];
    bool stored_none = false;
    for (unsigned i = 0; i < s->nlanes; i++)
        stored_none = stored_none || s->lanes[i].stored_none;
    snprintf(said, sizeof said, "%.190s", err->message);
    if (stored_none)
        snprintf(
            err->message, sizeof err->message,
            "%s: it does not say that it stored anything, so it does not know version 2.0: set "
            "version to auto or 1.0",
            said);
    else if (strncmp(said, "HTTP 404", strlen("HTTP 404")) == 0)
        snprintf(err->message, sizeof err->message,
                 "%s: no remote write at this address; Prometheus takes it at /api/v1/write when "
                 "started with --web.enable-remote-write-receiver",
                 said);
}

/* What a lane found out about the server holds for all. */
static void prepare_lanes(struct prometheus *s)
{
    const enum remote_write_version version = (enum remote_write_version)atomic_load(&s->version);
    const bool tell = mono_between(s->told_at, mono_now()) >= TELL_MS;
    if (tell)
        s->told_at = mono_now();
    for (unsigned i = 0; i < s->nlanes; i++) {
        s->lanes[i].stored_none = false;
        if (s->lanes[i].version != version)
            set_version(s, i, version); /* out of memory: it finds out for itself */
        if (tell)
            remote_write_tell_again(s->lanes[i].encoder);
    }
}

static enum store_outcome prometheus_write(void *store, int64_t seq, const struct row_batch *batch,
                                           int64_t *durable, uint64_t *bytes,
                                           struct store_error *err)
{
    struct prometheus *s = store;
    prepare_lanes(s);
    find_ends(s, seq, batch);
    const enum store_outcome outcome = push_write(s->push, seq, batch, durable, bytes, err);
    s->ends = NULL;
    if (outcome == STORE_DONE)
        forget(s, *durable);
    if (outcome == STORE_BAD_SETUP)
        explain(s, err);
    return outcome;
}

/* An empty message goes through everything a real one goes through and changes nothing. */
static int prometheus_probe(void *store, struct store_error *err)
{
    static const char empty_message[] = {0}; /* snappy's form of no bytes */
    struct prometheus *s = store;
    struct http_answer answer;
    const enum remote_write_version now = s->lanes[0].version;
    const enum remote_write_version version = s->automatic ? REMOTE_WRITE_1 : now;
    if (!set_version(s, 0, version)) {
        snprintf(err->message, sizeof err->message, "out of memory");
        return -1;
    }
    push_ask(s->push, s->url, empty_message, sizeof empty_message, &answer);
    s->lanes[0].stored_none = version == REMOTE_WRITE_2 && knows_no_2(s, &answer);
    snprintf(err->message, sizeof err->message, "%s", answer.message);
    const bool page = answer.text[0] == '<';
    const bool good = answer.verdict == HTTP_DONE && !page && !s->lanes[0].stored_none;
    if (!good)
        explain(s, err);
    s->lanes[0].stored_none = false;
    return set_version(s, 0, now) && good ? 0 : -1;
}

const struct store_ops store_prometheus = {
    .type = "prometheus",
    .open = prometheus_open,
    .probe = prometheus_probe,
    .write = prometheus_write,
    .flush = push_store_flush,
    .close = prometheus_close,
    .cancel = push_store_cancel,
};
