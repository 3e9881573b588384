/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The newest row of every VM, cut down to what the table shows. The store hands over whole rows
 * (every quantity, every vCPU); they are given back at once, and the cut is kept for a few seconds,
 * because samples come every 20 s and each open page asks on its own.
 */
#ifndef WEB_SNAPSHOT_H
#define WEB_SNAPSHOT_H

#include <stdbool.h>

#include "layers/reason.h"
#include "stores/embedded.h"

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
    COLUMN_COUNT
};

enum resource { RESOURCE_CPU, RESOURCE_MEM, RESOURCE_COUNT };

/* A value may also be given as percent of a whole. */
enum whole {
    WHOLE_NONE,
    WHOLE_CPUS,   /* of all vCPUs of the VM */
    WHOLE_ONE,    /* of one vCPU, or of the time */
    WHOLE_MEMORY, /* of the configured memory */
};

struct column_info {
    const char *name; /* in the API; one of the memory stands in the object "mem" */
    enum resource resource;
    enum quantity quantity;
    enum form form;
    enum whole whole;
};

enum { SNAPSHOT_LAYERS = LAYER_UNMET - LAYER_QUEUE + 1 }; /* A to D */

struct vm_line {
    const char *label[LABEL_COUNT];
    struct server_time time;
    int32_t interval_s;
    bool stale;     /* three intervals or more behind the newest row of its vCenter */
    unsigned known; /* bits 1u << enum column */
    double value[COLUMN_COUNT];
    int16_t reason[RESOURCE_COUNT][SNAPSHOT_LAYERS]; /* enum reason, A to D */
};

struct snapshot_vcenter { /* what the newest rows of a vCenter's VMs say together */
    const char *name;
    struct server_time newest;
    unsigned vms;
    unsigned stale; /* of these, VMs without a row for three intervals or more */
    unsigned no_layers[RESOURCE_COUNT]; /* of the others, VMs whose newest row has no B or no D */
};

struct snapshot;

/* "cpu", "mem": in the API, and in the names of quantities. */
const char *resource_name(enum resource resource);

/* The row of a column. */
const struct column_info *column_info(enum column column);

/* NULL when out of memory. Holds nothing yet. */
struct snapshot *snapshot_new(void);
void snapshot_free(struct snapshot *snapshot);

/* Makes it at most SNAPSHOT_MS old. 0, or -1 with err; the old content is then gone. */
enum { SNAPSHOT_MS = 3000 };
int snapshot_renew(struct snapshot *snapshot, void *embedded, struct store_error *err);

/* All VMs, in no particular order; they and their texts live until the next renewal. */
const struct vm_line *snapshot_lines(const struct snapshot *snapshot, size_t *ret_n);

/* The vCenter of this name, or NULL if none of its VMs has a row. */
const struct snapshot_vcenter *snapshot_vcenter(const struct snapshot *snapshot, const char *name);

/* A value as percent of its whole (see column_info); false if that is not known, or has none. */
bool vm_percent(const struct vm_line *line, enum column column, double *ret);

/* The status of a resource's layers B to D together: the worst of them. A is not among them, since
 * nothing can be done about it from outside the guest. */
enum layer_status vm_status(const struct vm_line *line, enum resource resource);

#endif
