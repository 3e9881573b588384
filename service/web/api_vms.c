/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * /api/v1/vms: the newest row of every VM, found, sorted and cut to a page;
 * /api/v1/vms/{vcenter}/{moid}: one of them whole (api_explain.c: how it came to be). In a page a
 * VM is
 *     "cpu_count": 4, "usage": {"ratio": 1.2, "percent": 30}, "ready": ..., of CPU time
 *     "mem": {"configured": 8589934592, "granted": {"bytes": 4294967296, "percent": 50}, ...},
 *     "disk": {"iops": 120, "latency": 0.0042, "latency_worst": 0.006, "queue": null, ...},
 *     "net": {"throughput": 1048576, "drop_ratio_transmit": {"ratio": 0, "percent": 0}, ...},
 *     "verdict": {"score": 0.49, "code": 4, "for": 260, "resource": "cpu", "layer": "unmet",
 *                 "scores": {"cpu": {"queue": null, "usage": 0, "overhead": 0, "unmet": 0.49}, ...
 *     "status": {"cpu": {"queue": {"status": ..., "reason": ...}, "usage": ...}, "mem": ...}
 * in bytes, seconds, things per second and ratios; null is not known. Its state is that of the
 * resource asked for (cpu unless given; verdict: of all together). A value is sorted by as its
 * resource and its name, and, as a percent, with _percent behind: sort=unmet_percent,
 * sort=mem_unmet_space_percent, sort=disk_latency_worst, sort=verdict_score.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/caps.h"
#include "formats/json.h"
#include "web/answer.h"
#include "web/server.h"
#include "web/vm_json.h"

enum { PAGE_ROWS = 100, KEY_TEXT = 48 };

/* What rows are sorted by: a label, the time, or a column, as it is or as percent. */
struct sort_key {
    enum { BY_LABEL, BY_TIME, BY_COLUMN } by;
    int index; /* enum entity_label, enum column */
    bool percent;
    bool descending;
};

struct sort_item {
    const struct vm_line *line;
    int rank;         /* 0 fresh and known, 1 stale, 2 not known: the order never changes that */
    double number;    /* BY_TIME, BY_COLUMN */
    double next;      /* among equal numbers */
    const char *text; /* BY_LABEL */
};

struct vms_query {
    struct sort_key key;
    const char *search;
    const char *vcenter, *host; /* whole names, or NULL */
    enum table table;           /* whose state is told */
    const char *state;          /* or NULL */
    int64_t limit, offset;
};

/* "usage", "mem_granted" */
static void column_key(enum column column, char *ret, size_t size)
{
    const struct column_info *info = column_info(column);
    const bool cpu = info->table == TABLE_CPU;
    snprintf(ret, size, "%s%s%s", cpu ? "" : table_name(info->table), cpu ? "" : "_", info->name);
}

/* In the API the name of a VM is "name", as in a row. */
static const char *label_key(int label)
{
    return label == LABEL_VM ? "name" : entity_label_name((enum entity_label)label);
}

static bool find_key(const char *name, struct sort_key *key)
{
    static const char suffix[] = "_percent";
    char own[KEY_TEXT];
    for (int i = 0; i < COLUMN_COUNT; i++) {
        column_key((enum column)i, own, sizeof own);
        size_t n = strlen(own);
        bool plain = strcmp(name, own) == 0;
        bool percent = column_info((enum column)i)->whole != WHOLE_NONE &&
                       strncmp(name, own, n) == 0 && strcmp(name + n, suffix) == 0;
        if (!plain && !percent)
            continue;
        *key = (struct sort_key){.by = BY_COLUMN, .index = i, .percent = percent};
        return true;
    }
    for (int i = 0; i < LABEL_TAGS; i++)
        if (strcmp(name, label_key(i)) == 0) {
            *key = (struct sort_key){.by = BY_LABEL, .index = i};
            return true;
        }
    *key = (struct sort_key){.by = BY_TIME};
    return strcmp(name, "time") == 0;
}

/* "cpu_count, usage, usage_percent, ..., name, ..., time", for people. */
static void key_names(struct buf *out)
{
    char own[KEY_TEXT];
    for (int i = 0; i < COLUMN_COUNT; i++) {
        column_key((enum column)i, own, sizeof own);
        buf_printf(out, "%s, ", own);
        if (column_info((enum column)i)->whole != WHOLE_NONE)
            buf_printf(out, "%s_percent, ", own);
    }
    for (int i = 0; i < LABEL_TAGS; i++)
        buf_printf(out, "%s, ", label_key(i));
    buf_str(out, "time");
}

static bool one_of(const struct request *request, const char *name, const char *const words[],
                   const char *allowed, struct reply *reply)
{
    const char *value = request_param(request, name, NULL);
    for (int i = 0; value && words[i]; i++)
        if (strcmp(words[i], value) == 0)
            return true;
    if (value)
        reply_error(reply, MHD_HTTP_BAD_REQUEST, "%s=%.60s: not allowed; allowed: %s", name, value,
                    allowed);
    return !value;
}

static bool read_order(const struct request *request, struct vms_query *query, struct reply *reply)
{
    static const char *const orders[] = {"asc", "desc", NULL};
    static const char *const hurts[TABLE_COUNT] = {[TABLE_CPU] = "unmet",
                                                   [TABLE_MEM] = "mem_contention",
                                                   [TABLE_DISK] = "disk_latency",
                                                   [TABLE_NET] = "net_drop_ratio_transmit",
                                                   [TABLE_VERDICT] = "verdict_score"};
    const char *sort = request_param(request, "sort", hurts[query->table]);
    if (!find_key(sort, &query->key)) {
        struct buf names;
        buf_init(&names, 4096);
        key_names(&names);
        reply_error(reply, MHD_HTTP_BAD_REQUEST, "sort=%.60s: not allowed; allowed: %s", sort,
                    names.data ? names.data : "");
        buf_free(&names);
        return false;
    }
    if (!one_of(request, "order", orders, "asc, desc", reply))
        return false;
    /* Numbers are looked at from the top, names from A. */
    const char *order = request_param(request, "order", query->key.by == BY_LABEL ? "asc" : "desc");
    query->key.descending = strcmp(order, "desc") == 0;
    return true;
}

static bool read_table(const struct request *request, enum table *ret, struct reply *reply)
{
    const char *name = request_param(request, "resource", table_name(TABLE_CPU));
    for (*ret = TABLE_CPU; *ret < TABLE_COUNT; (*ret)++)
        if (strcmp(name, table_name(*ret)) == 0)
            return true;
    reply_error(reply, MHD_HTTP_BAD_REQUEST,
                "resource=%.60s: not allowed; allowed: cpu, mem, disk, net, verdict", name);
    return false;
}

static bool read_query(const struct request *request, struct vms_query *query, struct reply *reply)
{
    static const char *const states[] = {"ok", "partial", "unavailable", "stale", NULL};
    query->search = request_param(request, "search", "");
    query->state = request_param(request, "state", NULL);
    query->vcenter = request_param(request, "vcenter", NULL);
    query->host = request_param(request, "host", NULL);
    return read_table(request, &query->table, reply) && read_order(request, query, reply) &&
           one_of(request, "state", states, "ok, partial, unavailable, stale", reply) &&
           request_int(request, "limit", PAGE_ROWS, 1, CAP_QUERY_ROWS, &query->limit, reply) &&
           request_int(request, "offset", 0, 0, CAP_OBJECTS, &query->offset, reply);
}

/* True if each blank-separated word is in some label, upper and lower case alike. */
static bool search_finds(const struct vm_line *line, const char *search)
{
    char word[CAP_NAME + 1];
    for (const char *at = search + strspn(search, " "); *at; at += strspn(at, " ")) {
        size_t n = strcspn(at, " ");
        if (n > CAP_NAME)
            return false;
        memcpy(word, at, n);
        word[n] = '\0';
        at += n;
        bool found = false;
        for (int i = 0; i < LABEL_TAGS && !found; i++)
            found = strcasestr(line->row.label[i], word) != NULL;
        if (!found)
            return false;
    }
    return true;
}

static bool wanted(const struct vm_line *line, const struct vms_query *query)
{
    if (query->state && strcmp(query->state, vm_state(line, query->table)) != 0)
        return false;
    if (query->vcenter && strcmp(query->vcenter, line->row.label[LABEL_VCENTER]) != 0)
        return false;
    if (query->host && strcmp(query->host, line->row.label[LABEL_HOST]) != 0)
        return false;
    return search_finds(line, query->search);
}

/* Among equal numbers: most VMs wait for no memory at all, so of these where most was taken away;
 * of equal scores the one that has hurt for longer. */
static double next_of(const struct vm_line *line, int column)
{
    double next = 0;
    if (column == COLUMN_MEM_CONTENTION)
        vm_percent(line, COLUMN_MEM_UNMET_SPACE, &next);
    if (column == COLUMN_VERDICT_SCORE)
        next = line->value[COLUMN_VERDICT_FOR];
    return next;
}

static struct sort_item item_of(const struct vm_line *line, const struct sort_key *key)
{
    struct sort_item item = {.line = line, .rank = line->row.stale};
    bool known = true;
    if (key->by == BY_LABEL)
        item.text = line->row.label[key->index];
    else if (key->by == BY_TIME)
        item.number = (double)line->row.time.ms;
    else if (key->percent)
        known = vm_percent(line, (enum column)key->index, &item.number);
    else {
        known = vm_knows(line, (enum column)key->index);
        item.number = line->value[key->index];
    }
    if (key->by == BY_COLUMN)
        item.next = next_of(line, key->index);
    if (!known)
        item.rank = 2;
    if (key->by != BY_COLUMN)
        item.rank = 0;
    return item;
}

static int compare(const void *left, const void *right, void *ctx)
{
    const struct sort_item *a = left, *b = right;
    const struct sort_key *key = ctx;
    if (a->rank != b->rank)
        return a->rank - b->rank;
    int order =
        a->text ? strcasecmp(a->text, b->text) : (a->number > b->number) - (a->number < b->number);
    if (!order)
        order = (a->next > b->next) - (a->next < b->next);
    if (order)
        return key->descending ? -order : order;
    /* A total order, so that pages neither repeat nor leave out a VM. */
    order = strcasecmp(a->line->row.label[LABEL_VM], b->line->row.label[LABEL_VM]);
    if (!order)
        order = strcmp(a->line->row.label[LABEL_VCENTER], b->line->row.label[LABEL_VCENTER]);
    return order ? order : strcmp(a->line->row.label[LABEL_MOID], b->line->row.label[LABEL_MOID]);
}

static void write_page(struct buf *out, const struct snapshot *seen, const struct vms_query *query,
                       const struct sort_item *items, size_t n)
{
    size_t total;
    snapshot_lines(seen, &total);
    answer_open(out, NULL, '{');
    answer_int(out, "total", (int64_t)total);
    answer_int(out, "matched", (int64_t)n);
    answer_int(out, "offset", query->offset);
    answer_int(out, "limit", query->limit);
    answer_open(out, "vms", '[');
    for (int64_t i = query->offset; i < query->offset + query->limit && i < (int64_t)n; i++)
        vm_json(out, seen, items[i].line, query->table);
    answer_close(out, ']');
    answer_close(out, '}');
}

void api_vms(const struct request *request, struct reply *reply)
{
    struct vms_query query;
    struct snapshot *seen = web_newest(request->web, reply);
    if (!seen || !read_query(request, &query, reply))
        return;
    size_t nlines, n = 0;
    const struct vm_line *lines = snapshot_lines(seen, &nlines);
    struct sort_item *items = calloc(nlines + 1, sizeof *items);
    if (!items) {
        reply_error(reply, MHD_HTTP_SERVICE_UNAVAILABLE, "out of memory");
        return;
    }
    for (size_t i = 0; i < nlines; i++)
        if (wanted(&lines[i], &query))
            items[n++] = item_of(&lines[i], &query.key);
    qsort_r(items, n, sizeof *items, compare, &query.key);
    write_page(&reply->body, seen, &query, items, n);
    free(items);
}

static void write_vm(const struct request *request, const char *vcenter, const char *moid,
                     struct reply *reply)
{
    struct row_batch batch;
    if (!web_row(request->web, vcenter, moid, &batch, reply))
        return;
    json_row(&reply->body, &batch, &batch.rows[0]);
    row_batch_free(&batch);
}

/* What may stand behind "VCENTER/MOID". */
static const struct part {
    const char *tail;
    bool params; /* the part reads parameters */
    void (*handle)(const struct request *request, const char *vcenter, const char *moid,
                   struct reply *reply);
} parts[] = {
    {"/series", true, api_series}, {"/explain", false, api_explain}, {"", false, write_vm}};

static const struct part *find_part(const char *rest, size_t *ret_n)
{
    const size_t n = strlen(rest);
    const struct part *part = parts;
    for (;; part++) {
        const size_t tail = strlen(part->tail);
        if (n < tail || strcmp(rest + n - tail, part->tail) != 0)
            continue;
        *ret_n = n - tail;
        return part;
    }
}

/* "VCENTER/MOID" or "VCENTER/MOID/series". Read from the right: the name of a vCenter is free text
 * and may hold a '/', a moid cannot. */
void api_vm(const struct request *request, struct reply *reply)
{
    char path[CAP_NAME + CAP_NAME + 2];
    size_t n;
    const struct part *part = find_part(request->rest, &n);
    if (n < sizeof path) {
        memcpy(path, request->rest, n);
        path[n] = '\0';
        char *slash = strrchr(path, '/');
        if (slash && slash != path && slash[1]) {
            *slash = '\0';
            if (!part->params && !request_params_known(request, "", reply))
                return;
            part->handle(request, path, slash + 1, reply);
            return;
        }
    }
    reply_error(reply, MHD_HTTP_NOT_FOUND,
                "no such address; allowed: /api/v1/vms/{vcenter}/{moid}, "
                "/api/v1/vms/{vcenter}/{moid}/series and /api/v1/vms/{vcenter}/{moid}/explain");
}
