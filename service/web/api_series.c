/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * /api/v1/vms/{vcenter}/{moid}/series: points over time. All series of an answer share one list of
 * times; a time without a value of a series is null in it, and a time without any row is missing
 * from the list, so that a gap stays a gap. With a step, a value stands at the end of its step and
 * says how it was made of how many samples:
 *
 *     times     [          t1,                     t2 ]
 *     samples   [           6,                      5 ]
 *     step      (t1-step .. t1]         (t2-step .. t2]
 */
#include <stdlib.h>
#include <string.h>

#include "base/caps.h"
#include "web/answer.h"
#include "web/server.h"

enum { QUANTITIES = 128 };
static const int64_t hour_ms = INT64_C(3600) * 1000;
static const int64_t span_ms = INT64_C(366) * 24 * 3600 * 1000;

struct series_query {
    size_t nquantities;
    const struct quantity_info *quantities[QUANTITIES];
    enum form form;
    enum instance_kind instances; /* of FORM_INSTANCE */
    struct server_time from, to;
    int64_t step_ms; /* 0 = every sample as it is */
};

struct series {
    const struct quantity_info *info;
    unsigned instance;
    bool sum; /* ticks are the sum of a step's samples, to be divided by their number */
    size_t n;
    struct embedded_point *points;
    uint32_t *samples; /* per point; NULL without a step */
};

struct series_set {
    const struct series_query *query;
    const struct entity *entity;
    size_t n, room;
    struct series *series;
    size_t npoints;
    size_t ntimes;
    int64_t *times; /* of any of the series, ascending */
};

static void set_free(struct series_set *set)
{
    for (size_t i = 0; i < set->n; i++) {
        free(set->series[i].points);
        free(set->series[i].samples);
    }
    free(set->series);
    free(set->times);
}

/* ---- the query ---- */

/* "total", "worst", "spread", or the word of an instance. */
static const char *form_word(enum form form, enum instance_kind instances)
{
    static const char *const words[FORM_COUNT] = {"total", "worst", "spread", NULL};
    return form == FORM_INSTANCE ? instance_word(instances) : words[form];
}

static bool form_allowed(const struct quantity_info *info, const struct series_query *query,
                         struct reply *reply)
{
    if (info->forms & 1u << query->form &&
        (query->form != FORM_INSTANCE || quantity_instances(info) == query->instances))
        return true;
    struct buf names;
    buf_init(&names, 64);
    for (int i = 0; i < FORM_COUNT; i++)
        if (info->forms & 1u << i)
            buf_printf(&names, "%s%s", names.len ? ", " : "", form_name(info, (enum form)i));
    reply_error(reply, MHD_HTTP_BAD_REQUEST, "%s has no form \"%s\"; allowed: %s", info->name,
                form_word(query->form, query->instances), names.data ? names.data : "");
    buf_free(&names);
    return false;
}

static bool read_form(const struct request *request, struct series_query *query,
                      struct reply *reply)
{
    const char *name = request_param(request, "form", "total");
    for (enum form form = FORM_TOTAL; form < FORM_INSTANCE; form++)
        if (strcmp(name, form_word(form, INSTANCE_NONE)) == 0) {
            query->form = form;
            return true;
        }
    query->form = FORM_INSTANCE;
    for (enum instance_kind kind = INSTANCE_VCPU; kind < INSTANCE_KINDS; kind++)
        if (strcmp(name, instance_word(kind)) == 0) {
            query->instances = kind;
            return true;
        }
    reply_error(reply, MHD_HTTP_BAD_REQUEST,
                "form=%.60s: not allowed; allowed: total, worst, spread, vcpu, vdisk, vnic, app",
                name);
    return false;
}

static bool add_quantity(struct series_query *query, const char *name, struct reply *reply)
{
    const struct quantity_info *info = quantity_find(name);
    if (!info)
        reply_error(reply, MHD_HTTP_BAD_REQUEST,
                    "no quantity \"%.60s\"; allowed: those of /api/v1/quantities", name);
    else if (query->nquantities == QUANTITIES)
        reply_error(reply, MHD_HTTP_BAD_REQUEST, "too many quantities; allowed: %d", QUANTITIES);
    else if (form_allowed(info, query, reply)) {
        query->quantities[query->nquantities++] = info;
        return true;
    }
    return false;
}

/* Without a list: the parts of every resource, which add up within a resource and unit. */
static void all_parts(struct series_query *query)
{
    for (size_t i = 0; i < quantity_count() && query->nquantities < QUANTITIES; i++) {
        const struct quantity_info *info = quantity_at(i);
        if (info->kind == KIND_PART && quantity_scope(info) == SCOPE_VM &&
            info->forms & 1u << query->form &&
            (query->form != FORM_INSTANCE || quantity_instances(info) == query->instances))
            query->quantities[query->nquantities++] = info;
    }
}

static bool read_quantities(const struct request *request, struct series_query *query,
                            struct reply *reply)
{
    const char *list = request_param(request, "quantities", NULL);
    if (!list) {
        all_parts(query);
        return true;
    }
    char name[64];
    for (const char *at = list; *at; at += *at == ',') {
        size_t n = strcspn(at, ",");
        size_t kept = n < sizeof name ? n : sizeof name - 1;
        memcpy(name, at, kept);
        name[kept] = '\0';
        at += n;
        if (!add_quantity(query, name, reply))
            return false;
    }
    return true;
}

static bool read_query(const struct request *request, struct server_time newest,
                       struct series_query *query, struct reply *reply)
{
    *query = (struct series_query){0};
    if (!read_form(request, query, reply) || !read_quantities(request, query, reply) ||
        !request_time(request, "from", &query->from, reply) ||
        !request_time(request, "to", &query->to, reply) ||
        !request_int(request, "step", 0, 0, 24 * hour_ms, &query->step_ms, reply))
        return false;
    if (!query->to.ms)
        query->to = newest;
    if (!query->from.ms)
        query->from.ms = query->to.ms - hour_ms;
    if (query->to.ms > query->from.ms && query->to.ms - query->from.ms <= span_ms)
        return true;
    reply_error(reply, MHD_HTTP_BAD_REQUEST,
                "from=%lld to=%lld: allowed: from before to, and at "
                "most 366 days",
                (long long)query->from.ms, (long long)query->to.ms);
    return false;
}

/* ---- the points ---- */

/* How samples of a step become one: what has a total is averaged; the largest and codes, where
 * averaging would invent a value, keep the largest. */
static bool is_mean(const struct quantity_info *info, enum form form)
{
    const bool number_of_things = info->unit == UNIT_COUNT && info->scale == 1;
    return (form == FORM_TOTAL || form == FORM_INSTANCE) && !number_of_things &&
           info->unit != UNIT_CODE;
}

static int aggregate(struct series *series, int64_t step_ms)
{
    series->samples = calloc(series->n + 1, sizeof *series->samples);
    if (!series->samples)
        return -1;
    size_t n = 0;
    for (size_t i = 0; i < series->n; i++) {
        struct embedded_point point = series->points[i];
        point.time.ms = (point.time.ms + step_ms - 1) / step_ms * step_ms;
        struct embedded_point *last = n ? &series->points[n - 1] : NULL;
        if (!last || last->time.ms != point.time.ms)
            series->points[n++] = point;
        else if (series->sum)
            last->ticks += point.ticks;
        else if (point.ticks > last->ticks)
            last->ticks = point.ticks;
        series->samples[n - 1]++;
    }
    series->n = n;
    return 0;
}

/* Merges a series' times into the list. Most often they are already in it. */
static int merge_times(struct series_set *set, const struct series *series)
{
    int64_t *merged = calloc(set->ntimes + series->n + 1, sizeof *merged);
    if (!merged)
        return -1;
    size_t n = 0, a = 0, b = 0;
    while (a < set->ntimes || b < series->n) {
        bool have_a = a < set->ntimes, have_b = b < series->n;
        int64_t at_a = have_a ? set->times[a] : INT64_MAX;
        int64_t at_b = have_b ? series->points[b].time.ms : INT64_MAX;
        merged[n++] = at_a < at_b ? at_a : at_b;
        a += at_a <= at_b;
        b += at_b <= at_a;
    }
    free(set->times);
    set->times = merged;
    set->ntimes = n;
    return 0;
}

static struct series *set_grow(struct series_set *set)
{
    if (set->n == set->room) {
        size_t room = set->room ? set->room * 2 : 16;
        struct series *series = realloc(set->series, room * sizeof *series);
        if (!series)
            return NULL;
        set->series = series;
        set->room = room;
    }
    set->series[set->n] = (struct series){0};
    return &set->series[set->n++];
}

static bool too_many(struct reply *reply)
{
    reply_error(reply, MHD_HTTP_CONTENT_TOO_LARGE,
                "more than %d points or %d series; ask for fewer quantities, a shorter time or a "
                "larger step",
                CAP_QUERY_POINTS, CAP_QUERY_SERIES);
    return false;
}

static bool no_memory(struct reply *reply)
{
    reply_error(reply, MHD_HTTP_SERVICE_UNAVAILABLE, "out of memory");
    return false;
}

/* Reads one series into the set; one without points keeps its place, so that an answer has what was
 * asked for. */
static bool set_add(struct web *web, struct series_set *set, const struct embedded_key *key,
                    struct reply *reply)
{
    const struct series_query *query = set->query;
    struct store_error err = {.message = ""};
    if (set->n == CAP_QUERY_SERIES)
        return too_many(reply);
    struct series *series = set_grow(set);
    if (!series)
        return no_memory(reply);
    series->info = quantity_info(key->quantity);
    series->instance = key->instance;
    series->sum = query->step_ms && is_mean(series->info, query->form);
    if (embedded_query(web->embedded, key, query->from, query->to, &series->points, &series->n,
                       &err) != 0) {
        web_store_failed(web, &err, reply);
        return false;
    }
    if (query->step_ms && aggregate(series, query->step_ms) != 0)
        return no_memory(reply);
    set->npoints += series->n;
    if (set->npoints > CAP_QUERY_POINTS)
        return too_many(reply);
    return merge_times(set, series) == 0 ? true : no_memory(reply);
}

/* The largest number of vCPUs the VM had in the time asked for. */
static unsigned vcpus(struct web *web, struct embedded_key key, const struct series_query *query)
{
    struct store_error err = {.message = ""};
    struct embedded_point *points = NULL;
    size_t n = 0;
    int64_t most = 0;
    key.quantity = Q_CPU_COUNT;
    key.form = FORM_TOTAL;
    key.instance = 0;
    if (embedded_query(web->embedded, &key, query->from, query->to, &points, &n, &err) != 0)
        return 0; /* the queries that follow say so */
    for (size_t i = 0; i < n; i++)
        if (points[i].ticks > most)
            most = points[i].ticks;
    free(points);
    double count = quantity_value(quantity_info(Q_CPU_COUNT), most);
    return count < CAP_VCPUS ? (unsigned)count : CAP_VCPUS;
}

static bool add_vcpus(struct web *web, struct series_set *set, struct embedded_key key,
                      struct reply *reply)
{
    const unsigned n = vcpus(web, key, set->query);
    for (key.instance = 0; key.instance < n; key.instance++)
        if (!set_add(web, set, &key, reply))
            return false;
    return true;
}

/* Disks, vNICs and application values: those that the newest row has. */
static bool add_instances(struct web *web, struct series_set *set, struct embedded_key key,
                          const struct layer_value *values, size_t n, struct reply *reply)
{
    for (size_t i = 0; i < n; i++) {
        if (values[i].quantity != key.quantity || values[i].form != FORM_INSTANCE)
            continue;
        key.instance = values[i].instance;
        if (!set_add(web, set, &key, reply))
            return false;
    }
    return true;
}

static bool set_fill(struct web *web, struct series_set *set, struct embedded_key key,
                     const struct row_batch *newest, struct reply *reply)
{
    const struct series_query *query = set->query;
    const struct layer_row *row = &newest->rows[0];
    bool ok = true;
    for (size_t q = 0; ok && q < query->nquantities; q++) {
        key.quantity = query->quantities[q]->id;
        key.form = query->form;
        key.instance = 0;
        if (query->form != FORM_INSTANCE)
            ok = set_add(web, set, &key, reply);
        else if (query->instances == INSTANCE_VCPU)
            ok = add_vcpus(web, set, key, reply);
        else
            ok = add_instances(web, set, key, newest->values + row->first, row->count, reply);
    }
    return ok;
}

/* ---- the answer ---- */

static void write_value(struct buf *out, const struct series *series, size_t i)
{
    const int64_t ticks = series->points[i].ticks;
    double mean = series->sum ? quantity_value(series->info, ticks) / series->samples[i] : 0;
    answer_name(out, NULL);
    if (!series->sum)
        quantity_write(out, series->info, ticks);
    else if (unit_is_large(series->info->unit))
        buf_printf(out, "%.0f", mean);
    else
        buf_printf(out, "%.6g", mean);
}

/* The series' values at the times of the answer, null where it has none. */
static void write_values(struct buf *out, const struct series_set *set, const struct series *series)
{
    size_t at = 0;
    answer_open(out, "values", '[');
    for (size_t t = 0; t < set->ntimes; t++)
        if (at < series->n && series->points[at].time.ms == set->times[t])
            write_value(out, series, at++);
        else
            answer_null(out, NULL);
    answer_close(out, ']');
}

static void write_samples(struct buf *out, const struct series_set *set,
                          const struct series *series)
{
    size_t at = 0;
    answer_open(out, "samples", '[');
    for (size_t t = 0; t < set->ntimes; t++) {
        bool there = at < series->n && series->points[at].time.ms == set->times[t];
        answer_int(out, NULL, there ? series->samples[at] : 0);
        at += there;
    }
    answer_close(out, ']');
}

static void write_text(struct buf *out, const char *name, const char *text, size_t n)
{
    struct buf copy;
    buf_init(&copy, CAP_DEVICE_NAMES);
    buf_add(&copy, text, n);
    buf_char(&copy, '\0');
    answer_text(out, name, buf_ok(&copy) ? copy.data : "");
    buf_free(&copy);
}

/* "vcpu":0, or "vdisk":"scsi0:0","name":"Hard disk 1","backing":"datastore1" */
static void write_instance(struct buf *out, const struct series_set *set,
                           const struct series *series)
{
    const enum instance_kind kind = set->query->instances;
    const char *name, *backing;
    size_t name_n, backing_n;
    struct buf text;
    if (kind == INSTANCE_VCPU) {
        answer_int(out, instance_word(kind), series->instance);
        return;
    }
    buf_init(&text, CAP_DEVICE_NAMES);
    instance_write(&text, kind, (uint16_t)series->instance, set->entity);
    write_text(out, instance_word(kind), text.data ? text.data : "", text.len);
    buf_free(&text);
    if (kind == INSTANCE_APP || !instance_name(set->entity, kind, (uint16_t)series->instance, &name,
                                               &name_n, &backing, &backing_n))
        return;
    write_text(out, "name", name, name_n);
    write_text(out, "backing", backing, backing_n);
}

static void write_series(struct buf *out, const struct series_set *set, const struct series *series)
{
    answer_open(out, NULL, '{');
    answer_text(out, "quantity", series->info->name);
    answer_text(out, "unit", unit_name(series->info->unit));
    if (set->query->form == FORM_INSTANCE)
        write_instance(out, set, series);
    write_values(out, set, series);
    if (set->query->step_ms) {
        answer_text(out, "aggregation", series->sum ? "mean" : "max");
        write_samples(out, set, series);
    }
    answer_close(out, '}');
}

static void write_answer(struct buf *out, const struct series_set *set, const struct layer_row *row)
{
    const struct series_query *query = set->query;
    answer_open(out, NULL, '{');
    answer_text(out, "vcenter", row->entity->label[LABEL_VCENTER]);
    answer_text(out, "moid", row->entity->label[LABEL_MOID]);
    answer_text(out, "form", form_word(query->form, query->instances));
    answer_int(out, "from", query->from.ms);
    answer_int(out, "to", query->to.ms);
    answer_int(out, "interval", row->interval_s);
    answer_int(out, "step", query->step_ms);
    if (query->step_ms)
        answer_text(out, "aggregated",
                    "a value stands at the end of its step and covers (time - step, time]; it is "
                    "the mean or the largest of its samples, as each series says");
    answer_open(out, "times", '[');
    for (size_t i = 0; i < set->ntimes; i++)
        answer_int(out, NULL, set->times[i]);
    answer_close(out, ']');
    answer_open(out, "series", '[');
    for (size_t i = 0; i < set->n; i++)
        write_series(out, set, &set->series[i]);
    answer_close(out, ']');
    answer_close(out, '}');
}

/* The newest row of the VM's vCenter: an hour back from there shows when a VM went silent. */
static struct server_time newest_of(struct web *web, const struct layer_row *row)
{
    struct store_error err = {.message = ""};
    struct server_time newest = row->time;
    if (snapshot_renew(web->seen, web->embedded, &err) == 0) {
        const struct snapshot_vcenter *vcenter =
            snapshot_vcenter(web->seen, row->entity->label[LABEL_VCENTER]);
        if (vcenter && vcenter->newest.ms > newest.ms)
            newest = vcenter->newest;
    }
    return newest;
}

void api_series(const struct request *request, const char *vcenter, const char *moid,
                struct reply *reply)
{
    struct row_batch batch;
    struct series_query query;
    if (!web_row(request->web, vcenter, moid, &batch, reply))
        return;
    const struct layer_row *row = &batch.rows[0];
    struct series_set set = {.query = &query, .entity = row->entity};
    struct embedded_key key = {.vcenter_uuid = row->entity->vcenter_uuid,
                               .moid = row->entity->label[LABEL_MOID]};
    if (read_query(request, newest_of(request->web, row), &query, reply) &&
        set_fill(request->web, &set, key, &batch, reply))
        write_answer(&reply->body, &set, row);
    set_free(&set);
    row_batch_free(&batch);
}
