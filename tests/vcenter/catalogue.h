/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The performance counters: names as vSphere's, ids shuffled by the seed and with gaps, so that a
 * client that does not resolve them by name is found out.
 */
#ifndef VCENTER_CATALOGUE_H
#define VCENTER_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "physics.h"

enum instances {
    INSTANCES_NONE = 0,        /* listed, but a VM has no data of it */
    INSTANCES_AGGREGATE = 1,   /* '' */
    INSTANCES_VCPUS = 2,       /* '0' to 'n-1' */
    INSTANCES_DISKS = 4,       /* 'scsi0:1' */
    INSTANCES_NICS = 8,        /* '4000', and 'vmnic0' beside them */
    INSTANCES_DATASTORES = 16, /* UUIDs of those with a disk of the VM */
    INSTANCES_BOTH = INSTANCES_AGGREGATE | INSTANCES_VCPUS,
    INSTANCES_NETWORK = INSTANCES_AGGREGATE | INSTANCES_NICS,
};

/* In place of the number of an instance, which is that of a vCPU, of a disk in the sample, of a row
 * of datastores, or of a vNIC in the sample and from NICS_MAX on of a physical one. */
enum { AGGREGATE = -1, UPLINKS = 2, INSTANCE_MAX = VCPUS_MAX + 1, INSTANCE_TEXT = 40 };

struct host_sample;
typedef int64_t counter_fn(const struct vm_sample *sample, int instance);
typedef int64_t host_counter_fn(const struct host_sample *sample, int instance);

struct counter {
    const char *group, *name, *rollup, *stats, *unit, *label;
    int level, device_level;
    enum instances instances;
    int32_t scale;         /* largest value, if physics knows nothing of it */
    counter_fn *value;     /* NULL: chance up to scale */
    host_counter_fn *host; /* NULL: a host has no data of it */
};

enum { COUNTERS_MAX = 128 };

struct catalogue {
    uint64_t seed;
    size_t n;
    int32_t id[COUNTERS_MAX];  /* by row of the table */
    int32_t phantom;           /* an id that is offered for VMs but listed nowhere */
    bool hidden[COUNTERS_MAX]; /* taken away at run time */
    bool guest;                /* has the group guest, which vCenters do not offer */
};

void catalogue_init(struct catalogue *catalogue, uint64_t seed);

const struct counter *catalogue_row(size_t i);

/* False for a row that is hidden, or not offered at all. */
bool catalogue_listed(const struct catalogue *catalogue, size_t i);

/* The row with this id that is listed, or -1. */
int catalogue_find(const struct catalogue *catalogue, int32_t id);

/* The row with this group.name.rollup (case-sensitive), hidden or not, or -1. */
int catalogue_find_name(const char *name);

/* The instances that a VM shaped as in the sample has of a counter, and how many. */
int catalogue_instances(const struct counter *counter, const struct vm_sample *sample,
                        int ret[INSTANCE_MAX]);

/* The same of a host: its physical NICs, datastores, block devices, or itself alone. */
int catalogue_host_instances(const struct counter *counter, int ret[INSTANCE_MAX]);

/* Their name on the wire into text, which is returned. */
char *catalogue_instance(const struct counter *counter, const struct vm_sample *sample,
                         int instance, char text[INSTANCE_TEXT]);
char *catalogue_host_instance(const struct counter *counter, int instance,
                              char text[INSTANCE_TEXT]);

/* False if the VM of the sample did not have that device. */
bool catalogue_has(const struct counter *counter, const struct vm_sample *sample, int instance);

/* What the server would tell of row i and an instance that the sample has. */
int64_t catalogue_value(const struct catalogue *catalogue, size_t i, uint64_t vm_key,
                        const struct vm_sample *sample, int instance);

#endif
