/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "vm_reply.h"

#include <stdint.h>

#include "reply_text.h"

enum {
    T = 20000, /* ms of an interval */
    VM_T = VM_REPLY_VCPUS * T,
    VM_MHZ = VM_REPLY_VCPUS * VM_REPLY_MHZ,
};

/* What a counter is told of, as a server has it: the VM as a whole, its parts, or both. */
enum told_of { OF_VM, OF_VM_AND_VCPUS, OF_DISKS, OF_VM_AND_DISKS, OF_DATASTORE, OF_NICS };

static void vcpu_state(int vm, int vcpu, int sample, int64_t of[COUNTER_COUNT]);
static void disk_state(int vm, int disk, int sample, int64_t of[COUNTER_COUNT]);
static void datastore_state(int vm, int datastore, int sample, int64_t of[COUNTER_COUNT]);
static void nic_state(int vm, int nic, int sample, int64_t of[COUNTER_COUNT]);

static const struct {
    bool whole;
    int parts;
    const char *names[VM_REPLY_VCPUS];
    void (*state)(int vm, int part, int sample, int64_t of[COUNTER_COUNT]);
} told[] = {
    [OF_VM] = {true, 0, {NULL}, NULL},
    [OF_VM_AND_VCPUS] = {true, VM_REPLY_VCPUS, {"0", "1", "2", "3"}, vcpu_state},
    [OF_DISKS] = {false, VM_REPLY_DISKS, {"scsi0:0", "scsi0:1"}, disk_state},
    [OF_VM_AND_DISKS] = {true, VM_REPLY_DISKS, {"scsi0:0", "scsi0:1"}, disk_state},
    [OF_DATASTORE] = {false, 1, {"5f1f0c8a-7c354a0e-8a43-3f3f7b8d8a10"}, datastore_state},
    [OF_NICS] = {true, 1, {"4000"}, nic_state},
};

/* Ids of a vCenter 6.5, ascending. */
static const struct {
    int32_t id;
    enum counter counter;
    enum told_of of;
} offered[] = {
    {2, CPU_USAGE, OF_VM},
    {6, CPU_USAGEMHZ, OF_VM_AND_VCPUS},
    {10, CPU_SYSTEM, OF_VM},
    {11, CPU_WAIT, OF_VM_AND_VCPUS},
    {12, CPU_READY, OF_VM_AND_VCPUS},
    {13, CPU_IDLE, OF_VM_AND_VCPUS},
    {14, CPU_USED, OF_VM_AND_VCPUS},
    {24, MEM_USAGE, OF_VM},
    {29, MEM_GRANTED, OF_VM},
    {33, MEM_ACTIVE, OF_VM},
    {37, MEM_SHARED, OF_VM},
    {70, MEM_SWAPPED, OF_VM},
    {85, MEM_SWAPINRATE, OF_VM},
    {86, MEM_SWAPOUTRATE, OF_VM},
    {90, MEM_VMMEMCTL, OF_VM},
    {98, MEM_CONSUMED, OF_VM},
    {102, MEM_OVERHEAD, OF_VM},
    {105, MEM_COMPRESSED, OF_VM},
    {106, MEM_COMPRESSIONRATE, OF_VM},
    {107, MEM_DECOMPRESSIONRATE, OF_VM},
    {130, DISK_DEVICE_READ_RATE, OF_VM},
    {131, DISK_DEVICE_WRITE_RATE, OF_VM},
    {133, DISK_DEVICE_LATENCY, OF_VM},
    {146, NET_PACKETS_RX, OF_NICS},
    {147, NET_PACKETS_TX, OF_NICS},
    {148, NET_RECEIVED, OF_NICS},
    {149, NET_TRANSMITTED, OF_NICS},
    {171, DISK_READS, OF_DISKS},
    {172, DISK_WRITES, OF_DISKS},
    {173, DISK_READ_RATE, OF_VM_AND_DISKS},
    {174, DISK_WRITE_RATE, OF_VM_AND_DISKS},
    {175, DISK_READ_LATENCY_MS, OF_DISKS},
    {176, DISK_WRITE_LATENCY_MS, OF_DISKS},
    {178, DISK_DATASTORE_READS, OF_DATASTORE},
    {179, DISK_DATASTORE_WRITES, OF_DATASTORE},
    {184, DISK_DATASTORE_LATENCY, OF_VM},
    {195, DISK_ABORTED, OF_DISKS},
    {196, DISK_RESETS, OF_DISKS},
    {344, DISK_READ_OIO, OF_DISKS},
    {345, DISK_WRITE_OIO, OF_DISKS},
    {386, CPU_SWAPWAIT, OF_VM_AND_VCPUS},
    {396, CPU_LATENCY, OF_VM},
    {397, CPU_ENTITLEMENT, OF_VM},
    {398, CPU_DEMAND, OF_VM},
    {399, CPU_COSTOP, OF_VM_AND_VCPUS},
    {400, CPU_MAXLIMITED, OF_VM_AND_VCPUS},
    {401, CPU_OVERLAP, OF_VM_AND_VCPUS},
    {402, CPU_RUN, OF_VM_AND_VCPUS},
    {404, CPU_READINESS, OF_VM_AND_VCPUS},
    {422, MEM_LATENCY, OF_VM},
    {426, MEM_LLSWAPINRATE, OF_VM},
    {429, MEM_LLSWAPUSED, OF_VM},
    {460, NET_DROPPED_RX, OF_NICS},
    {461, NET_DROPPED_TX, OF_NICS},
    {471, NET_PNIC_RX, OF_NICS},
    {472, NET_PNIC_TX, OF_NICS},
    {532, DISK_READ_LATENCY_US, OF_DISKS},
    {533, DISK_WRITE_LATENCY_US, OF_DISKS},
};
enum { OFFERED = sizeof offered / sizeof *offered };

void vm_reply_counters(struct counter_map *ret)
{
    *ret = (struct counter_map){.found = OFFERED};
    for (size_t i = 0; i < OFFERED; i++) {
        ret->id[offered[i].counter] = offered[i].id;
        ret->sorted[i] = (struct counter_by_id){offered[i].id, offered[i].counter};
    }
}

/* A number from 0 to below - 1, always the same for the same arguments. */
static int64_t some(uint32_t *state, int64_t below)
{
    *state = *state * 1664525u + 1013904223u;
    return below > 0 ? (int64_t)(*state >> 8) % below : 0;
}

/* The states of a vCPU in one interval. A third of the vCPUs are busy; limits and swapping are
 * rare, as they are in the world. */
static void vcpu_state(int vm, int vcpu, int sample, int64_t of[COUNTER_COUNT])
{
    uint32_t s = (uint32_t)vm * 2654435761u ^ (uint32_t)vcpu * 40503u ^ (uint32_t)sample * 69069u;
    some(&s, 1);
    of[CPU_RUN] = 100 + some(&s, (vm + vcpu) % 3 ? 1500 : 15000);
    of[CPU_READY] = 2 + some(&s, 600);
    of[CPU_COSTOP] = some(&s, 2) ? 0 : some(&s, 200);
    of[CPU_WAIT] = T - of[CPU_RUN] - of[CPU_READY] - of[CPU_COSTOP];
    of[CPU_SWAPWAIT] = vm % 10 ? 0 : some(&s, 100);
    of[CPU_IDLE] = of[CPU_WAIT] - of[CPU_SWAPWAIT] - some(&s, 40);
    of[CPU_OVERLAP] = some(&s, 1 + of[CPU_RUN] / 50);
    of[CPU_MAXLIMITED] = vm % 20 ? 0 : some(&s, of[CPU_READY]);
    of[CPU_USED] = (of[CPU_RUN] - of[CPU_OVERLAP]) * (80 + some(&s, 30)) / 100;
    of[CPU_USAGEMHZ] = of[CPU_USED] * VM_REPLY_MHZ / T;
    of[CPU_READINESS] = of[CPU_READY] * 10000 / T;
}

/* A disk in one interval: the first of a VM is seldom idle, the second mostly is. */
static void disk_state(int vm, int disk, int sample, int64_t of[COUNTER_COUNT])
{
    uint32_t s = (uint32_t)vm * 2654435761u ^ (uint32_t)disk * 9973u ^ (uint32_t)sample * 69069u;
    some(&s, 1);
    const bool idle = disk ? some(&s, 5) > 0 : some(&s, 8) == 0;
    of[DISK_READS] = idle ? 0 : some(&s, vm % 4 ? 40 : 900);
    of[DISK_WRITES] = idle ? 0 : 1 + some(&s, vm % 4 ? 60 : 700);
    of[DISK_READ_RATE] = of[DISK_READS] * (4 + some(&s, 60));
    of[DISK_WRITE_RATE] = of[DISK_WRITES] * (4 + some(&s, 30));
    of[DISK_READ_LATENCY_US] = of[DISK_READS] ? 150 + some(&s, 9000) : 0;
    of[DISK_WRITE_LATENCY_US] = of[DISK_WRITES] ? 300 + some(&s, 5000) : 0;
    of[DISK_READ_LATENCY_MS] = of[DISK_READ_LATENCY_US] / 1000;
    of[DISK_WRITE_LATENCY_MS] = of[DISK_WRITE_LATENCY_US] / 1000;
    of[DISK_READ_OIO] = of[DISK_READS] * of[DISK_READ_LATENCY_US] / 1000000;
    of[DISK_WRITE_OIO] = of[DISK_WRITES] * of[DISK_WRITE_LATENCY_US] / 1000000;
    of[DISK_ABORTED] = of[DISK_RESETS] = 0;
}

/* All disks of a VM are on one datastore; every tenth VM has a snapshot. */
static void datastore_state(int vm, int datastore, int sample, int64_t of[COUNTER_COUNT])
{
    int64_t disk[COUNTER_COUNT];
    of[DISK_DATASTORE_READS] = of[DISK_DATASTORE_WRITES] = datastore;
    for (int i = 0; i < VM_REPLY_DISKS; i++) {
        disk_state(vm, i, sample, disk);
        of[DISK_DATASTORE_READS] += disk[DISK_READS] * (vm % 10 ? 1 : 2);
        of[DISK_DATASTORE_WRITES] += disk[DISK_WRITES];
    }
}

static void nic_state(int vm, int nic, int sample, int64_t of[COUNTER_COUNT])
{
    uint32_t s = (uint32_t)vm * 2654435761u ^ (uint32_t)nic * 9973u ^ (uint32_t)sample * 62089u;
    some(&s, 1);
    of[NET_PACKETS_RX] = 20 + some(&s, vm % 5 ? 4000 : 200000);
    of[NET_PACKETS_TX] = 10 + some(&s, vm % 5 ? 3000 : 150000);
    of[NET_RECEIVED] = of[NET_PACKETS_RX] * (100 + some(&s, 900)) / 20480;
    of[NET_TRANSMITTED] = of[NET_PACKETS_TX] * (100 + some(&s, 900)) / 20480;
    of[NET_DROPPED_RX] = some(&s, 20) ? 0 : some(&s, 50);
    of[NET_DROPPED_TX] = some(&s, 100) ? 0 : some(&s, 20);
    of[NET_PNIC_RX] = of[NET_RECEIVED] - some(&s, 1 + of[NET_RECEIVED] / 4);
    of[NET_PNIC_TX] = of[NET_TRANSMITTED] - some(&s, 1 + of[NET_TRANSMITTED] / 4);
}

/* What is below a VM's disks. */
static void device_state(int vm, int64_t of[COUNTER_COUNT])
{
    of[DISK_DEVICE_READ_RATE] = of[DISK_READ_RATE] * (vm % 10 ? 1 : 2);
    of[DISK_DEVICE_WRITE_RATE] = of[DISK_WRITE_RATE] + (vm % 10 ? 0 : 50);
    of[DISK_DEVICE_LATENCY] = of[DISK_READ_LATENCY_MS] + of[DISK_WRITE_LATENCY_MS];
    of[DISK_DATASTORE_LATENCY] = of[DISK_DEVICE_LATENCY];
}

/* Memory in KB and KB/s. Every tenth VM has lost some of it; most that is told changes slowly. */
static void memory_state(int vm, int sample, int64_t of[COUNTER_COUNT])
{
    const bool pressed = vm % 10 == 0;
    const int64_t drift = (vm * 977 + sample / 3 * 131) % 4096;
    of[MEM_VMMEMCTL] = pressed ? 200000 + drift * 4 : 0;
    of[MEM_SWAPPED] = pressed ? 50000 + drift : 0;
    of[MEM_COMPRESSED] = pressed ? 9000 + drift / 2 : 0;
    of[MEM_LLSWAPUSED] = of[MEM_SWAPPED] / 4;
    of[MEM_SWAPINRATE] = pressed ? drift % 300 : 0;
    of[MEM_SWAPOUTRATE] = pressed ? drift % 100 : 0;
    of[MEM_DECOMPRESSIONRATE] = pressed ? drift % 70 : 0;
    of[MEM_COMPRESSIONRATE] = pressed ? drift % 50 : 0;
    of[MEM_LLSWAPINRATE] = of[MEM_SWAPINRATE] / 4;
    of[MEM_LATENCY] = of[MEM_SWAPINRATE];
    of[MEM_GRANTED] = VM_REPLY_MEMORY_KB - 300000 - drift * 16 - of[MEM_VMMEMCTL] -
                      of[MEM_SWAPPED] - of[MEM_COMPRESSED];
    of[MEM_SHARED] = 40000 + drift;
    of[MEM_CONSUMED] = of[MEM_GRANTED] - of[MEM_SHARED];
    of[MEM_ACTIVE] = of[MEM_GRANTED] / 5 + drift * 8;
    of[MEM_OVERHEAD] = 57000 + drift % 400;
    of[MEM_USAGE] = of[MEM_ACTIVE] * 10000 / VM_REPLY_MEMORY_KB;
}

/* The VM as a whole: sums, with the work of the VM's other worlds in those that have it. */
static void vm_state(int vm, int sample, int64_t of[COUNTER_COUNT])
{
    int64_t part[COUNTER_COUNT];
    for (int c = 0; c < COUNTER_COUNT; c++)
        of[c] = 0;
    for (size_t i = 0; i < OFFERED; i++)
        for (int k = 0; k < told[offered[i].of].parts; k++) {
            told[offered[i].of].state(vm, k, sample, part);
            of[offered[i].counter] += part[offered[i].counter];
        }
    of[CPU_SYSTEM] = 5 + (vm + sample) % 50;
    of[CPU_USED] += of[CPU_SYSTEM] + sample % 30;
    of[CPU_USAGEMHZ] += 1 + vm % 20;
    of[CPU_USAGE] = of[CPU_USAGEMHZ] * 10000 / VM_MHZ;
    of[CPU_READINESS] = of[CPU_READY] * 10000 / VM_T;
    of[CPU_LATENCY] = (of[CPU_READY] + of[CPU_COSTOP]) * 10000 / VM_T;
    of[CPU_DEMAND] = of[CPU_USAGEMHZ] + of[CPU_READY] * VM_REPLY_MHZ / T;
    of[CPU_ENTITLEMENT] = VM_MHZ;
    memory_state(vm, sample, of);
    device_state(vm, of);
}

/* Of a part, or of the VM as a whole. */
static void write_series(struct buf *to, size_t i, const char *instance, const int64_t *values,
                         int samples)
{
    buf_printf(to,
               "<value xsi:type=\"PerfMetricSeriesCSV\"><id><counterId>%d</counterId>"
               "<instance>%s</instance></id><value>",
               offered[i].id, instance);
    for (int k = 0; k < samples; k++) {
        buf_str(to, k ? "," : "");
        buf_int(to, values[k]);
    }
    buf_str(to, "</value></value>");
}

static void write_counter(struct buf *to, int vm, size_t i, int first, int samples,
                          int64_t whole[][COUNTER_COUNT])
{
    int64_t values[VM_REPLY_SAMPLES], part[COUNTER_COUNT];
    if (told[offered[i].of].whole) {
        for (int k = 0; k < samples; k++)
            values[k] = whole[k][offered[i].counter];
        write_series(to, i, "", values, samples);
    }
    for (int p = 0; p < told[offered[i].of].parts; p++) {
        for (int k = 0; k < samples; k++) {
            told[offered[i].of].state(vm, p, first + k, part);
            values[k] = part[offered[i].counter];
        }
        write_series(to, i, told[offered[i].of].names[p], values, samples);
    }
}

void vm_reply(int round, int samples, struct buf *to)
{
    const int first = round * samples;
    int64_t whole[VM_REPLY_SAMPLES][COUNTER_COUNT];
    reply_head(to);
    for (int vm = 0; vm < VM_REPLY_VMS; vm++) {
        reply_entity(to, vm, true);
        reply_samples(to, true, first, samples);
        for (int k = 0; k < samples; k++)
            vm_state(vm, first + k, whole[k]);
        for (size_t i = 0; i < OFFERED; i++)
            write_counter(to, vm, i, first, samples, whole);
        buf_str(to, "</returnval>");
    }
    reply_tail(to);
}
