/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * OTLP/HTTP, binary protobuf. The protocol's own words on answers: of failures only 429, 502, 503
 * and 504 may be sent again, everything else was refused for good; and what a partial success did
 * not take must not be sent again, not even in parts. A 500 is such a refusal here, unlike in other
 * protocols. Points come twice if a batch is repeated because another of its requests failed.
 */
#include "stores/otlp.h"

#include <stdio.h>
#include <stdlib.h>

#include "formats/otlp.h"
#include "formats/schema.h"
#include "stores/push.h"

struct otlp_store {
    struct push *push; /* first, for push_store_write() */
    const char *url;
    struct otlp *encoder; /* of the one lane */
};

static void body(void *driver, unsigned lane, const struct row_batch *batch, size_t first,
                 size_t last, struct buf *out)
{
    (void)lane;
    otlp_write(((struct otlp_store *)driver)->encoder, batch, first, last, out);
}

/* A row has many points, and the server counts those. */
static enum push_reading read_answer(void *driver, unsigned lane, const struct http_answer *answer,
                                     size_t rows, size_t *refused)
{
    uint64_t points = 0;
    (void)driver, (void)lane;
    switch (answer->verdict) {
    case HTTP_DONE:
        break;
    case HTTP_AGAIN:
    case HTTP_AGAIN_SOME:
        if (answer->status == 429 || (answer->status >= 502 && answer->status <= 504))
            return PUSH_BY_STATUS;
        return PUSH_REFUSED;
    default:
        return PUSH_BY_STATUS;
    }
    if (answer->text[0] == '<') /* a web page: no receiver */
        return PUSH_SETUP;
    if (!otlp_rejected(answer->text, answer->text_n, &points) || points == 0)
        return PUSH_TAKEN;
    *refused = points < rows ? (size_t)points : rows;
    return PUSH_PARTLY;
}

static void close_store(void *store)
{
    struct otlp_store *s = store;
    push_close(s->push);
    otlp_free(s->encoder);
    free(s);
}

static int open_push(struct otlp_store *s, const struct store_options *o, struct store_error *err)
{
    static const struct push_protocol protocol = {
        .body = body, .read = read_answer, .partly_is_final = true};
    const struct push_options options = {
        .store = o,
        .protocol = &protocol,
        .driver = s,
        .url = o->url,
        .http = {.content_type = "application/x-protobuf", .gzip = o->gzip},
    };
    return push_open(&options, &s->push, err);
}

static int open_store(const struct store_options *o, void **ret, struct store_error *err)
{
    const struct schema *schema = schema_find(*o->schema ? o->schema : "vstrata");
    struct otlp_store *s = calloc(1, sizeof *s);
    const bool ok = s && schema && *o->url && (s->encoder = otlp_new(schema, o->labels));
    snprintf(err->message, sizeof err->message, "%s",
             !*o->url  ? "url is missing"
             : !schema ? "no such schema"
                       : "out of memory, or too many labels");
    if (ok)
        s->url = o->url;
    if (ok && open_push(s, o, err) == 0) {
        *ret = s;
        return 0;
    }
    if (s)
        close_store(s);
    return -1;
}

/* A request with nothing in it. */
static int probe(void *store, struct store_error *err)
{
    struct otlp_store *s = store;
    struct http_answer answer;
    push_ask(s->push, s->url, "", 0, &answer);
    const bool done = answer.verdict == HTTP_DONE, page = done && answer.text[0] == '<';
    snprintf(err->message, sizeof err->message, "%s%s", answer.message,
             page ? "; a web page, no OTLP receiver: does url end in /v1/metrics?" : "");
    return done && !page ? 0 : -1;
}

const struct store_ops store_otlp = {
    .type = "otlp",
    .open = open_store,
    .probe = probe,
    .write = push_store_write,
    .flush = push_store_flush,
    .close = close_store,
    .cancel = push_store_cancel,
};
