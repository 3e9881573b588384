/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* What is collected beside CPU and memory: each part may be switched off. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "config.h"

#define VC "vcenters: [{url: 'https://vc.example', user: u, password: p}]\n"

enum { PARTS = 5 };

static const char *const keys[PARTS] = {"disk", "network", "hosts", "guest", "device_names"};

static bool part(const struct collect_config *collect, int i)
{
    const bool parts[PARTS] = {collect->disk, collect->network, collect->hosts, collect->guest,
                               collect->device_names};
    return parts[i];
}

static void parse(const char *text, struct config *ret)
{
    struct config_error err = {""};
    if (config_parse(text, strlen(text), "f.yaml", ret, &err) != 0)
        fail_msg("refused: %s", err.message);
}

static void everything_is_on_by_default(void **state)
{
    struct config c;
    (void)state;
    parse(VC, &c);
    for (int i = 0; i < PARTS; i++)
        assert_true(part(&c.collect, i));
    assert_int_equal(c.collect.snapshot_space_s, 900);
    config_free(&c);
}

static void each_part_is_switched_off_alone(void **state)
{
    (void)state;
    for (int off = 0; off < PARTS; off++) {
        struct config c;
        char text[200];
        snprintf(text, sizeof text, VC "collect: {%s: no}\n", keys[off]);
        parse(text, &c);
        for (int i = 0; i < PARTS; i++)
            assert_int_equal(part(&c.collect, i), i != off);
        config_free(&c);
    }
}

static void space_of_snapshots(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds; /* -1 = refused */
    } cases[] = {{"0s", 0}, {"30s", 30}, {"1d", 86400}, {"25h", -1}, {"often", -1}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct config c;
        struct config_error err = {""};
        char text[200];
        snprintf(text, sizeof text, VC "collect: {snapshot_space_interval: %s}\n", cases[i].text);
        int result = config_parse(text, strlen(text), "f.yaml", &c, &err);
        assert_int_equal(result, cases[i].seconds < 0 ? -1 : 0);
        if (result < 0) {
            assert_non_null(strstr(err.message, "allowed: 0s to 1d"));
            continue;
        }
        assert_int_equal(c.collect.snapshot_space_s, cases[i].seconds);
        config_free(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_on_by_default),
        cmocka_unit_test(each_part_is_switched_off_alone),
        cmocka_unit_test(space_of_snapshots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
