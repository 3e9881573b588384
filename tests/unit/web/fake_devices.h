/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The made-up disks, vNICs, guests and hosts of fake_store.h: all pure functions of (VM, time).
 *
 * VM i has 1 + i % 3 disks and 1 + i % 2 vNICs; one VM in seventeen has no counters of either. One
 * in nine has slow disks, one in eleven a snapshot, one in thirteen drops what it sends. Every
 * second VM has a guest that speaks, and of these one in three an application.
 */
#ifndef UNIT_WEB_FAKE_DEVICES_H
#define UNIT_WEB_FAKE_DEVICES_H

#include <stdio.h>
#include <string.h>

#include "collect/sample.h"

enum {
    FAKE_DISKS = 3,
    FAKE_NICS = 2,
    FAKE_HOSTS = 16, /* of each vCenter */
    FAKE_ALL_HOSTS = 2 * FAKE_HOSTS,
    FAKE_DEVICE_SERIES = 64
};

static const char *const fake_disk_names[FAKE_DISKS] = {"scsi0:0", "scsi0:1", "nvme0:0"};
static const char *const fake_nic_names[FAKE_NICS] = {"4000", "4001"};
static const char fake_devices[] = "4000\tNetwork adapter 1\tVM Network\n"
                                   "4001\tNetwork adapter 2\tbackup\n"
                                   "nvme0:0\tHard disk 3\tnvme <fast>\n"
                                   "scsi0:0\tHard disk 1\tdatastore1\n"
                                   "scsi0:1\tHard disk 2\tdatastore1";

static inline bool fake_has_devices(unsigned vm)
{
    return vm % 17 != 16;
}

static inline bool fake_speaks(unsigned vm)
{
    return vm % 2 == 0;
}

static inline int64_t fake_disk_value(unsigned vm, unsigned disk, enum counter counter, int64_t t)
{
    const bool slow = vm % 9 == 4;
    const int64_t busy = 20 + (int64_t)((vm * 7 + disk * 31 + (unsigned)(t / 20000)) % 90);
    switch (counter) {
    case DISK_READS:
        return busy;
    case DISK_WRITES:
        return busy / 2;
    case DISK_READ_RATE:
        return busy * 16;
    case DISK_WRITE_RATE:
        return busy * 4;
    case DISK_READ_LATENCY_US:
        return (slow ? 48000 : 700) + busy * 10 + (int64_t)disk * 100;
    case DISK_WRITE_LATENCY_US:
        return (slow ? 61000 : 900) + busy * 10 + (int64_t)disk * 100;
    case DISK_READ_OIO:
        return slow ? busy / 8 : busy / 60;
    case DISK_WRITE_OIO:
        return slow ? busy / 16 : 0;
    default:
        return 0;
    }
}

static inline int64_t fake_nic_value(unsigned vm, unsigned nic, enum counter counter, int64_t t)
{
    const int64_t busy = 100 + (int64_t)((vm * 11 + nic * 17 + (unsigned)(t / 20000)) % 300);
    switch (counter) {
    case NET_RECEIVED:
        return busy;
    case NET_TRANSMITTED:
        return busy / 3;
    case NET_PACKETS_RX:
        return busy * 20;
    case NET_PACKETS_TX:
        return busy * 9;
    case NET_DROPPED_RX:
        return busy / 50;
    case NET_DROPPED_TX:
        return vm % 13 == 6 ? busy : 0;
    default:
        return 0;
    }
}

struct fake_filler { /* series are appended here, their values to the end of `values` */
    struct sample_series *series;
    int64_t *values;
    size_t nseries, ntimes;
    const struct server_time *times;
    unsigned vm;
};

static inline int64_t *fake_series(struct fake_filler *fill, enum counter counter,
                                   const char *instance)
{
    struct sample_series *series = &fill->series[fill->nseries];
    int64_t *values = fill->values + fill->nseries++ * fill->ntimes;
    *series = (struct sample_series){.counter = counter, .instance = instance, .values = values};
    return values;
}

/* What the datastores and devices see: the disks, and one VM in eleven reads through a snapshot. */
static inline void fake_backing(struct fake_filler *fill, unsigned disks)
{
    static const struct {
        enum counter counter, of;
        const char *instance;
    } backing[] = {{DISK_DATASTORE_READS, DISK_READS, "uuid-1"},
                   {DISK_DATASTORE_WRITES, DISK_WRITES, "uuid-1"},
                   {DISK_DEVICE_READ_RATE, DISK_READ_RATE, ""},
                   {DISK_DEVICE_WRITE_RATE, DISK_WRITE_RATE, ""}};
    const int64_t more = fill->vm % 11 == 5 ? 3 : 1;
    for (size_t c = 0; c < sizeof backing / sizeof *backing; c++) {
        int64_t *values = fake_series(fill, backing[c].counter, backing[c].instance);
        for (size_t t = 0; t < fill->ntimes; t++) {
            values[t] = 0;
            for (unsigned d = 0; d < disks; d++)
                values[t] += more * fake_disk_value(fill->vm, d, backing[c].of, fill->times[t].ms);
        }
    }
}

static inline void fake_fill_devices(struct fake_filler *fill)
{
    static const enum counter of_disk[] = {
        DISK_READS,           DISK_WRITES,           DISK_READ_RATE, DISK_WRITE_RATE,
        DISK_READ_LATENCY_US, DISK_WRITE_LATENCY_US, DISK_READ_OIO,  DISK_WRITE_OIO};
    static const enum counter of_nic[] = {NET_RECEIVED,   NET_TRANSMITTED, NET_PACKETS_RX,
                                          NET_PACKETS_TX, NET_DROPPED_RX,  NET_DROPPED_TX};
    const unsigned disks = 1 + fill->vm % FAKE_DISKS, nics = 1 + fill->vm % FAKE_NICS;
    if (!fake_has_devices(fill->vm))
        return;
    for (unsigned d = 0; d < disks; d++)
        for (size_t c = 0; c < sizeof of_disk / sizeof *of_disk; c++) {
            int64_t *values = fake_series(fill, of_disk[c], fake_disk_names[d]);
            for (size_t t = 0; t < fill->ntimes; t++)
                values[t] = fake_disk_value(fill->vm, d, of_disk[c], fill->times[t].ms);
        }
    for (unsigned d = 0; d < nics; d++)
        for (size_t c = 0; c < sizeof of_nic / sizeof *of_nic; c++) {
            int64_t *values = fake_series(fill, of_nic[c], fake_nic_names[d]);
            for (size_t t = 0; t < fill->ntimes; t++)
                values[t] = fake_nic_value(fill->vm, d, of_nic[c], fill->times[t].ms);
        }
    fake_backing(fill, disks);
}

/* A report that came just before the time. The name of its application value goes to the devices of
 * the entity, too. */
static inline struct guest_report fake_report(unsigned vm, struct server_time t)
{
    struct guest_report report = {
        .received = {t.ms - 4000},
        .text = {.guest_s = t.ms / 1000, .interval_s = 20, .known = (1u << GUEST_FIELDS) - 1}};
    const int64_t milli[GUEST_FIELDS] = {
        [GUEST_RUN_QUEUE] = (int64_t)(1 + vm % 4) * 1000,
        [GUEST_CONTEXT_SWITCHES] = 1500500,
        [GUEST_PAGE_IN] = 10000,
        [GUEST_PAGE_OUT] = 5000,
        [GUEST_SWAP_USED] = 1024000,
        [GUEST_MEM_NEEDED] = 1048576000,
        [GUEST_MEM_AVAILABLE] = 2097152000,
        [GUEST_DISK_QUEUE] = (int64_t)(vm % 9) * 100,
        [GUEST_RING_DROPS] = vm % 16 == 2 ? 3000 : 0,
        [GUEST_CPU] = 500,
    };
    memcpy(report.text.milli, milli, sizeof milli);
    if (vm % 3 == 0) {
        report.text.napps = 1;
        report.text.apps[0] =
            (struct guest_app){.number = 777, .name = "jvm.heap_used", .milli = 123456500};
    }
    return report;
}

static inline void fake_device_text(unsigned vm, char *ret, size_t size)
{
    const struct guest_report report = fake_report(vm, (struct server_time){1000000000000});
    const bool app = fake_speaks(vm) && report.text.napps;
    if (app)
        snprintf(ret, size, "%u\t%s\n%s", report.text.apps[0].number, report.text.apps[0].name,
                 fake_devices);
    else
        snprintf(ret, size, "%s", fake_devices);
}

/* ---- hosts ---- */

struct fake_host {
    struct entity entity;
    char vcenter[16], name[32], moid[24];
    unsigned index;
};

static inline void fake_host_open(struct fake_host *host, const char *vcenter, unsigned i)
{
    host->index = i;
    snprintf(host->vcenter, sizeof host->vcenter, "%s", vcenter);
    snprintf(host->name, sizeof host->name, "esx%02u.example.net", i);
    snprintf(host->moid, sizeof host->moid, "host-%u", i);
    host->entity = (struct entity){
        .vcenter_uuid = host->vcenter,
        .label = {host->vcenter, "dc1", "cluster-a", host->name, "", host->moid, "", "host", ""}};
}

/* A row at each time. */
static inline void fake_host_rows(const struct fake_host *host, const struct server_time *times,
                                  size_t n, struct row_batch *out)
{
    static const struct {
        enum counter counter;
        int64_t base;
    } of[] = {{HOST_CORE_UTILIZATION, 4000},
              {HOST_UTILIZATION, 2500},
              {CPU_USAGE, 4200},
              {CPU_USAGEMHZ, 20000},
              {CPU_READY, 9000},
              {CPU_COSTOP, 500},
              {CPU_LATENCY, 120},
              {MEM_CONSUMED, 1 << 27},
              {MEM_VMMEMCTL, 4096},
              {HOST_SWAPUSED, 0},
              {MEM_COMPRESSED, 0},
              {MEM_SWAPINRATE, 0},
              {MEM_SWAPOUTRATE, 0},
              {HOST_MEM_STATE, 1},
              {MEM_LATENCY, 10}};
    enum { N = sizeof of / sizeof *of };
    struct sample_series series[N];
    int64_t *values = calloc(N * n + 1, sizeof *values);
    int32_t *intervals = calloc(n + 1, sizeof *intervals);
    if (!values || !intervals)
        abort();
    for (size_t c = 0; c < N; c++) {
        series[c] = (struct sample_series){of[c].counter, "", values + c * n};
        for (size_t t = 0; t < n; t++)
            values[c * n + t] = of[c].base + host->index * (of[c].base / 40);
    }
    for (size_t t = 0; t < n; t++)
        intervals[t] = 20;
    struct sample_block block = {.entity = &host->entity,
                                 .memory_bytes = INT64_C(512) << 30,
                                 .host_mhz = 2400,
                                 .snapshot_bytes = -1,
                                 .host = {.threads = 64,
                                          .cores = 32,
                                          .vms = 12,
                                          .vcpus = 48,
                                          .power_policy = (int)(host->index % 5)},
                                 .ntimes = n,
                                 .times = times,
                                 .intervals = intervals,
                                 .nseries = N,
                                 .series = series};
    struct layer_options options = {.other_wait_is_unmet = true};
    struct layer_findings findings = {0};
    layers_rows(&block, &options, out, &findings);
    free(values);
    free(intervals);
}

#endif
