/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "vim/counters.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "properties.h"
#include "session_private.h"
#include "text.h"
#include "wire.h"

struct vim_counters {
    struct arena arena; /* of the texts */
    size_t n;
    struct vim_counter *rows;           /* by id */
    const struct vim_counter **by_name; /* the same rows */
};

/* ---- the catalogue ---- */

static const char *key_of(const struct _vim__ElementDescription *description)
{
    return description && description->key ? description->key : "";
}

/* Reads one row. A row without id or name is passed over (false): nothing can ask for it. */
static bool read_row(struct vim_counters *counters, const struct _vim__PerfCounterInfo *info,
                     bool *no_memory)
{
    struct vim_counter *row = &counters->rows[counters->n];
    char full[3 * CAP_NAME], name[CAP_NAME + 1], unit[CAP_NAME + 1];
    int64_t id = text_int(info->key, 0, INT32_MAX, -1);
    const char *group = key_of(info->groupInfo), *counter = key_of(info->nameInfo);
    if (id < 0 || !*group || !*counter || !info->rollupType)
        return false;
    snprintf(full, sizeof full, "%.255s.%.255s.%.255s", group, counter, info->rollupType);
    text_label(full, false, name);
    text_label(key_of(info->unitInfo), false, unit);
    *row = (struct vim_counter){
        .id = (int32_t)id,
        .name = arena_text(&counters->arena, name, strlen(name)),
        .unit = arena_text(&counters->arena, unit, strlen(unit)),
        .level = (int32_t)text_int(info->level, 0, INT32_MAX, 0),
        .device_level = (int32_t)text_int(info->perDeviceLevel, 0, INT32_MAX, 0),
    };
    *no_memory = !row->name || !row->unit;
    return !*no_memory;
}

static int compare_ids(const void *a, const void *b)
{
    const struct vim_counter *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

static int compare_names(const void *a, const void *b)
{
    const struct vim_counter *const *x = a, *const *y = b;
    int order = strcmp((*x)->name, (*y)->name);
    return order ? order : compare_ids(*x, *y);
}

static void sort(struct vim_counters *counters)
{
    if (!counters->n)
        return;
    qsort(counters->rows, counters->n, sizeof *counters->rows, compare_ids);
    for (size_t i = 0; i < counters->n; i++)
        counters->by_name[i] = &counters->rows[i];
    qsort(counters->by_name, counters->n, sizeof(struct vim_counter *), compare_names);
}

static enum vim_code read_rows(const struct _vim__counters *list, struct vim_counters **ret,
                               struct vim_error *err)
{
    size_t most = (size_t)list->__sizePerfCounterInfo;
    bool no_memory = false;
    struct vim_counters *counters = calloc(1, sizeof *counters);
    if (counters) {
        counters->rows = calloc(most + 1, sizeof *counters->rows);
        counters->by_name = calloc(most + 1, sizeof(struct vim_counter *));
    }
    no_memory = !counters || !counters->rows || !counters->by_name;
    for (size_t i = 0; i < most && !no_memory; i++)
        if (read_row(counters, &list->PerfCounterInfo[i], &no_memory))
            counters->n++;
    if (no_memory) {
        vim_counters_free(counters);
        return vim_fail(err, VIM_NOMEM, "counters: out of memory");
    }
    sort(counters);
    *ret = counters;
    return VIM_OK;
}

/* The list in the reply, or NULL. */
static const struct _vim__counters *find_list(const struct _vim__counters_result *result)
{
    for (int i = 0; result && i < result->__sizeobjects; i++)
        for (int j = 0; j < result->objects[i].__sizepropSet; j++)
            if (result->objects[i].propSet[j].val)
                return result->objects[i].propSet[j].val;
    return NULL;
}

static enum vim_code take(struct vim_client *client, unsigned epoch,
                          const struct _vim__counters_result *result, struct vim_counters **ret,
                          struct vim_error *err)
{
    const struct _vim__counters *list = find_list(result);
    enum vim_code code = VIM_OK;
    if (list)
        return read_rows(list, ret, err);
    for (int i = 0; result && i < result->__sizeobjects && !code; i++)
        code = properties_missing(client, epoch, result->objects[i].missingSet,
                                  result->objects[i].__sizemissingSet, err);
    return code ? code
                : vim_fail(err, VIM_PROTOCOL,
                           "%s: the server lists no counters; the user may lack System.View",
                           client->options.url);
}

static enum vim_code no_manager(const struct vim_client *client, struct vim_error *err)
{
    return vim_fail(err, VIM_NOT_AUTHENTICATED, "%s: log in first", client->options.url);
}

enum vim_code vim_counters_load(struct vim_client *client, struct vim_counters **ret,
                                struct vim_error *err)
{
    static const char *const paths[] = {"perfCounter"};
    static const struct property_set set = {
        .type = "PerformanceManager", .paths = paths, .npaths = 1};
    unsigned epoch = session_epoch(client);
    struct vim__RetrieveOptions options = {NULL};
    struct vim__RetrievePropertiesExResponse_ reply;
    struct property_request request;
    struct wire wire;
    struct _vim__moref *perf = session_manager(client, MANAGER_PERF);
    if (!perf)
        return no_manager(client, err);
    enum vim_code code = wire_begin(&wire, client, "RetrievePropertiesEx", err);
    if (code)
        return code;
    property_request_init(&request, &set, perf, false);
    code = wire_post(
        &wire,
        soap_send_vim__RetrievePropertiesEx_(
            wire.soap, WIRE, session_manager(client, MANAGER_PROPERTIES), &request.spec, &options),
        err);
    if (!code)
        code = wire_read(&wire, soap_recv_vim__RetrievePropertiesEx_(wire.soap, &reply), err);
    if (!code)
        code = take(client, epoch, reply.returnval, ret, err);
    wire_end(&wire);
    return code;
}

void vim_counters_free(struct vim_counters *counters)
{
    if (!counters)
        return;
    arena_free(&counters->arena);
    free(counters->rows);
    free(counters->by_name);
    free(counters);
}

size_t vim_counters_count(const struct vim_counters *counters)
{
    return counters->n;
}

const struct vim_counter *vim_counters_at(const struct vim_counters *counters, size_t i)
{
    return &counters->rows[i];
}

const struct vim_counter *vim_counters_find(const struct vim_counters *counters, const char *name)
{
    size_t low = 0, high = counters->n;
    while (low < high) { /* the first that is not less: of equal names the lowest id */
        size_t middle = low + (high - low) / 2;
        if (strcmp(counters->by_name[middle]->name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < counters->n && !strcmp(counters->by_name[low]->name, name);
    return found ? counters->by_name[low] : NULL;
}

const struct vim_counter *vim_counters_by_id(const struct vim_counters *counters, int32_t id)
{
    struct vim_counter key = {.id = id};
    if (!counters->n)
        return NULL;
    return bsearch(&key, counters->rows, counters->n, sizeof *counters->rows, compare_ids);
}

/* ---- facts for asking well ---- */

enum vim_code vim_provider_refresh(struct vim_client *client, const char *type, const char *moid,
                                   int *ret, struct vim_error *err)
{
    struct _vim__moref entity = {(char *)type, (char *)moid};
    struct vim__QueryPerfProviderSummaryResponse reply;
    struct wire wire;
    struct _vim__moref *perf = session_manager(client, MANAGER_PERF);
    if (!perf)
        return no_manager(client, err);
    enum vim_code code = wire_begin(&wire, client, "QueryPerfProviderSummary", err);
    if (code)
        return code;
    code = wire_post(&wire, soap_send_vim__QueryPerfProviderSummary(wire.soap, WIRE, perf, &entity),
                     err);
    if (!code)
        code = wire_read(&wire, soap_recv_vim__QueryPerfProviderSummary(wire.soap, &reply), err);
    if (!code) {
        const struct _vim__PerfProviderSummary *summary = reply.returnval;
        const char *current = summary && summary->currentSupported ? summary->currentSupported : "";
        bool has = !strcmp(current, "true") || !strcmp(current, "1");
        *ret = has ? (int)text_int(summary->refreshRate, 0, INT32_MAX, 0) : 0;
    }
    wire_end(&wire);
    return code;
}

static int limit_of(const struct vim__QueryOptionsResponse *reply, const char *name)
{
    for (int i = 0; i < reply->__sizereturnval; i++) {
        const struct _vim__OptionValue *option = &reply->returnval[i];
        if (!option->key || strcmp(option->key, name) != 0 || !option->value)
            continue;
        int64_t value = text_int(option->value->__item, 1, INT32_MAX, -1);
        return (int)value;
    }
    return -1;
}

enum vim_code vim_max_query_metrics(struct vim_client *client, int *ret, struct vim_error *err)
{
    static const char name[] = "config.vpxd.stats.maxQueryMetrics";
    struct vim__QueryOptionsResponse reply;
    struct vim_error own;
    struct wire wire;
    int limit = -1;
    struct _vim__moref *setting = session_manager(client, MANAGER_SETTING);
    if (!setting && !session_manager(client, MANAGER_PERF))
        return no_manager(client, err);
    enum vim_code code =
        setting ? wire_begin(&wire, client, "QueryOptions", err) : VIM_OK; /* not offered */
    if (code)
        return code;
    if (setting) {
        code = wire_post(&wire, soap_send_vim__QueryOptions(wire.soap, WIRE, setting, (char *)name),
                         &own);
        if (!code)
            code = wire_read(&wire, soap_recv_vim__QueryOptions(wire.soap, &reply), &own);
        if (!code)
            limit = limit_of(&reply, name);
        else if (code == VIM_FAULT && !strcmp(own.fault, "InvalidName"))
            code = VIM_OK; /* this server has no such option */
        else if (err)
            *err = own;
        wire_end(&wire);
    }
    if (!code)
        *ret = limit;
    return code;
}

static int compare_int32(const void *a, const void *b)
{
    const int32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* The distinct ids of the reply, ascending; *ret_ids is malloc'ed. */
static enum vim_code distinct_ids(const struct vim__QueryAvailablePerfMetricResponse *reply,
                                  int32_t **ret_ids, size_t *ret_n, struct vim_error *err)
{
    size_t n = 0, kept = 0;
    int32_t *ids = calloc((size_t)reply->__sizereturnval + 1, sizeof *ids);
    if (!ids)
        return vim_fail(err, VIM_NOMEM, "counters: out of memory");
    for (int i = 0; i < reply->__sizereturnval; i++) {
        int64_t id = text_int(reply->returnval[i].counterId, 0, INT32_MAX, -1);
        if (id >= 0)
            ids[n++] = (int32_t)id;
    }
    qsort(ids, n, sizeof *ids, compare_int32);
    for (size_t i = 0; i < n; i++)
        if (!kept || ids[kept - 1] != ids[i])
            ids[kept++] = ids[i];
    *ret_ids = ids;
    *ret_n = kept;
    return VIM_OK;
}

enum vim_code vim_available_metrics(struct vim_client *client, const char *type, const char *moid,
                                    int interval_s, int32_t **ret_ids, size_t *ret_n,
                                    struct vim_error *err)
{
    struct _vim__moref entity = {(char *)type, (char *)moid};
    struct vim__QueryAvailablePerfMetricResponse reply;
    struct wire wire;
    struct _vim__moref *perf = session_manager(client, MANAGER_PERF);
    if (!perf)
        return no_manager(client, err);
    enum vim_code code = wire_begin(&wire, client, "QueryAvailablePerfMetric", err);
    if (code)
        return code;
    code = wire_post(&wire,
                     soap_send_vim__QueryAvailablePerfMetric(wire.soap, WIRE, perf, &entity, NULL,
                                                             NULL, &interval_s),
                     err);
    if (!code)
        code = wire_read(&wire, soap_recv_vim__QueryAvailablePerfMetric(wire.soap, &reply), err);
    if (!code)
        code = distinct_ids(&reply, ret_ids, ret_n, err);
    wire_end(&wire);
    return code;
}
