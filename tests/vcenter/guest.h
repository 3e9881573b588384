/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What only the guest knows of an interval, as a pure function of the seed, the VM and the time: a
 * Linux guest, so its counts of paging are all that its block devices read and wrote.
 */
#ifndef VCENTER_GUEST_H
#define VCENTER_GUEST_H

#include <stdint.h>

#include "disk.h"

struct guest_sample {  /* in the units that a guest publishes, thousandths where it has fractions */
    int32_t run_queue; /* threads: those that run and those that wait; a spot value */
    int32_t context_switches; /* per second */
    int32_t page_in_kbps, page_out_kbps;
    int64_t swap_used_kb, needed_kb, available_kb;
    int32_t disk_queue_milli;                     /* IOs, mean over the interval */
    int32_t ring_drops_milli, driver_drops_milli; /* per second */
    int32_t busy_milli;     /* vCPUs that were busy by the guest's own clock, in all */
    int64_t heap_used_kb;   /* of an application, "jvm.heap_used"; 0 = the VM has none */
    int64_t capacity, free; /* bytes, of all its volumes */
};

struct guest_volume { /* bytes */
    int64_t capacity, free;
};

struct vm_sample;

/* Fills sample->guest from the rest of the sample, which is complete. */
void guest_sample(const struct vm_body *vm, struct vm_sample *sample);

/* The file systems of the guest, one on each disk, and how many: they do not move with time. */
int guest_volumes(const struct vm_body *vm, struct guest_volume ret[DISKS_MAX]);

#endif
