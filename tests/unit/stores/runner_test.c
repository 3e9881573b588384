/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The runner over a driver that does what a script says.
 */
#include "stores/runner_lab.h"

static void test_all_goes_well(void **state)
{
    (void)state;
    struct stage s;
    begin(&s, LINES({.outcome = STORE_DONE}), 3);
    start(&s);
    wait_cursor(&s, 3);
    stop(&s, 5000);
    WRITTEN(&s, 1, 2, 3);
    assert_int_equal(metric_get(s.set, METRIC_STORE_UP), 1);
    assert_int_equal(metric_get(s.set, METRIC_STORE_ROWS), 9);
    assert_int_equal(metric_get(s.set, METRIC_STORE_BYTES), 90);
    assert_int_equal(metric_get(s.set, METRIC_STORE_VALUES), 3 * 3 * 9); /* without per-vCPU ones */
    assert_int_equal(metric_get(s.set, METRIC_STORE_RETRIES), 0);
    assert_int_equal(metric_get(s.set, METRIC_STORE_BACKLOG), 0);
    assert_int_equal(s.fake.final_flushes, 1);
    finish(&s);
}

static void test_again_then_done(void **state)
{
    (void)state;
    struct stage s;
    begin(&s,
          LINES({.outcome = STORE_AGAIN}, {.outcome = STORE_AGAIN}, {.outcome = STORE_AGAIN},
                {.outcome = STORE_DONE}),
          2);
    start(&s);
    wait_cursor(&s, 2);
    stop(&s, 5000);
    WRITTEN(&s, 1, 1, 1, 1, 2);
    assert_int_equal(metric_get(s.set, METRIC_STORE_RETRIES), 3);
    assert_int_equal(metric_get(s.set, METRIC_STORE_UP), 1);
    finish(&s);
}

/* Each wait is between half and all of a step that doubles up to the last. */
static void test_back_off_grows(void **state)
{
    (void)state;
    struct stage s;
    begin(&s, LINES({.outcome = STORE_AGAIN}), 1);
    start(&s);
    wait_writes(&s, 9);
    assert_int_equal(metric_get(s.set, METRIC_STORE_UP), 0);
    assert_int_equal(metric_get(s.set, METRIC_STORE_BACKLOG), 1);
    stop(&s, 0);
    assert_int_equal(journal_cursor(s.journal, "fake"), 0);
    static const int64_t least[] = {1, 2, 4, 8, 8, 8, 8};
    for (size_t i = 0; i < sizeof least / sizeof *least; i++)
        assert_true(s.fake.times[i + 1] - s.fake.times[i] >= least[i]);
    finish(&s);
}

static void test_retry_after(void **state)
{
    (void)state;
    struct stage s;
    begin(&s,
          LINES({.outcome = STORE_AGAIN, .retry_after_ms = 45},
                {.outcome = STORE_AGAIN, .retry_after_ms = 3600000}, {.outcome = STORE_DONE}),
          1);
    start(&s);
    wait_cursor(&s, 1);
    stop(&s, 5000);
    assert_int_equal(s.fake.nwrites, 3);
    assert_true(s.fake.times[1] - s.fake.times[0] >= 44);
    assert_true(s.fake.times[2] - s.fake.times[1] >= 59); /* the cap */
    assert_true(s.fake.times[2] - s.fake.times[1] < 20000);
    finish(&s);
}

static void test_refused(void **state)
{
    (void)state;
    struct stage s;
    begin(&s,
          LINES({.outcome = STORE_DONE}, {.outcome = STORE_REFUSED},
                {.outcome = STORE_DONE, .refused_rows = 1}, {.outcome = STORE_REFUSED}),
          4);
    start(&s);
    wait_cursor(&s, 4); /* the last, refused, does not stay in the journal */
    stop(&s, 5000);
    WRITTEN(&s, 1, 2, 3, 4);
    assert_int_equal(metric_get(s.set, METRIC_STORE_REFUSED), 3 + 1 + 3);
    assert_int_equal(metric_get(s.set, METRIC_STORE_ROWS), 3 + 2);
    finish(&s);
}

/* Held, not dropped, and tried again after the hold. */
static void test_bad_setup(void **state)
{
    (void)state;
    struct stage s;
    begin(
        &s,
        LINES({.outcome = STORE_BAD_SETUP}, {.outcome = STORE_BAD_SETUP}, {.outcome = STORE_DONE}),
        2);
    start(&s);
    wait_cursor(&s, 2);
    stop(&s, 5000);
    WRITTEN(&s, 1, 1, 1, 2);
    assert_true(s.fake.times[1] - s.fake.times[0] >= 39);
    assert_true(s.fake.times[2] - s.fake.times[1] >= 39);
    finish(&s);
}

/* What is taken but not durable stays in the journal; a flush may make it durable. */
static void test_durable_lags(void **state)
{
    (void)state;
    struct stage s;
    begin(&s, LINES({.outcome = STORE_DONE, .lag = 2}), 5);
    start(&s);
    wait_writes(&s, 5);
    wait_cursor(&s, 3);
    usleep(30000); /* some idle flushes that make nothing durable */
    assert_int_equal(journal_cursor(s.journal, "fake"), 3);
    assert_int_equal(metric_get(s.set, METRIC_STORE_BACKLOG), 0); /* nothing waits to be written */
    pthread_mutex_lock(&s.fake.lock);
    s.fake.flush_makes_durable = 1;
    pthread_mutex_unlock(&s.fake.lock);
    wait_cursor(&s, 5);
    stop(&s, 5000);
    WRITTEN(&s, 1, 2, 3, 4, 5);
    finish(&s);
}

static void test_final_flush(void **state)
{
    (void)state;
    struct stage s;
    begin(&s, LINES({.outcome = STORE_DONE, .lag = 100}), 5);
    start(&s);
    wait_writes(&s, 5);
    assert_int_equal(journal_cursor(s.journal, "fake"), 0);
    stop(&s, 5000);
    assert_int_equal(journal_cursor(s.journal, "fake"), 5);
    finish(&s);
}

/* A refused batch behind some that are not durable waits with them. */
static void test_refused_behind_a_lag(void **state)
{
    (void)state;
    struct stage s;
    begin(&s, LINES({.outcome = STORE_DONE, .lag = 100}, {.outcome = STORE_REFUSED}), 2);
    start(&s);
    wait_writes(&s, 2);
    usleep(20000);
    assert_int_equal(journal_cursor(s.journal, "fake"), 0);
    stop(&s, 5000);
    assert_int_equal(journal_cursor(s.journal, "fake"), 2);
    finish(&s);
}

/* A store that may have lost what was not durable gets it again. */
static void test_rewind(void **state)
{
    (void)state;
    struct stage s;
    begin(&s,
          LINES({.outcome = STORE_DONE}, {.outcome = STORE_DONE, .lag = 1},
                {.outcome = STORE_DONE, .lag = 2}, {.outcome = STORE_AGAIN, .rewind = 1},
                {.outcome = STORE_DONE}),
          4);
    start(&s);
    wait_cursor(&s, 4);
    stop(&s, 5000);
    WRITTEN(&s, 1, 2, 3, 4, 2, 3, 4);
    finish(&s);
}

/* After a restart it goes on where it was durable. */
static void test_restart(void **state)
{
    (void)state;
    struct stage s;
    begin(&s, LINES({.outcome = STORE_DONE}, {.outcome = STORE_AGAIN}), 3);
    start(&s);
    wait_writes(&s, 3);
    stop(&s, 0);
    s.fake.nwrites = s.fake.at = 0;
    s.fake.lines = (const struct line[]){{.outcome = STORE_DONE}};
    s.fake.nlines = 1;
    s.fake.canceled = 0;
    start(&s);
    wait_cursor(&s, 3);
    stop(&s, 5000);
    WRITTEN(&s, 2, 3);
    finish(&s);
}

/* Stopping delivers what is there. */
static void test_stop_drains(void **state)
{
    (void)state;
    struct stage s;
    begin(&s, LINES({.outcome = STORE_DONE}), 100);
    start(&s);
    stop(&s, 20000);
    assert_int_equal(journal_cursor(s.journal, "fake"), 100);
    finish(&s);
}

/* A store that hangs cannot hold up the end. */
static void test_stop_is_bounded(void **state)
{
    (void)state;
    struct stage s;
    begin(&s, LINES({.outcome = STORE_DONE}), 3);
    s.fake.block = 1;
    start(&s);
    wait_writes(&s, 1);
    int64_t begun = mono_now().ms;
    stop(&s, 50);
    assert_true(mono_now().ms - begun < 5000);
    assert_int_equal(s.fake.nwrites, 1);
    assert_int_equal(s.fake.final_flushes, 1);
    assert_int_equal(journal_cursor(s.journal, "fake"), 0);
    finish(&s);
}

/* Neither can a long back-off, which gets one last chance. */
static void test_stop_in_back_off(void **state)
{
    (void)state;
    struct stage s;
    struct store_error err;
    struct runner_timing slow = quick;
    slow.first_wait = slow.last_wait = slow.hold = 60000;
    begin(&s, LINES({.outcome = STORE_AGAIN}, {.outcome = STORE_DONE}), 1);
    assert_int_equal(store_runner_start_timed(&fake_ops, &s.fake, &options, s.journal, s.set, &slow,
                                              &s.runner, &err),
                     0);
    wait_writes(&s, 1);
    usleep(20000);
    int64_t begun = mono_now().ms;
    stop(&s, 20000);
    assert_true(mono_now().ms - begun < 10000);
    assert_int_equal(journal_cursor(s.journal, "fake"), 1);
    finish(&s);
}

/* Nor do several of them wait one after the other. */
static void test_stop_of_several(void **state)
{
    (void)state;
    enum { STORES = 4, PATIENCE = 300 };
    struct stage s;
    struct store_error err;
    struct store_runner *more[STORES];
    begin(&s, LINES({.outcome = STORE_AGAIN}), 1);
    for (size_t i = 0; i < STORES; i++)
        assert_int_equal(store_runner_start_timed(&fake_ops, &s.fake, &options, s.journal, s.set,
                                                  &quick, &more[i], &err),
                         0);
    wait_writes(&s, STORES);
    journal_stop(s.journal);
    int64_t begun = mono_now().ms;
    for (size_t i = 0; i < STORES; i++)
        store_runner_begin_stop(more[i], PATIENCE);
    for (size_t i = 0; i < STORES; i++)
        store_runner_stop(more[i], PATIENCE);
    int64_t took = mono_now().ms - begun;
    assert_true(took >= PATIENCE);
    assert_true(took < INT64_C(2) * PATIENCE);
    assert_int_equal(journal_cursor(s.journal, "fake"), 0);
    finish(&s);
}

static void test_stop_null(void **state)
{
    (void)state;
    store_runner_begin_stop(NULL, 10);
    store_runner_stop(NULL, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_goes_well),
        cmocka_unit_test(test_again_then_done),
        cmocka_unit_test(test_back_off_grows),
        cmocka_unit_test(test_retry_after),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_bad_setup),
        cmocka_unit_test(test_durable_lags),
        cmocka_unit_test(test_final_flush),
        cmocka_unit_test(test_refused_behind_a_lag),
        cmocka_unit_test(test_rewind),
        cmocka_unit_test(test_restart),
        cmocka_unit_test(test_stop_drains),
        cmocka_unit_test(test_stop_is_bounded),
        cmocka_unit_test(test_stop_in_back_off),
        cmocka_unit_test(test_stop_of_several),
        cmocka_unit_test(test_stop_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
