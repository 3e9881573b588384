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
    assert_int_equal(settle_durable(&s, at(1000 + SETTLE_MS - 1)), 0);
    assert_int_equal(settle_durable(&s, at(1000 + SETTLE_MS)), 4);
    settle_accepted(&s, 6, at(1000 + SETTLE_MS + 1));
    assert_int_equal(settle_durable(&s, at(1000 + SETTLE_MS + 2)), 4);
    assert_int_equal(settle_durable(&s, at(1000 + 2 * SETTLE_MS)), 5);
    assert_int_equal(settle_durable(&s, at(1000 + 3 * SETTLE_MS)), 6);
    assert_int_equal(settle_durable(&s, at(1000 + 9 * SETTLE_MS)), 6);
}

/* With batches all the time, what is durable is never more than twice the time behind. */
static void test_keeps_up(void **state)
{
    (void)state;
    struct settle s = {0};
    for (int64_t now = 1; now < 10 * (int64_t)SETTLE_MS; now++) {
        settle_accepted(&s, now, at(now));
        int64_t durable = settle_durable(&s, at(now));
        assert_true(durable <= now - SETTLE_MS || durable == 0);
        assert_true(durable >= now - 2 * (int64_t)SETTLE_MS - 2);
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

/* A connection that is cut again and again: it goes back once, then settles all the same. */
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
    assert_true(s.durable > 0);
    assert_true(back <= 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_settles_after_a_while),
        cmocka_unit_test(test_keeps_up),
        cmocka_unit_test(test_final),
        cmocka_unit_test(test_lost_touch),
        cmocka_unit_test(test_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
