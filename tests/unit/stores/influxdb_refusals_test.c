/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What becomes of a batch that an InfluxDB takes in part, later, or not at all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stores/influxdb_stage.h"

/* A partial write of a piece that cannot be cut further: counted as the server says. */
static void test_partial_writes(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *text;
    } cases[] = {
        {400, "{\"error\":\"partial write: field type conflict dropped=3\"}"},
        {422, "{\"message\":\"partial write: points beyond retention policy dropped=2\"}"},
        {400, "{\"error\":\"partial write: unable to parse 'x': missing fields dropped=0\"}"},
        {400, "{\"error\":\"partial write of line protocol occurred\",\"data\":"
              "[{\"line_number\":2},{\"line_number\":5}]}"},
        {400, "{\"error\":\"partial write\"}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stage s;
        begin(&s, (struct rule){"moid=", {.status = cases[i].status, .text = cases[i].text}, 0});
        enum store_outcome outcome = write_vms(&s, 1, 1);
        assert_int_equal(s.peer.requests, 1);
        assert_non_null(strstr(s.err.message, "partial write"));
        assert_int_equal(outcome, STORE_DONE);
        assert_int_equal(s.err.refused_rows, 1);
        finish(&s);
    }
}

/* Servers count points, of which a row has many; the rows that are to blame are found by sending
 * halves again. */
static void test_partial_write_is_narrowed(void **state)
{
    (void)state;
    struct stage s;
    begin(&s, (struct rule){"moid=vm-37,",
                            {.status = 400, .text = "{\"error\":\"partial write: dropped=9\"}"},
                            0});
    assert_int_equal(write_vms(&s, 100, 1), STORE_DONE);
    assert_int_equal(s.err.refused_rows, 1);
    assert_int_equal(stored_vms(&s, 100), 99);
    assert_true(s.peer.requests < 20);
    finish(&s);
}

/* All rows are a little bad: narrowed down as far as the requests last, the rest as it is told. */
static void test_partial_writes_are_bounded(void **state)
{
    (void)state;
    struct stage s;
    begin(&s, (struct rule){"moid=", {.status = 400, .text = "partial write: dropped=1"}, 0});
    assert_int_equal(write_vms(&s, 500, 1), STORE_DONE);
    assert_true(s.peer.requests <= 70);
    assert_true(s.err.refused_rows >= 32 && s.err.refused_rows < 100);
    finish(&s);
}

/* A server that refuses the whole body for one bad row: narrowed down, the others are stored. */
static void test_bad_row_is_isolated(void **state)
{
    (void)state;
    static const int statuses[] = {400, 422};
    for (size_t i = 0; i < 2; i++) {
        struct stage s;
        begin(&s, (struct rule){"moid=vm-37,", {.status = statuses[i], .text = "no"}, 0});
        assert_int_equal(write_vms(&s, 100, 1), STORE_DONE);
        assert_int_equal(s.err.refused_rows, 1);
        assert_int_equal(stored_vms(&s, 100), 99);
        assert_true(s.peer.requests < 20);
        assert_string_equal(s.err.message, statuses[i] == 400 ? "HTTP 400: no" : "HTTP 422: no");
        finish(&s);
    }
}

/* Everything bad: it ends after a bounded number of requests. */
static void test_all_bad_is_bounded(void **state)
{
    (void)state;
    struct stage s;
    begin(&s, (struct rule){"moid=", {.status = 400, .text = "no"}, 0});
    assert_int_equal(write_vms(&s, 500, 1), STORE_REFUSED);
    assert_true(s.peer.requests <= 70);
    finish(&s);
}

static void test_too_large(void **state)
{
    (void)state;
    struct stage s;
    begin(&s, (struct rule){.largest = 100000});
    assert_int_equal(write_vms(&s, 400, 1), STORE_DONE);
    assert_int_equal(s.err.refused_rows, 0);
    assert_int_equal(stored_vms(&s, 400), 400);
    assert_true(s.largest_seen > 100000);
    set_rule(&s, s.rule);
    int requests = s.peer.requests;
    assert_int_equal(write_vms(&s, 400, 2), STORE_DONE); /* has learned */
    assert_true(s.largest_seen < 200000);
    assert_true(s.peer.requests - requests <= requests);
    finish(&s);
}

/* A 500 for one row for ever: after some tries the others are stored and it is given up. */
static void test_500_for_one_row(void **state)
{
    (void)state;
    struct stage s;
    begin(&s, (struct rule){"moid=vm-5,", {.status = 500, .text = "panic"}, 0});
    for (int i = 1; i <= 4; i++)
        assert_int_equal(write_vms(&s, 64, 9), STORE_AGAIN);
    assert_int_equal(s.peer.requests, 4);
    assert_int_equal(write_vms(&s, 64, 9), STORE_DONE);
    assert_int_equal(s.err.refused_rows, 1);
    assert_int_equal(stored_vms(&s, 64), 63);
    finish(&s);
}

/* A server that answers 500 to everything is sick: it gets more patience, but not for ever. */
static void test_500_for_ever(void **state)
{
    (void)state;
    struct stage s;
    begin(&s, (struct rule){"moid=", {.status = 500, .text = "engine: no space left"}, 0});
    for (int seq = 1; seq <= 2; seq++) {
        int tries = 1;
        while (tries < 1000 && write_vms(&s, 8, seq) == STORE_AGAIN)
            tries++;
        assert_int_equal(tries, 20);
        assert_non_null(strstr(s.err.message, "no space left"));
    }
    assert_int_equal(write_vms(&s, 8, 3), STORE_AGAIN);
    set_rule(&s, (struct rule){0}); /* well again: nothing lost */
    assert_int_equal(write_vms(&s, 8, 3), STORE_DONE);
    assert_int_equal(s.err.refused_rows, 0);
    finish(&s);
}

/* Nobody listens: again, and once what was accepted but not settled is asked for again. */
static void test_connection_lost(void **state)
{
    (void)state;
    struct stage s;
    begin(&s, (struct rule){0});
    assert_int_equal(write_vms(&s, 2, 5), STORE_DONE);
    assert_true(s.durable < 5); /* not yet: the server may keep it in memory */
    assert_int_equal(write_vms(&s, 2, 6), STORE_DONE);
    set_rule(&s, (struct rule){"moid=", {.status = 0}, 0});
    assert_int_equal(write_vms(&s, 2, 7), STORE_AGAIN);
    assert_int_equal(s.err.rewind, 1);
    assert_int_equal(write_vms(&s, 2, 5), STORE_AGAIN);
    assert_int_equal(s.err.rewind, 0); /* nothing accepted since */
    set_rule(&s, (struct rule){0});
    for (int64_t seq = 5; seq <= 7; seq++)
        assert_int_equal(write_vms(&s, 2, seq), STORE_DONE);
    int64_t durable = -1;
    assert_int_equal(store_influxdb.flush(s.store, 0, &durable, &s.err), STORE_DONE);
    assert_true(durable < 5);
    assert_int_equal(store_influxdb.flush(s.store, 1, &durable, &s.err), STORE_DONE);
    assert_int_equal(durable, 7);
    finish(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_partial_writes),
        cmocka_unit_test(test_partial_write_is_narrowed),
        cmocka_unit_test(test_partial_writes_are_bounded),
        cmocka_unit_test(test_bad_row_is_isolated),
        cmocka_unit_test(test_all_bad_is_bounded),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_500_for_one_row),
        cmocka_unit_test(test_500_for_ever),
        cmocka_unit_test(test_connection_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
