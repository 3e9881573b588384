/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Disks, vNICs and what the guest knows: the truth against counters, each made again as a client
 * would, and the identities of the reference.
 */
#include "cmocka_all.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue.h"
#include "history.h"
#include "noise.h"
#include "truth.h"

enum { VMS = 64, VALUES_MAX = 1024 };

struct told { /* one value of the truth */
    char quantity[48], form[12], instance[40];
    double value;
};

struct told_list {
    size_t n;
    struct told values[VALUES_MAX];
};

static void remember(void *ctx, const char *quantity, const char *form, const char *instance,
                     double value)
{
    struct told_list *list = ctx;
    assert_true(list->n < VALUES_MAX);
    struct told *t = &list->values[list->n++];
    snprintf(t->quantity, sizeof t->quantity, "%s", quantity);
    snprintf(t->form, sizeof t->form, "%s", form);
    snprintf(t->instance, sizeof t->instance, "%s", instance ? instance : "");
    t->value = value;
}

struct reading {
    const struct catalogue *catalogue;
    const struct vm_sample *sample;
    struct told_list truth;
};

static const struct told *find(const struct reading *r, const char *quantity, const char *form,
                               const char *instance)
{
    for (size_t i = 0; i < r->truth.n; i++) {
        const struct told *t = &r->truth.values[i];
        if (!strcmp(t->quantity, quantity) && !strcmp(t->form, form) &&
            !strcmp(t->instance, instance))
            return t;
    }
    return NULL;
}

static void same(const struct reading *r, const char *quantity, const char *form,
                 const char *instance, double want, double within)
{
    const struct told *t = find(r, quantity, form, instance);
    if (!t || fabs(t->value - want) > within)
        fail_msg("%s %s %s: truth %.12g, from counters %.12g", quantity, form, instance,
                 t ? t->value : NAN, want);
}

static void total(const struct reading *r, const char *quantity, double want)
{
    same(r, quantity, "total", "", want, 1e-9 * (1 + fabs(want)));
}

static void absent(const struct reading *r, const char *quantity)
{
    for (size_t i = 0; i < r->truth.n; i++)
        assert_string_not_equal(r->truth.values[i].quantity, quantity);
}

static size_t row_of(const char *name)
{
    int row = catalogue_find_name(name);
    if (row < 0)
        fail_msg("%s: no such counter", name);
    return (size_t)row;
}

static int64_t get(const struct reading *r, const char *name, int instance)
{
    size_t row = row_of(name);
    assert_true(catalogue_has(catalogue_row(row), r->sample, instance));
    return catalogue_value(r->catalogue, row, 1, r->sample, instance);
}

/* The sum over all instances but '' and physical NICs. */
static int64_t sum(const struct reading *r, const char *name)
{
    int instances[INSTANCE_MAX];
    const struct counter *counter = catalogue_row(row_of(name));
    int n = catalogue_instances(counter, r->sample, instances);
    int64_t all = 0;
    for (int i = 0; i < n; i++)
        if (instances[i] != AGGREGATE &&
            !(counter->instances & INSTANCES_NICS && instances[i] >= NICS_MAX))
            all += get(r, name, instances[i]);
    return all;
}

/* ---- disks ---- */

#define READS "virtualDisk.numberReadAveraged.average"
#define WRITES "virtualDisk.numberWriteAveraged.average"
#define READ_US "virtualDisk.readLatencyUS.latest"
#define WRITE_US "virtualDisk.writeLatencyUS.latest"

/* What adds up: each quantity is the sum of one or two counters, times a factor. */
static const struct {
    const char *quantity, *first, *second;
    int factor;
} disk_sums[] = {
    {"disk.reads", READS, NULL, 1},
    {"disk.writes", WRITES, NULL, 1},
    {"disk.iops", READS, WRITES, 1},
    {"disk.read_rate", "virtualDisk.read.average", NULL, 1024},
    {"disk.write_rate", "virtualDisk.write.average", NULL, 1024},
    {"disk.throughput", "virtualDisk.read.average", "virtualDisk.write.average", 1024},
    {"disk.outstanding_reads", "virtualDisk.readOIO.latest", NULL, 1},
    {"disk.outstanding_writes", "virtualDisk.writeOIO.latest", NULL, 1},
    {"disk.outstanding", "virtualDisk.readOIO.latest", "virtualDisk.writeOIO.latest", 1},
    {"disk.aborted", "virtualDisk.commandsAborted.summation", "virtualDisk.busResets.summation", 1},
};

static void check_disk_sums(const struct reading *r)
{
    char name[DISK_TEXT];
    for (size_t q = 0; q < sizeof disk_sums / sizeof *disk_sums; q++) {
        int64_t all = 0, most = 0;
        for (int i = 0; i < r->sample->disks.n; i++) {
            int64_t one = get(r, disk_sums[q].first, i);
            one += disk_sums[q].second ? get(r, disk_sums[q].second, i) : 0;
            one *= disk_sums[q].factor;
            all += one;
            most = one > most ? one : most;
            same(r, disk_sums[q].quantity, "vdisk", disk_instance(&r->sample->disks.place[i], name),
                 (double)one, 0);
        }
        same(r, disk_sums[q].quantity, "total", "", (double)all, 0);
        if (!strcmp(disk_sums[q].quantity, "disk.outstanding"))
            same(r, "disk.outstanding", "worst", "", (double)most, 0);
    }
    assert_int_equal(get(r, "virtualDisk.read.average", AGGREGATE),
                     sum(r, "virtualDisk.read.average"));
    assert_int_equal(get(r, "virtualDisk.write.average", AGGREGATE),
                     sum(r, "virtualDisk.write.average"));
}

static double weighted(double time, double ios)
{
    return ios > 0 ? floor(time / ios + 0.5) / 1e6 : 0;
}

static void check_latency(const struct reading *r)
{
    double reads = 0, writes = 0, reading = 0, writing = 0, worst = 0;
    char name[DISK_TEXT];
    for (int i = 0; i < r->sample->disks.n; i++) {
        double read = (double)get(r, READS, i), write = (double)get(r, WRITES, i);
        double read_us = (double)get(r, READ_US, i), write_us = (double)get(r, WRITE_US, i);
        double one = weighted(read * read_us + write * write_us, read + write);
        disk_instance(&r->sample->disks.place[i], name);
        same(r, "disk.latency", "vdisk", name, one, 1e-9);
        same(r, "disk.read_latency", "vdisk", name, read_us / 1e6, 1e-9);
        same(r, "disk.write_latency", "vdisk", name, write_us / 1e6, 1e-9);
        same(r, "disk.in_flight", "vdisk", name, (read * read_us + write * write_us) / 1e6, 1e-9);
        assert_int_equal(get(r, "virtualDisk.totalReadLatency.average", i), (int)read_us / 1000);
        assert_int_equal(get(r, "virtualDisk.totalWriteLatency.average", i), (int)write_us / 1000);
        worst = fmax(worst, one);
        reads += read;
        writes += write;
        reading += read * read_us;
        writing += write * write_us;
    }
    total(r, "disk.latency", weighted(reading + writing, reads + writes));
    same(r, "disk.latency", "worst", "", worst, 1e-9);
    total(r, "disk.read_latency", weighted(reading, reads));
    total(r, "disk.write_latency", weighted(writing, writes));
    total(r, "disk.in_flight", (reading + writing) / 1e6);
    int64_t ms = get(r, "disk.maxTotalLatency.latest", AGGREGATE);
    int64_t other = get(r, "datastore.maxTotalLatency.latest", AGGREGATE);
    total(r, "disk.counter_latency", (double)(ms > other ? ms : other) / 1000);
    assert_true((double)(ms > other ? ms : other) >= floor(worst * 1000));
}

static bool is_nfs(const struct disk_place *place)
{
    return !strcmp(datastores[place->datastore].type, "NFS");
}

/* Who sees what of which disk. */
static void check_coverage(const struct reading *r)
{
    const struct disk_set *d = &r->sample->disks;
    int64_t reads = d->swap_reads, kbps = is_nfs(&d->place[0]) ? 0 : d->swap_write_kbps;
    for (int i = 0; i < d->n; i++) {
        const struct disk_sample *of = &d->of[i];
        if (d->place[i].rdm)
            assert_int_equal(of->extra_reads + of->extra_writes, 0);
        else
            reads += of->reads + of->extra_reads;
        if (d->place[i].rdm || !is_nfs(&d->place[i]))
            kbps += of->write_kbps + of->extra_write_kbps;
    }
    assert_int_equal(sum(r, "datastore.numberReadAveraged.average"), reads);
    assert_int_equal(get(r, "disk.write.average", AGGREGATE), kbps);
}

/* C, absent where a counter does not see a disk; and what must be at least what. */
static void check_snapshot(const struct reading *r)
{
    const struct disk_set *d = &r->sample->disks;
    int64_t reads = sum(r, "datastore.numberReadAveraged.average");
    int64_t writes = sum(r, "datastore.numberWriteAveraged.average");
    int64_t read = get(r, "disk.read.average", AGGREGATE) - sum(r, "virtualDisk.read.average");
    int64_t write = get(r, "disk.write.average", AGGREGATE) - sum(r, "virtualDisk.write.average");
    bool raw = false, files = false;
    for (int i = 0; i < d->n; i++) {
        raw = raw || d->place[i].rdm;
        files = files || is_nfs(&d->place[i]);
    }
    if (raw) {
        absent(r, "disk.snapshot_reads");
        absent(r, "disk.snapshot_iops");
    } else {
        assert_true(reads >= sum(r, READS) && writes >= sum(r, WRITES));
        total(r, "disk.snapshot_reads", (double)(reads - sum(r, READS)));
        total(r, "disk.snapshot_writes", (double)(writes - sum(r, WRITES)));
        total(r, "disk.snapshot_iops", (double)(reads - sum(r, READS) + writes - sum(r, WRITES)));
    }
    if (files) {
        absent(r, "disk.snapshot_read_rate");
        absent(r, "disk.snapshot_write_rate");
    } else {
        assert_true(read >= 0 && write >= 0);
        total(r, "disk.snapshot_read_rate", (double)read * 1024);
        total(r, "disk.snapshot_write_rate", (double)write * 1024);
    }
    total(r, "disk.snapshot_space", (double)d->snapshot_kb * 1024);
    assert_int_equal(get(r, "disk.usage.average", AGGREGATE), /* I20 */
                     get(r, "disk.read.average", AGGREGATE) +
                         get(r, "disk.write.average", AGGREGATE));
}

static void check_io_size(const struct reading *r)
{
    int64_t kb = sum(r, "virtualDisk.read.average") + sum(r, "virtualDisk.write.average");
    int64_t ios = sum(r, READS) + sum(r, WRITES);
    if (ios)
        total(r, "disk.io_size", floor((double)(kb * 1024) / (double)ios));
    else
        absent(r, "disk.io_size");
    total(r, "disk.count", r->sample->disks.n);
}

/* ---- vNICs ---- */

#define RECEIVED "net.received.average"
#define TRANSMITTED "net.transmitted.average"
#define PACKETS_RX "net.packetsRx.summation"
#define PACKETS_TX "net.packetsTx.summation"
#define DROPPED_RX "net.droppedRx.summation"
#define DROPPED_TX "net.droppedTx.summation"

static const struct {
    const char *quantity, *first, *second;
    double factor;
} net_sums[] = {
    {"net.received", RECEIVED, NULL, 1024},
    {"net.transmitted", TRANSMITTED, NULL, 1024},
    {"net.throughput", RECEIVED, TRANSMITTED, 1024},
    {"net.packets_received", PACKETS_RX, NULL, 1.0 / 20},
    {"net.packets_transmitted", PACKETS_TX, NULL, 1.0 / 20},
    {"net.packets", PACKETS_RX, PACKETS_TX, 1.0 / 20},
    {"net.dropped_receive", DROPPED_RX, NULL, 1.0 / 20},
    {"net.dropped_transmit", DROPPED_TX, NULL, 1.0 / 20},
};

static void check_net_sums(const struct reading *r)
{
    char key[12];
    for (size_t q = 0; q < sizeof net_sums / sizeof *net_sums; q++) {
        double all = 0;
        for (int i = 0; i < r->sample->nics.n; i++) {
            double one = (double)get(r, net_sums[q].first, i);
            one += net_sums[q].second ? (double)get(r, net_sums[q].second, i) : 0;
            all += one * net_sums[q].factor;
            snprintf(key, sizeof key, "%d", 4000 + i);
            same(r, net_sums[q].quantity, "vnic", key, one * net_sums[q].factor, 1e-6);
        }
        total(r, net_sums[q].quantity, all);
    }
}

static double drop_ratio(double dropped, double delivered)
{
    return dropped > 0 ? dropped / (dropped + delivered) : 0;
}

static void check_drops(const struct reading *r, const char *quantity, const char *dropped,
                        const char *delivered)
{
    double worst = 0;
    char key[12];
    for (int i = 0; i < r->sample->nics.n; i++) {
        double one = drop_ratio((double)get(r, dropped, i), (double)get(r, delivered, i));
        worst = fmax(worst, one);
        snprintf(key, sizeof key, "%d", 4000 + i);
        same(r, quantity, "vnic", key, one, 1e-12);
    }
    same(r, quantity, "worst", "", worst, 1e-12);
    total(r, quantity, drop_ratio((double)sum(r, dropped), (double)sum(r, delivered)));
}

static void check_net(const struct reading *r)
{
    static const char *const both[] = {RECEIVED,   TRANSMITTED, PACKETS_RX,
                                       PACKETS_TX, DROPPED_RX,  DROPPED_TX};
    for (size_t i = 0; i < sizeof both / sizeof *both; i++)
        assert_int_equal(get(r, both[i], AGGREGATE), sum(r, both[i]));
    for (int i = AGGREGATE; i < r->sample->nics.n; i++) { /* I19 */
        assert_int_equal(get(r, "net.usage.average", i),
                         get(r, RECEIVED, i) + get(r, TRANSMITTED, i));
        assert_int_equal(get(r, "net.bytesRx.average", i), get(r, RECEIVED, i));
        assert_int_equal(get(r, "net.bytesTx.average", i), get(r, TRANSMITTED, i));
        assert_true(get(r, "net.pnicBytesRx.average", i) <= get(r, RECEIVED, i));
        assert_true(get(r, "net.pnicBytesTx.average", i) <= get(r, TRANSMITTED, i));
    }
    check_net_sums(r);
    check_drops(r, "net.drop_ratio_receive", DROPPED_RX, PACKETS_RX);
    check_drops(r, "net.drop_ratio_transmit", DROPPED_TX, PACKETS_TX);
    double bytes = (double)(sum(r, RECEIVED) + sum(r, TRANSMITTED));
    double out = (double)(sum(r, "net.pnicBytesRx.average") + sum(r, "net.pnicBytesTx.average"));
    if (bytes > 0)
        total(r, "net.host_internal", 1 - out / bytes);
    else
        absent(r, "net.host_internal");
    total(r, "net.count", r->sample->nics.n);
    int64_t uplinks = get(r, RECEIVED, NICS_MAX) + get(r, RECEIVED, NICS_MAX + 1);
    assert_int_equal(uplinks, sum(r, "net.pnicBytesRx.average"));
}

/* ---- the guest ---- */

static void check_guest(const struct reading *r)
{
    const int A = AGGREGATE;
    const struct guest_sample *g = &r->sample->guest;
    double run =
        (double)(get(r, "cpu.run.summation", A) - get(r, "cpu.overlap.summation", A)) / 20000;
    double needed = (double)get(r, "guest.mem.needed.latest", A) * 1024;
    total(r, "cpu.run_queue", (double)get(r, "guest.cpu.runQueue.latest", A));
    total(r, "cpu.context_switches", (double)get(r, "guest.contextSwapRate.latest", A));
    total(r, "mem.page_in", (double)get(r, "guest.page.inRate.latest", A) * 1024);
    total(r, "mem.page_out", (double)get(r, "guest.page.outRate.latest", A) * 1024);
    total(r, "mem.guest_needed", needed);
    same(r, "disk.queue", "total", "", (double)get(r, "guest.disk.requestQueueAvg.latest", A) / 100,
         0.01);
    total(r, "cpu.guest_cpu", g->busy_milli / 1e3);
    total(r, "cpu.guest_difference", run - g->busy_milli / 1e3);
    total(r, "mem.guest_difference", (double)get(r, "mem.granted.average", A) * 1024 - needed);
    total(r, "net.ring_drops", g->ring_drops_milli / 1e3);
    total(r, "net.driver_drops", g->driver_drops_milli / 1e3);
    total(r, "mem.guest_swap_used", (double)g->swap_used_kb * 1024);
    total(r, "mem.guest_available", (double)g->available_kb * 1024);
    total(r, "disk.guest_capacity", (double)g->capacity);
    total(r, "disk.guest_free", (double)g->free);
    if (g->heap_used_kb)
        same(r, "guest.app", "app", "jvm.heap_used", (double)g->heap_used_kb, 0);
    else
        absent(r, "guest.app");
    assert_true(g->busy_milli <= r->sample->cpus * 1000);
    assert_true(g->free > 0 && g->free < g->capacity);
    assert_true(g->available_kb >= 0 && g->needed_kb <= r->sample->memory.configured_kb);
}

static struct world *start(const struct scenario *scenario, uint64_t seed)
{
    static struct world w;
    struct world_options options = {.vms = VMS,
                                    .hosts = 4,
                                    .vcpus_max = 8,
                                    .seed = seed,
                                    .scenario = scenario,
                                    .name = "test",
                                    .start_ms = INT64_C(1750000000000),
                                    .speed = 1};
    assert_true(world_init(&w, &options));
    return &w;
}

static void truth_equals_counters(void **state)
{
    (void)state;
    static struct reading r;
    for (size_t n = 0; n < scenario_count(); n++) {
        struct world *w = start(scenario_at(n), 5 + n);
        int64_t now = world_now(w);
        r.catalogue = &w->catalogue;
        for (uint32_t vm = w->first[KIND_VM]; vm < w->nobjects; vm += 2) {
            struct history h;
            assert_int_equal(history_load(w, vm, now - 400000, now, 3, &h), 0);
            for (size_t i = 0; i < h.n; i++) {
                r.sample = &h.samples[i];
                r.truth.n = 0;
                truth_each(r.sample, remember, &r.truth);
                check_disk_sums(&r);
                check_latency(&r);
                check_coverage(&r);
                check_snapshot(&r);
                check_io_size(&r);
                check_net(&r);
                check_guest(&r);
            }
            history_free(&h);
        }
        world_free(w);
    }
}

/* ---- over many VMs and long times ---- */

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(truth_equals_counters)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
