/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "cmocka_all.h"

#include <string.h>

#include "history.h"
#include "world.h"

static struct world_options options_of(const char *scenario, int vms, int hosts)
{
    return (struct world_options){.vms = vms,
                                  .hosts = hosts,
                                  .vcpus_max = 8,
                                  .off_percent = 5,
                                  .seed = 3,
                                  .scenario = scenario ? scenario_find(scenario) : NULL,
                                  .name = "test",
                                  .start_ms = INT64_C(1700000000000) / SLOT_MS * SLOT_MS + 7000,
                                  .speed = 1};
}

static void load(struct world *w, uint32_t vm, int64_t from, int64_t to, size_t most,
                 struct history *ret)
{
    assert_int_equal(history_load(w, vm, from, to, most, ret), 0);
}

/* Run time of all VMs of each host never exceeds what the host has. */
static void hosts_are_not_overrun(void **state)
{
    (void)state;
    for (size_t n = 0; n <= scenario_count(); n++) {
        struct world w;
        struct world_options options =
            options_of(n < scenario_count() ? scenario_at(n)->name : NULL, 120, 4);
        assert_true(world_init(&w, &options));
        int64_t run[4][HISTORY_SLOTS] = {{0}}, now = world_now(&w);
        for (uint32_t vm = w.first[KIND_VM]; vm < w.nobjects; vm++) {
            struct history h;
            uint32_t host = world_present(&w.objects[vm])->host - w.first[KIND_HOST];
            load(&w, vm, now - HISTORY_MS, now, SIZE_MAX, &h);
            for (size_t i = 0; i < h.n; i++)
                run[host][i] += h.samples[i].sum.net_run + h.samples[i].sum.overlap;
            history_free(&h);
        }
        for (uint32_t host = 0; host < 4; host++)
            for (size_t i = 0; i < HISTORY_SLOTS; i++) {
                int64_t capacity = (int64_t)w.objects[w.first[KIND_HOST] + host].threads * SLOT_MS;
                assert_true(run[host][i] <= capacity);
                assert_true(run[host][i] > 0);
            }
        world_free(&w);
    }
}

/* While the bully runs most, its neighbours are ready far longer than while it is calm. */
static void bully_hurts_neighbours(void **state)
{
    (void)state;
    struct world w;
    struct world_options options = options_of("noisy-neighbour", 100, 4);
    assert_true(world_init(&w, &options));
    int64_t now = world_now(&w);
    struct history bully, other;
    load(&w, w.first[KIND_VM], now - HISTORY_MS, now, SIZE_MAX, &bully);
    assert_true(w.objects[w.first[KIND_VM]].bully);
    int64_t ready[2] = {0, 0}, run[2] = {0, 0};
    for (uint32_t vm = w.first[KIND_VM] + 4; vm < w.nobjects; vm += 4) {
        load(&w, vm, now - HISTORY_MS, now, SIZE_MAX, &other);
        for (size_t i = 0; i < other.n; i++) {
            bool burst = bully.samples[i].sum.net_run > 4 * SLOT_MS;
            ready[burst] += other.samples[i].sum.ready;
            run[burst] += other.samples[i].sum.net_run;
        }
        history_free(&other);
    }
    history_free(&bully);
    assert_true(run[0] > 0 && run[1] > 0);
    assert_true(ready[1] * run[0] > 3 * ready[0] * run[1]);
    world_free(&w);
}

static void same_seed_same_inventory(void **state)
{
    (void)state;
    struct world a = {0}, b = {0}, c = {0};
    struct world_options options = options_of(NULL, 60, 8);
    assert_true(world_init(&a, &options));
    assert_true(world_init(&b, &options));
    options.seed = 4;
    assert_true(world_init(&c, &options));
    size_t differ = 0, off = 0;
    assert_non_null(b.objects);
    for (uint32_t i = 0; i < a.nobjects; i++) {
        char x[UUID_TEXT], y[UUID_TEXT];
        assert_string_equal(a.objects[i].name, b.objects[i].name);
        assert_string_equal(world_uuid(&a, &a.objects[i], x), world_uuid(&b, &b.objects[i], y));
        differ += strcmp(a.objects[i].name, c.objects[i].name) != 0;
        assert_string_not_equal(x, world_uuid(&c, &c.objects[i], y));
        off += a.objects[i].kind == KIND_VM && !world_present(&a.objects[i])->on;
    }
    assert_true(differ > 10);
    assert_in_range(off, 1, 10);
    assert_string_not_equal(a.instance_uuid, c.instance_uuid);
    world_free(&a);
    world_free(&b);
    world_free(&c);
}

static void moids(void **state)
{
    (void)state;
    struct world w;
    char moid[MOID_TEXT];
    struct world_options options = options_of(NULL, 20, 8);
    assert_true(world_init(&w, &options));
    for (uint32_t i = 0; i < w.nobjects; i++) {
        const struct object *found = world_find(&w, world_moid(&w, i, moid));
        assert_ptr_equal(found, &w.objects[i]);
        assert_true(i == ROOT_FOLDER || world_contains(&w, ROOT_FOLDER, i, true));
    }
    static const char *const wrong[] = {
        "", "vm-0", "vm-21", "vm-01", "vm", "group-v1", "VM-1", "vm-1 ", "vm-99999999999999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_null(world_find(&w, wrong[i]));
    const struct object *vm = world_find(&w, "vm-1");
    assert_string_equal(world_above(&w, world_index(&w, vm), KIND_HOST)->name,
                        "esx-01.example.com");
    assert_string_equal(world_above(&w, world_index(&w, vm), KIND_DATACENTER)->name, "Paris");
    world_free(&w);
}

/* Power, CPUs and place count from the first whole interval on; the past stays. The clock runs
 * fast, so that intervals pass while the test does. */
static void changes_keep_the_past(void **state)
{
    (void)state;
    struct world w;
    struct history before, after;
    struct world_options options = options_of("quiet", 8, 2);
    options.speed = 1e-9;
    options.off_percent = 0;
    assert_true(world_init(&w, &options));
    struct object *vm = world_find(&w, "vm-1");
    uint32_t i = world_index(&w, vm);
    int64_t t0 = world_now(&w), slot = t0 - t0 % SLOT_MS;
    load(&w, i, t0 - HISTORY_MS, t0, SIZE_MAX, &before);
    assert_int_equal(before.n, HISTORY_SLOTS);
    assert_int_equal(before.samples[HISTORY_SLOTS - 1].time_ms, slot);

    struct epoch now = *world_present(vm);
    int cpus = now.cpus;
    now.cpus = (uint16_t)(cpus + 2);
    assert_true(world_change(&w, vm, now));
    w.options.start_ms += 60000; /* a minute later: slots +20 (cut), +40, +60 */
    load(&w, i, slot, slot + 60000, SIZE_MAX, &after);
    assert_int_equal(after.n, 3);
    assert_int_equal(after.samples[0].cpus, cpus);
    assert_int_equal(after.samples[1].cpus, cpus + 2);
    history_free(&after);

    now.on = false;
    assert_true(world_change(&w, vm, now));
    w.options.start_ms += 60000;
    now.on = true;
    assert_true(world_change(&w, vm, now));
    w.options.start_ms += 60000;
    load(&w, i, slot + 60000, slot + 180000, SIZE_MAX, &after);
    assert_int_equal(after.n, 2); /* of six: off, off, off, half, and two whole */
    assert_int_equal(after.samples[0].time_ms, slot + 160000);
    history_free(&after);

    load(&w, i, t0 - HISTORY_MS, t0, SIZE_MAX, &after);
    assert_int_equal(after.n, before.n);
    for (size_t s = 0; s < after.n; s++)
        assert_memory_equal(after.samples[s].vcpu, before.samples[s].vcpu,
                            (size_t)cpus * sizeof(struct vcpu_times));
    history_free(&before);
    history_free(&after);
    assert_true(world_remove(&w, vm));
    assert_null(world_find(&w, "vm-1"));
    world_free(&w);
}

/* from exclusive, to inclusive, the newest `most`. */
static void range_of_history(void **state)
{
    (void)state;
    struct world w;
    struct world_options options = options_of("quiet", 1, 1);
    options.off_percent = 0;
    assert_true(world_init(&w, &options));
    uint32_t vm = w.first[KIND_VM];
    int64_t now = world_now(&w), slot = now - now % SLOT_MS;
    static const struct {
        int64_t from, to; /* relative to the newest */
        size_t most, n;
        int64_t last;
    } rows[] = {
        {-60000, 0, SIZE_MAX, 3, 0},
        {-60001, 0, SIZE_MAX, 4, 0},
        {-59999, -1, SIZE_MAX, 2, -20000},
        {-600000, 0, 2, 2, 0},
        {0, 0, SIZE_MAX, 0, 0},
        {0, 500000, SIZE_MAX, 0, 0},
        {-20000, 500000, SIZE_MAX, 1, 0},
        {-60000, 0, 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct history h;
        load(&w, vm, slot + rows[i].from, slot + rows[i].to, rows[i].most, &h);
        assert_int_equal(h.n, rows[i].n);
        if (h.n)
            assert_int_equal(h.samples[h.n - 1].time_ms, slot + rows[i].last);
        history_free(&h);
    }
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_are_not_overrun),    cmocka_unit_test(bully_hurts_neighbours),
        cmocka_unit_test(same_seed_same_inventory), cmocka_unit_test(moids),
        cmocka_unit_test(changes_keep_the_past),    cmocka_unit_test(range_of_history),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
