/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The CPU layers of a VM: the way of a block through index, checks and parts into rows.
 */
#include <stdlib.h>
#include <string.h>

#include "layers/cpu_model.h"
#include "layers/guest_model.h"

#define BIT(part) (1u << (part))

/* The quantities of this model stand together in the catalogue. */
#define CPU_FIRST Q_CPU_COUNT
#define CPU_LAST Q_CPU_STATUS_UNMET

enum { NO_PART = -1 };

/* Which part a quantity publishes; also says that it has a worst, a spread and vCPUs. */
static int part_of(enum quantity quantity)
{
    static const signed char parts[CPU_LAST + 1] = {
        [Q_CPU_GUEST_RUN] = 1 + PART_GUEST_RUN,
        [Q_CPU_READY] = 1 + PART_READY,
        [Q_CPU_LIMIT] = 1 + PART_LIMIT,
        [Q_CPU_COSTOP] = 1 + PART_COSTOP,
        [Q_CPU_OVERLAP] = 1 + PART_OVERLAP,
        [Q_CPU_SWAPWAIT] = 1 + PART_SWAPWAIT,
        [Q_CPU_OTHERWAIT] = 1 + PART_OTHERWAIT,
        [Q_CPU_IDLE] = 1 + PART_IDLE,
        [Q_CPU_UNMET_SCHED] = 1 + PART_UNMET_SCHED,
        [Q_CPU_UNMET_WAIT] = 1 + PART_UNMET_WAIT,
        [Q_CPU_UNMET] = 1 + PART_UNMET,
        [Q_CPU_EFFICIENCY_LOSS] = 1 + PART_EFFICIENCY_LOSS,
    };
    return parts[quantity] - 1;
}

/* The check values that are a counter of the VM as it came. */
static const struct {
    enum quantity quantity;
    enum counter counter;
} plain[] = {
    {Q_CPU_COUNTER_USAGE, CPU_USAGE},         {Q_CPU_COUNTER_LATENCY, CPU_LATENCY},
    {Q_CPU_COUNTER_READINESS, CPU_READINESS}, {Q_CPU_COUNTER_USAGEMHZ, CPU_USAGEMHZ},
    {Q_CPU_COUNTER_DEMAND, CPU_DEMAND},       {Q_CPU_COUNTER_ENTITLEMENT, CPU_ENTITLEMENT},
};

static int64_t divided(int64_t a, int64_t b)
{
    return (a < 0 ? a - b / 2 : a + b / 2) / b;
}

/* Milliseconds of the interval as a share of one vCPU. */
static int64_t share(const struct cpu_row *row, int64_t ms)
{
    const int32_t seconds = RATIO_SCALE / 1000;
    return row->interval_s == seconds ? ms : divided(ms * seconds, row->interval_s);
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void estimates(const struct cpu_row *row, struct totals *totals)
{
    const int64_t *vm = row->vm->of, *aggregate = row->aggregate->of;
    if (vm[CPU_USED] >= 0 && aggregate[CPU_USED] >= 0)
        put_total(totals, Q_CPU_WORLDS_USED,
                  share(row, larger(0, aggregate[CPU_USED] - vm[CPU_USED])));
    if (row->host_mhz <= 0 || aggregate[CPU_USAGEMHZ] < 0)
        return;
    if (vm[CPU_USAGEMHZ] >= 0)
        put_total(totals, Q_CPU_WORLDS_MHZ,
                  divided(larger(0, aggregate[CPU_USAGEMHZ] - vm[CPU_USAGEMHZ]) * RATIO_SCALE,
                          row->host_mhz));
    if (aggregate[CPU_USED] >= 0)
        put_total(totals, Q_CPU_KERNEL_GAP,
                  divided(aggregate[CPU_USAGEMHZ] * RATIO_SCALE, row->host_mhz) -
                      share(row, aggregate[CPU_USED]));
}

/* Layer C, and why it is what it is. */
static enum reason overhead(const struct cpu_row *row, const struct cpu_index *index,
                            struct totals *totals)
{
    const bool by_used = totals->known[Q_CPU_WORLDS_USED];
    const bool by_mhz = totals->known[Q_CPU_WORLDS_MHZ];
    const bool system = row->vm->of[CPU_SYSTEM] >= 0;
    int64_t estimate = totals->ticks[by_used ? Q_CPU_WORLDS_USED : Q_CPU_WORLDS_MHZ];
    if (system) {
        int64_t ticks = share(row, row->vm->of[CPU_SYSTEM]);
        put_total(totals, Q_CPU_SYSTEM, ticks);
        put_total(totals, Q_CPU_OVERHEAD, by_used || by_mhz ? larger(ticks, estimate) : ticks);
        if (!by_used && !by_mhz)
            return REASON_SYSTEM_ONLY;
        put_total(totals, Q_CPU_WORLDS, larger(0, estimate - ticks));
        return by_used ? REASON_OK : REASON_FREQUENCY_ESTIMATE;
    }
    if (by_used || by_mhz) {
        put_total(totals, Q_CPU_OVERHEAD, estimate);
        return REASON_PART_MISSING;
    }
    return index->offered[CPU_SYSTEM] ? REASON_MISSING_SAMPLE : REASON_COUNTER_NOT_OFFERED;
}

/* B + C and B + C + D. With overlap missing, B + D is still run + ready + co-stop + waits. */
static void sums(const struct cpu_row *row, const struct cpu_parts *vm, struct totals *totals)
{
    if (!totals->known[Q_CPU_OVERHEAD])
        return;
    const int64_t *of = row->vm->of, c = totals->ticks[Q_CPU_OVERHEAD];
    int64_t b = share(row, vm->ms[PART_GUEST_RUN]);
    put_total(totals, Q_CPU_VM_USAGE, b + c);
    if (vm->known & BIT(PART_UNMET))
        put_total(totals, Q_CPU_VM_DEMAND, b + c + share(row, vm->ms[PART_UNMET]));
    else if (vm->known & BIT(PART_UNMET_WAIT))
        put_total(
            totals, Q_CPU_VM_DEMAND,
            c + share(row, of[CPU_RUN] + of[CPU_READY] + of[CPU_COSTOP] + vm->ms[PART_UNMET_WAIT]));
}

/* The status of a layer made of parts, the gravest reason first. */
static enum reason status_of(const struct cpu_row *row, bool contradicts, unsigned common,
                             unsigned parts)
{
    if (contradicts)
        return REASON_PARTS_CONTRADICT;
    if ((common & parts) != parts)
        return REASON_PART_MISSING;
    return row->vcpus ? REASON_OK : REASON_NO_VCPU_INSTANCES;
}

static void write_vcpus(const struct cpu_row *row, const struct cpu_parts *parts,
                        enum quantity quantity, enum cpu_part part, struct row_batch *out)
{
    int64_t most = INT64_MIN, least = INT64_MAX;
    bool all = row->vcpus > 0;
    for (unsigned i = 0; i < row->vcpus; i++) {
        int64_t ms = parts[i].ms[part];
        all = all && parts[i].known & BIT(part);
        most = ms > most ? ms : most;
        least = ms < least ? ms : least;
    }
    if (all) {
        row_batch_value(out, quantity, FORM_WORST, 0, share(row, most));
        row_batch_value(out, quantity, FORM_SPREAD, 0, share(row, most - least));
    }
    for (unsigned i = 0; i < row->vcpus; i++)
        if (parts[i].known & BIT(part))
            row_batch_value(out, quantity, FORM_INSTANCE, i, share(row, parts[i].ms[part]));
}

/* Everything known, in catalogue order. */
static void write_row(const struct cpu_row *row, const struct cpu_parts *parts,
                      const struct totals *totals, struct row_batch *out)
{
    for (enum quantity quantity = CPU_FIRST; quantity <= CPU_LAST; quantity++) {
        int part = part_of(quantity);
        if (totals->known[quantity])
            row_batch_value(out, quantity, FORM_TOTAL, 0, totals->ticks[quantity]);
        if (part != NO_PART && parts)
            write_vcpus(row, parts, quantity, (enum cpu_part)part, out);
    }
}

static void put_status(struct totals *totals, enum reason queue, enum reason usage,
                       enum reason overhead, enum reason unmet)
{
    put_total(totals, Q_CPU_STATUS_QUEUE, queue);
    put_total(totals, Q_CPU_STATUS_USAGE, usage);
    put_total(totals, Q_CPU_STATUS_OVERHEAD, overhead);
    put_total(totals, Q_CPU_STATUS_UNMET, unmet);
}

static void layers_of(const struct cpu_row *row, struct cpu_scratch *scratch,
                      const struct layer_options *options, unsigned contradicts,
                      struct totals *totals)
{
    const unsigned d_parts = BIT(PART_READY) | BIT(PART_LIMIT) | BIT(PART_OVERLAP) |
                             BIT(PART_SWAPWAIT) | BIT(PART_OTHERWAIT);
    struct cpu_parts vm;
    unsigned common;
    cpu_parts_all(row, options, scratch->parts, &vm, &common);
    for (enum quantity quantity = CPU_FIRST; quantity <= CPU_LAST; quantity++) {
        int part = part_of(quantity);
        if (part != NO_PART && vm.known & BIT(part))
            put_total(totals, quantity, share(row, vm.ms[part]));
    }
    if (row->vcpus)
        put_total(totals, Q_CPU_COUNT, row->vcpus);
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (row->aggregate->of[plain[i].counter] >= 0)
            put_total(totals, plain[i].quantity, row->aggregate->of[plain[i].counter]);
    estimates(row, totals);
    enum reason c = overhead(row, &scratch->index, totals);
    sums(row, &vm, totals);
    put_status(totals, row->queue,
               status_of(row, contradicts & CONTRADICTS_USAGE, common, BIT(PART_OVERLAP)), c,
               status_of(row, contradicts & CONTRADICTS_UNMET, common, d_parts));
}

static void one_row(const struct cpu_row *row, struct cpu_scratch *scratch,
                    const struct layer_options *options, struct row_batch *out,
                    struct layer_findings *findings)
{
    struct totals totals = {.known = {false}};
    enum reason reason = cpu_check_needed(row, &scratch->index);
    if (reason != REASON_OK) {
        findings->incomplete++;
    } else if (!cpu_check_states(row, findings)) {
        findings->refused++;
        reason = REASON_STATES_DO_NOT_ADD_UP;
    }
    if (reason != REASON_OK) {
        put_status(&totals, row->queue, reason, reason, reason);
        write_row(row, NULL, &totals, out);
        return;
    }
    findings->rows++;
    layers_of(row, scratch, options, cpu_check_parts(row, findings), &totals);
    write_row(row, scratch->parts, &totals, out);
}

bool cpu_scratch_init(struct cpu_scratch *scratch, const struct sample_block *block)
{
    const unsigned n = cpu_index_vcpus(block);
    const size_t pointers = (n + 1) * sizeof *scratch->index.at;
    const size_t states = (n + 2) * sizeof *scratch->states;
    unsigned char *memory = malloc(pointers + states + (n + 1) * sizeof *scratch->parts);
    if (!memory)
        return false;
    memset(memory, 0, pointers);
    *scratch = (struct cpu_scratch){
        .index = {.vcpus = n, .at = (void *)memory},
        .states = (void *)(memory + pointers),
        .parts = (void *)(memory + pointers + states),
        .memory = memory,
    };
    cpu_index_fill(&scratch->index, block);
    return true;
}

void cpu_scratch_free(struct cpu_scratch *scratch)
{
    free(scratch->memory);
}

void cpu_layers(struct cpu_scratch *scratch, const struct sample_block *block, size_t t,
                const struct layer_options *options, struct row_batch *out,
                struct layer_findings *findings)
{
    const unsigned vcpus = cpu_index_load(&scratch->index, t, block->intervals[t], scratch->states);
    const struct cpu_row row = {
        .entity = block->entity,
        .time = block->times[t],
        .interval_s = block->intervals[t],
        .host_mhz = block->host_mhz,
        .vcpus = vcpus,
        .queue = guest_reason(block, t, GUEST_VCPUS),
        .vm = &scratch->states[0],
        .aggregate = &scratch->states[1],
        .vcpu = &scratch->states[2],
    };
    one_row(&row, scratch, options, out, findings);
}
