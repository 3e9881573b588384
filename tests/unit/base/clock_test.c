/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"

static void reads_what_servers_write(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2021-06-14T15:06:50Z", 1623683210000},
        {"2021-06-14T15:06:50", 1623683210000},
        {"2021-06-14T15:06:50.5Z", 1623683210500},
        {"2021-06-14T15:06:50.12770699Z", 1623683210127},
        {"2021-06-15T01:06:50+10:00", 1623683210000},
        {"2021-06-14T12:36:50-02:30", 1623683210000},
        {"2000-02-29T23:59:59Z", 951868799000},
        {"2100-03-01T00:00:00Z", 4107542400000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct server_time t = {-1};
        assert_true(clock_parse_iso(cases[i].text, strlen(cases[i].text), &t));
        assert_int_equal(t.ms, cases[i].ms);
    }
}

static void refuses_anything_else(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "2021",
        "2021-06-14",
        "2021-06-14 15:06:50Z",
        "2021-13-14T15:06:50Z",
        "2021-06-14T24:06:50Z",
        "2021-06-14T15:06:50.Z",
        "2021-06-14T15:06:50Zx",
        "2021-06-14T15:06:50+1000",
        "-021-06-14T15:06:50Z",
        "1969-12-31T23:59:59Z",
        "20,2021-06-14",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct server_time t = {-7};
        assert_false(clock_parse_iso(cases[i], strlen(cases[i]), &t));
        assert_int_equal(t.ms, -7);
    }
}

static void writes_what_it_reads(void **state)
{
    (void)state;
    char text[ISO_TEXT];
    srand(1);
    for (int i = 0; i < 10000; i++) {
        struct server_time t = {(int64_t)rand() * 1000 + (i % 2 ? rand() % 1000 : 0)}, back;
        clock_iso(t, text);
        assert_true(clock_parse_iso(text, strlen(text), &back));
        assert_int_equal(back.ms, t.ms);
    }
    assert_string_equal(clock_iso((struct server_time){1623683210120}, text),
                        "2021-06-14T15:06:50.120Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_servers_write),
        cmocka_unit_test(refuses_anything_else),
        cmocka_unit_test(writes_what_it_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
