/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Which counters of a server are wanted as they come, of whom they are asked, and what becomes of
 * their series.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "collect/intake.h"

#define BIT(group) (1u << COUNTER_GROUP_##group)

enum {
    everything = BIT(CPU) | BIT(MEM) | BIT(DISK) | BIT(NET) | BIT(GUEST) | BIT(HOST),
    MOST = 700
};

/* ---- a server ---- */

static struct vim_counter rows[MOST];
static char names[MOST][32];
static size_t nrows;

/* A stand-in: never looked into. */
static char a_server;
static const struct vim_counters *const server = (const struct vim_counters *)&a_server;

size_t vim_counters_count(const struct vim_counters *counters)
{
    (void)counters;
    return nrows;
}

const struct vim_counter *vim_counters_at(const struct vim_counters *counters, size_t i)
{
    (void)counters;
    return &rows[i];
}

const struct vim_counter *vim_counters_find(const struct vim_counters *counters, const char *name)
{
    (void)counters;
    for (size_t i = 0; i < nrows; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

static void offers(int32_t id, const char *name, const char *unit)
{
    rows[nrows++] = (struct vim_counter){.id = id, .name = name, .unit = unit};
}

static int few(void **state)
{
    (void)state;
    nrows = 0;
    offers(2, "cpu.ready.summation", "millisecond");
    offers(5, "cpu.run.summation", "millisecond");
    offers(9, "net.received.average", "kiloBytesPerSecond");
    offers(11, "net.usage.average", "kiloBytesPerSecond");
    offers(12, "net.usage.average", "kiloBytesPerSecond"); /* twice: servers do that */
    offers(20, "power.power.average", "watt");
    return 0;
}

static struct counter_map wanting(const char *first, const char *second, unsigned groups)
{
    struct counter_map map;
    const char *lists[RAW_LISTS] = {first, second};
    counter_map_resolve(&map, server);
    counter_map_want(&map, server, lists, groups);
    return map;
}

static bool has(const int32_t *ids, size_t n, int32_t id)
{
    size_t found = 0;
    for (size_t i = 0; i < n; i++)
        found += ids[i] == id;
    assert_true(found < 2);
    return found;
}

/* ---- the tests ---- */

static void lists_are_joined_and_nothing_is_asked_twice(void **state)
{
    (void)state;
    int32_t raw[CAP_RAW_COUNTERS], model[COUNTER_COUNT];
    const struct counter_map map =
        wanting("net.*\ncpu.ready.summation", "net.usage.average no.such.counter", everything);
    size_t nraw = counter_map_raw_ids(&map, raw);
    assert_int_equal(nraw, 3);
    assert_true(has(raw, nraw, 2) && has(raw, nraw, 9) && has(raw, nraw, 11));
    for (enum entity_kind kind = ENTITY_VM; kind <= ENTITY_HOST; kind++) {
        size_t n = counter_map_ids(&map, kind, everything, model);
        assert_false(has(model, n, 2) || has(model, n, 9));
        assert_int_equal(has(model, n, 5), kind == ENTITY_VM);
    }
    assert_string_equal(counter_map_raw(&map, 11)->name, "net.usage.average");
    assert_string_equal(counter_map_raw(&map, 11)->unit, "kiloBytesPerSecond");
    assert_null(counter_map_raw(&map, 12));
    assert_null(counter_map_raw(&map, 5));
    assert_int_equal(map.raw_left, 0);
}

static void nothing_wanted_is_nothing_changed(void **state)
{
    (void)state;
    int32_t ids[COUNTER_COUNT], raw[CAP_RAW_COUNTERS];
    const struct counter_map map = wanting(NULL, " \n", everything & ~BIT(NET));
    enum counter counter;
    assert_int_equal(counter_map_raw_ids(&map, raw), 0);
    assert_null(counter_map_raw(&map, 2));
    assert_int_equal(map.found, 3);
    assert_true(counter_map_find(&map, 9, &counter));
    assert_int_equal(counter_map_ids(&map, ENTITY_VM, everything, ids), 3);
}

/* The model must not read what it did not ask for. */
static void what_is_off_is_only_raw(void **state)
{
    (void)state;
    const struct counter_map map = wanting("*", NULL, everything & ~BIT(NET));
    enum counter counter = COUNTER_COUNT;
    assert_non_null(counter_map_raw(&map, 9));
    assert_false(counter_map_find(&map, 9, &counter));
    assert_true(counter_map_find(&map, 2, &counter));
    assert_int_equal(counter, CPU_READY);
}

static void beyond_the_cap_is_told(void **state)
{
    (void)state;
    nrows = 0;
    for (int i = 0; i < MOST; i++) {
        snprintf(names[i], sizeof names[i], "storagePath.c%d.average", i);
        offers(i + 1, names[i], "number");
    }
    const struct counter_map map = wanting("storagePath.*", NULL, everything);
    assert_int_equal(map.nraw, CAP_RAW_COUNTERS);
    assert_int_equal(map.raw_left, MOST - CAP_RAW_COUNTERS);
    assert_non_null(counter_map_raw(&map, CAP_RAW_COUNTERS));
    assert_null(counter_map_raw(&map, CAP_RAW_COUNTERS + 1));
}

static void series_carry_what_is_wanted(void **state)
{
    (void)state;
    static const int64_t values[] = {1, 2};
    static const struct server_time times[] = {{1000}, {2000}};
    static const int32_t intervals[] = {20, 20};
    static struct perf_series series[] = {
        {5, "", values},       {2, "0", values},       {20, "", values},
        {9, "vmnic0", values}, {12, "vmnic0", values}, {77, "", values},
    };
    static const struct {
        enum counter counter;
        const char *raw, *instance;
    } want[] = {{CPU_RUN, NULL, ""},
                {CPU_READY, "cpu.ready.summation", "0"},
                {COUNTER_COUNT, "power.power.average", ""},
                {COUNTER_COUNT, "net.received.average", "vmnic0"}};
    const struct perf_entity entity = {"HostSystem", "host-1", 2, times, intervals, 6, series, 0};
    const struct counter_map map =
        wanting("cpu.ready.summation power.* net.received.average", NULL, everything & ~BIT(NET));
    struct sample_block block = {0};
    struct arena arena;
    uint64_t repeated = 0;
    arena_init(&arena);
    assert_int_equal(
        intake_block(&arena, &entity, &map, (struct server_time){1000}, &block, &repeated), 0);
    assert_int_equal(block.nseries, sizeof want / sizeof *want);
    for (size_t i = 0; i < block.nseries; i++) {
        assert_int_equal(block.series[i].counter, want[i].counter);
        assert_string_equal(block.series[i].instance, want[i].instance);
        assert_int_equal(block.series[i].values[0], 2);
        if (want[i].raw)
            assert_string_equal(block.raw[i]->name, want[i].raw);
        else
            assert_null(block.raw[i]);
    }
    arena_free(&arena);
}

static void without_a_wish_there_is_no_list(void **state)
{
    (void)state;
    static const int64_t values[] = {1};
    static const struct server_time times[] = {{1000}};
    static const int32_t intervals[] = {20};
    static struct perf_series series[] = {{5, "", values}, {20, "", values}};
    const struct perf_entity entity = {"VirtualMachine", "vm-1", 1, times, intervals, 2, series, 0};
    const struct counter_map map = wanting(NULL, NULL, everything);
    struct sample_block block = {0};
    struct arena arena;
    uint64_t repeated = 0;
    arena_init(&arena);
    assert_int_equal(
        intake_block(&arena, &entity, &map, (struct server_time){0}, &block, &repeated), 0);
    assert_int_equal(block.nseries, 1);
    assert_null(block.raw);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(lists_are_joined_and_nothing_is_asked_twice, few),
        cmocka_unit_test_setup(nothing_wanted_is_nothing_changed, few),
        cmocka_unit_test_setup(what_is_off_is_only_raw, few),
        cmocka_unit_test(beyond_the_cap_is_told),
        cmocka_unit_test_setup(series_carry_what_is_wanted, few),
        cmocka_unit_test_setup(without_a_wish_there_is_no_list, few),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
