/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The physics: what really happened to a VM in one interval of 20 s, as a pure function of the
 * seed, the VM, the time and the load of its host. Everything else (counters, truth) is derived.
 *
 *     |<----------------------------- SLOT_MS ------------------------------->|
 *     | net run | overlap | ready | limited | costop | swap | other |  idle   |   of each vCPU
 *     |<----- run ------->|<- "ready" ----->|        |<------- "wait" ------->|   as vSphere tells
 *
 * System and other worlds of the VM run beside that, on other physical CPUs.
 */
#ifndef VCENTER_PHYSICS_H
#define VCENTER_PHYSICS_H

#include <stdbool.h>
#include <stdint.h>

#include "disk.h"
#include "guest.h"
#include "memory.h"
#include "network.h"
#include "scenario.h"

enum {
    SLOT_MS = 20000,
    VCPUS_MAX = 128,
};

struct vm_body {       /* all that physics knows of a VM */
    uint64_t key;      /* hash of seed and VM */
    uint64_t host_key; /* the burst's phase is the host's */
    const struct scenario *scenario;
    int cpus, memory_mb;
    int disks_added; /* beside those it has by chance */
    bool bully;      /* the VM with the bursts, in the noisy neighbour's scenario */
};

struct host_load { /* of one interval */
    int mhz;       /* nominal frequency */
    double load;   /* time wanted by all VMs / capacity; above 1 if more is wanted than there is */
    double grant;  /* share of the wanted time that the host can give */
};

struct vcpu_times { /* milliseconds */
    int32_t net_run, overlap, ready, limited, costop, swapwait, otherwait, idle;
    int32_t used; /* net_run at the actual frequency, less what a busy hyperthread takes */
};

struct vm_sample {
    int64_t time_ms; /* end of the interval */
    int cpus, mhz;
    int32_t system_ms, worlds_ms, kernel_ms; /* kernel: what usagemhz counts beyond used */
    int32_t demand_mhz, entitlement_mhz;
    double missing; /* share of its values that the server does not have */
    struct memory_sample memory;
    struct disk_set disks;
    struct nic_set nics;
    struct guest_sample guest;
    struct vcpu_times sum;
    struct vcpu_times *vcpu; /* cpus of them; the caller's memory */
};

/* Milliseconds that all vCPUs together want to run in the interval that ends at time_ms. */
int64_t physics_wanted(const struct vm_body *vm, int64_t time_ms);

/* The mean of that over a long time in vCPUs, bursts left out: for sizing hosts. */
double physics_typical(const struct vm_body *vm);

/* What the VM wants to do at a time against its own long mean: mostly 0.3 to 1.7. */
double physics_activity(const struct vm_body *vm, int64_t time_ms);

/* What a host of so many threads gives when wanted_ms are wanted of it. */
struct host_load physics_host(int mhz, int threads, int64_t wanted_ms);

/* Fills *ret but demand_mhz, which is an average over samples; ret->vcpu has room for vm->cpus. */
void physics_sample(const struct vm_body *vm, const struct host_load *host, int64_t time_ms,
                    struct vm_sample *ret);

/* Fills in the devices alone: cpus, disks and vNICs, and where they are. */
void physics_shape(const struct vm_body *vm, struct vm_sample *ret);

/* Milliseconds that went into demand in this interval: run + ready + costop + overlap, as the
 * kernel counts them. */
int64_t physics_demand_ms(const struct vm_sample *sample);

#endif
