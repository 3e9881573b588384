/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "layers/cpu_model.h"

#define BIT(part) (1u << (part))

static void put(struct cpu_parts *parts, enum cpu_part part, int64_t ms)
{
    parts->ms[part] = ms;
    parts->known |= BIT(part);
}

static int64_t at_least_0(int64_t ms)
{
    return ms > 0 ? ms : 0;
}

/* The parts of run and ready. */
static void scheduling(const int64_t *of, struct cpu_parts *ret)
{
    put(ret, PART_COSTOP, of[CPU_COSTOP]);
    if (of[CPU_MAXLIMITED] >= 0) {
        put(ret, PART_READY, at_least_0(of[CPU_READY] - of[CPU_MAXLIMITED]));
        put(ret, PART_LIMIT, of[CPU_MAXLIMITED]);
    }
    if (of[CPU_OVERLAP] < 0)
        return;
    put(ret, PART_OVERLAP, of[CPU_OVERLAP]);
    put(ret, PART_GUEST_RUN, at_least_0(of[CPU_RUN] - of[CPU_OVERLAP]));
    put(ret, PART_UNMET_SCHED, of[CPU_READY] + of[CPU_COSTOP] + of[CPU_OVERLAP]);
    if (of[CPU_USED] >= 0)
        put(ret, PART_EFFICIENCY_LOSS, of[CPU_RUN] - of[CPU_OVERLAP] - of[CPU_USED]);
}

/* The parts of wait. Swap wait and other wait together need no swap wait counter. */
static void waiting(const int64_t *of, const struct layer_options *options, struct cpu_parts *ret)
{
    const bool idle = of[CPU_IDLE] >= 0, swap = of[CPU_SWAPWAIT] >= 0;
    int64_t both = idle ? at_least_0(of[CPU_WAIT] - of[CPU_IDLE]) : 0;
    int64_t other = swap ? at_least_0(of[CPU_WAIT] - of[CPU_IDLE] - of[CPU_SWAPWAIT]) : 0;
    if (idle)
        put(ret, PART_IDLE, of[CPU_IDLE]);
    if (swap)
        put(ret, PART_SWAPWAIT, of[CPU_SWAPWAIT]);
    if (idle && swap)
        put(ret, PART_OTHERWAIT, other);
    if (!options->other_wait_is_unmet && swap)
        put(ret, PART_UNMET_WAIT, of[CPU_SWAPWAIT]);
    else if (options->other_wait_is_unmet && idle)
        put(ret, PART_UNMET_WAIT, swap ? of[CPU_SWAPWAIT] + other : both);
}

void cpu_parts_of(const struct cpu_state *state, const struct layer_options *options,
                  struct cpu_parts *ret)
{
    const unsigned unmet = BIT(PART_UNMET_SCHED) | BIT(PART_UNMET_WAIT);
    ret->known = 0;
    scheduling(state->of, ret);
    waiting(state->of, options, ret);
    if ((ret->known & unmet) == unmet)
        put(ret, PART_UNMET, ret->ms[PART_UNMET_SCHED] + ret->ms[PART_UNMET_WAIT]);
}

static void add_up(const struct cpu_parts *parts, unsigned n, enum cpu_part part,
                   struct cpu_parts *vm)
{
    int64_t sum = 0;
    for (unsigned i = 0; i < n; i++)
        sum += parts[i].ms[part];
    put(vm, part, sum);
}

/* Overlap that is not known stays inside guest run, rather than taking layer B away. */
static void guest_run_with_overlap(const struct cpu_row *row, struct cpu_parts *parts,
                                   struct cpu_parts *vm)
{
    for (unsigned i = 0; i < row->vcpus; i++)
        if (!(parts[i].known & BIT(PART_GUEST_RUN)))
            put(&parts[i], PART_GUEST_RUN, row->vcpu[i].of[CPU_RUN]);
    if (vm->known & BIT(PART_GUEST_RUN))
        return;
    if (row->vcpus)
        add_up(parts, row->vcpus, PART_GUEST_RUN, vm);
    else
        put(vm, PART_GUEST_RUN, row->vm->of[CPU_RUN]);
}

void cpu_parts_all(const struct cpu_row *row, const struct layer_options *options,
                   struct cpu_parts *parts, struct cpu_parts *ret_vm, unsigned *ret_common)
{
    cpu_parts_of(row->vm, options, ret_vm);
    unsigned common = row->vcpus ? ~0u : ret_vm->known;
    for (unsigned i = 0; i < row->vcpus; i++) {
        cpu_parts_of(&row->vcpu[i], options, &parts[i]);
        common &= parts[i].known;
    }
    for (enum cpu_part part = 0; row->vcpus && part < PART_COUNT; part++)
        if (common & BIT(part))
            add_up(parts, row->vcpus, part, ret_vm);
    guest_run_with_overlap(row, parts, ret_vm);
    *ret_common = common;
}
