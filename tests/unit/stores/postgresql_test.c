/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The PostgreSQL driver as far as it needs no server: what errors mean, options, the file of
 * tables, servers that are not there or do not answer. The rest is in tests/e2e/postgresql_test.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "journal/some_rows.h"
#include "stores/pg_link.h"
#include "stores/pg_sql.h"
#include "stores/postgresql.h"

static void test_what_errors_mean(void **state)
{
    (void)state;
    static const struct {
        const char *sqlstate;
        enum pg_meaning meaning;
    } cases[] = {
        {"08006", PG_AGAIN}, /* connection failure */
        {"40001", PG_AGAIN}, /* serialization failure */
        {"40P01", PG_AGAIN}, /* deadlock */
        {"53100", PG_AGAIN}, /* disk full */
        {"53300", PG_AGAIN}, /* too many connections */
        {"55P03", PG_AGAIN}, /* lock not available */
        {"57014", PG_AGAIN}, /* statement timeout */
        {"57P01", PG_AGAIN}, /* shutdown */
        {"57P03", PG_AGAIN}, /* starting up */
        {"25006", PG_AGAIN}, /* read-only: a standby that may be promoted */
        {"XX000", PG_AGAIN}, {"58030", PG_AGAIN}, {"", PG_AGAIN},
        {NULL, PG_AGAIN},    {"22003", PG_ROWS}, /* out of range */
        {"22021", PG_ROWS},                      /* not UTF-8 */
        {"23514", PG_ROWS},                      /* check constraint, no partition */
        {"54000", PG_ROWS},                      /* index row too large */
        {"P0001", PG_ROWS},                      /* a trigger's */
        {"28P01", PG_SETUP},                     /* password */
        {"28000", PG_SETUP},                     /* pg_hba.conf */
        {"3D000", PG_SETUP},                     /* no such database */
        {"42501", PG_SETUP},                     /* rights */
        {"42P01", PG_SETUP},                     /* no such table */
        {"42703", PG_SETUP},                     /* no such column */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (pg_meaning_of(cases[i].sqlstate) != cases[i].meaning)
            fail_msg("%s is taken for %d", cases[i].sqlstate,
                     (int)pg_meaning_of(cases[i].sqlstate));
}

static void test_table_names(void **state)
{
    (void)state;
#define THIRTY "a23456789_123456789_123456789_"
    static const char longest[] = THIRTY "1234567890", longer[] = THIRTY "12345678901";
    static const char *const good[] = {"vstrata", "_", "a1_b2", longest};
    static const char *const bad[] = {"", "Vstrata", "1a", "a b", "a.b", "a;b", "a\"b", longer};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(pg_sql_is_table(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(pg_sql_is_table(bad[i]));
}

/* The file that people run is what the driver runs, but for its comments. */
static void test_file_of_tables(void **state)
{
    (void)state;
    struct buf file, sql;
    char line[400];
    buf_init(&file, 64 << 10);
    buf_init(&sql, 64 << 10);
    FILE *in = fopen(TEST_SOURCE_DIR "/config/postgresql/vstrata.sql", "re");
    assert_non_null(in);
    while (fgets(line, sizeof line, in))
        if (strncmp(line, "--", 2) != 0 && line[0] != '\n')
            buf_str(&file, line);
    fclose(in);
    pg_sql_create(&sql, "vstrata");
    assert_true(buf_ok(&file) && buf_ok(&sql));
    assert_string_equal(file.data, sql.data);
    buf_free(&file);
    buf_free(&sql);
}

/* Every name of ours begins with the prefix. */
static void test_prefix(void **state)
{
    (void)state;
    struct buf sql;
    buf_init(&sql, 64 << 10);
    pg_sql_create(&sql, "x_y");
    pg_sql_absent(&sql, "x_y");
    pg_sql_rights(&sql, "x_y");
    pg_sql_session(&sql, "x_y", 7);
    pg_sql_batch(&sql, "x_y", true);
    assert_true(buf_ok(&sql));
    assert_null(strchr(sql.data, '$'));
    assert_non_null(strstr(sql.data, "COPY pg_temp.x_y_new_series FROM STDIN"));
    assert_non_null(strstr(sql.data, "'7s'"));
    for (const char *at = sql.data; (at = strstr(at, "vstrata_")); at++)
        fail_msg("%.40s", at);
    buf_free(&sql);
}

static void test_wrong_options(void **state)
{
    (void)state;
    static const struct {
        struct store_options options;
        const char *word;
    } cases[] = {
        {{.connection = "host=h nonsense=1"}, "nonsense"},
        {{.connection = "host=h password=secret"}, "password_file"},
        {{.connection = "postgresql://u:secret@h/d"}, "password_file"},
        {{.connection = "host=h", .table = "Upper"}, "lower-case"},
        {{.connection = "host=h", .schema = "nonsense"}, "schema"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        void *store = NULL;
        struct store_error err = {0};
        assert_int_equal(store_postgresql.open(&cases[i].options, &store, &err), -1);
        assert_null(store);
        assert_non_null(strstr(err.message, cases[i].word));
        assert_null(strstr(err.message, "secret"));
    }
}

/* ---- servers that are none ---- */

static int listen_on(int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

struct stage {
    char connection[160];
    struct store_options options;
    void *store;
    struct store_error err;
};

static void open_store(struct stage *s, int port, int64_t timeout_s)
{
    *s = (struct stage){.options = {.type = "postgresql", .name = "p", .timeout_s = timeout_s}};
    snprintf(s->connection, sizeof s->connection,
             "host=127.0.0.1 port=%d user=u dbname=d sslmode=disable gssencmode=disable", port);
    s->options.connection = s->connection;
    assert_int_equal(store_postgresql.open(&s->options, &s->store, &s->err), 0);
}

static enum store_outcome write_one(struct stage *s)
{
    struct some_rows *some = some_rows_new(1, 1600000000000);
    int64_t durable = 0;
    uint64_t bytes = 0;
    enum store_outcome outcome =
        store_postgresql.write(s->store, 1, &some->batch, &durable, &bytes, &s->err);
    some_rows_free(some);
    return outcome;
}

static void test_nobody_listens(void **state)
{
    (void)state;
    struct stage s;
    int port;
    close(listen_on(&port));
    open_store(&s, port, 5);
    assert_int_equal(write_one(&s), STORE_AGAIN);
    assert_non_null(strstr(s.err.message, "refused"));
    assert_int_equal(store_postgresql.probe(s.store, &s.err), -1);
    assert_non_null(strstr(s.err.message, "refused"));
    store_postgresql.close(s.store);
}

static void test_a_server_that_says_nothing(void **state)
{
    (void)state;
    struct stage s;
    int port;
    const int listener = listen_on(&port);
    open_store(&s, port, 1);
    const struct mono_time start = mono_now();
    assert_int_equal(write_one(&s), STORE_AGAIN);
    assert_non_null(strstr(s.err.message, "127.0.0.1"));
    assert_non_null(strstr(s.err.message, "no answer within the timeout"));
    assert_in_range(mono_between(start, mono_now()), 900, 3000);
    store_postgresql.close(s.store);
    close(listener);
}

static void *cancel_later(void *ctx)
{
    struct stage *s = ctx;
    poll(NULL, 0, 200);
    store_postgresql.cancel(s->store);
    return NULL;
}

static void test_cancel(void **state)
{
    (void)state;
    struct stage s;
    pthread_t thread;
    int port;
    const int listener = listen_on(&port);
    open_store(&s, port, 60);
    const struct mono_time start = mono_now();
    assert_int_equal(pthread_create(&thread, NULL, cancel_later, &s), 0);
    assert_int_equal(write_one(&s), STORE_AGAIN);
    assert_non_null(strstr(s.err.message, "canceled"));
    assert_true(mono_between(start, mono_now()) < 2000);
    pthread_join(thread, NULL);
    assert_int_equal(write_one(&s), STORE_AGAIN); /* and every later one */
    store_postgresql.close(s.store);
    close(listener);
}

/* A server's errors while it takes a connection, in its own language. */
struct answerer {
    int listener;
    const char *state;
};

static void *answer_error(void *ctx)
{
    const struct answerer *a = ctx;
    char message[200] = "E", ignored[1000];
    const int fd = accept(a->listener, NULL, NULL);
    const int fields =
        snprintf(message + 5, sizeof message - 5, "SFATAL1%cVFATAL%cC%s%cMno: %s%c%c", 0, 0,
                 a->state, 0, "vielleicht", 0, 0);
    const uint32_t n = htonl((uint32_t)fields + 4);
    memcpy(message + 1, &n, sizeof n);
    if (read(fd, ignored, sizeof ignored) > 0)
        assert_int_equal(write(fd, message, (size_t)fields + 5), fields + 5);
    close(fd);
    return NULL;
}

static void *ask_for_password(void *ctx)
{
    static const char request[] = {'R', 0, 0, 0, 8, 0, 0, 0, 3};
    const int listener = *(const int *)ctx;
    char ignored[1000];
    const int fd = accept(listener, NULL, NULL);
    if (read(fd, ignored, sizeof ignored) > 0)
        assert_int_equal(write(fd, request, sizeof request), sizeof request);
    close(fd);
    return NULL;
}

static void test_no_password(void **state)
{
    (void)state;
    struct stage s;
    pthread_t thread;
    int port, listener = listen_on(&port);
    open_store(&s, port, 5);
    assert_int_equal(pthread_create(&thread, NULL, ask_for_password, &listener), 0);
    assert_int_equal(write_one(&s), STORE_BAD_SETUP);
    pthread_join(thread, NULL);
    assert_non_null(strstr(s.err.message, "password_file"));
    store_postgresql.close(s.store);
    close(listener);
}

static void test_errors_while_connecting(void **state)
{
    (void)state;
    static const struct {
        const char *state;
        enum store_outcome outcome;
    } cases[] = {
        {"28P01", STORE_BAD_SETUP},
        {"3D000", STORE_BAD_SETUP},
        {"53300", STORE_AGAIN},
        {"57P03", STORE_AGAIN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stage s;
        struct answerer a = {.state = cases[i].state};
        pthread_t thread;
        int port;
        a.listener = listen_on(&port);
        open_store(&s, port, 5);
        assert_int_equal(pthread_create(&thread, NULL, answer_error, &a), 0);
        const enum store_outcome outcome = write_one(&s);
        pthread_join(thread, NULL);
        if (outcome != cases[i].outcome || !strstr(s.err.message, cases[i].state) ||
            !strstr(s.err.message, "vielleicht"))
            fail_msg("%s gave %d: %s", cases[i].state, (int)outcome, s.err.message);
        store_postgresql.close(s.store);
        close(a.listener);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_errors_mean),
        cmocka_unit_test(test_table_names),
        cmocka_unit_test(test_file_of_tables),
        cmocka_unit_test(test_prefix),
        cmocka_unit_test(test_wrong_options),
        cmocka_unit_test(test_nobody_listens),
        cmocka_unit_test(test_a_server_that_says_nothing),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_errors_while_connecting),
        cmocka_unit_test(test_no_password),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
