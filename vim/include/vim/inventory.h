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

#include "base/caps.h"
#include "base/clock.h"
#include "vim/client.h"

enum vim_kind {
    VIM_VM,         /* VirtualMachine */
    VIM_HOST,       /* HostSystem */
    VIM_CLUSTER,    /* ComputeResource, ClusterComputeResource; only the latter is_cluster */
    VIM_DATACENTER, /* Datacenter */
    VIM_FOLDER,     /* Folder */
    VIM_DATASTORE,  /* Datastore */
    VIM_NETWORK,    /* Network, DistributedVirtualPortgroup, OpaqueNetwork; with devices only */
    VIM_KINDS
};

enum vim_power { VIM_POWER_UNKNOWN, VIM_POWER_ON, VIM_POWER_OFF, VIM_POWER_SUSPENDED };

/* Of a host's CPUs. */
enum vim_power_policy {
    VIM_POLICY_UNKNOWN,
    VIM_POLICY_HIGH_PERFORMANCE,
    VIM_POLICY_BALANCED,
    VIM_POLICY_LOW_POWER,
    VIM_POLICY_CUSTOM
};

/* VMware Tools in a guest. */
enum vim_tools {
    VIM_TOOLS_UNKNOWN,
    VIM_TOOLS_RUNNING,
    VIM_TOOLS_EXECUTING_SCRIPTS,
    VIM_TOOLS_NOT_RUNNING
};

enum vim_heartbeat {
    VIM_HEARTBEAT_GRAY,
    VIM_HEARTBEAT_GREEN,
    VIM_HEARTBEAT_YELLOW,
    VIM_HEARTBEAT_RED
};

enum vim_device_kind { VIM_DISK, VIM_NIC };

struct vim_device {      /* of a VM; texts are safe labels like vim_object's name */
    const char *label;   /* deviceInfo.label, "Hard disk 1" */
    const char *backing; /* disk: datastore's name as in "[name] path"; NIC: the network's name; ""
                            if the device does not say it. vim_inventory_backing knows more */
    const char *datastore; /* disk: moid of the datastore; NIC: moid of network or port group; "" */
    enum vim_device_kind kind;
    bool rdm;                           /* a disk that is a LUN of its own (raw device mapping) */
    char instance[CAP_DEVICE_INSTANCE]; /* as counters name it: disk "scsi0:1" (also sata, nvme,
                                           ide); NIC its key, "4000" */
};

struct vim_object {
    enum vim_kind kind;
    const char *type;   /* the server's own type name, "ClusterComputeResource" */
    const char *moid;   /* "vm-42" */
    const char *name;   /* valid UTF-8, at most CAP_NAME bytes, vCenter's %2f escapes undone,
                           without blanks at its beginning */
    const char *parent; /* moid of the parent; "" if none or not known */
    bool is_cluster;
    enum vim_power power;      /* VM, host: runtime.powerState */
    const char *host;          /* VM: moid of runtime.host; "" if none */
    const char *instance_uuid; /* VM: config.instanceUuid; host: its hardware's; "" if not set */
    int32_t cpus;              /* VM: config.hardware.numCPU; host: logical CPUs; 0 = not known */
    int64_t memory_bytes;      /* VM and host; 0 = not known */
    int32_t cpu_mhz;           /* host: summary.hardware.cpuMhz, the nominal frequency */
    int32_t cores;             /* host: summary.hardware.numCpuCores; 0 = not known */
    enum vim_power_policy power_policy; /* host */
    const char *storage_type;           /* datastore: "VMFS", "NFS", "NFS41", "vsan", "VVOL" */
    bool has_snapshot; /* VM: its disks stand on a snapshot (snapshot.currentSnapshot is set) */

    /* VM, read with vim_inventory_options.devices: disks and network adapters, at most CAP_DEVICES;
     * NULL if there is none. In the server's order. */
    const struct vim_device *devices;
    size_t ndevices;

    /* VM, read with vim_inventory_options.guest. */
    enum vim_tools tools;
    enum vim_heartbeat heartbeat;
    int64_t guest_capacity; /* bytes of all disks that the guest names; -1 = not known */
    int64_t guest_free;
    const char *guestinfo;     /* guestinfo.vstrata as the guest wrote it: any bytes, at most
                                  CAP_GUEST_TEXT; "" if not set or refused */
    bool guestinfo_refused;    /* it is longer, so guestinfo is "" */
    uint32_t guestinfo_serial; /* grows with each update, even to the same text; 0 = never set */
    struct mono_time guestinfo_at; /* when the newest update came; ms 0 = never */
};

struct vim_place { /* names a person knows; "" where there is none */
    const char *host, *cluster, *datacenter;
    int32_t host_mhz; /* nominal frequency of the VM's host; 0 = not known */
};

struct vim_changes { /* counts of objects of all kinds */
    size_t entered, modified, left;
    size_t guest; /* of VMs of which only guest's fields (tools to guestinfo_at) are new: many and
                     often, and not among modified */
};

struct vim_inventory_options { /* what is read beyond the rest: both are much to read */
    bool devices;              /* config.hardware.device of each VM, and the networks */
    bool guest;                /* tools, heartbeat, guest disks and guestinfo.vstrata of each VM */
};

struct vim_inventory;

/* Creates views and filters and reads the full state; blocks. Needs an open session. options are
 * copied; NULL = nothing beyond the rest. */
enum vim_code vim_inventory_open(struct vim_client *client,
                                 const struct vim_inventory_options *options,
                                 struct vim_inventory **ret, struct vim_error *err);

/* True if the guest's texts were to be read, and the server refused to say a single key of
 * config.extraConfig: then guestinfo stays "" for all VMs. (The whole of it would be too much.) */
bool vim_inventory_guestinfo_unsupported(const struct vim_inventory *inventory);

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

/* The name of the datastore or network behind a device: as the inventory has it now, else as the
 * device says it; "" if neither knows. */
const char *vim_inventory_backing(const struct vim_inventory *inventory,
                                  const struct vim_device *device);

/* Reads the layoutEx of n VMs, some at a time, and calls visit for each with the bytes of the files
 * that exist for its snapshots only; blocks. Those are, each file once:
 *   - extents and descriptors of every element but the first in the chain of a disk;
 *   - files of the types snapshotData and snapshotMemory.
 * Lists of snapshots (.vmsd), suspend and swap files do not count. The first element of a linked
 * clone's chain is the disk that it shares, so all of its own disk counts: the layout does not tell
 * it from a snapshot's. A VM that is gone or without a readable layout is not visited. */
enum vim_code vim_snapshot_space(struct vim_client *client, const char *const *moids, size_t n,
                                 void (*visit)(void *ctx, const char *moid, int64_t bytes),
                                 void *ctx, struct vim_error *err);

#endif
