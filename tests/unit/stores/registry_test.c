/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stores/store.h"

static const char *const types[] = {"embedded", "influxdb", "prometheus", "otlp",
                                    "kafka",    "graphite", "postgresql", "file"};
enum { NTYPES = sizeof types / sizeof *types };

static void test_every_type_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < NTYPES; i++) {
        const struct store_ops *ops = store_find(types[i]);
        assert_non_null(ops);
        assert_string_equal(ops->type, types[i]);
    }
    assert_null(store_find("file2"));
    assert_null(store_find(""));
}

static void test_walk(void **state)
{
    (void)state;
    unsigned n = 0;
    for (; store_at(n); n++) {
        assert_ptr_equal(store_find(store_at(n)->type), store_at(n)); /* types are unique */
        assert_non_null(store_at(n)->open);
        assert_non_null(store_at(n)->probe);
        assert_non_null(store_at(n)->write);
        assert_non_null(store_at(n)->close);
    }
    assert_int_equal(n, NTYPES);
    assert_null(store_at(n + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_type_is_found),
                                       cmocka_unit_test(test_walk)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
