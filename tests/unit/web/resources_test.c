/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The API of disks, the network, verdicts, hosts and the quality of data, against the rows of the
 * model itself.
 */
#include "client.h"

#include <math.h>

static const json_t *at(const json_t *object, const char *first, const char *second)
{
    const json_t *inner = json_object_get(object, first);
    return second ? json_object_get(inner, second) : inner;
}

/* A number, or NAN for null. */
static double number(const json_t *value)
{
    assert_non_null(value);
    return json_is_null(value) ? NAN : json_number_value(value);
}

static const struct fake_vm *vm_of(const struct house *house, const json_t *vm)
{
    return fake_find(&house->store, json_string_value(json_object_get(vm, "vcenter")),
                     json_string_value(json_object_get(vm, "moid")));
}

/* ---- disk, network ---- */

static const struct {
    const char *resource, *name, *inner; /* inner: of a value that is also given as percent */
    enum quantity quantity;
    enum form form;
} columns[] = {
    {"disk", "count", NULL, Q_DISK_COUNT, FORM_TOTAL},
    {"disk", "iops", NULL, Q_DISK_IOPS, FORM_TOTAL},
    {"disk", "throughput", NULL, Q_DISK_THROUGHPUT, FORM_TOTAL},
    {"disk", "latency", NULL, Q_DISK_LATENCY, FORM_TOTAL},
    {"disk", "latency_worst", NULL, Q_DISK_LATENCY, FORM_WORST},
    {"disk", "outstanding", NULL, Q_DISK_OUTSTANDING, FORM_TOTAL},
    {"disk", "snapshot_iops", NULL, Q_DISK_SNAPSHOT_IOPS, FORM_TOTAL},
    {"disk", "snapshot_space", NULL, Q_DISK_SNAPSHOT_SPACE, FORM_TOTAL},
    {"disk", "queue", NULL, Q_DISK_QUEUE, FORM_TOTAL},
    {"net", "count", NULL, Q_NET_COUNT, FORM_TOTAL},
    {"net", "throughput", NULL, Q_NET_THROUGHPUT, FORM_TOTAL},
    {"net", "packets", NULL, Q_NET_PACKETS, FORM_TOTAL},
    {"net", "dropped_transmit", NULL, Q_NET_DROPPED_TRANSMIT, FORM_TOTAL},
    {"net", "drop_ratio_transmit", "ratio", Q_NET_DROP_RATIO_TRANSMIT, FORM_TOTAL},
    {"net", "dropped_receive", NULL, Q_NET_DROPPED_RECEIVE, FORM_TOTAL},
    {"net", "ring_drops", NULL, Q_NET_RING_DROPS, FORM_TOTAL},
};

enum { COLUMNS = sizeof columns / sizeof *columns };

static double column_of(const json_t *vm, size_t i)
{
    const json_t *value = at(vm, columns[i].resource, columns[i].name);
    if (columns[i].inner && json_is_object(value))
        value = json_object_get(value, columns[i].inner);
    return number(value);
}

/* Every column of every VM against the model's row; one that the row lacks is null. */
static void test_columns(void **state)
{
    struct house *house = *state;
    json_t *json = get_json(house, "/api/v1/vms?limit=1000"), *vm;
    size_t i, known[COLUMNS] = {0}, lacking = 0;
    json_array_foreach(json_object_get(json, "vms"), i, vm)
    {
        struct row_batch batch;
        row_batch_init(&batch);
        fake_newest_row(&house->store, vm_of(house, vm), &batch);
        for (size_t c = 0; c < COLUMNS; c++) {
            int64_t ticks;
            double got = column_of(vm, c);
            bool there =
                row_find(&batch, &batch.rows[0], columns[c].quantity, columns[c].form, 0, &ticks);
            assert_int_equal(there, !isnan(got));
            lacking += !there;
            if (!there)
                continue;
            double want = quantity_value(quantity_info(columns[c].quantity), ticks);
            if (fabs(got - want) > fabs(want) * 1e-5)
                fail_msg("%s.%s: %.12g, not %.12g", columns[c].resource, columns[c].name, got,
                         want);
            known[c] += want > 0;
        }
        row_batch_free(&batch);
    }
    for (size_t c = 0; c < COLUMNS; c++)
        if (known[c] < 5)
            fail_msg("%s.%s was hardly ever seen", columns[c].resource, columns[c].name);
    assert_true(lacking > VMS / 17);
    json_decref(json);
}

static void test_sorted(void **state)
{
    for (size_t c = 0; c < COLUMNS; c++) {
        char path[120];
        snprintf(path, sizeof path, "/api/v1/vms?limit=1000&sort=%s_%s&order=%s",
                 columns[c].resource, columns[c].name, c % 2 ? "asc" : "desc");
        json_t *json = get_json(*state, path), *vm;
        double before = c % 2 ? -INFINITY : INFINITY;
        size_t i, compared = 0;
        int rank = 0;
        json_array_foreach(json_object_get(json, "vms"), i, vm)
        {
            const double value = column_of(vm, c);
            const char *vm_state = json_string_value(json_object_get(vm, "state"));
            const int now = isnan(value) ? 2 : strcmp(vm_state, "stale") == 0;
            assert_true(now >= rank);
            if (now == rank && now < 2) {
                assert_true(c % 2 ? value >= before : value <= before);
                compared++;
            }
            rank = now;
            before = value;
        }
        assert_true(compared > VMS / 3);
        json_decref(json);
    }
}

/* The state of a table is that of its resource; a layer without a counter is no gap. */
static void test_states(void **state)
{
    static const struct {
        const char *query;
        int least, most;
    } cases[] = {
        {"resource=disk&state=unavailable", VMS / 17 - 1, VMS / 17 + 2},
        {"resource=net&state=unavailable", VMS / 17 - 1, VMS / 17 + 2},
        {"resource=net&state=ok", VMS * 8 / 10, VMS},
        {"resource=disk&state=stale", VMS / 50, VMS / 50},
        {"resource=cpu&state=unavailable&search=vm-1016", 0, 0},
        {"resource=verdict&state=unavailable", VMS - VMS / 50, VMS}, /* not judged */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[128];
        snprintf(path, sizeof path, "/api/v1/vms?%s", cases[i].query);
        json_t *json = get_json(*state, path);
        const int matched = (int)json_integer_value(json_object_get(json, "matched"));
        if (matched < cases[i].least || matched > cases[i].most)
            fail_msg("%s: %d", path, matched);
        json_decref(json);
    }
}

/* ---- verdicts ---- */

static void same_scores(const json_t *scores, const struct row_batch *batch)
{
    static const char *const layers[] = {"queue", "usage", "overhead", "unmet"};
    for (int place = 0; place < VERDICT_PLACES; place++) {
        int64_t ticks;
        const char *resource =
            verdict_resource_name((enum verdict_resource)(place / VERDICT_LAYERS));
        const double got = number(at(scores, resource, layers[place % VERDICT_LAYERS]));
        const enum quantity quantity = verdict_score_quantity(place);
        const bool there = row_find(batch, &batch->rows[0], quantity, FORM_TOTAL, 0, &ticks);
        assert_int_equal(there, !isnan(got));
        if (there)
            assert_true(fabs(got - quantity_value(quantity_info(quantity), ticks)) < 1e-5);
    }
}

/* VMs that hurt come first, and say where; what is not known is null. */
static void test_verdict(void **state)
{
    struct house *house = *state;
    house->store.judged = true;
    json_t *json = get_json(house, "/api/v1/vms?limit=1000&resource=verdict"), *vm;
    size_t i, hurt = 0, well = 0, disks = 0, nets = 0;
    double before = INFINITY;
    json_array_foreach(json_object_get(json, "vms"), i, vm)
    {
        struct row_batch batch;
        const json_t *verdict = json_object_get(vm, "verdict");
        const double score = number(json_object_get(verdict, "score"));
        const double code = number(json_object_get(verdict, "code"));
        const char *resource = json_string_value(json_object_get(verdict, "resource"));
        row_batch_init(&batch);
        fake_newest_row(&house->store, vm_of(house, vm), &batch);
        same_scores(json_object_get(verdict, "scores"), &batch);
        row_batch_free(&batch);
        assert_int_equal(resource != NULL, code > 0 && code < CODE_UNKNOWN);
        hurt += resource != NULL;
        well += code == 0;
        disks += resource && strcmp(resource, "disk") == 0;
        nets += resource && strcmp(resource, "net") == 0;
        if (resource) {
            const double layer = fmod(code - 1, VERDICT_LAYERS);
            assert_string_equal(json_string_value(json_object_get(verdict, "layer")),
                                layer_name((enum layer)(LAYER_QUEUE + (int)layer)));
            assert_true(number(json_object_get(verdict, "for")) > 0);
        }
        if (strcmp(json_string_value(json_object_get(vm, "state")), "stale") == 0)
            break; /* the fresh ones are in order; behind them begins another list */
        assert_true(score <= before);
        before = score;
    }
    assert_true(hurt > 20 && well > 20 && disks > 5 && nets > 5);
    json_decref(json);
}

static void test_judged_layers(void **state)
{
    json_t *json = get_json(*state, "/api/v1/quantities");
    const json_t *judged = json_object_get(json, "judged");
    assert_int_equal(json_array_size(json_object_get(judged, "cpu")), 4);
    assert_int_equal(json_array_size(json_object_get(judged, "mem")), 2); /* A and D */
    assert_string_equal(json_string_value(json_array_get(json_object_get(judged, "net"), 1)),
                        "unmet");
    json_decref(json);
}

/* ---- hosts ---- */

static void test_hosts(void **state)
{
    struct house *house = *state;
    json_t *json = get_json(house, "/api/v1/hosts"), *host;
    size_t i;
    const char *vcenter = "", *name = "";
    assert_int_equal(json_array_size(json_object_get(json, "hosts")), FAKE_ALL_HOSTS);
    json_array_foreach(json_object_get(json, "hosts"), i, host)
    {
        const char *own = json_string_value(json_object_get(host, "vcenter"));
        const char *own_name = json_string_value(json_object_get(host, "name"));
        const int order = strcmp(vcenter, own);
        assert_true(order < 0 || (order == 0 && strcmp(name, own_name) < 0));
        vcenter = own;
        name = own_name;
        const struct fake_host *fake =
            fake_find_host(&house->store, own, json_string_value(json_object_get(host, "moid")));
        const struct server_time now = fake_now(&house->store);
        struct row_batch batch;
        row_batch_init(&batch);
        fake_host_rows(fake, &now, 1, &batch);
        size_t values = 0;
        for (enum quantity q = Q_HOST_CORE_UTILIZATION; q < Q_HOST_STATUS; q++) {
            int64_t ticks;
            const json_t *value = json_object_get(host, quantity_info(q)->name);
            const bool there = row_find(&batch, &batch.rows[0], q, FORM_TOTAL, 0, &ticks);
            assert_int_equal(there, value != NULL);
            if (there)
                assert_true(fabs(number(value) - quantity_value(quantity_info(q), ticks)) < 1e-9);
            values += there;
        }
        assert_true(values >= 20);
        assert_non_null(at(host, "status", "reason"));
        assert_null(json_object_get(host, "vm"));
        row_batch_free(&batch);
    }
    json_decref(json);
}

static void test_host_by_name(void **state)
{
    json_t *json = get_json(*state, "/api/v1/hosts?vcenter=lab&name=esx05.example.net");
    const json_t *host = json_array_get(json_object_get(json, "hosts"), 0);
    assert_int_equal(json_integer_value(json_object_get(json, "matched")), 1);
    assert_int_equal(json_integer_value(json_object_get(json, "total")), FAKE_ALL_HOSTS);
    assert_string_equal(json_string_value(json_object_get(host, "moid")), "host-5");
    json_decref(json);
    json = get_json(*state, "/api/v1/hosts?name=esx0");
    assert_int_equal(json_integer_value(json_object_get(json, "matched")), 0);
    json_decref(json);
    json = get_json(*state, "/api/v1/hosts?limit=3&offset=31");
    assert_int_equal(json_array_size(json_object_get(json, "hosts")), 1);
    json_decref(json);
}

/* Who shares a host: VMs by whole names, not by search. */
static void test_vms_of_a_host(void **state)
{
    json_t *json = get_json(*state, "/api/v1/vms?vcenter=prod&host=esx05.example.net&limit=100");
    json_t *vm;
    size_t i, want = 0;
    for (unsigned k = 0; k < VMS; k++)
        want += k % 16 == 5 && k % 10 != 9;
    assert_int_equal(json_array_size(json_object_get(json, "vms")), want);
    json_array_foreach(json_object_get(json, "vms"), i, vm)
    {
        assert_string_equal(json_string_value(json_object_get(vm, "host")), "esx05.example.net");
        assert_string_equal(json_string_value(json_object_get(vm, "vcenter")), "prod");
    }
    json_decref(json);
    json = get_json(*state, "/api/v1/vms?host=esx05");
    assert_int_equal(json_integer_value(json_object_get(json, "matched")), 0);
    json_decref(json);
}

/* Hosts are no VMs, and have points over time all the same. */
static void test_host_series(void **state)
{
    json_t *json = get_json(*state, "/api/v1/vms?limit=1000&search=host-5");
    assert_int_equal(json_integer_value(json_object_get(json, "matched")), 0);
    json_decref(json);
    json = get_json(*state, "/api/v1/vms/prod/host-5/series?quantities=host.ready,host.usage");
    const json_t *series = json_object_get(json, "series");
    assert_int_equal(json_array_size(json_object_get(json, "times")), 180);
    for (size_t i = 0; i < 2; i++) {
        const json_t *values = json_object_get(json_array_get(series, i), "values");
        assert_int_equal(json_array_size(values), 180);
        assert_true(number(json_array_get(values, 179)) > 0);
    }
    json_decref(json);
}

/* ---- instances ---- */

static void test_disks_over_time(void **state)
{
    static const char *const ids[] = {"scsi0:0", "scsi0:1", "nvme0:0"};
    static const char *const names[] = {"Hard disk 1", "Hard disk 2", "Hard disk 3"};
    static const char *const backings[] = {"datastore1", "datastore1", "nvme <fast>"};
    json_t *json = get_json(
        *state, "/api/v1/vms/prod/vm-1002/series?form=vdisk&quantities=disk.reads,disk.latency");
    const json_t *series = json_object_get(json, "series");
    assert_int_equal(json_array_size(series), 6);
    for (size_t i = 0; i < 6; i++) {
        const json_t *one = json_array_get(series, i);
        const char *id = json_string_value(json_object_get(one, "vdisk"));
        size_t which = 0;
        for (size_t k = 0; k < 3; k++)
            if (strcmp(ids[k], id) == 0)
                which = k;
        assert_string_equal(id, ids[which]);
        assert_string_equal(json_string_value(json_object_get(one, "name")), names[which]);
        assert_string_equal(json_string_value(json_object_get(one, "backing")), backings[which]);
        const json_t *values = json_object_get(one, "values");
        const json_t *times = json_object_get(json, "times");
        const int64_t last = json_integer_value(json_array_get(times, 179));
        const int64_t reads = fake_disk_value(2, (unsigned)which, DISK_READS, last);
        if (strcmp(json_string_value(json_object_get(one, "quantity")), "disk.reads") == 0)
            assert_true(number(json_array_get(values, 179)) == (double)reads);
        else
            assert_true(number(json_array_get(values, 179)) > 0.0005);
    }
    json_decref(json);
}

static void test_other_instances(void **state)
{
    static const struct {
        const char *path, *key, *id;
        int series;
    } cases[] = {
        {"/api/v1/vms/prod/vm-1001/series?form=vnic&quantities=net.received", "vnic", "4000", 2},
        {"/api/v1/vms/prod/vm-1000/series?form=app&quantities=guest.app", "app", "jvm.heap_used",
         1},
        {"/api/v1/vms/prod/vm-1001/series?form=app&quantities=guest.app", "app", NULL, 0},
        {"/api/v1/vms/prod/vm-1016/series?form=vdisk&quantities=disk.reads", "vdisk", NULL, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *json = get_json(*state, cases[i].path);
        const json_t *series = json_object_get(json, "series");
        if ((int)json_array_size(series) != cases[i].series)
            fail_msg("%s: %zu series", cases[i].path, json_array_size(series));
        if (cases[i].id)
            assert_string_equal(
                json_string_value(json_object_get(json_array_get(series, 0), cases[i].key)),
                cases[i].id);
        json_decref(json);
    }
    assert_error(*state, "/api/v1/vms/prod/vm-1001/series?form=vdisk&quantities=net.received", 400,
                 "allowed: total, vnic");
}

/* ---- the quality of the data ---- */

static void test_quality(void **state)
{
    static const struct {
        const char *name;
        double want;
    } cases[] = {{"expected", 196},        {"received", 192}, {"missing", 7},  {"late", 2},
                 {"repeated", 0},          {"silent", 4},     {"lag", 4.2},    {"clock", -0.35},
                 {"refused_identity", 3},  {"incomplete", 1}, {"left_out", 0}, {"entities", 196},
                 {"time", 1700000000000.0}};
    json_t *json = get_json(*state, "/api/v1/status"), *vcenter;
    size_t i, with = 0;
    json_array_foreach(json_object_get(json, "vcenters"), i, vcenter)
    {
        const json_t *quality = json_object_get(vcenter, "quality");
        assert_int_equal(json_integer_value(json_object_get(vcenter, "hosts_seen")), FAKE_HOSTS);
        if (strcmp(json_string_value(json_object_get(vcenter, "name")), "lab") == 0) {
            assert_null(quality);
            continue;
        }
        with++;
        assert_true(json_integer_value(json_object_get(vcenter, "no_disk_layers")) > 5);
        for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
            if (fabs(number(json_object_get(quality, cases[c].name)) - cases[c].want) > 1e-9)
                fail_msg("%s: %g", cases[c].name, number(json_object_get(quality, cases[c].name)));
    }
    assert_int_equal(with, 1);
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        OVER(test_columns),         OVER(test_sorted),          OVER(test_states),
        OVER(test_verdict),         OVER(test_judged_layers),   OVER(test_hosts),
        OVER(test_host_by_name),    OVER(test_vms_of_a_host),   OVER(test_host_series),
        OVER(test_disks_over_time), OVER(test_other_instances), OVER(test_quality),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
