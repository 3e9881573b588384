/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "catalogue_values.h"
#include "host.h"

#define HOST(counter, member)                                         \
    int64_t value_host_##counter(const struct host_sample *s, int at) \
    {                                                                 \
        (void)at;                                                     \
        return (int64_t)s->member;                                    \
    }

HOST(ready, ready_ms)
HOST(costop, costop_ms)
HOST(usagemhz, usagemhz)
HOST(usage, usage)
HOST(latency, latency)
HOST(core_utilization, core_utilization)
HOST(utilization, utilization)
HOST(consumed, mem_consumed_kb)
HOST(ballooned, mem_ballooned_kb)
HOST(compressed, mem_compressed_kb)
HOST(swapped, mem_swapped_kb)
HOST(swapin, swapin_kbps)
HOST(swapout, swapout_kbps)
HOST(mem_state, mem_state)
HOST(mem_latency, mem_latency)
HOST(mem_total, mem_size_kb / 1024)
HOST(active, mem_active_kb)
HOST(granted, mem_granted_kb)
HOST(overhead, mem_overhead_kb)
HOST(shared, mem_shared_kb)
HOST(device_latency, device_peak_ms)

enum { WHOLE = 10000, BOOTED_S = 1600000000 };

HOST(mem_usage, mem_consumed_kb *WHOLE / (s->mem_size_kb ? s->mem_size_kb : 1))
HOST(uptime, time_ms / 1000 - BOOTED_S)

/* Watts: what a server of its size takes idle, and for each percent of its threads that are busy.
 */
int64_t value_host_power(const struct host_sample *s, int at)
{
    (void)at;
    const int64_t cores = s->cores;
    return cores * 3 + cores * 5 * s->utilization / WHOLE;
}

/* What its share of the host's clock costs. */
int64_t value_power(const struct vm_sample *s, int at)
{
    (void)at;
    return (int64_t)(s->sum.used + s->system_ms + s->worlds_ms) * 5 / SLOT_MS;
}

/* Of one physical NIC, or of all. */
#define LINK(counter, member)                                             \
    int64_t value_host_net_##counter(const struct host_sample *s, int at) \
    {                                                                     \
        int64_t sum = 0;                                                  \
        for (int i = 0; i < UPLINKS; i++)                                 \
            if (at == AGGREGATE || at == NICS_MAX + i)                    \
                sum += s->link[i].member;                                 \
        return sum;                                                       \
    }

int64_t value_host_net_lost(const struct host_sample *s, int at)
{
    (void)s, (void)at;
    return 0;
}

LINK(received, received_kbps)
LINK(transmitted, transmitted_kbps)
LINK(packets_received, packets_received)
LINK(packets_transmitted, packets_transmitted)

int64_t value_host_net_usage(const struct host_sample *s, int at)
{
    return value_host_net_received(s, at) + value_host_net_transmitted(s, at);
}

#define STORE(counter, member)                                              \
    int64_t value_host_store_##counter(const struct host_sample *s, int at) \
    {                                                                       \
        return (int64_t)s->store[at].member;                                \
    }

enum { MS_US = 1000 };

STORE(reads, reads)
STORE(writes, writes)
STORE(read, read_kbps)
STORE(write, write_kbps)
STORE(read_ms, reads ? s->store[at].read_us / s->store[at].reads / MS_US : 0)
STORE(write_ms, writes ? s->store[at].write_us / s->store[at].writes / MS_US : 0)

int64_t value_host_store_latency(const struct host_sample *s, int at)
{
    int64_t most = 0;
    (void)at;
    for (int i = 0; i < DATASTORES; i++)
        most = s->store[i].peak_us > most ? s->store[i].peak_us : most;
    return most / MS_US;
}

/* A VMFS datastore is one block device; the aggregate has raw disks as well. */
int64_t value_host_device_read(const struct host_sample *s, int at)
{
    return at == AGGREGATE ? s->device_read_kbps : s->store[at].read_kbps;
}

int64_t value_host_device_write(const struct host_sample *s, int at)
{
    return at == AGGREGATE ? s->device_write_kbps : s->store[at].write_kbps;
}

int64_t value_host_device_usage(const struct host_sample *s, int at)
{
    return value_host_device_read(s, at) + value_host_device_write(s, at);
}

/* Of the datastores alone: what raw disks are asked for is not counted by the host's model. */
int64_t value_host_device_reads(const struct host_sample *s, int at)
{
    int64_t sum = 0;
    for (int i = 0; i < DATASTORES; i++)
        if (at == i || (at == AGGREGATE && datastores[i].type[0] == 'V'))
            sum += s->store[i].reads;
    return sum;
}

int64_t value_host_device_writes(const struct host_sample *s, int at)
{
    int64_t sum = 0;
    for (int i = 0; i < DATASTORES; i++)
        if (at == i || (at == AGGREGATE && datastores[i].type[0] == 'V'))
            sum += s->store[i].writes;
    return sum;
}
