/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The virtual disks of a VM, and what they did in one interval, as a pure function of the seed, the
 * VM and the time.
 *
 *     guest --> virtual disk --+--> datastore (VMFS, NFS), where a snapshot adds IO of its own
 *                              '--> raw device (RDM), which no datastore sees
 *
 * All numbers are whole, as the disks' own clocks count them; a VM's are the sums over its disks.
 */
#ifndef VCENTER_DISK_H
#define VCENTER_DISK_H

#include <stdbool.h>
#include <stdint.h>

enum { DISKS_MAX = 8, DATASTORES = 6, DISK_TEXT = 16 };

enum disk_bus { BUS_SCSI, BUS_SATA, BUS_NVME };

struct vm_body;
struct memory_sample;

struct datastore {
    const char *name, *uuid, *type; /* type: "VMFS" or "NFS" */
};

extern const struct datastore datastores[DATASTORES];

struct disk_place {
    uint8_t bus; /* enum disk_bus */
    uint8_t controller, unit;
    uint8_t datastore; /* row of datastores; of a raw mapping: where its mapping file is */
    bool rdm;
    int64_t size_kb;
};

struct disk_sample { /* IOs and KB per second; latencies are means in microseconds */
    int32_t reads, writes, read_kbps, write_kbps, read_us, write_us;
    int32_t outstanding_reads, outstanding_writes; /* at the interval's end */
    int32_t aborts, resets;                        /* commands */
    int32_t extra_reads, extra_writes, extra_read_kbps, extra_write_kbps; /* by a snapshot */
    int32_t peak_us; /* the slowest IO that the host has seen of it */
};

struct disk_set { /* of one VM in one interval */
    int n;
    struct disk_place place[DISKS_MAX];
    struct disk_sample of[DISKS_MAX];
    /* The host's swap file of the VM, beside its first disk: IOs and KB per second. */
    int32_t swap_reads, swap_writes, swap_read_kbps, swap_write_kbps;
    int64_t snapshot_kb;
};

/* Fills *ret and returns how many disks there are, 1 to DISKS_MAX. */
int disk_places(const struct vm_body *vm, struct disk_place ret[DISKS_MAX]);

/* Fills *ret. activity: how busy the VM is against its own mean; memory: of the same interval. */
void disk_set_sample(const struct vm_body *vm, double activity, const struct memory_sample *memory,
                     int64_t time_ms, struct disk_set *ret);

/* "scsi0:1" into text, which is returned. */
char *disk_instance(const struct disk_place *place, char text[DISK_TEXT]);

/* What the delta files of all disks take; 0 = there is no snapshot. A server looks at its files
 * only now and then, so it moves in steps of SNAPSHOT_STEP_MS. Raw disks take no part. */
enum { SNAPSHOT_STEP_MS = 300 * 1000 };
int64_t snapshot_kb(const struct vm_body *vm, int64_t time_ms);

#endif
