/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Counters and truth are two readings of one physics: here each quantity is made again from counter
 * values, as a client would, and compared.
 */
#include "cmocka_all.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#include "catalogue.h"
#include "history.h"
#include "truth.h"

enum { VMS = 64 };

struct reading { /* counters of one sample */
    const struct catalogue *catalogue;
    const struct vm_sample *sample;
};

static int64_t get(const struct reading *r, const char *name, int vcpu)
{
    int row = catalogue_find_name(name);
    assert_true(row >= 0);
    return catalogue_value(r->catalogue, (size_t)row, 1, r->sample, vcpu);
}

static int64_t ms(const struct reading *r, const char *name, int vcpu)
{
    char full[64];
    snprintf(full, sizeof full, "cpu.%s.summation", name);
    return get(r, full, vcpu);
}

static int64_t mem(const struct reading *r, const char *name)
{
    char full[64];
    snprintf(full, sizeof full, "mem.%s.average", name);
    return get(r, full, AGGREGATE);
}

static int64_t sum(const struct reading *r, const char *name)
{
    int64_t all = 0;
    for (int i = 0; i < r->sample->cpus; i++)
        all += get(r, name, i);
    return all;
}

/* I1 to I11 of the reference. */
static void identities(const struct reading *r)
{
    const int n = r->sample->cpus;
    for (int v = AGGREGATE; v < n; v++) {
        int64_t want = v == AGGREGATE ? (int64_t)n * SLOT_MS : SLOT_MS;
        assert_int_equal(
            ms(r, "run", v) + ms(r, "ready", v) + ms(r, "costop", v) + ms(r, "wait", v), want);
        assert_true(ms(r, "idle", v) + ms(r, "swapwait", v) <= ms(r, "wait", v));
        assert_true(ms(r, "maxlimited", v) <= ms(r, "ready", v));
        assert_true(ms(r, "overlap", v) <= ms(r, "run", v));
        int64_t vcpus = v == AGGREGATE ? n : 1;
        assert_int_equal(get(r, "cpu.readiness.average", v),
                         ms(r, "ready", v) * 10000 / (vcpus * SLOT_MS));
    }
    static const char *const sums[] = {"run",  "ready",   "costop",   "wait",
                                       "idle", "overlap", "swapwait", "maxlimited"};
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++) {
        char full[64];
        snprintf(full, sizeof full, "cpu.%s.summation", sums[i]);
        assert_int_equal(get(r, full, AGGREGATE), sum(r, full));
    }
    int64_t mhz = get(r, "cpu.usagemhz.average", AGGREGATE), full = (int64_t)n * r->sample->mhz;
    assert_true(mhz >= sum(r, "cpu.usagemhz.average"));
    assert_true(ms(r, "used", AGGREGATE) - sum(r, "cpu.used.summation") >=
                ms(r, "system", AGGREGATE));
    assert_true(mhz * SLOT_MS >= ms(r, "used", AGGREGATE) * r->sample->mhz);
    int64_t usage = mhz * 10000 / full;
    assert_int_equal(get(r, "cpu.usage.average", AGGREGATE), usage < 10000 ? usage : 10000);
    assert_in_range(get(r, "cpu.latency.average", AGGREGATE), 0, 10000);
    assert_true(get(r, "cpu.demand.average", AGGREGATE) > 0);
    assert_true(get(r, "cpu.entitlement.latest", AGGREGATE) > 0);
}

/* I14 to I16 and I18; configured is what the inventory says. */
static void memory_identities(const struct reading *r, int64_t configured)
{
    int64_t taken = mem(r, "vmmemctl") + mem(r, "swapped") + mem(r, "compressed");
    assert_int_equal(mem(r, "usage"), mem(r, "active") * 10000 / configured);
    assert_true(mem(r, "consumed") < mem(r, "granted"));
    assert_true(mem(r, "active") <= mem(r, "granted"));
    assert_true(mem(r, "granted") + taken < configured);
    assert_true(mem(r, "llSwapUsed") <= mem(r, "swapped"));
    assert_true(mem(r, "llSwapInRate") <= mem(r, "swapinRate"));
    assert_true(ms(r, "swapwait", AGGREGATE) * 10000 <=
                mem(r, "latency") * r->sample->cpus * SLOT_MS);
    if (!mem(r, "swapinRate") && !mem(r, "decompressionRate"))
        assert_int_equal(mem(r, "latency"), 0);
    if (!mem(r, "swapinRate"))
        assert_int_equal(ms(r, "swapwait", AGGREGATE), 0);
}

static void equal(const json_t *truth, const char *name, double want)
{
    const json_t *total = json_object_get(json_object_get(truth, name), "total");
    assert_non_null(total);
    double got = json_number_value(total), scale = fabs(want) > 1 ? fabs(want) : 1;
    if (fabs(got - want) > 1e-8 * scale)
        fail_msg("%s: truth %.12g, from counters %.12g", name, got, want);
}

static void exact(const json_t *truth, const char *name, int64_t want)
{
    const json_t *total = json_object_get(json_object_get(truth, name), "total");
    if (!total || json_number_value(total) != (double)want)
        fail_msg("%s: truth %.17g, from counters %lld", name, json_number_value(total),
                 (long long)want);
}

/* What a client makes of the counters of a VM. */
static void from_counters(const struct reading *r, const json_t *truth)
{
    const double T = SLOT_MS, f = r->sample->mhz;
    const int A = AGGREGATE;
    double guest = (double)(ms(r, "run", A) - ms(r, "overlap", A)) / T;
    double used = (double)sum(r, "cpu.used.summation");
    double estimate = ((double)ms(r, "used", A) - used) / T;
    double system = (double)ms(r, "system", A) / T;
    double swap = (double)ms(r, "swapwait", A) / T;
    double other = (double)(ms(r, "wait", A) - ms(r, "idle", A)) / T - swap;
    double sched = (double)(ms(r, "ready", A) + ms(r, "costop", A) + ms(r, "overlap", A)) / T;
    double mhz = (double)get(r, "cpu.usagemhz.average", A);
    double overhead = fmax(system, estimate);
    equal(truth, "cpu.count", r->sample->cpus);
    equal(truth, "cpu.guest_run", guest);
    equal(truth, "cpu.system", system);
    equal(truth, "cpu.worlds", fmax(0, estimate - system));
    equal(truth, "cpu.ready", (double)(ms(r, "ready", A) - ms(r, "maxlimited", A)) / T);
    equal(truth, "cpu.limit", (double)ms(r, "maxlimited", A) / T);
    equal(truth, "cpu.costop", (double)ms(r, "costop", A) / T);
    equal(truth, "cpu.overlap", (double)ms(r, "overlap", A) / T);
    equal(truth, "cpu.swapwait", swap);
    equal(truth, "cpu.otherwait", other);
    equal(truth, "cpu.idle", (double)ms(r, "idle", A) / T);
    equal(truth, "cpu.overhead", overhead);
    equal(truth, "cpu.unmet_sched", sched);
    equal(truth, "cpu.unmet_wait", swap + other);
    equal(truth, "cpu.unmet", sched + swap + other);
    equal(truth, "cpu.vm_usage", guest + overhead);
    equal(truth, "cpu.vm_demand", guest + overhead + sched + swap + other);
    equal(truth, "cpu.efficiency_loss", guest - used / T);
    equal(truth, "cpu.worlds_used", estimate);
    equal(truth, "cpu.worlds_mhz", (mhz - (double)sum(r, "cpu.usagemhz.average")) / f);
    equal(truth, "cpu.kernel_gap", mhz / f - (double)ms(r, "used", A) / T);
    equal(truth, "cpu.counter_usage", (double)get(r, "cpu.usage.average", A) / 1e4);
    equal(truth, "cpu.counter_latency", (double)get(r, "cpu.latency.average", A) / 1e4);
    equal(truth, "cpu.counter_readiness", (double)get(r, "cpu.readiness.average", A) / 1e4);
    equal(truth, "cpu.counter_usagemhz", mhz * 1e6);
    equal(truth, "cpu.counter_demand", (double)get(r, "cpu.demand.average", A) * 1e6);
    equal(truth, "cpu.counter_entitlement", (double)get(r, "cpu.entitlement.latest", A) * 1e6);
}

/* And of its memory: bytes, bytes a second, ratios. */
static void memory_from_counters(const struct reading *r, const json_t *truth, int64_t configured)
{
    static const struct {
        const char *quantity, *counter;
    } plain[] = {
        {"granted", "granted"},
        {"overhead", "overhead"},
        {"ballooned", "vmmemctl"},
        {"swapped", "swapped"},
        {"compressed", "compressed"},
        {"active", "active"},
        {"consumed", "consumed"},
        {"shared", "shared"},
        {"host_cache", "llSwapUsed"},
        {"swapin", "swapinRate"},
        {"swapout", "swapoutRate"},
        {"decompression", "decompressionRate"},
        {"compression", "compressionRate"},
        {"host_cache_in", "llSwapInRate"},
    };
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        char name[64];
        snprintf(name, sizeof name, "mem.%s", plain[i].quantity);
        exact(truth, name, mem(r, plain[i].counter) * 1024);
    }
    int64_t unmet = mem(r, "vmmemctl") + mem(r, "swapped") + mem(r, "compressed");
    exact(truth, "mem.configured", configured * 1024);
    exact(truth, "mem.unmet_space", unmet * 1024);
    exact(truth, "mem.untouched", (configured - mem(r, "granted") - unmet) * 1024);
    exact(truth, "mem.footprint", (mem(r, "consumed") + mem(r, "overhead")) * 1024);
    exact(truth, "mem.unmet_rate", (mem(r, "swapinRate") + mem(r, "decompressionRate")) * 1024);
    equal(truth, "mem.contention", (double)mem(r, "latency") / 1e4);
    equal(truth, "mem.counter_usage", (double)mem(r, "usage") / 1e4);
}

/* Worst and spread are those of the list, and the list adds up to the total. */
static void forms(const json_t *truth, int cpus)
{
    size_t lists = 0;
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)truth, name, value)
    {
        const json_t *list = json_object_get(value, "vcpu");
        if (!list)
            continue;
        lists++;
        double most = -1e9, least = 1e9, all = 0;
        assert_int_equal(json_array_size(list), cpus);
        for (size_t i = 0; i < json_array_size(list); i++) {
            double one = json_number_value(json_array_get(list, i));
            most = fmax(most, one);
            least = fmin(least, one);
            all += one;
        }
        assert_true(fabs(json_number_value(json_object_get(value, "worst")) - most) < 1e-8);
        assert_true(fabs(json_number_value(json_object_get(value, "spread")) - (most - least)) <
                    1e-8);
        assert_true(fabs(json_number_value(json_object_get(value, "total")) - all) < 1e-7);
    }
    assert_int_equal(lists, 12);
}

static int count_of(const json_t *truth, const char *prefix)
{
    int n = 0;
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)truth, name, value)
    {
        n += !strncmp(name, prefix, strlen(prefix));
    }
    return n;
}

static void check_sample(const struct catalogue *catalogue, const struct vm_sample *sample,
                         int64_t configured)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    buf_char(&text, '{');
    truth_sample(sample, &text);
    buf_char(&text, '}');
    assert_true(buf_ok(&text));
    json_t *truth = json_loads(text.data, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(truth);
    struct reading reading = {catalogue, sample};
    identities(&reading);
    memory_identities(&reading, configured);
    from_counters(&reading, truth);
    memory_from_counters(&reading, truth, configured);
    /* What counters cannot tell is checked in devices_test.c. */
    assert_int_equal(count_of(truth, "cpu."), 27 + 4);
    assert_int_equal(count_of(truth, "mem."), 21 + 6);
    forms(truth, sample->cpus);
    json_decref(truth);
    buf_free(&text);
}

static void truth_equals_counters(void **state)
{
    (void)state;
    for (size_t n = 0; n < scenario_count(); n++) {
        struct world w;
        struct world_options options = {.vms = VMS,
                                        .hosts = 4,
                                        .vcpus_max = 8,
                                        .seed = 5 + n,
                                        .scenario = scenario_at(n),
                                        .name = "test",
                                        .start_ms = INT64_C(1750000000000),
                                        .speed = 1};
        assert_true(world_init(&w, &options));
        int64_t now = world_now(&w);
        for (uint32_t vm = w.first[KIND_VM]; vm < w.nobjects; vm += 5) {
            struct history h;
            assert_int_equal(history_load(&w, vm, now - 400000, now, SIZE_MAX, &h), 0);
            assert_true(h.n >= 19);
            for (size_t i = 0; i < h.n; i++)
                check_sample(&w.catalogue, &h.samples[i], w.objects[vm].memory_mb * 1024);
            history_free(&h);
        }
        world_free(&w);
    }
}

static void names_are_json(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, 1024);
    truth_json_text(&text, "a \"b\" \\ \n \xc3\xbc");
    json_t *json = json_loads(text.data, JSON_DECODE_ANY, NULL);
    assert_string_equal(json_string_value(json), "a \"b\" \\ \n \xc3\xbc");
    json_decref(json);
    buf_free(&text);
}

/* Unique, with gaps, in another order for another seed, and told apart by case and rollup. */
static void ids(void **state)
{
    (void)state;
    struct catalogue a, b;
    catalogue_init(&a, 1);
    catalogue_init(&b, 2);
    size_t differ = 0, falls = 0;
    assert_int_equal(catalogue_find(&a, a.id[catalogue_find_name("guest.mem.needed.latest")]), -1);
    a.guest = true;
    int32_t most = 0;
    for (size_t i = 0; i < a.n; i++) {
        assert_int_equal(catalogue_find(&a, a.id[i]), i);
        differ += a.id[i] != b.id[i];
        falls += i && a.id[i] < a.id[i - 1];
        most = a.id[i] > most ? a.id[i] : most;
    }
    assert_true(differ > a.n / 2);
    assert_true(falls > a.n / 4);
    assert_true(most > (int32_t)a.n * 2);
    assert_int_equal(catalogue_find(&a, a.phantom), -1);
    assert_int_not_equal(catalogue_find_name("mem.swapin.average"),
                         catalogue_find_name("mem.swapIn.average"));
    assert_int_not_equal(catalogue_find_name("cpu.usage.average"),
                         catalogue_find_name("cpu.usage.none"));
    assert_int_equal(catalogue_find_name("CPU.usage.average"), -1);
    a.hidden[0] = true;
    assert_int_equal(catalogue_find(&a, a.id[0]), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(truth_equals_counters),
        cmocka_unit_test(names_are_json),
        cmocka_unit_test(ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
