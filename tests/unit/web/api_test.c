/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The API under /api/v1/: tables and points against the rows of the model itself.
 */
#include "client.h"

#include <math.h>

/* The value of a column, "unmet" or "mem.granted"; a unit of NULL is that of a plain number. */
static double ratio_of(const json_t *vm, const char *column, const char *unit)
{
    const bool mem = strncmp(column, "mem.", 4) == 0;
    const json_t *value =
        json_object_get(mem ? json_object_get(vm, "mem") : vm, column + (mem ? 4 : 0));
    if (json_is_object(value))
        value = json_object_get(value, unit);
    if (json_is_null(value))
        value = NULL;
    return value ? json_number_value(value) : NAN;
}

static void test_refusals(void **state)
{
    static const struct {
        const char *path, *says;
        int status;
    } cases[] = {
        {"/api/v1/nothing", "allowed: /", 404},
        {"/assets/../web.c", "no asset", 404},
        {"/api/v1/vms?colour=red", "no parameter \"colour\" here; allowed: sort", 400},
        {"/api/v1/vms?limit=5&limit=6", "twice", 400},
        {"/api/v1/vms?limit=0", "1 to 1000", 400},
        {"/api/v1/vms?limit=1001", "1 to 1000", 400},
        {"/api/v1/vms?limit=9999999999999999999", "1 to 1000", 400},
        {"/api/v1/vms?offset=-1", "0 to", 400},
        {"/api/v1/vms?offset=5x", "0 to", 400},
        {"/api/v1/vms?sort=beauty", "allowed: cpu_count, usage", 400},
        {"/api/v1/vms?sort=cpu_count_percent", "allowed:", 400},
        {"/api/v1/vms?sort=mem_beauty", "mem_unmet_space, mem_unmet_space_percent, ", 400},
        {"/api/v1/vms?sort=unmet_space", "mem_swapin, mem_decompression, mem_unmet_rate, ", 400},
        {"/api/v1/vms?sort=mem_configured_percent", "mem_configured, mem_granted, ", 400},
        {"/api/v1/vms?sort=mem_swapin_percent", "moid, uuid, time", 400},
        {"/api/v1/vms?sort=mem_", "mem_contention_percent", 400},
        {"/api/v1/vms?resource=gpu", "cpu, mem, disk, net, verdict", 400},
        {"/api/v1/vms?sort=disk_iops_percent", "disk_iops, disk_throughput, ", 400},
        {"/api/v1/vms?sort=latency", "disk_latency, disk_latency_worst, ", 400},
        {"/api/v1/vms?sort=verdict", "verdict_score, verdict_code, verdict_for, ", 400},
        {"/api/v1/hosts?colour=red", "allowed: vcenter", 400},
        {"/api/v1/hosts?limit=0", "1 to 1000", 400},
        {"/api/v1/vms?order=up", "asc, desc", 400},
        {"/api/v1/vms?state=good", "stale", 400},
        {"/api/v1/vms/prod", "{vcenter}/{moid}", 404},
        {"/api/v1/vms/prod/vm-1", "no rows", 404},
        {"/api/v1/vms/prod/vm-1/series", "no rows", 404},
        {"/api/v1/vms/lab/vm-1000", "no rows", 404},
        {"/api/v1/vms/prod/vm-1000?form=vcpu", "allowed: none", 400},
        {"/api/v1/vms/prod/vm-1000/series?quantities=cpu.joy", "cpu.joy", 400},
        {"/api/v1/vms/prod/vm-1000/series?quantities=cpu.system&form=vcpu", "allowed: total", 400},
        {"/api/v1/vms/prod/vm-1000/series?quantities=mem.granted&form=worst", "allowed: total",
         400},
        {"/api/v1/vms/prod/vm-1000/series?form=best", "total, worst, spread, vcpu", 400},
        {"/api/v1/vms/prod/vm-1000/series?from=5&to=4", "from before to", 400},
        {"/api/v1/vms/prod/vm-1000/series?from=1&to=1700000000000", "366 days", 400},
        {"/api/v1/vms/prod/vm-1000/series?to=yesterday", "milliseconds", 400},
        {"/api/v1/vms/prod/vm-1000/series?step=-1", "0 to", 400},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_error(*state, cases[i].path, cases[i].status, cases[i].says);
}

/* ---- VMs ---- */

static void test_sorted(void **state)
{
    static const struct {
        const char *query, *column, *unit;
        int direction;
    } cases[] = {
        {"?limit=1000", "unmet", "ratio", -1},
        {"?limit=1000&sort=unmet_percent", "unmet", "percent", -1},
        {"?limit=1000&sort=usage&order=asc", "usage", "ratio", 1},
        {"?limit=1000&sort=ready_worst", "ready_worst", "ratio", -1},
        {"?limit=1000&sort=mem_unmet_space", "mem.unmet_space", "bytes", -1},
        {"?limit=1000&sort=mem_unmet_space_percent", "mem.unmet_space", "percent", -1},
        {"?limit=1000&sort=mem_granted&order=asc", "mem.granted", "bytes", 1},
        {"?limit=1000&sort=mem_contention", "mem.contention", "ratio", -1},
        {"?limit=1000&sort=mem_swapin", "mem.swapin", NULL, -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[128];
        snprintf(path, sizeof path, "/api/v1/vms%s", cases[i].query);
        json_t *json = get_json(*state, path);
        json_t *vms = json_object_get(json, "vms"), *vm;
        assert_int_equal(json_array_size(vms), VMS);
        double before = cases[i].direction < 0 ? INFINITY : -INFINITY;
        size_t at, compared = 0;
        int rank = 0; /* fresh, stale, without the value: each kind sorted in itself */
        json_array_foreach(vms, at, vm)
        {
            double value = ratio_of(vm, cases[i].column, cases[i].unit);
            bool stale = strcmp(json_string_value(json_object_get(vm, "state")), "stale") == 0;
            int now = isnan(value) ? 2 : stale;
            assert_true(now >= rank);
            if (now == rank && now < 2) {
                assert_true((value - before) * cases[i].direction >= 0);
                compared++;
            }
            rank = now;
            before = value;
        }
        assert_true(compared > VMS / 2);
        json_decref(json);
    }
}

static const json_t *status_of(const json_t *vm, const char *resource, const char *layer)
{
    return json_object_get(json_object_get(json_object_get(vm, "status"), resource), layer);
}

static void test_values(void **state)
{
    struct house *house = *state;
    json_t *json = get_json(house, "/api/v1/vms?limit=1000");
    json_t *vm;
    size_t at;
    json_array_foreach(json_object_get(json, "vms"), at, vm)
    {
        const struct fake_vm *fake =
            fake_find(&house->store, json_string_value(json_object_get(vm, "vcenter")),
                      json_string_value(json_object_get(vm, "moid")));
        assert_non_null(fake);
        assert_string_equal(json_string_value(json_object_get(vm, "name")), fake->name);
        struct server_time newest = fake_newest(&house->store, fake);
        struct row_batch batch;
        row_batch_init(&batch);
        fake_rows(fake, &newest, 1, &batch);
        int64_t ticks;
        double unmet = ratio_of(vm, "unmet", "ratio");
        if (row_find(&batch, &batch.rows[0], Q_CPU_UNMET, FORM_TOTAL, 0, &ticks)) {
            assert_true(fabs(unmet - (double)ticks / RATIO_SCALE) < 1e-5);
            assert_true(fabs(ratio_of(vm, "unmet", "percent") * fake->vcpus - unmet * 100) < 1e-3);
        } else
            assert_true(isnan(unmet));
        assert_string_equal(
            json_string_value(json_object_get(status_of(vm, "cpu", "queue"), "reason")),
            fake_speaks(fake->index) ? "ok, from guestinfo.vstrata" : "no guest source");
        row_batch_free(&batch);
    }
    json_decref(json);
}

/* Every memory field of a VM against the model's row: the value in its unit, and its share. */
static void same_memory(const json_t *vm, const struct row_batch *batch)
{
    static const struct {
        const char *column, *unit;
        enum quantity quantity;
        bool of_memory;
    } fields[] = {
        {"mem.configured", NULL, Q_MEM_CONFIGURED, false},
        {"mem.granted", "bytes", Q_MEM_GRANTED, true},
        {"mem.active", "bytes", Q_MEM_ACTIVE, true},
        {"mem.consumed", "bytes", Q_MEM_CONSUMED, true},
        {"mem.overhead", "bytes", Q_MEM_OVERHEAD, true},
        {"mem.ballooned", "bytes", Q_MEM_BALLOONED, true},
        {"mem.swapped", "bytes", Q_MEM_SWAPPED, true},
        {"mem.compressed", "bytes", Q_MEM_COMPRESSED, true},
        {"mem.unmet_space", "bytes", Q_MEM_UNMET_SPACE, true},
        {"mem.footprint", "bytes", Q_MEM_FOOTPRINT, true},
        {"mem.contention", "ratio", Q_MEM_CONTENTION, false},
        {"mem.swapin", NULL, Q_MEM_SWAPIN, false},
        {"mem.decompression", NULL, Q_MEM_DECOMPRESSION, false},
        {"mem.unmet_rate", NULL, Q_MEM_UNMET_RATE, false},
    };
    double configured = ratio_of(vm, "mem.configured", NULL);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        int64_t ticks;
        double got = ratio_of(vm, fields[i].column, fields[i].unit);
        if (!row_find(batch, &batch->rows[0], fields[i].quantity, FORM_TOTAL, 0, &ticks)) {
            assert_true(isnan(got));
            continue;
        }
        double want = quantity_value(quantity_info(fields[i].quantity), ticks);
        if (fabs(got - want) > want * 1e-5)
            fail_msg("%s: %.12g, not %.12g", fields[i].column, got, want);
        double share = ratio_of(vm, fields[i].column, "percent");
        if (fields[i].of_memory)
            assert_true(fabs(share * configured - want * 100) <= want * 1e-3);
        else if (fields[i].unit)
            assert_true(fabs(share - want * 100) < 1e-3);
    }
}

static void test_memory(void **state)
{
    struct house *house = *state;
    json_t *json = get_json(house, "/api/v1/vms?limit=1000"), *vm;
    size_t at, hurt = 0, unknown = 0;
    json_array_foreach(json_object_get(json, "vms"), at, vm)
    {
        const struct fake_vm *fake =
            fake_find(&house->store, json_string_value(json_object_get(vm, "vcenter")),
                      json_string_value(json_object_get(vm, "moid")));
        struct server_time newest = fake_newest(&house->store, fake);
        struct row_batch batch;
        row_batch_init(&batch);
        fake_rows(fake, &newest, 1, &batch);
        same_memory(vm, &batch);
        row_batch_free(&batch);
        assert_true(ratio_of(vm, "mem.configured", NULL) == (double)fake_memory_bytes(fake));
        assert_string_equal(
            json_string_value(json_object_get(status_of(vm, "mem", "queue"), "reason")),
            fake_speaks(fake->index) ? "ok, from guestinfo.vstrata" : "no guest source");
        bool known = !isnan(ratio_of(vm, "mem.granted", "bytes"));
        const char *usage =
            json_string_value(json_object_get(status_of(vm, "mem", "usage"), "status"));
        assert_int_equal(known, strcmp(usage, "ok") == 0);
        unknown += !known;
        hurt += ratio_of(vm, "mem.contention", "percent") > 0;
    }
    assert_true(hurt > 5 && unknown >= VMS / 40);
    json_decref(json);
}

/* Of VMs that wait for no memory, first the one of which most was taken away. */
static void test_contention_ties(void **state)
{
    json_t *json = get_json(*state, "/api/v1/vms?limit=1000&sort=mem_contention"), *vm;
    size_t at, ties = 0;
    double before = -1;
    json_array_foreach(json_object_get(json, "vms"), at, vm)
    {
        double space = ratio_of(vm, "mem.unmet_space", "percent");
        bool tie = ratio_of(vm, "mem.contention", "ratio") == 0 &&
                   strcmp(json_string_value(json_object_get(vm, "state")), "stale") != 0;
        if (tie && before >= 0) {
            assert_true(space <= before);
            ties += space < before;
        }
        before = tie ? space : -1;
    }
    assert_true(ties > 5);
    json_decref(json);
}

static void test_pages(void **state)
{
    char seen[VMS] = {0};
    for (int offset = 0; offset < VMS + 30; offset += 30) {
        char path[80];
        snprintf(path, sizeof path, "/api/v1/vms?sort=host&limit=30&offset=%d", offset);
        json_t *json = get_json(*state, path), *vm;
        assert_int_equal(json_integer_value(json_object_get(json, "matched")), VMS);
        size_t at;
        json_array_foreach(json_object_get(json, "vms"), at, vm)
            seen[atoi(json_string_value(json_object_get(vm, "moid")) + 3) - 1000]++;
        json_decref(json);
    }
    for (int i = 0; i < VMS; i++)
        assert_int_equal(seen[i], 1);
}

static void test_search(void **state)
{
    static const struct {
        const char *query;
        int matched;
    } cases[] = {
        {"search=vm-1007", 1},
        {"search=DB-008", 1},
        {"search=ESX03", VMS / 16 + 1},
        {"search=esx03%20LAB", 3},
        {"search=cluster-a+prod+vm-1000", 1},
        {"search=no-such-thing", 0},
        {"search=", VMS},
        {"search=%3Cimg", 1},
        {"state=stale", VMS / 50},
        {"state=stale&search=vm-1049", 1},
        {"resource=mem&state=unavailable", VMS / 40},
        {"resource=mem&state=stale", VMS / 50},
        {"resource=mem&state=unavailable&search=vm-1013", 1},
        {"resource=cpu&state=unavailable&search=vm-1053", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[128];
        snprintf(path, sizeof path, "/api/v1/vms?%s", cases[i].query);
        json_t *json = get_json(*state, path);
        int matched = (int)json_integer_value(json_object_get(json, "matched"));
        if (matched != cases[i].matched)
            fail_msg("%s: %d", path, matched);
        json_decref(json);
    }
}

static void test_vm(void **state)
{
    json_t *json = get_json(*state, "/api/v1/vms/prod/vm-1003");
    assert_string_equal(json_string_value(json_object_get(json, "name")),
                        "<img src=x onerror=alert(1)>\"'&\t\xc3\xa4");
    assert_int_equal(json_array_size(json_object_get(json, "cpu.guest_run.vcpu")), 8);
    json_decref(json);
}

/* ---- series ---- */

static json_t *series_of(json_t *json, size_t i)
{
    return json_array_get(json_object_get(json, "series"), i);
}

/* Every point of the answer against the model's own rows. */
static void test_series(void **state)
{
    struct house *house = *state;
    json_t *json = get_json(house, "/api/v1/vms/prod/vm-1001/series?quantities=cpu.ready,cpu.unmet,"
                                   "cpu.status_unmet&from=1699990000000&to=1700000000000");
    const struct fake_vm *vm = fake_find(&house->store, "prod", "vm-1001");
    json_t *times = json_object_get(json, "times");
    size_t refused = 0, missing = 0, n = json_array_size(times);
    int64_t before = 0;
    assert_int_equal(json_array_size(json_object_get(json, "series")), 3);
    for (size_t i = 0; i < n; i++) {
        struct server_time t = {json_integer_value(json_array_get(times, i))};
        assert_true(t.ms > before && t.ms > INT64_C(1699990000000));
        missing += before && t.ms - before > FAKE_STEP;
        before = t.ms;
        struct row_batch batch;
        row_batch_init(&batch);
        fake_rows(vm, &t, 1, &batch);
        int64_t ticks;
        bool known = row_find(&batch, &batch.rows[0], Q_CPU_READY, FORM_TOTAL, 0, &ticks);
        json_t *value = json_array_get(json_object_get(series_of(json, 0), "values"), i);
        json_t *code = json_array_get(json_object_get(series_of(json, 2), "values"), i);
        assert_int_equal(known, !json_is_null(value));
        if (known)
            assert_true(fabs(json_number_value(value) - (double)ticks / RATIO_SCALE) < 1e-12);
        else
            assert_int_equal(json_integer_value(code), REASON_STATES_DO_NOT_ADD_UP);
        refused += !known;
        row_batch_free(&batch);
    }
    assert_true(n > 400 && refused > 0 && missing > 0);
    assert_null(json_object_get(json, "aggregated"));
    json_decref(json);
}

/* Bytes, bytes a second and shares of memory: exact one by one, and their mean over a step. */
static void test_memory_series(void **state)
{
    static const enum quantity asked[] = {Q_MEM_GRANTED, Q_MEM_SWAPIN, Q_MEM_CONTENTION};
    static const char base[] =
        "/api/v1/vms/prod/vm-1004/series?quantities=mem.granted,mem.swapin,mem.contention"
        "&form=total&from=1699996400000&to=1700000000000";
    struct house *house = *state;
    char path[256];
    snprintf(path, sizeof path, "%s&step=3600000", base);
    json_t *json = get_json(house, base), *mean = get_json(house, path);
    const struct fake_vm *vm = fake_find(&house->store, "prod", "vm-1004");
    json_t *times = json_object_get(json, "times");
    for (size_t s = 0; s < sizeof asked / sizeof *asked; s++) {
        const struct quantity_info *info = quantity_info(asked[s]);
        double sum[2] = {0}; /* before the full hour, behind it */
        size_t n[2] = {0};
        assert_string_equal(json_string_value(json_object_get(series_of(json, s), "unit")),
                            unit_name(info->unit));
        for (size_t i = 0; i < json_array_size(times); i++) {
            struct server_time t = {json_integer_value(json_array_get(times, i))};
            struct row_batch batch;
            int64_t ticks;
            row_batch_init(&batch);
            fake_rows(vm, &t, 1, &batch);
            assert_true(row_find(&batch, &batch.rows[0], asked[s], FORM_TOTAL, 0, &ticks));
            double value =
                json_number_value(json_array_get(json_object_get(series_of(json, s), "values"), i));
            assert_true(fabs(value - quantity_value(info, ticks)) < 1e-9);
            size_t half = t.ms > INT64_C(1699999200000);
            sum[half] += value;
            n[half]++;
            row_batch_free(&batch);
        }
        assert_string_equal(json_string_value(json_object_get(series_of(mean, s), "aggregation")),
                            "mean");
        for (size_t half = 0; half < 2; half++) {
            double want = sum[half] / (double)n[half];
            double got = json_number_value(
                json_array_get(json_object_get(series_of(mean, s), "values"), half));
            assert_true(n[half] > 30 && want > 0);
            assert_true(fabs(got - want) <= (unit_is_large(info->unit) ? 0.51 : want * 1e-5));
        }
    }
    json_decref(json);
    json_decref(mean);
}

static void test_default_hour(void **state)
{
    json_t *json = get_json(*state, "/api/v1/vms/prod/vm-1000/series");
    int64_t from = json_integer_value(json_object_get(json, "from"));
    int64_t to = json_integer_value(json_object_get(json, "to"));
    assert_int_equal(to, now_ms / FAKE_STEP * FAKE_STEP);
    assert_int_equal(to - from, 3600000);
    assert_int_equal(json_array_size(json_object_get(json, "times")), 180);
    size_t parts = 0;
    for (size_t i = 0; i < quantity_count(); i++)
        parts += quantity_at(i)->kind == KIND_PART && quantity_at(i)->forms & 1u << FORM_TOTAL;
    assert_int_equal(json_array_size(json_object_get(json, "series")), parts);
    json_decref(json);
}

static void test_vcpus(void **state)
{
    json_t *json = get_json(
        *state, "/api/v1/vms/prod/vm-1002/series?form=vcpu&quantities=cpu.ready,cpu.costop");
    assert_int_equal(json_array_size(json_object_get(json, "series")), 8); /* 4 vCPUs */
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(json_integer_value(json_object_get(series_of(json, i), "vcpu")), i % 4);
        assert_string_equal(json_string_value(json_object_get(series_of(json, i), "quantity")),
                            i < 4 ? "cpu.ready" : "cpu.costop");
    }
    json_decref(json);
}

/* A step is told, and holds the mean of what it covers: the same numbers as from single samples. */
static void test_step(void **state)
{
    static const char base[] = "/api/v1/vms/prod/vm-1001/series?quantities=cpu.ready,"
                               "cpu.status_unmet&from=1699990000000&to=1700000000000";
    char path[200];
    const int64_t step = 300000;
    json_t *raw = get_json(*state, base);
    snprintf(path, sizeof path, "%s&step=%lld", base, (long long)step);
    json_t *json = get_json(*state, path);
    json_t *times = json_object_get(json, "times"), *all = json_object_get(raw, "times");
    assert_non_null(json_object_get(json, "aggregated"));
    assert_string_equal(json_string_value(json_object_get(series_of(json, 0), "aggregation")),
                        "mean");
    assert_string_equal(json_string_value(json_object_get(series_of(json, 1), "aggregation")),
                        "max");
    size_t refused = 0;
    for (size_t i = 0; i < json_array_size(times); i++) {
        int64_t end = json_integer_value(json_array_get(times, i));
        double sum = 0;
        int n = 0, worst = 0;
        assert_int_equal(end % step, 0);
        for (size_t k = 0; k < json_array_size(all); k++) {
            int64_t t = json_integer_value(json_array_get(all, k));
            if (t <= end - step || t > end)
                continue;
            json_t *value = json_array_get(json_object_get(series_of(raw, 0), "values"), k);
            json_t *code = json_array_get(json_object_get(series_of(raw, 1), "values"), k);
            sum += json_is_null(value) ? 0 : json_number_value(value);
            n += !json_is_null(value);
            worst = json_integer_value(code) > worst ? (int)json_integer_value(code) : worst;
        }
        json_t *mean = json_array_get(json_object_get(series_of(json, 0), "values"), i);
        json_t *samples = json_array_get(json_object_get(series_of(json, 0), "samples"), i);
        json_t *code = json_array_get(json_object_get(series_of(json, 1), "values"), i);
        assert_int_equal(json_integer_value(samples), n);
        assert_int_equal(json_is_null(mean), n == 0);
        if (n)
            assert_true(fabs(json_number_value(mean) - sum / n) < 1e-5);
        assert_int_equal(json_integer_value(code), worst);
        refused += worst == REASON_STATES_DO_NOT_ADD_UP;
    }
    assert_true(refused > 0); /* a refused row shows through the step */
    json_decref(json);
    json_decref(raw);
}

/* ---- explain ---- */

static const json_t *by_name(const json_t *list, const char *key, const char *name)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(json_string_value(json_object_get(json_array_get(list, i), key)), name) == 0)
            return json_array_get(list, i);
    fail_msg("no %s", name);
    return NULL;
}

/* Every quantity of the row, its formula and its terms, as the row itself says. */
static void test_explain(void **state)
{
    json_t *row = get_json(*state, "/api/v1/vms/prod/vm-1002");
    json_t *json = get_json(*state, "/api/v1/vms/prod/vm-1002/explain");
    const json_t *quantities = json_object_get(json, "quantities");
    const json_t *unmet = by_name(quantities, "name", "cpu.unmet");
    const json_t *terms = json_object_get(unmet, "terms");
    const char *key;
    json_t *term;
    assert_string_equal(json_string_value(json_object_get(json, "moid")), "vm-1002");
    assert_string_equal(json_string_value(json_object_get(unmet, "layer")), "unmet");
    assert_string_equal(json_string_value(json_object_get(unmet, "formula")),
                        quantity_info(Q_CPU_UNMET)->formula);
    assert_true(json_equal(json_object_get(unmet, "value"), json_object_get(row, "cpu.unmet")));
    assert_true(
        json_equal(json_object_get(unmet, "worst"), json_object_get(row, "cpu.unmet.worst")));
    assert_int_equal(json_object_size(json_object_get(unmet, "vcpu")),
                     json_array_size(json_object_get(row, "cpu.unmet.vcpu")));
    assert_int_equal(json_object_size(terms), 2);
    double sum = 0;
    json_object_foreach((json_t *)terms, key, term) sum += json_number_value(term);
    assert_true(fabs(sum - json_number_value(json_object_get(unmet, "value"))) < 1e-9);
    const json_t *ready = by_name(json_object_get(json, "rules"), "rule", "cpu.ready");
    assert_true(
        json_equal(json_object_get(ready, "value"), json_object_get(row, "cpu.ready.worst")));
    assert_true(json_number_value(json_object_get(ready, "from")) == 0.05);
    assert_int_equal(json_array_size(json_object_get(json, "rules")), RULE_COUNT);
    /* The made-up store has no verdict, and that is said. */
    json_t *verdict = json_object_get(json, "verdict");
    assert_true(json_is_null(json_object_get(verdict, "code")));
    assert_string_equal(json_string_value(json_array_get(json_object_get(verdict, "words"), 0)),
                        "There is no verdict of this interval.");
    assert_true(json_is_null(
        json_object_get(json_object_get(json_object_get(json, "scores"), "disk"), "unmet")));
    json_decref(json);
    json_decref(row);
    assert_error(*state, "/api/v1/vms/prod/vm-1/explain", 404, "no rows");
    assert_error(*state, "/api/v1/vms/prod/vm-1002/explain?form=worst", 400, "allowed: none");
    assert_error(*state, "/api/v1/vms/explain", 404, "{moid}/explain");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        OVER(test_refusals),      OVER(test_sorted),  OVER(test_values), OVER(test_pages),
        OVER(test_search),        OVER(test_vm),      OVER(test_series), OVER(test_default_hour),
        OVER(test_vcpus),         OVER(test_step),    OVER(test_memory), OVER(test_contention_ties),
        OVER(test_memory_series), OVER(test_explain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
