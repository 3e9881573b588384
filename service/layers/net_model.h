/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The network layers of a VM: counters of its vNICs and their sum. vSphere counts nothing of what
 * the hypervisor adds (C), so that is always unavailable here.
 */
#ifndef LAYERS_NET_MODEL_H
#define LAYERS_NET_MODEL_H

#include "layers/devices.h"

/* Larger values are no sample: 4 TB/s, 3 billion packets per second in a real-time interval. No sum
 * or product over CAP_DEVICES vNICs can overflow. */
#define NET_RATE_MAX ((int64_t)1 << 32)
#define NET_PACKETS_MAX ((int64_t)1 << 36)
enum { NET_INTERVAL_MAX_S = 86400 };

enum net_value { /* of a vNIC and of the VM; in the order of the counters up to NET_V_PNIC_TX */
                 NET_V_RECEIVED,
                 NET_V_TRANSMITTED,
                 NET_V_PACKETS_RX,
                 NET_V_PACKETS_TX,
                 NET_V_DROPPED_RX,
                 NET_V_DROPPED_TX,
                 NET_V_PNIC_RX,
                 NET_V_PNIC_TX,
                 NET_V_SECONDS, /* that the packets were counted in; of the VM and all its vNICs */
                 NET_VALUES
};

struct net_scratch { /* of one block */
    bool offered;    /* the block has a counter of the network at all */
    struct devices nics;
};

/* Indexes a block; false when out of memory. */
bool net_scratch_init(struct net_scratch *scratch, const struct sample_block *block);

void net_scratch_free(struct net_scratch *scratch);

/* Adds the network layers of time t to the newest row of out, in catalogue order. */
void net_layers(struct net_scratch *scratch, const struct sample_block *block, size_t t,
                struct row_batch *out);

#endif
