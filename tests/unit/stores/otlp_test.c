/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The OTLP driver against a server that answers what the test wants.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "journal/some_rows.h"
#include "otlp.pb-c.h"
#include "stores/http_peer.h"
#include "stores/otlp.h"

enum { VMS = 8, ROW_POINTS = 13 };

struct stage {
    struct peer peer;
    struct peer_answer answer;
    const char *poison; /* only bodies with this text get the answer; NULL = all */
    size_t points;      /* of bodies with a 2xx */
    int bad;            /* bodies that are no requests */
    char url[64];
    struct store_options options;
    void *store;
    int64_t durable;
    uint64_t bytes;
    struct store_error err;
};

static bool has(const struct peer_request *request, const char *text)
{
    return request->body && memmem(request->body, request->n, text, strlen(text)) != NULL;
}

static size_t count_points(const Otlp__Request *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n_resource_metrics; i++)
        for (size_t m = 0; m < r->resource_metrics[i]->scope_metrics[0]->n_metrics; m++)
            n += r->resource_metrics[i]->scope_metrics[0]->metrics[m]->gauge->n_data_points;
    return n;
}

static void answer(void *ctx, const struct peer_request *request, struct peer_answer *answer)
{
    struct stage *s = ctx;
    Otlp__Request *r = otlp__request__unpack(NULL, request->n,
                                             (const uint8_t *)(request->body ? request->body : ""));
    s->bad += !r;
    *answer = (struct peer_answer){.status = 200};
    if (!s->poison || has(request, s->poison))
        *answer = s->answer;
    if (r && answer->status == 200)
        s->points += count_points(r);
    otlp__request__free_unpacked(r, NULL);
}

static void begin(struct stage *s, struct peer_answer what)
{
    *s = (struct stage){.answer = what,
                        .options = {.type = "otlp",
                                    .name = "o",
                                    .schema = "vstrata",
                                    .labels = "",
                                    .user = "",
                                    .password = "",
                                    .token = "secret",
                                    .headers = "X-Scope-OrgID: me",
                                    .ca_file = "",
                                    .timeout_s = 5,
                                    .gzip = 1}};
    peer_start(&s->peer, answer, s);
    snprintf(s->url, sizeof s->url, "http://127.0.0.1:%d/v1/metrics", s->peer.port);
    s->options.url = s->url;
    if (store_otlp.open(&s->options, &s->store, &s->err) != 0)
        fail_msg("%s", s->err.message);
}

static void finish(struct stage *s)
{
    store_otlp.close(s->store);
    peer_stop(&s->peer);
    assert_int_equal(s->bad, 0);
}

static enum store_outcome write_vms(struct stage *s, int64_t seq)
{
    struct some_rows *some = some_rows_new(VMS, 1600000000000);
    s->durable = -1;
    s->bytes = 0;
    const enum store_outcome outcome =
        store_otlp.write(s->store, seq, &some->batch, &s->durable, &s->bytes, &s->err);
    some_rows_free(some);
    return outcome;
}

static void test_taken(void **state)
{
    (void)state;
    struct stage s;
    char value[256];
    begin(&s, (struct peer_answer){.status = 200});
    assert_int_equal(write_vms(&s, 1), STORE_DONE);
    assert_int_equal(s.peer.requests, 1);
    assert_int_equal(s.points, VMS * ROW_POINTS);
    assert_non_null(strstr(s.peer.last.head, "POST /v1/metrics HTTP/1.1\r\n"));
    assert_string_equal(peer_header(&s.peer.last, "Content-Type", value), "application/x-protobuf");
    assert_string_equal(peer_header(&s.peer.last, "Authorization", value), "Bearer secret");
    assert_string_equal(peer_header(&s.peer.last, "X-Scope-OrgID", value), "me");
    assert_true(s.peer.last.gzip);
    assert_int_equal(s.bytes, s.peer.last.wire);
    assert_int_equal(store_otlp.flush(s.store, 1, &s.durable, &s.err), STORE_DONE);
    assert_int_equal(s.durable, 1);
    finish(&s);
}

/* What an answer does to a batch; nothing of a partial success is sent again. */
static void test_answers(void **state)
{
    (void)state;
    static const struct {
        struct peer_answer answer;
        enum store_outcome outcome;
        int requests;
        uint64_t refused;
        const char *message;
    } cases[] = {
        {{.status = 200, .text = "\x0a\x02\x08\x03"}, STORE_DONE, 1, 3, "HTTP 200"},
        {{.status = 200, .text = "\x0a\x0b\x08\x05\x12\x07too old"}, STORE_DONE, 1, 5, "too old"},
        {{.status = 200, .text = "\x0a\x03\x08\xe8\x07"}, STORE_DONE, 1, VMS, "HTTP 200"},
        {{.status = 200, .text = "\x0a\x09\x12\x07warning"}, STORE_DONE, 1, 0, ""},
        {{.status = 200, .text = "{}"}, STORE_DONE, 1, 0, ""},
        {{.status = 200, .text = "<html>"}, STORE_BAD_SETUP, 1, 0, "HTTP 200"},
        {{.status = 204}, STORE_DONE, 1, 0, ""},
        {{.status = 429, .headers = "Retry-After: 7\r\n"}, STORE_AGAIN, 1, 0, "HTTP 429"},
        {{.status = 502}, STORE_AGAIN, 1, 0, "HTTP 502"},
        {{.status = 503}, STORE_AGAIN, 1, 0, "HTTP 503"},
        {{.status = 504}, STORE_AGAIN, 1, 0, "HTTP 504"},
        {{.status = 0}, STORE_AGAIN, 1, 0, ""},
        {{.status = 200, .cut = true}, STORE_AGAIN, 1, 0, ""},
        {{.status = 400, .text = "no"}, STORE_REFUSED, 2 * VMS - 1, 0, "HTTP 400: no"},
        {{.status = 500, .text = "no"}, STORE_REFUSED, 2 * VMS - 1, 0, "HTTP 500: no"},
        {{.status = 501}, STORE_REFUSED, 2 * VMS - 1, 0, "HTTP 501"},
        {{.status = 408}, STORE_REFUSED, 2 * VMS - 1, 0, "HTTP 408"},
        {{.status = 413}, STORE_REFUSED, 2 * VMS - 1, 0, "HTTP 413"},
        {{.status = 401}, STORE_BAD_SETUP, 1, 0, "HTTP 401"},
        {{.status = 404}, STORE_BAD_SETUP, 1, 0, "HTTP 404"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stage s;
        begin(&s, cases[i].answer);
        const enum store_outcome outcome = write_vms(&s, 1);
        if (outcome != cases[i].outcome || s.peer.requests != cases[i].requests ||
            s.err.refused_rows != cases[i].refused || !strstr(s.err.message, cases[i].message))
            fail_msg("case %zu: outcome %d, %d requests, %d refused, %s", i, (int)outcome,
                     s.peer.requests, (int)s.err.refused_rows, s.err.message);
        if (cases[i].answer.status == 429)
            assert_int_equal(s.err.retry_after_ms, 7000);
        finish(&s);
    }
}

static void test_bad_row(void **state)
{
    (void)state;
    struct stage s;
    begin(&s, (struct peer_answer){.status = 400, .text = "bad name"});
    s.poison = "web 5";
    assert_int_equal(write_vms(&s, 1), STORE_DONE);
    assert_int_equal(s.err.refused_rows, 1);
    assert_string_equal(s.err.message, "HTTP 400: bad name");
    assert_int_equal(s.points, (VMS - 1) * ROW_POINTS);
    finish(&s);
}

static void test_probe(void **state)
{
    (void)state;
    static const struct {
        struct peer_answer answer;
        int rc;
    } cases[] = {{{.status = 200}, 0},
                 {{.status = 200, .text = "<html>"}, -1},
                 {{.status = 404}, -1},
                 {{.status = 401}, -1},
                 {{.status = 503}, -1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stage s;
        begin(&s, cases[i].answer);
        assert_int_equal(store_otlp.probe(s.store, &s.err), cases[i].rc);
        assert_int_equal(strstr(s.err.message, "no OTLP receiver") != NULL,
                         cases[i].answer.text && *cases[i].answer.text == '<');
        assert_int_equal(s.peer.requests, 1);
        assert_int_equal(s.peer.last.n, 0);
        assert_int_equal(s.points, 0);
        finish(&s);
    }
}

static void test_options(void **state)
{
    (void)state;
    struct store_error err;
    void *store = NULL;
    struct store_options o = {.type = "otlp",
                              .name = "o",
                              .url = "",
                              .schema = "vstrata",
                              .labels = "",
                              .user = "",
                              .password = "",
                              .token = "",
                              .headers = "",
                              .ca_file = ""};
    assert_int_equal(store_otlp.open(&o, &store, &err), -1);
    assert_string_equal(err.message, "url is missing");
    o.url = "http://127.0.0.1:1/v1/metrics";
    o.schema = "other";
    assert_int_equal(store_otlp.open(&o, &store, &err), -1);
    assert_string_equal(err.message, "no such schema");
    o.schema = "";
    o.token = "two\nlines";
    assert_int_equal(store_otlp.open(&o, &store, &err), -1);
    assert_non_null(strstr(err.message, "control character"));
    assert_null(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_taken),   cmocka_unit_test(test_answers),
        cmocka_unit_test(test_bad_row), cmocka_unit_test(test_probe),
        cmocka_unit_test(test_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
