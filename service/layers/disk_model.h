/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The disk layers of a VM.
 *
 *   B  what the guest did: counters of its virtual disks, and their sum
 *   C  what snapshots add: the VM's IO below its disks (datastores, devices) less that of the disks
 *   D  what is under way, and for how long: outstanding IO, latency
 *
 * Latency is in microseconds, and never added: a disk's values hold IOs x latency per second for
 * each direction, which can be added, so that the mean of a disk, of a direction and of the VM is
 * one quotient each, rounded once.
 */
#ifndef LAYERS_DISK_MODEL_H
#define LAYERS_DISK_MODEL_H

#include "layers/devices.h"

/* Larger values are no sample: 8 million IOs per second, 268 s, 4 TB/s. No sum or product over
 * CAP_DEVICES disks can overflow. */
#define DISK_IOS_MAX ((int64_t)1 << 23)
#define DISK_LATENCY_MAX ((int64_t)1 << 28)
#define DISK_LATENCY_MS_MAX (DISK_LATENCY_MAX / 1000)
#define DISK_VALUE_MAX ((int64_t)1 << 32)
#define DISK_SPACE_MAX ((int64_t)1 << 53) /* exact in a double */

enum disk_value { /* of a disk and of the VM; in the order of the counters up to DISK_V_RESETS */
                  DISK_V_READS,
                  DISK_V_WRITES,
                  DISK_V_READ_RATE,
                  DISK_V_WRITE_RATE,
                  DISK_V_READ_US,
                  DISK_V_WRITE_US,
                  DISK_V_READ_MS,
                  DISK_V_WRITE_MS,
                  DISK_V_READ_OIO,
                  DISK_V_WRITE_OIO,
                  DISK_V_ABORTED,
                  DISK_V_RESETS,
                  DISK_V_READ_LATENCY, /* microseconds, from either counter */
                  DISK_V_WRITE_LATENCY,
                  DISK_V_READ_TIME, /* reads x latency: the reads under way, in millionths */
                  DISK_V_WRITE_TIME,
                  DISK_VALUES
};

enum disk_of_vm { /* counters of the VM alone, not of its disks */
                  DISK_VM_READ_RATE,
                  DISK_VM_WRITE_RATE,
                  DISK_VM_DEVICE_LATENCY,
                  DISK_VM_DATASTORE_LATENCY,
                  DISK_VM_SWAPIN, /* of memory: the host's IO for it is below the disks, too */
                  DISK_VM_SWAPOUT,
                  DISK_OF_VM
};

struct disk_scratch { /* of one block */
    bool offered;     /* the block has a counter of disks at all */
    struct devices disks, datastores;
    const int64_t *at[DISK_OF_VM]; /* NULL = not offered */
};

struct disk_row { /* one time of a block, loaded */
    const struct sample_block *block;
    size_t t;
    const struct disk_scratch *scratch;
    bool whole_ms;          /* a latency is known in whole milliseconds only */
    int64_t of[DISK_OF_VM]; /* DEVICE_UNKNOWN = not known */
};

/* Indexes a block; false when out of memory. */
bool disk_scratch_init(struct disk_scratch *scratch, const struct sample_block *block);

void disk_scratch_free(struct disk_scratch *scratch);

/* Adds the disk layers of time t to the newest row of out, in catalogue order. */
void disk_layers(struct disk_scratch *scratch, const struct sample_block *block, size_t t,
                 struct row_batch *out);

/* Loads time t: the values of each disk and of the VM. */
void disk_index_load(struct disk_scratch *scratch, const struct sample_block *block, size_t t,
                     struct disk_row *ret);

/* Layer C, and why it is what it is. */
enum reason disk_overhead(const struct disk_row *row, struct totals *totals);

#endif
