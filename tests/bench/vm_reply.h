/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * QueryPerf replies (csv) that the model accepts: 100 VMs of 4 vCPUs, 2 disks and a vNIC, with
 * every counter that a vCenter has of a VM, 124 series each, whose states add up. The same round is
 * always the same text.
 */
#ifndef BENCH_VM_REPLY_H
#define BENCH_VM_REPLY_H

#include "base/buf.h"
#include "collect/counter_map.h"

enum {
    VM_REPLY_VMS = 100,
    VM_REPLY_VCPUS = 4,
    VM_REPLY_DISKS = 2,
    VM_REPLY_SERIES = 124,
    VM_REPLY_SAMPLES = 15, /* at most */
    VM_REPLY_MHZ = 2400,
    VM_REPLY_MEMORY_KB = 4 << 20,
};

/* Appends a reply with the given number of samples; those of a round follow on those of the round
 * before. */
void vm_reply(int round, int samples, struct buf *to);

/* The ids that the reply uses. */
void vm_reply_counters(struct counter_map *ret);

#endif
