/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The names of vmware_exporter: vmware_vm_cpu_ready_summation{vm_name="web"}, raw numbers of the
 * entity itself, and some of the inventory. To its labels come vcenter and moid, so that VMs of one
 * name do not share a series. What matches and what cannot: config/schemas.md.
 */
#include <stdlib.h>
#include <string.h>

#include "formats/namer.h"
#include "formats/schema.h"

enum { VM = 1, HOST = 2, BOTH = VM | HOST };

/* Counter, who has it, name behind vmware_vm_ or vmware_host_; NULL = the counter's. */
#define COUNTERS(ROW)                                                               \
    ROW("cpu.costop.summation", BOTH, NULL)                                         \
    ROW("cpu.demand.average", BOTH, NULL)                                           \
    ROW("cpu.idle.summation", BOTH, NULL)                                           \
    ROW("cpu.maxlimited.summation", VM, NULL)                                       \
    ROW("cpu.ready.summation", BOTH, NULL)                                          \
    ROW("cpu.swapwait.summation", HOST, NULL)                                       \
    /* not what it takes, cores times frequency, but what of it is there for VMs */ \
    ROW("cpu.totalCapacity.average", HOST, "cpu_max")                               \
    ROW("cpu.usage.average", BOTH, NULL)                                            \
    ROW("cpu.usagemhz.average", BOTH, NULL)                                         \
    ROW("cpu.used.summation", HOST, NULL)                                           \
    ROW("disk.maxTotalLatency.latest", VM, NULL)                                    \
    ROW("disk.read.average", BOTH, NULL)                                            \
    ROW("disk.usage.average", VM, NULL)                                             \
    ROW("disk.write.average", BOTH, NULL)                                           \
    ROW("mem.active.average", BOTH, NULL)                                           \
    ROW("mem.consumed.average", VM, NULL)                                           \
    ROW("mem.latency.average", HOST, NULL)                                          \
    ROW("mem.swapin.average", HOST, NULL)                                           \
    ROW("mem.swapinRate.average", HOST, NULL)                                       \
    ROW("mem.swapout.average", HOST, NULL)                                          \
    ROW("mem.swapoutRate.average", HOST, NULL)                                      \
    ROW("mem.swapped.average", VM, NULL)                                            \
    ROW("mem.usage.average", VM, NULL)                                              \
    ROW("mem.vmmemctl.average", BOTH, NULL)                                         \
    ROW("net.broadcastRx.summation", VM, NULL)                                      \
    ROW("net.broadcastTx.summation", VM, NULL)                                      \
    ROW("net.bytesRx.average", HOST, NULL)                                          \
    ROW("net.bytesTx.average", HOST, NULL)                                          \
    ROW("net.droppedRx.summation", BOTH, NULL)                                      \
    ROW("net.droppedTx.summation", BOTH, NULL)                                      \
    ROW("net.errorsRx.summation", HOST, NULL)                                       \
    ROW("net.errorsTx.summation", HOST, NULL)                                       \
    ROW("net.multicastRx.summation", VM, NULL)                                      \
    ROW("net.multicastTx.summation", VM, NULL)                                      \
    ROW("net.received.average", VM, NULL)                                           \
    ROW("net.transmitted.average", VM, NULL)                                        \
    ROW("net.usage.average", HOST, NULL)

#define AS_ROW(counter, owners, name) {counter, owners, name},
#define AS_WORD(counter, owners, name) counter " "

static const struct row {
    const char *counter;
    int owners;
    const char *name;
} rows[] = {COUNTERS(AS_ROW)};

/* Of the inventory; numbers are ticks / scale. */
static const struct inventory {
    enum quantity quantity;
    int owner;
    const char *name;
    int64_t scale;
} inventory[] = {
    {Q_CPU_COUNT, VM, "num_cpu", 1},
    {Q_MEM_CONFIGURED, VM, "memory_max", 1024}, /* KB to MB */
    {Q_HOST_CORES, HOST, "num_cpu", 1},
    {Q_HOST_USAGEMHZ, HOST, "cpu_usage", 1},
    {Q_HOST_MEM_SIZE, HOST, "memory_max", 1024},
    {Q_HOST_MEM_CONSUMED, HOST, "memory_usage", 1024},
};
static const char quantities[] =
    "cpu.count mem.configured host.cores host.usagemhz host.mem_size host.mem_consumed";

struct namer {
    const struct row_batch *batch;
    const struct entity *entity;
    enum entity_kind kind;
    const char *datastore; /* of the VM's first disk, as n bytes */
    size_t datastore_n;
    struct counter_cache counters;
};

static void make_names(struct counter_names *names)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows && !names->row; i++)
        if (strcmp(rows[i].counter, names->counter) == 0)
            names->row = &rows[i];
    const struct row *row = names->row;
    counter_text(names->field, row && row->name ? row->name : names->counter, 0);
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

/* What stands behind the second tab of the first disk's line: see LABEL_DEVICES. */
static void find_datastore(struct namer *n)
{
    n->datastore_n = 0;
    for (const char *line = n->entity->label[LABEL_DEVICES]; *line && !n->datastore_n;) {
        const size_t bytes = strcspn(line, "\n");
        const char *tab = memchr(line, '\t', bytes);
        char device[16] = "";
        uint16_t number;
        if (tab && (size_t)(tab - line) < sizeof device)
            memcpy(device, line, (size_t)(tab - line));
        const char *end = line + bytes;
        const char *second = tab ? memchr(tab + 1, '\t', (size_t)(end - tab - 1)) : NULL;
        if (second && instance_read(INSTANCE_DISK, device, &number)) {
            n->datastore = second + 1;
            n->datastore_n = (size_t)(end - n->datastore);
        }
        line = *end ? end + 1 : end;
    }
}

static bool entity(void *namer, const struct row_batch *batch, const struct entity *of)
{
    struct namer *n = namer;
    n->batch = batch;
    n->entity = of;
    n->kind = entity_kind(of);
    find_datastore(n);
    return counter_cache_room(&n->counters, batch);
}

/* Only the entity itself: the exporter asks for no instances. */
static bool name_counter(struct namer *n, const struct layer_value *value, struct series *ret)
{
    const struct counter_names *names = counter_cache_find(&n->counters, n->batch, value);
    const struct row *row = names ? names->row : NULL;
    const bool host = n->kind == ENTITY_HOST;
    if (!row || !(row->owners & (host ? HOST : VM)) || *raw_instance(n->batch, value))
        return false;
    *ret = (struct series){.measurement = host ? "vmware_host" : "vmware_vm",
                           .field = names->field,
                           .help = "",
                           .unit = row_raw(n->batch, value)->unit,
                           .raw_scale = 1};
    return true;
}

static bool name_quantity(const struct namer *n, const struct layer_value *value,
                          struct series *ret)
{
    const int owner = n->kind == ENTITY_HOST ? HOST : VM;
    for (size_t i = 0; i < sizeof inventory / sizeof *inventory; i++) {
        const struct inventory *row = &inventory[i];
        if (row->quantity != value->quantity || row->owner != owner || value->form != FORM_TOTAL)
            continue;
        *ret = (struct series){.measurement = owner == HOST ? "vmware_host" : "vmware_vm",
                               .field = row->name,
                               .help = quantity_info(row->quantity)->help,
                               .unit = "",
                               .raw_scale = row->scale};
        return true;
    }
    return false;
}

static bool series(void *namer, const struct layer_value *value, struct series_tag *tags,
                   struct series *ret)
{
    struct namer *n = namer;
    const char *const *label = n->entity->label;
    if (n->kind == ENTITY_VCENTER ||
        !(value->quantity >= QUANTITY_RAW ? name_counter(n, value, ret)
                                          : name_quantity(n, value, ret)))
        return false;
    ret->tags = tags;
    tag_add(ret, tags, "cluster_name", label[LABEL_CLUSTER], strlen(label[LABEL_CLUSTER]));
    tag_add(ret, tags, "dc_name", label[LABEL_DATACENTER], strlen(label[LABEL_DATACENTER]));
    tag_add(ret, tags, "ds_name", n->datastore, n->datastore_n);
    tag_add(ret, tags, "host_name", label[LABEL_HOST], strlen(label[LABEL_HOST]));
    tag_add(ret, tags, "moid", label[LABEL_MOID], strlen(label[LABEL_MOID]));
    tag_add(ret, tags, "vcenter", label[LABEL_VCENTER], strlen(label[LABEL_VCENTER]));
    tag_add(ret, tags, "vm_name", label[LABEL_VM], strlen(label[LABEL_VM]));
    tags_last(ret);
    return true;
}

const struct schema schema_vmware_exporter = {
    .name = "vmware_exporter",
    .raw = COUNTERS(AS_WORD),
    .quantities = quantities,
    .open = open_namer,
    .close = close_namer,
    .entity = entity,
    .series = series,
};
