/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "query_series.h"

#include <string.h>

#include "noise.h"

enum { LOST_FOR_MS = 180 * 1000 }; /* a series that a scenario takes away */

struct series {
    const struct series_source *source;
    size_t row;
    int instance;
    uint64_t key; /* of entity, counter and instance */
};

static size_t count(const struct series_source *s)
{
    return s->history ? s->history->n : s->host->n;
}

static int64_t time_at(const struct series_source *s, size_t i)
{
    return s->history ? s->history->samples[i].time_ms : s->host->samples[i].time_ms;
}

size_t series_times(const struct series_source *s, struct buf *out)
{
    if (s->csv)
        buf_str(out, "<sampleInfoCSV>");
    for (size_t i = 0; i < count(s); i++) {
        char iso[ISO_TEXT];
        clock_iso((struct server_time){time_at(s, i)}, iso);
        if (s->csv) {
            buf_str(out, i ? ",20," : "20,");
            buf_str(out, iso);
        } else {
            buf_str(out, "<sampleInfo><timestamp>");
            buf_str(out, iso);
            buf_str(out, "</timestamp><interval>20</interval></sampleInfo>");
        }
    }
    if (s->csv)
        buf_str(out, "</sampleInfoCSV>");
    return count(s);
}

/* A VM of a scenario that loses data: a third of what is lost goes by whole series, for minutes. */
static bool is_lost(const struct series *s, int64_t time_ms, double share)
{
    uint64_t key = noise_key(noise_key(s->key, 1), (uint64_t)(time_ms / LOST_FOR_MS));
    return share > 0 && noise_unit(key) < share / 3;
}

static double scenario_missing(const struct series *s, size_t i)
{
    return s->source->history ? s->source->history->samples[i].missing : 0;
}

static bool is_missing(const struct series *s, size_t i)
{
    int64_t time = time_at(s->source, i);
    double share = scenario_missing(s, i), told = s->source->missing_permille / 1000.0;
    double at = share > 0 || told > 0 ? noise_unit(noise_key(s->key, (uint64_t)time)) : 1;
    return at < told || at < share || is_lost(s, time, share);
}

/* -1 where the device was not there yet, and for what is to be missing. */
int64_t series_value(const struct series *s, size_t i)
{
    const struct counter *counter = catalogue_row(s->row);
    if (is_missing(s, i))
        return -1;
    if (!s->source->history)
        return counter->host(&s->source->host->samples[i], s->instance);
    const struct vm_sample *sample = &s->source->history->samples[i];
    if (!catalogue_has(counter, sample, s->instance))
        return -1;
    return catalogue_value(s->source->catalogue, s->row, s->source->key, sample, s->instance);
}

static void write_one(void *ctx, const struct series *s, const char *instance)
{
    struct buf *out = ctx;
    bool csv = s->source->csv;
    buf_str(out, csv ? "<value xsi:type=\"PerfMetricSeriesCSV\"><id><counterId>"
                     : "<value xsi:type=\"PerfMetricIntSeries\"><id><counterId>");
    buf_int(out, s->source->catalogue->id[s->row]);
    buf_str(out, "</counterId><instance>");
    buf_str(out, instance);
    buf_str(out, "</instance></id>");
    if (csv)
        buf_str(out, "<value>");
    for (size_t i = 0; i < count(s->source); i++) {
        if (!csv)
            buf_str(out, "<value>");
        else if (i)
            buf_char(out, ',');
        buf_int(out, series_value(s, i));
        if (!csv)
            buf_str(out, "</value>");
    }
    buf_str(out, csv ? "</value></value>" : "</value>");
}

/* Tells a series unless it was not asked for, or is not there at present. */
static size_t tell_one(const struct series_source *source, const struct metric *metric,
                       int instance, const char *name, series_fn *tell, void *ctx)
{
    struct series s = {.source = source, .row = (size_t)metric->row, .instance = instance};
    if (!metric->all && strcmp(metric->instance, name) != 0)
        return 0;
    s.key = noise_key(source->key, s.row << 10 | (unsigned)(instance + 1));
    size_t newest = count(source) - 1;
    if (is_lost(&s, time_at(source, newest), scenario_missing(&s, newest)))
        return 0;
    tell(ctx, &s, name);
    return 1;
}

size_t series_each(const struct series_source *source, const struct metric *metric, series_fn *tell,
                   void *ctx)
{
    if (metric->row < 0 || !count(source))
        return 0;
    const struct counter *counter = catalogue_row((size_t)metric->row);
    int instances[INSTANCE_MAX];
    const struct vm_sample *shape = source->history ? &source->history->shape : NULL;
    int n = shape ? catalogue_instances(counter, shape, instances)
                  : catalogue_host_instances(counter, instances);
    size_t told = 0;
    for (int i = 0; i < n; i++) {
        char name[INSTANCE_TEXT];
        if (shape)
            catalogue_instance(counter, shape, instances[i], name);
        else
            catalogue_host_instance(counter, instances[i], name);
        told += tell_one(source, metric, instances[i], name, tell, ctx);
    }
    return told;
}

size_t series_write(const struct series_source *source, const struct metric *metric,
                    struct buf *out)
{
    return series_each(source, metric, write_one, out);
}
