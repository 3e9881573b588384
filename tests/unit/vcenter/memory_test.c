/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "cmocka_all.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "catalogue.h"
#include "history.h"
#include "memory.h"
#include "noise.h"
#include "physics.h"
#include "world.h"

enum { HOURS = 6, SLOTS = HOURS * 180, BODIES = 12 };

static const int64_t START = INT64_C(1700000000000) / SLOT_MS * SLOT_MS;

static struct vm_body body(const char *scenario, int i, int cpus)
{
    uint64_t key = noise_key(99, (uint64_t)i);
    return (struct vm_body){.key = key,
                            .host_key = noise_key(5, (uint64_t)(i % 3)),
                            .scenario = scenario_find(scenario),
                            .cpus = cpus,
                            .memory_mb = memory_size_mb(key, cpus)};
}

static struct memory_sample at(const struct vm_body *vm, int slot)
{
    struct memory_sample s;
    memory_sample(vm, START + (int64_t)slot * SLOT_MS, &s);
    return s;
}

static void check(const struct memory_sample *m)
{
    const int64_t never_less[] = {m->untouched_kb,     m->granted_kb,     m->ballooned_kb,
                                  m->compressed_kb,    m->swapped_kb,     m->cached_kb,
                                  m->shared_kb,        m->saved_kb,       m->swapin_kbps,
                                  m->swapout_kbps,     m->cached_in_kbps, m->decompression_kbps,
                                  m->compression_kbps, m->swapwait_ms,    m->waited_ms};
    for (size_t i = 0; i < sizeof never_less / sizeof *never_less; i++)
        assert_true(never_less[i] >= 0);
    assert_int_equal(m->granted_kb + m->ballooned_kb + m->swapped_kb + m->compressed_kb +
                         m->untouched_kb,
                     m->configured_kb);
    assert_true(m->active_kb > 0 && m->active_kb <= m->granted_kb);
    assert_true(m->shared_kb > 0 && m->shared_kb < m->granted_kb);
    assert_true(m->saved_kb > 0 && m->saved_kb < m->shared_kb);
    assert_in_range(m->overhead_kb, 20 << 10, 2 << 20);
    assert_true(m->cached_kb <= m->swapped_kb);
    assert_true(m->cached_in_kbps <= m->swapin_kbps);
    assert_true(m->swapwait_ms <= m->waited_ms && m->waited_ms <= SLOT_MS);
    if (!m->swapin_kbps)
        assert_int_equal(m->swapwait_ms, 0);
    if (!m->swapin_kbps && !m->decompression_kbps)
        assert_int_equal(m->waited_ms, 0);
    else
        assert_true(m->waited_ms > m->swapwait_ms);
}

/* Of every scenario and size, and of many VMs: the extremes of chance meet in few. */
static void parts_add_up(void **state)
{
    (void)state;
    static const int sizes[] = {1, 2, 8, VCPUS_MAX};
    for (size_t n = 0; n < scenario_count(); n++)
        for (int i = 0; i < 40 * BODIES; i++) {
            struct vm_body vm = body(scenario_at(n)->name, i, sizes[i % 4]);
            for (int slot = i % 41; slot < SLOTS; slot += 41) {
                struct memory_sample s = at(&vm, slot);
                assert_int_equal(s.configured_kb, (int64_t)vm.memory_mb * 1024);
                check(&s);
            }
        }
}

static void sizes_are_plausible(void **state)
{
    (void)state;
    bool seen[65] = {false};
    for (int i = 0; i < 300; i++)
        for (int cpus = 1; cpus <= VCPUS_MAX; cpus *= 2) {
            int mb = memory_size_mb(noise_key(4, (uint64_t)i), cpus);
            assert_in_range(mb, 4096, 65536);
            assert_int_equal(mb % 1024, 0);
            seen[mb / 1024] = true;
        }
    assert_true(seen[4] && seen[8] && seen[16] && seen[32] && seen[64]);
}

static void same_question_same_answer(void **state)
{
    (void)state;
    struct memory_sample a, b, c;
    memset(&a, 1, sizeof a);
    memset(&b, 2, sizeof b);
    struct vm_body vm = body("memory-pressure", 1, 4), other = body("memory-pressure", 4, 4);
    memory_sample(&vm, START, &a);
    memory_sample(&other, START, &c);
    memory_sample(&vm, START, &b);
    assert_int_equal(a.active_kb, b.active_kb);
    assert_int_equal(a.ballooned_kb, b.ballooned_kb);
    assert_int_equal(a.swapin_kbps, b.swapin_kbps);
    assert_int_not_equal(a.active_kb, c.active_kb);
}

/* Nothing in D for all but the two that are about it. */
static void others_are_calm(void **state)
{
    (void)state;
    for (size_t n = 0; n < scenario_count(); n++) {
        const char *name = scenario_at(n)->name;
        if (!strcmp(name, "memory-pressure") || !strcmp(name, "swapwait"))
            continue;
        for (int i = 0; i < BODIES; i++) {
            struct vm_body vm = body(name, i, 2);
            for (int slot = 0; slot < SLOTS; slot++) {
                struct memory_sample s = at(&vm, slot);
                assert_int_equal(s.ballooned_kb + s.compressed_kb + s.swapped_kb + s.cached_kb, 0);
                assert_int_equal(s.swapin_kbps + s.swapout_kbps + s.cached_in_kbps, 0);
                assert_int_equal(s.decompression_kbps + s.compression_kbps + s.waited_ms, 0);
            }
        }
    }
}

struct shown { /* intervals in which ... */
    int all, balloon, compression, swap, cached, swapin, decompression, spike, long_wait;
    int64_t taken_kb, configured_kb;
};

static struct shown shown_by(const char *scenario)
{
    struct shown n = {0};
    for (int i = 0; i < BODIES; i++) {
        struct vm_body vm = body(scenario, i, 4);
        for (int slot = 0; slot < SLOTS; slot++) {
            struct memory_sample s = at(&vm, slot);
            n.all++;
            n.balloon += s.ballooned_kb > 0;
            n.compression += s.compressed_kb > 0;
            n.swap += s.swapped_kb > 0;
            n.cached += s.cached_kb > 0;
            n.swapin += s.swapin_kbps > 0;
            n.decompression += s.decompression_kbps > 0;
            n.spike += s.swapin_kbps > 2000;
            n.long_wait += s.waited_ms > SLOT_MS / 50;
            n.taken_kb += s.ballooned_kb + s.compressed_kb + s.swapped_kb;
            n.configured_kb += s.configured_kb;
            /* The order in which a host takes, and so what can be there without what. */
            if (vm.scenario->squeeze > 0) {
                assert_true(!s.compressed_kb || s.ballooned_kb);
                assert_true(!s.swapped_kb || s.compressed_kb);
            }
        }
    }
    return n;
}

static void scenarios_show(void **state)
{
    (void)state;
    struct shown n = shown_by("memory-pressure");
    assert_true(n.balloon * 10 > n.all * 9);
    assert_true(n.compression * 3 > n.all && n.compression < n.balloon);
    assert_true(n.swap * 5 > n.all && n.swap < n.compression);
    assert_true(n.swapin * 10 > n.all && n.swapin < n.swap); /* what is swapped may also rest */
    assert_true(n.decompression * 4 > n.all);
    assert_true(n.spike * 3 > n.all && n.spike * 5 < n.all * 4);
    assert_true(n.long_wait * 50 > n.all);
    assert_true(n.taken_kb * 10 > n.configured_kb);
    n = shown_by("swapwait");
    assert_int_equal(n.balloon + n.compression, 0);
    assert_int_equal(n.swap, n.all);
    assert_true(n.swapin * 10 > n.all * 9);
    assert_true(n.cached > 0 && n.cached < n.all);
    assert_true(n.long_wait * 2 > n.all);
}

/* VMs of one host rise and fall together, those of another host do not. */
static double together(int host_of_other)
{
    struct vm_body a = body("memory-pressure", 0, 4), b = body("memory-pressure", 6, 4);
    b.host_key = noise_key(5, (uint64_t)host_of_other);
    const int step = 30, last = 20 * SLOTS;
    double same = 0, all = 0;
    for (int slot = step; slot < last; slot += step) {
        int64_t da = at(&a, slot).granted_kb - at(&a, slot - step).granted_kb;
        int64_t db = at(&b, slot).granted_kb - at(&b, slot - step).granted_kb;
        same += (da < 0) == (db < 0);
        all++;
    }
    return same / all;
}

static void pressure_is_the_hosts(void **state)
{
    (void)state;
    assert_true(together(0) > 0.8);
    assert_true(together(1) < 0.65);
}

/* What comes in less what goes out is by how much the amounts change, but for rates in whole KB. */
static void rates_move_the_amounts(void **state)
{
    (void)state;
    for (int i = 0; i < 2 * BODIES; i++) {
        struct vm_body vm = body(i % 2 ? "memory-pressure" : "swapwait", i, 2);
        struct memory_sample was = at(&vm, 0);
        for (int slot = 1; slot < SLOTS; slot++) {
            struct memory_sample is = at(&vm, slot);
            int64_t swap = is.swapped_kb - was.swapped_kb -
                           (is.swapout_kbps - is.swapin_kbps) * SLOT_MS / 1000;
            int64_t zip = is.compressed_kb - was.compressed_kb -
                          (is.compression_kbps - is.decompression_kbps) * SLOT_MS / 1000;
            assert_true(llabs(swap) < SLOT_MS / 1000);
            assert_true(llabs(zip) < SLOT_MS / 1000);
            was = is;
        }
    }
}

static bool differ(const struct memory_sample *a, const struct memory_sample *b)
{
    return a->active_kb != b->active_kb || a->overhead_kb != b->overhead_kb;
}

/* Active and overhead stand still for three samples, and not all VMs move at the same time. */
static void estimates_move_every_third(void **state)
{
    (void)state;
    int turns[3] = {0};
    for (int i = 0; i < BODIES; i++) {
        struct vm_body vm = body("quiet", i, 2);
        int moved[3] = {0}, moving = 0;
        for (int slot = 1; slot <= SLOTS; slot++) {
            struct memory_sample was = at(&vm, slot - 1), is = at(&vm, slot);
            moved[slot % 3] += differ(&was, &is);
        }
        for (int turn = 0; turn < 3; turn++) {
            moving += moved[turn] > 0;
            turns[turn] += moved[turn] > 0;
            assert_true(moved[turn] == 0 || moved[turn] * 10 > SLOTS / 3 * 9);
        }
        assert_int_equal(moving, 1);
    }
    assert_true(turns[0] && turns[1] && turns[2]);
}

/* From one interval to the next nothing but an estimate jumps. */
static void memory_is_smooth(void **state)
{
    (void)state;
    for (size_t n = 0; n < scenario_count(); n++) {
        struct vm_body vm = body(scenario_at(n)->name, 2, 4);
        struct memory_sample was = at(&vm, 0), first = was;
        int64_t spread = 0, active = 0;
        for (int slot = 1; slot < SLOTS; slot++) {
            struct memory_sample is = at(&vm, slot);
            assert_true(llabs(is.granted_kb - was.granted_kb) * 50 < is.configured_kb);
            assert_true(llabs(is.swapped_kb - was.swapped_kb) * 100 < is.configured_kb);
            assert_true(llabs(is.shared_kb - was.shared_kb) * 100 < is.configured_kb);
            assert_true(llabs(is.active_kb - was.active_kb) * 12 < is.configured_kb);
            active += llabs(is.active_kb - was.active_kb);
            spread += llabs(is.active_kb - first.active_kb);
            was = is;
        }
        assert_true(active > 0 && active * 2 < spread);
    }
}

/* I18, counter against counter, and what each vCPU waits is no more than what memory says. */
static void swapwait_is_memory_latency(void **state)
{
    (void)state;
    struct catalogue catalogue;
    struct vcpu_times vcpus[4];
    catalogue_init(&catalogue, 1);
    const size_t swapwait = (size_t)catalogue_find_name("cpu.swapwait.summation");
    const size_t latency = (size_t)catalogue_find_name("mem.latency.average");
    const size_t swapin = (size_t)catalogue_find_name("mem.swapinRate.average");
    const size_t swapped = (size_t)catalogue_find_name("mem.swapped.average");
    int waiting[2] = {0};
    for (int i = 0; i < 2 * BODIES; i++) {
        struct vm_body vm = body(i % 2 ? "memory-pressure" : "swapwait", i, 4);
        for (int slot = 0; slot < SLOTS; slot++) {
            struct host_load host = physics_host(2600, 100, (slot % 100) * INT64_C(40000));
            struct vm_sample s = {.vcpu = vcpus};
            physics_sample(&vm, &host, START + (int64_t)slot * SLOT_MS, &s);
            int64_t ms = catalogue_value(&catalogue, swapwait, 1, &s, AGGREGATE);
            int64_t share = catalogue_value(&catalogue, latency, 1, &s, AGGREGATE);
            assert_true(ms * 10000 <= share * 4 * SLOT_MS);
            if (!ms)
                continue;
            waiting[i % 2]++;
            assert_true(catalogue_value(&catalogue, swapin, 1, &s, AGGREGATE) > 0);
            /* Or the last of it came in just now. */
            int64_t out = catalogue_value(&catalogue, swapped, 1, &s, AGGREGATE);
            assert_true(out > 0 || at(&vm, slot - 1).swapped_kb > 0);
        }
    }
    assert_true(waiting[0] > BODIES * SLOTS / 2 && waiting[1] > BODIES * SLOTS / 20);
}

static struct world_options options_of(int vms, int hosts)
{
    return (struct world_options){.vms = vms,
                                  .hosts = hosts,
                                  .vcpus_max = 8,
                                  .seed = 3,
                                  .name = "test",
                                  .start_ms = START + 7000,
                                  .speed = 1};
}

/* A few VMs with telling names, several of them on one host; the host has room for what all use. */
static void the_mix(void **state)
{
    (void)state;
    struct world w;
    struct world_options options = options_of(200, 8);
    assert_true(world_init(&w, &options));
    int64_t now = world_now(&w), used[8] = {0};
    int of_host[8] = {0}, all = 0;
    for (uint32_t vm = w.first[KIND_VM]; vm < w.nobjects; vm++) {
        const struct object *o = &w.objects[vm];
        uint32_t host = world_present(o)->host - w.first[KIND_HOST];
        struct history h;
        assert_int_equal(history_load(&w, vm, now - SLOT_MS, now, 1, &h), 0);
        assert_int_equal(h.n, 1);
        assert_int_equal(h.samples[0].memory.configured_kb, o->memory_mb * 1024);
        used[host] += h.samples[0].memory.granted_kb + h.samples[0].memory.overhead_kb;
        history_free(&h);
        if (o->scenario != scenario_pressure)
            continue;
        assert_true(!strncmp(o->name, "mem-", 4) || !strncmp(o->name, "oracle-", 7));
        of_host[host]++;
        all++;
    }
    assert_in_range(all, 6, 20);
    assert_true(of_host[2] >= 3);
    for (uint32_t host = 0; host < 8; host++)
        assert_true(used[host] < w.objects[w.first[KIND_HOST] + host].memory_mb * 1024);
    world_free(&w);
}

/* All counters of one interval: a few ms; the bound is for sanitizers and busy machines. */
static void is_fast(void **state)
{
    (void)state;
    struct world w;
    struct world_options options = options_of(100, 4);
    struct timespec from, to;
    int64_t best = INT64_MAX, sum = 0;
    assert_true(world_init(&w, &options));
    int64_t now = world_now(&w);
    for (int round = 0; round < 5; round++) {
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
        for (uint32_t vm = w.first[KIND_VM]; vm < w.nobjects; vm++) {
            struct history h;
            assert_int_equal(history_load(&w, vm, now - SLOT_MS, now, 1, &h), 0);
            for (size_t row = 0; row < w.catalogue.n; row++)
                sum += catalogue_value(&w.catalogue, row, 1, &h.samples[0], AGGREGATE);
            history_free(&h);
        }
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
        int64_t us = (to.tv_sec - from.tv_sec) * 1000000 + (to.tv_nsec - from.tv_nsec) / 1000;
        best = us < best ? us : best;
    }
    print_message("100 VMs x %zu counters: %lld us of CPU\n", w.catalogue.n, (long long)best);
    assert_true(sum > 0);
    assert_true(best < 50000);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_add_up),
        cmocka_unit_test(sizes_are_plausible),
        cmocka_unit_test(same_question_same_answer),
        cmocka_unit_test(others_are_calm),
        cmocka_unit_test(scenarios_show),
        cmocka_unit_test(pressure_is_the_hosts),
        cmocka_unit_test(rates_move_the_amounts),
        cmocka_unit_test(estimates_move_every_third),
        cmocka_unit_test(memory_is_smooth),
        cmocka_unit_test(swapwait_is_memory_latency),
        cmocka_unit_test(the_mix),
        cmocka_unit_test(is_fast),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
