/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The newest row of every VM, cut down to what the tables show, of every host, and of the data
 * quality of every vCenter. The store hands over whole rows (every quantity, every vCPU); they are
 * given back at once, and the cut is kept for a few seconds, because samples come every 20 s and
 * each open page asks on its own.
 */
#ifndef WEB_SNAPSHOT_H
#define WEB_SNAPSHOT_H

#include <stdbool.h>

#include "layers/reason.h"
#include "stores/embedded.h"
#include "web/columns.h"

enum {
    HOST_VALUES = Q_HOST_STATUS - Q_HOST_CORE_UTILIZATION + 1,
    QUALITY_VALUES = Q_QUALITY_LEFT_OUT - Q_QUALITY_EXPECTED + 1,
    SCORE_NONE = -1,
};

/* The totals of some neighbours in the catalogue: values[i] is of the quantity first + i. */
struct seen_values {
    uint64_t known; /* bits 1 << i */
    int64_t ticks[HOST_VALUES > QUALITY_VALUES ? HOST_VALUES : QUALITY_VALUES];
};

struct seen_row { /* of a VM, host or vCenter */
    const char *label[LABEL_TAGS];
    struct server_time time;
    int32_t interval_s;
    bool stale; /* three intervals or more behind the newest row of its vCenter's VMs */
};

struct vm_line {
    struct seen_row row;
    uint64_t known; /* bits 1 << enum column */
    double value[COLUMN_COUNT];
    int16_t reason[VERDICT_PLACES]; /* enum reason, by place (see verdict.h) */
    int16_t score[VERDICT_PLACES];  /* ticks of the layer's verdict, or SCORE_NONE */
};

struct host_line {
    struct seen_row row;
    struct seen_values values; /* from Q_HOST_CORE_UTILIZATION on */
};

struct snapshot_vcenter { /* what the newest rows of a vCenter say together */
    const char *name;
    struct server_time newest; /* of its VMs; ms 0 if it has none */
    unsigned vms;
    unsigned stale; /* of these, VMs without a row for three intervals or more */
    unsigned no_layers[RESOURCE_COUNT]; /* of the others, VMs whose newest row has no B or no D */
    unsigned hosts;
    struct server_time quality_time; /* ms 0 if there is no row of its data quality */
    struct seen_values quality;      /* from Q_QUALITY_EXPECTED on */
};

struct snapshot;

/* NULL when out of memory. Holds nothing yet. */
struct snapshot *snapshot_new(void);
void snapshot_free(struct snapshot *snapshot);

/* Makes it at most SNAPSHOT_MS old. 0, or -1 with err; the old content is then gone. */
enum { SNAPSHOT_MS = 3000 };
int snapshot_renew(struct snapshot *snapshot, void *embedded, struct store_error *err);

/* All VMs, all hosts, in no particular order; they and their texts live until the next renewal. */
const struct vm_line *snapshot_lines(const struct snapshot *snapshot, size_t *ret_n);
const struct host_line *snapshot_hosts(const struct snapshot *snapshot, size_t *ret_n);

/* The vCenter of this name, or NULL if it has no row. */
const struct snapshot_vcenter *snapshot_vcenter(const struct snapshot *snapshot, const char *name);

/* How far a row is behind the newest of its vCenter, in ms. */
int64_t snapshot_behind(const struct snapshot *snapshot, const struct seen_row *row);

/* True if the column has a value. */
bool vm_knows(const struct vm_line *line, enum column column);

/* A value as percent of its whole (see column_info); false if that is not known, or has none. */
bool vm_percent(const struct vm_line *line, enum column column, double *ret);

/* The status of a resource's layers B to D together: the worst of them. A is not among them, since
 * nothing can be done about it from outside the guest, and no layer for which vSphere has no
 * counter. That of the verdict: unavailable without one, else partial if a resource is not whole.
 */
enum layer_status vm_status(const struct vm_line *line, enum table table);

#endif
