/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What ails a VM. A scenario is one row of numbers; all else about a VM is chance.
 */
#ifndef VCENTER_SCENARIO_H
#define VCENTER_SCENARIO_H

#include <stddef.h>
#include <stdint.h>

struct scenario {
    const char *name;
    const char *help;
    const char *roles[5]; /* what its VMs are called: "web" makes web-01, web-02, ... */
    unsigned weight;      /* share in the mix, per cent */
    double load;          /* mean share of a vCPU that the guest wants to run */
    double swing;         /* how far the load moves over day, hour and minute, 0 to 1 */
    double contention;    /* ready per run, beyond what the host's load causes */
    double costop;        /* co-stop per run, VMs of more than one vCPU only */
    double limit;         /* share of a vCPU the VM may run; 0 = no limit */
    double swapwait;      /* share of the time at worst; needs swapped memory to wait for */
    double swapped;       /* share of what a host may take that it swapped out some time ago */
    double squeeze;       /* how hard the host takes memory back, 0 to 1 */
    double otherwait;     /* share of the time at worst */
    double frequency;     /* lowest actual / nominal frequency; 0 = turbo as the load allows */
    double snapshot;      /* reads of the datastore that a snapshot adds to each of the guest */
    double storage;       /* how busy others keep the storage, 0 to 1; 0 = as chance has it */
    double queue;         /* threads that wait inside the guest, for each vCPU */
    double drops;         /* share of the packets to be transmitted that are dropped at worst */
    double missing;       /* share of the samples that the server does not have */
};

size_t scenario_count(void);
const struct scenario *scenario_at(size_t i);

/* The row with this name, or NULL. */
const struct scenario *scenario_find(const char *name);

/* The row for a VM of a mix, by chance of its key; never the noisy neighbour, because that needs a
 * whole host. */
const struct scenario *scenario_of_mix(uint64_t key);

extern const struct scenario *const scenario_noisy;    /* one VM's bursts hurt the whole host */
extern const struct scenario *const scenario_pressure; /* some VMs of a host share it */

#endif
