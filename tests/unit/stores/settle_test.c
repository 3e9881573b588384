/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stores/settle.h"

static struct mono_time at(int64_t ms)
{
    return (struct mono_time){ms};
}

static void test_settles_after_a_while(void **state)
{
    (void)state;
    struct settle s = {0};
    settle_accepted(&s, 4, at(1000));
    settle_accepted(&s, 5, at(1500));
    settle_accepted(&s, 6, at(1000 + SETTLE_STEP_MS));
    assert_int_equal(settle_durable(&s, at(1500 + SETTLE_MS - 1)), 0);
    assert_int_equal(settle_durable(&s, at(1500 + SETTLE_MS)), 5);
    assert_int_equal(settle_durable(&s, at(1000 + SETTLE_STEP_MS + SETTLE_MS - 1)), 5);
    assert_int_equal(settle_durable(&s, at(1000 + SETTLE_STEP_MS + SETTLE_MS)), 6);
    assert_int_equal(settle_durable(&s, at(1000 + 9 * SETTLE_MS)), 6);
}

/* With batches all the time, what is durable is never much more than the time behind. */
static void test_keeps_up(void **state)
{
    (void)state;
    struct settle s = {0};
    for (int64_t now = 1; now < 10 * (int64_t)SETTLE_MS; now++) {
        settle_accepted(&s, now, at(now));
        int64_t durable = settle_durable(&s, at(now));
        assert_true(durable <= now - SETTLE_MS || durable == 0);
        assert_true(durable >= now - SETTLE_MS - 2 * (int64_t)SETTLE_STEP_MS);
    }
}

static void test_final(void **state)
{
    (void)state;
    struct settle s = {0};
    assert_int_equal(settle_final(&s), 0);
    settle_accepted(&s, 9, at(1));
    assert_int_equal(settle_final(&s), 9);
}

static void test_lost_touch(void **state)
{
    (void)state;
    struct settle s = {0};
    assert_false(settle_lost_touch(&s)); /* nothing at stake */
    settle_accepted(&s, 1, at(0));
    assert_int_equal(settle_durable(&s, at(SETTLE_MS)), 1);
    settle_accepted(&s, 2, at(SETTLE_MS));
    assert_true(settle_lost_touch(&s));
    assert_int_equal(settle_final(&s), 1); /* 2 is not believed any more */
    assert_false(settle_lost_touch(&s));
}

/* A server that is killed again before what it lost was settled goes back again. */
static void test_lost_twice(void **state)
{
    (void)state;
    struct settle s = {0};
    for (int i = 0; i < SETTLE_RETURNS; i++) {
        settle_accepted(&s, 1, at(INT64_C(5000) * i));
        settle_accepted(&s, 2, at(5000 * i + 100));
        assert_true(settle_lost_touch(&s));
        assert_false(settle_lost_touch(&s)); /* still away */
        assert_int_equal(settle_durable(&s, at(5000 * i + 200)), 0);
    }
}

/* A connection that is cut again and again: it goes back some times, then all settles that was
 * accepted since, and not one batch of it. */
static void test_goes_on(void **state)
{
    (void)state;
    struct settle s = {0};
    int back = 0;
    for (int64_t now = 0; now <= 2 * (int64_t)SETTLE_MS; now += 1000) {
        settle_accepted(&s, 1 + now / 1000, at(now));
        back += settle_lost_touch(&s);
        settle_durable(&s, at(now));
    }
    assert_true(s.durable > 4);
    assert_true(back <= 2 * SETTLE_RETURNS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_settles_after_a_while),
        cmocka_unit_test(test_keeps_up),
        cmocka_unit_test(test_final),
        cmocka_unit_test(test_lost_touch),
        cmocka_unit_test(test_lost_twice),
        cmocka_unit_test(test_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
