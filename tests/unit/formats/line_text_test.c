/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "formats/line_text.h"

static const struct {
    const char *text;
    size_t n; /* what is behind must not be looked at */
    const char *want;
} texts[] = {
    {"web", 3, "web"},
    {"web", 0, ""},
    {"~!|", 3, "~!|"},
    {"a,b=c d", 7, "a\\,b\\=c\\ d"},
    {"tab\there\x7f\n", 10, "tab_here__"},
    {"a\\b", 3, "a\\b"},
    {"a\\\\b", 4, "a_\\b"},
    {"a\\,b", 4, "a_\\,b"},
    {"a\\ b", 4, "a_\\ b"},
    {"a\\=b", 4, "a_\\=b"},
    {"end\\", 4, "end_"},
    {"end\\more", 4, "end_"},
    {"z\xC3\xBC", 3, "z\xC3\xBC"},
    {"z\xC3\xBC", 2, "z_"},
    {"\xE6\x97\xA5x", 3, "\xE6\x97\xA5"},
    {"\xE6\x97\xA5x", 2, "__"},
    {"\xF0\x9F\x98\x80", 4, "\xF0\x9F\x98\x80"},
    {"\xF0\x9F\x98\x80", 3, "___"},
    {"\xFFx\x80", 3, "_x_"},
};

static void test_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct buf out;
        buf_init(&out, 64);
        buf_str(&out, "=");
        line_text(&out, texts[i].text, texts[i].n);
        assert_string_equal(out.data + 1, texts[i].want);
        buf_free(&out);
    }
}

static const struct {
    int64_t ms;
    enum line_precision precision;
    const char *want;
} stamps[] = {
    {1623683210123, LINE_MS, "1623683210123"},
    {1623683210123, LINE_US, "1623683210123000"},
    {1623683210123, LINE_NS, "1623683210123000000"},
    {1623683210999, LINE_S, "1623683210"},
    {0, LINE_NS, "0"},
    {-1, LINE_S, "-1"},
    {-1000, LINE_S, "-1"},
    {-1, LINE_US, "-1000"},
};

static void test_stamps(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof stamps / sizeof *stamps; i++) {
        struct buf out;
        buf_init(&out, 64);
        line_stamp(&out, (struct server_time){stamps[i].ms}, stamps[i].precision);
        assert_string_equal(out.data, stamps[i].want);
        buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_stamps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
