/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * A host in one interval: the sum over the VMs that were on it, and what the hypervisor itself
 * takes. All of it shares the threads of the host:
 *
 *     |<-------------------------- threads x SLOT_MS --------------------------->|
 *     |  run_ms (vCPUs)   |  beside_ms (for VMs)  |  hypervisor_ms  |   nobody   |
 *     |<------------------------- busy_ms ----------------------->|
 */
#ifndef VCENTER_HOST_H
#define VCENTER_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "world.h"

enum power_policy { POLICY_HIGH = 1, POLICY_BALANCED, POLICY_LOW }; /* as published */
enum memory_state { MEMORY_HIGH, MEMORY_SOFT, MEMORY_HARD, MEMORY_LOW };

struct host_link { /* of a physical NIC; KB per second, packets of the interval */
    int64_t received_kbps, transmitted_kbps, packets_received, packets_transmitted;
};

struct host_store { /* of a datastore: what files on it are asked for; IOs and KB per second */
    int64_t reads, writes, read_kbps, write_kbps, read_us, write_us; /* the last two of all IOs */
    int64_t peak_us;
};

struct host_sample {
    int64_t time_ms;             /* end of the interval */
    int mhz, threads, cores;     /* mhz: nominal */
    int vms, vcpus;              /* that were on in the whole interval */
    enum power_policy policy;    /* of the inventory */
    int64_t run_ms, beside_ms;   /* net run and overlap of vCPUs; system and other worlds of VMs */
    int64_t hypervisor_ms;       /* what it does for nobody in particular */
    int64_t busy_ms;             /* all that; never more than threads x SLOT_MS */
    int64_t used_ms;             /* of VMs, and the hypervisor's */
    int64_t ready_ms, costop_ms; /* of VMs; ready as counted, with what a limit causes */
    int64_t usagemhz;            /* of VMs, and the hypervisor's */
    /* 1/100 %, cut as a server does */
    int32_t core_utilization, utilization, usage, latency, mem_latency;
    enum memory_state mem_state;
    /* KB and KB/s */
    int64_t mem_size_kb, mem_consumed_kb, mem_ballooned_kb, mem_swapped_kb, mem_compressed_kb;
    int64_t swapin_kbps, swapout_kbps;
    int64_t mem_active_kb, mem_granted_kb, mem_overhead_kb, mem_shared_kb;
    struct host_link link[UPLINKS];
    struct host_store store[DATASTORES];
    int64_t device_read_kbps, device_write_kbps, device_peak_ms; /* block devices, raw ones too */
};

/* Fills *ret with the interval that ends at time_ms, a multiple of SLOT_MS; host is an index. Takes
 * the world's lock, which the caller does not hold, for as long as it reads the inventory. False
 * when the time is still to come, it is no host, or memory is out. */
bool host_sample(struct world *world, uint32_t host, int64_t time_ms, struct host_sample *ret);

/* How the host's CPUs save power. */
enum power_policy host_policy(const struct world *world, uint32_t host);

#endif
