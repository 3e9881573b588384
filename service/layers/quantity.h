/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The quantity catalogue: the one source of names, units and formulas. It prints the documentation
 * (vstrata quantities), the page's legend, HELP and UNIT of OpenMetrics, and names every series in
 * every store. A quantity is added by one enum word here and one row in its resource's file, such
 * as quantity_cpu.c.
 */
#ifndef LAYERS_QUANTITY_H
#define LAYERS_QUANTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "layers/instance.h"

enum layer {
    LAYER_NONE,     /* not a layer: totals over layers, check values */
    LAYER_QUEUE,    /* A: work queued inside the guest */
    LAYER_USAGE,    /* B: what the guest really uses */
    LAYER_OVERHEAD, /* C: what the hypervisor adds */
    LAYER_UNMET,    /* D: asked for and not given */
    LAYER_IDLE,     /* vCPU time, memory nobody asked for */
    LAYER_COUNT
};

enum quantity_kind {
    KIND_PART,    /* parts of B, C, D and idle in one unit of a resource add up, C on top: guest_run
                     + D parts + idle = n vCPUs, granted + ballooned + swapped + compressed +
                     untouched = configured; parts of A stand beside, in units of their own */
    KIND_TOTAL,   /* a sum of parts: never add it to parts */
    KIND_CHECK,   /* no part of the sums: check values and information, of a layer or of none */
    KIND_STATUS,  /* a reason code, see reason.h */
    KIND_VERDICT, /* a judgement by the rules of verdict.h */
};

enum unit {
    UNIT_RATIO, /* of one vCPU's time, or of the whole for check values: 1 = 100 % */
    UNIT_HERTZ,
    UNIT_COUNT,
    UNIT_CODE,
    UNIT_BYTES,
    UNIT_BYTES_PER_SECOND,
    UNIT_SECONDS,
    UNIT_OPERATIONS, /* of a disk, under way */
    UNIT_OPERATIONS_PER_SECOND,
    UNIT_PACKETS_PER_SECOND,
};

enum form {                /* how a quantity is given */
            FORM_TOTAL,    /* of the VM: sum over its vCPUs, disks or vNICs, or a value that exists
                              only for the VM; of the host; of the vCenter */
            FORM_WORST,    /* the largest of its vCPUs, disks, vNICs */
            FORM_SPREAD,   /* largest minus smallest of its vCPUs */
            FORM_INSTANCE, /* one vCPU, disk, vNIC or application value: see instance.h */
            FORM_COUNT
};

/* The values are kept in journals: never renumber, never reuse. */
enum quantity {
    Q_NONE = 0,
    Q_CPU_COUNT = 1,
    Q_CPU_GUEST_RUN = 2,
    Q_CPU_SYSTEM = 3,
    Q_CPU_WORLDS = 4,
    Q_CPU_READY = 5,
    Q_CPU_LIMIT = 6,
    Q_CPU_COSTOP = 7,
    Q_CPU_OVERLAP = 8,
    Q_CPU_SWAPWAIT = 9,
    Q_CPU_OTHERWAIT = 10,
    Q_CPU_IDLE = 11,
    Q_CPU_OVERHEAD = 12,    /* C */
    Q_CPU_UNMET_SCHED = 13, /* D_sched = ready (limit included) + co-stop + overlap */
    Q_CPU_UNMET_WAIT = 14,  /* D_wait = swap wait + other wait */
    Q_CPU_UNMET = 15,       /* D */
    Q_CPU_VM_USAGE = 16,    /* B + C */
    Q_CPU_VM_DEMAND = 17,   /* B + C + D */
    Q_CPU_EFFICIENCY_LOSS = 18,
    Q_CPU_WORLDS_USED = 19, /* estimate 1 */
    Q_CPU_WORLDS_MHZ = 20,  /* estimate 2 */
    Q_CPU_KERNEL_GAP = 21,
    Q_CPU_COUNTER_USAGE = 22,
    Q_CPU_COUNTER_LATENCY = 23,
    Q_CPU_COUNTER_READINESS = 24,
    Q_CPU_COUNTER_USAGEMHZ = 25,
    Q_CPU_COUNTER_DEMAND = 26,
    Q_CPU_COUNTER_ENTITLEMENT = 27,
    Q_CPU_STATUS_QUEUE = 28,
    Q_CPU_STATUS_USAGE = 29,
    Q_CPU_STATUS_OVERHEAD = 30,
    Q_CPU_STATUS_UNMET = 31,
    Q_MEM_CONFIGURED = 32,
    Q_MEM_GRANTED = 33,   /* B */
    Q_MEM_OVERHEAD = 34,  /* C */
    Q_MEM_BALLOONED = 35, /* D, space */
    Q_MEM_SWAPPED = 36,
    Q_MEM_COMPRESSED = 37,
    Q_MEM_UNTOUCHED = 38, /* the rest of what is configured */
    Q_MEM_UNMET_SPACE = 39,
    Q_MEM_FOOTPRINT = 40,
    Q_MEM_ACTIVE = 41,
    Q_MEM_CONSUMED = 42,
    Q_MEM_SHARED = 43,
    Q_MEM_HOST_CACHE = 44,
    Q_MEM_SWAPIN = 45, /* D, rate: what hurts now */
    Q_MEM_DECOMPRESSION = 46,
    Q_MEM_UNMET_RATE = 47,
    Q_MEM_HOST_CACHE_IN = 48,
    Q_MEM_SWAPOUT = 49,
    Q_MEM_COMPRESSION = 50,
    Q_MEM_CONTENTION = 51, /* D, time */
    Q_MEM_COUNTER_USAGE = 52,
    Q_MEM_STATUS_QUEUE = 53,
    Q_MEM_STATUS_USAGE = 54,
    Q_MEM_STATUS_OVERHEAD = 55,
    Q_MEM_STATUS_UNMET = 56,
    Q_DISK_READS = 57,
    Q_DISK_WRITES = 58,
    Q_DISK_IOPS = 59,
    Q_DISK_READ_RATE = 60,
    Q_DISK_WRITE_RATE = 61,
    Q_DISK_THROUGHPUT = 62,
    Q_DISK_IO_SIZE = 63,
    Q_DISK_SNAPSHOT_READS = 64,
    Q_DISK_SNAPSHOT_WRITES = 65,
    Q_DISK_SNAPSHOT_IOPS = 66,
    Q_DISK_SNAPSHOT_READ_RATE = 67,
    Q_DISK_SNAPSHOT_WRITE_RATE = 68,
    Q_DISK_SNAPSHOT_SPACE = 69,
    Q_DISK_OUTSTANDING_READS = 70,
    Q_DISK_OUTSTANDING_WRITES = 71,
    Q_DISK_OUTSTANDING = 72,
    Q_DISK_LATENCY = 73,
    Q_DISK_READ_LATENCY = 74,
    Q_DISK_WRITE_LATENCY = 75,
    Q_DISK_IN_FLIGHT = 76,
    Q_DISK_COUNTER_LATENCY = 77,
    Q_DISK_ABORTED = 78,
    Q_DISK_COUNT = 79,
    Q_DISK_QUEUE = 80,
    Q_DISK_STATUS_QUEUE = 81,
    Q_DISK_STATUS_USAGE = 82,
    Q_DISK_STATUS_OVERHEAD = 83,
    Q_DISK_STATUS_UNMET = 84,
    Q_NET_RECEIVED = 85,
    Q_NET_TRANSMITTED = 86,
    Q_NET_THROUGHPUT = 87,
    Q_NET_PACKETS_RECEIVED = 88,
    Q_NET_PACKETS_TRANSMITTED = 89,
    Q_NET_PACKETS = 90,
    Q_NET_DROPPED_TRANSMIT = 91,
    Q_NET_DROPPED_RECEIVE = 92,
    Q_NET_DROP_RATIO_TRANSMIT = 93,
    Q_NET_DROP_RATIO_RECEIVE = 94,
    Q_NET_HOST_INTERNAL = 95,
    Q_NET_COUNT = 96,
    Q_NET_RING_DROPS = 97,
    Q_NET_DRIVER_DROPS = 98,
    Q_NET_STATUS_QUEUE = 99,
    Q_NET_STATUS_USAGE = 100,
    Q_NET_STATUS_OVERHEAD = 101,
    Q_NET_STATUS_UNMET = 102,
    Q_CPU_RUN_QUEUE = 103,
    Q_CPU_CONTEXT_SWITCHES = 104,
    Q_CPU_GUEST_CPU = 105,
    Q_CPU_GUEST_DIFFERENCE = 106,
    Q_MEM_PAGE_IN = 107,
    Q_MEM_PAGE_OUT = 108,
    Q_MEM_GUEST_SWAP_USED = 109,
    Q_MEM_GUEST_NEEDED = 110,
    Q_MEM_GUEST_AVAILABLE = 111,
    Q_MEM_GUEST_DIFFERENCE = 112,
    Q_DISK_GUEST_CAPACITY = 113,
    Q_DISK_GUEST_FREE = 114,
    Q_GUEST_APP = 115,
    Q_GUEST_TOOLS = 116,
    Q_GUEST_HEARTBEAT = 117,
    Q_GUEST_SOURCE = 118,
    Q_GUEST_AGE = 119,
    Q_HOST_CORE_UTILIZATION = 120,
    Q_HOST_UTILIZATION = 121,
    Q_HOST_USAGE = 122,
    Q_HOST_USAGEMHZ = 123,
    Q_HOST_READY = 124,
    Q_HOST_COSTOP = 125,
    Q_HOST_LATENCY = 126,
    Q_HOST_THREADS = 127,
    Q_HOST_CORES = 128,
    Q_HOST_VMS = 129,
    Q_HOST_VCPUS = 130,
    Q_HOST_VCPUS_PER_THREAD = 131,
    Q_HOST_POWER_POLICY = 132,
    Q_HOST_MEM_SIZE = 133,
    Q_HOST_MEM_CONSUMED = 134,
    Q_HOST_MEM_BALLOONED = 135,
    Q_HOST_MEM_SWAPPED = 136,
    Q_HOST_MEM_COMPRESSED = 137,
    Q_HOST_MEM_SWAPIN = 138,
    Q_HOST_MEM_SWAPOUT = 139,
    Q_HOST_MEM_STATE = 140,
    Q_HOST_MEM_LATENCY = 141,
    Q_HOST_STATUS = 142,
    Q_QUALITY_EXPECTED = 143,
    Q_QUALITY_RECEIVED = 144,
    Q_QUALITY_MISSING = 145,
    Q_QUALITY_LATE = 146,
    Q_QUALITY_REPEATED = 147,
    Q_QUALITY_REFUSED_IDENTITY = 148,
    Q_QUALITY_INCOMPLETE = 149,
    Q_QUALITY_REFUSED_SHAPE = 150,
    Q_QUALITY_LAG = 151,
    Q_QUALITY_CLOCK = 152,
    Q_QUALITY_ENTITIES = 153,
    Q_QUALITY_SILENT = 154,
    Q_QUALITY_LEFT_OUT = 155,
    Q_CPU_VERDICT_QUEUE = 156,
    Q_CPU_VERDICT_USAGE = 157,
    Q_CPU_VERDICT_OVERHEAD = 158,
    Q_CPU_VERDICT_UNMET = 159,
    Q_MEM_VERDICT_QUEUE = 160,
    Q_MEM_VERDICT_USAGE = 161,
    Q_MEM_VERDICT_OVERHEAD = 162,
    Q_MEM_VERDICT_UNMET = 163,
    Q_DISK_VERDICT_QUEUE = 164,
    Q_DISK_VERDICT_USAGE = 165,
    Q_DISK_VERDICT_OVERHEAD = 166,
    Q_DISK_VERDICT_UNMET = 167,
    Q_NET_VERDICT_QUEUE = 168,
    Q_NET_VERDICT_USAGE = 169,
    Q_NET_VERDICT_OVERHEAD = 170,
    Q_NET_VERDICT_UNMET = 171,
    Q_ALL_VERDICT_SCORE = 172,
    Q_ALL_VERDICT_CODE = 173,
    Q_ALL_VERDICT_FOR = 174,
    QUANTITY_END
};

/* Values travel as integers: ticks = value * scale, so that what a server counted in milliseconds,
 * hundredths of a percent or MHz is exact everywhere. RATIO_SCALE makes a tick of vCPU time one
 * millisecond of the 20-second real-time interval, exact there; other intervals round to it. */
enum { RATIO_SCALE = 20000, PERCENT_SCALE = 10000 };

enum quantity_scope { SCOPE_VM, SCOPE_HOST, SCOPE_VCENTER };

struct quantity_info {
    enum quantity id;
    unsigned forms;       /* bits 1u << enum form */
    const char *name;     /* "cpu.ready": in JSON, on the page, in the embedded store */
    const char *resource; /* "cpu", "mem", "disk", "net", "guest", "host", "quality", "all" */
    const char *part;     /* "ready" */
    const char *title;    /* for people: "Ready" */
    enum layer layer;
    enum quantity_kind kind;
    enum unit unit;
    int64_t scale;       /* ticks per unit; units per tick where unit_is_large(unit) */
    const char *help;    /* one sentence */
    const char *formula; /* in counters and quantities: "cpu.ready - cpu.maxlimited" */
    const char *source;  /* where the formula comes from and how sure we are */
};

/* The row of a quantity, or NULL for a number no row has (a newer journal). */
const struct quantity_info *quantity_info(enum quantity quantity);

/* The row with this name, or NULL. */
const struct quantity_info *quantity_find(const char *name);

/* Of what kind of entity it is. */
enum quantity_scope quantity_scope(const struct quantity_info *info);

/* What its instances are; INSTANCE_NONE where it has none. */
enum instance_kind quantity_instances(const struct quantity_info *info);

/* Rows in catalogue order, for walking: i from 0 to quantity_count() - 1. */
size_t quantity_count(void);
const struct quantity_info *quantity_at(size_t i);

/* Appends the exact decimal of ticks in the quantity's unit: "0.075", "2400000000". */
void quantity_write(struct buf *out, const struct quantity_info *info, int64_t ticks);

/* The same as a double, for the page and check values. */
double quantity_value(const struct quantity_info *info, int64_t ticks);

/* "queue", "usage", "overhead", "unmet", "idle"; "" for LAYER_NONE: the label `layer`. */
const char *layer_name(enum layer layer);

/* 'A' to 'D', or '-' */
char layer_letter(enum layer layer);

/* Units so small beside a tick that scale is units per tick: hertz, counted in MHz, bytes in KB. */
bool unit_is_large(enum unit unit);

const char *unit_name(enum unit unit);          /* "ratio", "hertz", "count", "code", "bytes" ... */
const char *kind_name(enum quantity_kind kind); /* "part", "total", "check", "status", "verdict" */

/* "total", "worst", "spread"; an instance by its kind: "vcpu", "vdisk", "vnic", "app". */
const char *form_name(const struct quantity_info *info, enum form form);

/*
 * Names in stores, one rule for all: a measurement per entity, resource and kind, a field per unit
 * and form, and the labels layer and part:
 *     vstrata_vm_cpu{layer="unmet",part="ready"}  ratio, ratio_worst, ratio_spread
 *     vstrata_vcpu_cpu{layer=...,part=...,vcpu="0"}  ratio
 *     vstrata_vm_cpu_total, vstrata_vm_cpu_check, vstrata_vm_cpu_status, vstrata_vm_cpu_verdict
 *     vstrata_vdisk_disk{...,vdisk="scsi0:0"}, vstrata_vnic_net{...,vnic="4000"}
 *     vstrata_host{part="usage"}, vstrata_host_status, vstrata_vcenter_quality{part="lag"}
 * Prometheus-type stores join measurement and field by '_'.
 */
void quantity_measurement(struct buf *out, const struct quantity_info *info, enum form form);
void quantity_field(struct buf *out, const struct quantity_info *info, enum form form);

/* Appends a sentence about all quantities that share measurement and field with this one: HELP. It
 * is the same for each of them. */
void quantity_family(struct buf *out, const struct quantity_info *info, enum form form);

#endif
