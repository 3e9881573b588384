/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* The embedded store with bad files, no room, two threads, and much to keep. */
#include "stores/embedded_lab.h"

#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/resource.h>

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
            "PRAGMA application_id=0x76737464; PRAGMA user_version=3; CREATE TABLE chunk(x)",
            "format 3");
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(test_not_a_database),
        STORE_TEST(test_foreign_database),
        STORE_TEST(test_newer_format),
        STORE_TEST(test_damaged_chunk),
        STORE_TEST(test_moved_file),
        STORE_TEST(test_disk_full),
        STORE_TEST(test_cap),
        STORE_TEST(test_query_while_writing),
        STORE_TEST(test_bytes_a_sample),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
