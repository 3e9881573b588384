/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "layers/memory_model.h"

#include "layers/guest_model.h"

enum { TOLERANCE = 1000, KB = 1024, TERMS = 4, VM = -1 };

/* The quantities that are a counter as it came. */
static const struct {
    enum quantity quantity;
    enum counter counter;
} plain[] = {
    {Q_MEM_GRANTED, MEM_GRANTED},
    {Q_MEM_OVERHEAD, MEM_OVERHEAD},
    {Q_MEM_BALLOONED, MEM_VMMEMCTL},
    {Q_MEM_SWAPPED, MEM_SWAPPED},
    {Q_MEM_COMPRESSED, MEM_COMPRESSED},
    {Q_MEM_ACTIVE, MEM_ACTIVE},
    {Q_MEM_CONSUMED, MEM_CONSUMED},
    {Q_MEM_SHARED, MEM_SHARED},
    {Q_MEM_HOST_CACHE, MEM_LLSWAPUSED},
    {Q_MEM_SWAPIN, MEM_SWAPINRATE},
    {Q_MEM_DECOMPRESSION, MEM_DECOMPRESSIONRATE},
    {Q_MEM_HOST_CACHE_IN, MEM_LLSWAPINRATE},
    {Q_MEM_SWAPOUT, MEM_SWAPOUTRATE},
    {Q_MEM_COMPRESSION, MEM_COMPRESSIONRATE},
    {Q_MEM_CONTENTION, MEM_LATENCY},
    {Q_MEM_COUNTER_USAGE, MEM_USAGE},
};

struct terms {
    size_t n;
    enum counter counter[TERMS];
};

/* The totals: known where each of their terms is. */
static const struct {
    enum quantity quantity;
    struct terms terms;
} sums[] = {
    {Q_MEM_UNMET_SPACE, {3, {MEM_VMMEMCTL, MEM_SWAPPED, MEM_COMPRESSED}}},
    {Q_MEM_FOOTPRINT, {2, {MEM_CONSUMED, MEM_OVERHEAD}}},
    {Q_MEM_UNMET_RATE, {2, {MEM_SWAPINRATE, MEM_DECOMPRESSIONRATE}}},
};

/* What the configured memory is made of, beside the untouched rest. */
static const struct terms spaces = {4, {MEM_GRANTED, MEM_VMMEMCTL, MEM_SWAPPED, MEM_COMPRESSED}};

static const enum counter unmet_parts[] = {MEM_VMMEMCTL,   MEM_SWAPPED,           MEM_COMPRESSED,
                                           MEM_SWAPINRATE, MEM_DECOMPRESSIONRATE, MEM_LATENCY};
enum { UNMET_PARTS = sizeof unmet_parts / sizeof *unmet_parts };

void memory_index_fill(struct memory_index *index, const struct sample_block *block)
{
    *index = (struct memory_index){.offered = false};
    for (size_t i = 0; i < block->nseries; i++) {
        const struct sample_series *series = &block->series[i];
        if (series->counter > MEM_USAGE || series->counter < MEM_GRANTED || *series->instance ||
            index->at[series->counter])
            continue;
        index->at[series->counter] = series->values;
        index->offered = true;
    }
}

void memory_index_load(const struct memory_index *index, const struct sample_block *block, size_t t,
                       struct memory_row *ret)
{
    ret->entity = block->entity;
    ret->time = block->times[t];
    ret->queue = guest_reason(block, t, GUEST_MEM);
    int64_t configured = block->memory_bytes / KB;
    ret->configured = configured > 0 && configured <= MEMORY_VALUE_MAX ? configured : 0;
    for (int c = 0; c < COUNTER_COUNT; c++) {
        int64_t value = index->at[c] ? index->at[c][t] : SAMPLE_MISSING;
        ret->of[c] = value >= 0 && value <= MEMORY_VALUE_MAX ? value : SAMPLE_MISSING;
    }
}

/* The sum of the terms that are known; true if all of them are. */
static bool add_up(const struct memory_row *row, const struct terms *terms, int64_t *ret)
{
    bool all = true;
    *ret = 0;
    for (size_t i = 0; i < terms->n; i++) {
        int64_t value = row->of[terms->counter[i]];
        all = all && value >= 0;
        *ret += value >= 0 ? value : 0;
    }
    return all;
}

/* I16. A sum that is too large without its missing terms is too large with them. */
static bool spaces_exceed(const struct memory_row *row, int64_t sum,
                          struct layer_findings *findings)
{
    int64_t over = sum - row->configured;
    if (over * TOLERANCE <= row->configured)
        return false;
    findings_tell(findings, &(struct layer_refusal){
                                .entity = row->entity,
                                .time = row->time,
                                .identity = IDENTITY_I16,
                                .vcpu = VM,
                                .got = sum,
                                .want = row->configured,
                            });
    return true;
}

/* Configured and what is left of it; false if I16 is broken. */
static bool space(const struct memory_row *row, struct totals *totals,
                  struct layer_findings *findings)
{
    if (!row->configured)
        return true;
    int64_t sum;
    bool all = add_up(row, &spaces, &sum);
    put_total(totals, Q_MEM_CONFIGURED, row->configured);
    if (all)
        put_total(totals, Q_MEM_UNTOUCHED, sum < row->configured ? row->configured - sum : 0);
    return !spaces_exceed(row, sum, findings);
}

/* The status of a layer by the counters that it is made of. */
static enum reason status_of(const struct memory_row *row, const struct memory_index *index,
                             const enum counter *counters, size_t n)
{
    size_t known = 0, offered = 0;
    for (size_t i = 0; i < n; i++) {
        known += row->of[counters[i]] >= 0;
        offered += index->at[counters[i]] != NULL;
    }
    if (known == n)
        return REASON_OK;
    if (known)
        return REASON_PART_MISSING;
    return offered ? REASON_MISSING_SAMPLE : REASON_COUNTER_NOT_OFFERED;
}

static void statuses(const struct memory_row *row, const struct memory_index *index, bool fits,
                     struct totals *totals)
{
    enum reason usage = status_of(row, index, &(enum counter){MEM_GRANTED}, 1);
    enum reason unmet = status_of(row, index, unmet_parts, UNMET_PARTS);
    if (!fits && reason_info(usage)->status != STATUS_UNAVAILABLE)
        usage = REASON_SPACES_EXCEED;
    if (!fits && reason_info(unmet)->status != STATUS_UNAVAILABLE)
        unmet = REASON_SPACES_EXCEED;
    bool asked = index->offered || row->queue != REASON_NO_GUEST_SOURCE;
    put_total(totals, Q_MEM_STATUS_QUEUE, asked ? row->queue : REASON_COUNTER_NOT_OFFERED);
    put_total(totals, Q_MEM_STATUS_USAGE, usage);
    put_total(totals, Q_MEM_STATUS_OVERHEAD,
              status_of(row, index, &(enum counter){MEM_OVERHEAD}, 1));
    put_total(totals, Q_MEM_STATUS_UNMET, unmet);
}

void memory_layers(const struct memory_row *row, const struct memory_index *index,
                   struct row_batch *out, struct layer_findings *findings)
{
    struct totals totals = {.known = {false}};
    bool fits = space(row, &totals, findings);
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (row->of[plain[i].counter] >= 0)
            put_total(&totals, plain[i].quantity, row->of[plain[i].counter]);
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++) {
        int64_t sum;
        if (add_up(row, &sums[i].terms, &sum))
            put_total(&totals, sums[i].quantity, sum);
    }
    statuses(row, index, fits, &totals);
    for (enum quantity q = Q_MEM_CONFIGURED; q <= Q_MEM_STATUS_UNMET; q++)
        if (totals.known[q])
            row_batch_value(out, q, FORM_TOTAL, 0, totals.ticks[q]);
}
