/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "layers/host_model.h"

#include "layers/findings.h"

enum { KB = 1024, INTERVAL_MAX_S = 86400, POLICY_NOT_KNOWN = 0, POLICY_LAST = 4 };

/* Larger values are no sample: 1024 TB in KB, days of thousands of vCPUs in ms. No product below
 * can overflow, and memory in bytes is exact in a double. */
#define VALUE_MAX ((int64_t)1 << 40)

/* The quantities that are a counter as it came, and those that are a time of the interval. */
static const struct {
    enum quantity quantity;
    enum counter counter;
    bool is_time;
} counted[] = {
    {Q_HOST_CORE_UTILIZATION, HOST_CORE_UTILIZATION, false},
    {Q_HOST_UTILIZATION, HOST_UTILIZATION, false},
    {Q_HOST_USAGE, CPU_USAGE, false},
    {Q_HOST_USAGEMHZ, CPU_USAGEMHZ, false},
    {Q_HOST_READY, CPU_READY, true},
    {Q_HOST_COSTOP, CPU_COSTOP, true},
    {Q_HOST_LATENCY, CPU_LATENCY, false},
    {Q_HOST_MEM_CONSUMED, MEM_CONSUMED, false},
    {Q_HOST_MEM_BALLOONED, MEM_VMMEMCTL, false},
    {Q_HOST_MEM_SWAPPED, HOST_SWAPUSED, false},
    {Q_HOST_MEM_COMPRESSED, MEM_COMPRESSED, false},
    {Q_HOST_MEM_SWAPIN, MEM_SWAPINRATE, false},
    {Q_HOST_MEM_SWAPOUT, MEM_SWAPOUTRATE, false},
    {Q_HOST_MEM_STATE, HOST_MEM_STATE, false},
    {Q_HOST_MEM_LATENCY, MEM_LATENCY, false},
};
enum { COUNTED = sizeof counted / sizeof *counted };

/* The values of a counter of the host as a whole, or NULL: it is not offered. */
static const int64_t *series_of(const struct sample_block *block, enum counter counter)
{
    for (size_t i = 0; i < block->nseries; i++)
        if (block->series[i].counter == counter && !*block->series[i].instance)
            return block->series[i].values;
    return NULL;
}

/* Milliseconds of the interval as a share of one thread's time, to the nearest tick. */
static int64_t share(int64_t ms, int32_t interval_s)
{
    return (ms * (RATIO_SCALE / 1000) + interval_s / 2) / interval_s;
}

/* What the counters say; the reason why it is not all. */
static enum reason put_counted(const struct sample_block *block, size_t t, struct totals *totals)
{
    const int32_t interval_s = block->intervals[t];
    const bool timed = interval_s > 0 && interval_s <= INTERVAL_MAX_S;
    size_t known = 0, offered = 0;
    for (size_t i = 0; i < COUNTED; i++) {
        const int64_t *values = series_of(block, counted[i].counter);
        offered += values != NULL;
        if (!values || values[t] < 0 || values[t] > VALUE_MAX || (counted[i].is_time && !timed))
            continue;
        known++;
        put_total(totals, counted[i].quantity,
                  counted[i].is_time ? share(values[t], interval_s) : values[t]);
    }
    if (known == COUNTED)
        return REASON_OK;
    if (known)
        return REASON_PART_MISSING;
    return offered ? REASON_MISSING_SAMPLE : REASON_COUNTER_NOT_OFFERED;
}

static int64_t policy(int code)
{
    return code >= POLICY_NOT_KNOWN && code <= POLICY_LAST ? code : POLICY_NOT_KNOWN;
}

static void put_inventory(const struct sample_block *block, struct totals *totals)
{
    const struct host_facts *host = &block->host;
    const int64_t size = block->memory_bytes / KB;
    if (host->threads > 0)
        put_total(totals, Q_HOST_THREADS, host->threads);
    if (host->cores > 0)
        put_total(totals, Q_HOST_CORES, host->cores);
    if (host->vms >= 0)
        put_total(totals, Q_HOST_VMS, host->vms);
    if (host->vcpus >= 0)
        put_total(totals, Q_HOST_VCPUS, host->vcpus);
    if (host->threads > 0 && host->vcpus >= 0)
        put_total(totals, Q_HOST_VCPUS_PER_THREAD,
                  ((int64_t)host->vcpus * PERCENT_SCALE + host->threads / 2) / host->threads);
    put_total(totals, Q_HOST_POWER_POLICY, policy(host->power_policy));
    if (size > 0 && size <= VALUE_MAX)
        put_total(totals, Q_HOST_MEM_SIZE, size);
}

void host_layers(const struct sample_block *block, size_t t, struct row_batch *out)
{
    struct totals totals = {.known = {false}};
    put_inventory(block, &totals);
    put_total(&totals, Q_HOST_STATUS, put_counted(block, t, &totals));
    for (enum quantity q = Q_HOST_CORE_UTILIZATION; q <= Q_HOST_STATUS; q++)
        if (totals.known[q])
            row_batch_value(out, q, FORM_TOTAL, 0, totals.ticks[q]);
}
