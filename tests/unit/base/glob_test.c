/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/glob.h"

static void test_match(void **state)
{
    static const struct {
        const char *pattern, *text;
        bool match;
    } cases[] = {
        {"", "", true},
        {"", "a", false},
        {"a", "", false},
        {"cpu.ready", "cpu.ready", true},
        {"cpu.ready", "cpu.ready2", false},
        {"cpu.ready2", "cpu.ready", false},
        {"*", "", true},
        {"**", "x", true},
        {"cpu.*", "cpu.", true},
        {"cpu.ready*", "cpu.ready", true},
        {"cpu.ready***", "cpu.ready", true},
        {"*.ready", "cpu.ready", true},
        {"*.ready", "cpu.ready.x", false},
        {"*a*b*c", "aXbXbXc", true},
        {"*a*b*c", "aXcXb", false},
        {"*ab", "aab", true},
        {"a*a", "a", false},
        {"?", "", false},
        {"?", "a", true},
        {"?b", "ab", true},
        {"a?c", "abbc", false},
        {"M?nchen", "M\xc3\xbcnchen", true},
        {"??", "\xc3\xbc", false},
        {"*?", "", false},
        {"*?*", "x", true},
        {"A", "a", false},
        {"a.c", "abc", false}, /* a dot is a dot */
        {"[a]", "a", false},
        {"\xff", "\xff", true},
        {"?", "\xff", true}, /* a broken character is its byte */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (glob_match(cases[i].pattern, strlen(cases[i].pattern), cases[i].text) != cases[i].match)
            fail_msg("\"%s\" and \"%s\"", cases[i].pattern, cases[i].text);
    assert_true(glob_match("cpu.readyNOT", 9, "cpu.ready")); /* not behind its end */
}

static void test_any(void **state)
{
    (void)state;
    assert_false(glob_match_any("", "a"));
    assert_false(glob_match_any(" \n ", ""));
    assert_true(glob_match_any("cpu.* net.*", "net.usage"));
    assert_true(glob_match_any("cpu.*\nnet.usage\n", "net.usage"));
    assert_false(glob_match_any("cpu.* net", "net.usage"));
}

/* Many stars are no way to stop the program. */
static void test_hostile(void **state)
{
    enum { PAIRS = 1000, LETTERS = 5000 };
    char pattern[PAIRS + 2], text[LETTERS + 1];
    (void)state;
    for (int i = 0; i < PAIRS; i++)
        pattern[i] = i % 2 ? 'a' : '*';
    pattern[PAIRS] = 'b';
    pattern[PAIRS + 1] = '\0';
    memset(text, 'a', LETTERS);
    text[LETTERS] = '\0';
    struct mono_time begun = mono_now();
    assert_false(glob_match(pattern, strlen(pattern), text));
    assert_true(mono_between(begun, mono_now()) < 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_match),
        cmocka_unit_test(test_any),
        cmocka_unit_test(test_hostile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
