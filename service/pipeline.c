/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "pipeline.h"

#include "layers/quality.h"

/* A row without layers is explained; VMs that do it again and again are not allowed to fill the
 * log. */
static void explain(void *ctx, const struct layer_refusal *refusal)
{
    struct pipeline *pipeline = ctx;
    bool refused = refusal->identity == IDENTITY_I1;
    char time[ISO_TEXT];
    complain(refused ? &pipeline->refusing : &pipeline->contradicting,
             refused ? LOG_WARN : LOG_INFO, "layers", refused ? "row_refused" : "row_contradicts",
             "vcenter=%s vm=%s moid=%s time=%s vcpu=%d identity=%s got=%lld want=%lld unit=%s",
             log_quote(pipeline->vcenter), log_quote(refusal->entity->label[LABEL_VM]),
             log_quote(refusal->entity->label[LABEL_MOID]), clock_iso(refusal->time, time),
             refusal->vcpu, log_quote(identity_text(refusal->identity)), (long long)refusal->got,
             (long long)refusal->want, identity_unit(refusal->identity));
}

static void count(struct pipeline *pipeline, size_t rows)
{
    struct layer_findings *found = &pipeline->findings;
    metric_add(pipeline->figures, METRIC_ROWS,
               (int64_t)(rows - found->refused - found->incomplete));
    metric_add(pipeline->figures, METRIC_ROWS_REFUSED, (int64_t)found->refused);
    metric_add(pipeline->figures, METRIC_ROWS_INCOMPLETE, (int64_t)found->incomplete);
    pipeline->refused += (int64_t)found->refused;
    pipeline->incomplete += (int64_t)found->incomplete;
    for (int i = IDENTITY_I2; i < IDENTITY_COUNT; i++)
        metric_add(pipeline->figures, METRIC_IDENTITY_BROKEN, (int64_t)found->broken[i]);
    if (found->rows && !found->refused)
        complain_over(&pipeline->refusing, "layers", "rows_add_up_again", "vcenter=%s",
                      log_quote(pipeline->vcenter));
}

/* Raw samples without room are left out, and not the whole answer refused again and again. */
static void tell_lost(struct pipeline *pipeline, const struct row_batch *batch)
{
    if (batch->raw_lost)
        complain(&pipeline->leaving_out, LOG_WARN, "layers", "raw_samples_left_out",
                 "vcenter=%s series=%zu reason=\"more than %d instances in one answer; ask fewer "
                 "at once (collect.batch_entities) or fewer counters (collect.raw)\"",
                 log_quote(pipeline->vcenter), batch->raw_lost, RAW_NONE);
    else if (batch->nraw_counters)
        complain_over(&pipeline->leaving_out, "layers", "raw_samples_whole_again", "vcenter=%s",
                      log_quote(pipeline->vcenter));
}

/* Keeps a batch with its marks and frees it; 0 or -1. */
static int keep(struct pipeline *pipeline, struct row_batch *batch, const struct mark *marks,
                size_t nmarks)
{
    struct journal_error err = {.message = "out of memory for a batch of rows"};
    int result = -1;
    if (row_batch_ok(batch))
        result = journal_commit(pipeline->journal, batch, marks, nmarks, &err);
    row_batch_free(batch);
    if (result < 0)
        complain(&pipeline->keeping, LOG_ERROR, "journal", "commit_failed", "vcenter=%s message=%s",
                 log_quote(pipeline->vcenter), log_quote(err.message));
    else
        complain_over(&pipeline->keeping, "journal", "commits_again", "vcenter=%s",
                      log_quote(pipeline->vcenter));
    return result;
}

/* Rows that were not kept come again, and must not count twice. */
static void forget(struct pipeline *pipeline, const struct sample_block *blocks, size_t n)
{
    for (size_t i = 0; pipeline->layers.verdict && i < n; i++)
        verdict_forget(pipeline->layers.verdict, blocks[i].entity);
}

static int take(void *ctx, const struct sample_block *blocks, size_t nblocks,
                const struct mark *marks, size_t nmarks)
{
    struct pipeline *pipeline = ctx;
    pipeline->findings = (struct layer_findings){.explain = explain, .ctx = pipeline};
    struct row_batch batch;
    row_batch_init(&batch);
    for (size_t i = 0; i < nblocks; i++)
        layers_rows(&blocks[i], &pipeline->layers, &batch, &pipeline->findings);
    const size_t rows = batch.nrows;
    tell_lost(pipeline, &batch);
    if (keep(pipeline, &batch, marks, nmarks) < 0) {
        forget(pipeline, blocks, nblocks);
        return -1;
    }
    count(pipeline, rows);
    return 0;
}

/* What was refused stays counted until a row of it has been kept. */
static int keep_quality(void *ctx, const struct cycle_quality *quality)
{
    struct pipeline *pipeline = ctx;
    struct row_batch batch;
    row_batch_init(&batch);
    quality_row(quality, pipeline->refused, pipeline->incomplete, &batch);
    if (keep(pipeline, &batch, NULL, 0) < 0)
        return -1;
    pipeline->refused = pipeline->incomplete = 0;
    return 0;
}

static struct server_time mark(void *ctx, const char *vcenter_uuid, const char *moid)
{
    struct pipeline *pipeline = ctx;
    return journal_mark(pipeline->journal, vcenter_uuid, moid);
}

void pipeline_init(struct pipeline *pipeline, const char *vcenter, struct journal *journal,
                   const struct layer_options *layers, struct metric_set *figures)
{
    *pipeline = (struct pipeline){
        .vcenter = vcenter, .journal = journal, .layers = *layers, .figures = figures};
}

struct sample_sink pipeline_sink(struct pipeline *pipeline)
{
    return (struct sample_sink){
        .ctx = pipeline, .take = take, .quality = keep_quality, .mark = mark};
}
