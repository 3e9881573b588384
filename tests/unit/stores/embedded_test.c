/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The embedded store against files in a temporary folder. Times lie in the past, so that retention
 * follows the rows and not this machine's clock, except where a test says otherwise.
 */
#include "stores/embedded.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#define DAY INT64_C(86400000)
#define HOUR INT64_C(3600000)
#define STEP INT64_C(20000)
#define D0 INT64_C(1637193600000) /* 2021-11-18T00:00:00Z */

struct bench { /* a store in a folder of its own */
    char folder[64];
    struct store_options options;
    void *store;
    int64_t seq, durable;
    bool written; /* since it was opened */
    struct store_error err;
};

static void open_store(struct bench *b)
{
    b->written = false;
    if (store_embedded.open(&b->options, &b->store, &b->err) != 0)
        fail_msg("%s", b->err.message);
}

static void reopen(struct bench *b)
{
    store_embedded.close(b->store);
    open_store(b);
}

static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    if (!b)
        return -1;
    strcpy(b->folder, "/tmp/embedded_test.XXXXXX");
    if (!mkdtemp(b->folder)) {
        free(b);
        return -1;
    }
    b->options = (struct store_options){
        .type = "embedded", .path = b->folder, .retention_days = 7, .flush_seconds = 300};
    open_store(b);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;
    char command[100];
    store_embedded.close(b->store);
    snprintf(command, sizeof command, "rm -r '%s'", b->folder);
    int result = system(command); /* NOLINT: a name of our own making */
    free(b);
    return result;
}

static struct entity vm(const char *moid, const char *name)
{
    return (struct entity){.vcenter_uuid = "0001",
                           .label = {"vc1", "dc", "cluster", "host", name, moid, "uuid"}};
}

static enum store_outcome write_batch(struct bench *b, const struct row_batch *batch)
{
    uint64_t bytes = 0;
    b->err = (struct store_error){0};
    b->written = true;
    return store_embedded.write(b->store, ++b->seq, batch, &b->durable, &bytes, &b->err);
}

static void must_write(struct bench *b, const struct row_batch *batch)
{
    if (write_batch(b, batch) != STORE_DONE)
        fail_msg("%s", b->err.message);
}

/* One row with ready total = ticks and ready of vCPU 0 = -ticks. */
static void put(struct bench *b, const struct entity *entity, int64_t time, int64_t ticks)
{
    struct row_batch batch;
    row_batch_init(&batch);
    row_batch_row(&batch, entity, (struct server_time){time}, 20);
    row_batch_value(&batch, Q_CPU_READY, FORM_TOTAL, 0, ticks);
    row_batch_value(&batch, Q_CPU_READY, FORM_INSTANCE, 0, -ticks);
    must_write(b, &batch);
    row_batch_free(&batch);
}

static void flush(struct bench *b)
{
    if (store_embedded.flush(b->store, 1, &b->durable, &b->err) != STORE_DONE)
        fail_msg("%s", b->err.message);
    if (b->written)
        assert_int_equal(b->durable, b->seq);
}

static size_t query(struct bench *b, const char *moid, enum form form, int64_t from, int64_t to,
                    struct embedded_point **ret)
{
    struct embedded_key key = {"0001", moid, Q_CPU_READY, form, 0};
    size_t n = 99;
    if (embedded_query(b->store, &key, (struct server_time){from}, (struct server_time){to}, ret,
                       &n, &b->err) != 0)
        fail_msg("%s", b->err.message);
    return n;
}

/* Ready of the VM in (from, to] must be these points, and its vCPU's the negative ones. */
static void assert_points(struct bench *b, const char *moid, int64_t from, int64_t to,
                          const struct embedded_point *want, size_t n)
{
    struct embedded_point *total, *vcpu;
    assert_int_equal(query(b, moid, FORM_TOTAL, from, to, &total), n);
    assert_int_equal(query(b, moid, FORM_INSTANCE, from, to, &vcpu), n);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(total[i].time.ms, want[i].time.ms);
        assert_int_equal(total[i].ticks, want[i].ticks);
        assert_int_equal(vcpu[i].time.ms, want[i].time.ms);
        assert_int_equal(vcpu[i].ticks, -want[i].ticks);
    }
    free(total);
    free(vcpu);
}

/* Regular rows of "vm-1": the i-th at start + i * STEP with i * i ticks. */
static void put_grid(struct bench *b, int64_t start, int first, int end)
{
    struct entity entity = vm("vm-1", "one");
    for (int i = first; i < end; i++)
        put(b, &entity, start + i * STEP, (int64_t)i * i);
}

static void assert_grid(struct bench *b, int64_t start, int first, int end)
{
    struct embedded_point want[2000];
    for (int i = first; i < end; i++)
        want[i - first] = (struct embedded_point){{start + i * STEP}, (int64_t)i * i};
    assert_points(b, "vm-1", 0, INT64_MAX, want, (size_t)(end - first));
}

static int count_files(const char *folder, const char *pattern)
{
    char command[200];
    int n = -1;
    snprintf(command, sizeof command, "find '%s' -name '%s' | wc -l", folder, pattern);
    FILE *f = popen(command, "r");     /* NOLINT: a name of our own making */
    if (f && fscanf(f, "%d", &n) != 1) /* NOLINT */
        n = -1;
    if (f)
        pclose(f);
    return n;
}

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

static void assert_latest(struct bench *b, const char *moid, const char *name, int64_t time,
                          int64_t ticks)
{
    struct row_batch batch;
    int64_t got = 0;
    assert_int_equal(embedded_latest_of(b->store, "vc1", moid, &batch, &b->err), 0);
    assert_int_equal(batch.nrows, 1);
    const struct layer_row *row = &batch.rows[0];
    assert_int_equal(row->time.ms, time);
    assert_int_equal(row->interval_s, 20);
    assert_int_equal(row->count, 2);
    assert_string_equal(row->entity->vcenter_uuid, "0001");
    assert_string_equal(row->entity->label[LABEL_VCENTER], "vc1");
    assert_string_equal(row->entity->label[LABEL_VM], name);
    assert_string_equal(row->entity->label[LABEL_MOID], moid);
    assert_string_equal(row->entity->label[LABEL_UUID], "uuid");
    assert_true(row_find(&batch, row, Q_CPU_READY, FORM_TOTAL, 0, &got));
    assert_int_equal(got, ticks);
    assert_true(row_find(&batch, row, Q_CPU_READY, FORM_INSTANCE, 0, &got));
    assert_int_equal(got, -ticks);
    row_batch_free(&batch);
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

/* ---- trouble ---- */

static void write_file(const struct bench *b, const char *name, const char *sql)
{
    char path[100];
    snprintf(path, sizeof path, "%s/%s", b->folder, name);
    if (sql) {
        sqlite3 *db;
        assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
        assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
        sqlite3_close(db);
        return;
    }
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    for (int i = 0; i < 2000; i++)
        fputs("this is no database\n", f);
    fclose(f);
}

static void assert_bad_day(struct bench *b, const char *name, const char *word)
{
    struct embedded_key key = {"0001", "vm-1", Q_CPU_READY, FORM_TOTAL, 0};
    struct embedded_point *got = NULL;
    struct entity one = vm("vm-1", "one");
    size_t n = 0;
    /* Reading that day says so; reading others works. */
    assert_int_equal(embedded_query(b->store, &key, (struct server_time){0},
                                    (struct server_time){INT64_MAX}, &got, &n, &b->err),
                     -1);
    assert_non_null(strstr(b->err.message, name));
    assert_non_null(strstr(b->err.message, word));
    assert_int_equal(query(b, "vm-1", FORM_TOTAL, 0, D0 + DAY - 1, &got), 1);
    free(got);
    if (strcmp(word, "damaged") != 0) { /* which only shows when it is read */
        assert_int_equal(store_embedded.probe(b->store, &b->err), -1);
        assert_non_null(strstr(b->err.message, name));
    }
    /* Writing it is held back, the other days are written. */
    int64_t before = b->durable;
    put(b, &one, D0 + DAY, 2);
    put(b, &one, D0 + 2 * DAY, 3);
    assert_int_equal(store_embedded.flush(b->store, 1, &b->durable, &b->err), STORE_BAD_SETUP);
    assert_non_null(strstr(b->err.message, name));
    assert_int_equal(b->durable, before);
    assert_int_equal(count_files(b->folder, "2021-11-20.sqlite"), 1);
    /* Moved away, everything is well. */
    char path[100], aside[120];
    snprintf(path, sizeof path, "%s/%s", b->folder, name);
    snprintf(aside, sizeof aside, "%s.aside", path);
    assert_int_equal(rename(path, aside), 0);
    flush(b);
    assert_int_equal(store_embedded.probe(b->store, &b->err), 0);
    assert_int_equal(query(b, "vm-1", FORM_TOTAL, 0, INT64_MAX, &got), 3);
    free(got);
}

static void bad_day(struct bench *b, const char *sql, const char *word)
{
    struct entity one = vm("vm-1", "one");
    put(b, &one, D0, 1);
    flush(b);
    write_file(b, "2021-11-19.sqlite", sql);
    reopen(b);
    assert_bad_day(b, "2021-11-19.sqlite", word);
}

static void test_not_a_database(void **state)
{
    bad_day(*state, NULL, "not a database");
}

static void test_foreign_database(void **state)
{
    bad_day(*state, "CREATE TABLE mine(x); INSERT INTO mine VALUES(1)", "not of vstrata");
    struct bench *b = *state;
    char path[120];
    sqlite3 *db;
    snprintf(path, sizeof path, "%s/2021-11-19.sqlite.aside", b->folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "INSERT INTO mine VALUES(2)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void test_newer_format(void **state)
{
    bad_day(*state,
            "PRAGMA application_id=0x76737464; PRAGMA user_version=2; CREATE TABLE chunk(x)",
            "format 2");
}

static void test_damaged_chunk(void **state)
{
    struct bench *b = *state;
    struct entity one = vm("vm-1", "one");
    put(b, &one, D0, 1);
    put(b, &one, D0 + DAY, 1);
    flush(b);
    store_embedded.close(b->store);
    write_file(b, "2021-11-19.sqlite", "UPDATE chunk SET data=x'ffff'");
    open_store(b);
    assert_bad_day(b, "2021-11-19.sqlite", "damaged");
}

/* A file that is moved away under our feet does not take rows with it. */
static void test_moved_file(void **state)
{
    struct bench *b = *state;
    struct entity one = vm("vm-1", "one");
    struct embedded_point *got;
    char path[100], aside[120];
    put(b, &one, D0, 1);
    flush(b);
    snprintf(path, sizeof path, "%s/2021-11-18.sqlite", b->folder);
    snprintf(aside, sizeof aside, "%s.aside", path);
    assert_int_equal(rename(path, aside), 0);
    put(b, &one, D0 + STEP, 2);
    flush(b);
    assert_int_equal(query(b, "vm-1", FORM_TOTAL, 0, INT64_MAX, &got), 1);
    assert_int_equal(got[0].ticks, 2);
    free(got);
    reopen(b);
    assert_latest(b, "vm-1", "one", D0 + STEP, 2);
}

/* No room on the disk: rows stay in memory, answers stay right, and all is written afterwards. */
static void test_disk_full(void **state)
{
    struct bench *b = *state;
    struct rlimit old, none;
    put_grid(b, D0, 0, 50);
    flush(b);
    int64_t safe = b->durable;
    put_grid(b, D0, 50, 100);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    none = (struct rlimit){.rlim_cur = 4096, .rlim_max = old.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &none);
    enum store_outcome outcome = store_embedded.flush(b->store, 1, &b->durable, &b->err);
    bool named = strstr(b->err.message, "2021-11-18.sqlite") != NULL;
    put_grid(b, D0, 100, 120);
    int64_t still = b->durable;
    assert_grid(b, D0, 0, 120);
    setrlimit(RLIMIT_FSIZE, &old);
    assert_int_equal(outcome, STORE_AGAIN);
    assert_true(named);
    assert_int_equal(still, safe);
    /* Not tried again at once, but not forgotten either. */
    assert_int_equal(store_embedded.flush(b->store, 0, &b->durable, &b->err), STORE_AGAIN);
    assert_non_null(strstr(b->err.message, "2021-11-18.sqlite"));
    flush(b);
    assert_grid(b, D0, 0, 120);
    reopen(b);
    assert_grid(b, D0, 0, 120);
}

/* The cap of memory: nothing more is taken while nothing can be written. */
static void test_cap(void **state)
{
    enum { VALUES = 60000 };
    struct bench *b = *state;
    struct entity one = vm("vm-1", "one");
    enum store_outcome outcome = STORE_DONE;
    struct embedded_stats stats, after;
    unsigned seed = 1;
    write_file(b, "2021-11-18.sqlite", NULL);
    for (int i = 0; i < 1000 && outcome == STORE_DONE; i++) {
        struct row_batch batch;
        row_batch_init(&batch);
        row_batch_row(&batch, &one, (struct server_time){D0 + i * STEP}, 20);
        for (unsigned k = 0; k < VALUES; k++)
            row_batch_value(&batch, Q_CPU_READY, FORM_INSTANCE, k,
                            (int64_t)rand_r(&seed) << 32 | rand_r(&seed));
        embedded_stats(b->store, &stats);
        outcome = write_batch(b, &batch);
        row_batch_free(&batch);
    }
    embedded_stats(b->store, &after);
    assert_int_equal(outcome, STORE_BAD_SETUP);
    assert_int_equal(stats.points_in_memory, after.points_in_memory);
    assert_in_range(stats.points_in_memory, 1, 128 << 20 >> 3);
}

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

/* ---- two threads ---- */

struct writer {
    struct bench *b;
    int first, end;
    atomic_int written; /* rows of the grid that must be found by now */
};

static void *write_grid(void *ctx)
{
    struct writer *w = ctx;
    struct entity entity = vm("vm-1", "one");
    for (int i = w->first; i < w->end; i++) {
        put(w->b, &entity, D0 + i * HOUR / 3, (int64_t)i * i);
        w->written = i + 1;
        if (i % 2 == 0)
            flush(w->b);
    }
    return NULL;
}

/* While rows go from memory to files, over many hours and days, a query never misses one. */
static bool query_recent(struct bench *b, int at_least, int *ret_seen, struct store_error *err)
{
    enum { BEFORE = 12 }; /* four hours: short queries meet more commits */
    struct embedded_key key = {"0001", "vm-1", Q_CPU_READY, FORM_TOTAL, 0};
    struct embedded_point *got;
    size_t n;
    int i = at_least > BEFORE ? at_least - BEFORE : 0;
    if (embedded_query(b->store, &key, (struct server_time){D0 + i * HOUR / 3 - 1},
                       (struct server_time){INT64_MAX}, &got, &n, err) != 0)
        return false;
    bool whole = true;
    for (size_t k = 0; k < n; k++, i++)
        whole = whole && got[k].ticks == (int64_t)i * i;
    if (!whole || i < at_least)
        snprintf(err->message, sizeof err->message, "a hole before row %d", i);
    *ret_seen = i;
    free(got);
    return whole && i >= at_least;
}

static void test_query_while_writing(void **state)
{
    struct bench *b = *state;
    struct writer w = {.b = b, .first = 0, .end = 500};
    struct store_error err;
    pthread_t thread;
    int queries = 0;
    bool right = true;
    assert_int_equal(pthread_create(&thread, NULL, write_grid, &w), 0);
    for (int seen = 0; right && seen < w.end; queries++) {
        struct row_batch batch;
        struct embedded_stats stats;
        int at_least = w.written;
        right = query_recent(b, at_least, &seen, &err) &&
                embedded_latest(b->store, DAY, &batch, &err) == 0;
        if (right) {
            right = batch.nrows == 1 || at_least == 0;
            row_batch_free(&batch);
        }
        embedded_stats(b->store, &stats);
    }
    pthread_join(thread, NULL);
    if (!right)
        fail_msg("query %d: %s", queries, err.message);
    print_message("%d queries\n", queries);
    assert_in_range(queries, 10, 10000000);
}

/* ---- size ---- */

enum { VMS = 25, SERIES = 80, ROWS = 720, ROWS_A_FLUSH = 15 };

/* What a VM's CPU series look like: 30 % constant, 20 % mostly zero, 50 % a walk in milliseconds
 * with steps of up to a second. */
static void next_values(int64_t ticks[SERIES], unsigned *seed)
{
    for (int s = 0; s < SERIES; s++) {
        if (s % 10 < 5) {
            ticks[s] += rand_r(seed) % 101 - 50;
            if (ticks[s] < 0)
                ticks[s] = -ticks[s];
        } else if (s % 10 < 7) {
            ticks[s] = rand_r(seed) % 20 ? 0 : rand_r(seed) % 2000;
        } else {
            ticks[s] = s;
        }
    }
}

static void put_vms(struct bench *b, int64_t time, int64_t ticks[VMS][SERIES], unsigned *seed)
{
    struct row_batch batch;
    struct entity entities[VMS];
    char moids[VMS][16];
    row_batch_init(&batch);
    for (int v = 0; v < VMS; v++) {
        snprintf(moids[v], sizeof moids[v], "vm-%d", v);
        entities[v] = vm(moids[v], moids[v]);
        row_batch_row(&batch, &entities[v], (struct server_time){time}, 20);
        next_values(ticks[v], seed);
        for (int s = 0; s < SERIES; s++)
            row_batch_value(&batch, Q_CPU_READY, FORM_INSTANCE, (unsigned)s, ticks[v][s]);
    }
    must_write(b, &batch);
    row_batch_free(&batch);
}

static double seconds(void)
{
    return (double)mono_now().ms / 1000;
}

/* Four hours as they come in life, a flush every five minutes; the size of the closed file. */
static void test_bytes_a_sample(void **state)
{
    static int64_t ticks[VMS][SERIES];
    struct bench *b = *state;
    struct embedded_stats stats;
    unsigned seed = 3;
    double flushing = 0;
    for (int v = 0; v < VMS; v++)
        for (int s = 0; s < SERIES; s++)
            ticks[v][s] = rand_r(&seed) % 20000;
    for (int r = 0; r < ROWS; r++) {
        put_vms(b, D0 + r * STEP, ticks, &seed);
        if ((r + 1) % ROWS_A_FLUSH)
            continue;
        double start = seconds();
        flush(b);
        flushing += seconds() - start;
    }
    embedded_stats(b->store, &stats);
    uint64_t chunks = stats.chunks_written;
    reopen(b);
    embedded_stats(b->store, &stats);
    double samples = (double)VMS * SERIES * ROWS, each = (double)stats.file_bytes / samples;
    print_message("%.2f bytes a sample; %.0f chunks/s merged and written\n", each,
                  (double)chunks / flushing);
    assert_true(each < 1.5);
    struct embedded_point *got;
    struct embedded_key key = {"0001", "vm-7", Q_CPU_READY, FORM_INSTANCE, 43};
    size_t n;
    assert_int_equal(embedded_query(b->store, &key, (struct server_time){0},
                                    (struct server_time){INT64_MAX}, &got, &n, &b->err),
                     0);
    assert_int_equal(n, ROWS);
    assert_int_equal(got[ROWS - 1].ticks, ticks[7][43]);
    free(got);
}

#define STORE_TEST cmocka_unit_test_setup_teardown
int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(test_in_memory, setup, teardown),
        STORE_TEST(test_bounds, setup, teardown),
        STORE_TEST(test_over_hours_and_days, setup, teardown),
        STORE_TEST(test_extreme_values_and_times, setup, teardown),
        STORE_TEST(test_late_and_repeated, setup, teardown),
        STORE_TEST(test_kill, setup, teardown),
        STORE_TEST(test_changing_series, setup, teardown),
        STORE_TEST(test_random, setup, teardown),
        STORE_TEST(test_latest, setup, teardown),
        STORE_TEST(test_silent_entity, setup, teardown),
        STORE_TEST(test_labels_in_file, setup, teardown),
        STORE_TEST(test_retention, setup, teardown),
        STORE_TEST(test_future_clock, setup, teardown),
        STORE_TEST(test_not_a_database, setup, teardown),
        STORE_TEST(test_foreign_database, setup, teardown),
        STORE_TEST(test_newer_format, setup, teardown),
        STORE_TEST(test_damaged_chunk, setup, teardown),
        STORE_TEST(test_moved_file, setup, teardown),
        STORE_TEST(test_disk_full, setup, teardown),
        STORE_TEST(test_cap, setup, teardown),
        STORE_TEST(test_open_and_probe, setup, teardown),
        STORE_TEST(test_flush_when_due, setup, teardown),
        STORE_TEST(test_stats, setup, teardown),
        STORE_TEST(test_query_while_writing, setup, teardown),
        STORE_TEST(test_bytes_a_sample, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
