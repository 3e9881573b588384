/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * A QueryPerf request is text, most of it prepared once per metric set, because gSOAP's serializer
 * would take longer to write it than the whole reply takes to read. For each entity:
 *
 *   <querySpec>
 *     <entity type="VirtualMachine">vm-1</entity>          per entity
 *     <startTime>2021-06-14T15:06:40Z</startTime>
 *     <maxSample>3</maxSample>
 *     <metricId>...</metricId> ...                         prepared, to the end
 *     <intervalId>20</intervalId><format>csv</format>
 *   </querySpec>
 */
#include "vim/query_perf.h"

#include <stdlib.h>
#include <string.h>

#include "base/caps.h"
#include "query_perf_private.h"
#include "session_private.h"
#include "soapStub.h"
#include "text.h"
#include "transport.h"

struct vim_metric_set {
    struct buf metrics; /* what is the same in each querySpec */
    int interval_s;
};

struct vim_query {
    struct call *call;
    struct perf_reader *reader;
    bool taken;
};

/* ---- the request ---- */

static void add_escaped(struct buf *to, const char *text)
{
    static const char special[] = "<>&\"";
    static const char *const written[] = {"&lt;", "&gt;", "&amp;", "&quot;"};
    for (;;) {
        size_t plain = strcspn(text, special);
        buf_add(to, text, plain);
        text += plain;
        if (!*text)
            return;
        buf_str(to, written[strchr(special, *text++) - special]);
    }
}

enum vim_code vim_metric_set_new(const int32_t *ids, size_t n, const char *instance, int interval_s,
                                 struct vim_metric_set **ret, struct vim_error *err)
{
    if (interval_s < 1)
        return vim_fail(err, VIM_USAGE, "a metric set of %zu counters every %d s", n, interval_s);
    struct vim_metric_set *set = calloc(1, sizeof *set);
    if (!set)
        return vim_fail(err, VIM_NOMEM, "metric set: out of memory");
    buf_init(&set->metrics, CAP_REQUEST_BYTES);
    set->interval_s = interval_s;
    enum vim_code code = vim_metric_set_add(set, ids, n, instance, err);
    if (code != VIM_OK)
        vim_metric_set_free(set);
    else
        *ret = set;
    return code;
}

enum vim_code vim_metric_set_add(struct vim_metric_set *set, const int32_t *ids, size_t n,
                                 const char *instance, struct vim_error *err)
{
    if (!n || !instance || !text_clean(instance))
        return vim_fail(err, VIM_USAGE, "a metric set of %zu counters", n);
    struct buf more;
    buf_init(&more, CAP_REQUEST_BYTES);
    for (size_t i = 0; i < n; i++) {
        buf_str(&more, "<metricId><counterId>");
        buf_int(&more, ids[i]);
        buf_str(&more, "</counterId><instance>");
        add_escaped(&more, instance);
        buf_str(&more, "</instance></metricId>");
    }
    if (buf_ok(&more))
        buf_add(&set->metrics, more.data, more.len);
    const bool fits = buf_ok(&more) && buf_ok(&set->metrics);
    buf_free(&more);
    return fits ? VIM_OK
                : vim_fail(err, VIM_TOO_LARGE, "metric set: %zu counters do not fit a request", n);
}

void vim_metric_set_free(struct vim_metric_set *set)
{
    if (!set)
        return;
    buf_free(&set->metrics);
    free(set);
}

static enum vim_code add_ask(const struct vim_ask *ask, const struct vim_metric_set *set,
                             struct buf *to, struct vim_error *err)
{
    char iso[ISO_TEXT];
    if (!ask->type || !ask->moid || !*ask->moid || !text_clean(ask->type) || !text_clean(ask->moid))
        return vim_fail(err, VIM_USAGE, "QueryPerf: an entity without a usable name");
    if (ask->max_samples < 1)
        return vim_fail(err, VIM_USAGE, "QueryPerf: %d samples asked of %s", ask->max_samples,
                        ask->moid);
    buf_str(to, "<querySpec><entity type=\"");
    add_escaped(to, ask->type);
    buf_str(to, "\">");
    add_escaped(to, ask->moid);
    buf_str(to, "</entity>");
    if (ask->after.ms) {
        buf_str(to, "<startTime>");
        buf_str(to, clock_iso(ask->after, iso));
        buf_str(to, "</startTime>");
    }
    buf_str(to, "<maxSample>");
    buf_int(to, ask->max_samples);
    buf_str(to, "</maxSample>");
    buf_add(to, set->metrics.data, set->metrics.len);
    buf_str(to, "<intervalId>");
    buf_int(to, set->interval_s);
    buf_str(to, "</intervalId><format>csv</format></querySpec>");
    return VIM_OK;
}

enum vim_code query_perf_envelope(const char *manager, const struct vim_metric_set *set,
                                  const struct vim_ask *asks, size_t n, struct buf *to,
                                  struct vim_error *err)
{
    buf_str(to, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\">"
                "<soapenv:Body><QueryPerf xmlns=\"urn:vim25\">"
                "<_this type=\"PerformanceManager\">");
    add_escaped(to, manager);
    buf_str(to, "</_this>");
    for (size_t i = 0; i < n; i++) {
        enum vim_code code = add_ask(&asks[i], set, to, err);
        if (code)
            return code;
    }
    buf_str(to, "</QueryPerf></soapenv:Body></soapenv:Envelope>\n");
    if (!buf_ok(to))
        return vim_fail(err, VIM_TOO_LARGE,
                        "QueryPerf: a request for %zu entities is over %d bytes; ask fewer at once",
                        n, CAP_REQUEST_BYTES);
    return VIM_OK;
}

/* ---- the call ---- */

static int on_bytes(void *ctx, const char *bytes, size_t n)
{
    return perf_reader_feed(ctx, bytes, n, NULL) ? -1 : 0;
}

static enum vim_code start(struct vim_client *client, const struct buf *request,
                           struct vim_query *query, struct vim_error *err)
{
    enum vim_code code = perf_reader_new(&query->reader, err);
    if (code)
        return code;
    const struct call_options options = {
        .what = "QueryPerf",
        .body = request->data,
        .len = request->len,
        .on_bytes = on_bytes,
        .ctx = query->reader,
    };
    return call_start(client, &options, &query->call, err);
}

enum vim_code vim_query_start(struct vim_client *client, const struct vim_metric_set *set,
                              const struct vim_ask *asks, size_t n, struct vim_query **ret,
                              struct vim_error *err)
{
    const struct _vim__moref *manager = session_manager(client, MANAGER_PERF);
    if (!n || !manager || !manager->__item)
        return vim_fail(err, VIM_USAGE, "QueryPerf: %s",
                        n ? "no performance manager; log in first" : "no entity to ask");
    struct buf request;
    buf_init(&request, CAP_REQUEST_BYTES);
    struct vim_query *query = NULL;
    enum vim_code code = query_perf_envelope(manager->__item, set, asks, n, &request, err);
    if (code)
        goto out;
    query = calloc(1, sizeof *query);
    code = query ? start(client, &request, query, err)
                 : vim_fail(err, VIM_NOMEM, "QueryPerf: out of memory");
    if (code)
        goto out;
    *ret = query;
    query = NULL;
out:
    vim_query_free(query);
    buf_free(&request);
    return code;
}

bool vim_query_done(const struct vim_query *query)
{
    return call_done(query->call);
}

int64_t vim_query_ms(const struct vim_query *query)
{
    return call_ms(query->call);
}

/* A call that the reader has cut failed for the reader's reason, which it repeats when asked. */
enum vim_code vim_query_take(struct vim_query *query, struct perf_reply **ret,
                             struct vim_error *err)
{
    if (!call_done(query->call) || query->taken)
        return vim_fail(err, VIM_USAGE, "QueryPerf: %s",
                        query->taken ? "the reply was taken before" : "the call is under way");
    enum vim_code code = perf_reader_feed(query->reader, "", 0, err);
    if (!code)
        code = call_result(query->call, NULL, err);
    if (!code)
        code = perf_reader_finish(query->reader, ret, err);
    query->taken = !code;
    return code;
}

void vim_query_free(struct vim_query *query)
{
    if (!query)
        return;
    call_free(query->call); /* first: it feeds the reader */
    perf_reader_free(query->reader);
    free(query);
}
