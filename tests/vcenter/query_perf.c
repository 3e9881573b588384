/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * QueryPerf: the hot path. Values go straight from physics into the answer; the world is locked
 * only while the inventory is read.
 */
#include <stdio.h>
#include <string.h>

#include "operations.h"
#include "query_series.h"
#include "xml.h"

enum { METRICS_MAX = 1024, INTERVAL_S = SLOT_MS / 1000 };

struct spec { /* one PerfQuerySpec */
    const xmlNode *entity;
    int64_t from_ms, to_ms;
    size_t most;
    bool csv;
    size_t nmetrics;
    struct metric metrics[METRICS_MAX];
};

static bool add_metric(struct call *c, struct spec *spec, int64_t id, const char *instance)
{
    const struct catalogue *catalogue = &c->server->world.catalogue;
    int row = id > 0 && id < INT32_MAX ? catalogue_find(catalogue, (int32_t)id) : -1;
    if ((row < 0 && id != catalogue->phantom) || spec->nmetrics == METRICS_MAX)
        return soap_fault_argument(c, "querySpec.metricId");
    struct metric *metric = &spec->metrics[spec->nmetrics++];
    *metric = (struct metric){.row = row, .all = !strcmp(instance, "*")};
    /* A name that is cut is none that anything has. */
    snprintf(metric->instance, sizeof metric->instance, "%s", instance);
    return true;
}

static bool read_metrics(struct call *c, const xmlNode *node, struct spec *spec)
{
    const struct catalogue *catalogue = &c->server->world.catalogue;
    const xmlNode *metric = xml_first(node, "metricId");
    spec->nmetrics = 0;
    for (size_t i = 0; !metric && i < catalogue->n; i++) /* none named: all there are */
        if (catalogue_listed(catalogue, i))
            add_metric(c, spec, catalogue->id[i], "*");
    for (; metric; metric = xml_next(metric, "metricId")) {
        int64_t id = -1;
        if (!xml_child_int(metric, "counterId", -1, &id))
            return soap_fault_argument(c, "querySpec.metricId.counterId");
        if (!add_metric(c, spec, id, xml_child_text(metric, "instance")))
            return false;
    }
    return true;
}

static bool read_time(const xmlNode *node, const char *name, int64_t missing, int64_t *ret)
{
    struct server_time time = {missing};
    const char *text = xml_child_text(node, name);
    if (xml_first(node, name) && !clock_parse_iso(text, strlen(text), &time))
        return false;
    *ret = time.ms;
    return true;
}

static bool read_spec(struct call *c, const xmlNode *node, struct spec *spec)
{
    int64_t interval = 0, most = 0, now = world_now(&c->server->world), oldest = now - HISTORY_MS;
    spec->entity = xml_first(node, "entity");
    if (!xml_child_int(node, "intervalId", INTERVAL_S, &interval) || interval != INTERVAL_S)
        return soap_fault_argument(c, "querySpec.interval");
    if (!xml_child_int(node, "maxSample", HISTORY_SLOTS, &most) || most < 0)
        return soap_fault_argument(c, "querySpec.maxSample");
    if (!read_time(node, "startTime", oldest, &spec->from_ms))
        return soap_fault_argument(c, "querySpec.startTime");
    if (!read_time(node, "endTime", now, &spec->to_ms) || spec->to_ms < spec->from_ms)
        return soap_fault_argument(c, "querySpec.endTime");
    const char *format = xml_child_text(node, "format");
    spec->csv = !strcmp(format, "csv");
    if (*format && !spec->csv && strcmp(format, "normal") != 0)
        return soap_fault_argument(c, "querySpec.format");
    spec->from_ms = spec->from_ms < oldest ? oldest : spec->from_ms;
    spec->most = most ? (size_t)most : HISTORY_SLOTS;
    return read_metrics(c, node, spec);
}

/* The entity must exist and have real-time data; a VM that is off has none to give. */
static bool find_entity(struct call *c, const xmlNode *entity, struct subject_ref *ref, bool *data)
{
    if (!entity || !subject_find(c->server, NULL, xml_text(entity), ref))
        return soap_fault_not_found(c, entity);
    if (ref->subject != (enum subject)KIND_VM && ref->subject != (enum subject)KIND_HOST)
        return soap_fault_argument(c, "querySpec.entity");
    const struct object *o = &c->server->world.objects[ref->index];
    *data = o->kind == KIND_HOST || world_present(o)->on;
    return true;
}

struct data { /* of one entity */
    struct history vm;
    struct host_history host;
    struct series_source source;
};

/* The world is not locked. False when out of memory. */
static bool load(struct world *w, const struct spec *spec, struct subject_ref ref, struct data *ret)
{
    struct series_source *source = &ret->source;
    if (ref.subject == (enum subject)KIND_HOST) {
        source->history = NULL;
        int rc =
            history_load_host(w, ref.index, spec->from_ms, spec->to_ms, spec->most, &ret->host);
        source->host = &ret->host;
        source->key = ret->host.key;
        return rc == 0;
    }
    int rc = history_load(w, ref.index, spec->from_ms, spec->to_ms, spec->most, &ret->vm);
    source->history = &ret->vm;
    source->key = ret->vm.vm_key;
    return rc == 0;
}

static void count(struct server_stats *stats, size_t series, size_t samples, size_t bytes)
{
    stats->query_perf_entities++;
    stats->query_perf_series += series;
    stats->query_perf_samples += series * samples;
    stats->query_perf_bytes += bytes;
}

/* Everything of one entity. The world is unlocked while samples are computed and written. */
static bool query_entity(struct call *c, const xmlNode *node, struct spec *spec)
{
    struct subject_ref ref = {SUBJECTS, 0};
    struct world *w = &c->server->world;
    char moid[64];
    bool has_data = false, ok = true;
    if (!read_spec(c, node, spec) || !find_entity(c, spec->entity, &ref, &has_data))
        return false;
    subject_moid(c->server, NULL, ref, moid);
    struct data data = {.source = {.catalogue = &w->catalogue,
                                   .history = &data.vm,
                                   .missing_permille = w->missing_permille,
                                   .csv = spec->csv}};
    size_t before = c->out->len, written = 0;
    pthread_mutex_unlock(&w->lock);
    if (has_data)
        ok = load(w, spec, ref, &data);
    buf_printf(c->out, "<returnval xsi:type=\"PerfEntityMetric%s\">", spec->csv ? "CSV" : "");
    xml_element_ref(c->out, "entity", subject_type(ref.subject), moid);
    size_t samples = series_times(&data.source, c->out);
    for (size_t i = 0; i < spec->nmetrics; i++)
        written += series_write(&data.source, &spec->metrics[i], c->out);
    buf_str(c->out, "</returnval>");
    history_free(&data.vm);
    history_free_host(&data.host);
    pthread_mutex_lock(&w->lock);
    count(&c->server->stats, written, samples, c->out->len - before);
    return ok || soap_fault(c, "SystemError", "Out of memory");
}

bool op_query_perf(struct call *c)
{
    struct spec spec = {0};
    const xmlNode *node = xml_first(c->request, "querySpec");
    if (!node)
        return soap_fault_argument(c, "querySpec");
    for (; node; node = xml_next(node, "querySpec"))
        if (!query_entity(c, node, &spec))
            return false;
    return true;
}
