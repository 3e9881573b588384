/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The samples of one VM or host over a range of time, oldest first: computed when asked, kept
 * nowhere.
 */
#ifndef VCENTER_HISTORY_H
#define VCENTER_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "host.h"
#include "physics.h"
#include "world.h"

struct history {
    uint64_t vm_key;
    size_t n;                  /* samples; intervals without the VM running are left out */
    int cpus_most;             /* of any of them */
    struct vm_sample *samples; /* with demand_mhz filled in */
    struct vcpu_times *vcpus;
    struct vm_sample shape; /* the devices of the newest, but as many vCPUs as ever */
};

struct host_history {
    uint64_t key;
    size_t n;
    struct host_sample *samples;
};

/* Samples with from < time <= to that the clock has reached, the newest `most` of them. Takes the
 * world's lock, which the caller does not hold, for as long as it reads the inventory. Returns 0;
 * -1 when out of memory. *ret is to be freed in any case. */
int history_load(struct world *world, uint32_t vm, int64_t from_ms, int64_t to_ms, size_t most,
                 struct history *ret);
void history_free(struct history *history);

/* The same of a host. */
int history_load_host(struct world *world, uint32_t host, int64_t from_ms, int64_t to_ms,
                      size_t most, struct host_history *ret);
void history_free_host(struct host_history *history);

#endif
