/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * A VM's list has the host's physical NICs as well, with the part of the VM's traffic that went
 * through them: the vNICs take turns. They are no part of the VM, and not in its sums.
 */
#include "catalogue_values.h"

static bool counts(int at, int nic)
{
    return at == AGGREGATE || at == nic || (at >= NICS_MAX && nic % UPLINKS == at - NICS_MAX);
}

/* inside: of the vNICs; outside: of what went through a physical one. */
#define NET(counter, inside, outside)                                                   \
    int64_t value_net_##counter(const struct vm_sample *s, int at)                      \
    {                                                                                   \
        int64_t sum = 0;                                                                \
        for (int i = 0; i < s->nics.n; i++)                                             \
            if (counts(at, i))                                                          \
                sum += at >= NICS_MAX ? outside(&s->nics.of[i]) : s->nics.of[i].inside; \
        return sum;                                                                     \
    }

static int64_t received(const struct nic_sample *n)
{
    return n->outside_received_kbps;
}

static int64_t transmitted(const struct nic_sample *n)
{
    return n->outside_transmitted_kbps;
}

static int64_t share(int32_t packets, int32_t part, int32_t whole)
{
    return whole ? (int64_t)packets * part / whole : 0;
}

static int64_t packets_received(const struct nic_sample *n)
{
    return share(n->packets_received, n->outside_received_kbps, n->received_kbps);
}

static int64_t packets_transmitted(const struct nic_sample *n)
{
    return share(n->packets_transmitted, n->outside_transmitted_kbps, n->transmitted_kbps);
}

static int64_t nothing(const struct nic_sample *n)
{
    (void)n;
    return 0;
}

NET(received, received_kbps, received)
NET(transmitted, transmitted_kbps, transmitted)
NET(packets_received, packets_received, packets_received)
NET(packets_transmitted, packets_transmitted, packets_transmitted)
NET(dropped_received, dropped_received, nothing)
NET(dropped_transmitted, dropped_transmitted, nothing)
NET(outside_received, outside_received_kbps, received)
NET(outside_transmitted, outside_transmitted_kbps, transmitted)

/* No packet is ever damaged. */
int64_t value_net_lost(const struct vm_sample *s, int at)
{
    (void)s, (void)at;
    return 0;
}

int64_t value_net_usage(const struct vm_sample *s, int at)
{
    return value_net_received(s, at) + value_net_transmitted(s, at);
}
