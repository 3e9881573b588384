/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collect/schedule.h"

static void cycles_start_a_lag_after_the_servers_boundary(void **state)
{
    (void)state;
    /* here 1000 is the server's 12:00:07 */
    const struct server_clock clock = {{1623672007000}, {1000}};
    static const struct {
        int64_t after, interval, lag, want;
    } cases[] = {
        {1000, 20000, 5000, 19000},  /* 12:00:07 -> 12:00:25 */
        {18999, 20000, 5000, 19000}, /* just before */
        {19000, 20000, 5000, 39000}, /* never the same moment twice */
        {1000, 20000, 0, 14000},
        {1000, 20000, 25000, 19000}, /* a lag over one interval is the same moment */
        {1000, 2000, 200, 2200},
        {-60000, 20000, 5000, -41000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mono_time next =
            next_cycle(&clock, (struct mono_time){cases[i].after}, cases[i].interval, cases[i].lag);
        assert_int_equal(next.ms, cases[i].want);
    }
}

static void asks_for_all_that_can_be_there(void **state)
{
    (void)state;
    static const struct {
        int64_t after, now;
        int want;
    } cases[] = {
        {0, 0, 1}, {0, 19999, 1}, {0, 20000, 2}, {0, 300000, 16}, {5000, 0, 1}, {0, 99999999, 181},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(samples_between((struct server_time){cases[i].after},
                                         (struct server_time){cases[i].now}, 20),
                         cases[i].want);
}

static void backs_off_to_a_minute(void **state)
{
    (void)state;
    assert_int_equal(back_off_ms(1, 1), 1000);
    assert_int_equal(back_off_ms(1, 0), 500);
    assert_int_equal(back_off_ms(4, 1), 8000);
    assert_int_equal(back_off_ms(7, 1), 60000);
    assert_int_equal(back_off_ms(4000000000u, 1), 60000);
    assert_int_equal(back_off_ms(4000000000u, 0), 30000);
}

static void logs_in_again_with_care(void **state)
{
    (void)state;
    assert_int_equal(reconnect_ms(VIM_NOT_AUTHENTICATED, 1, 1), 0);
    assert_int_equal(reconnect_ms(VIM_NOT_AUTHENTICATED, 2, 1), 2000);
    assert_int_equal(reconnect_ms(VIM_NOT_AUTHENTICATED, 50, 1), 60000);
    assert_int_equal(reconnect_ms(VIM_INVALID_LOGIN, 1, 0), 60000);
    assert_int_equal(reconnect_ms(VIM_UNREACHABLE, 1, 1), 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cycles_start_a_lag_after_the_servers_boundary),
        cmocka_unit_test(asks_for_all_that_can_be_there),
        cmocka_unit_test(backs_off_to_a_minute),
        cmocka_unit_test(logs_in_again_with_care),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
