/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "cmocka_all.h"

#include <string.h>

#include "history.h"
#include "host.h"
#include "truth_host.h"

enum { HOSTS = 6, HOURS = 6, STEP = 37 };

static const int64_t START = INT64_C(1700000000000) / SLOT_MS * SLOT_MS + 7000;

static struct world_options options_of(const char *scenario, uint64_t seed)
{
    return (struct world_options){.vms = 90,
                                  .hosts = HOSTS,
                                  .vcpus_max = 8,
                                  .off_percent = 5,
                                  .seed = seed,
                                  .scenario = scenario ? scenario_find(scenario) : NULL,
                                  .name = "test",
                                  .start_ms = START,
                                  .speed = 1e-9};
}

static void sample_of(struct world *w, uint32_t host, int64_t time_ms, struct host_sample *ret)
{
    memset(ret, 0xa5, sizeof *ret);
    assert_true(host_sample(w, w->first[KIND_HOST] + host, time_ms, ret));
}

/* What holds for any host at any time. */
static void check(const struct host_sample *s)
{
    int64_t capacity = (int64_t)s->threads * SLOT_MS;
    assert_true(s->run_ms > 0 && s->beside_ms > 0 && s->hypervisor_ms >= 0);
    assert_true(s->run_ms + s->beside_ms <= capacity); /* really shared */
    assert_int_equal(s->busy_ms, s->run_ms + s->beside_ms + s->hypervisor_ms);
    assert_true(s->busy_ms <= capacity);
    assert_int_equal(s->utilization, s->busy_ms * 10000 / capacity);
    assert_true(s->core_utilization >= s->utilization);
    assert_true(s->core_utilization <= 2 * s->utilization + 1);
    assert_in_range(s->core_utilization, 0, 10000);
    assert_in_range(s->usage, 0, 10000);
    assert_in_range(s->latency, 0, 10000);
    assert_in_range(s->mem_latency, 0, 10000);
    assert_int_equal(s->cores * 2, s->threads);
    assert_true(s->usagemhz > s->used_ms * s->mhz / SLOT_MS - s->vms - 1);
    assert_true(s->mem_consumed_kb < s->mem_size_kb);
    assert_true(s->mem_ballooned_kb + s->mem_swapped_kb + s->mem_compressed_kb < s->mem_size_kb);
    assert_in_range(s->mem_state, MEMORY_HIGH, MEMORY_LOW);
}

static void threads_are_shared(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++)
        for (size_t n = 0; n <= scenario_count(); n++) {
            struct world w;
            struct world_options options =
                options_of(n < scenario_count() ? scenario_at(n)->name : NULL, seed);
            assert_true(world_init(&w, &options));
            int64_t last = START - START % SLOT_MS;
            for (uint32_t host = 0; host < HOSTS; host++)
                for (int slot = 0; slot < HOURS * 180; slot += STEP) {
                    struct host_sample s;
                    sample_of(&w, host, last - (int64_t)slot * SLOT_MS, &s);
                    check(&s);
                }
            world_free(&w);
        }
}

/* Whoever asks for VMs one by one comes to the same sums. */
static void sum_of_its_vms(void **state)
{
    (void)state;
    enum { SLOTS = 40 };
    struct world w;
    struct world_options options = options_of(NULL, 5);
    assert_true(world_init(&w, &options));
    int64_t last = START - START % SLOT_MS, from = last - (int64_t)SLOTS * SLOT_MS;
    struct host_sample sums[SLOTS] = {{0}};
    const uint32_t host = w.first[KIND_HOST] + 1;
    for (uint32_t vm = w.first[KIND_VM]; vm < w.nobjects; vm++) {
        struct history h;
        if (world_present(&w.objects[vm])->host != host)
            continue;
        assert_int_equal(history_load(&w, vm, from, last, SIZE_MAX, &h), 0);
        for (size_t i = 0; i < h.n; i++) {
            const struct vm_sample *v = &h.samples[i];
            assert_int_equal(v->time_ms, from + (int64_t)(i + 1) * SLOT_MS);
            sums[i].vms++;
            sums[i].vcpus += v->cpus;
            sums[i].run_ms += v->sum.net_run + v->sum.overlap;
            sums[i].ready_ms += v->sum.ready + v->sum.limited;
            sums[i].costop_ms += v->sum.costop;
            sums[i].mem_ballooned_kb += v->memory.ballooned_kb;
            sums[i].mem_swapped_kb += v->memory.swapped_kb;
            sums[i].swapin_kbps += v->memory.swapin_kbps;
        }
        history_free(&h);
    }
    for (size_t i = 0; i < SLOTS; i++) {
        struct host_sample s;
        sample_of(&w, 1, from + (int64_t)(i + 1) * SLOT_MS, &s);
        assert_in_range(s.vms, 12, 15);
        assert_int_equal(s.vms, sums[i].vms);
        assert_int_equal(s.vcpus, sums[i].vcpus);
        assert_int_equal(s.run_ms, sums[i].run_ms);
        assert_int_equal(s.ready_ms, sums[i].ready_ms);
        assert_int_equal(s.costop_ms, sums[i].costop_ms);
        assert_int_equal(s.mem_ballooned_kb, sums[i].mem_ballooned_kb);
        assert_int_equal(s.mem_swapped_kb, sums[i].mem_swapped_kb);
        assert_int_equal(s.swapin_kbps, sums[i].swapin_kbps);
    }
    world_free(&w);
}

struct means {
    double ready, latency, swapped, mem_latency, utilization, states, used_of_busy;
    int policies[4];
};

static struct means means_of(const char *scenario)
{
    struct means m = {0};
    struct world w;
    struct world_options options = options_of(scenario, 2);
    assert_true(world_init(&w, &options));
    int64_t last = START - START % SLOT_MS;
    enum { SLOTS = 60 };
    for (uint32_t host = 0; host < HOSTS; host++) {
        m.policies[host_policy(&w, w.first[KIND_HOST] + host)]++;
        for (int i = 0; i < SLOTS; i++) {
            struct host_sample s;
            sample_of(&w, host, last - (int64_t)i * 3 * SLOT_MS, &s);
            assert_int_equal(s.policy, host_policy(&w, w.first[KIND_HOST] + host));
            m.ready += (double)s.ready_ms / SLOT_MS / s.vcpus / (HOSTS * SLOTS);
            m.latency += s.latency / 1e4 / (HOSTS * SLOTS);
            m.mem_latency += s.mem_latency / 1e4 / (HOSTS * SLOTS);
            m.swapped += (double)s.mem_swapped_kb / (HOSTS * SLOTS);
            m.utilization += s.utilization / 1e4 / (HOSTS * SLOTS);
            m.states += (double)s.mem_state / (HOSTS * SLOTS);
            m.used_of_busy += (double)s.used_ms / (double)s.busy_ms / (HOSTS * SLOTS);
        }
    }
    world_free(&w);
    return m;
}

static void what_ails_vms_shows(void **state)
{
    (void)state;
    struct means quiet = means_of("quiet"), hurt = means_of("cpu-contention");
    assert_true(quiet.ready < 0.01 && quiet.states == 0 && quiet.mem_latency == 0);
    assert_true(quiet.utilization > 0.1 && quiet.utilization < 0.6);
    assert_true(hurt.ready > 0.04 && hurt.latency > 2 * quiet.latency);
    hurt = means_of("memory-pressure");
    assert_true(hurt.swapped > 0 && hurt.mem_latency > 0 && hurt.states > 0.5);
    hurt = means_of("power-saving");
    assert_true(hurt.used_of_busy < 0.85 && quiet.used_of_busy > 0.85);
    assert_int_equal(hurt.policies[POLICY_LOW], HOSTS);
    assert_int_equal(quiet.policies[POLICY_LOW], 0);
    assert_true(quiet.policies[POLICY_BALANCED] > 0);
}

/* A VM counts where it was when the interval began, and the past stays as it was. */
static void vms_move(void **state)
{
    (void)state;
    struct world w;
    struct world_options options = options_of("quiet", 4);
    options.off_percent = 0;
    assert_true(world_init(&w, &options));
    struct object *vm = world_find(&w, "vm-1");
    int64_t slot = START - START % SLOT_MS;
    struct host_sample before[2], after[2];
    sample_of(&w, 0, slot, &before[0]);
    sample_of(&w, 1, slot, &before[1]);
    struct epoch to = *world_present(vm);
    to.host = w.first[KIND_HOST] + 1;
    assert_true(world_change(&w, vm, to));
    w.options.start_ms += (int64_t)3 * SLOT_MS;
    for (uint32_t host = 0; host < 2; host++) {
        sample_of(&w, host, slot, &after[host]);
        assert_memory_equal(&after[host], &before[host], sizeof before[host]);
        sample_of(&w, host, slot + SLOT_MS, &after[host]); /* that in which it moved */
        assert_int_equal(after[host].vms, before[host].vms);
        sample_of(&w, host, slot + (int64_t)2 * SLOT_MS, &after[host]);
        assert_int_equal(after[host].vms, before[host].vms + (host ? 1 : -1));
    }
    struct object *created;
    assert_true(world_create(&w, "new", w.first[KIND_HOST], 2, scenario_at(0), &created));
    assert_true(world_remove(&w, world_find(&w, "vm-7")));
    w.options.start_ms += (int64_t)2 * SLOT_MS;
    sample_of(&w, 0, slot + (int64_t)5 * SLOT_MS, &after[1]);
    assert_int_equal(after[1].vms, after[0].vms); /* one more and one less */
    world_free(&w);
}

static void no_such_sample(void **state)
{
    (void)state;
    struct world w;
    struct world_options options = options_of("quiet", 4);
    assert_true(world_init(&w, &options));
    struct host_sample s;
    int64_t slot = START - START % SLOT_MS;
    assert_false(host_sample(&w, w.first[KIND_HOST], slot + SLOT_MS, &s));
    assert_false(host_sample(&w, w.first[KIND_VM], slot, &s));
    assert_false(host_sample(&w, w.nobjects, slot, &s));
    world_free(&w);
}

struct told {
    size_t n;
    double core_utilization, utilization, mem_size, vcpus_per_thread;
};

static void tell(void *ctx, const char *quantity, const char *form, const char *instance,
                 double value)
{
    struct told *told = ctx;
    told->n++;
    assert_string_equal(form, "total");
    assert_null(instance);
    assert_memory_equal(quantity, "host.", 5);
    if (!strcmp(quantity, "host.core_utilization"))
        told->core_utilization = value;
    else if (!strcmp(quantity, "host.utilization"))
        told->utilization = value;
    else if (!strcmp(quantity, "host.mem_size"))
        told->mem_size = value;
    else if (!strcmp(quantity, "host.vcpus_per_thread"))
        told->vcpus_per_thread = value;
}

static void truth(void **state)
{
    (void)state;
    struct host_sample s = {.threads = 8,
                            .vcpus = 20,
                            .core_utilization = 5001,
                            .utilization = 4000,
                            .mem_size_kb = 1 << 20};
    struct told told = {0};
    truth_host_each(&s, tell, &told);
    assert_int_equal(told.n, 22);
    assert_true(told.core_utilization == 0.5001 && told.utilization == 0.4);
    assert_true(told.mem_size == 1 << 30 && told.vcpus_per_thread == 2.5);
}

static void truth_as_json(void **state)
{
    (void)state;
    struct world w;
    struct world_options options = options_of("quiet", 4);
    assert_true(world_init(&w, &options));
    static const struct {
        const char *moid;
        size_t hosts, samples;
        int64_t from, to; /* relative to the newest */
    } rows[] = {
        {NULL, HOSTS, (size_t)3 * HOSTS, -60000, 0},
        {"host-2", 1, 2, -40000, 50000},
        {"vm-1", 0, 0, -60000, 0},
        {"host-2", 1, 0, 0, 50000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out;
        int64_t slot = START - START % SLOT_MS;
        buf_init(&out, TRUTH_CAP);
        assert_int_equal(
            truth_hosts_write(&w, slot + rows[i].from, slot + rows[i].to, rows[i].moid, &out), 0);
        size_t hosts = 0, samples = 0;
        for (const char *at = out.data; (at = strstr(at, "\"moid\":\"host-")); at++)
            hosts++;
        for (const char *at = out.data; (at = strstr(at, "\"host.ready\":{\"total\":")); at++)
            samples++;
        assert_int_equal(hosts, rows[i].hosts);
        assert_int_equal(samples, rows[i].samples);
        buf_free(&out);
    }
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_are_shared),  cmocka_unit_test(sum_of_its_vms),
        cmocka_unit_test(what_ails_vms_shows), cmocka_unit_test(vms_move),
        cmocka_unit_test(no_such_sample),      cmocka_unit_test(truth),
        cmocka_unit_test(truth_as_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
