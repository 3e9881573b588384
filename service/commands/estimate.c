/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "commands/estimate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/caps.h"
#include "commands/collecting.h"
#include "formats/json.h"
#include "formats/schema.h"
#include "layers/layers.h"
#include "stores/filter.h"

enum { KINDS = ENTITY_VCENTER + 1 };

struct count { /* of one store */
    struct filter *filter;
    struct series_walk *walk; /* NULL = it knows no series: a value is one */
    uint64_t series[KINDS];
    double a_second; /* values */
};

struct estimate {
    const struct config *config;
    struct layer_options layers;
    uint64_t entities[KINDS]; /* counted ones */
    uint64_t vms;             /* of all inventories */
    struct count stores[CAP_STORES];
};

/* ---- making ---- */

static int open_count(struct count *count, const struct store_options *options,
                      struct store_error *err)
{
    const struct schema *schema = *options->schema ? schema_find(options->schema) : NULL;
    if (filter_new(options, &count->filter, err) != 0)
        return -1;
    if (!*options->schema)
        return 0;
    count->walk = schema ? series_walk_new(schema, options->labels) : NULL;
    if (!count->walk)
        snprintf(err->message, sizeof err->message, "schema %s cannot be used", options->schema);
    return count->walk ? 0 : -1;
}

struct estimate *estimate_new(const struct config *config, struct store_error *err)
{
    struct estimate *e = calloc(1, sizeof *e);
    struct verdict *verdict = verdict_new(&config->verdict);
    if (!e || !verdict) {
        snprintf(err->message, sizeof err->message, "out of memory");
        verdict_free(verdict);
        free(e);
        return NULL;
    }
    e->config = config;
    e->layers = (struct layer_options){.other_wait_is_unmet = config->other_wait_is_unmet,
                                       .verdict = verdict};
    for (size_t i = 0; i < config->nstores; i++)
        if (open_count(&e->stores[i], &config->stores[i], err) != 0) {
            estimate_free(e);
            return NULL;
        }
    return e;
}

void estimate_free(struct estimate *e)
{
    if (!e)
        return;
    for (size_t i = 0; i < CAP_STORES; i++) {
        filter_free(e->stores[i].filter);
        series_walk_free(e->stores[i].walk);
    }
    verdict_free(e->layers.verdict);
    free(e);
}

/* ---- counting ---- */

static bool count_one(void *ctx, const struct series *series)
{
    (void)series;
    ++*(uint64_t *)ctx;
    return true;
}

/* The same rows and values in memory of its own; the rest is shared. */
static bool copy_of(const struct row_batch *batch, struct row_batch *ret)
{
    *ret = *batch;
    ret->rows = malloc((batch->nrows + 1) * sizeof *ret->rows);
    ret->values = malloc((batch->nvalues + 1) * sizeof *ret->values);
    if (!ret->rows || !ret->values) {
        free(ret->rows);
        free(ret->values);
        return false;
    }
    if (batch->nrows)
        memcpy(ret->rows, batch->rows, batch->nrows * sizeof *ret->rows);
    if (batch->nvalues)
        memcpy(ret->values, batch->values, batch->nvalues * sizeof *ret->values);
    return true;
}

/* The newest row alone: each series once. */
static bool count_row(struct count *count, const struct row_batch *batch)
{
    struct row_batch copy;
    uint64_t series = 0;
    if (!copy_of(batch, &copy))
        return false;
    copy.rows[0] = copy.rows[copy.nrows - 1];
    copy.nrows = 1;
    bool good = filter_apply(count->filter, &copy);
    if (good && copy.nrows) {
        const enum entity_kind kind = entity_kind(copy.rows[0].entity);
        const int32_t seconds = copy.rows[0].interval_s;
        if (count->walk)
            good = series_walk_rows(count->walk, &copy, 0, 1, SERIES_BY_ROW, count_one, &series);
        else
            series = copy.rows[0].count;
        count->series[kind] += series;
        count->a_second += seconds > 0 ? (double)series / seconds : 0;
    }
    free(copy.rows);
    free(copy.values);
    return good;
}

static int take_block(struct estimate *e, const struct sample_block *block)
{
    struct layer_findings findings = {0};
    struct row_batch rows;
    row_batch_init(&rows);
    layers_rows(block, &e->layers, &rows, &findings);
    bool good = row_batch_ok(&rows);
    for (size_t i = 0; good && rows.nrows && i < e->config->nstores; i++)
        good = count_row(&e->stores[i], &rows);
    e->entities[entity_kind(block->entity)] += rows.nrows > 0;
    row_batch_free(&rows);
    return good ? 0 : -1;
}

static int take(void *ctx, const struct sample_block *blocks, size_t nblocks,
                const struct mark *marks, size_t nmarks)
{
    (void)marks;
    (void)nmarks;
    for (size_t i = 0; i < nblocks; i++)
        if (take_block(ctx, &blocks[i]) != 0)
            return -1;
    return 0;
}

static struct server_time no_mark(void *ctx, const char *vcenter_uuid, const char *moid)
{
    (void)ctx;
    (void)vcenter_uuid;
    (void)moid;
    return (struct server_time){0};
}

/* As many samples as the verdict needs before it says anything. */
int estimate_vcenter(struct estimate *e, size_t i, struct store_error *err)
{
    struct collector_options options;
    struct collector *collector = NULL;
    struct collector_once found = {0};
    struct vim_error why = {.message = ""};
    collecting_options(e->config, &e->config->vcenters[i], &options);
    options.sink = (struct sample_sink){.ctx = e, .take = take, .mark = no_mark};
    enum vim_code code = collector_new(&options, &collector, &why);
    if (code == VIM_OK)
        code = collector_collect_once(collector, (int)e->config->verdict.needed, &found, &why);
    collector_free(collector);
    e->vms += found.vms;
    if (code != VIM_OK)
        snprintf(err->message, sizeof err->message, "%s", why.message);
    return code == VIM_OK ? 0 : -1;
}

/* ---- telling ---- */

uint64_t estimate_series(const struct estimate *e, size_t i)
{
    uint64_t sum = 0;
    for (int kind = 0; kind < KINDS; kind++)
        sum += e->stores[i].series[kind];
    return sum;
}

/* 28400 as "28,400" */
static void grouped(struct buf *out, uint64_t n)
{
    char digits[24];
    const int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            buf_char(out, ',');
        buf_char(out, digits[i]);
    }
}

static uint64_t mean(uint64_t sum, uint64_t n)
{
    return n ? (sum + n / 2) / n : 0;
}

void estimate_text(const struct estimate *e, size_t i, struct buf *out)
{
    const struct count *count = &e->stores[i];
    const uint64_t vms = e->entities[ENTITY_VM], hosts = e->entities[ENTITY_HOST];
    buf_str(out, "about ");
    grouped(out, estimate_series(e, i));
    buf_str(out, ": ");
    grouped(out, mean(count->series[ENTITY_VM], vms));
    buf_str(out, " a VM (");
    grouped(out, vms);
    buf_str(out, " VMs");
    if (e->vms > vms) {
        buf_str(out, "; ");
        grouped(out, e->vms - vms);
        buf_str(out, " more are off and not counted");
    }
    buf_str(out, ")");
    if (hosts) {
        buf_str(out, ", ");
        grouped(out, mean(count->series[ENTITY_HOST], hosts));
        buf_str(out, " a host (");
        grouped(out, hosts);
        buf_str(out, " hosts)");
    }
    buf_str(out, "; ");
    grouped(out, (uint64_t)(count->a_second + 0.5));
    buf_str(out, " values a second");
}

void estimate_json(const struct estimate *e, size_t i, struct buf *out)
{
    const struct count *count = &e->stores[i];
    buf_str(out, "{\"store\":");
    json_string(out, e->config->stores[i].name);
    buf_printf(
        out,
        ",\"series\":%llu,\"vms\":%llu,\"vms_not_counted\":%llu,\"series_of_vms\":%llu,"
        "\"hosts\":%llu,\"series_of_hosts\":%llu,\"values_per_second\":%.1f}",
        (unsigned long long)estimate_series(e, i), (unsigned long long)e->entities[ENTITY_VM],
        (unsigned long long)(e->vms > e->entities[ENTITY_VM] ? e->vms - e->entities[ENTITY_VM] : 0),
        (unsigned long long)count->series[ENTITY_VM], (unsigned long long)e->entities[ENTITY_HOST],
        (unsigned long long)count->series[ENTITY_HOST], count->a_second);
}
