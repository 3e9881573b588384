/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The VMs and hosts of one vCenter as a collector sees them: labels, whether to ask, the mark up to
 * which everything has been handed down, and what else the inventory says that the model needs.
 */
#ifndef COLLECT_TARGETS_H
#define COLLECT_TARGETS_H

#include <uthash.h>

#include "base/buf.h"
#include "collect/reports.h"
#include "collect/sample.h"
#include "collect/schedule.h"
#include "vim/inventory.h"

enum { TARGET_KINDS = ENTITY_HOST + 1 }; /* VMs and hosts */

struct target {
    struct entity entity; /* its texts are `texts` */
    char *texts;
    char *moid; /* the key; also entity.label[LABEL_MOID] */
    enum entity_kind kind;
    enum vim_power power;
    int32_t host_mhz;
    int64_t memory_bytes;
    struct server_time mark; /* ms 0 = nothing yet */

    /* See quality.h. */
    struct server_time due_after; /* with no sample since, samples are due from here on: the first
                                     time it was asked, or a power-on; ms 0 = from the mark on */
    struct server_time counted;   /* what is due up to here has been counted; ms 0 = not yet */
    bool planned;                 /* to be asked in this cycle, */
    bool heard;                   /* and something new was handed down */

    bool asked;        /* a query about it is under way or planned */
    bool seen;         /* by the newest sync */
    bool has_snapshot; /* VM */
    bool snapshot_due; /* VM: the space of its snapshots is to be read */
    unsigned backing;  /* VM: BACKING_ bits */
    int64_t snapshot_bytes;
    struct guest_facts guest; /* VM: but for reports */
    struct reports *reports;  /* VM: what its guest published; NULL = nothing */
    struct host_facts facts;  /* host */
    UT_hash_handle hh;
};

struct targets_options { /* all borrowed */
    const char *vcenter; /* label */
    const struct sample_sink *sink;
    struct metric_set *figures;
    bool hosts; /* follow hosts, too */
};

struct targets {
    struct targets_options options;
    struct target *by_moid;
    size_t count[TARGET_KINDS];
    char *vcenter_uuid;      /* owned */
    struct entity self;      /* the vCenter */
    struct report_desk desk; /* where the texts of guests are read */
    bool snapshots_due;      /* of some target */
    struct buf devices;      /* LABEL_DEVICES of the one under work */
};

/* No targets yet. */
void targets_init(struct targets *targets, const struct targets_options *options);
void targets_free(struct targets *targets);

/* The identity of the server, told after login. A different one than before drops all targets.
 * 0, or -1 when out of memory. */
int targets_identify(struct targets *targets, const char *instance_uuid);

struct targets_news {
    const struct vim_inventory *inventory;
    const struct server_clock *clock;
    bool first;       /* the inventory was just opened */
    bool guests_only; /* nothing but what guests say is new */
};

/* Follows the inventory: who is new gets its mark from the sink, who is gone is dropped, labels,
 * power and all else are as the inventory says. 0, or -1 when out of memory (what could be followed
 * was). */
int targets_sync(struct targets *targets, const struct targets_news *news);

/* The target, or NULL. */
struct target *targets_find(const struct targets *targets, const char *moid);

/* One of this kind that is on, and so has samples; NULL if there is none. */
const struct target *targets_some_on(const struct targets *targets, enum entity_kind kind);

/* Fills all of a block but times and series. 0, or -1 when out of memory. */
int target_describe(const struct target *target, struct arena *arena, struct sample_block *ret);

/* The server's name for a kind: "VirtualMachine", "HostSystem". */
const char *target_type(enum entity_kind kind);

#endif
