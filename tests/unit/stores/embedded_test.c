/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* The embedded store when all is well. */
#include "stores/embedded_lab.h"

#include <sqlite3.h>

/* ---- points ---- */

static void test_in_memory(void **state)
{
    struct bench *b = *state;
    put_grid(b, D0, 1, 400); /* three hours */
    assert_grid(b, D0, 1, 400);
    assert_int_equal(b->durable, 0);
    assert_int_equal(count_files(b->folder, "*"), 1); /* the folder itself */
}

static void test_bounds(void **state)
{
    struct bench *b = *state;
    struct embedded_point none, *got = &none;
    const struct embedded_point want[] = {{{D0 + 4 * STEP}, 16}, {{D0 + 5 * STEP}, 25}};
    put_grid(b, D0, 1, 10);
    for (int flushed = 0; flushed < 2; flushed++) {
        assert_points(b, "vm-1", D0 + 3 * STEP, D0 + 5 * STEP, want, 2);
        assert_points(b, "vm-1", D0 + 3 * STEP + 1, D0 + 6 * STEP - 1, want, 2);
        assert_int_equal(query(b, "vm-1", FORM_TOTAL, D0 + 9 * STEP, INT64_MAX, &got), 0);
        assert_null(got);
        assert_int_equal(query(b, "vm-1", FORM_TOTAL, INT64_MIN, D0, &got), 0);
        assert_int_equal(query(b, "vm-1", FORM_TOTAL, INT64_MAX, INT64_MIN, &got), 0);
        assert_int_equal(query(b, "vm-1", FORM_WORST, 0, INT64_MAX, &got), 0);
        assert_int_equal(query(b, "vm-2", FORM_TOTAL, 0, INT64_MAX, &got), 0);
        flush(b);
    }
}

static void test_over_hours_and_days(void **state)
{
    struct bench *b = *state;
    int64_t start = D0 + DAY - 2 * HOUR; /* through midnight */
    put_grid(b, start, 0, 500);
    flush(b);
    assert_int_equal(count_files(b->folder, "2021-11-18.sqlite"), 1);
    assert_int_equal(count_files(b->folder, "2021-11-19.sqlite"), 1);
    assert_int_equal(count_files(b->folder, "*.sqlite"), 2);
    assert_grid(b, start, 0, 500);
    put_grid(b, start, 500, 900); /* part in files, part in memory */
    assert_grid(b, start, 0, 900);
    flush(b);
    assert_grid(b, start, 0, 900);
    reopen(b);
    assert_grid(b, start, 0, 900);
}

static void test_extreme_values_and_times(void **state)
{
    struct bench *b = *state;
    static const struct embedded_point want[] = {
        {{D0}, INT64_MIN + 1},        {{D0 + 1}, INT64_MAX},        {{D0 + 7777}, 0},
        {{D0 + HOUR - 1}, INT64_MAX}, {{D0 + HOUR}, INT64_MIN + 1},
    };
    struct entity entity = vm("vm-1", "one");
    for (size_t i = 0; i < 5; i++)
        put(b, &entity, want[i].time.ms, want[i].ticks);
    assert_points(b, "vm-1", 0, INT64_MAX, want, 5);
    flush(b);
    assert_points(b, "vm-1", 0, INT64_MAX, want, 5);
}

/* Late, repeated and corrected rows: in memory, in a file, and in both. */
static void test_late_and_repeated(void **state)
{
    struct bench *b = *state;
    struct entity entity = vm("vm-1", "one");
    for (int flushed = 0; flushed < 2; flushed++) {
        int64_t start = D0 + 2 * HOUR * flushed;
        put(b, &entity, start + 5 * STEP, 5);
        put(b, &entity, start + 2 * HOUR - STEP, 9);
        if (flushed)
            flush(b);
        put(b, &entity, start + 3 * STEP, 3);
        put(b, &entity, start + 5 * STEP, 55);
        put(b, &entity, start + 1 * STEP, 1);
        put(b, &entity, start + 1 * STEP, 1);
        put(b, &entity, start + 4 * STEP, 4);
        put(b, &entity, start + 2 * HOUR - STEP, 99);
        put(b, &entity, start + 2 * HOUR - STEP, 999);
        const struct embedded_point want[] = {
            {{start + 1 * STEP}, 1},  {{start + 3 * STEP}, 3},          {{start + 4 * STEP}, 4},
            {{start + 5 * STEP}, 55}, {{start + 2 * HOUR - STEP}, 999},
        };
        assert_points(b, "vm-1", start, start + 2 * HOUR, want, 5);
        flush(b);
        assert_points(b, "vm-1", start, start + 2 * HOUR, want, 5);
        reopen(b);
        assert_points(b, "vm-1", start, start + 2 * HOUR, want, 5);
    }
}

/* Samples as they came are not kept: the row is as it is without them. */
static void test_raw(void **state)
{
    struct bench *b = *state;
    struct entity entity = vm("vm-1", "one"), other = vm("vm-2", "two");
    struct row_batch batch;
    struct embedded_stats stats;
    const struct embedded_point want[] = {{{D0}, 5}, {{D0 + STEP}, 6}};
    row_batch_init(&batch);
    for (int i = 0; i < 2; i++) {
        row_batch_row(&batch, &entity, (struct server_time){D0 + i * STEP}, 20);
        row_batch_value(&batch, Q_CPU_READY, FORM_TOTAL, 0, 5 + i);
        row_batch_value(&batch, Q_CPU_READY, FORM_INSTANCE, 0, -5 - i);
        for (unsigned k = 0; k < 4 - (unsigned)i; k++)
            row_batch_raw(&batch, row_batch_raw_counter(&batch, "net.usage.average", "number"),
                          row_batch_raw_instance(&batch, k ? "a" : ""), 7);
    }
    row_batch_row(&batch, &other, (struct server_time){D0}, 20); /* of nothing else */
    row_batch_raw(&batch, 0, 0, 7);
    must_write(b, &batch);
    row_batch_free(&batch);
    assert_points(b, "vm-1", 0, INT64_MAX, want, 2);
    assert_latest(b, "vm-1", "one", D0 + STEP, 6);
    embedded_stats(b->store, &stats);
    assert_int_equal(stats.series, 2);
    flush(b);
    reopen(b);
    assert_points(b, "vm-1", 0, INT64_MAX, want, 2);
    embedded_stats(b->store, &stats);
    assert_int_equal(stats.series, 2);
}

/* Killed without a last flush: what *durable had promised is there, the journal repeats the rest,
 * and some of what was safe as well. */
static void test_kill(void **state)
{
    struct bench *b = *state;
    put_grid(b, D0, 0, 200);
    flush(b);
    int64_t safe = b->durable;
    put_grid(b, D0, 200, 260);
    assert_int_equal(b->durable, safe);
    reopen(b);
    assert_grid(b, D0, 0, 200);
    put_grid(b, D0, 190, 300);
    assert_int_equal(b->durable, b->seq - 110); /* what was before its first batch */
    assert_grid(b, D0, 0, 300);
    flush(b);
    assert_grid(b, D0, 0, 300);
}

/* A row of another shape (a refused one has its status alone) in between. */
static void test_changing_series(void **state)
{
    struct bench *b = *state;
    struct entity entity = vm("vm-1", "one");
    struct row_batch batch;
    row_batch_init(&batch);
    for (int i = 0; i < 9; i++) {
        row_batch_row(&batch, &entity, (struct server_time){D0 + i * STEP}, 20);
        row_batch_value(&batch, Q_CPU_STATUS_USAGE, FORM_TOTAL, 0, i % 3 == 1);
        if (i % 3 != 1)
            row_batch_value(&batch, Q_CPU_READY, FORM_TOTAL, 0, i);
    }
    must_write(b, &batch);
    row_batch_free(&batch);
    const struct embedded_key key = {"0001", "vm-1", Q_CPU_STATUS_USAGE, FORM_TOTAL, 0};
    for (int flushed = 0; flushed < 2; flushed++) {
        struct embedded_point *got;
        size_t n;
        assert_int_equal(query(b, "vm-1", FORM_TOTAL, 0, INT64_MAX, &got), 6);
        assert_int_equal(got[1].ticks, 2);
        assert_int_equal(got[5].ticks, 8);
        free(got);
        assert_int_equal(embedded_query(b->store, &key, (struct server_time){0},
                                        (struct server_time){INT64_MAX}, &got, &n, &b->err),
                         0);
        assert_int_equal(n, 9);
        for (int i = 0; i < 9; i++)
            assert_int_equal(got[i].ticks, i % 3 == 1);
        free(got);
        flush(b);
    }
    struct embedded_stats stats; /* two series of one hour, each written once */
    embedded_stats(b->store, &stats);
    assert_int_equal(stats.chunks_written, 2);
}

/* Many rows of random shapes, times and entities against a plain table. */
static void test_random(void **state)
{
    enum { VMS = 3, SLOTS = 700, ROUNDS = 5000 };
    static int64_t truth[VMS][SLOTS]; /* 0 = none */
    static const char *const moids[VMS] = {"vm-1", "vm-2", "vm-3"};
    struct bench *b = *state;
    int64_t start = D0 + DAY - 2 * HOUR;
    unsigned seed = 7;
    memset(truth, 0, sizeof truth);
    for (int round = 0; round < ROUNDS; round++) {
        int v = rand_r(&seed) % VMS, slot = rand_r(&seed) % SLOTS;
        struct entity entity = vm(moids[v], "x");
        truth[v][slot] = 1 + rand_r(&seed) % 1000;
        put(b, &entity, start + slot * STEP, truth[v][slot]);
        if (rand_r(&seed) % 500 == 0)
            flush(b);
        if (rand_r(&seed) % 1500 == 0) {
            flush(b);
            reopen(b);
        }
    }
    for (int v = 0; v < VMS; v++) {
        struct embedded_point want[SLOTS];
        size_t n = 0;
        for (int slot = 0; slot < SLOTS; slot++)
            if (truth[v][slot])
                want[n++] = (struct embedded_point){{start + slot * STEP}, truth[v][slot]};
        assert_points(b, moids[v], 0, INT64_MAX, want, n);
    }
}

/* ---- the newest rows ---- */

static bool is_called(const void *ctx, const struct entity *entity)
{
    assert_string_equal(entity->vcenter_uuid, "0001");
    return strcmp(entity->label[LABEL_MOID], ctx) == 0;
}

static void test_latest(void **state)
{
    struct bench *b = *state;
    struct entity one = vm("vm-1", "one"), two = vm("vm-2", "two"), renamed = vm("vm-1", "uno");
    struct row_batch batch;
    int64_t start = D0 + 5 * HOUR; /* vm-2's newest is in the hour before */
    put(b, &one, start, 1);
    put(b, &two, start - STEP, 2);
    assert_latest(b, "vm-1", "one", start, 1);
    put(b, &renamed, start + STEP, 3);
    put(b, &one, start - 3 * STEP, 4); /* late: neither value nor name */
    for (int reopened = 0; reopened < 3; reopened++) {
        assert_latest(b, "vm-1", "uno", start + STEP, 3);
        assert_latest(b, "vm-2", "two", start - STEP, 2);
        assert_int_equal(embedded_latest(b->store, 2 * STEP, &batch, &b->err), 0);
        assert_int_equal(batch.nrows, 2);
        row_batch_free(&batch);
        assert_int_equal(
            embedded_latest_some(b->store, 2 * STEP, is_called, "vm-2", &batch, &b->err), 0);
        assert_int_equal(batch.nrows, 1);
        assert_string_equal(batch.rows[0].entity->label[LABEL_MOID], "vm-2");
        row_batch_free(&batch);
        assert_int_equal(embedded_latest(b->store, 2 * STEP - 1, &batch, &b->err), 0);
        assert_int_equal(batch.nrows, 1);
        assert_string_equal(batch.rows[0].entity->label[LABEL_MOID], "vm-1");
        row_batch_free(&batch);
        assert_int_equal(embedded_latest_of(b->store, "vc1", "vm-3", &batch, &b->err), 0);
        assert_int_equal(batch.nrows, 0);
        row_batch_free(&batch);
        assert_int_equal(embedded_latest_of(b->store, "vc2", "vm-1", &batch, &b->err), 0);
        assert_int_equal(batch.nrows, 0);
        row_batch_free(&batch);
        flush(b);
        reopen(b);
    }
}

/* An entity that is silent for a day while its vCenter is not leaves memory, not the files. */
static void test_silent_entity(void **state)
{
    struct bench *b = *state;
    struct entity one = vm("vm-1", "one"), two = vm("vm-2", "two");
    struct row_batch batch;
    struct embedded_point *got;
    put(b, &one, D0, 1);
    put(b, &two, D0 + DAY + STEP, 2);
    flush(b);
    assert_int_equal(embedded_latest(b->store, INT64_MAX, &batch, &b->err), 0);
    assert_int_equal(batch.nrows, 1);
    row_batch_free(&batch);
    assert_int_equal(query(b, "vm-1", FORM_TOTAL, 0, INT64_MAX, &got), 1);
    free(got);
    put(b, &one, D0 + DAY + 2 * STEP, 3);
    assert_latest(b, "vm-1", "one", D0 + DAY + 2 * STEP, 3);
}

static void test_labels_in_file(void **state)
{
    struct bench *b = *state;
    char path[100];
    struct entity one = vm("vm-1", "one"), renamed = vm("vm-1", "uno");
    put(b, &one, D0, 1);
    flush(b);
    put(b, &renamed, D0 + STEP, 1);
    flush(b);
    snprintf(path, sizeof path, "%s/2021-11-18.sqlite", b->folder);
    sqlite3 *db;
    sqlite3_stmt *s;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db,
                           "SELECT e.vm, q.name, q.unit, q.scale, c.n, c.t0 FROM chunk c JOIN "
                           "series s ON s.id=c.series JOIN entity e ON e.id=s.entity JOIN "
                           "quantity q ON q.id=s.quantity WHERE s.form=0",
                           -1, &s, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(s, 0), "uno");
    assert_string_equal((const char *)sqlite3_column_text(s, 1), "cpu.ready");
    assert_string_equal((const char *)sqlite3_column_text(s, 2), "ratio");
    assert_int_equal(sqlite3_column_int64(s, 3), RATIO_SCALE);
    assert_int_equal(sqlite3_column_int64(s, 4), 2);
    assert_int_equal(sqlite3_column_int64(s, 5), D0 / 1000);
    assert_int_equal(sqlite3_step(s), SQLITE_DONE);
    sqlite3_finalize(s);
    sqlite3_close(db);
}

/* ---- retention and refusals ---- */

static void test_retention(void **state)
{
    struct bench *b = *state;
    struct entity one = vm("vm-1", "one");
    struct embedded_point *got;
    for (int day = 0; day < 7; day++)
        put(b, &one, D0 + day * DAY, day);
    flush(b);
    put(b, &one, D0 + 7 * DAY, 7);
    flush(b);
    assert_int_equal(count_files(b->folder, "*.sqlite"), 8); /* today and seven whole days */
    put(b, &one, D0 + 9 * DAY, 9);
    flush(b);
    assert_int_equal(count_files(b->folder, "*.sqlite"), 7);
    assert_int_equal(count_files(b->folder, "2021-11-18*"), 0);
    assert_int_equal(count_files(b->folder, "2021-11-19*"), 0);
    assert_int_equal(query(b, "vm-1", FORM_TOTAL, 0, INT64_MAX, &got), 7);
    assert_int_equal(got[0].ticks, 2);
    free(got);
    put(b, &one, D0 + DAY, 1); /* too late */
    assert_int_equal(b->err.refused_rows, 1);
    assert_non_null(strstr(b->err.message, "retention"));
    put(b, &one, D0 + 2 * DAY + STEP, 2);
    assert_int_equal(b->err.refused_rows, 0);
    put(b, &one, 0, 1); /* no time */
    assert_int_equal(b->err.refused_rows, 1);
    put(b, &one, INT64_MAX, 1);
    assert_int_equal(b->err.refused_rows, 1);
    flush(b);
    assert_int_equal(count_files(b->folder, "*.sqlite"), 7);
}

/* One server's clock in the far future must not cost the others their files. */
static void test_future_clock(void **state)
{
    struct bench *b = *state;
    struct entity one = vm("vm-1", "one"), two = vm("vm-2", "two");
    struct embedded_point *got;
    int64_t now = wall_now().ms;
    put(b, &one, now, 1);
    flush(b);
    put(b, &two, now + 3000 * DAY, 2);
    flush(b);
    put(b, &one, now + STEP, 2);
    assert_int_equal(b->err.refused_rows, 0);
    flush(b);
    assert_int_equal(query(b, "vm-1", FORM_TOTAL, 0, INT64_MAX, &got), 2);
    free(got);
}

/* ---- opening, flushing, figures ---- */

static void test_open_and_probe(void **state)
{
    struct bench *b = *state;
    char path[100];
    void *store = NULL;
    struct store_options options = b->options;
    assert_int_equal(store_embedded.probe(b->store, &b->err), 0);
    options.path = "";
    assert_int_equal(store_embedded.open(&options, &store, &b->err), -1);
    assert_null(store);
    /* A folder that is not there yet is made by the first flush, not before. */
    snprintf(path, sizeof path, "%s/new", b->folder);
    options.path = path;
    assert_int_equal(store_embedded.open(&options, &store, &b->err), 0);
    assert_int_equal(store_embedded.probe(store, &b->err), 0);
    assert_int_equal(access(path, F_OK), -1);
    store_embedded.close(store);
    /* A file is no folder; a folder in nothing cannot be made. */
    fclose(fopen(path, "w"));
    assert_int_equal(store_embedded.open(&options, &store, &b->err), -1);
    assert_non_null(strstr(b->err.message, path));
    options.path = "/nowhere/at/all";
    assert_int_equal(store_embedded.open(&options, &store, &b->err), 0);
    assert_int_equal(store_embedded.probe(store, &b->err), -1);
    assert_non_null(strstr(b->err.message, "/nowhere/at"));
    store_embedded.close(store);
}

static void test_flush_when_due(void **state)
{
    struct bench *b = *state;
    b->options.flush_seconds = 0;
    reopen(b);
    put_grid(b, D0, 0, 3);
    assert_int_equal(b->durable, b->seq);
    b->options.flush_seconds = 300;
    reopen(b);
    put_grid(b, D0, 3, 5);
    assert_int_equal(store_embedded.flush(b->store, 0, &b->durable, &b->err), STORE_DONE);
    assert_int_equal(b->durable, b->seq - 2);
    /* A batch without rows holds nothing back. */
    flush(b);
    struct row_batch batch;
    row_batch_init(&batch);
    must_write(b, &batch);
    assert_int_equal(b->durable, b->seq);
    row_batch_free(&batch);
}

static void test_stats(void **state)
{
    struct bench *b = *state;
    struct embedded_stats stats;
    embedded_stats(b->store, &stats);
    assert_int_equal(stats.oldest.ms, 0);
    assert_int_equal(stats.newest.ms, 0);
    put_grid(b, D0 + HOUR, 1, 11);
    embedded_stats(b->store, &stats);
    assert_int_equal(stats.series, 2);
    assert_int_equal(stats.points_in_memory, 20);
    assert_int_equal(stats.file_bytes, 0);
    assert_int_equal(stats.oldest.ms, D0 + HOUR);
    assert_int_equal(stats.newest.ms, D0 + HOUR + 10 * STEP);
    flush(b);
    reopen(b);
    flush(b);
    embedded_stats(b->store, &stats);
    assert_int_equal(stats.series, 2);
    assert_int_equal(stats.points_in_memory, 0);
    assert_in_range(stats.file_bytes, 8192, 1 << 20);
    assert_int_equal(stats.oldest.ms, D0 + HOUR);
    assert_int_equal(stats.newest.ms, D0 + HOUR + 10 * STEP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(test_in_memory),
        STORE_TEST(test_bounds),
        STORE_TEST(test_over_hours_and_days),
        STORE_TEST(test_extreme_values_and_times),
        STORE_TEST(test_late_and_repeated),
        STORE_TEST(test_raw),
        STORE_TEST(test_kill),
        STORE_TEST(test_changing_series),
        STORE_TEST(test_random),
        STORE_TEST(test_latest),
        STORE_TEST(test_silent_entity),
        STORE_TEST(test_labels_in_file),
        STORE_TEST(test_retention),
        STORE_TEST(test_future_clock),
        STORE_TEST(test_open_and_probe),
        STORE_TEST(test_flush_when_due),
        STORE_TEST(test_stats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
