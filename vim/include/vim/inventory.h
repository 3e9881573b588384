/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What the vCenter has, kept true by WaitForUpdatesEx: one container view and one filter per
 * object type. A long poll is under way between vim_inventory_listen and its answer; the answer
 * is applied by vim_inventory_apply. Pointers to objects and their texts stay valid until the
 * next apply, reread or close.
 */
#ifndef VIM_INVENTORY_H
#define VIM_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vim/client.h"

enum vim_kind {
    VIM_VM,         /* VirtualMachine */
    VIM_HOST,       /* HostSystem */
    VIM_CLUSTER,    /* ComputeResource, ClusterComputeResource; only the latter is_cluster */
    VIM_DATACENTER, /* Datacenter */
    VIM_FOLDER,     /* Folder */
    VIM_KINDS
};

enum vim_power { VIM_POWER_UNKNOWN, VIM_POWER_ON, VIM_POWER_OFF, VIM_POWER_SUSPENDED };

struct vim_object {
    enum vim_kind kind;
    const char *type;   /* the server's own type name, "ClusterComputeResource" */
    const char *moid;   /* "vm-42" */
    const char *name;   /* valid UTF-8, at most CAP_NAME bytes, vCenter's %2f escapes undone */
    const char *parent; /* moid of the parent; "" if none or not known */
    bool is_cluster;
    enum vim_power power;      /* VM, host: runtime.powerState */
    const char *host;          /* VM: moid of runtime.host; "" if none */
    const char *instance_uuid; /* VM: config.instanceUuid, "" if not set */
    int32_t cpus;              /* VM: config.hardware.numCPU; host: logical CPUs; 0 = not known */
    int64_t memory_bytes;      /* VM and host; 0 = not known */
    int32_t cpu_mhz;           /* host: summary.hardware.cpuMhz, the nominal frequency */
};

struct vim_place { /* names a person knows; "" where there is none */
    const char *host, *cluster, *datacenter;
    int32_t host_mhz; /* nominal frequency of the VM's host; 0 = not known */
};

struct vim_changes { /* counts of objects of all kinds */
    size_t entered, modified, left;
};

struct vim_inventory;

/* Creates views and filters and reads the full state; blocks. Needs an open session. */
enum vim_code vim_inventory_open(struct vim_client *client, struct vim_inventory **ret,
                                 struct vim_error *err);

/* Starts a long poll of at most wait_s seconds if none is under way. */
enum vim_code vim_inventory_listen(struct vim_inventory *inventory, int wait_s,
                                   struct vim_error *err);

/* Applies the finished long poll, if one is; follows truncated answers (blocking). VIM_OK with zero
 * changes when nothing has come. After any failure the caller closes the inventory and opens it
 * again: an update may be lost for good. */
enum vim_code vim_inventory_apply(struct vim_inventory *inventory, struct vim_changes *ret,
                                  struct vim_error *err);

/* Reads everything again by RetrievePropertiesEx over new views (paged) and mends what differs;
 * blocks. ret counts what the updates had missed. */
enum vim_code vim_inventory_reread(struct vim_inventory *inventory, struct vim_changes *ret,
                                   struct vim_error *err);

/* Cancels the poll, destroys filters and views if the session is open, frees. NULL is fine. */
void vim_inventory_close(struct vim_inventory *inventory);

size_t vim_inventory_count(const struct vim_inventory *inventory, enum vim_kind kind);

/* Calls visit for each object of a kind until it returns false. Order is not defined. */
void vim_inventory_each(const struct vim_inventory *inventory, enum vim_kind kind,
                        bool (*visit)(void *ctx, const struct vim_object *object), void *ctx);

/* The object, or NULL. */
const struct vim_object *vim_inventory_find(const struct vim_inventory *inventory,
                                            const char *moid);

/* Host, cluster and datacenter of a VM or host by their names. */
void vim_inventory_place(const struct vim_inventory *inventory, const struct vim_object *object,
                         struct vim_place *ret);

#endif
