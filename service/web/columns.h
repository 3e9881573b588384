/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What the tables of VMs show of a row: a quantity in one of its forms, under a name of its own.
 */
#ifndef WEB_COLUMNS_H
#define WEB_COLUMNS_H

#include "layers/quantity.h"
#include "layers/verdict.h"

/* The tables: one for each resource that has layers, and one over all of them. */
enum table {
    TABLE_CPU = VERDICT_CPU,
    TABLE_MEM = VERDICT_MEM,
    TABLE_DISK = VERDICT_DISK,
    TABLE_NET = VERDICT_NET,
    RESOURCE_COUNT = VERDICT_RESOURCES,
    TABLE_VERDICT = RESOURCE_COUNT,
    TABLE_COUNT
};

enum column {
    COLUMN_CPU_COUNT,
    COLUMN_USAGE,
    COLUMN_OVERHEAD,
    COLUMN_UNMET,
    COLUMN_VM_USAGE,
    COLUMN_VM_DEMAND,
    COLUMN_READY,
    COLUMN_COSTOP,
    COLUMN_READY_WORST,
    COLUMN_RUN_QUEUE,
    COLUMN_MEM_CONFIGURED,
    COLUMN_MEM_GRANTED,
    COLUMN_MEM_ACTIVE,
    COLUMN_MEM_CONSUMED,
    COLUMN_MEM_OVERHEAD,
    COLUMN_MEM_BALLOONED,
    COLUMN_MEM_SWAPPED,
    COLUMN_MEM_COMPRESSED,
    COLUMN_MEM_UNMET_SPACE,
    COLUMN_MEM_FOOTPRINT,
    COLUMN_MEM_CONTENTION,
    COLUMN_MEM_SWAPIN,
    COLUMN_MEM_DECOMPRESSION,
    COLUMN_MEM_UNMET_RATE,
    COLUMN_MEM_PAGE_OUT,
    COLUMN_DISK_COUNT,
    COLUMN_DISK_IOPS,
    COLUMN_DISK_THROUGHPUT,
    COLUMN_DISK_LATENCY,
    COLUMN_DISK_LATENCY_WORST,
    COLUMN_DISK_OUTSTANDING,
    COLUMN_DISK_SNAPSHOT_IOPS,
    COLUMN_DISK_SNAPSHOT_SPACE,
    COLUMN_DISK_QUEUE,
    COLUMN_NET_COUNT,
    COLUMN_NET_THROUGHPUT,
    COLUMN_NET_PACKETS,
    COLUMN_NET_DROPPED_TRANSMIT,
    COLUMN_NET_DROP_RATIO_TRANSMIT,
    COLUMN_NET_DROPPED_RECEIVE,
    COLUMN_NET_RING_DROPS,
    COLUMN_VERDICT_SCORE,
    COLUMN_VERDICT_CODE,
    COLUMN_VERDICT_FOR,
    COLUMN_COUNT
};

/* A value may also be given as percent of a whole. */
enum whole {
    WHOLE_NONE,
    WHOLE_CPUS,   /* of all vCPUs of the VM */
    WHOLE_ONE,    /* of one vCPU, of the time, of all packets */
    WHOLE_MEMORY, /* of the configured memory */
};

struct column_info {
    const char *name; /* in the API, where it stands in the object of its table */
    enum table table;
    enum quantity quantity;
    enum form form;
    enum whole whole;
};

/* The row of a column. */
const struct column_info *column_info(enum column column);

/* "cpu", "mem", "disk", "net", "verdict": in the API, and in front of keys to sort by. */
const char *table_name(enum table table);

#endif
