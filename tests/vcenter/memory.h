/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The memory of a VM in one interval, as a pure function of the seed, the VM and the time. Whatever
 * the host has taken away is taken from memory that the guest has touched:
 *
 *     |<---------------------------- configured_kb ----------------------------->|
 *     |<------------------- touched ------------------->|      untouched_kb      |
 *     | granted_kb       | balloon | compressed | swapped |
 *     | active_kb |                               cached     the part on the host's SSD
 *     | shared_kb  |  of which saved_kb is on machine pages that others pay for
 *
 * overhead_kb is the hypervisor's own and stands beside all that.
 */
#ifndef VCENTER_MEMORY_H
#define VCENTER_MEMORY_H

#include <stdint.h>

struct vm_body;

struct memory_sample { /* KB, means over the interval; KB/s */
    int64_t configured_kb, untouched_kb, granted_kb, ballooned_kb, compressed_kb, swapped_kb;
    int64_t cached_kb, active_kb, shared_kb, saved_kb, overhead_kb;
    int64_t swapin_kbps, swapout_kbps, cached_in_kbps, decompression_kbps, compression_kbps;
    int32_t swapwait_ms; /* what a vCPU waits for swap-in, if it has nothing better to do */
    int32_t waited_ms;   /* mean over the vCPUs: that, decompression and other worlds' faults */
};

/* Configured memory of a VM, 4 to 64 GiB: 2, 4 or 8 GiB a vCPU by chance of its key. */
int memory_size_mb(uint64_t key, int cpus);

/* Fills *ret with the memory in the interval that ends at time_ms. */
void memory_sample(const struct vm_body *vm, int64_t time_ms, struct memory_sample *ret);

#endif
