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
    INSTANCES_NONE = 0,      /* listed, but a VM has no data of it */
    INSTANCES_AGGREGATE = 1, /* '' */
    INSTANCES_VCPUS = 2,     /* '0' to 'n-1' */
    INSTANCES_BOTH = INSTANCES_AGGREGATE | INSTANCES_VCPUS,
};

enum { AGGREGATE = -1 }; /* in place of a vCPU's number */

struct counter {
    const char *group, *name, *rollup, *stats, *unit, *label;
    int level, device_level;
    enum instances instances;
    int32_t scale; /* largest value, if physics knows nothing of it */
    int64_t (*value)(const struct vm_sample *sample, int vcpu); /* NULL: chance up to scale */
};

enum { COUNTERS_MAX = 64 };

struct catalogue {
    uint64_t seed;
    size_t n;
    int32_t id[COUNTERS_MAX];  /* by row of the table */
    int32_t phantom;           /* an id that is offered for VMs but listed nowhere */
    bool hidden[COUNTERS_MAX]; /* taken away at run time */
};

void catalogue_init(struct catalogue *catalogue, uint64_t seed);

const struct counter *catalogue_row(size_t i);

/* The row with this id and not hidden, or -1. */
int catalogue_find(const struct catalogue *catalogue, int32_t id);

/* The row with this group.name.rollup (case-sensitive), hidden or not, or -1. */
int catalogue_find_name(const char *name);

/* What the server would tell of row i; vcpu is AGGREGATE or a number below sample->cpus. */
int64_t catalogue_value(const struct catalogue *catalogue, size_t i, uint64_t vm_key,
                        const struct vm_sample *sample, int vcpu);

#endif
