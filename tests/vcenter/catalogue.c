/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "catalogue.h"

#include <stdio.h>
#include <string.h>

#include "catalogue_values.h"
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
#define PER_SECOND "average", "rate", "number"
#define PACKETS "summation", "delta", "number"
#define LATEST "latest", "absolute"

static const struct counter rows[] = {
    {"cpu", "run", MS, "Run", 2, 3, INSTANCES_BOTH, 0, run, NULL},
    {"cpu", "ready", MS, "Ready", 1, 3, INSTANCES_BOTH, 0, ready, value_host_ready},
    {"cpu", "costop", MS, "Co-stop", 2, 3, INSTANCES_BOTH, 0, costop, value_host_costop},
    {"cpu", "wait", MS, "Wait", 3, 3, INSTANCES_BOTH, 0, wait, NULL},
    {"cpu", "idle", MS, "Idle", 2, 3, INSTANCES_BOTH, 0, idle, NULL},
    {"cpu", "overlap", MS, "Overlap", 3, 3, INSTANCES_BOTH, 0, overlap, NULL},
    {"cpu", "swapwait", MS, "Swap wait", 3, 3, INSTANCES_BOTH, 0, swapwait, NULL},
    {"cpu", "maxlimited", MS, "Max limited", 2, 3, INSTANCES_BOTH, 0, maxlimited, NULL},
    {"cpu", "system", MS, "System", 3, 3, INSTANCES_AGGREGATE, 0, system_time, NULL},
    {"cpu", "used", MS, "Used", 3, 3, INSTANCES_BOTH, 0, used, NULL},
    {"cpu", "usagemhz", MHZ, "Usage in MHz", 1, 3, INSTANCES_BOTH, 0, usagemhz,
     value_host_usagemhz},
    {"cpu", "usage", PERCENT, "Usage", 1, 3, INSTANCES_AGGREGATE, 0, usage, value_host_usage},
    {"cpu", "latency", PERCENT, "Latency", 2, 3, INSTANCES_AGGREGATE, 0, latency,
     value_host_latency},
    {"cpu", "readiness", PERCENT, "Readiness", 4, 4, INSTANCES_BOTH, 0, readiness, NULL},
    {"cpu", "demand", "average", "absolute", "megaHertz", "Demand", 2, 3, INSTANCES_AGGREGATE, 0,
     demand, NULL},
    {"cpu", "entitlement", "latest", "absolute", "megaHertz", "Entitlement", 2, 3,
     INSTANCES_AGGREGATE, 0, entitlement, NULL},

    /* Rollups of the same name: a client has to look at all three parts. */
    {"cpu", "usage", "none", "rate", "percent", "Usage", 4, 4, INSTANCES_NONE, 0, NULL, NULL},
    {"cpu", "usage", "minimum", "rate", "percent", "Usage", 4, 4, INSTANCES_NONE, 0, NULL, NULL},
    {"cpu", "usage", "maximum", "rate", "percent", "Usage", 4, 4, INSTANCES_NONE, 0, NULL, NULL},
    {"cpu", "usagemhz", "none", "rate", "megaHertz", "Usage in MHz", 4, 4, INSTANCES_NONE, 0, NULL,
     NULL},

    {"mem", "granted", KB, "Granted", 2, 3, INSTANCES_AGGREGATE, 0, mem_granted,
     value_host_granted},
    {"mem", "active", KB, "Active", 2, 3, INSTANCES_AGGREGATE, 0, mem_active, value_host_active},
    {"mem", "consumed", KB, "Consumed", 1, 3, INSTANCES_AGGREGATE, 0, mem_consumed,
     value_host_consumed},
    {"mem", "shared", KB, "Shared", 2, 3, INSTANCES_AGGREGATE, 0, mem_shared, value_host_shared},
    {"mem", "overhead", KB, "Overhead consumed", 1, 1, INSTANCES_AGGREGATE, 0, mem_overhead,
     value_host_overhead},
    {"mem", "vmmemctl", KB, "Ballooned memory", 1, 3, INSTANCES_AGGREGATE, 0, mem_balloon,
     value_host_ballooned},
    {"mem", "swapped", KB, "Swapped", 2, 3, INSTANCES_AGGREGATE, 0, mem_swapped, NULL},
    {"mem", "compressed", KB, "Compressed", 2, 3, INSTANCES_AGGREGATE, 0, mem_compressed,
     value_host_compressed},
    {"mem", "llSwapUsed", KB, "Host cache consumed", 4, 4, INSTANCES_AGGREGATE, 0, mem_cached,
     NULL},
    {"mem", "swapinRate", KBPS, "Swap in rate", 1, 3, INSTANCES_AGGREGATE, 0, mem_swapin_rate,
     value_host_swapin},
    {"mem", "swapoutRate", KBPS, "Swap out rate", 1, 3, INSTANCES_AGGREGATE, 0, mem_swapout_rate,
     value_host_swapout},
    {"mem", "decompressionRate", KBPS, "Decompression rate", 2, 3, INSTANCES_AGGREGATE, 0,
     mem_decompression, NULL},
    {"mem", "compressionRate", KBPS, "Compression rate", 2, 3, INSTANCES_AGGREGATE, 0,
     mem_compression, NULL},
    {"mem", "llSwapInRate", KBPS, "Host cache swap in rate", 2, 3, INSTANCES_AGGREGATE, 0,
     mem_cached_in, NULL},
    {"mem", "latency", STATE, "Page-fault latency", 2, 3, INSTANCES_AGGREGATE, 0, mem_latency,
     value_host_mem_latency},
    {"mem", "usage", STATE, "Host consumed %", 1, 3, INSTANCES_AGGREGATE, 0, mem_usage,
     value_host_mem_usage},

    /* Two that differ by case alone, from each other and nearly from what is wanted; chance. */
    {"mem", "swapin", KB, "Swap in", 2, 3, INSTANCES_AGGREGATE, 4096, NULL, NULL},
    {"mem", "swapIn", KB, "swapIn", 2, 3, INSTANCES_AGGREGATE, 64, NULL, NULL},
    {"mem", "usage", "none", "absolute", "percent", "Host consumed %", 4, 4, INSTANCES_NONE, 0,
     NULL, NULL},
    {"mem", "usage", "maximum", "absolute", "percent", "Host consumed %", 4, 4, INSTANCES_NONE, 0,
     NULL, NULL},
    {"mem", "granted", "none", "absolute", "kiloBytes", "Granted", 4, 4, INSTANCES_NONE, 0, NULL,
     NULL},

    {"virtualDisk", "numberReadAveraged", PER_SECOND, "Read requests", 1, 3, INSTANCES_DISKS, 0,
     value_disk_reads, NULL},
    {"virtualDisk", "numberWriteAveraged", PER_SECOND, "Write requests", 1, 3, INSTANCES_DISKS, 0,
     value_disk_writes, NULL},
    {"virtualDisk", "read", KBPS, "Read rate", 2, 2, INSTANCES_AGGREGATE | INSTANCES_DISKS, 0,
     value_disk_read, NULL},
    {"virtualDisk", "write", KBPS, "Write rate", 2, 2, INSTANCES_AGGREGATE | INSTANCES_DISKS, 0,
     value_disk_write, NULL},
    {"virtualDisk", "totalReadLatency", "average", "absolute", "millisecond", "Read latency", 1, 3,
     INSTANCES_DISKS, 0, value_disk_read_ms, NULL},
    {"virtualDisk", "totalWriteLatency", "average", "absolute", "millisecond", "Write latency", 1,
     3, INSTANCES_DISKS, 0, value_disk_write_ms, NULL},
    {"virtualDisk", "readLatencyUS", LATEST, "microsecond", "Read latency (us)", 4, 4,
     INSTANCES_DISKS, 0, value_disk_read_us, NULL},
    {"virtualDisk", "writeLatencyUS", LATEST, "microsecond", "Write latency (us)", 4, 4,
     INSTANCES_DISKS, 0, value_disk_write_us, NULL},
    {"virtualDisk", "readOIO", LATEST, "number", "Outstanding reads", 2, 2, INSTANCES_DISKS, 0,
     value_disk_read_oio, NULL},
    {"virtualDisk", "writeOIO", LATEST, "number", "Outstanding writes", 2, 2, INSTANCES_DISKS, 0,
     value_disk_write_oio, NULL},
    {"virtualDisk", "commandsAborted", PACKETS, "Commands aborted", 2, 4, INSTANCES_DISKS, 0,
     value_disk_aborted, NULL},
    {"virtualDisk", "busResets", PACKETS, "Bus resets", 2, 4, INSTANCES_DISKS, 0, value_disk_resets,
     NULL},
    {"datastore", "numberReadAveraged", PER_SECOND, "Read requests", 1, 3, INSTANCES_DATASTORES, 0,
     value_datastore_reads, value_host_store_reads},
    {"datastore", "numberWriteAveraged", PER_SECOND, "Write requests", 1, 3, INSTANCES_DATASTORES,
     0, value_datastore_writes, value_host_store_writes},
    {"datastore", "maxTotalLatency", LATEST, "millisecond", "Highest latency", 3, 3,
     INSTANCES_AGGREGATE, 0, value_datastore_latency, value_host_store_latency},
    {"disk", "read", KBPS, "Read rate", 2, 3, INSTANCES_AGGREGATE, 0, value_device_read,
     value_host_device_read},
    {"disk", "write", KBPS, "Write rate", 2, 3, INSTANCES_AGGREGATE, 0, value_device_write,
     value_host_device_write},
    {"disk", "usage", KBPS, "Disk usage", 1, 3, INSTANCES_AGGREGATE, 0, value_device_usage,
     value_host_device_usage},
    {"disk", "maxTotalLatency", LATEST, "millisecond", "Highest latency", 1, 3, INSTANCES_AGGREGATE,
     0, value_device_latency, value_host_device_latency},

    {"net", "usage", KBPS, "Network usage", 1, 3, INSTANCES_NETWORK, 0, value_net_usage,
     value_host_net_usage},
    {"net", "received", KBPS, "Data receive rate", 2, 3, INSTANCES_NETWORK, 0, value_net_received,
     value_host_net_received},
    {"net", "transmitted", KBPS, "Data transmit rate", 2, 3, INSTANCES_NETWORK, 0,
     value_net_transmitted, value_host_net_transmitted},
    {"net", "bytesRx", KBPS, "Data receive rate", 2, 3, INSTANCES_NETWORK, 0, value_net_received,
     value_host_net_received},
    {"net", "bytesTx", KBPS, "Data transmit rate", 2, 3, INSTANCES_NETWORK, 0,
     value_net_transmitted, value_host_net_transmitted},
    {"net", "packetsRx", PACKETS, "Packets received", 2, 3, INSTANCES_NETWORK, 0,
     value_net_packets_received, value_host_net_packets_received},
    {"net", "packetsTx", PACKETS, "Packets transmitted", 2, 3, INSTANCES_NETWORK, 0,
     value_net_packets_transmitted, value_host_net_packets_transmitted},
    {"net", "droppedRx", PACKETS, "Receive packets dropped", 2, 3, INSTANCES_NETWORK, 0,
     value_net_dropped_received, value_host_net_lost},
    {"net", "droppedTx", PACKETS, "Transmit packets dropped", 2, 3, INSTANCES_NETWORK, 0,
     value_net_dropped_transmitted, value_host_net_lost},
    {"net", "pnicBytesRx", KBPS, "Physical NIC receive rate", 4, 4, INSTANCES_NETWORK, 0,
     value_net_outside_received, NULL},
    {"net", "pnicBytesTx", KBPS, "Physical NIC transmit rate", 4, 4, INSTANCES_NETWORK, 0,
     value_net_outside_transmitted, NULL},

    {"guest", "cpu.runQueue", LATEST, "number", "Run queue", 4, 4, INSTANCES_AGGREGATE, 0,
     value_guest_run_queue, NULL},
    {"guest", "contextSwapRate", LATEST, "number", "Context switches", 4, 4, INSTANCES_AGGREGATE, 0,
     value_guest_context_switches, NULL},
    {"guest", "page.inRate", LATEST, "number", "Page-in rate", 4, 4, INSTANCES_AGGREGATE, 0,
     value_guest_page_in, NULL},
    {"guest", "page.outRate", LATEST, "number", "Page-out rate", 4, 4, INSTANCES_AGGREGATE, 0,
     value_guest_page_out, NULL},
    {"guest", "mem.needed", LATEST, "kiloBytes", "Memory needed", 4, 4, INSTANCES_AGGREGATE, 0,
     value_guest_needed, NULL},
    {"guest", "disk.requestQueueAvg", LATEST, "number", "Disk request queue", 4, 4,
     INSTANCES_AGGREGATE, 0, value_guest_disk_queue, NULL},

    {"cpu", "coreUtilization", PERCENT, "Core utilization", 2, 3, INSTANCES_NONE, 0, NULL,
     value_host_core_utilization},
    {"cpu", "utilization", PERCENT, "Utilization", 2, 3, INSTANCES_NONE, 0, NULL,
     value_host_utilization},
    {"mem", "swapused", KB, "Swap used", 2, 3, INSTANCES_NONE, 0, NULL, value_host_swapped},
    {"mem", "state", LATEST, "number", "Memory state", 2, 3, INSTANCES_NONE, 0, NULL,
     value_host_mem_state},

    {"sys", "uptime", "latest", "absolute", "second", "Uptime", 1, 3, INSTANCES_AGGREGATE, 3000000,
     NULL, value_host_uptime},
    {"rescpu", "actav1", "latest", "absolute", "percent", "Active (1 min average)", 3, 3,
     INSTANCES_AGGREGATE, 9000, NULL, NULL},
    {"power", "power", "average", "rate", "watt", "Power", 2, 3, INSTANCES_AGGREGATE, 0,
     value_power, value_host_power},

    /* What nothing is reckoned from, but dashboards of other collectors show. */
    {"datastore", "read", KBPS, "Read rate", 2, 2, INSTANCES_DATASTORES, 0, value_datastore_read,
     value_host_store_read},
    {"datastore", "write", KBPS, "Write rate", 2, 2, INSTANCES_DATASTORES, 0, value_datastore_write,
     value_host_store_write},
    {"datastore", "totalReadLatency", "average", "absolute", "millisecond", "Read latency", 1, 3,
     INSTANCES_DATASTORES, 0, value_datastore_read_ms, value_host_store_read_ms},
    {"datastore", "totalWriteLatency", "average", "absolute", "millisecond", "Write latency", 1, 3,
     INSTANCES_DATASTORES, 0, value_datastore_write_ms, value_host_store_write_ms},
    {"disk", "numberReadAveraged", PER_SECOND, "Read requests", 1, 3, INSTANCES_NONE, 0, NULL,
     value_host_device_reads},
    {"disk", "numberWriteAveraged", PER_SECOND, "Write requests", 1, 3, INSTANCES_NONE, 0, NULL,
     value_host_device_writes},
    {"virtualDisk", "throughput.usage", KBPS, "Throughput usage", 2, 2,
     INSTANCES_AGGREGATE | INSTANCES_DISKS, 0, value_disk_throughput, NULL},
    {"net", "errorsRx", PACKETS, "Receive errors", 2, 3, INSTANCES_NETWORK, 0, value_net_lost,
     value_host_net_lost},
    {"net", "errorsTx", PACKETS, "Transmit errors", 2, 3, INSTANCES_NETWORK, 0, value_net_lost,
     value_host_net_lost},
    {"mem", "totalCapacity", "average", "absolute", "megaBytes", "Total capacity", 2, 3,
     INSTANCES_NONE, 0, NULL, value_host_mem_total},
    {"sys", "osUptime", "latest", "absolute", "second", "OS uptime", 4, 4, INSTANCES_AGGREGATE,
     2000000, NULL, NULL},
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

bool catalogue_listed(const struct catalogue *c, size_t i)
{
    return !c->hidden[i] && (c->guest || strcmp(rows[i].group, "guest") != 0);
}

int catalogue_find(const struct catalogue *c, int32_t id)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->id[i] == id)
            return catalogue_listed(c, i) ? (int)i : -1;
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

/* True if one of the VM's disks is there, its raw ones by the file that maps them. */
static bool is_on(const struct vm_sample *s, int datastore)
{
    bool any = false;
    for (int i = 0; i < s->disks.n; i++)
        any = any || s->disks.place[i].datastore == datastore;
    return any;
}

bool catalogue_has(const struct counter *counter, const struct vm_sample *s, int instance)
{
    enum instances has = counter->instances;
    if (instance == AGGREGATE)
        return has & INSTANCES_AGGREGATE;
    if (has & INSTANCES_VCPUS)
        return instance < s->cpus;
    if (has & INSTANCES_DISKS)
        return instance < s->disks.n;
    if (has & INSTANCES_DATASTORES)
        return instance < DATASTORES && is_on(s, instance);
    if (has & INSTANCES_NICS)
        return instance < s->nics.n || (instance >= NICS_MAX && instance < NICS_MAX + UPLINKS);
    return false;
}

int catalogue_instances(const struct counter *counter, const struct vm_sample *s,
                        int ret[INSTANCE_MAX])
{
    enum { DEVICES_MOST = 8 };
    _Static_assert((int)DISKS_MAX <= (int)DEVICES_MOST && (int)DATASTORES <= (int)DEVICES_MOST &&
                       (int)NICS_MAX + (int)UPLINKS <= (int)DEVICES_MOST,
                   "DEVICES_MOST is too small");
    int n = 0, most = counter->instances & INSTANCES_VCPUS ? s->cpus : DEVICES_MOST;
    for (int i = 0; i < most; i++)
        if (catalogue_has(counter, s, i))
            ret[n++] = i;
    if (counter->instances & INSTANCES_AGGREGATE)
        ret[n++] = AGGREGATE;
    return n;
}

/* What is of disks in a VM is of block devices in a host. */
static bool of_devices(const struct counter *counter)
{
    return !strcmp(counter->group, "disk") && strcmp(counter->name, "maxTotalLatency") != 0;
}

int catalogue_host_instances(const struct counter *counter, int ret[INSTANCE_MAX])
{
    const bool stores = counter->instances & INSTANCES_DATASTORES;
    int n = 0;
    if (!counter->host)
        return 0;
    for (int i = 0; i < DATASTORES && (stores || of_devices(counter)); i++)
        if (stores || datastores[i].type[0] == 'V')
            ret[n++] = i;
    for (int i = 0; i < UPLINKS && counter->instances & INSTANCES_NICS; i++)
        ret[n++] = NICS_MAX + i;
    if (!stores)
        ret[n++] = AGGREGATE;
    return n;
}

char *catalogue_host_instance(const struct counter *counter, int instance, char text[INSTANCE_TEXT])
{
    if (instance == AGGREGATE)
        *text = '\0';
    else if (counter->instances & INSTANCES_NICS)
        snprintf(text, INSTANCE_TEXT, "vmnic%d", instance - NICS_MAX);
    else if (of_devices(counter))
        snprintf(text, INSTANCE_TEXT, "naa.600508b1001c%.4s%.8s%04d", datastores[instance].uuid + 4,
                 datastores[instance].uuid + 9, instance);
    else
        snprintf(text, INSTANCE_TEXT, "%s", datastores[instance].uuid);
    return text;
}

char *catalogue_instance(const struct counter *counter, const struct vm_sample *s, int instance,
                         char text[INSTANCE_TEXT])
{
    enum instances has = counter->instances;
    if (instance == AGGREGATE)
        *text = '\0';
    else if (has & INSTANCES_DISKS)
        disk_instance(&s->disks.place[instance], text);
    else if (has & INSTANCES_DATASTORES)
        snprintf(text, INSTANCE_TEXT, "%s", datastores[instance].uuid);
    else if (has & INSTANCES_NICS && instance >= NICS_MAX)
        snprintf(text, INSTANCE_TEXT, "vmnic%d", instance - NICS_MAX);
    else
        snprintf(text, INSTANCE_TEXT, "%d", has & INSTANCES_NICS ? NIC_KEY + instance : instance);
    return text;
}

int64_t catalogue_value(const struct catalogue *c, size_t i, uint64_t vm_key,
                        const struct vm_sample *sample, int instance)
{
    (void)c;
    if (rows[i].value)
        return rows[i].value(sample, instance);
    double level = noise_smooth(noise_key(vm_key, 1000 + i), sample->time_ms, 300000);
    return (int64_t)(level * rows[i].scale);
}
