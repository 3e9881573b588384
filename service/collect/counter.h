/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The counter catalogue: the vSphere counters that the model reads, by the name under which a
 * server lists them. A counter is added in one row (counter.c) and one enum word.
 */
#ifndef COLLECT_COUNTER_H
#define COLLECT_COUNTER_H

enum counter {
    CPU_RUN,
    CPU_READY,
    CPU_COSTOP,
    CPU_WAIT,
    CPU_IDLE,
    CPU_OVERLAP,
    CPU_SWAPWAIT,
    CPU_MAXLIMITED,
    CPU_SYSTEM,
    CPU_USED,
    CPU_USAGEMHZ,
    CPU_USAGE,
    CPU_LATENCY,
    CPU_READINESS,
    CPU_DEMAND,
    CPU_ENTITLEMENT,
    MEM_GRANTED,
    MEM_ACTIVE,
    MEM_CONSUMED,
    MEM_SHARED,
    MEM_OVERHEAD,
    MEM_VMMEMCTL,
    MEM_SWAPPED,
    MEM_COMPRESSED,
    MEM_LLSWAPUSED,
    MEM_SWAPINRATE,
    MEM_SWAPOUTRATE,
    MEM_DECOMPRESSIONRATE,
    MEM_COMPRESSIONRATE,
    MEM_LLSWAPINRATE,
    MEM_LATENCY,
    MEM_USAGE,
    DISK_READS, /* of virtualDisk, where nothing else is said */
    DISK_WRITES,
    DISK_READ_RATE,
    DISK_WRITE_RATE,
    DISK_READ_LATENCY_US,
    DISK_WRITE_LATENCY_US,
    DISK_READ_LATENCY_MS,
    DISK_WRITE_LATENCY_MS,
    DISK_READ_OIO,
    DISK_WRITE_OIO,
    DISK_ABORTED,
    DISK_RESETS,
    DISK_DATASTORE_READS,
    DISK_DATASTORE_WRITES,
    DISK_DEVICE_READ_RATE,
    DISK_DEVICE_WRITE_RATE,
    DISK_DEVICE_LATENCY,
    DISK_DATASTORE_LATENCY,
    NET_RECEIVED,
    NET_TRANSMITTED,
    NET_PACKETS_RX,
    NET_PACKETS_TX,
    NET_DROPPED_RX,
    NET_DROPPED_TX,
    NET_PNIC_RX,
    NET_PNIC_TX,
    GUEST_COUNTER_RUN_QUEUE, /* inside the guest; public catalogues have none of these */
    GUEST_COUNTER_CONTEXT_SWITCHES,
    GUEST_COUNTER_PAGE_IN,
    GUEST_COUNTER_PAGE_OUT,
    GUEST_COUNTER_MEM_NEEDED,
    GUEST_COUNTER_DISK_QUEUE,
    HOST_CORE_UTILIZATION, /* of hosts alone; a host has some of the counters above, too */
    HOST_UTILIZATION,
    HOST_SWAPUSED,
    HOST_MEM_STATE,
    COUNTER_COUNT
};

/* Of what it is asked: bits. */
enum { COUNTER_OF_VM = 1, COUNTER_OF_HOST = 2 };

/* What a counter belongs to, so that a part that is switched off is not asked for. */
enum counter_group {
    COUNTER_GROUP_CPU,
    COUNTER_GROUP_MEM,
    COUNTER_GROUP_DISK,
    COUNTER_GROUP_NET,
    COUNTER_GROUP_GUEST,
    COUNTER_GROUP_HOST,
    COUNTER_GROUPS
};

enum counter_need {
    NEED_ALWAYS, /* without it there are no layers: reported by check as an error */
    NEED_PART,   /* without it a part of a layer is missing, and the layer partial */
    NEED_CHECK,  /* only a check value is missing */
    NEED_EXTRA,  /* most servers do not offer it; nobody misses it */
};

struct counter_info {
    const char *name; /* group.name.rollup, case-sensitive: "cpu.ready.summation" */
    const char *unit; /* the server's unit word: "millisecond" */
    const char *lost; /* what cannot be said without it, for a person */
    enum counter_need need;
    unsigned of; /* COUNTER_OF_VM, COUNTER_OF_HOST */
};

/* The row of a counter. */
const struct counter_info *counter_info(enum counter counter);

/* Of what group a counter is: the ranges of the enum. */
enum counter_group counter_group(enum counter counter);

#endif
