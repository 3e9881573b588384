/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "base/caps.h"
#include "layers/cpu_model.h"

enum { AGGREGATE = -1, FOREIGN = -2 }; /* beside vCPU numbers; foreign: "$cpu", "cpu0", "007" */

static int instance_of(const char *text)
{
    int n = 0;
    if (!*text)
        return AGGREGATE;
    if (text[0] == '0' && text[1])
        return FOREIGN;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return FOREIGN;
        n = n * 10 + (*text - '0');
        if (n >= CAP_VCPUS)
            return FOREIGN;
    }
    return n;
}

/* Any of the states shows a vCPU: where a server has lost the series of one, the sums over the
 * others must not pass for those of the VM. */
static bool shows_vcpus(enum counter counter)
{
    return counter >= CPU_RUN && counter <= CPU_WAIT;
}

unsigned cpu_index_vcpus(const struct sample_block *block)
{
    int highest = AGGREGATE;
    for (size_t i = 0; i < block->nseries; i++) {
        const struct sample_series *series = &block->series[i];
        if (!shows_vcpus(series->counter))
            continue;
        int vcpu = instance_of(series->instance);
        if (vcpu > highest)
            highest = vcpu;
    }
    return (unsigned)(highest + 1);
}

void cpu_index_fill(struct cpu_index *index, const struct sample_block *block)
{
    for (size_t i = 0; i < block->nseries; i++) {
        const struct sample_series *series = &block->series[i];
        int vcpu = instance_of(series->instance);
        if ((unsigned)series->counter >= CPU_COUNTERS || vcpu == FOREIGN)
            continue;
        index->offered[series->counter] = true;
        if (vcpu < (int)index->vcpus && !index->at[vcpu + 1][series->counter])
            index->at[vcpu + 1][series->counter] = series->values;
    }
}

static void load_scope(const int64_t *const at[CPU_COUNTERS], size_t t, struct cpu_state *ret)
{
    for (int c = 0; c < CPU_COUNTERS; c++) {
        int64_t value = at[c] ? at[c][t] : SAMPLE_MISSING;
        ret->of[c] = value >= 0 && value <= CPU_VALUE_MAX ? value : SAMPLE_MISSING;
    }
}

/* The sum over n vCPUs, or SAMPLE_MISSING if one of them has no value. */
static int64_t sum_of(const struct cpu_state *vcpu, unsigned n, int counter)
{
    int64_t sum = n ? 0 : SAMPLE_MISSING;
    for (unsigned i = 0; i < n; i++) {
        if (vcpu[i].of[counter] < 0)
            return SAMPLE_MISSING;
        sum += vcpu[i].of[counter];
    }
    return sum;
}

/* The counters whose aggregate is the sum over the vCPUs and nothing else. That of used and
 * usagemhz holds the VM's other worlds too; the rest are no sums. */
static const bool aggregate_is_sum[CPU_COUNTERS] = {
    [CPU_RUN] = true,      [CPU_READY] = true,      [CPU_COSTOP] = true,
    [CPU_WAIT] = true,     [CPU_IDLE] = true,       [CPU_OVERLAP] = true,
    [CPU_SWAPWAIT] = true, [CPU_MAXLIMITED] = true, [CPU_SYSTEM] = true,
};

static bool has_states(const struct cpu_state *state)
{
    bool any = false;
    for (enum counter c = CPU_RUN; c <= CPU_WAIT; c++)
        any = any || state->of[c] >= 0;
    return any;
}

/* Whether the VM's own counters say that n vCPUs were all there were: I1 with n. */
static bool was_of(const struct cpu_state *aggregate, unsigned n, int32_t interval_s)
{
    const int64_t whole = (int64_t)n * interval_s * 1000;
    int64_t sum = 0;
    for (enum counter c = CPU_RUN; c <= CPU_WAIT; c++) {
        if (aggregate->of[c] < 0)
            return false;
        sum += aggregate->of[c];
    }
    const int64_t off = sum > whole ? sum - whole : whole - sum;
    return n && interval_s > 0 && interval_s <= CPU_INTERVAL_MAX_S && off * 1000 <= whole;
}

/* A vCPU that was added within the block has no states before; one whose states are missing at a
 * time when it was there leaves a hole in the VM's own counters. */
static unsigned vcpus_then(const struct cpu_index *index, const struct cpu_state *aggregate,
                           const struct cpu_state *vcpu, int32_t interval_s)
{
    unsigned n = index->vcpus;
    while (n && !has_states(&vcpu[n - 1]))
        n--;
    return was_of(aggregate, n, interval_s) ? n : index->vcpus;
}

unsigned cpu_index_load(const struct cpu_index *index, size_t t, int32_t interval_s,
                        struct cpu_state *states)
{
    struct cpu_state *vm = &states[0], *aggregate = &states[1], *vcpu = &states[2];
    load_scope((const int64_t *const *)index->at[0], t, aggregate);
    for (unsigned i = 0; i < index->vcpus; i++)
        load_scope((const int64_t *const *)index->at[i + 1], t, &vcpu[i]);
    const unsigned n = vcpus_then(index, aggregate, vcpu, interval_s);
    for (int c = 0; c < CPU_COUNTERS; c++) {
        vm->of[c] = sum_of(vcpu, n, c);
        if (vm->of[c] < 0 && aggregate_is_sum[c])
            vm->of[c] = aggregate->of[c];
    }
    return n;
}
