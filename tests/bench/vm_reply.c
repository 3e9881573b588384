/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "vm_reply.h"

#include <stdint.h>

#include "reply_text.h"

enum {
    WHOLE = -1, /* the aggregate, beside vCPU numbers */
    T = 20000,  /* ms of an interval */
    VM_T = VM_REPLY_VCPUS * T,
    VM_MHZ = VM_REPLY_VCPUS * VM_REPLY_MHZ,
};

/* Ids of a vCenter 6.5; which counters are per vCPU too is as a server has it. By id. */
static const struct {
    int32_t id;
    enum counter counter;
    bool vcpus;
} offered[COUNTER_COUNT] = {
    {2, CPU_USAGE, false},
    {6, CPU_USAGEMHZ, true},
    {10, CPU_SYSTEM, false},
    {11, CPU_WAIT, true},
    {12, CPU_READY, true},
    {13, CPU_IDLE, true},
    {14, CPU_USED, true},
    {24, MEM_USAGE, false},
    {29, MEM_GRANTED, false},
    {33, MEM_ACTIVE, false},
    {37, MEM_SHARED, false},
    {70, MEM_SWAPPED, false},
    {85, MEM_SWAPINRATE, false},
    {86, MEM_SWAPOUTRATE, false},
    {90, MEM_VMMEMCTL, false},
    {98, MEM_CONSUMED, false},
    {102, MEM_OVERHEAD, false},
    {105, MEM_COMPRESSED, false},
    {106, MEM_COMPRESSIONRATE, false},
    {107, MEM_DECOMPRESSIONRATE, false},
    {386, CPU_SWAPWAIT, true},
    {396, CPU_LATENCY, false},
    {397, CPU_ENTITLEMENT, false},
    {398, CPU_DEMAND, false},
    {399, CPU_COSTOP, true},
    {400, CPU_MAXLIMITED, true},
    {401, CPU_OVERLAP, true},
    {402, CPU_RUN, true},
    {404, CPU_READINESS, true},
    {422, MEM_LATENCY, false},
    {426, MEM_LLSWAPINRATE, false},
    {429, MEM_LLSWAPUSED, false},
};

void vm_reply_counters(struct counter_map *ret)
{
    *ret = (struct counter_map){.found = COUNTER_COUNT};
    for (size_t i = 0; i < COUNTER_COUNT; i++) {
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

/* The aggregate: sums, with the work of the VM's other worlds in those that have it. */
static void vm_state(int vm, int sample, int64_t of[COUNTER_COUNT])
{
    int64_t vcpu[COUNTER_COUNT];
    for (int c = 0; c < COUNTER_COUNT; c++)
        of[c] = 0;
    for (int i = 0; i < VM_REPLY_VCPUS; i++) {
        vcpu_state(vm, i, sample, vcpu);
        for (size_t c = 0; c < COUNTER_COUNT; c++)
            of[offered[c].counter] += offered[c].vcpus ? vcpu[offered[c].counter] : 0;
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
}

static void write_series(struct buf *to, int vm, size_t i, int vcpu, int first, int samples)
{
    int64_t of[COUNTER_COUNT];
    buf_printf(to,
               "<value xsi:type=\"PerfMetricSeriesCSV\"><id><counterId>%d</counterId><instance>",
               offered[i].id);
    if (vcpu != WHOLE)
        buf_int(to, vcpu);
    buf_str(to, "</instance></id><value>");
    for (int k = 0; k < samples; k++) {
        if (vcpu == WHOLE)
            vm_state(vm, first + k, of);
        else
            vcpu_state(vm, vcpu, first + k, of);
        buf_str(to, k ? "," : "");
        buf_int(to, of[offered[i].counter]);
    }
    buf_str(to, "</value></value>");
}

void vm_reply(int round, int samples, struct buf *to)
{
    const int first = round * samples;
    reply_head(to);
    for (int vm = 0; vm < VM_REPLY_VMS; vm++) {
        reply_entity(to, vm, true);
        reply_samples(to, true, first, samples);
        for (size_t i = 0; i < COUNTER_COUNT; i++)
            for (int vcpu = WHOLE; vcpu < (offered[i].vcpus ? VM_REPLY_VCPUS : 0); vcpu++)
                write_series(to, vm, i, vcpu, first, samples);
        buf_str(to, "</returnval>");
    }
    reply_tail(to);
}
