/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Which series a QueryPerf answer has, and which values of them are missing.
 */
#include "cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "query_series.h"

enum { CAP = 1 << 22, SOME = 40 /* of the VMs */ };

struct answer {
    struct world world;
    struct history vm;
    struct host_history host;
    struct series_source source;
    struct buf text;
};

static struct answer *open_answer(const char *scenario, bool host)
{
    struct answer *a = calloc(1, sizeof *a);
    assert_non_null(a);
    struct world_options options = {.vms = 240,
                                    .hosts = 2,
                                    .vcpus_max = 8,
                                    .seed = 3,
                                    .scenario = scenario_find(scenario),
                                    .name = "test",
                                    .start_ms = INT64_C(1750000000000),
                                    .speed = 1};
    assert_true(world_init(&a->world, &options));
    a->source = (struct series_source){.catalogue = &a->world.catalogue, .csv = true};
    if (host)
        a->source.host = &a->host;
    else
        a->source.history = &a->vm;
    return a;
}

static void load(struct answer *a, uint32_t index, int64_t ms)
{
    int64_t now = world_now(&a->world);
    history_free(&a->vm);
    history_free_host(&a->host);
    int rc = a->source.history
                 ? history_load(&a->world, index, now - ms, now, SIZE_MAX, &a->vm)
                 : history_load_host(&a->world, index, now - ms, now, SIZE_MAX, &a->host);
    assert_int_equal(rc, 0);
    a->source.key = a->source.history ? a->vm.vm_key : a->host.key;
}

static void close_answer(struct answer *a)
{
    history_free(&a->vm);
    history_free_host(&a->host);
    world_free(&a->world);
    free(a);
}

static struct metric metric_of(const char *counter, const char *instance)
{
    struct metric m = {.row = catalogue_find_name(counter), .all = !strcmp(instance, "*")};
    assert_true(m.row >= 0);
    strncpy(m.instance, instance, sizeof m.instance - 1);
    return m;
}

/* The number of series; their text is kept until the next. */
static size_t ask(struct answer *a, const char *counter, const char *instance)
{
    struct metric m = metric_of(counter, instance);
    buf_free(&a->text);
    buf_init(&a->text, CAP);
    size_t n = series_write(&a->source, &m, &a->text);
    assert_true(buf_ok(&a->text));
    return n;
}

static bool has(const struct answer *a, const char *instance)
{
    char tag[96];
    snprintf(tag, sizeof tag, "<instance>%s</instance>", instance);
    return a->text.data && strstr(a->text.data, tag);
}

/* A VM with disks on two datastores, two vNICs or more, and two vCPUs or more. */
static uint32_t rich_vm(const struct world *w)
{
    for (uint32_t i = w->first[KIND_VM]; i < w->nobjects; i++) {
        struct vm_body body = world_body(w, &w->objects[i], world_present(&w->objects[i]));
        struct vm_sample shape;
        physics_shape(&body, &shape);
        bool two = false;
        for (int d = 1; d < shape.disks.n; d++)
            two = two || shape.disks.place[d].datastore != shape.disks.place[0].datastore;
        if (two && shape.nics.n > 1 && shape.cpus > 1)
            return i;
    }
    fail_msg("no VM like that among them");
    return 0;
}

static void instances_of_each_kind(void **state)
{
    (void)state;
    struct answer *a = open_answer("quiet", false);
    char name[DISK_TEXT];
    load(a, rich_vm(&a->world), 60000);
    const struct vm_sample *s = &a->vm.shape;
    const struct disk_set *d = &s->disks;
    size_t disks = (size_t)d->n, nics = (size_t)s->nics.n;
    assert_int_equal(ask(a, "virtualDisk.numberReadAveraged.average", "*"), disks);
    for (int i = 0; i < d->n; i++)
        assert_true(has(a, disk_instance(&d->place[i], name)));
    assert_int_equal(ask(a, "virtualDisk.read.average", "*"), disks + 1);
    assert_true(has(a, ""));
    assert_true(ask(a, "datastore.numberReadAveraged.average", "*") >= 2);
    assert_true(has(a, datastores[d->place[0].datastore].uuid));
    assert_int_equal(ask(a, "net.received.average", "*"), 1 + nics + UPLINKS);
    assert_true(has(a, "") && has(a, "4000") && has(a, "4001") && has(a, "vmnic1"));
    assert_int_equal(ask(a, "cpu.run.summation", "*"), 1 + (size_t)s->cpus);
    assert_int_equal(ask(a, "disk.read.average", "*"), 1);
    assert_int_equal(ask(a, "cpu.utilization.average", "*"), 0); /* of hosts alone */
    buf_free(&a->text);
    close_answer(a);
}

static void one_instance(void **state)
{
    (void)state;
    static const struct {
        const char *counter, *instance;
        size_t series;
    } rows[] = {
        {"net.received.average", "4000", 1},   {"net.received.average", "", 1},
        {"net.received.average", "vmnic0", 1}, {"net.received.average", "vmnic2", 0},
        {"net.received.average", "0", 0},      {"net.received.average", "4009", 0},
        {"cpu.run.summation", "1", 1},         {"cpu.run.summation", "01", 0},
        {"cpu.run.summation", "128", 0},       {"virtualDisk.read.average", "", 1},
        {"virtualDisk.readOIO.latest", "", 0}, {"virtualDisk.readOIO.latest", "scsi9:9", 0},
        {"mem.granted.average", "", 1},        {"mem.granted.average", "0", 0},
    };
    struct answer *a = open_answer("quiet", false);
    load(a, rich_vm(&a->world), 60000);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(ask(a, rows[i].counter, rows[i].instance), rows[i].series);
        assert_int_equal(has(a, rows[i].instance), rows[i].series);
    }
    char name[DISK_TEXT];
    disk_instance(&a->vm.shape.disks.place[1], name);
    assert_int_equal(ask(a, "virtualDisk.readOIO.latest", name), 1);
    assert_true(has(a, name));
    buf_free(&a->text);
    close_answer(a);
}

/* The value is that of the interval whose time stands at the same place. */
static void hosts_have_their_own(void **state)
{
    (void)state;
    struct answer *a = open_answer("cpu-contention", true);
    uint32_t host = a->world.first[KIND_HOST] + 1;
    load(a, host, 100000);
    assert_int_equal(a->host.n, 5);
    assert_int_equal(ask(a, "cpu.run.summation", "*"), 0);
    assert_int_equal(ask(a, "cpu.ready.summation", "0"), 0);
    assert_int_equal(ask(a, "mem.state.latest", ""), 1);
    assert_int_equal(ask(a, "cpu.ready.summation", "*"), 1);
    const char *at = strstr(a->text.data, "</id><value>");
    assert_non_null(at);
    at += strlen("</id><value>");
    for (size_t i = 0; i < a->host.n; i++) {
        struct host_sample sample;
        char *end;
        assert_true(host_sample(&a->world, host, a->host.samples[i].time_ms, &sample));
        assert_true(sample.ready_ms > 0);
        assert_int_equal(strtoll(at, &end, 10), sample.ready_ms);
        at = end + 1;
    }
    buf_free(&a->text);
    close_answer(a);
}

/* A host has its physical NICs, datastores and block devices; its parts add up to its whole. */
static void parts_of_hosts(void **state)
{
    (void)state;
    static const struct {
        const char *counter;
        size_t series; /* the whole is one of them, where there is one */
        bool sum;
    } cases[] = {{"net.received.average", UPLINKS + 1, true},
                 {"net.packetsTx.summation", UPLINKS + 1, true},
                 {"disk.numberReadAveraged.average", 5, true},
                 {"disk.read.average", 5, false}, /* the whole has raw disks, too */
                 {"datastore.read.average", DATASTORES, false},
                 {"disk.maxTotalLatency.latest", 1, false},
                 {"power.power.average", 1, false},
                 {"virtualDisk.read.average", 0, false}};
    struct answer *a = open_answer("quiet", true);
    int64_t all = 0;
    load(a, a->world.first[KIND_HOST], SLOT_MS);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct counter *c = catalogue_row((size_t)catalogue_find_name(cases[i].counter));
        int instances[INSTANCE_MAX];
        int n = catalogue_host_instances(c, instances);
        int64_t whole = 0, parts = 0;
        assert_int_equal(n, cases[i].series);
        assert_int_equal(ask(a, cases[i].counter, "*"), n);
        for (int k = 0; k < n; k++) {
            char name[INSTANCE_TEXT];
            int64_t value = c->host(&a->host.samples[0], instances[k]);
            catalogue_host_instance(c, instances[k], name);
            assert_int_equal(ask(a, cases[i].counter, name), 1);
            *(instances[k] == AGGREGATE ? &whole : &parts) += value;
            all += value;
        }
        if (cases[i].sum)
            assert_int_equal(whole, parts);
        if (!strcmp(cases[i].counter, "disk.read.average"))
            assert_true(whole >= parts);
    }
    assert_true(all > 0);
    buf_free(&a->text);
    close_answer(a);
}

struct lost {
    int series, absent, values, missing;
};

static struct lost lost_by(const char *scenario, int permille)
{
    static const char *const counters[] = {"cpu.ready.summation", "cpu.run.summation",
                                           "mem.granted.average", "net.received.average",
                                           "virtualDisk.readOIO.latest"};
    struct lost lost = {0};
    struct answer *a = open_answer(scenario, false);
    a->source.missing_permille = permille;
    for (uint32_t vm = a->world.first[KIND_VM]; vm < a->world.first[KIND_VM] + SOME; vm++) {
        load(a, vm, 400000);
        for (size_t i = 0; i < sizeof counters / sizeof *counters; i++) {
            int instances[INSTANCE_MAX];
            int n = catalogue_instances(catalogue_row((size_t)catalogue_find_name(counters[i])),
                                        &a->vm.shape, instances);
            int written = (int)ask(a, counters[i], "*");
            lost.series += n;
            lost.absent += n - written;
            lost.values += written * (int)a->vm.n;
            for (const char *at = a->text.data; written && (at = strstr(at, "-1")); at++)
                lost.missing++;
        }
    }
    buf_free(&a->text);
    close_answer(a);
    return lost;
}

static int permille(int part, int whole)
{
    return whole ? part * 1000 / whole : -1;
}

static void missing_data(void **state)
{
    (void)state;
    struct lost quiet = lost_by("quiet", 0), told = lost_by("quiet", 50);
    struct lost lost = lost_by("missing-data", 0);
    assert_int_equal(quiet.missing + quiet.absent, 0);
    assert_int_equal(told.absent, 0);
    assert_in_range(permille(told.missing, told.values), 35, 65);
    assert_in_range(permille(lost.absent, lost.series), 40, 200); /* a tenth, for minutes */
    /* Three in ten, and the holes that lost series leave. */
    assert_in_range(permille(lost.missing, lost.values), 330, 400);
}

/* Whole series go for some minutes, not for an interval; asked later they have holes there. */
static void series_go_for_minutes(void **state)
{
    (void)state;
    struct answer *a = open_answer("missing-data", false);
    int gone = 0, changes = 0, asked = 0;
    for (uint32_t vm = a->world.first[KIND_VM]; vm < a->world.first[KIND_VM] + SOME; vm++) {
        int64_t now = world_now(&a->world);
        size_t was = 1;
        for (int back = 90; back-- > 0;) {
            history_free(&a->vm);
            int64_t to = now - (int64_t)back * SLOT_MS;
            assert_int_equal(history_load(&a->world, vm, to - 60000, to, SIZE_MAX, &a->vm), 0);
            a->source.key = a->vm.vm_key;
            size_t is = ask(a, "mem.granted.average", "");
            gone += !is;
            changes += is != was;
            asked++;
            was = is;
        }
    }
    assert_true(gone * 30 > asked && gone * 4 < asked);
    assert_true(changes < gone); /* each time it is away for several intervals */
    buf_free(&a->text);
    close_answer(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instances_of_each_kind), cmocka_unit_test(one_instance),
        cmocka_unit_test(hosts_have_their_own),   cmocka_unit_test(missing_data),
        cmocka_unit_test(series_go_for_minutes),  cmocka_unit_test(parts_of_hosts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
