/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stores/key_set.h"

/* Keys of which many want the same place. */
static const unsigned char *key(unsigned n)
{
    static unsigned char bytes[KEY_BYTES];
    const uint32_t place = n % 7, rest = n + 1;
    memset(bytes, 0, sizeof bytes);
    memcpy(bytes, &place, sizeof place);
    memcpy(bytes + 8, &rest, sizeof rest);
    return bytes;
}

static void test_has_what_was_added(void **state)
{
    (void)state;
    enum { KEYS = 3000 }; /* it grows twice */
    struct key_set *set = key_set_new(100000);
    for (unsigned i = 0; i < KEYS; i += 2) {
        key_set_add(set, key(i));
        key_set_add(set, key(i));
    }
    assert_int_equal(key_set_count(set), KEYS / 2);
    for (unsigned i = 0; i < KEYS; i++)
        assert_int_equal(key_set_has(set, key(i)), i % 2 == 0);
    key_set_clear(set);
    assert_int_equal(key_set_count(set), 0);
    assert_false(key_set_has(set, key(0)));
    key_set_free(set);
}

static void test_a_full_set_forgets(void **state)
{
    (void)state;
    struct key_set *set = key_set_new(10);
    for (unsigned i = 0; i < 10; i++)
        key_set_add(set, key(i));
    assert_int_equal(key_set_count(set), 10);
    assert_true(key_set_has(set, key(0)));
    key_set_add(set, key(10));
    assert_int_equal(key_set_count(set), 1);
    assert_false(key_set_has(set, key(0)));
    assert_true(key_set_has(set, key(10)));
    key_set_free(set);
    key_set_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_has_what_was_added),
                                       cmocka_unit_test(test_a_full_set_forgets)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
