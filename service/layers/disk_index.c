/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "layers/disk_model.h"

#define BIT(value) (1u << (value))

enum { US_PER_MS = 1000 };

static const int64_t disk_limits[] = {
    [DISK_V_READS] = DISK_IOS_MAX,          [DISK_V_WRITES] = DISK_IOS_MAX,
    [DISK_V_READ_RATE] = DISK_VALUE_MAX,    [DISK_V_WRITE_RATE] = DISK_VALUE_MAX,
    [DISK_V_READ_US] = DISK_LATENCY_MAX,    [DISK_V_WRITE_US] = DISK_LATENCY_MAX,
    [DISK_V_READ_MS] = DISK_LATENCY_MS_MAX, [DISK_V_WRITE_MS] = DISK_LATENCY_MS_MAX,
    [DISK_V_READ_OIO] = DISK_VALUE_MAX,     [DISK_V_WRITE_OIO] = DISK_VALUE_MAX,
    [DISK_V_ABORTED] = DISK_VALUE_MAX,      [DISK_V_RESETS] = DISK_VALUE_MAX,
};

/* Only of throughput the server has an aggregate over the disks. */
static const struct device_counters disk_counters = {
    .kind = INSTANCE_DISK,
    .first = DISK_READS,
    .count = sizeof disk_limits / sizeof *disk_limits,
    .sums = BIT(DISK_V_READ_RATE) | BIT(DISK_V_WRITE_RATE),
    .limit = disk_limits,
};

static const int64_t datastore_limits[] = {
    [DISK_V_READS] = DISK_IOS_MAX,
    [DISK_V_WRITES] = DISK_IOS_MAX,
};

static const struct device_counters datastore_counters = {
    .kind = INSTANCE_NONE,
    .first = DISK_DATASTORE_READS,
    .count = sizeof datastore_limits / sizeof *datastore_limits,
    .limit = datastore_limits,
};

static const int64_t limits_of_vm[DISK_OF_VM] = {
    [DISK_VM_READ_RATE] = DISK_VALUE_MAX,
    [DISK_VM_WRITE_RATE] = DISK_VALUE_MAX,
    [DISK_VM_DEVICE_LATENCY] = DISK_LATENCY_MS_MAX,
    [DISK_VM_DATASTORE_LATENCY] = DISK_LATENCY_MS_MAX,
    [DISK_VM_SWAPIN] = INT64_MAX,
    [DISK_VM_SWAPOUT] = INT64_MAX,
};

/* The two directions of IO, by the values that they are made of. */
static const struct direction {
    unsigned char ios, us, ms, latency, time;
} directions[] = {
    {DISK_V_READS, DISK_V_READ_US, DISK_V_READ_MS, DISK_V_READ_LATENCY, DISK_V_READ_TIME},
    {DISK_V_WRITES, DISK_V_WRITE_US, DISK_V_WRITE_MS, DISK_V_WRITE_LATENCY, DISK_V_WRITE_TIME},
};
enum { DIRECTIONS = sizeof directions / sizeof *directions };

/* They stand in the order of the counters. */
static int place_of_vm(enum counter counter)
{
    if (counter >= DISK_DEVICE_READ_RATE && counter <= DISK_DATASTORE_LATENCY)
        return DISK_VM_READ_RATE + (int)counter - DISK_DEVICE_READ_RATE;
    if (counter == MEM_SWAPINRATE)
        return DISK_VM_SWAPIN;
    return counter == MEM_SWAPOUTRATE ? DISK_VM_SWAPOUT : DISK_OF_VM;
}

static bool of_disks(enum counter counter)
{
    return counter >= DISK_READS && counter <= DISK_DATASTORE_LATENCY;
}

bool disk_scratch_init(struct disk_scratch *scratch, const struct sample_block *block)
{
    *scratch = (struct disk_scratch){.offered = false};
    for (size_t i = 0; i < block->nseries; i++) {
        const struct sample_series *series = &block->series[i];
        const int place = place_of_vm(series->counter);
        scratch->offered = scratch->offered || of_disks(series->counter);
        if (place < DISK_OF_VM && !*series->instance && !scratch->at[place])
            scratch->at[place] = series->values;
    }
    if (!devices_init(&scratch->disks, &disk_counters, block) ||
        !devices_init(&scratch->datastores, &datastore_counters, block)) {
        disk_scratch_free(scratch);
        return false;
    }
    for (int i = 0; i < DIRECTIONS; i++) {
        const struct direction *d = &directions[i];
        bool *offered = scratch->disks.offered;
        offered[d->latency] = offered[d->time] = offered[d->us] || offered[d->ms];
    }
    return true;
}

void disk_scratch_free(struct disk_scratch *scratch)
{
    devices_free(&scratch->disks);
    devices_free(&scratch->datastores);
}

/* The latency of a direction of a disk, and the time that its IOs take. Without IOs that is none,
 * as long as the server tells latencies at all. */
static void load_latency(struct disk_scratch *scratch, struct device *disk,
                         const struct direction *d, struct disk_row *row)
{
    int64_t *of = disk->of;
    const bool by_ms = of[d->us] < 0 && of[d->ms] >= 0;
    of[d->latency] = by_ms ? of[d->ms] * US_PER_MS : of[d->us];
    of[d->time] = DEVICE_UNKNOWN;
    row->whole_ms = row->whole_ms || by_ms;
    if (of[d->ios] > 0 && of[d->latency] >= 0)
        of[d->time] = of[d->ios] * of[d->latency];
    else if (of[d->ios] == 0 && scratch->disks.offered[d->latency])
        of[d->time] = 0;
}

/* The mean over the disks in place of their sum. */
static void mean_latency(struct devices *disks, const struct direction *d)
{
    const int64_t ios = disks->total[d->ios], time = disks->total[d->time];
    if (time < 0) /* so it is if the IOs are not known */
        disks->total[d->latency] = DEVICE_UNKNOWN;
    else
        disks->total[d->latency] = ios ? device_divided(time, ios) : 0;
}

void disk_index_load(struct disk_scratch *scratch, const struct sample_block *block, size_t t,
                     struct disk_row *ret)
{
    struct devices *disks = &scratch->disks;
    *ret = (struct disk_row){.block = block, .t = t, .scratch = scratch};
    for (int i = 0; i < DISK_OF_VM; i++)
        ret->of[i] = device_sample(scratch->at[i], t, limits_of_vm[i]);
    devices_load(&scratch->datastores, t);
    devices_add_up(&scratch->datastores, datastore_counters.count);
    devices_load(disks, t);
    for (size_t i = 0; i < disks->n; i++)
        for (int k = 0; k < DIRECTIONS; k++)
            load_latency(scratch, &disks->device[i], &directions[k], ret);
    devices_add_up(disks, DISK_VALUES);
    for (int k = 0; k < DIRECTIONS; k++)
        mean_latency(disks, &directions[k]);
}
