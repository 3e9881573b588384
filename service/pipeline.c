/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "pipeline.h"

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

static void count(struct pipeline *pipeline)
{
    struct layer_findings *found = &pipeline->findings;
    metric_add(pipeline->figures, METRIC_ROWS, (int64_t)found->rows);
    metric_add(pipeline->figures, METRIC_ROWS_REFUSED, (int64_t)found->refused);
    metric_add(pipeline->figures, METRIC_ROWS_INCOMPLETE, (int64_t)found->incomplete);
    for (int i = IDENTITY_I2; i < IDENTITY_COUNT; i++)
        metric_add(pipeline->figures, METRIC_IDENTITY_BROKEN, (int64_t)found->broken[i]);
    if (found->rows && !found->refused)
        complain_over(&pipeline->refusing, "layers", "rows_add_up_again", "vcenter=%s",
                      log_quote(pipeline->vcenter));
}

static int take(void *ctx, const struct sample_block *blocks, size_t nblocks,
                const struct mark *marks, size_t nmarks)
{
    struct pipeline *pipeline = ctx;
    struct journal_error err = {.message = "out of memory for a batch of rows"};
    pipeline->findings = (struct layer_findings){.explain = explain, .ctx = pipeline};
    struct row_batch batch;
    row_batch_init(&batch);
    for (size_t i = 0; i < nblocks; i++)
        layers_rows(&blocks[i], &pipeline->layers, &batch, &pipeline->findings);
    int result = -1;
    if (row_batch_ok(&batch))
        result = journal_commit(pipeline->journal, &batch, marks, nmarks, &err);
    row_batch_free(&batch);
    if (result < 0) {
        complain(&pipeline->keeping, LOG_ERROR, "journal", "commit_failed", "vcenter=%s message=%s",
                 log_quote(pipeline->vcenter), log_quote(err.message));
        return -1;
    }
    complain_over(&pipeline->keeping, "journal", "commits_again", "vcenter=%s",
                  log_quote(pipeline->vcenter));
    count(pipeline);
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
    return (struct sample_sink){.ctx = pipeline, .take = take, .mark = mark};
}
