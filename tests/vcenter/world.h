/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The inventory and the clock: what exists, where it is and since when. One lock guards it all;
 * whoever waits for a change waits on `changed`.
 *
 * Every change gets the next number of one sequence, and each aspect of an object remembers the
 * number of its last change: that is all a property filter needs to know what a client has missed.
 */
#ifndef VCENTER_WORLD_H
#define VCENTER_WORLD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "catalogue.h"
#include "physics.h"

enum {
    OBJECTS_MAX = 400000,
    HOSTS_MAX = 4000,
    EPOCHS_MAX = 64, /* of one VM; the oldest are forgotten, and with them their history */
    NAME_MAX_BYTES = 240,
    HISTORY_MS = 3600 * 1000,
    HISTORY_SLOTS = HISTORY_MS / SLOT_MS,
    MOID_TEXT = 32,
    UUID_TEXT = 40,
    GUEST_TEXT_MAX = 1024, /* of guestinfo.vstrata, in bytes */
    GUEST_EVERY_MS = 20000,
};

enum kind { KIND_FOLDER, KIND_DATACENTER, KIND_CLUSTER, KIND_HOST, KIND_DATASTORE, KIND_VM, KINDS };

enum aspect {
    ASPECT_NAME,
    ASPECT_PLACE,
    ASPECT_POWER,
    ASPECT_CPUS,
    ASPECT_DEVICES,
    ASPECT_SNAPSHOT,
    ASPECT_TOOLS,
    ASPECT_GUESTINFO,
    ASPECTS
};

enum tools { TOOLS_RUNNING, TOOLS_EXECUTING_SCRIPTS, TOOLS_NOT_RUNNING };

struct epoch { /* how a VM was from a time on */
    int64_t from_ms;
    uint32_t host; /* index of the object */
    uint16_t cpus;
    uint8_t disks_added; /* since it was created */
    bool on;
    const struct scenario *scenario;
};

struct object {
    enum kind kind;
    uint32_t number; /* moid: vm-NUMBER */
    uint32_t parent; /* index; the root folder is its own */
    char *name;
    char *born; /* its name before it was renamed, which its files keep; NULL = never renamed */
    bool gone;
    uint32_t entered, left, changed[ASPECTS];

    int64_t memory_mb; /* host, VM */
    /* host */
    uint16_t mhz, threads;
    /* VM; the last epoch is the present */
    const struct scenario *scenario; /* at present */
    bool bully;
    enum tools tools;
    bool publishes;       /* guestinfo.vstrata by itself, as long as told is not set */
    bool told;            /* guestinfo is what a test said, NULL = nothing */
    char *guestinfo;      /* owned */
    int64_t published_ms; /* when it did so last; 0 = not since it was switched on */
    uint16_t nepochs;
    struct epoch first; /* most have just one */
    struct epoch *epochs;
};

struct world_options {
    int vms, hosts, vcpus_max, off_percent, guest_percent;
    bool guest_counters; /* the catalogue has the group guest */
    uint64_t seed;
    const struct scenario *scenario; /* NULL = a mix */
    const char *name, *instance_uuid;
    int64_t start_ms; /* server clock at launch */
    double speed;     /* server seconds per second */
};

struct object_list { /* indices */
    uint32_t n, room;
    uint32_t *items;
};

struct load_slot { /* time wanted of each host in one interval */
    int64_t time_ms;
    int64_t *wanted;
};

struct world {
    pthread_mutex_t lock;
    pthread_cond_t changed; /* a change of the inventory, of a session, or the end */
    bool stopping;
    struct world_options options;
    char instance_uuid[UUID_TEXT];
    struct mono_time launched;
    struct catalogue catalogue;
    int missing_permille; /* share of samples that are answered with -1 */

    uint32_t sequence;
    uint32_t newest[ASPECTS]; /* the last change of each aspect of any object */
    uint32_t population;      /* the last time an object came or went */
    uint32_t nobjects, room;
    struct object *objects;
    uint32_t first[KINDS]; /* objects of a kind stand together; VMs are last and may grow */
    uint32_t nhosts;
    struct object_list *residents;                        /* by host: VMs that are or were there */
    struct object_list publishers[GUEST_EVERY_MS / 1000]; /* by the second of the 20 */
    int64_t published_s;                                  /* server second that they are up to */
    struct load_slot slots[HISTORY_SLOTS + 8];
};

enum { ROOT_FOLDER = 0 }; /* index */

/* Builds the inventory. False when out of memory or over a cap. */
bool world_init(struct world *world, const struct world_options *options);
void world_free(struct world *world);

/* The server's clock. */
int64_t world_now(const struct world *world);

/* Appends nothing anywhere: "vm-12" into text, which is returned. */
char *world_moid(const struct world *world, uint32_t object, char text[MOID_TEXT]);
/* The vSphere type: "VirtualMachine". */
const char *world_type(enum kind kind);
/* The object with this moid if it exists now, or NULL. */
struct object *world_find(const struct world *world, const char *moid);
uint32_t world_index(const struct world *world, const struct object *object);

/* The present of a VM. */
const struct epoch *world_present(const struct object *vm);
/* The epoch that governs the whole interval ending at time_ms; NULL if there is no sample then. */
const struct epoch *world_epoch(const struct object *vm, int64_t time_ms);

/* The instance UUID of a VM. */
char *world_uuid(const struct world *world, const struct object *vm, char text[UUID_TEXT]);

/* True if object is somewhere below container; hosts and clusters contain VMs too. */
bool world_contains(const struct world *world, uint32_t container, uint32_t object, bool deep);

/* The nearest object of a kind at or above; VMs are below their host, not their folder. NULL if
 * there is none. */
const struct object *world_above(const struct world *world, uint32_t object, enum kind kind);

/* One of the three folders of a datacenter (index): of its hosts, VMs or datastores. */
uint32_t world_folder(const struct world *world, const struct object *datacenter, enum kind of);

/* The object (index) of one of the shared datastores, by its row, in the datacenter of a VM. */
uint32_t world_datastore(const struct world *world, uint32_t vm, int row);

/* What physics needs of a VM in an epoch. */
struct vm_body world_body(const struct world *world, const struct object *vm,
                          const struct epoch *epoch);
/* The VM in the interval ending at time_ms; vcpus is the room for its vCPUs. False if there is
 * none. Its demand_mhz is not filled in. */
bool world_sample(struct world *world, const struct object *vm, int64_t time_ms,
                  struct vcpu_times vcpus[VCPUS_MAX], struct vm_sample *ret);
/* The load of a host in the interval ending at time_ms; remembers. */
struct host_load world_load(struct world *world, uint32_t host, int64_t time_ms);

/* Changes; each wakes the waiters. False when a cap is reached or memory is out. */
bool world_rename(struct world *world, struct object *object, const char *name);
bool world_change(struct world *world, struct object *vm, struct epoch to); /* from_ms is set */
bool world_create(struct world *world, const char *name, uint32_t host, int cpus,
                  const struct scenario *scenario, struct object **ret);
bool world_remove(struct world *world, struct object *vm);
/* What Tools do in the guest. */
void world_set_tools(struct world *world, struct object *vm, enum tools tools);
/* Marks an aspect of an object as changed now and wakes the waiters. */
void world_touch(struct world *world, struct object *object, enum aspect aspect);

/* False when out of memory. */
bool object_list_add(struct object_list *list, uint32_t index);

#endif
