/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * /api/v1/quantities: the catalogue; /api/v1/status: how the service itself is.
 */
#include <string.h>

#include "formats/json_catalogue.h"
#include "web/answer.h"
#include "web/server.h"

/* ---- the catalogue ---- */

static void write_reasons(struct buf *out)
{
    answer_open(out, "reasons", '[');
    for (int code = 0; code < REASON_COUNT; code++) {
        const struct reason_info *reason = reason_info(code);
        answer_open(out, NULL, '{');
        answer_int(out, "code", code);
        answer_text(out, "status", status_name(reason->status));
        answer_text(out, "word", reason->word);
        answer_text(out, "text", reason->text);
        answer_close(out, '}');
    }
    answer_close(out, ']');
}

static bool is_judged(const struct verdict_options *options, int place)
{
    for (enum verdict_rule rule = 0; rule < RULE_COUNT; rule++) {
        const struct verdict_rule_info *info = verdict_rule(rule);
        if ((int)info->resource == place / VERDICT_LAYERS &&
            (int)info->layer == LAYER_QUEUE + place % VERDICT_LAYERS && !options->ranges[rule].off)
            return true;
    }
    return false;
}

/* "judged": {"cpu": ["queue", ...], ...}: the layers that have a rule. The score of another one is
 * never known, and nothing is missing there. */
static void write_judged(struct buf *out, const struct verdict_options *options)
{
    answer_open(out, "judged", '{');
    for (int place = 0; place < VERDICT_PLACES; place++) {
        if (place % VERDICT_LAYERS == 0)
            answer_open(out, table_name((enum table)(place / VERDICT_LAYERS)), '[');
        if (is_judged(options, place))
            answer_text(out, NULL, layer_name((enum layer)(LAYER_QUEUE + place % VERDICT_LAYERS)));
        if (place % VERDICT_LAYERS == VERDICT_LAYERS - 1)
            answer_close(out, ']');
    }
    answer_close(out, '}');
}

void api_quantities(const struct request *request, struct reply *reply)
{
    struct buf *out = &reply->body;
    answer_open(out, NULL, '{');
    answer_name(out, "quantities");
    json_catalogue(out);
    write_reasons(out);
    write_judged(out, &request->web->verdict);
    answer_close(out, '}');
}

/* ---- the service ---- */

struct figure {
    const char *name;
    enum metric metric;
    bool flag;
};

static const struct figure vcenter_figures[] = {
    {"up", METRIC_UP, true},
    {"vms", METRIC_VMS, false},
    {"vms_asked", METRIC_VMS_ASKED, false},
    {"cycles", METRIC_CYCLES, false},
    {"cycle_ms", METRIC_CYCLE_SECONDS, false},
    {"call_failures", METRIC_CALL_FAILURES, false},
    {"samples", METRIC_SAMPLES, false},
    {"samples_late", METRIC_SAMPLES_LATE, false},
    {"samples_repeated", METRIC_SAMPLES_REPEATED, false},
    {"values_missing", METRIC_VALUES_MISSING, false},
    {"series_refused", METRIC_SERIES_REFUSED, false},
    {"rows", METRIC_ROWS, false},
    {"rows_refused", METRIC_ROWS_REFUSED, false},
    {"rows_incomplete", METRIC_ROWS_INCOMPLETE, false},
    {"identity_broken", METRIC_IDENTITY_BROKEN, false},
    {"lag_ms", METRIC_LAG_SECONDS, false},
    {"clock_difference_ms", METRIC_CLOCK_DIFFERENCE, false},
};

static const struct figure store_figures[] = {
    {"up", METRIC_STORE_UP, true},
    {"rows", METRIC_STORE_ROWS, false},
    {"values", METRIC_STORE_VALUES, false},
    {"retries", METRIC_STORE_RETRIES, false},
    {"refused", METRIC_STORE_REFUSED, false},
    {"lost", METRIC_STORE_LOST, false},
    {"backlog", METRIC_STORE_BACKLOG, false},
    {"age_ms", METRIC_STORE_AGE_SECONDS, false},
};

static void write_figures(struct buf *out, const struct metric_set *set,
                          const struct figure *figures, size_t n)
{
    answer_text(out, "name", metric_set_subject(set));
    for (size_t i = 0; i < n; i++) {
        int64_t value = metric_get(set, figures[i].metric);
        if (figures[i].flag)
            answer_bool(out, figures[i].name, value != 0);
        else
            answer_int(out, figures[i].name, value);
    }
}

/* "quality": {"time": ..., "expected": 200, ..., "lag": 4.2, ...}: of the last collection. */
static void write_quality(struct buf *out, const struct snapshot_vcenter *seen)
{
    answer_open(out, "quality", '{');
    answer_int(out, "time", seen->quality_time.ms);
    for (int i = 0; i < QUALITY_VALUES; i++) {
        const struct quantity_info *info = quantity_info((enum quantity)(Q_QUALITY_EXPECTED + i));
        if (!(seen->quality.known & UINT64_C(1) << i))
            continue;
        answer_name(out, info->part);
        quantity_write(out, info, seen->quality.ticks[i]);
    }
    answer_close(out, '}');
}

/* What only the newest rows can tell; left out while there are none. */
static void write_seen(struct buf *out, const struct snapshot_vcenter *seen)
{
    if (seen && seen->vms) {
        answer_int(out, "newest", seen->newest.ms);
        answer_int(out, "seen", seen->vms);
        answer_int(out, "stale", seen->stale);
        answer_int(out, "no_layers", seen->no_layers[TABLE_CPU]);
        answer_int(out, "no_mem_layers", seen->no_layers[TABLE_MEM]);
        answer_int(out, "no_disk_layers", seen->no_layers[TABLE_DISK]);
        answer_int(out, "no_net_layers", seen->no_layers[TABLE_NET]);
        answer_int(out, "hosts_seen", seen->hosts);
    }
    if (seen && seen->quality_time.ms)
        write_quality(out, seen);
}

static void write_vcenters(struct buf *out, const struct web *web, const struct snapshot *seen)
{
    const struct metric_set *set;
    answer_open(out, "vcenters", '[');
    for (unsigned i = 0; (set = metrics_at(web->metrics, METRIC_OF_VCENTER, i)); i++) {
        answer_open(out, NULL, '{');
        write_figures(out, set, vcenter_figures, sizeof vcenter_figures / sizeof *vcenter_figures);
        if (seen)
            write_seen(out, snapshot_vcenter(seen, metric_set_subject(set)));
        answer_close(out, '}');
    }
    answer_close(out, ']');
}

static void write_stores(struct buf *out, const struct web *web)
{
    const struct metric_set *set;
    answer_open(out, "stores", '[');
    for (unsigned i = 0; (set = metrics_at(web->metrics, METRIC_OF_STORE, i)); i++) {
        answer_open(out, NULL, '{');
        write_figures(out, set, store_figures, sizeof store_figures / sizeof *store_figures);
        answer_close(out, '}');
    }
    answer_close(out, ']');
}

static void write_embedded(struct buf *out, void *embedded)
{
    struct embedded_stats stats;
    if (!embedded) {
        answer_null(out, "embedded");
        return;
    }
    embedded_stats(embedded, &stats);
    answer_open(out, "embedded", '{');
    answer_int(out, "series", (int64_t)stats.series);
    answer_int(out, "file_bytes", (int64_t)stats.file_bytes);
    answer_int(out, "oldest", stats.oldest.ms);
    answer_int(out, "newest", stats.newest.ms);
    answer_close(out, '}');
}

void api_status(const struct request *request, struct reply *reply)
{
    struct web *web = request->web;
    struct buf *out = &reply->body;
    struct store_error err = {.message = ""};
    const struct snapshot *seen =
        web->embedded && snapshot_renew(web->seen, web->embedded, &err) == 0 ? web->seen : NULL;
    answer_open(out, NULL, '{');
    answer_text(out, "version", VSTRATA_VERSION);
    answer_int(out, "now", wall_now().ms);
    write_vcenters(out, web, seen);
    write_stores(out, web);
    write_embedded(out, web->embedded);
    if (*err.message)
        answer_text(out, "store_error", err.message);
    answer_close(out, '}');
}
