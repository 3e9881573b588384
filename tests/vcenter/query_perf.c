/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * QueryPerf: the hot path. Values go straight from physics into the answer; the world is locked
 * only while the inventory is read.
 */
#include <string.h>

#include "history.h"
#include "noise.h"
#include "operations.h"
#include "xml.h"

enum { METRICS_MAX = 1024, INTERVAL_S = SLOT_MS / 1000 };

struct metric {
    int row; /* of the catalogue; -1 = offered but without data */
    enum { INSTANCE_ALL, INSTANCE_AGGREGATE, INSTANCE_VCPU, INSTANCE_UNKNOWN } which;
    int vcpu;
};

struct spec { /* one PerfQuerySpec */
    const xmlNode *entity;
    int64_t from_ms, to_ms;
    size_t most;
    bool csv;
    size_t nmetrics;
    struct metric metrics[METRICS_MAX];
};

static bool read_instance(const char *text, struct metric *ret)
{
    int vcpu = 0;
    size_t n = strlen(text);
    ret->which = INSTANCE_UNKNOWN; /* a name no VM of ours has: no series */
    if (!strcmp(text, "*"))
        ret->which = INSTANCE_ALL;
    else if (!n)
        ret->which = INSTANCE_AGGREGATE;
    else if (n <= 3 && strspn(text, "0123456789") == n) {
        for (size_t i = 0; i < n; i++)
            vcpu = vcpu * 10 + (text[i] - '0');
        ret->which = INSTANCE_VCPU;
        ret->vcpu = vcpu;
    }
    return true;
}

static bool add_metric(struct call *c, struct spec *spec, int64_t id, const char *instance)
{
    const struct catalogue *catalogue = &c->server->world.catalogue;
    int row = id > 0 && id < INT32_MAX ? catalogue_find(catalogue, (int32_t)id) : -1;
    if ((row < 0 && id != catalogue->phantom) || spec->nmetrics == METRICS_MAX)
        return soap_fault_argument(c, "querySpec.metricId");
    struct metric *metric = &spec->metrics[spec->nmetrics++];
    metric->row = row;
    return read_instance(instance, metric);
}

static bool read_metrics(struct call *c, const xmlNode *node, struct spec *spec)
{
    const struct catalogue *catalogue = &c->server->world.catalogue;
    const xmlNode *metric = xml_first(node, "metricId");
    spec->nmetrics = 0;
    for (size_t i = 0; !metric && i < catalogue->n; i++) /* none named: all there are */
        if (!catalogue->hidden[i] && catalogue_row(i)->instances != INSTANCES_NONE)
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

static void write_samples(struct buf *out, const struct history *h, bool csv)
{
    if (csv)
        buf_str(out, "<sampleInfoCSV>");
    for (size_t i = 0; i < h->n; i++) {
        char iso[ISO_TEXT];
        clock_iso((struct server_time){h->samples[i].time_ms}, iso);
        if (csv) {
            buf_str(out, i ? ",20," : "20,");
            buf_str(out, iso);
        } else {
            buf_str(out, "<sampleInfo><timestamp>");
            buf_str(out, iso);
            buf_str(out, "</timestamp><interval>20</interval></sampleInfo>");
        }
    }
    if (csv)
        buf_str(out, "</sampleInfoCSV>");
}

struct series {
    struct server *server;
    const struct history *history;
    const struct metric *metric;
    int vcpu, missing_permille;
    bool csv;
    struct buf *out;
};

/* -1 where the vCPU was not there yet, and for the share of samples that is to be missing. */
static int64_t value_at(const struct series *s, size_t i)
{
    const struct vm_sample *sample = &s->history->samples[i];
    if (s->vcpu >= sample->cpus)
        return -1;
    size_t row = (size_t)s->metric->row;
    if (s->missing_permille) {
        uint64_t key = noise_key(s->history->vm_key, row << 10 | (unsigned)(s->vcpu + 1));
        if (noise_unit(noise_key(key, (uint64_t)sample->time_ms)) * 1000 < s->missing_permille)
            return -1;
    }
    return catalogue_value(&s->server->world.catalogue, row, s->history->vm_key, sample, s->vcpu);
}

static void write_series(const struct series *s)
{
    struct buf *out = s->out;
    buf_str(out, s->csv ? "<value xsi:type=\"PerfMetricSeriesCSV\"><id><counterId>"
                        : "<value xsi:type=\"PerfMetricIntSeries\"><id><counterId>");
    buf_int(out, s->server->world.catalogue.id[s->metric->row]);
    buf_str(out, "</counterId><instance>");
    if (s->vcpu != AGGREGATE)
        buf_int(out, s->vcpu);
    buf_str(out, "</instance></id>");
    if (s->csv)
        buf_str(out, "<value>");
    for (size_t i = 0; i < s->history->n; i++) {
        if (!s->csv)
            buf_str(out, "<value>");
        else if (i)
            buf_char(out, ',');
        buf_int(out, value_at(s, i));
        if (!s->csv)
            buf_str(out, "</value>");
    }
    buf_str(out, s->csv ? "</value></value>" : "</value>");
}

/* All series of one metric; their number. */
static uint64_t write_metric(struct series *s)
{
    uint64_t n = 0;
    if (s->metric->row < 0 || s->metric->which == INSTANCE_UNKNOWN || !s->history->n)
        return 0;
    enum instances has = catalogue_row((size_t)s->metric->row)->instances;
    bool all = s->metric->which == INSTANCE_ALL;
    for (int i = 0; i < s->history->cpus_most && (has & INSTANCES_VCPUS); i++) {
        if (!all && (s->metric->which != INSTANCE_VCPU || s->metric->vcpu != i))
            continue;
        s->vcpu = i;
        write_series(s);
        n++;
    }
    if ((has & INSTANCES_AGGREGATE) && (all || s->metric->which == INSTANCE_AGGREGATE)) {
        s->vcpu = AGGREGATE;
        write_series(s);
        n++;
    }
    return n;
}

/* The entity must exist and have real-time data; a VM that is off has none to give. */
static bool find_entity(struct call *c, const xmlNode *entity, struct subject_ref *ref, bool *data)
{
    if (!entity || !subject_find(c->server, NULL, xml_text(entity), ref))
        return soap_fault_not_found(c, entity);
    if (ref->subject != (enum subject)KIND_VM && ref->subject != (enum subject)KIND_HOST)
        return soap_fault_argument(c, "querySpec.entity");
    const struct object *o = &c->server->world.objects[ref->index];
    *data = o->kind == KIND_VM && world_present(o)->on;
    return true;
}

/* Everything of one entity. The world is unlocked while samples are computed and written. */
static bool query_entity(struct call *c, const xmlNode *node, struct spec *spec)
{
    struct subject_ref ref = {SUBJECTS, 0};
    struct world *w = &c->server->world;
    char moid[64];
    bool data = false;
    if (!read_spec(c, node, spec) || !find_entity(c, spec->entity, &ref, &data))
        return false;
    subject_moid(c->server, NULL, ref, moid);
    struct series series = {c->server, NULL, NULL, 0, w->missing_permille, spec->csv, c->out};
    struct history history = {0};
    size_t before = c->out->len;
    uint64_t written = 0;
    pthread_mutex_unlock(&w->lock);
    int rc =
        data ? history_load(w, ref.index, spec->from_ms, spec->to_ms, spec->most, &history) : 0;
    series.history = &history;
    buf_printf(c->out, "<returnval xsi:type=\"PerfEntityMetric%s\">", spec->csv ? "CSV" : "");
    xml_element_ref(c->out, "entity", subject_type(ref.subject), moid);
    write_samples(c->out, &history, spec->csv);
    for (size_t i = 0; i < spec->nmetrics; i++) {
        series.metric = &spec->metrics[i];
        written += write_metric(&series);
    }
    buf_str(c->out, "</returnval>");
    size_t samples = history.n;
    history_free(&history);
    pthread_mutex_lock(&w->lock);
    struct server_stats *stats = &c->server->stats;
    stats->query_perf_entities++;
    stats->query_perf_series += written;
    stats->query_perf_samples += written * samples;
    stats->query_perf_bytes += c->out->len - before;
    return rc == 0 || soap_fault(c, "SystemError", "Out of memory");
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
