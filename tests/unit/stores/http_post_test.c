/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stores/http_peer.h"
#include "stores/http_post.h"

struct stage {
    struct peer peer;
    struct peer_answer answer;
    struct http_post *post;
    struct http_answer got;
    char url[64], message[300];
};

static void answer(void *ctx, const struct peer_request *request, struct peer_answer *answer)
{
    const struct stage *s = ctx;
    (void)request;
    *answer = s->answer;
}

static void begin(struct stage *s, struct http_post_options options)
{
    *s = (struct stage){.answer = {.status = 204}};
    options.timeout_s = 5;
    peer_start(&s->peer, answer, s);
    snprintf(s->url, sizeof s->url, "http://127.0.0.1:%d/x", s->peer.port);
    if (http_post_open(&options, &s->post, s->message) != 0)
        fail_msg("%s", s->message);
}

static void finish(struct stage *s)
{
    http_post_close(s->post);
    peer_stop(&s->peer);
}

static const char *sent_header(struct stage *s, const char *name)
{
    static char value[256];
    return peer_header(&s->peer.last, name, value);
}

static void test_defaults(void **state)
{
    (void)state;
    struct stage s;
    begin(&s, (struct http_post_options){0});
    http_post_send(s.post, s.url, "hello", 5, &s.got);
    assert_int_equal(s.got.verdict, HTTP_DONE);
    assert_int_equal(s.got.sent, 5);
    assert_string_equal(s.got.text, "");
    assert_int_equal(s.got.text_n, 0);
    assert_false(s.got.has_header);
    assert_string_equal(s.peer.last.body, "hello");
    assert_string_equal(sent_header(&s, "Content-Type"), "text/plain; charset=utf-8");
    assert_string_equal(sent_header(&s, "Content-Length"), "5");
    assert_string_equal(sent_header(&s, "Content-Encoding"), "");
    assert_string_equal(sent_header(&s, "Expect"), "");
    assert_string_equal(sent_header(&s, "Authorization"), "");
    assert_string_equal(sent_header(&s, "User-Agent"), "vstrata/" VSTRATA_VERSION);
    http_post_get(s.post, s.url, &s.got);
    assert_memory_equal(s.peer.last.head, "GET /x ", 7);
    http_post_send(s.post, s.url, NULL, 0, &s.got);
    assert_memory_equal(s.peer.last.head, "POST /x ", 8);
    assert_string_equal(sent_header(&s, "Content-Length"), "0");
    assert_int_equal(s.peer.connections, 1);
    finish(&s);
}

/* A body of binary data, longer than any buffer on the way; the caller's memory is not kept. */
static void test_large_bodies(void **state)
{
    (void)state;
    enum { N = 3 << 20 };
    struct stage s;
    for (int gzip = 0; gzip < 2; gzip++) {
        begin(&s, (struct http_post_options){.gzip = gzip});
        for (int round = 0; round < 2; round++) {
            unsigned char *body = malloc(N);
            for (size_t i = 0; i < N; i++)
                body[i] = (unsigned char)(i * 2654435761u >> 13);
            http_post_send(s.post, s.url, body, N, &s.got);
            assert_int_equal(s.got.verdict, HTTP_DONE);
            assert_int_equal(s.peer.last.n, N);
            assert_int_equal(s.got.sent, s.peer.last.wire);
            assert_int_equal(s.peer.last.gzip, gzip);
            assert_memory_equal(s.peer.last.body, body, N);
            free(body);
        }
        finish(&s);
    }
}

static void test_headers(void **state)
{
    (void)state;
    struct stage s;
    begin(&s, (struct http_post_options){.content_type = "application/x-protobuf",
                                         .headers = "Content-Encoding: snappy\n\nX-A: b: c\n",
                                         .authorization = "Bearer t"});
    http_post_send(s.post, s.url, "x", 1, &s.got);
    assert_string_equal(sent_header(&s, "Content-Type"), "application/x-protobuf");
    assert_string_equal(sent_header(&s, "Content-Encoding"), "snappy");
    assert_string_equal(sent_header(&s, "X-A"), "b: c");
    assert_string_equal(sent_header(&s, "Authorization"), "Bearer t");
    assert_int_equal(http_post_headers(s.post, "text/x", "X-New: 1"), 0);
    http_post_send(s.post, s.url, "x", 1, &s.got);
    assert_string_equal(sent_header(&s, "Content-Type"), "text/x");
    assert_string_equal(sent_header(&s, "Content-Encoding"), "");
    assert_string_equal(sent_header(&s, "X-New"), "1");
    assert_string_equal(sent_header(&s, "Authorization"), "Bearer t");
    assert_int_equal(http_post_headers(s.post, "text/x", "bad\r\nX: y"), -1);
    http_post_send(s.post, s.url, "x", 1, &s.got); /* as before */
    assert_string_equal(sent_header(&s, "X-New"), "1");
    finish(&s);
}

static void test_wrong_headers(void **state)
{
    (void)state;
    static const struct http_post_options cases[] = {
        {.headers = "X-A: b\r\nX-C: d"},
        {.headers = "X-A: b\x7f"},
        {.headers = "X-A: \tb"},
        {.headers = "no colon"},
        {.headers = ": no name"},
        {.headers = "X-A:"},
        {.headers = "X-A:   \nX-B: c"},
        {.headers = "X A: b"},
        {.headers = "X-A: b\nX-C;"},
        {.headers = "content-length: 5"},
        {.headers = "Transfer-Encoding: chunked"},
        {.content_type = "text/plain\nX: y"},
        {.authorization = "Token a\r\nX: y"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct http_post *post = NULL;
        char message[300] = "";
        if (http_post_open(&cases[i], &post, message) != -1)
            fail_msg("case %zu was taken", i);
        assert_null(post);
        assert_true(strlen(message) > 20);
    }
}

/* The wanted header of an answer, as a number; that of an interim answer does not count. */
static void test_answer_header(void **state)
{
    (void)state;
    static const struct {
        const char *headers;
        bool has;
        int64_t number;
    } cases[] = {
        {"X-Samples-Written: 42\r\n", true, 42},        {"x-samples-written:7 \r\n", true, 7},
        {"X-SAMPLES-WRITTEN: 0\r\n", true, 0},          {"X-Samples-Written: many\r\n", false, 0},
        {"X-Samples-Written:\r\n", false, 0},           {"X-Samples-Written-Too: 42\r\n", false, 0},
        {"Other: X-Samples-Written: 42\r\n", false, 0}, {NULL, false, 0},
    };
    struct stage s;
    begin(&s, (struct http_post_options){.answer_header = "X-Samples-Written"});
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        s.answer.headers = cases[i].headers;
        http_post_send(s.post, s.url, "x", 1, &s.got);
        assert_int_equal(s.got.has_header, cases[i].has);
        assert_int_equal(s.got.header, cases[i].number);
    }
    /* An interim answer before the real one; no answer at all after one that had it. */
    s.answer = (struct peer_answer){.status = 100,
                                    .headers = "X-Samples-Written: 5\r\n\r\nHTTP/1.1 204 X\r\n"};
    http_post_send(s.post, s.url, "x", 1, &s.got);
    assert_int_equal(s.got.status, 204);
    assert_false(s.got.has_header);
    s.answer = (struct peer_answer){.status = 204, .headers = "X-Samples-Written: 5\r\n"};
    http_post_send(s.post, s.url, "x", 1, &s.got);
    assert_true(s.got.has_header);
    s.answer.status = 0;
    http_post_send(s.post, s.url, "x", 1, &s.got);
    assert_int_equal(s.got.status, 0);
    assert_false(s.got.has_header);
    finish(&s);
}

static void test_text(void **state)
{
    (void)state;
    struct stage s;
    begin(&s, (struct http_post_options){0});
    s.answer = (struct peer_answer){.status = 400, .text = "{\n \"error\": \"x\"\r\n}"};
    http_post_send(s.post, s.url, "x", 1, &s.got);
    assert_int_equal(s.got.verdict, HTTP_BAD_BODY);
    assert_string_equal(s.got.text, s.answer.text);
    assert_int_equal(s.got.text_n, strlen(s.answer.text));
    assert_string_equal(s.got.message, "HTTP 400: {  \"error\": \"x\"  }");
    finish(&s);
}

/* A kept connection that breaks: the request is not sent again unasked, even if the server had it
 * whole. The next one goes over a new connection. */
static void test_never_twice(void **state)
{
    (void)state;
    struct stage s;
    begin(&s, (struct http_post_options){0});
    http_post_send(s.post, s.url, "one", 3, &s.got);
    assert_int_equal(s.got.verdict, HTTP_DONE);
    s.answer.status = 0;
    http_post_send(s.post, s.url, "two", 3, &s.got);
    assert_int_equal(s.got.verdict, HTTP_AGAIN);
    assert_int_equal(s.got.status, 0);
    assert_true(strlen(s.got.message) > 5);
    assert_int_equal(s.peer.requests, 2);
    s.answer.status = 204;
    http_post_send(s.post, s.url, "two", 3, &s.got);
    assert_int_equal(s.got.verdict, HTTP_DONE);
    assert_int_equal(s.peer.requests, 3);
    assert_true(s.peer.connections >= 2);
    finish(&s);
}

static void test_verdicts(void **state)
{
    (void)state;
    static const struct {
        long status;
        enum http_verdict verdict;
    } cases[] = {
        {200, HTTP_DONE},       {204, HTTP_DONE},       {299, HTTP_DONE},
        {301, HTTP_BAD_SETUP},  {400, HTTP_BAD_BODY},   {401, HTTP_BAD_SETUP},
        {404, HTTP_BAD_SETUP},  {408, HTTP_AGAIN},      {413, HTTP_TOO_LARGE},
        {415, HTTP_BAD_SETUP},  {422, HTTP_BAD_BODY},   {429, HTTP_AGAIN},
        {500, HTTP_AGAIN_SOME}, {501, HTTP_AGAIN_SOME}, {502, HTTP_AGAIN},
        {503, HTTP_AGAIN},      {504, HTTP_AGAIN},      {507, HTTP_AGAIN_SOME},
        {600, HTTP_BAD_SETUP},  {0, HTTP_BAD_SETUP},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(http_verdict_of(cases[i].status), cases[i].verdict);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),      cmocka_unit_test(test_large_bodies),
        cmocka_unit_test(test_headers),       cmocka_unit_test(test_wrong_headers),
        cmocka_unit_test(test_answer_header), cmocka_unit_test(test_text),
        cmocka_unit_test(test_never_twice),   cmocka_unit_test(test_verdicts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
