/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The VMs of one vCenter as a collector sees them: labels, whether to ask, and the mark up to which
 * everything has been handed down.
 */
#ifndef COLLECT_TARGETS_H
#define COLLECT_TARGETS_H

#include <uthash.h>

#include "collect/sample.h"
#include "vim/inventory.h"

struct target {
    struct entity entity; /* its texts are `texts` */
    char *texts;
    char *moid; /* the key; also entity.label[LABEL_MOID] */
    enum vim_power power;
    int32_t host_mhz;
    int64_t memory_bytes;
    struct server_time mark; /* ms 0 = nothing yet */
    bool asked;              /* a query about it is under way or planned */
    bool seen;               /* by the newest sync */
    UT_hash_handle hh;
};

struct targets {
    struct target *by_moid;
    size_t count;
    const char *vcenter; /* label; borrowed */
    char *vcenter_uuid;  /* owned */
    const struct sample_sink *sink;
};

/* No targets yet. vcenter and sink are borrowed. */
void targets_init(struct targets *targets, const char *vcenter, const struct sample_sink *sink);
void targets_free(struct targets *targets);

/* The identity of the server, told after login. A different one than before drops all targets.
 * 0, or -1 when out of memory. */
int targets_identify(struct targets *targets, const char *instance_uuid);

/* Follows the inventory: new VMs get their mark from the sink, gone ones are dropped, labels and
 * power are as the inventory says. 0, or -1 when out of memory (what could be followed was). */
int targets_sync(struct targets *targets, const struct vim_inventory *inventory);

/* The target, or NULL. */
struct target *targets_find(const struct targets *targets, const char *moid);

#endif
