/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * /api/v1/hosts: the newest row of every host, by vCenter and name:
 *     {"total": 12, "matched": 1, "hosts": [{"vcenter": "prod", "name": "esx01", "moid": "host-9",
 *      "time": ..., "state": "ok", "host.usage": 0.42, "host.power_policy": 2, ...,
 *      "status": {"status": "ok", "reason": "ok"}}]}
 * A value that is not known is not there. Its points over time are those of
 * /api/v1/vms/{vcenter}/{moid}/series; what runs on it, /api/v1/vms?vcenter=...&host=...
 */
#include <stdlib.h>
#include <string.h>

#include "base/caps.h"
#include "web/answer.h"
#include "web/server.h"
#include "web/vm_json.h"

static void put_status(struct buf *out, int64_t code)
{
    const struct reason_info *reason = reason_info(code);
    answer_open(out, "status", '{');
    answer_text(out, "status", status_name(reason->status));
    answer_text(out, "reason", reason->text);
    answer_close(out, '}');
}

static const char *host_state(const struct host_line *host)
{
    const int status = Q_HOST_STATUS - Q_HOST_CORE_UTILIZATION;
    if (host->row.stale)
        return "stale";
    if (!(host->values.known & UINT64_C(1) << status))
        return status_name(STATUS_UNAVAILABLE);
    return status_name(reason_info(host->values.ticks[status])->status);
}

static void put_host(struct buf *out, const struct snapshot *seen, const struct host_line *host)
{
    answer_open(out, NULL, '{');
    row_json(out, seen, &host->row, LABEL_HOST);
    answer_text(out, "state", host_state(host));
    for (int i = 0; i < HOST_VALUES; i++) {
        const struct quantity_info *info =
            quantity_info((enum quantity)(Q_HOST_CORE_UTILIZATION + i));
        if (!(host->values.known & UINT64_C(1) << i))
            continue;
        if (info->kind == KIND_STATUS) {
            put_status(out, host->values.ticks[i]);
            continue;
        }
        answer_name(out, info->name);
        quantity_write(out, info, host->values.ticks[i]);
    }
    answer_close(out, '}');
}

static int compare(const void *left, const void *right)
{
    const struct host_line *a = *(const struct host_line *const *)left;
    const struct host_line *b = *(const struct host_line *const *)right;
    int order = strcmp(a->row.label[LABEL_VCENTER], b->row.label[LABEL_VCENTER]);
    if (!order)
        order = strcasecmp(a->row.label[LABEL_HOST], b->row.label[LABEL_HOST]);
    return order ? order : strcmp(a->row.label[LABEL_MOID], b->row.label[LABEL_MOID]);
}

/* The hosts that were asked for, in order; NULL with the reply filled when out of memory. */
static const struct host_line **chosen(const struct request *request, const struct snapshot *seen,
                                       size_t *ret_total, size_t *ret_n, struct reply *reply)
{
    const struct host_line *all = snapshot_hosts(seen, ret_total);
    const char *vcenter = request_param(request, "vcenter", NULL);
    const char *name = request_param(request, "name", NULL);
    const struct host_line **hosts = calloc(*ret_total + 1, sizeof *hosts);
    if (!hosts) {
        reply_error(reply, MHD_HTTP_SERVICE_UNAVAILABLE, "out of memory");
        return NULL;
    }
    *ret_n = 0;
    for (size_t i = 0; i < *ret_total; i++)
        if ((!vcenter || strcmp(all[i].row.label[LABEL_VCENTER], vcenter) == 0) &&
            (!name || strcmp(all[i].row.label[LABEL_HOST], name) == 0))
            hosts[(*ret_n)++] = &all[i];
    qsort(hosts, *ret_n, sizeof *hosts, compare);
    return hosts;
}

void api_hosts(const struct request *request, struct reply *reply)
{
    struct snapshot *seen = web_newest(request->web, reply);
    int64_t limit, offset;
    size_t total, n;
    if (!seen || !request_int(request, "limit", CAP_QUERY_ROWS, 1, CAP_QUERY_ROWS, &limit, reply) ||
        !request_int(request, "offset", 0, 0, CAP_OBJECTS, &offset, reply))
        return;
    const struct host_line **hosts = chosen(request, seen, &total, &n, reply);
    if (!hosts)
        return;
    struct buf *out = &reply->body;
    answer_open(out, NULL, '{');
    answer_int(out, "total", (int64_t)total);
    answer_int(out, "matched", (int64_t)n);
    answer_int(out, "offset", offset);
    answer_int(out, "limit", limit);
    answer_open(out, "hosts", '[');
    for (int64_t i = offset; i < offset + limit && i < (int64_t)n; i++)
        put_host(out, seen, hosts[i]);
    answer_close(out, ']');
    answer_close(out, '}');
    free((void *)hosts);
}
