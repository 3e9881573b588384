/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The virtual NICs of a VM, and what they did in one interval, as a pure function of the seed, the
 * VM and the time.
 */
#ifndef VCENTER_NETWORK_H
#define VCENTER_NETWORK_H

#include <stdint.h>

enum { NICS_MAX = 4, NIC_KEY = 4000, NETWORKS = 6 };

struct vm_body;

extern const char *const networks[NETWORKS]; /* names */

struct nic_sample { /* KB per second; packets of the whole interval */
    int32_t received_kbps, transmitted_kbps, packets_received, packets_transmitted;
    int32_t dropped_received, dropped_transmitted;
    int32_t outside_received_kbps, outside_transmitted_kbps; /* through a physical NIC */
};

struct nic_set { /* of one VM in one interval */
    int n;
    struct nic_sample of[NICS_MAX];
};

/* Fills *ret. activity: how busy the VM is against its own mean. */
void nic_set_sample(const struct vm_body *vm, double activity, int64_t time_ms,
                    struct nic_set *ret);

/* How many there are, 1 to NICS_MAX; their keys are NIC_KEY and the numbers that follow. */
int nic_count(const struct vm_body *vm);

/* The row of networks that a vNIC (from 0) is connected to. */
int nic_network(const struct vm_body *vm, int nic);

#endif
