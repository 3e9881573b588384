/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "cmocka_all.h"

#include <string.h>

#include "noise.h"
#include "physics.h"

enum { HOURS = 6, SLOTS = HOURS * 180, BODIES = 12 };

static const int64_t START = INT64_C(1700000000000) / SLOT_MS * SLOT_MS;

static struct vm_body body(const char *scenario, int i, int cpus)
{
    return (struct vm_body){.key = noise_key(99, (uint64_t)i),
                            .host_key = 5,
                            .scenario = scenario_find(scenario),
                            .cpus = cpus,
                            .memory_mb = 4096 * cpus};
}

static void check_vcpu(const struct vcpu_times *v)
{
    const int32_t parts[] = {v->net_run, v->overlap,  v->ready,     v->limited,
                             v->costop,  v->swapwait, v->otherwait, v->idle};
    int32_t sum = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        assert_true(parts[i] >= 0);
        sum += parts[i];
    }
    assert_int_equal(sum, SLOT_MS);
    int32_t run = v->net_run + v->overlap;
    assert_true(run == 0 ? v->ready == 0 : v->ready > 0);
    assert_true(v->used <= v->net_run * 12 / 10);
    assert_true(v->used >= v->net_run * 6 / 10 - 1);
}

/* Of every scenario, size and load of the host. */
static void states_add_up(void **state)
{
    (void)state;
    static const int sizes[] = {1, 2, 8, VCPUS_MAX};
    struct vcpu_times vcpus[VCPUS_MAX];
    for (size_t n = 0; n < scenario_count(); n++)
        for (int i = 0; i < BODIES; i++) {
            struct vm_body vm = body(scenario_at(n)->name, i, sizes[i % 4]);
            vm.bully = i == 3;
            for (int slot = 0; slot < SLOTS; slot += 7) {
                struct host_load host = physics_host(2600, 100, (slot % 100) * INT64_C(40000));
                struct vm_sample s = {.vcpu = vcpus};
                physics_sample(&vm, &host, START + (int64_t)slot * SLOT_MS, &s);
                int64_t net_run = 0;
                for (int v = 0; v < vm.cpus; v++) {
                    check_vcpu(&s.vcpu[v]);
                    net_run += s.vcpu[v].net_run;
                    assert_true(vm.cpus > 1 || s.vcpu[v].costop == 0);
                }
                assert_int_equal(net_run, s.sum.net_run);
                assert_true(s.system_ms >= 0 && s.worlds_ms > 0 && s.kernel_ms > 0);
            }
        }
}

static void same_question_same_answer(void **state)
{
    (void)state;
    struct vcpu_times a[4], b[4];
    struct vm_body vm = body("swapwait", 1, 4), other = body("swapwait", 2, 4);
    struct host_load host = physics_host(2100, 16, 200000);
    struct vm_sample sa = {.vcpu = a}, sb = {.vcpu = b};
    memset(a, 0, sizeof a);
    memset(b, 0, sizeof b);
    physics_sample(&vm, &host, START, &sa);
    physics_sample(&other, &host, START, &sb);
    assert_memory_not_equal(a, b, sizeof a);
    physics_sample(&vm, &host, START, &sb);
    assert_memory_equal(a, b, sizeof a);
}

struct total {
    int64_t run, ready, limited, costop, swapwait, otherwait, used, all;
};

static struct total total_of(const char *scenario, bool bully)
{
    struct total t = {0};
    struct vcpu_times vcpus[4];
    for (int i = 0; i < BODIES; i++)
        for (int slot = 0; slot < SLOTS; slot++) {
            struct vm_body vm = body(scenario, i, 4);
            vm.bully = bully;
            struct host_load host = physics_host(2600, 100, 1000000);
            struct vm_sample s = {.vcpu = vcpus};
            physics_sample(&vm, &host, START + (int64_t)slot * SLOT_MS, &s);
            t.run += s.sum.net_run + s.sum.overlap;
            t.ready += s.sum.ready;
            t.limited += s.sum.limited;
            t.costop += s.sum.costop;
            t.swapwait += s.sum.swapwait;
            t.otherwait += s.sum.otherwait;
            t.used += s.sum.used;
            t.all += (int64_t)SLOT_MS * 4;
        }
    return t;
}

/* A scenario shows what it is named for, and quiet shows none of it. */
static void scenarios_show(void **state)
{
    (void)state;
    struct total quiet = total_of("quiet", false);
    assert_true(quiet.run * 4 < quiet.all);
    assert_true(quiet.ready * 20 < quiet.run);
    assert_true(quiet.costop * 100 < quiet.run);
    assert_int_equal(quiet.limited, 0);
    assert_int_equal(quiet.swapwait, 0);
    assert_true(quiet.used * 10 > quiet.run * 9);
    struct total t = total_of("cpu-contention", false);
    assert_true(t.ready * 10 > t.run);
    t = total_of("costop", false);
    assert_true(t.costop * 10 > t.run);
    t = total_of("limit", false);
    assert_true(t.limited * 10 > t.run);
    t = total_of("swapwait", false);
    assert_true(t.swapwait * 20 > t.all && t.otherwait * 100 > t.all);
    t = total_of("power-saving", false);
    assert_true(t.used * 10 < t.run * 8);
    t = total_of("noisy-neighbour", true);
    assert_true(t.run * 10 > t.all * 3);
}

/* A pattern, not white noise: from one interval to the next a quiet VM moves little. */
static void load_is_smooth(void **state)
{
    (void)state;
    int64_t moved = 0, spread = 0;
    for (int i = 0; i < BODIES; i++) {
        struct vm_body vm = body("quiet", i, 4);
        int64_t last = physics_wanted(&vm, START), first = last;
        for (int slot = 1; slot < SLOTS; slot++) {
            int64_t now = physics_wanted(&vm, START + (int64_t)slot * SLOT_MS);
            moved += now > last ? now - last : last - now;
            spread += now > first ? now - first : first - now;
            last = now;
        }
    }
    assert_true(moved > 0);
    assert_true(moved * 2 < spread);
}

static void host_grants(void **state)
{
    (void)state;
    assert_true(physics_host(2600, 10, 100000).grant == 1);
    struct host_load full = physics_host(2600, 10, 400000);
    assert_true(full.load > 1.99 && full.load < 2.01);
    assert_true(full.grant > 0.48 && full.grant < 0.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_add_up),  cmocka_unit_test(same_question_same_answer),
        cmocka_unit_test(scenarios_show), cmocka_unit_test(load_is_smooth),
        cmocka_unit_test(host_grants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
