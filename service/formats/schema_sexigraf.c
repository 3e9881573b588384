/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The Graphite paths of SexiGraf, for VMs and hosts:
 *   vmw.VCENTER.DATACENTER.CLUSTER.vm.VM.fatstats.cpu_ready_summation
 *   vmw.VCENTER.DATACENTER.CLUSTER.esx.HOST.net.vmnic0.bytesRx
 *   esx.VCENTER.DATACENTER.HOST.vm.VM...      where the host is in no cluster
 * What it reads of the inventory comes from the counter that says the same. Two VMs of one name in
 * a cluster have one path, as with SexiGraf. What matches and what cannot: config/schemas.md.
 */
#include <stdlib.h>
#include <string.h>

#include "base/caps.h"
#include "formats/namer.h"
#include "formats/schema.h"

enum how { AS_IT_IS, PER_VCPU, PER_INSTANCE };

/* Who, counter, path; ticks / scale; PER_VCPU: ticks / (scale * vCPUs); PER_INSTANCE: the path goes
 * around the instance. */
#define COUNTERS(ROW)                                                                     \
    ROW(OF_VM, "cpu.demand.average", "quickstats.overallCpuDemand", 1, AS_IT_IS)          \
    ROW(OF_VM, "cpu.latency.average", "fatstats.cpu_latency_average", 1, AS_IT_IS)        \
    /* milliseconds of 20 s as percent */                                                 \
    ROW(OF_VM, "cpu.ready.summation", "fatstats.cpu_ready_summation", 200, PER_VCPU)      \
    ROW(OF_VM, "cpu.usage.average", "runtime.CpuUtilization", 100, AS_IT_IS)              \
    ROW(OF_VM, "cpu.usagemhz.average", "quickstats.overallCpuUsage", 1, AS_IT_IS)         \
    ROW(OF_VM, "disk.maxTotalLatency.latest", "fatstats.maxTotalLatency", 1, AS_IT_IS)    \
    ROW(OF_VM, "mem.active.average", "quickstats.GuestMemoryUsage", 1024, AS_IT_IS)       \
    ROW(OF_VM, "mem.compressed.average", "quickstats.CompressedMemory", 1, AS_IT_IS)      \
    ROW(OF_VM, "mem.consumed.average", "quickstats.HostMemoryUsage", 1024, AS_IT_IS)      \
    ROW(OF_VM, "mem.swapped.average", "quickstats.SwappedMemory", 1024, AS_IT_IS)         \
    ROW(OF_VM, "mem.usage.average", "runtime.MemUtilization", 100, AS_IT_IS)              \
    ROW(OF_VM, "mem.vmmemctl.average", "quickstats.BalloonedMemory", 1024, AS_IT_IS)      \
    ROW(OF_VM, "net.usage.average", "fatstats.netUsage", 1, AS_IT_IS)                     \
    ROW(OF_HOST, "cpu.usage.average", "fatstats.overallCpuUtilization", 100, AS_IT_IS)    \
    ROW(OF_HOST, "cpu.usagemhz.average", "quickstats.overallCpuUsage", 1, AS_IT_IS)       \
    ROW(OF_HOST, "mem.consumed.average", "quickstats.overallMemoryUsage", 1024, AS_IT_IS) \
    ROW(OF_HOST, "mem.usage.average", "fatstats.overallmemUtilization", 100, AS_IT_IS)    \
    ROW(OF_HOST, "power.power.average", "fatstats.power", 1, AS_IT_IS)                    \
    ROW(OF_HOST, "sys.uptime.latest", "quickstats.Uptime", 1, AS_IT_IS)                   \
    ROW(OF_HOST, "net.bytesRx.average", "net.*.bytesRx", 1, PER_INSTANCE)                 \
    ROW(OF_HOST, "net.bytesTx.average", "net.*.bytesTx", 1, PER_INSTANCE)                 \
    ROW(OF_HOST, "net.droppedRx.summation", "net.*.droppedRx", 1, PER_INSTANCE)           \
    ROW(OF_HOST, "net.droppedTx.summation", "net.*.droppedTx", 1, PER_INSTANCE)           \
    ROW(OF_HOST, "net.errorsRx.summation", "net.*.errorsRx", 1, PER_INSTANCE)             \
    ROW(OF_HOST, "net.errorsTx.summation", "net.*.errorsTx", 1, PER_INSTANCE)             \
    ROW(OF_HOST, "storageAdapter.read.average", "hba.*.bytesRead", 1, PER_INSTANCE)       \
    ROW(OF_HOST, "storageAdapter.write.average", "hba.*.bytesWrite", 1, PER_INSTANCE)

#define AS_ROW(owner, counter, path, scale, how) {owner, 0, counter, path, scale, how},
#define AS_WORD(owner, counter, path, scale, how) counter " "

static const struct row {
    int owner;
    enum quantity quantity;
    const char *counter; /* NULL = it is a quantity */
    const char *path;
    int64_t scale;
    enum how how;
} rows[] = {
    COUNTERS(AS_ROW){OF_VM, Q_CPU_UNMET_WAIT, NULL, "fatstats.cpu_wait_no_idle", 200, PER_VCPU},
    {OF_VM, Q_DISK_THROUGHPUT, NULL, "fatstats.diskUsage", 1, AS_IT_IS},
    {OF_VM, Q_DISK_SNAPSHOT_SPACE, NULL, "storage.delta", 1, AS_IT_IS},
};
enum { ROWS = sizeof rows / sizeof *rows, PATH = LABEL_COUNT * (CAP_NAME + 2) };

struct namer {
    const struct row_batch *batch;
    enum entity_kind kind;
    int64_t vcpus;   /* of the newest row that tells; 0 = not known */
    struct buf path; /* "vmw.vc.dc.cluster.vm.web." and what is behind it */
    size_t prefix;   /* bytes of path that are the entity's */
    struct counter_cache counters[OWNERS];
};

/* ---- names ---- */

/* The letters from U+00C0 to U+017F without their marks; '-' = not a letter with a mark. */
static const char latin[] = "aaaaaa-ceeeeiiii-nooooo--uuuuy--aaaaaa-ceeeeiiii-nooooo--uuuuy-y"
                            "aaaaaaccccccccdd--eeeeeeeeeegggggggghh--iiiiiiiii---jjkk-llllll-"
                            "---nnnnnn---oooooo--rrrrrrsssssssstttt--uuuuuuuuuuuuwwyyyzzzzzz-";

/* A letter with a mark becomes the letter; others that are not ASCII go. Bytes taken. */
static size_t add_unmarked(struct buf *out, const unsigned char *c)
{
    if (c[0] < 0xC3 || c[0] > 0xC5 || (c[1] & 0xC0) != 0x80)
        return 1;
    const char letter = latin[(size_t)(c[0] - 0xC3) * 64 + (c[1] & 0x3F)];
    if (letter != '-')
        buf_char(out, letter);
    return 2;
}

/* A node of a path: small letters, digits, '-' and '_'. An empty one would shift those behind. */
static void add_node(struct buf *out, const char *name, size_t n)
{
    const size_t from = out->len;
    if (n > CAP_NAME)
        n = CAP_NAME;
    for (size_t i = 0; i < n;) {
        const unsigned char *c = (const unsigned char *)name + i;
        const unsigned char small = *c >= 'A' && *c <= 'Z' ? (unsigned char)(*c + 'a' - 'A') : *c;
        const bool plain = (small >= 'a' && small <= 'z') || (*c >= '0' && *c <= '9') || *c == '-';
        if (*c >= 0x80) {
            i += add_unmarked(out, c);
            continue;
        }
        buf_char(out, plain ? (char)small : '_');
        i++;
    }
    if (buf_ok(out) && out->len == from)
        buf_char(out, '_');
    buf_char(out, '.');
}

static void add_label(struct namer *n, const struct entity *entity, enum entity_label label)
{
    add_node(&n->path, entity->label[label], strlen(entity->label[label]));
}

/* A host by the first word of its name; by all of it if that is an address. */
static void add_host(struct namer *n, const struct entity *entity)
{
    const char *name = entity->label[LABEL_HOST];
    const bool address = name[strspn(name, "0123456789.")] == '\0';
    add_node(&n->path, name, address ? strlen(name) : strcspn(name, "."));
}

static void make_prefix(struct namer *n, const struct entity *entity)
{
    const bool clustered = *entity->label[LABEL_CLUSTER];
    buf_clear(&n->path);
    buf_str(&n->path, clustered ? "vmw." : "esx.");
    add_label(n, entity, LABEL_VCENTER);
    add_label(n, entity, LABEL_DATACENTER);
    if (clustered)
        add_label(n, entity, LABEL_CLUSTER);
    else
        add_host(n, entity);
    if (n->kind == ENTITY_VM) {
        buf_str(&n->path, "vm.");
        add_label(n, entity, LABEL_VM);
    } else if (clustered) {
        buf_str(&n->path, "esx.");
        add_host(n, entity);
    }
    n->prefix = n->path.len;
}

/* ---- the namer ---- */

static void find_row(struct counter_names *names, int owner)
{
    for (size_t i = 0; i < ROWS && !names->row; i++)
        if (rows[i].owner == owner && rows[i].counter &&
            strcmp(rows[i].counter, names->counter) == 0)
            names->row = &rows[i];
}

static void make_vm(struct counter_names *names)
{
    find_row(names, OF_VM);
}

static void make_host(struct counter_names *names)
{
    find_row(names, OF_HOST);
}

static void *open_namer(void)
{
    struct namer *n = calloc(1, sizeof *n);
    if (!n)
        return NULL;
    buf_init(&n->path, PATH);
    n->counters[OF_VM].make = make_vm;
    n->counters[OF_HOST].make = make_host;
    return n;
}

static void close_namer(void *namer)
{
    struct namer *n = namer;
    buf_free(&n->path);
    for (int of = 0; of < OWNERS; of++)
        counter_cache_free(&n->counters[of]);
    free(n);
}

static bool entity(void *namer, const struct row_batch *batch, const struct entity *of)
{
    struct namer *n = namer;
    n->batch = batch;
    n->kind = entity_kind(of);
    n->vcpus = 0;
    make_prefix(n, of);
    return buf_ok(&n->path) && counter_cache_room(&n->counters[OF_VM], batch) &&
           counter_cache_room(&n->counters[OF_HOST], batch);
}

static const struct row *row_of(struct namer *n, const struct layer_value *value)
{
    const int owner = n->kind == ENTITY_HOST ? OF_HOST : OF_VM;
    if (value->quantity >= QUANTITY_RAW) {
        const struct counter_names *names =
            counter_cache_find(&n->counters[owner], n->batch, value);
        return names ? names->row : NULL;
    }
    for (size_t i = 0; i < ROWS; i++)
        if (!rows[i].counter && rows[i].quantity == value->quantity && rows[i].owner == owner &&
            value->form == FORM_TOTAL)
            return &rows[i];
    return NULL;
}

/* What is behind the prefix; its '*' is the instance. */
static void add_path(struct namer *n, const struct row *row, const char *instance)
{
    const size_t star = strcspn(row->path, "*");
    buf_end(&n->path, n->path.data + n->prefix);
    buf_add(&n->path, row->path, star);
    if (row->path[star]) {
        add_node(&n->path, instance, strlen(instance));
        buf_str(&n->path, row->path + star + 2);
    }
}

static bool series(void *namer, const struct layer_value *value, struct series_tag *tags,
                   struct series *ret)
{
    struct namer *n = namer;
    if (n->kind == ENTITY_VCENTER)
        return false;
    if (value->quantity == Q_CPU_COUNT) /* comes before the others */
        n->vcpus = value->ticks;
    const struct row *row = row_of(n, value);
    const bool raw = value->quantity >= QUANTITY_RAW;
    const char *instance = raw ? raw_instance(n->batch, value) : "";
    if (!row || (row->how == PER_VCPU && n->vcpus <= 0) ||
        (*instance != '\0') != (row->how == PER_INSTANCE))
        return false;
    add_path(n, row, instance);
    *ret = (struct series){.measurement = buf_ok(&n->path) ? n->path.data : "",
                           .field = "",
                           .tags = tags,
                           .help = "",
                           .unit = "",
                           .raw_scale = row->how == PER_VCPU ? row->scale * n->vcpus : row->scale};
    return buf_ok(&n->path);
}

const struct schema schema_sexigraf = {
    .name = "sexigraf",
    .raw = COUNTERS(AS_WORD),
    .quantities = "cpu.count cpu.unmet_wait disk.throughput disk.snapshot_space",
    .open = open_namer,
    .close = close_namer,
    .entity = entity,
    .series = series,
};
