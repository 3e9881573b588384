/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What collect hands down the house: the new samples of one entity, checked for shape, in order of
 * time, each time once, all newer than the entity's mark.
 */
#ifndef COLLECT_SAMPLE_H
#define COLLECT_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "collect/counter.h"
#include "collect/entity.h"
#include "collect/guest_text.h"

enum { SAMPLE_MISSING = -1 }; /* the server has no value for this series at this time */

struct raw_info {            /* a counter that is wanted as it came */
    const char *name, *unit; /* "cpu.ready.summation", "millisecond" */
};

struct sample_series { /* a counter that the model does not read has the number COUNTER_COUNT */
    enum counter counter;
    const char
        *instance;         /* "" = aggregate of the entity, "0".."n-1" = vCPU, "scsi0:0" = disk,
                              "4000" = vNIC; of others (datastore UUIDs, vmnic0) as the server says */
    const int64_t *values; /* one per time of the block */
};

/* What is behind a VM's disks decides which counters see all of its IO. */
enum { BACKING_KNOWN = 1, BACKING_RDM = 2, BACKING_FILE = 4 /* NFS, vSAN: no block device */ };

struct guest_report {            /* one text of guestinfo.vstrata */
    struct server_time received; /* the server's clock when it came to us */
    struct guest_text text;
};

/* What the server says of the inside of a VM beside counters; codes as in the quantities
 * guest.tools and guest.heartbeat. */
struct guest_facts {
    int tools, heartbeat;
    int64_t capacity, free; /* bytes of its file systems; -1 = not known */
    bool refused;           /* the newest text of guestinfo.vstrata was refused */
    size_t nreports;        /* the newest texts, ascending by time */
    const struct guest_report *reports;
};

struct host_facts {                     /* inventory of a host */
    int32_t threads, cores, vms, vcpus; /* the last two of its powered-on VMs */
    int power_policy;                   /* code as in the quantity host.power_policy */
};

struct sample_block {
    const struct entity *entity;
    int64_t memory_bytes;     /* configured memory of the VM, or of the host; 0 = not known */
    int32_t host_mhz;         /* nominal frequency of the entity's host; 0 = not known */
    unsigned backing;         /* BACKING_ bits; 0 = not known */
    int64_t snapshot_bytes;   /* space of the VM's snapshot files; -1 = not known */
    struct guest_facts guest; /* of a VM */
    struct host_facts host;   /* of a host */
    size_t ntimes;
    const struct server_time *times; /* ascending, no repeats */
    const int32_t *intervals;        /* seconds, one per time */
    size_t nseries;
    const struct sample_series *series;
    const struct raw_info *const *raw; /* one per series, NULL = not wanted as it came; NULL as a
                                          whole: none is */
    bool guest_counters; /* some of them are of COUNTER_GROUP_GUEST; most servers have none */
};

struct mark { /* everything of the entity up to this time has been handed down */
    const struct entity *entity;
    struct server_time time;
};

/* How one collection of a vCenter went: counts of entities and samples, times in ms. */
struct cycle_quality {
    const struct entity *entity; /* the vCenter */
    struct server_time time;     /* the newest sample seen, or the server's clock without one */
    int32_t interval_s;
    int64_t expected, received, missing, late, repeated, refused_shape;
    int64_t lag_ms;   /* newest sample ever to the server's clock at the end; -1 = none yet */
    int64_t clock_ms; /* our clock less the server's */
    int64_t entities, silent,
        left_out; /* asked; without any new sample; the server failed on them */
};

/* Where collect hands its blocks. The program wires it; collect does not know what is below. */
struct sample_sink {
    void *ctx;
    /* Takes the blocks and marks of one answer as a whole (0) or not at all (-1: nothing was kept,
     * collect asks again from the old marks). Blocks are borrowed for the call. */
    int (*take)(void *ctx, const struct sample_block *blocks, size_t nblocks,
                const struct mark *marks, size_t nmarks);
    /* The end of a collection; what the layers refused since the last is added below. 0 or -1. */
    int (*quality)(void *ctx, const struct cycle_quality *quality);
    /* The mark kept for an entity; ms 0 if none. */
    struct server_time (*mark)(void *ctx, const char *vcenter_uuid, const char *moid);
    /* Whether an entity is asked at all, told of each when a collection is planned; `on` = powered
     * on, without which it is not asked. NULL: all are. */
    bool (*wants)(void *ctx, const struct entity *entity, bool on);
};

#endif
