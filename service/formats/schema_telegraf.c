/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The names of Telegraf's input vsphere, for VMs and hosts: vsphere_vm_cpu{cpu="instance-total",
 * vmname="web"} ready_summation. Percent are numbers from 0 to 100; all else stays whole, as with
 * its use_int_samples. What matches and what cannot: config/schemas.md.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/namer.h"
#include "formats/schema.h"

/* What Telegraf's sample configuration collects of VMs and of hosts, and what boards show of it. */
static const char counters[] =
    "cpu.coreUtilization.average cpu.costop.summation cpu.demand.average cpu.idle.summation "
    "cpu.latency.average cpu.readiness.average cpu.ready.summation cpu.run.summation "
    "cpu.swapwait.summation cpu.usage.average cpu.usagemhz.average cpu.used.summation "
    "cpu.utilization.average cpu.wait.summation "
    "datastore.maxTotalLatency.latest datastore.read.average datastore.totalReadLatency.average "
    "datastore.totalWriteLatency.average datastore.write.average "
    "disk.deviceReadLatency.average disk.deviceWriteLatency.average "
    "disk.kernelReadLatency.average disk.kernelWriteLatency.average disk.maxTotalLatency.latest "
    "disk.numberReadAveraged.average disk.numberWriteAveraged.average disk.read.average "
    "disk.totalReadLatency.average disk.totalWriteLatency.average disk.usage.average "
    "disk.write.average "
    "mem.active.average mem.consumed.average mem.granted.average mem.latency.average "
    "mem.state.latest mem.swapin.average mem.swapinRate.average mem.swapout.average "
    "mem.swapoutRate.average mem.totalCapacity.average mem.usage.average mem.vmmemctl.average "
    "net.bytesRx.average net.bytesTx.average net.droppedRx.summation net.droppedTx.summation "
    "net.errorsRx.summation net.errorsTx.summation net.packetsRx.summation "
    "net.packetsTx.summation net.received.average net.transmitted.average net.usage.average "
    "power.power.average "
    "storageAdapter.numberReadAveraged.average storageAdapter.numberWriteAveraged.average "
    "storageAdapter.read.average storageAdapter.write.average "
    "sys.osUptime.latest sys.uptime.latest "
    "virtualDisk.numberReadAveraged.average virtualDisk.numberWriteAveraged.average "
    "virtualDisk.read.average virtualDisk.readOIO.latest virtualDisk.throughput.usage.average "
    "virtualDisk.totalReadLatency.average virtualDisk.totalWriteLatency.average "
    "virtualDisk.write.average virtualDisk.writeOIO.latest";

/* Under which key an instance is told, by the beginning of the counter. */
struct group {
    const char *begin;
    const char *key, *other_key; /* the second one only of datastores */
    bool always;                 /* the entity itself is "instance-total", not left out */
};

static const struct group groups[] = {
    {"cpu.", "cpu", NULL, true},
    {"datastore.", "lun", "dsname", true},
    {"disk.", "disk", NULL, true},
    {"net.", "interface", NULL, true},
    {"storageAdapter.", "adapter", NULL, true},
    {"storagePath.", "path", NULL, true},
    {"sys.resource", "resource", NULL, true},
    {"vflashModule.", "module", NULL, true},
    {"virtualDisk.", "disk", NULL, true},
    {"", "instance", NULL, false},
};

/* Every tag that there may be, sorted by key. */
enum source { OF_BOTH, OF_VMS, NAME, INSTANCE };
static const struct slot {
    const char *key;
    enum source source;
    enum entity_label label;
} slots[] = {
    {"adapter", INSTANCE, 0},
    {"clustername", OF_BOTH, LABEL_CLUSTER},
    {"cpu", INSTANCE, 0},
    {"dcname", OF_BOTH, LABEL_DATACENTER},
    {"disk", INSTANCE, 0},
    {"dsname", INSTANCE, 0},
    {"esxhostname", OF_BOTH, LABEL_HOST},
    {"instance", INSTANCE, 0},
    {"interface", INSTANCE, 0},
    {"lun", INSTANCE, 0},
    {"module", INSTANCE, 0},
    {"moid", OF_BOTH, LABEL_MOID},
    {"path", INSTANCE, 0},
    {"resource", INSTANCE, 0},
    {"source", NAME, 0},
    {"uuid", OF_VMS, LABEL_UUID},
    {"vcenter", OF_BOTH, LABEL_VCENTER},
    {"vmname", OF_VMS, LABEL_VM},
};

struct namer {
    const struct row_batch *batch;
    const struct entity *entity;
    enum entity_kind kind;
    struct counter_cache counters;
};

static const struct group *group_of(const char *counter)
{
    const struct group *group = groups;
    while (strncmp(counter, group->begin, strlen(group->begin)) != 0)
        group++;
    return group;
}

/* cpu.ready.summation: measurement vsphere_vm_cpu, field ready_summation */
static void make_names(struct counter_names *names)
{
    static const char *const owners[OWNERS] = {[OF_VM] = "vm", [OF_HOST] = "host"};
    char whole[COUNTER_NAME];
    const size_t dot = strcspn(names->counter, ".");
    counter_text(whole, names->counter, 0);
    for (int of = 0; of < OWNERS; of++)
        snprintf(names->measurement[of], sizeof names->measurement[of], "vsphere_%s_%.*s",
                 owners[of], (int)dot, whole);
    if (names->counter[dot])
        counter_text(names->field, names->counter, dot + 1);
    names->row = group_of(names->counter);
}

static void *open_namer(void)
{
    struct namer *n = calloc(1, sizeof *n);
    if (n)
        n->counters.make = make_names;
    return n;
}

static void close_namer(void *namer)
{
    struct namer *n = namer;
    counter_cache_free(&n->counters);
    free(n);
}

static bool entity(void *namer, const struct row_batch *batch, const struct entity *of)
{
    struct namer *n = namer;
    n->batch = batch;
    n->entity = of;
    n->kind = entity_kind(of);
    return counter_cache_room(&n->counters, batch);
}

/* The value of an instance's tag: disks without the "<>" around some, and what stands for the
 * entity itself. */
static size_t instance_text(const struct group *group, const char **ret)
{
    static const char total[] = "instance-total";
    size_t bytes = strlen(*ret);
    if (!bytes && group->always) {
        *ret = total;
        return sizeof total - 1;
    }
    if (strcmp(group->begin, "disk.") != 0)
        return bytes;
    if (bytes && **ret == '<') {
        ++*ret;
        bytes--;
    }
    return bytes && (*ret)[bytes - 1] == '>' ? bytes - 1 : bytes;
}

static void add_tag(const struct namer *n, const struct slot *slot, const struct group *group,
                    const char *instance, struct series *series, struct series_tag *tags)
{
    const bool vm = n->kind == ENTITY_VM;
    const char *text = "";
    switch (slot->source) {
    case OF_BOTH:
        text = n->entity->label[slot->label];
        break;
    case OF_VMS:
        text = vm ? n->entity->label[slot->label] : "";
        break;
    case NAME:
        text = n->entity->label[vm ? LABEL_VM : LABEL_HOST];
        break;
    case INSTANCE:
        if (strcmp(slot->key, group->key) != 0 &&
            (!group->other_key || strcmp(slot->key, group->other_key) != 0))
            return;
        tag_add(series, tags, slot->key, instance, instance_text(group, &instance));
        return;
    }
    tag_add(series, tags, slot->key, text, strlen(text));
}

static bool series(void *namer, const struct layer_value *value, struct series_tag *tags,
                   struct series *ret)
{
    struct namer *n = namer;
    const struct counter_names *names = counter_cache_find(&n->counters, n->batch, value);
    if (!names || !*names->field || n->kind == ENTITY_VCENTER)
        return false;
    const struct group *group = names->row;
    const char *instance = raw_instance(n->batch, value);
    *ret = (struct series){.measurement = names->measurement[n->kind == ENTITY_HOST],
                           .field = names->field,
                           .tags = tags,
                           .help = "",
                           .unit = row_raw(n->batch, value)->unit,
                           .raw_scale = names->percent ? 100 : 1,
                           .integer = !names->percent};
    for (size_t i = 0; i < sizeof slots / sizeof *slots; i++)
        add_tag(n, &slots[i], group, instance, ret, tags);
    tags_last(ret);
    return true;
}

const struct schema schema_telegraf = {
    .name = "telegraf",
    .raw = counters,
    .quantities = "",
    .open = open_namer,
    .close = close_namer,
    .entity = entity,
    .series = series,
};
