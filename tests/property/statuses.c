/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "statuses.h"

#include <string.h>

enum { A, B, C, D };
enum { MAY_HIDE = 16 };
#define PLACE(resource, layer) (VERDICT_LAYERS * VERDICT_##resource + (layer))

/* ---- what the block has at a time ---- */

struct got { /* of a counter */
    bool offered, aggregate;
    int instances; /* with a value; those of other things than the VM's own not among them */
};

/* "4000" and "scsi0:0", but not "vmnic0". */
static bool is_own(const char *instance)
{
    return strncmp(instance, "vmnic", 5) != 0;
}

static struct got get(const struct sample_block *block, size_t t, enum counter counter)
{
    struct got got = {.offered = false};
    for (size_t i = 0; i < block->nseries; i++) {
        const struct sample_series *series = &block->series[i];
        if (series->counter != counter || !is_own(series->instance))
            continue;
        got.offered = true;
        if (series->values[t] < 0)
            continue;
        if (!*series->instance)
            got.aggregate = true;
        else
            got.instances++;
    }
    return got;
}

/* ---- with holes ---- */

struct inputs { /* of a layer */
    const struct sample_block *block;
    size_t t;
    int instances; /* that each counter should have; 0 = an aggregate */
    bool or_aggregate;
    bool all, some, offered;
};

static void look(struct inputs *in, enum counter counter)
{
    const struct got got = get(in->block, in->t, counter);
    const bool whole = in->instances ? got.instances == in->instances : got.aggregate;
    in->all = in->all && whole;
    in->some = in->some || whole || got.instances || (in->or_aggregate && got.aggregate);
    in->offered = in->offered || got.offered;
}

static enum reason reason_of(const struct inputs *in)
{
    if (in->all)
        return REASON_OK;
    if (in->some)
        return REASON_PART_MISSING;
    return in->offered ? REASON_MISSING_SAMPLE : REASON_COUNTER_NOT_OFFERED;
}

static enum reason by_counters(const struct sample_block *block, size_t t, int instances,
                               const enum counter *counters, size_t n)
{
    struct inputs in = {.block = block, .t = t, .instances = instances, .all = true};
    for (size_t i = 0; i < n; i++)
        look(&in, counters[i]);
    return reason_of(&in);
}

#define BY_COUNTERS(block, t, instances, ...)                       \
    by_counters(block, t, instances, (enum counter[]){__VA_ARGS__}, \
                sizeof((enum counter[]){__VA_ARGS__}) / sizeof(enum counter))

/* Each state of each vCPU is needed; without it there is no row of the CPU. */
static enum reason cpu_is_refused(const struct sample_block *block, size_t t, int vcpus)
{
    static const enum counter needed[] = {CPU_RUN, CPU_READY, CPU_COSTOP, CPU_WAIT};
    enum reason reason = REASON_OK;
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        const struct got got = get(block, t, needed[i]);
        if (!got.offered)
            return REASON_COUNTER_NOT_OFFERED;
        if (got.instances < vcpus)
            reason = REASON_MISSING_SAMPLE;
    }
    return reason;
}

static enum reason cpu_overhead(const struct sample_block *block, size_t t, int vcpus)
{
    const struct got system = get(block, t, CPU_SYSTEM), used = get(block, t, CPU_USED);
    const struct got mhz = get(block, t, CPU_USAGEMHZ);
    const bool by_used = used.aggregate && used.instances == vcpus;
    const bool by_mhz = mhz.aggregate && mhz.instances == vcpus;
    if (system.aggregate)
        return by_used ? REASON_OK : by_mhz ? REASON_FREQUENCY_ESTIMATE : REASON_SYSTEM_ONLY;
    if (by_used || by_mhz)
        return REASON_PART_MISSING;
    return system.offered ? REASON_MISSING_SAMPLE : REASON_COUNTER_NOT_OFFERED;
}

static enum reason at_worst_part(enum reason reason)
{
    return reason == REASON_OK ? REASON_OK : REASON_PART_MISSING;
}

static void cpu_with_holes(const struct sample_block *block, size_t t, int vcpus,
                           struct statuses *ret)
{
    const enum reason refused = cpu_is_refused(block, t, vcpus);
    enum reason *of = &ret->of[PLACE(CPU, A)];
    of[B] = of[C] = of[D] = refused;
    if (refused != REASON_OK)
        return;
    of[B] = at_worst_part(BY_COUNTERS(block, t, vcpus, CPU_OVERLAP));
    of[C] = cpu_overhead(block, t, vcpus);
    of[D] = at_worst_part(
        BY_COUNTERS(block, t, vcpus, CPU_OVERLAP, CPU_MAXLIMITED, CPU_SWAPWAIT, CPU_IDLE));
}

static void memory_with_holes(const struct sample_block *block, size_t t, struct statuses *ret)
{
    ret->of[PLACE(MEM, B)] = BY_COUNTERS(block, t, 0, MEM_GRANTED);
    ret->of[PLACE(MEM, C)] = BY_COUNTERS(block, t, 0, MEM_OVERHEAD);
    ret->of[PLACE(MEM, D)] = BY_COUNTERS(block, t, 0, MEM_VMMEMCTL, MEM_SWAPPED, MEM_COMPRESSED,
                                         MEM_SWAPINRATE, MEM_DECOMPRESSIONRATE, MEM_LATENCY);
}

/* A device without a sample of any of its counters is not there for the model, as one that was not
 * added yet: with holes that may be wrong, and nobody could tell. */
static int seen(const struct sample_block *block, size_t t, enum counter first, enum counter last)
{
    const char *names[MAY_HIDE] = {NULL};
    int n = 0;
    for (size_t i = 0; i < block->nseries && n < MAY_HIDE; i++) {
        const struct sample_series *series = &block->series[i];
        if (series->counter < first || series->counter > last || series->values[t] < 0 ||
            !*series->instance || !is_own(series->instance))
            continue;
        int at = 0;
        while (at < n && strcmp(names[at], series->instance) != 0)
            at++;
        names[at] = series->instance;
        n += at == n;
    }
    return n;
}

bool statuses_disk_hidden(const struct sample_block *block, size_t t,
                          const struct sim_moment *moment)
{
    return seen(block, t, DISK_READS, DISK_RESETS) < moment->disks ||
           seen(block, t, DISK_DATASTORE_READS, DISK_DATASTORE_WRITES) < moment->datastores;
}

bool statuses_nic_hidden(const struct sample_block *block, size_t t,
                         const struct sim_moment *moment)
{
    return seen(block, t, NET_RECEIVED, NET_PNIC_TX) < moment->nics;
}

static void devices_with_holes(const struct sample_block *block, size_t t,
                               const struct sim_moment *moment, struct statuses *ret)
{
    static const enum counter disk[] = {DISK_READS, DISK_WRITES, DISK_READ_RATE, DISK_WRITE_RATE};
    static const enum counter net[] = {NET_RECEIVED, NET_TRANSMITTED, NET_PACKETS_RX,
                                       NET_PACKETS_TX};
    const struct inputs none = {.block = block, .t = t, .or_aggregate = true, .all = true};
    struct inputs disks = none, nics = none, drops = none;
    disks.instances = moment->disks;
    nics.instances = drops.instances = moment->nics;
    for (size_t i = 0; i < sizeof disk / sizeof *disk; i++)
        look(&disks, disk[i]);
    for (size_t i = 0; i < sizeof net / sizeof *net; i++)
        look(&nics, net[i]);
    look(&drops, NET_DROPPED_TX);
    ret->of[PLACE(DISK, B)] = reason_of(&disks);
    ret->of[PLACE(NET, B)] = reason_of(&nics);
    ret->of[PLACE(NET, D)] = reason_of(&drops);
    ret->free[PLACE(DISK, C)] = ret->free[PLACE(DISK, D)] = true;
    ret->free[PLACE(DISK, B)] = statuses_disk_hidden(block, t, moment);
    ret->free[PLACE(NET, B)] = ret->free[PLACE(NET, D)] = statuses_nic_hidden(block, t, moment);
}

/* ---- all ---- */

/* What is behind the disks hides a part of what snapshots cost, or the host's swapping is in it. */
static enum reason snapshots(const struct sim_moment *moment)
{
    if (moment->raw && moment->files)
        return REASON_BACKING;
    if (moment->swaps)
        return REASON_SWAP_IO;
    if (moment->raw)
        return REASON_RAW_MAPPING;
    return moment->files ? REASON_FILE_STORAGE : REASON_OK;
}

static void queues(const struct feed *feed, const struct hearing *hearing, struct statuses *ret)
{
    enum reason said = hearing->report == SIM_NO_REPORT ? hearing->none : REASON_GUEST_VARIABLE;
    for (int place = 0; place < VERDICT_PLACES; place += VERDICT_LAYERS)
        ret->of[place] = said;
    if (!feed->counters->guest)
        return;
    ret->of[PLACE(CPU, A)] = ret->of[PLACE(MEM, A)] = ret->of[PLACE(DISK, A)] =
        REASON_GUEST_COUNTERS;
}

void statuses_expected(const struct feed *feed, const struct sample_block *block, size_t t,
                       const struct sim_moment *moment, const struct hearing *hearing,
                       struct statuses *ret)
{
    *ret = (struct statuses){.of = {REASON_OK}};
    queues(feed, hearing, ret);
    ret->of[PLACE(NET, C)] = REASON_NO_COUNTER;
    ret->of[PLACE(DISK, C)] = snapshots(moment);
    if (!feed->facts.has_holes)
        return;
    cpu_with_holes(block, t, moment->vcpus, ret);
    memory_with_holes(block, t, ret);
    devices_with_holes(block, t, moment, ret);
}
