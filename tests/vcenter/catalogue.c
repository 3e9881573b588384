/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "catalogue.h"

#include <stdio.h>
#include <string.h>

#include "noise.h"

static const struct vcpu_times *of(const struct vm_sample *s, int vcpu)
{
    return vcpu == AGGREGATE ? &s->sum : &s->vcpu[vcpu];
}

static int64_t run(const struct vm_sample *s, int vcpu)
{
    return of(s, vcpu)->net_run + of(s, vcpu)->overlap;
}

static int64_t ready(const struct vm_sample *s, int vcpu)
{
    return of(s, vcpu)->ready + of(s, vcpu)->limited;
}

static int64_t costop(const struct vm_sample *s, int vcpu)
{
    return of(s, vcpu)->costop;
}

static int64_t wait(const struct vm_sample *s, int vcpu)
{
    const struct vcpu_times *v = of(s, vcpu);
    return (int64_t)v->swapwait + v->otherwait + v->idle;
}

static int64_t idle(const struct vm_sample *s, int vcpu)
{
    return of(s, vcpu)->idle;
}

static int64_t overlap(const struct vm_sample *s, int vcpu)
{
    return of(s, vcpu)->overlap;
}

static int64_t swapwait(const struct vm_sample *s, int vcpu)
{
    return of(s, vcpu)->swapwait;
}

static int64_t maxlimited(const struct vm_sample *s, int vcpu)
{
    return of(s, vcpu)->limited;
}

static int64_t system_time(const struct vm_sample *s, int vcpu)
{
    (void)vcpu;
    return s->system_ms;
}

static int64_t used(const struct vm_sample *s, int vcpu)
{
    return vcpu == AGGREGATE ? (int64_t)s->sum.used + s->system_ms + s->worlds_ms
                             : s->vcpu[vcpu].used;
}

static int64_t usagemhz(const struct vm_sample *s, int vcpu)
{
    int64_t ms = used(s, vcpu) + (vcpu == AGGREGATE ? s->kernel_ms : 0);
    return ms * s->mhz / SLOT_MS;
}

enum { WHOLE = 10000 }; /* 100 % in hundredths of a percent */

static int64_t at_most_whole(int64_t value)
{
    return value > WHOLE ? WHOLE : value;
}

static int64_t usage(const struct vm_sample *s, int vcpu)
{
    return at_most_whole(usagemhz(s, vcpu) * WHOLE / ((int64_t)s->cpus * s->mhz));
}

static int64_t latency(const struct vm_sample *s, int vcpu)
{
    const struct vcpu_times *v = of(s, vcpu);
    int64_t slow = run(s, vcpu) - v->used; /* overlap is in there */
    int64_t ms = v->ready + v->costop + (slow > 0 ? slow : 0);
    return at_most_whole(ms * WHOLE / ((int64_t)s->cpus * SLOT_MS));
}

static int64_t readiness(const struct vm_sample *s, int vcpu)
{
    int64_t vcpus = vcpu == AGGREGATE ? s->cpus : 1;
    return ready(s, vcpu) * WHOLE / (vcpus * SLOT_MS);
}

static int64_t demand(const struct vm_sample *s, int vcpu)
{
    (void)vcpu;
    return s->demand_mhz;
}

static int64_t entitlement(const struct vm_sample *s, int vcpu)
{
    (void)vcpu;
    return s->entitlement_mhz;
}

/* Memory belongs to the VM, and most counters of it are the physics' own figure. */
#define MEMORY(counter, member)                                       \
    static int64_t mem_##counter(const struct vm_sample *s, int vcpu) \
    {                                                                 \
        (void)vcpu;                                                   \
        return s->memory.member;                                      \
    }

MEMORY(granted, granted_kb)
MEMORY(active, active_kb)
MEMORY(shared, shared_kb)
MEMORY(overhead, overhead_kb)
MEMORY(balloon, ballooned_kb)
MEMORY(swapped, swapped_kb)
MEMORY(compressed, compressed_kb)
MEMORY(cached, cached_kb)
MEMORY(swapin_rate, swapin_kbps)
MEMORY(swapout_rate, swapout_kbps)
MEMORY(decompression, decompression_kbps)
MEMORY(compression, compression_kbps)
MEMORY(cached_in, cached_in_kbps)

static int64_t mem_consumed(const struct vm_sample *s, int vcpu)
{
    (void)vcpu;
    return s->memory.granted_kb - s->memory.saved_kb;
}

static int64_t mem_latency(const struct vm_sample *s, int vcpu)
{
    (void)vcpu;
    return (int64_t)s->memory.waited_ms * WHOLE / SLOT_MS;
}

static int64_t mem_usage(const struct vm_sample *s, int vcpu)
{
    (void)vcpu;
    return s->memory.active_kb * WHOLE / s->memory.configured_kb;
}

#define MS "summation", "delta", "millisecond"
#define MHZ "average", "rate", "megaHertz"
#define PERCENT "average", "rate", "percent"
#define KB "average", "absolute", "kiloBytes"
#define KBPS "average", "rate", "kiloBytesPerSecond"
#define STATE "average", "absolute", "percent"

static const struct counter rows[] = {
    {"cpu", "run", MS, "Run", 2, 3, INSTANCES_BOTH, 0, run},
    {"cpu", "ready", MS, "Ready", 1, 3, INSTANCES_BOTH, 0, ready},
    {"cpu", "costop", MS, "Co-stop", 2, 3, INSTANCES_BOTH, 0, costop},
    {"cpu", "wait", MS, "Wait", 3, 3, INSTANCES_BOTH, 0, wait},
    {"cpu", "idle", MS, "Idle", 2, 3, INSTANCES_BOTH, 0, idle},
    {"cpu", "overlap", MS, "Overlap", 3, 3, INSTANCES_BOTH, 0, overlap},
    {"cpu", "swapwait", MS, "Swap wait", 3, 3, INSTANCES_BOTH, 0, swapwait},
    {"cpu", "maxlimited", MS, "Max limited", 2, 3, INSTANCES_BOTH, 0, maxlimited},
    {"cpu", "system", MS, "System", 3, 3, INSTANCES_AGGREGATE, 0, system_time},
    {"cpu", "used", MS, "Used", 3, 3, INSTANCES_BOTH, 0, used},
    {"cpu", "usagemhz", MHZ, "Usage in MHz", 1, 3, INSTANCES_BOTH, 0, usagemhz},
    {"cpu", "usage", PERCENT, "Usage", 1, 3, INSTANCES_AGGREGATE, 0, usage},
    {"cpu", "latency", PERCENT, "Latency", 2, 3, INSTANCES_AGGREGATE, 0, latency},
    {"cpu", "readiness", PERCENT, "Readiness", 4, 4, INSTANCES_BOTH, 0, readiness},
    {"cpu", "demand", "average", "absolute", "megaHertz", "Demand", 2, 3, INSTANCES_AGGREGATE, 0,
     demand},
    {"cpu", "entitlement", "latest", "absolute", "megaHertz", "Entitlement", 2, 3,
     INSTANCES_AGGREGATE, 0, entitlement},

    /* Rollups of the same name: a client has to look at all three parts. */
    {"cpu", "usage", "none", "rate", "percent", "Usage", 4, 4, INSTANCES_NONE, 0, NULL},
    {"cpu", "usage", "minimum", "rate", "percent", "Usage", 4, 4, INSTANCES_NONE, 0, NULL},
    {"cpu", "usage", "maximum", "rate", "percent", "Usage", 4, 4, INSTANCES_NONE, 0, NULL},
    {"cpu", "usagemhz", "none", "rate", "megaHertz", "Usage in MHz", 4, 4, INSTANCES_NONE, 0, NULL},

    {"mem", "granted", KB, "Granted", 2, 3, INSTANCES_AGGREGATE, 0, mem_granted},
    {"mem", "active", KB, "Active", 2, 3, INSTANCES_AGGREGATE, 0, mem_active},
    {"mem", "consumed", KB, "Consumed", 1, 3, INSTANCES_AGGREGATE, 0, mem_consumed},
    {"mem", "shared", KB, "Shared", 2, 3, INSTANCES_AGGREGATE, 0, mem_shared},
    {"mem", "overhead", KB, "Overhead consumed", 1, 1, INSTANCES_AGGREGATE, 0, mem_overhead},
    {"mem", "vmmemctl", KB, "Ballooned memory", 1, 3, INSTANCES_AGGREGATE, 0, mem_balloon},
    {"mem", "swapped", KB, "Swapped", 2, 3, INSTANCES_AGGREGATE, 0, mem_swapped},
    {"mem", "compressed", KB, "Compressed", 2, 3, INSTANCES_AGGREGATE, 0, mem_compressed},
    {"mem", "llSwapUsed", KB, "Host cache consumed", 4, 4, INSTANCES_AGGREGATE, 0, mem_cached},
    {"mem", "swapinRate", KBPS, "Swap in rate", 1, 3, INSTANCES_AGGREGATE, 0, mem_swapin_rate},
    {"mem", "swapoutRate", KBPS, "Swap out rate", 1, 3, INSTANCES_AGGREGATE, 0, mem_swapout_rate},
    {"mem", "decompressionRate", KBPS, "Decompression rate", 2, 3, INSTANCES_AGGREGATE, 0,
     mem_decompression},
    {"mem", "compressionRate", KBPS, "Compression rate", 2, 3, INSTANCES_AGGREGATE, 0,
     mem_compression},
    {"mem", "llSwapInRate", KBPS, "Host cache swap in rate", 2, 3, INSTANCES_AGGREGATE, 0,
     mem_cached_in},
    {"mem", "latency", STATE, "Page-fault latency", 2, 3, INSTANCES_AGGREGATE, 0, mem_latency},
    {"mem", "usage", STATE, "Host consumed %", 1, 3, INSTANCES_AGGREGATE, 0, mem_usage},

    /* Two that differ by case alone, from each other and nearly from what is wanted; chance. */
    {"mem", "swapin", KB, "Swap in", 2, 3, INSTANCES_AGGREGATE, 4096, NULL},
    {"mem", "swapIn", KB, "swapIn", 2, 3, INSTANCES_AGGREGATE, 64, NULL},
    {"mem", "usage", "none", "absolute", "percent", "Host consumed %", 4, 4, INSTANCES_NONE, 0,
     NULL},
    {"mem", "usage", "maximum", "absolute", "percent", "Host consumed %", 4, 4, INSTANCES_NONE, 0,
     NULL},
    {"mem", "granted", "none", "absolute", "kiloBytes", "Granted", 4, 4, INSTANCES_NONE, 0, NULL},

    {"net", "usage", KBPS, "Network usage", 1, 3, INSTANCES_AGGREGATE, 2000, NULL},
    {"net", "received", KBPS, "Data receive rate", 2, 3, INSTANCES_AGGREGATE, 1000, NULL},
    {"net", "transmitted", KBPS, "Data transmit rate", 2, 3, INSTANCES_AGGREGATE, 1000, NULL},
    {"net", "droppedRx", "summation", "delta", "number", "Receive packets dropped", 2, 3,
     INSTANCES_AGGREGATE, 0, NULL},
    {"disk", "usage", KBPS, "Disk usage", 1, 3, INSTANCES_AGGREGATE, 5000, NULL},
    {"virtualDisk", "readOIO", "latest", "absolute", "number", "Outstanding reads", 2, 2,
     INSTANCES_NONE, 0, NULL},
    {"virtualDisk", "totalReadLatency", "average", "absolute", "millisecond", "Read latency", 1, 3,
     INSTANCES_NONE, 0, NULL},
    {"datastore", "maxTotalLatency", "latest", "absolute", "millisecond", "Highest latency", 3, 3,
     INSTANCES_NONE, 0, NULL},
    {"sys", "uptime", "latest", "absolute", "second", "Uptime", 1, 3, INSTANCES_AGGREGATE, 3000000,
     NULL},
    {"rescpu", "actav1", "latest", "absolute", "percent", "Active (1 min average)", 3, 3,
     INSTANCES_AGGREGATE, 9000, NULL},
    {"power", "power", "average", "rate", "watt", "Power", 2, 3, INSTANCES_NONE, 0, NULL},
};

_Static_assert(sizeof rows / sizeof *rows <= COUNTERS_MAX, "COUNTERS_MAX is too small");

void catalogue_init(struct catalogue *c, uint64_t seed)
{
    *c = (struct catalogue){.seed = seed, .n = sizeof rows / sizeof *rows};
    size_t place[COUNTERS_MAX] = {0};
    for (size_t i = 0; i < c->n; i++) { /* Fisher and Yates, inside out */
        size_t j = (size_t)(noise_key(noise_key(seed, 77), i) % (i + 1));
        place[i] = place[j];
        place[j] = i;
    }
    for (size_t i = 0; i < c->n; i++) {
        int32_t gap = (int32_t)(noise_key(noise_key(seed, 78), place[i]) % 5);
        c->id[i] = 2 + (int32_t)place[i] * 6 + gap;
    }
    c->phantom = 2 + (int32_t)c->n * 6 + 9000;
}

const struct counter *catalogue_row(size_t i)
{
    return &rows[i];
}

int catalogue_find(const struct catalogue *c, int32_t id)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->id[i] == id)
            return c->hidden[i] ? -1 : (int)i;
    return -1;
}

int catalogue_find_name(const char *name)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char full[96];
        snprintf(full, sizeof full, "%s.%s.%s", rows[i].group, rows[i].name, rows[i].rollup);
        if (!strcmp(full, name))
            return (int)i;
    }
    return -1;
}

int64_t catalogue_value(const struct catalogue *c, size_t i, uint64_t vm_key,
                        const struct vm_sample *sample, int vcpu)
{
    (void)c;
    if (rows[i].value)
        return rows[i].value(sample, vcpu);
    double level = noise_smooth(noise_key(vm_key, 1000 + i), sample->time_ms, 300000);
    return (int64_t)(level * rows[i].scale);
}
