/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What the InfluxDB driver asks for and how it reads answers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stores/influxdb_stage.h"

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

static void test_plain(void **state)
{
    (void)state;
    struct stage s;
    begin(&s, (struct rule){0});
    store_influxdb.close(s.store);
    s.options.gzip = 0;
    assert_int_equal(store_influxdb.open(&s.options, &s.store, &s.err), 0);
    assert_int_equal(write_vms(&s, 3, 7), STORE_DONE);
    assert_false(s.peer.last.gzip);
    assert_int_equal(s.bytes, s.peer.last.n);
    assert_int_equal(stored_vms(&s, 3), 3);
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

static void test_v3(void **state)
{
    (void)state;
    struct stage s = {
        .options = {
            .api = "v3", .database = "my db", .token = "apiv3_x", .timeout_s = 5, .gzip = 1}};
    char value[256];
    begin_with(&s, "");
    assert_int_equal(write_vms(&s, 1, 7), STORE_DONE);
    assert_non_null(strstr(s.peer.last.head, "POST /api/v3/write_lp?db=my%20db&precision="
                                             "millisecond&accept_partial=true HTTP/1.1\r\n"));
    assert_string_equal(peer_header(&s.peer.last, "Authorization", value), "Bearer apiv3_x");
    assert_int_equal(stored_vms(&s, 1), 1);
    finish(&s);
}

/* Each precision by the word of each interface, and stamps that fit. */
static void test_precisions(void **state)
{
    (void)state;
    static const struct {
        const char *api, *precision, *word, *stamp;
    } cases[] = {
        {"v1", "", "&precision=ms ", " 1600000000000\n"},
        {"v1", "s", "&precision=s ", " 1600000000\n"},
        {"v1", "us", "&precision=u ", " 1600000000000000\n"},
        {"v1", "ns", "&precision=ns ", " 1600000000000000000\n"},
        {"v2", "us", "&precision=us ", " 1600000000000000\n"},
        {"v2", "ms", "&precision=ms ", " 1600000000000\n"},
        {"v3", "s", "&precision=second&", " 1600000000\n"},
        {"v3", "us", "&precision=microsecond&", " 1600000000000000\n"},
        {"v3", "ns", "&precision=nanosecond&", " 1600000000000000000\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stage s = {.options = {.api = cases[i].api,
                                      .precision = cases[i].precision,
                                      .database = "d",
                                      .org = "o",
                                      .bucket = "b",
                                      .timeout_s = 5}};
        begin_with(&s, "");
        assert_int_equal(write_vms(&s, 1, 7), STORE_DONE);
        assert_non_null(strstr(s.peer.last.head, cases[i].word));
        assert_non_null(strstr(s.stored, cases[i].stamp));
        finish(&s);
    }
}

/* Labels and headers of the configuration; several lanes. */
static void test_labels_and_headers(void **state)
{
    (void)state;
    struct stage s = {.options = {.api = "v1",
                                  .database = "vs",
                                  .labels = "site=west wing\nteam=infra",
                                  .headers = "X-Scope-OrgID: tenant 1\nX-B: c",
                                  .shards = 4,
                                  .timeout_s = 5}};
    char value[256];
    begin_with(&s, "");
    assert_int_equal(write_vms(&s, 100, 7), STORE_DONE);
    assert_int_equal(stored_vms(&s, 100), 100);
    assert_int_equal(s.peer.connections, 4);
    assert_string_equal(peer_header(&s.peer.last, "X-Scope-OrgID", value), "tenant 1");
    assert_string_equal(peer_header(&s.peer.last, "X-B", value), "c");
    assert_non_null(strstr(s.stored, ",site=west\\ wing,team=infra,"));
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
        {.url = "http://x", .api = "v3"},
        {.url = "http://x", .api = "v4", .database = "d"},
        {.url = "http://x", .api = "v1", .database = "d", .precision = "h"},
        {.url = "http://x", .api = "v1", .database = "d", .schema = "nobody's"},
        {.url = "http://x", .api = "v1", .database = "d", .token = "two\nlines"},
        {.url = "http://x", .api = "v1", .database = "d", .headers = "no colon"},
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

static void answer_401(void *ctx, const struct peer_request *request, struct peer_answer *answer)
{
    (void)ctx, (void)request;
    answer->status = 401;
}

/* Answers and closes while a large body is still coming: the answer counts, not the reset. */
static void test_early_answer(void **state)
{
    (void)state;
    struct stage s = {.options = {.api = "v1", .database = "vs", .timeout_s = 5}};
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
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_v2),
        cmocka_unit_test(test_v3),
        cmocka_unit_test(test_precisions),
        cmocka_unit_test(test_labels_and_headers),
        cmocka_unit_test(test_v1_with_user_and_policy),
        cmocka_unit_test(test_wrong_options),
        cmocka_unit_test(test_pieces_keep_the_connection),
        cmocka_unit_test(test_statuses),
        cmocka_unit_test(test_retry_after_date),
        cmocka_unit_test(test_early_answer),
        cmocka_unit_test(test_nobody_there),
        cmocka_unit_test(test_wrong_address),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_probe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
