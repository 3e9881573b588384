/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "disk.h"

#include <math.h>
#include <stdio.h>

#include "noise.h"
#include "physics.h"

enum { /* one key per source of chance; apart from those of physics.c and memory.c */
       NOISE_COUNT = 201,
       NOISE_SIZE,
       NOISE_HOME,
       NOISE_AWAY,
       NOISE_BUS,
       NOISE_SPREAD,
       NOISE_RAW,
       NOISE_SNAPSHOT,
       NOISE_SCALE,
       NOISE_MOVE,
       NOISE_READS,
       NOISE_IO_SIZE,
       NOISE_STORAGE,
       NOISE_SERVICE,
       NOISE_WRITE_CACHE,
       NOISE_SPOT,
       NOISE_ABORT,
       NOISE_AMPLIFIED,
       NOISE_PEAK
};

enum { SECOND_US = 1000000, GIB_KB = 1 << 20, VMFS = 4, SCSI_SELF = 7 };

static const int64_t MINUTE = 60000, HOUR = 3600000;

const struct datastore datastores[DATASTORES] = {
    {"datastore1", "5f3c8d2a-1b2c3d4e-5f60-0025b5aa0011", "VMFS"},
    {"datastore2", "5f3c8d9e-4c7a1102-8b31-0025b5aa0012", "VMFS"},
    {"vmfs-gold-01", "60a1f0c4-9d3e77b8-02f5-0025b5aa0021", "VMFS"},
    {"vmfs-silver-01", "60a1f1aa-2e90c415-7c66-0025b5aa0022", "VMFS"},
    {"nfs-home", "9c1d44e2-6b0f3a57", "NFS"},
    {"nfs archive", "e37a90b5-118c6fd4", "NFS"},
};

static double chance(const struct vm_body *vm, int source, int disk)
{
    return noise_unit(noise_key(vm->key, (uint64_t)source << 32 | (uint32_t)(disk + 1)));
}

static const double ON_FILES = 0.1; /* share of VMs on NFS, which has no raw mappings */

static bool has_raw_disk(const struct vm_body *vm)
{
    return chance(vm, NOISE_RAW, -1) < 0.03 && chance(vm, NOISE_HOME, -1) >= ON_FILES;
}

/* Most VMs have one to three. */
static int disk_count(const struct vm_body *vm)
{
    static const double until[DISKS_MAX - 1] = {0.45, 0.75, 0.93, 0.96, 0.98, 0.985, 0.995};
    double at = chance(vm, NOISE_COUNT, -1);
    int n = 1;
    while (n < DISKS_MAX && until[n - 1] <= at)
        n++;
    return n == 1 && has_raw_disk(vm) ? 2 : n;
}

/* One VM in ten lives on NFS, with all its disks; the others have now and then one elsewhere. */
static uint8_t datastore_of(const struct vm_body *vm, int disk)
{
    double home = chance(vm, NOISE_HOME, -1), away = chance(vm, NOISE_AWAY, disk);
    if (home < ON_FILES)
        return (uint8_t)(VMFS + (home * 2 < ON_FILES));
    if (disk && away < 0.25)
        return (uint8_t)(away * 4 * VMFS);
    return (uint8_t)((home - ON_FILES) / (1 - ON_FILES) * VMFS);
}

static enum disk_bus bus_of(const struct vm_body *vm)
{
    double at = chance(vm, NOISE_BUS, -1);
    return at < 0.87 ? BUS_SCSI : at < 0.92 ? BUS_SATA : BUS_NVME;
}

/* A third of the VMs with SCSI have a second controller for all but the first disk. */
static void plug(const struct vm_body *vm, int i, struct disk_place *ret)
{
    bool second = ret->bus == BUS_SCSI && i && chance(vm, NOISE_SPREAD, -1) < 0.33;
    int unit = second ? i - 1 : i;
    ret->controller = second;
    ret->unit = (uint8_t)(ret->bus == BUS_SCSI && unit >= SCSI_SELF ? unit + 1 : unit);
}

int disk_places(const struct vm_body *vm, struct disk_place ret[DISKS_MAX])
{
    static const int gib[] = {16, 40, 60, 100, 120, 250, 400, 500};
    int chosen = disk_count(vm), n = chosen + vm->disks_added;
    n = n < DISKS_MAX ? n : DISKS_MAX;
    for (int i = 0; i < n; i++) {
        size_t size = (size_t)(chance(vm, NOISE_SIZE, i) * (i ? 8 : 5));
        ret[i] = (struct disk_place){.bus = (uint8_t)bus_of(vm),
                                     .datastore = datastore_of(vm, i),
                                     .rdm = i && i == chosen - 1 && has_raw_disk(vm),
                                     .size_kb = (int64_t)gib[size] * GIB_KB};
        plug(vm, i, &ret[i]);
    }
    return n;
}

char *disk_instance(const struct disk_place *place, char text[DISK_TEXT])
{
    static const char *const names[] = {"scsi", "sata", "nvme"};
    snprintf(text, DISK_TEXT, "%s%u:%u", names[place->bus], place->controller, place->unit);
    return text;
}

/* Taken anew every twelve hours, by a backup that keeps it for too long. */
int64_t snapshot_kb(const struct vm_body *vm, int64_t time_ms)
{
    if (vm->scenario->snapshot <= 0)
        return 0;
    struct disk_place places[DISKS_MAX];
    int n = disk_places(vm, places);
    int64_t size_kb = 0;
    for (int i = 0; i < n; i++)
        size_kb += places[i].rdm ? 0 : places[i].size_kb;
    int64_t phase = (int64_t)(chance(vm, NOISE_SNAPSHOT, -1) * 12 * (double)HOUR);
    int64_t age = (time_ms / SNAPSHOT_STEP_MS * SNAPSHOT_STEP_MS + phase) % (12 * HOUR);
    double share = 0.02 + 0.25 * (double)age / (12 * (double)HOUR);
    return 2 * (int64_t)GIB_KB + (int64_t)(share * (double)size_kb);
}

/* ---- one interval ---- */

static double smooth(const struct vm_body *vm, int source, int disk, int64_t t, int64_t period)
{
    uint64_t key = noise_key(vm->key, (uint64_t)source << 32 | (uint32_t)(disk + 1));
    return noise_smooth(key, t, period);
}

/* Chance of this moment alone. */
static double spot(const struct vm_body *vm, int source, int disk, int64_t t)
{
    uint64_t key = noise_key(vm->key, (uint64_t)source << 32 | (uint32_t)(disk + 1));
    return noise_unit(noise_key(key, (uint64_t)t));
}

/* IOs per second that the guest sends to a disk. One that pages sends more than its work asks. */
static double wanted(const struct vm_body *vm, int i, double activity, int64_t t)
{
    const struct scenario *s = vm->scenario;
    bool ailing = s->snapshot > 0 || s->storage >= 1 || s->queue > 0;
    double drawn = chance(vm, NOISE_SCALE, i);
    double scale = ailing ? 30 * pow(10, 0.6 * drawn) : 2.5 * pow(10, 1.2 * drawn);
    double move = smooth(vm, NOISE_MOVE, i, t, 2 * MINUTE);
    return (i ? 1 : 2) * scale * activity * (0.6 + 0.8 * move) * (1 + s->queue / 2);
}

/* How busy a datastore is, seen from a host: by others, and by what this disk adds. */
static double utilization(const struct vm_body *vm, const struct disk_place *place, double iops,
                          int64_t t)
{
    uint64_t key = noise_key(noise_key(vm->host_key, NOISE_STORAGE), place->datastore);
    double level = noise_smooth(key, t, 15 * MINUTE), bad = vm->scenario->storage;
    double usual = 0.1 + 0.35 * level + iops / 4000, worst = 0.965 + 0.02 * level;
    double all = usual * (1 - bad) + worst * bad;
    return all < 0.988 ? all : 0.988;
}

/* M/M/1: the time in service and in the queue for it, microseconds. */
static void latencies(const struct vm_body *vm, const struct disk_place *place, int i, double iops,
                      int64_t t, struct disk_sample *s)
{
    double service = datastores[place->datastore].type[0] == 'N' ? 700 : 350;
    service = (service + 1200 * vm->scenario->storage) *
              (0.8 + 0.4 * smooth(vm, NOISE_SERVICE, i, t, 2 * MINUTE));
    double us = service / (1 - utilization(vm, place, iops, t));
    double cached = 0.65 + 0.4 * smooth(vm, NOISE_WRITE_CACHE, i, t, 10 * MINUTE);
    s->read_us = s->reads ? (int32_t)us : 0;
    s->write_us = s->writes ? (int32_t)(us * cached) : 0;
    double slowest = s->read_us > s->write_us ? s->read_us : s->write_us;
    s->peak_us = (int32_t)(slowest * (1.1 + 0.6 * spot(vm, NOISE_PEAK, i, t)));
}

/* What is under way at one moment: by Little's law in the mean, and a whole number. */
static int32_t under_way(const struct vm_body *vm, int which, double in_flight, int64_t t)
{
    double now = in_flight * (0.5 + spot(vm, NOISE_SPOT, 2 * which, t));
    return (int32_t)(now + spot(vm, NOISE_SPOT, 2 * which + 1, t));
}

/* Rare, and only of what takes very long. */
static void give_up(const struct vm_body *vm, int i, int64_t t, struct disk_sample *s)
{
    static const double patience_us = 80000;
    double over = s->peak_us / patience_us - 1, at = spot(vm, NOISE_ABORT, i, t);
    if (over <= 0 || at >= 0.15)
        return;
    s->aborts = 1 + (int32_t)(20 * at * over);
    s->resets = at < 0.02;
}

/* Blocks of the chain that must be found before they can be read. */
static void amplify(const struct vm_body *vm, int i, int64_t t, struct disk_sample *s)
{
    double each =
        vm->scenario->snapshot * (0.6 + 0.8 * smooth(vm, NOISE_AMPLIFIED, i, t, 5 * MINUTE));
    s->extra_reads = (int32_t)ceil(s->reads * each);
    s->extra_writes = (int32_t)(s->writes * 0.02 * each);
    s->extra_read_kbps = s->extra_reads * 4;
    s->extra_write_kbps = s->extra_writes * 4;
}

static void disk_sample(const struct vm_body *vm, int i, double activity, int64_t t,
                        const struct disk_place *place, struct disk_sample *ret)
{
    double iops = wanted(vm, i, activity, t);
    double read = 0.25 + 0.5 * smooth(vm, NOISE_READS, i, t, 10 * MINUTE);
    double kb =
        4 + 20 * chance(vm, NOISE_IO_SIZE, i) + 8 * smooth(vm, NOISE_IO_SIZE, i, t, 5 * MINUTE);
    *ret = (struct disk_sample){.reads = (int32_t)(iops * read),
                                .writes = (int32_t)(iops * (1 - read))};
    ret->read_kbps = (int32_t)(iops * read * kb);
    ret->write_kbps = (int32_t)(iops * (1 - read) * kb);
    latencies(vm, place, i, iops, t, ret);
    double reading = (double)ret->reads * ret->read_us / SECOND_US;
    double writing = (double)ret->writes * ret->write_us / SECOND_US;
    ret->outstanding_reads = under_way(vm, 2 * i, reading, t);
    ret->outstanding_writes = under_way(vm, 2 * i + 1, writing, t);
    give_up(vm, i, t, ret);
    if (vm->scenario->snapshot > 0 && !place->rdm)
        amplify(vm, i, t, ret);
}

/* What the host's SSD holds is not read from the swap file. */
static void swap_files(const struct memory_sample *memory, struct disk_set *s)
{
    enum { SWAP_IO_KB = 32 };
    s->swap_read_kbps = (int32_t)(memory->swapin_kbps - memory->cached_in_kbps);
    s->swap_write_kbps = (int32_t)memory->swapout_kbps;
    s->swap_reads = s->swap_read_kbps / SWAP_IO_KB;
    s->swap_writes = s->swap_write_kbps / SWAP_IO_KB;
}

void disk_set_sample(const struct vm_body *vm, double activity, const struct memory_sample *memory,
                     int64_t t, struct disk_set *ret)
{
    ret->n = disk_places(vm, ret->place);
    for (int i = 0; i < ret->n; i++)
        disk_sample(vm, i, activity, t, &ret->place[i], &ret->of[i]);
    swap_files(memory, ret);
    ret->snapshot_kb = snapshot_kb(vm, t);
}
