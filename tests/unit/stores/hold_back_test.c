/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "stores/hold_back.h"

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)

static const struct store_options options = {.name = "fake"};
static const struct entity vms[] = {
    {.vcenter_uuid = "a", .label = {"a", "", "", "", "web", "vm-1", "", "", ""}},
    {.vcenter_uuid = "b", .label = {"b", "", "", "", "db", "vm-1", "", "", ""}},
};

/* At a monotonic time comes a row of a vCenter that is so far ahead. */
struct event {
    int64_t at;
    int vcenter;
    int64_t ahead;
    bool waits;
};

static void follow(const struct event *events, size_t n)
{
    struct hold_back state = {.seq = 0};
    for (size_t i = 0; i < n; i++) {
        const struct wall_time now = {INT64_C(1700000000000) + events[i].at};
        struct row_batch batch;
        row_batch_init(&batch);
        row_batch_row(&batch, &vms[events[i].vcenter], (struct server_time){now.ms - HOUR}, 20);
        row_batch_row(&batch, &vms[events[i].vcenter],
                      (struct server_time){now.ms + events[i].ahead}, 20);
        const bool waits = hold_back_waits(&state, &options, &batch, now,
                                           (struct mono_time){events[i].at + 5 * HOUR});
        if (waits != events[i].waits)
            fail_msg("event %zu: %s", i, waits ? "waits" : "does not wait");
        row_batch_free(&batch);
    }
}

#define FOLLOW(...)                             \
    follow((const struct event[]){__VA_ARGS__}, \
           sizeof(const struct event[]){__VA_ARGS__} / sizeof(struct event))

static void test_on_time(void **state)
{
    (void)state;
    FOLLOW({0, 0, 0, false}, {MINUTE, 0, 10 * MINUTE, false}, {2 * MINUTE, 1, -HOUR, false});
}

static void test_alone(void **state)
{
    (void)state;
    FOLLOW({0, 0, 0, false}, {MINUTE, 0, 11 * MINUTE, true}, {2 * MINUTE, 0, 24 * HOUR, true},
           {3 * MINUTE, 0, 0, false}, {4 * MINUTE, 0, HOUR, true});
}

static void test_with_a_neighbour(void **state)
{
    (void)state;
    FOLLOW({0, 1, 0, false}, {MINUTE, 0, HOUR, false}, {2 * MINUTE, 1, 0, false},
           {11 * MINUTE, 0, HOUR, false}, /* the neighbour was there nine minutes ago */
           {13 * MINUTE, 0, HOUR, true});
}

static void test_both_ahead(void **state)
{
    (void)state;
    FOLLOW({0, 0, HOUR, true}, {MINUTE, 1, HOUR, true}, {2 * MINUTE, 0, HOUR, true});
}

static void test_not_for_ever(void **state)
{
    (void)state;
    FOLLOW({0, 0, HOUR, true}, {59 * MINUTE, 0, HOUR, true}, {HOUR, 0, HOUR, false},
           {2 * HOUR, 0, HOUR, false}, {3 * HOUR, 0, 0, false}, {4 * HOUR, 0, HOUR, true});
}

static void test_nothing(void **state)
{
    (void)state;
    struct hold_back held = {.seq = 0};
    struct row_batch batch;
    row_batch_init(&batch);
    assert_false(
        hold_back_waits(&held, &options, &batch, (struct wall_time){1}, (struct mono_time){1}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_on_time),          cmocka_unit_test(test_alone),
        cmocka_unit_test(test_with_a_neighbour), cmocka_unit_test(test_both_ahead),
        cmocka_unit_test(test_not_for_ever),     cmocka_unit_test(test_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
