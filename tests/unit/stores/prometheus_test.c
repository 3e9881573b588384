/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The remote-write driver against a server that answers what the test wants.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <snappy-c.h>

#include "journal/some_rows.h"
#include "prometheus_remote.pb-c.h"
#include "stores/http_peer.h"
#include "stores/prometheus.h"

#define WRITTEN "X-Prometheus-Remote-Write-Samples-Written: "

struct stage {
    struct peer peer;
    int status_1, status_2; /* for either version */
    const char *text, *headers_1, *headers_2;
    int requests_1, requests_2;
    size_t samples_1; /* that came in 1.0 with a 2xx */
    size_t stale;
    char url[64];
    struct store_options options;
    void *store;
    int64_t durable;
    uint64_t bytes;
    struct store_error err;
};

static void count_samples(struct stage *s, const struct peer_request *request)
{
    size_t n = 0;
    assert_int_equal(snappy_uncompressed_length(request->body, request->n, &n), SNAPPY_OK);
    char *plain = malloc(n + 1);
    assert_int_equal(snappy_uncompress(request->body, request->n, plain, &n), SNAPPY_OK);
    Prometheus__WriteRequest *r =
        prometheus__write_request__unpack(NULL, n, (const uint8_t *)plain);
    assert_non_null(r);
    for (size_t i = 0; i < r->n_timeseries; i++)
        for (size_t k = 0; k < r->timeseries[i]->n_samples; k++) {
            uint64_t bits;
            memcpy(&bits, &r->timeseries[i]->samples[k]->value, sizeof bits);
            s->stale += bits == UINT64_C(0x7ff0000000000002);
            s->samples_1++;
        }
    prometheus__write_request__free_unpacked(r, NULL);
    free(plain);
}

static void answer(void *ctx, const struct peer_request *request, struct peer_answer *answer)
{
    struct stage *s = ctx;
    char value[256];
    assert_string_equal(peer_header(request, "Content-Encoding", value), "snappy");
    const bool two =
        strcmp(peer_header(request, "X-Prometheus-Remote-Write-Version", value), "2.0.0") == 0;
    assert_string_equal(peer_header(request, "Content-Type", value),
                        two ? "application/x-protobuf;proto=io.prometheus.write.v2.Request"
                            : "application/x-protobuf");
    *(two ? &s->requests_2 : &s->requests_1) += 1;
    answer->status = two ? s->status_2 : s->status_1;
    answer->headers = two ? s->headers_2 : s->headers_1;
    answer->text = s->text;
    if (!two && answer->status / 100 == 2)
        count_samples(s, request);
}

static void begin(struct stage *s)
{
    peer_start(&s->peer, answer, s);
    snprintf(s->url, sizeof s->url, "http://127.0.0.1:%d/api/v1/write", s->peer.port);
    s->options.type = "prometheus";
    s->options.url = s->url;
    s->options.timeout_s = 5;
    if (store_prometheus.open(&s->options, &s->store, &s->err) != 0)
        fail_msg("%s", s->err.message);
}

static void finish(struct stage *s)
{
    store_prometheus.close(s->store);
    peer_stop(&s->peer);
}

static enum store_outcome write_vms(struct stage *s, int nvms, int64_t seq, int64_t ms)
{
    struct some_rows *some = some_rows_new(nvms, ms);
    enum store_outcome outcome =
        store_prometheus.write(s->store, seq, &some->batch, &s->durable, &s->bytes, &s->err);
    some_rows_free(some);
    return outcome;
}

enum { PER_VM = 13, START = 1600000000 }; /* values of a row of some_rows.h */

/* What a server says to 2.0, and whether the driver goes on with 1.0. */
static void test_versions(void **state)
{
    (void)state;
    static const struct {
        const char *version;
        int status_2;
        enum store_outcome outcome;
        const char *headers_2;
        int requests_1, requests_2; /* of three writes */
    } cases[] = {
        {"auto", 204, STORE_DONE, WRITTEN "39\r\n", 0, 3},
        {"", 204, STORE_DONE, NULL, 3, 1}, /* stored nothing: once more, and from then on */
        {"auto", 415, STORE_DONE, NULL, 3, 1},
        {"auto", 400, STORE_DONE, NULL, 3, 1},
        {"1.0", 500, STORE_DONE, NULL, 3, 0},
        {"2.0", 204, STORE_DONE, WRITTEN "39\r\n", 0, 3},
        {"2.0", 204, STORE_BAD_SETUP, NULL, 0, 3},
        {"2.0", 415, STORE_BAD_SETUP, NULL, 0, 3},
        {"auto", 401, STORE_BAD_SETUP, NULL, 0, 3},
        {"auto", 503, STORE_AGAIN, NULL, 0, 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stage s = {.status_1 = 204,
                          .status_2 = cases[i].status_2,
                          .headers_2 = cases[i].headers_2,
                          .options = {.version = cases[i].version}};
        begin(&s);
        for (int k = 0; k < 3; k++)
            assert_int_equal(write_vms(&s, 3, k + 1, (START + 20 * k) * INT64_C(1000)),
                             cases[i].outcome);
        assert_int_equal(s.requests_1, cases[i].requests_1);
        assert_int_equal(s.requests_2, cases[i].requests_2);
        assert_int_equal(s.samples_1, cases[i].requests_1 * 3 * PER_VM);
        if (cases[i].outcome == STORE_BAD_SETUP && cases[i].status_2 != 401)
            assert_non_null(strstr(s.err.message, "version"));
        finish(&s);
    }
}

/* Refusals of a batch that was not sent before, and of its repeat: what was refused is not stored.
 */
static void test_texts(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *text;
        enum store_outcome first, repeat;
    } cases[] = {
        {400, "out of order sample\n", STORE_REFUSED, STORE_REFUSED},
        {400, "duplicate sample for timestamp\n", STORE_REFUSED, STORE_REFUSED},
        {400, "out of bounds\n", STORE_REFUSED, STORE_REFUSED},
        {500, "too old sample\n", STORE_REFUSED, STORE_REFUSED},
        {500, "label name \"x\" is not unique: invalid sample\n", STORE_REFUSED, STORE_REFUSED},
        {500, "disk is full\n", STORE_AGAIN, STORE_AGAIN},
        {400, "snappy: corrupt input\n", STORE_REFUSED, STORE_REFUSED},
        {409, "out of order sample\n", STORE_REFUSED, STORE_REFUSED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stage s = {.status_1 = 204, .options = {.version = "1.0"}};
        begin(&s);
        assert_int_equal(write_vms(&s, 2, 1, START * INT64_C(1000)), STORE_DONE);
        pthread_mutex_lock(&s.peer.lock);
        s.status_1 = cases[i].status;
        s.text = cases[i].text;
        pthread_mutex_unlock(&s.peer.lock);
        assert_int_equal(write_vms(&s, 2, 2, (START + 20) * INT64_C(1000)), cases[i].first);
        assert_int_equal(write_vms(&s, 2, 2, (START + 20) * INT64_C(1000)), cases[i].repeat);
        finish(&s);
    }
}

/* A receiver of 2.0 that wrote less than it was sent. */
static void test_fewer_written(void **state)
{
    (void)state;
    struct stage s = {.status_2 = 204, .headers_2 = WRITTEN "5\r\n"};
    begin(&s);
    write_vms(&s, 3, 1, START * INT64_C(1000));
    assert_int_equal(s.err.refused_rows, 3);
    finish(&s);
}

/* VMs that are gone: told once, and once more when the batch has to be sent again. */
static void test_stale_markers(void **state)
{
    (void)state;
    for (int shards = 1; shards < 5; shards += 3) {
        struct stage s = {.status_1 = 204,
                          .options = {.version = "1.0", .stale_after_s = 60, .shards = shards}};
        begin(&s);
        assert_int_equal(write_vms(&s, 20, 1, START * INT64_C(1000)), STORE_DONE);
        assert_int_equal(s.stale, 0);
        pthread_mutex_lock(&s.peer.lock);
        s.status_1 = 503;
        pthread_mutex_unlock(&s.peer.lock);
        assert_int_equal(write_vms(&s, 15, 2, (START + 100) * INT64_C(1000)), STORE_AGAIN);
        pthread_mutex_lock(&s.peer.lock);
        s.status_1 = 204;
        s.samples_1 = 0;
        pthread_mutex_unlock(&s.peer.lock);
        assert_int_equal(write_vms(&s, 15, 2, (START + 100) * INT64_C(1000)), STORE_DONE);
        assert_int_equal(s.stale, 5 * PER_VM);
        assert_int_equal(s.samples_1, 20 * PER_VM);
        assert_int_equal(write_vms(&s, 15, 3, (START + 120) * INT64_C(1000)), STORE_DONE);
        assert_int_equal(s.stale, 5 * PER_VM);
        finish(&s);
    }
}

static void test_probe(void **state)
{
    (void)state;
    static const struct {
        const char *version;
        int status_1, status_2;
        const char *headers_2, *text, *message; /* NULL = it is well */
    } cases[] = {
        {"auto", 204, 500, NULL, "", NULL},
        {"1.0", 200, 500, NULL, "", NULL},
        {"2.0", 500, 204, WRITTEN "0\r\n", "", NULL},
        {"2.0", 204, 204, NULL, "", "version 2.0"},
        {"auto", 404, 404, NULL, "remote write receiver needs to be enabled",
         "--web.enable-remote-write-receiver"},
        {"auto", 401, 401, NULL, "who are you", "who are you"},
        {"auto", 200, 200, NULL, "<html>", "HTTP 200"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stage s = {.status_1 = cases[i].status_1,
                          .status_2 = cases[i].status_2,
                          .headers_2 = cases[i].headers_2,
                          .text = cases[i].text,
                          .options = {.version = cases[i].version}};
        begin(&s);
        assert_int_equal(store_prometheus.probe(s.store, &s.err), cases[i].message ? -1 : 0);
        if (cases[i].message)
            assert_non_null(strstr(s.err.message, cases[i].message));
        finish(&s);
    }
}

static void test_identity_and_wrong_options(void **state)
{
    (void)state;
    static const struct store_options wrong[] = {
        {.version = "auto"},
        {.url = "http://x", .version = "3.0"},
        {.url = "http://x", .schema = "none"},
        {.url = "http://x", .headers = "X-A: b\ncontent-encoding: gzip"},
    };
    char value[256];
    struct stage s = {
        .status_1 = 204,
        .options = {.version = "1.0", .token = "se cret", .headers = "X-Scope-OrgID: me"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(store_prometheus.open(&wrong[i], &s.store, &s.err), -1);
        assert_true(strlen(s.err.message) > 5);
    }
    begin(&s);
    assert_int_equal(write_vms(&s, 1, 1, START * INT64_C(1000)), STORE_DONE);
    assert_string_equal(peer_header(&s.peer.last, "Authorization", value), "Bearer se cret");
    assert_string_equal(peer_header(&s.peer.last, "X-Scope-OrgID", value), "me");
    assert_non_null(strstr(peer_header(&s.peer.last, "User-Agent", value), "vstrata/"));
    finish(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_versions),      cmocka_unit_test(test_texts),
        cmocka_unit_test(test_fewer_written), cmocka_unit_test(test_stale_markers),
        cmocka_unit_test(test_probe),         cmocka_unit_test(test_identity_and_wrong_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
