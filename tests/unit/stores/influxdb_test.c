/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The InfluxDB driver against a server that answers what the test wants.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "journal/some_rows.h"
#include "stores/http_peer.h"
#include "stores/influxdb.h"

/* What the server does; one table row a status that servers give. */
struct rule {
    const char *poison;      /* a body with this text ... */
    struct peer_answer sick; /* ... gets this answer */
    size_t largest;          /* a larger body gets a 413; 0 = no limit */
};

struct stage {
    struct peer peer;
    struct rule rule;
    char *stored; /* bodies of 2xx, one behind the other */
    size_t stored_n;
    size_t largest_seen;
    char url[64];
    void *store;
    struct store_options options;
    int64_t durable;
    uint64_t bytes;
    struct store_error err;
};

static void keep(struct stage *s, const struct peer_request *request)
{
    s->stored = realloc(s->stored, s->stored_n + request->n + 1);
    memcpy(s->stored + s->stored_n, request->body, request->n + 1);
    s->stored_n += request->n;
}

static void answer(void *ctx, const struct peer_request *request, struct peer_answer *answer)
{
    struct stage *s = ctx;
    if (request->n > s->largest_seen)
        s->largest_seen = request->n;
    if (s->rule.largest && request->n > s->rule.largest)
        *answer = (struct peer_answer){.status = 413, .text = "too large"};
    else if (s->rule.poison && request->body && strstr(request->body, s->rule.poison))
        *answer = s->rule.sick;
    if (answer->status / 100 == 2 && request->body)
        keep(s, request);
}

static void begin_with(struct stage *s, const char *path)
{
    peer_start(&s->peer, answer, s);
    snprintf(s->url, sizeof s->url, "http://127.0.0.1:%d%s", s->peer.port, path);
    s->options.url = s->url;
    if (store_influxdb.open(&s->options, &s->store, &s->err) != 0)
        fail_msg("%s", s->err.message);
}

static void begin(struct stage *s, struct rule rule)
{
    *s = (struct stage){.rule = rule,
                        .options = {.type = "influxdb",
                                    .name = "i",
                                    .api = "v1",
                                    .database = "vs",
                                    .timeout_s = 5,
                                    .gzip = 1,
                                    .per_vcpu = 1}};
    begin_with(s, "");
}

static void finish(struct stage *s)
{
    store_influxdb.close(s->store);
    peer_stop(&s->peer);
    free(s->stored);
}

/* What the server does from now on. */
static void set_rule(struct stage *s, struct rule rule)
{
    pthread_mutex_lock(&s->peer.lock);
    s->rule = rule;
    s->largest_seen = 0;
    pthread_mutex_unlock(&s->peer.lock);
}

static enum store_outcome write_vms(struct stage *s, int nvms, int64_t seq)
{
    struct some_rows *some = some_rows_new(nvms, 1600000000000);
    s->durable = -1;
    s->bytes = 0;
    enum store_outcome outcome =
        store_influxdb.write(s->store, seq, &some->batch, &s->durable, &s->bytes, &s->err);
    some_rows_free(some);
    return outcome;
}

/* VMs of 0..nvms-1 whose rows the server has stored. */
static int stored_vms(const struct stage *s, int nvms)
{
    char moid[32];
    int n = 0;
    for (int i = 0; i < nvms; i++) {
        snprintf(moid, sizeof moid, ",moid=vm-%d,", i);
        n += s->stored && strstr(s->stored, moid);
    }
    return n;
}

static void test_v1(void **state)
{
    (void)state;
    struct stage s;
    char value[256];
    begin(&s, (struct rule){0});
    assert_int_equal(write_vms(&s, 3, 7), STORE_DONE);
    assert_int_equal(s.err.refused_rows, 0);
    assert_non_null(strstr(s.peer.last.head, "POST /write?db=vs&precision=ms HTTP/1.1\r\n"));
    assert_string_equal(peer_header(&s.peer.last, "Content-Type", value),
                        "text/plain; charset=utf-8");
    assert_string_equal(peer_header(&s.peer.last, "Expect", value), "");
    assert_string_equal(peer_header(&s.peer.last, "Authorization", value), "");
    assert_true(s.peer.last.gzip);
    assert_int_equal(s.bytes, s.peer.last.wire);
    assert_true(s.bytes < s.peer.last.n / 3);
    assert_int_equal(stored_vms(&s, 3), 3);
    assert_non_null(strstr(s.stored, " 1600000000000\n")); /* milliseconds */
    assert_non_null(strstr(s.stored, "vcpu=1"));
    finish(&s);
}

static void test_plain_and_without_vcpus(void **state)
{
    (void)state;
    struct stage s;
    begin(&s, (struct rule){0});
    store_influxdb.close(s.store);
    s.options.gzip = 0;
    s.options.per_vcpu = 0;
    assert_int_equal(store_influxdb.open(&s.options, &s.store, &s.err), 0);
    assert_int_equal(write_vms(&s, 3, 7), STORE_DONE);
    assert_false(s.peer.last.gzip);
    assert_int_equal(s.bytes, s.peer.last.n);
    assert_null(strstr(s.stored, "vcpu="));
    finish(&s);
}

static void test_v2(void **state)
{
    (void)state;
    struct stage s = {
        .options = {
            .api = "v2", .org = "my org", .bucket = "a&b/c", .token = "se cret==", .timeout_s = 5}};
    char value[256];
    begin_with(&s, "/prefix/");
    assert_int_equal(write_vms(&s, 1, 7), STORE_DONE);
    assert_non_null(
        strstr(s.peer.last.head,
               "POST /prefix/api/v2/write?org=my%20org&bucket=a%26b%2Fc&precision=ms HTTP/1.1"));
    assert_string_equal(peer_header(&s.peer.last, "Authorization", value), "Token se cret==");
    finish(&s);
}

static void test_v1_with_user_and_policy(void **state)
{
    (void)state;
    struct stage s = {.options = {.api = "v1",
                                  .database = "vs",
                                  .retention_policy = "one week",
                                  .user = "u",
                                  .password = "p:w",
                                  .timeout_s = 5}};
    char value[256];
    begin_with(&s, "");
    assert_int_equal(write_vms(&s, 1, 7), STORE_DONE);
    assert_non_null(strstr(s.peer.last.head, "/write?db=vs&rp=one%20week&precision=ms "));
    assert_string_equal(peer_header(&s.peer.last, "Authorization", value), "Basic dTpwOnc=");
    finish(&s);
}

static void test_wrong_options(void **state)
{
    (void)state;
    static const struct store_options cases[] = {
        {.api = "v1", .database = "d"},
        {.url = "http://x", .api = "v1"},
        {.url = "http://x", .api = "v3", .database = "d"},
        {.url = "http://x", .api = "v2", .org = "o"},
        {.url = "http://x", .api = "v2", .bucket = "b"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        void *store = NULL;
        struct store_error err = {0};
        assert_int_equal(store_influxdb.open(&cases[i], &store, &err), -1);
        assert_null(store);
        assert_true(strlen(err.message) > 5);
    }
}

/* A large batch goes out in several requests over one connection. */
static void test_pieces_keep_the_connection(void **state)
{
    (void)state;
    struct stage s;
    begin(&s, (struct rule){0});
    struct some_rows *some = some_rows_new(512, 1600000000000);
    for (int t = 1; t < 4; t++)
        for (int vm = 0; vm < 512; vm++)
            one_row(some, vm, 1600000000000 + INT64_C(20000) * t);
    size_t values = some->batch.nvalues;
    assert_int_equal(store_influxdb.write(s.store, 1, &some->batch, &s.durable, &s.bytes, &s.err),
                     STORE_DONE);
    some_rows_free(some);
    assert_true(s.peer.requests >= (int)(values / 10000));
    assert_true(s.peer.requests <= (int)(values / 5000) + 1);
    assert_int_equal(s.peer.connections, 1);
    assert_int_equal(stored_vms(&s, 512), 512);
    finish(&s);
}

/* Status by status: outcome, and whether anything is lost. Every request gets the answer. */
static void test_statuses(void **state)
{
    (void)state;
    static const struct {
        struct peer_answer answer;
        enum store_outcome outcome;
        int64_t retry_after_ms;
    } cases[] = {
        {{.status = 200}, STORE_DONE, 0},
        {{.status = 204}, STORE_DONE, 0},
        {{.status = 200, .text = "<html>log in</html>"}, STORE_BAD_SETUP, 0},
        {{.status = 302, .headers = "Location: /login\r\n"}, STORE_BAD_SETUP, 0},
        {{.status = 400, .text = "{\"error\":\"unable to parse\"}"}, STORE_REFUSED, 0},
        {{.status = 400, .text = "unsupported path requested: \"/x/write\""}, STORE_BAD_SETUP, 0},
        {{.status = 401, .text = "{\"code\":\"unauthorized\"}"}, STORE_BAD_SETUP, 0},
        {{.status = 403}, STORE_BAD_SETUP, 0},
        {{.status = 404, .text = "{\"error\":\"database not found: \\\"vs\\\"\"}"},
         STORE_BAD_SETUP,
         0},
        {{.status = 405}, STORE_BAD_SETUP, 0},
        {{.status = 408}, STORE_AGAIN, 0},
        {{.status = 413}, STORE_REFUSED, 0}, /* down to single rows, still too large */
        {{.status = 422}, STORE_REFUSED, 0},
        {{.status = 429, .headers = "Retry-After: 7\r\n"}, STORE_AGAIN, 7000},
        {{.status = 429}, STORE_AGAIN, 0},
        {{.status = 500}, STORE_AGAIN, 0},
        {{.status = 502}, STORE_AGAIN, 0},
        {{.status = 503, .headers = "Retry-After: 120\r\n"}, STORE_AGAIN, 120000},
        {{.status = 504}, STORE_AGAIN, 0},
        {{.status = 507}, STORE_AGAIN, 0},
        {{.status = 0}, STORE_AGAIN, 0}, /* closed without an answer */
        {{.status = 204, .cut = true, .headers = "X: y\r\n"}, STORE_DONE, 0}, /* has no body */
        {{.status = 200, .cut = true, .text = "part"}, STORE_AGAIN, 0},
        {{.status = 503, .cut = true, .text = "part"}, STORE_AGAIN, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stage s;
        begin(&s, (struct rule){.poison = "moid=", .sick = cases[i].answer});
        enum store_outcome outcome = write_vms(&s, 3, 1);
        if (outcome != cases[i].outcome || s.err.retry_after_ms != cases[i].retry_after_ms)
            fail_msg("status %d gave outcome %d, retry after %lld: %s", cases[i].answer.status,
                     (int)outcome, (long long)s.err.retry_after_ms, s.err.message);
        if (outcome != STORE_DONE && cases[i].answer.status) {
            char status[16];
            snprintf(status, sizeof status, "HTTP %d", cases[i].answer.status);
            assert_true(cases[i].answer.cut || strstr(s.err.message, status));
        }
        finish(&s);
    }
}

static void test_retry_after_date(void **state)
{
    (void)state;
    struct stage s;
    char header[80];
    time_t then = (time_t)(wall_now().ms / 1000 + 90);
    struct tm tm;
    gmtime_r(&then, &tm);
    strftime(header, sizeof header, "Retry-After: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
    begin(&s, (struct rule){"moid=", {.status = 429, .headers = header}, 0});
    assert_int_equal(write_vms(&s, 3, 1), STORE_AGAIN);
    assert_true(s.err.retry_after_ms > 80000 && s.err.retry_after_ms <= 91000);
    finish(&s);
}

/* The good rows of a partial write are kept by the server: not sent again, the others counted. */
static void test_partial_writes(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *text;
        uint64_t rows;
    } cases[] = {
        {400, "{\"error\":\"partial write: field type conflict dropped=3\"}", 3},
        {422, "{\"message\":\"partial write: points beyond retention policy dropped=2\"}", 2},
        {400, "{\"error\":\"partial write: unable to parse 'x': missing fields dropped=0\"}", 1},
        {400,
         "{\"error\":\"partial write: unable to parse 'x': bad\\nunable to parse 'y': bad "
         "dropped=0\"}",
         2},
        {400, "{\"error\":\"partial write: dropped=100000\"}", 10}, /* points of all ten rows */
        {400,
         "{\"error\":\"partial write of line protocol occurred\",\"data\":[{\"line_number\":2},"
         "{\"line_number\":5}]}",
         2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stage s;
        begin(&s, (struct rule){"moid=", {.status = cases[i].status, .text = cases[i].text}, 0});
        enum store_outcome outcome = write_vms(&s, 10, 1);
        assert_int_equal(s.peer.requests, 1);
        assert_non_null(strstr(s.err.message, "partial write"));
        assert_int_equal(outcome, STORE_DONE);
        assert_int_equal(s.err.refused_rows, cases[i].rows);
        finish(&s);
    }
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

static void answer_401(void *ctx, const struct peer_request *request, struct peer_answer *answer)
{
    (void)ctx, (void)request;
    answer->status = 401;
}

/* Answers and closes while a large body is still coming: the answer counts, not the reset. */
static void test_early_answer(void **state)
{
    (void)state;
    struct stage s = {.options = {.api = "v1", .database = "vs", .timeout_s = 5, .per_vcpu = 1}};
    begin_with(&s, "/early");
    s.peer.answer = answer_401;
    enum store_outcome outcome = write_vms(&s, 512, 1);
    /* The kernel may throw the answer away with the connection; then it must be a retry. */
    if (outcome == STORE_AGAIN)
        assert_null(strstr(s.err.message, "HTTP"));
    else
        assert_int_equal(outcome, STORE_BAD_SETUP);
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

static void test_nobody_there(void **state)
{
    (void)state;
    struct stage s;
    begin(&s, (struct rule){0});
    store_influxdb.close(s.store);
    peer_stop(&s.peer);
    s.peer.last.body = NULL;
    assert_int_equal(store_influxdb.open(&s.options, &s.store, &s.err), 0);
    assert_int_equal(write_vms(&s, 2, 1), STORE_AGAIN);
    assert_true(strlen(s.err.message) > 5);
    assert_int_equal(store_influxdb.probe(s.store, &s.err), -1);
    store_influxdb.close(s.store);
}

static void test_wrong_address(void **state)
{
    (void)state;
    static const char *const urls[] = {"ftp://127.0.0.1", "http://[bad"};
    for (size_t i = 0; i < 2; i++) {
        struct stage s = {.options = {.url = urls[i], .api = "v1", .database = "d"}};
        assert_int_equal(store_influxdb.open(&s.options, &s.store, &s.err), 0);
        assert_int_equal(write_vms(&s, 1, 1), STORE_BAD_SETUP);
        store_influxdb.close(s.store);
    }
}

static void test_cancel(void **state)
{
    (void)state;
    struct stage s;
    begin(&s, (struct rule){0});
    store_influxdb.cancel(s.store);
    assert_int_equal(write_vms(&s, 1, 1), STORE_AGAIN);
    assert_int_equal(s.peer.requests, 0);
    finish(&s);
}

static void probe_answer(void *ctx, const struct peer_request *request, struct peer_answer *answer)
{
    const int *statuses = ctx; /* of the write, of /ping, of /health */
    if (strncmp(request->head, "POST ", 5) == 0)
        answer->status = statuses[0];
    else if (strncmp(request->head, "GET /ping ", 10) == 0)
        answer->status = statuses[1];
    else
        answer->status = statuses[2];
}

static void test_probe(void **state)
{
    (void)state;
    static const struct {
        int statuses[3];
        int rc;
    } cases[] = {
        {{204, 404, 404}, 0},  /* 1.x, VictoriaMetrics */
        {{400, 204, 404}, 0},  /* 2.x: no points, but everything else is in order */
        {{422, 404, 200}, 0},  /* 3.x */
        {{400, 404, 404}, -1}, /* something else */
        {{401, 204, 200}, -1}, {{404, 204, 200}, -1}, {{503, 204, 200}, -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct peer peer;
        char url[64];
        int statuses[3];
        struct store_error err;
        void *store;
        memcpy(statuses, cases[i].statuses, sizeof statuses);
        peer_start(&peer, probe_answer, statuses);
        snprintf(url, sizeof url, "http://127.0.0.1:%d", peer.port);
        struct store_options options = {.url = url, .api = "v1", .database = "d", .timeout_s = 5};
        assert_int_equal(store_influxdb.open(&options, &store, &err), 0);
        assert_int_equal(store_influxdb.probe(store, &err), cases[i].rc);
        store_influxdb.close(store);
        peer_stop(&peer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_v1),
        cmocka_unit_test(test_plain_and_without_vcpus),
        cmocka_unit_test(test_v2),
        cmocka_unit_test(test_v1_with_user_and_policy),
        cmocka_unit_test(test_wrong_options),
        cmocka_unit_test(test_pieces_keep_the_connection),
        cmocka_unit_test(test_statuses),
        cmocka_unit_test(test_retry_after_date),
        cmocka_unit_test(test_partial_writes),
        cmocka_unit_test(test_bad_row_is_isolated),
        cmocka_unit_test(test_all_bad_is_bounded),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_500_for_one_row),
        cmocka_unit_test(test_500_for_ever),
        cmocka_unit_test(test_early_answer),
        cmocka_unit_test(test_connection_lost),
        cmocka_unit_test(test_nobody_there),
        cmocka_unit_test(test_wrong_address),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_probe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
