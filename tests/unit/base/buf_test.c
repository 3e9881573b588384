/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"

static void keeps_what_is_appended(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1000);
    buf_str(&b, "a=");
    buf_int(&b, -42);
    buf_char(&b, ' ');
    buf_printf(&b, "%s", "end");
    assert_true(buf_ok(&b));
    assert_string_equal(b.data, "a=-42 end");
    assert_int_equal(b.len, 9);
    buf_free(&b);
}

static void a_text_over_the_cap_is_never_there_in_part(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 4);
    buf_str(&b, "1234");
    assert_true(buf_ok(&b));
    buf_char(&b, '5');
    assert_false(buf_ok(&b));
    assert_int_equal(b.len, 0);
    buf_str(&b, "x"); /* ignored until cleared */
    assert_false(buf_ok(&b));
    buf_clear(&b);
    buf_str(&b, "x");
    assert_true(buf_ok(&b));
    assert_string_equal(b.data, "x");
    buf_free(&b);
}

/* The room grows by doubling and ends at the cap, which need not be a power of two. */
static void it_is_full_at_the_cap_and_not_before(void **state)
{
    (void)state;
    for (size_t cap = 250; cap < 520; cap++) {
        struct buf b;
        buf_init(&b, cap);
        for (size_t i = 0; i < cap; i++)
            buf_char(&b, (char)('a' + i % 26));
        assert_true(buf_ok(&b));
        assert_int_equal(strlen(b.data), cap);
        assert_int_equal(b.data[cap - 1], 'a' + (int)(cap - 1) % 26);
        buf_add(&b, "", 0);
        assert_true(buf_ok(&b));
        buf_add(&b, "xyz", 3);
        assert_false(buf_ok(&b));
        buf_free(&b);
    }
}

static void it_can_be_written_by_hand(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 300);
    buf_str(&b, "<");
    char *at = buf_room(&b, 299);
    assert_non_null(at);
    memset(at, 'x', 299);
    buf_end(&b, at + 2);
    buf_str(&b, ">");
    assert_string_equal(b.data, "<xx>");
    assert_null(buf_room(&b, 297));
    assert_false(buf_ok(&b));
    assert_null(buf_room(&b, 1)); /* until cleared */
    buf_clear(&b);
    assert_non_null(buf_room(&b, 300));
    buf_free(&b);
}

static void scaled_numbers_are_exact(void **state)
{
    (void)state;
    static const struct {
        int64_t ticks, scale;
        const char *text;
    } cases[] = {
        {0, 20000, "0"},
        {1500, 20000, "0.075"},
        {1, 20000, "0.00005"},
        {-1, 20000, "-0.00005"},
        {20000, 20000, "1"},
        {-45000, 20000, "-2.25"},
        {12345, 1, "12345"},
        {2067, 10000, "0.2067"},
        {INT64_MIN, 1, "-9223372036854775808"},
        {INT64_MIN, 1000, "-9223372036854775.808"},
        {-1, 1000000000000000000, "-0.000000000000000001"},
        {INT64_MAX, INT64_C(1) << 20, "8796093022207.99999904632568359375"},
        {1, 1000000, "0.000001"},
        {123456789, 1000, "123456.789"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf b;
        buf_init(&b, 64);
        buf_scaled(&b, cases[i].ticks, cases[i].scale);
        assert_string_equal(b.data, cases[i].text);
        buf_free(&b);
    }
}

static void take_hands_the_text_over(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 64);
    char *empty = buf_take(&b);
    assert_string_equal(empty, "");
    free(empty);
    buf_str(&b, "text");
    char *text = buf_take(&b);
    assert_string_equal(text, "text");
    assert_int_equal(b.len, 0);
    free(text);
}

static void an_arena_gives_zeroed_aligned_memory(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    for (size_t n = 1; n < 200000; n = n * 3 + 1) {
        unsigned char *bytes = arena_take(&a, n);
        assert_non_null(bytes);
        assert_int_equal((uintptr_t)bytes % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(bytes[i], 0);
        memset(bytes, 0xff, n);
    }
    assert_string_equal(arena_text(&a, "hello world", 5), "hello");
    assert_null(arena_take(&a, SIZE_MAX));
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_what_is_appended),
        cmocka_unit_test(a_text_over_the_cap_is_never_there_in_part),
        cmocka_unit_test(it_is_full_at_the_cap_and_not_before),
        cmocka_unit_test(it_can_be_written_by_hand),
        cmocka_unit_test(scaled_numbers_are_exact),
        cmocka_unit_test(take_hands_the_text_over),
        cmocka_unit_test(an_arena_gives_zeroed_aligned_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
