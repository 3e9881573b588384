/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What the runner leaves out of batches before a driver sees them.
 */
#include "stores/runner_lab.h"

#include "stores/dead_letters.h"

/* The store sees what its selectors leave; of a batch of which nothing is left it hears nothing. */
static void test_filtered(void **state)
{
    (void)state;
    struct stage s;
    struct store_options some = options, none = options;
    some.include = "form:worst\ncpu.idle";
    some.exclude = "vm:\"web 1\"";
    none.include = "cpu.idle";
    begin(&s, LINES({.outcome = STORE_DONE}), 3);
    start_as(&s, &fake_ops, &some);
    wait_cursor(&s, 3);
    stop(&s, 5000);
    WRITTEN(&s, 1, 2, 3);
    assert_int_equal(metric_get(s.set, METRIC_STORE_ROWS), 3 * 2);
    assert_int_equal(metric_get(s.set, METRIC_STORE_VALUES), 3 * 2 * 2);
    finish(&s);
    begin(&s, LINES({.outcome = STORE_DONE}), 3);
    start_as(&s, &fake_ops, &none);
    wait_cursor(&s, 3);
    stop(&s, 5000);
    assert_int_equal(s.fake.nwrites, 0);
    assert_int_equal(metric_get(s.set, METRIC_STORE_ROWS), 0);
    finish(&s);
}

/* An empty batch behind some that are not durable waits with them. */
static void test_emptied_behind_a_lag(void **state)
{
    (void)state;
    struct stage s;
    struct journal_error err;
    struct store_options some = options;
    some.include = "vm:\"web 0\"";
    begin(&s, LINES({.outcome = STORE_DONE, .lag = 100}), 1);
    struct some_rows *other = some_rows_new(2, 7);
    other->batch.rows++; /* only "web 1" */
    other->batch.nrows--;
    assert_int_equal(journal_commit(s.journal, &other->batch, NULL, 0, &err), 0);
    other->batch.rows--;
    some_rows_free(other);
    start_as(&s, &fake_ops, &some);
    wait_writes(&s, 1);
    usleep(20000);
    assert_int_equal(journal_cursor(s.journal, "fake"), 0);
    stop(&s, 5000);
    assert_int_equal(journal_cursor(s.journal, "fake"), 2);
    WRITTEN(&s, 1);
    finish(&s);
}

static void test_bad_selector(void **state)
{
    (void)state;
    struct stage s;
    struct store_error err;
    struct store_options bad = options;
    bad.exclude = "no such";
    begin(&s, LINES({.outcome = STORE_DONE}), 1);
    assert_int_equal(store_runner_start_timed(&fake_ops, &s.fake, &bad, s.journal, s.set, &quick,
                                              &s.runner, &err),
                     -1);
    assert_non_null(strstr(err.message, "selector \"no such\""));
    finish(&s);
}

static size_t lines_of(const char *path, const char *word)
{
    char line[8192];
    size_t n = 0;
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        n += strstr(line, word) != NULL;
    if (file)
        fclose(file);
    return n;
}

static void of_vcenter(struct some_rows *rows, const char *vcenter)
{
    for (size_t i = 0; i < rows->batch.nrows; i++)
        rows->entities[i].label[LABEL_VCENTER] = vcenter;
}

/* Three VMs of tomorrow, of another vCenter, between batches of today: not sent, but told, even if
 * they come again. */
static void test_held_back(void **state)
{
    (void)state;
    struct stage s;
    struct journal_error err;
    struct store_options some = options;
    char path[128];
    begin(&s,
          LINES({.outcome = STORE_DONE}, {.outcome = STORE_DONE, .lag = 1},
                {.outcome = STORE_AGAIN, .rewind = 1}, {.outcome = STORE_DONE}),
          1);
    for (int i = 0; i < 3; i++) {
        struct some_rows *rows = some_rows_new(3, i == 1 ? wall_now().ms + 86400000 : 2000 + i);
        of_vcenter(rows, i == 1 ? "vc2" : "vc1");
        assert_int_equal(journal_commit(s.journal, &rows->batch, NULL, 0, &err), 0);
        some_rows_free(rows);
    }
    some.dead_letters = dead_letters_new(s.folder.path, "fake", 1 << 20);
    start_as(&s, &fake_ops, &some);
    wait_cursor(&s, 4);
    stop(&s, 5000);
    WRITTEN(&s, 1, 2, 4, 2, 4); /* 3 is that of tomorrow; 2 was lost and comes again with it */
    assert_int_equal(metric_get(s.set, METRIC_STORE_HELD_BACK), 3);
    dead_letters_free(some.dead_letters);
    snprintf(path, sizeof path, "%s/refused-fake.jsonl", s.folder.path);
    assert_int_equal(lines_of(path, "ahead of our clock"), 3);
    assert_int_equal(lines_of(path, "web 2"), 1);
    unlink(path);
    finish(&s);
}

/* Nobody is on time, so the clock that is wrong may be ours: all of it waits, and stays. */
static void test_waits_for_the_clock(void **state)
{
    (void)state;
    struct stage s;
    struct journal_error err;
    int64_t batches = 0, age;
    begin(&s, LINES({.outcome = STORE_DONE}), 0);
    for (int i = 0; i < 2; i++) {
        struct some_rows *rows = some_rows_new(3, wall_now().ms + 86400000 + (int64_t)i * 20000);
        assert_int_equal(journal_commit(s.journal, &rows->batch, NULL, 0, &err), 0);
        some_rows_free(rows);
    }
    start(&s);
    usleep(300000);
    stop(&s, 2000);
    assert_int_equal(s.fake.nwrites, 0);
    assert_int_equal(metric_get(s.set, METRIC_STORE_HELD_BACK), 0);
    journal_backlog(s.journal, "fake", &batches, &age);
    assert_int_equal(batches, 2);
    finish(&s);
}

/* Who is ahead came first: the neighbour behind it does not wait with it. */
static void test_neighbour_behind(void **state)
{
    (void)state;
    struct stage s;
    struct journal_error err;
    begin(&s, LINES({.outcome = STORE_DONE}), 0);
    for (int i = 0; i < 3; i++) {
        struct some_rows *rows = some_rows_new(3, i < 2 ? wall_now().ms + 86400000 : 2000);
        of_vcenter(rows, i < 2 ? "vc2" : "vc1");
        assert_int_equal(journal_commit(s.journal, &rows->batch, NULL, 0, &err), 0);
        some_rows_free(rows);
    }
    start(&s);
    wait_cursor(&s, 3);
    stop(&s, 5000);
    WRITTEN(&s, 3);
    assert_int_equal(metric_get(s.set, METRIC_STORE_HELD_BACK), 6);
    finish(&s);
}

/* A store of our own takes them. */
static void test_takes_future(void **state)
{
    (void)state;
    struct stage s;
    struct journal_error err;
    struct store_ops ours = fake_ops;
    ours.takes_future = 1;
    begin(&s, LINES({.outcome = STORE_DONE}), 0);
    struct some_rows *rows = some_rows_new(3, wall_now().ms + 86400000);
    assert_int_equal(journal_commit(s.journal, &rows->batch, NULL, 0, &err), 0);
    some_rows_free(rows);
    start_as(&s, &ours, &options);
    wait_cursor(&s, 1);
    stop(&s, 5000);
    WRITTEN(&s, 1);
    assert_int_equal(metric_get(s.set, METRIC_STORE_ROWS), 3);
    assert_int_equal(metric_get(s.set, METRIC_STORE_HELD_BACK), 0);
    finish(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_filtered),
        cmocka_unit_test(test_emptied_behind_a_lag),
        cmocka_unit_test(test_bad_selector),
        cmocka_unit_test(test_held_back),
        cmocka_unit_test(test_waits_for_the_clock),
        cmocka_unit_test(test_neighbour_behind),
        cmocka_unit_test(test_takes_future),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
