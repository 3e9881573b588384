/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The section verdict: each rule is an option of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "config.h"
#include "config_table.h"

#define VC "vcenters: [{url: 'https://vc.example', user: u, password: p}]\n"

static void parse(const char *text, struct config *ret)
{
    struct config_error err = {""};
    if (config_parse(text, strlen(text), "f.yaml", ret, &err) != 0)
        fail_msg("refused: %s", err.message);
}

static void test_defaults(void **state)
{
    struct config c;
    struct verdict_options want;
    (void)state;
    parse(VC, &c);
    verdict_defaults(&want);
    assert_int_equal(c.verdict.intervals, want.intervals);
    assert_int_equal(c.verdict.needed, want.needed);
    for (int rule = 0; rule < RULE_COUNT; rule++) {
        assert_int_equal(c.verdict.ranges[rule].off, want.ranges[rule].off);
        assert_true(c.verdict.ranges[rule].from == want.ranges[rule].from);
        assert_true(c.verdict.ranges[rule].full == want.ranges[rule].full);
    }
    assert_true(c.verdict.ranges[RULE_CPU_READY].from == 0.05);
    assert_true(c.verdict.ranges[RULE_NET_DROPS].full == 0.02);
    config_free(&c);
}

static void test_set(void **state)
{
    struct config c;
    (void)state;
    parse(VC "verdict:\n  intervals: 15\n  needed: 15\n  cpu.ready: 2.5% to 10%\n"
             "  net.ring_drops: off\n  disk.latency: 500us to 2ms\n",
          &c);
    assert_int_equal(c.verdict.intervals, 15);
    assert_int_equal(c.verdict.needed, 15);
    assert_true(c.verdict.ranges[RULE_CPU_READY].from == 0.025);
    assert_true(c.verdict.ranges[RULE_CPU_READY].full == 0.1);
    assert_true(c.verdict.ranges[RULE_DISK_LATENCY].from == 0.0005);
    assert_true(c.verdict.ranges[RULE_NET_RING_DROPS].off);
    assert_false(c.verdict.ranges[RULE_CPU_LIMIT].off);
    config_free(&c);
}

/* The key, the default and the help of each rule come from its row. */
static void test_options(void **state)
{
    size_t n = 0;
    (void)state;
    for (size_t i = 0; config_option(i); i++) {
        const struct config_option *option = config_option(i);
        if (option->type != CONFIG_RANGE)
            continue;
        const struct verdict_rule_info *info = verdict_rule((enum verdict_rule)n++);
        assert_string_equal(option->key, info->name);
        assert_string_equal(option->value, info->range);
        const size_t help = strlen(option->help), source = strlen(info->source);
        assert_true(help > source); /* and the source is whole */
        assert_string_equal(option->help + help - source, info->source);
    }
    assert_int_equal(n, RULE_COUNT);
}

static void test_refusals(void **state)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {VC "verdict: {intervals: 16}\n",
         "verdict.intervals: \"16\" is out of range; allowed: 1 to 15"},
        {VC "verdict: {intervals: 2}\n",
         "f.yaml: verdict.needed: 3 are more than verdict.intervals; allowed: 1 to 2"},
        {VC "verdict:\n  cpu.ready: 5 to 20\n", "f.yaml:3: verdict.cpu.ready: \"5 to 20\" is not a "
                                                "range of percents; allowed: a range like 5% "
                                                "to 20%, or off"},
        {VC "verdict: {disk.latency: 60ms to 20ms}\n",
         "verdict.disk.latency: \"60ms to 20ms\" does not rise; allowed: a range like 20ms to "
         "60ms, or "
         "off"},
        {VC "verdict: {disk.snapshot_space: on}\n",
         "verdict.disk.snapshot_space: \"on\" is not a range of sizes"},
        {VC "verdict: {cpu.redy: off}\n", "verdict.cpu.redy: unknown key; did you mean cpu.ready?"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct config c;
        struct config_error err = {""};
        assert_int_equal(config_parse(cases[i].text, strlen(cases[i].text), "f.yaml", &c, &err),
                         -1);
        if (!strstr(err.message, cases[i].want))
            fail_msg("\"%s\" is not in: %s", cases[i].want, err.message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
