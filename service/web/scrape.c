/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * /metrics: the service's own figures; with ?match= the newest rows, for those who must pull.
 *
 *     match=cpu.* cluster:Prod   selectors as of a store's `include` (filter.h), parted by ';'
 *     shard=2/8                  the second eighth of all entities, always the same ones
 *     timestamps=off             without the time of the sample; then only of vCenters that are
 *                                collected from now, because nobody could tell the rest is old
 *
 * An answer is whole or an error: half an exposition is invalid. What is too much for one scrape is
 * said, with the number of shards that will do.
 */
#include <stdio.h>
#include <string.h>

#include "base/caps.h"
#include "formats/openmetrics.h"
#include "formats/schema.h"
#include "stores/filter.h"
#include "web/server.h"

enum {
    SCRAPE_AGE_MS = 60000, /* who is silent for three intervals has no newest row */
    SHARDS_MAX = 1000,
    LINE_BYTES = 250, /* of a series, about: to say how many shards will do */
};

struct scrape {
    const struct request *request;
    struct reply *reply;
    unsigned shard, shards; /* from 0 */
    bool timestamps;
    char selectors[CAP_QUERY_TEXT + 1]; /* lines; the filter borrows them */
};

/* ---- what is asked ---- */

static bool read_shard(struct scrape *s)
{
    const char *text = request_param(s->request, "shard", "1/1");
    unsigned part, of;
    char more;
    if (sscanf(text, "%4u/%4u%c", &part, &of, &more) != 2 || part < 1 || of < 1 || part > of ||
        of > SHARDS_MAX) {
        reply_error(s->reply, MHD_HTTP_BAD_REQUEST,
                    "shard=%.60s: not allowed; allowed: a part like 2/8, at most of %d", text,
                    SHARDS_MAX);
        return false;
    }
    s->shard = part - 1;
    s->shards = of;
    return true;
}

static bool read_timestamps(struct scrape *s)
{
    const char *text = request_param(s->request, "timestamps", "on");
    s->timestamps = strcmp(text, "on") == 0;
    if (s->timestamps || strcmp(text, "off") == 0)
        return true;
    reply_error(s->reply, MHD_HTTP_BAD_REQUEST, "timestamps=%.60s: not allowed; allowed: on, off",
                text);
    return false;
}

/* A filter as of a store with these selectors; NULL with the reply filled. */
static struct filter *read_match(struct scrape *s)
{
    struct store_error err = {.message = ""};
    struct filter *filter = NULL;
    snprintf(s->selectors, sizeof s->selectors, "%s", request_param(s->request, "match", "*"));
    for (char *at = s->selectors; (at = strchr(at, ';'));)
        *at = '\n';
    const struct store_options like = {
        .include = s->selectors, .exclude = "", .per_vcpu = 1, .schema = schema_vstrata.name};
    if (filter_new(&like, &filter, &err) == 0)
        return filter;
    reply_error(s->reply, MHD_HTTP_BAD_REQUEST, "match=%.300s: %s",
                request_param(s->request, "match", "*"), err.message);
    return NULL;
}

/* ---- the rows ---- */

static bool is_up(const struct scrape *s, const char *vcenter)
{
    const struct metric_set *set;
    for (unsigned i = 0; (set = metrics_at(s->request->web->metrics, METRIC_OF_VCENTER, i)); i++)
        if (strcmp(metric_set_subject(set), vcenter) == 0)
            return metric_get(set, METRIC_UP) == 1;
    return false;
}

static bool is_wanted(const void *ctx, const struct entity *entity)
{
    const struct scrape *s = ctx;
    return entity_hash(entity) % s->shards == s->shard &&
           (s->timestamps || is_up(s, entity->label[LABEL_VCENTER]));
}

static void write_rows(struct scrape *s, const struct row_batch *batch)
{
    size_t values = 0;
    struct series_walk *walk = series_walk_new(&schema_vstrata, "");
    const struct openmetrics_options options = {s->timestamps};
    for (size_t i = 0; i < batch->nrows; i++)
        values += batch->rows[i].count;
    s->reply->type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    const bool written = walk && openmetrics_write(walk, batch, &options, &s->reply->body, NULL);
    series_walk_free(walk);
    if (written)
        return;
    const size_t needed = values / (CAP_PAGE_BYTES / LINE_BYTES) + 1;
    reply_error(s->reply, MHD_HTTP_SERVICE_UNAVAILABLE,
                "%zu series are too many for one scrape; narrow match=, or scrape each of "
                "shard=1/%zu ... %zu/%zu",
                values, s->shards * (needed + 1), s->shards * (needed + 1),
                s->shards * (needed + 1));
}

static void answer_rows(struct scrape *s, struct filter *filter)
{
    struct web *web = s->request->web;
    struct row_batch batch;
    struct store_error err = {.message = ""};
    if (!web_have_store(web, s->reply))
        return;
    row_batch_init(&batch);
    if (embedded_latest_some(web->embedded, SCRAPE_AGE_MS, is_wanted, s, &batch, &err) != 0) {
        web_store_failed(web, &err, s->reply);
    } else if (filter_apply(filter, &batch)) {
        write_rows(s, &batch);
    } else {
        reply_error(s->reply, MHD_HTTP_SERVICE_UNAVAILABLE, "out of memory");
    }
    row_batch_free(&batch);
}

void scrape_metrics(const struct request *request, struct reply *reply)
{
    struct scrape s = {.request = request, .reply = reply};
    if (!request_param(request, "match", NULL)) {
        health_metrics(request, reply);
        return;
    }
    struct filter *filter = read_shard(&s) && read_timestamps(&s) ? read_match(&s) : NULL;
    if (filter)
        answer_rows(&s, filter);
    filter_free(filter);
}
