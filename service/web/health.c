/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * For supervisors and scrapers: alive, ready, figures.
 */
#include "web/answer.h"
#include "web/server.h"

void health_live(const struct request *request, struct reply *reply)
{
    (void)request;
    reply->type = "text/plain; charset=utf-8";
    buf_str(&reply->body, "ok\n");
}

/* Why a vCenter is not ready yet, or NULL. */
static const char *unready(const struct metric_set *set)
{
    if (metric_get(set, METRIC_UP) != 1)
        return "not logged in and collecting";
    if (metric_get(set, METRIC_CYCLES) <= 0)
        return "no collection cycle has finished yet";
    return NULL;
}

void health_ready(const struct request *request, struct reply *reply)
{
    const struct metric_set *set;
    unsigned i;
    for (i = 0; (set = metrics_at(request->web->metrics, METRIC_OF_VCENTER, i)); i++) {
        const char *why = unready(set);
        if (why) {
            reply_error(reply, MHD_HTTP_SERVICE_UNAVAILABLE, "not ready: vCenter %.100s: %s",
                        metric_set_subject(set), why);
            return;
        }
    }
    if (!i) {
        reply_error(reply, MHD_HTTP_SERVICE_UNAVAILABLE, "not ready: no vCenter has been started");
        return;
    }
    reply->type = "text/plain; charset=utf-8";
    buf_str(&reply->body, "ready\n");
}

void health_metrics(const struct request *request, struct reply *reply)
{
    reply->type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    metrics_write(request->web->metrics, &reply->body);
}
