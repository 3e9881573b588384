/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "web/columns.h"

#define ROW(table, name, quantity, form, whole)                       \
    {                                                                 \
        name, TABLE_##table, Q_##quantity, FORM_##form, WHOLE_##whole \
    }
#define CPU(name, quantity, form, whole) ROW(CPU, name, CPU_##quantity, form, whole)
#define MEM(name, quantity, whole) ROW(MEM, name, MEM_##quantity, TOTAL, whole)
#define DISK(name, quantity, form) ROW(DISK, name, DISK_##quantity, form, NONE)
#define NET(name, quantity, whole) ROW(NET, name, NET_##quantity, TOTAL, whole)
#define VERDICT(name, quantity) ROW(VERDICT, name, ALL_VERDICT_##quantity, TOTAL, NONE)

static const struct column_info columns[COLUMN_COUNT] = {
    [COLUMN_CPU_COUNT] = CPU("cpu_count", COUNT, TOTAL, NONE),
    [COLUMN_USAGE] = CPU("usage", GUEST_RUN, TOTAL, CPUS),
    [COLUMN_OVERHEAD] = CPU("overhead", OVERHEAD, TOTAL, CPUS),
    [COLUMN_UNMET] = CPU("unmet", UNMET, TOTAL, CPUS),
    [COLUMN_VM_USAGE] = CPU("vm_usage", VM_USAGE, TOTAL, CPUS),
    [COLUMN_VM_DEMAND] = CPU("vm_demand", VM_DEMAND, TOTAL, CPUS),
    [COLUMN_READY] = CPU("ready", READY, TOTAL, CPUS),
    [COLUMN_COSTOP] = CPU("costop", COSTOP, TOTAL, CPUS),
    [COLUMN_READY_WORST] = CPU("ready_worst", READY, WORST, ONE),
    [COLUMN_RUN_QUEUE] = CPU("run_queue", RUN_QUEUE, TOTAL, NONE),
    [COLUMN_MEM_CONFIGURED] = MEM("configured", CONFIGURED, NONE),
    [COLUMN_MEM_GRANTED] = MEM("granted", GRANTED, MEMORY),
    [COLUMN_MEM_ACTIVE] = MEM("active", ACTIVE, MEMORY),
    [COLUMN_MEM_CONSUMED] = MEM("consumed", CONSUMED, MEMORY),
    [COLUMN_MEM_OVERHEAD] = MEM("overhead", OVERHEAD, MEMORY),
    [COLUMN_MEM_BALLOONED] = MEM("ballooned", BALLOONED, MEMORY),
    [COLUMN_MEM_SWAPPED] = MEM("swapped", SWAPPED, MEMORY),
    [COLUMN_MEM_COMPRESSED] = MEM("compressed", COMPRESSED, MEMORY),
    [COLUMN_MEM_UNMET_SPACE] = MEM("unmet_space", UNMET_SPACE, MEMORY),
    [COLUMN_MEM_FOOTPRINT] = MEM("footprint", FOOTPRINT, MEMORY),
    [COLUMN_MEM_CONTENTION] = MEM("contention", CONTENTION, ONE),
    [COLUMN_MEM_SWAPIN] = MEM("swapin", SWAPIN, NONE),
    [COLUMN_MEM_DECOMPRESSION] = MEM("decompression", DECOMPRESSION, NONE),
    [COLUMN_MEM_UNMET_RATE] = MEM("unmet_rate", UNMET_RATE, NONE),
    [COLUMN_MEM_PAGE_OUT] = MEM("page_out", PAGE_OUT, NONE),
    [COLUMN_DISK_COUNT] = DISK("count", COUNT, TOTAL),
    [COLUMN_DISK_IOPS] = DISK("iops", IOPS, TOTAL),
    [COLUMN_DISK_THROUGHPUT] = DISK("throughput", THROUGHPUT, TOTAL),
    [COLUMN_DISK_LATENCY] = DISK("latency", LATENCY, TOTAL),
    [COLUMN_DISK_LATENCY_WORST] = DISK("latency_worst", LATENCY, WORST),
    [COLUMN_DISK_OUTSTANDING] = DISK("outstanding", OUTSTANDING, TOTAL),
    [COLUMN_DISK_SNAPSHOT_IOPS] = DISK("snapshot_iops", SNAPSHOT_IOPS, TOTAL),
    [COLUMN_DISK_SNAPSHOT_SPACE] = DISK("snapshot_space", SNAPSHOT_SPACE, TOTAL),
    [COLUMN_DISK_QUEUE] = DISK("queue", QUEUE, TOTAL),
    [COLUMN_NET_COUNT] = NET("count", COUNT, NONE),
    [COLUMN_NET_THROUGHPUT] = NET("throughput", THROUGHPUT, NONE),
    [COLUMN_NET_PACKETS] = NET("packets", PACKETS, NONE),
    [COLUMN_NET_DROPPED_TRANSMIT] = NET("dropped_transmit", DROPPED_TRANSMIT, NONE),
    [COLUMN_NET_DROP_RATIO_TRANSMIT] = NET("drop_ratio_transmit", DROP_RATIO_TRANSMIT, ONE),
    [COLUMN_NET_DROPPED_RECEIVE] = NET("dropped_receive", DROPPED_RECEIVE, NONE),
    [COLUMN_NET_RING_DROPS] = NET("ring_drops", RING_DROPS, NONE),
    [COLUMN_VERDICT_SCORE] = VERDICT("score", SCORE),
    [COLUMN_VERDICT_CODE] = VERDICT("code", CODE),
    [COLUMN_VERDICT_FOR] = VERDICT("for", FOR),
};

const struct column_info *column_info(enum column column)
{
    return &columns[column];
}

const char *table_name(enum table table)
{
    return table == TABLE_VERDICT ? "verdict" : verdict_resource_name((enum verdict_resource)table);
}
