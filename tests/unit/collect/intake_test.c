/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collect/intake.h"

/* A map in which id 100 + c is counter c. */
static struct counter_map a_map(void)
{
    struct counter_map map = {0};
    for (enum counter c = 0; c < COUNTER_COUNT; c++) {
        map.id[c] = 100 + (int32_t)c;
        map.sorted[map.found++] = (struct counter_by_id){map.id[c], c};
    }
    return map;
}

static const int32_t intervals[] = {20, 20, 20, 20};
static const int64_t values[] = {10, 20, 30, 40};

struct taken {
    struct arena arena;
    struct sample_block block;
    uint64_t repeated;
};

static void take(struct taken *taken, const struct server_time *times, int64_t mark)
{
    static struct perf_series series[] = {
        {100 + CPU_RUN, "", values}, {7, "", values}, {100 + CPU_READY, "1", values}};
    const struct perf_entity entity = {"VirtualMachine", "vm-1", 4, times, intervals, 3, series, 0};
    const struct counter_map map = a_map();
    *taken = (struct taken){0};
    arena_init(&taken->arena);
    assert_int_equal(intake_block(&taken->arena, &entity, &map, (struct server_time){mark},
                                  &taken->block, &taken->repeated),
                     0);
}

static void expect(const struct taken *taken, size_t n, const int64_t *times,
                   const int64_t *of_series)
{
    assert_int_equal(taken->block.ntimes, n);
    assert_int_equal(taken->block.nseries, 2); /* id 7 is none of ours */
    assert_int_equal(taken->block.series[0].counter, CPU_RUN);
    assert_int_equal(taken->block.series[1].counter, CPU_READY);
    assert_string_equal(taken->block.series[1].instance, "1");
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(taken->block.times[i].ms, times[i]);
        assert_int_equal(taken->block.series[0].values[i], of_series[i]);
        assert_int_equal(taken->block.series[1].values[i], of_series[i]);
    }
    assert_int_equal(taken->repeated, 4 - n);
}

static void in_order_only_the_tail_after_the_mark(void **state)
{
    (void)state;
    const struct server_time times[] = {{1000}, {2000}, {3000}, {4000}};
    struct taken taken;
    take(&taken, times, 2000);
    expect(&taken, 2, (int64_t[]){3000, 4000}, (int64_t[]){30, 40});
    assert_ptr_equal(taken.block.times, times + 2); /* without a copy */
    arena_free(&taken.arena);
    take(&taken, times, 0);
    expect(&taken, 4, (int64_t[]){1000, 2000, 3000, 4000}, values);
    arena_free(&taken.arena);
    take(&taken, times, 4000);
    expect(&taken, 0, NULL, NULL);
    arena_free(&taken.arena);
}

static void newest_first_is_turned_round(void **state)
{
    (void)state;
    const struct server_time times[] = {{4000}, {3000}, {2000}, {1000}};
    struct taken taken;
    take(&taken, times, 1000);
    expect(&taken, 3, (int64_t[]){2000, 3000, 4000}, (int64_t[]){30, 20, 10});
    arena_free(&taken.arena);
}

static void a_time_sent_twice_counts_once(void **state)
{
    (void)state;
    const struct server_time times[] = {{1000}, {3000}, {3000}, {2000}};
    struct taken taken;
    take(&taken, times, 0);
    expect(&taken, 3, (int64_t[]){1000, 2000, 3000}, (int64_t[]){10, 40, 20});
    arena_free(&taken.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_order_only_the_tail_after_the_mark),
        cmocka_unit_test(newest_first_is_turned_round),
        cmocka_unit_test(a_time_sent_twice_counts_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
