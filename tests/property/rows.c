/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "rows.h"

#include <string.h>

#include "statuses.h"

enum { NOT_KNOWN = 3, FROM_NOWHERE = 0, FROM_COUNTERS = 1, FROM_VARIABLE = 2 };

static void tell(struct compare *c, enum quantity quantity, double value)
{
    compare_value(c, quantity_info(quantity)->name, "total", NULL, value);
}

static int code(int value)
{
    return value < NOT_KNOWN ? value : NOT_KNOWN;
}

/* What is to be in a row beside what the simulator knows. */
static void tell_guest(struct compare *c, const struct feed *feed, const struct hearing *hearing)
{
    int source = hearing->report == SIM_NO_REPORT ? FROM_NOWHERE : FROM_VARIABLE;
    tell(c, Q_GUEST_TOOLS, code(feed->tools));
    tell(c, Q_GUEST_HEARTBEAT, code(feed->heartbeat));
    tell(c, Q_GUEST_SOURCE, feed->counters->guest ? FROM_COUNTERS : source);
    if (hearing->any)
        tell(c, Q_GUEST_AGE, (double)hearing->age_ms / 1000);
}

/* ---- statuses ---- */

/* What a status says of its layer: with ok all must be there, unavailable nothing of its sums. */
static void check_layer(struct compare *c, int place, enum layer_status status)
{
    const char *resource = verdict_resource_name((enum verdict_resource)(place / VERDICT_LAYERS));
    const enum layer layer = (enum layer)(place % VERDICT_LAYERS + LAYER_QUEUE);
    bool some = false;
    for (size_t i = 0; i < quantity_count(); i++) {
        const struct quantity_info *info = quantity_at(i);
        const bool sums = info->kind == KIND_PART || info->kind == KIND_TOTAL;
        if (info->layer != layer || strcmp(info->resource, resource) != 0)
            continue;
        some = some || (c->n[info->id] && info->kind != KIND_STATUS);
        if (!sums)
            continue;
        if (status == STATUS_UNAVAILABLE && c->n[info->id])
            compare_tell(c, "%s is given, but its layer is unavailable", info->name);
        c->lacks[info->id] = status != STATUS_OK;
    }
    if (status == STATUS_PARTIAL && !some)
        compare_tell(c, "%s of layer %c is partial, but nothing of it is given", resource,
                     layer_letter(layer));
}

/* A status that is not foretold is taken from the row. */
static void check_statuses(struct compare *c, const struct statuses *expected)
{
    for (int place = 0; place < VERDICT_PLACES; place++) {
        const enum quantity quantity = verdict_status_quantity(place);
        int64_t got = expected->of[place];
        if (expected->free[place] && !row_find(c->batch, c->row, quantity, FORM_TOTAL, 0, &got))
            got = expected->of[place];
        check_layer(c, place, reason_info(got)->status);
        tell(c, quantity, (double)got);
    }
    /* The status of D is by drops alone; their share hangs on packets as well, which are of B. */
    c->lacks[Q_NET_DROP_RATIO_TRANSMIT] = c->lacks[Q_NET_DROP_RATIO_RECEIVE];
}

static void allow_resource(struct compare *c, const char *resource)
{
    for (size_t i = 0; i < quantity_count(); i++) {
        const struct quantity_info *info = quantity_at(i);
        if (strcmp(info->resource, resource) == 0 && info->kind != KIND_STATUS)
            c->unsure[info->id] = true;
    }
}

/* Check values have no status: where samples are missing each of them may be, too. */
static void allow_holes(struct compare *c, const struct sample_block *block, size_t t,
                        const struct sim_moment *moment)
{
    if (!c->has_holes)
        return;
    if (statuses_disk_hidden(block, t, moment))
        allow_resource(c, "disk");
    if (statuses_nic_hidden(block, t, moment))
        allow_resource(c, "net");
    for (size_t i = 0; i < quantity_count(); i++) {
        const struct quantity_info *info = quantity_at(i);
        c->lacks[info->id] = info->layer == LAYER_NONE || info->layer == LAYER_IDLE ||
                             (info->kind == KIND_CHECK && info->layer != LAYER_QUEUE);
    }
    /* The inventory has no holes, and neither has what is known of the guest. */
    c->lacks[Q_MEM_CONFIGURED] = c->lacks[Q_GUEST_TOOLS] = c->lacks[Q_GUEST_HEARTBEAT] = false;
    c->lacks[Q_GUEST_SOURCE] = c->lacks[Q_GUEST_AGE] = false;
}

static void allow_nothing(struct compare *c)
{
    memset(c->lacks, 0, sizeof c->lacks);
    memset(c->unsure, 0, sizeof c->unsure);
}

/* ---- rows ---- */

static void vm_row(struct rows_setup *setup, const struct feed *feed, const struct feed_block *b,
                   size_t t)
{
    struct compare *c = setup->compare;
    struct sim_moment moment;
    struct hearing hearing;
    struct statuses statuses;
    const size_t sample = b->first + t;
    sim_moment(feed->hour, sample, &moment);
    feed_hearing(feed, sample, &hearing);
    const struct sim_view view = {sample, b->first + b->block.ntimes - 1, hearing.report};
    const double devices = moment.disks > moment.nics ? moment.disks : moment.nics;
    c->has_holes = feed->facts.has_holes;
    c->scale = (struct tolerance_scale){
        .vcpus = moment.vcpus, .devices = devices, .iops = (double)moment.iops};
    allow_nothing(c);
    allow_holes(c, &b->block, t, &moment);
    compare_begin(c);
    statuses_expected(feed, &b->block, t, &moment, &hearing, &statuses);
    check_statuses(c, &statuses);
    tell_guest(c, feed, &hearing);
    sim_truth(feed->hour, &view, compare_value, c);
    compare_end(c);
}

static void host_row(struct rows_setup *setup, const struct feed *feed, const struct feed_block *b,
                     size_t t)
{
    struct compare *c = setup->compare;
    const struct sim_view view = {b->first + t, b->first + t, SIM_NO_REPORT};
    c->has_holes = false;
    allow_nothing(c);
    compare_begin(c);
    tell(c, Q_HOST_STATUS, REASON_OK);
    sim_truth(feed->hour, &view, compare_value, c);
    compare_end(c);
}

typedef void row_fn(struct rows_setup *, const struct feed *, const struct feed_block *, size_t t);

static int verdict_of(const struct row_batch *rows, const struct layer_row *row)
{
    int64_t ticks;
    return row_find(rows, row, Q_ALL_VERDICT_CODE, FORM_TOTAL, 0, &ticks) ? (int)ticks : -1;
}

static void block(struct rows_setup *setup, const struct feed *feed, size_t first, size_t n,
                  row_fn *of_row, struct judgement *judgements)
{
    struct feed_block b;
    struct row_batch rows;
    struct layer_findings findings = {.rows = 0};
    struct compare *c = setup->compare;
    feed_block(feed, first, n, &b);
    row_batch_init(&rows);
    layers_rows(&b.block, &setup->options, &rows, &findings);
    setup->refused += findings.refused;
    setup->incomplete += findings.incomplete;
    if (!row_batch_ok(&rows) || rows.nrows != n)
        compare_tell(c, "%zu rows of %zu samples", rows.nrows, n);
    c->about = setup->about;
    c->batch = &rows;
    for (size_t t = 0; t < rows.nrows; t++) {
        c->row = &rows.rows[t];
        of_row(setup, feed, &b, t);
        if (judgements)
            judgements[first + t].code = verdict_of(&rows, c->row);
    }
    row_batch_free(&rows);
    feed_block_free(&b);
}

static void hour(struct rows_setup *setup, const struct feed *feed, row_fn *of_row,
                 struct judgement *judgements)
{
    size_t n;
    for (size_t first = 0; first < sim_samples(feed->hour); first += n) {
        n = feed_length(feed, first);
        block(setup, feed, first, n, of_row, judgements);
    }
}

void rows_of_vm(struct rows_setup *setup, const struct feed *feed,
                struct judgement judgements[SIM_SAMPLES_MAX])
{
    for (size_t i = 0; i < sim_samples(feed->hour); i++)
        judgements[i] = (struct judgement){sim_ails(feed->hour, i), -1};
    hour(setup, feed, vm_row, judgements);
}

void rows_of_host(struct rows_setup *setup, const struct feed *feed)
{
    hour(setup, feed, host_row, NULL);
}
