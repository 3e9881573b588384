/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* Options and transport against a server inside the test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/caps.h"
#include "base/clock.h"
#include "canned.h"
#include "thumbprint.h"
#include "transport.h"

#define PASSWORD "s3cr&t<pass>"
#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static struct vim_client *client_for(const struct canned *server)
{
    const struct vim_client_options options = {
        .url = server->url, .user = "u", .password = PASSWORD, .call_timeout_ms = 5000};
    struct vim_client *client = NULL;
    assert_int_equal(vim_client_new(&options, &client, NULL), VIM_OK);
    return client;
}

/* One call; its outcome, and a copy of the reply if asked for. */
static enum vim_code call(struct vim_client *client, const struct call_options *options, char *ret,
                          size_t room, struct vim_error *err)
{
    struct call *call = NULL;
    const struct buf *body = NULL;
    enum vim_code code = call_start(client, options, &call, err);
    if (!code)
        code = call_wait(call, err);
    if (!code)
        code = call_result(call, &body, err);
    if (!code && ret)
        snprintf(ret, room, "%s", body->data ? body->data : "");
    call_free(call);
    return code;
}

static const struct call_options plain = {.what = "Probe", .body = "<x/>", .len = 4};

/* ---- options ---- */

static void test_options(void **state)
{
    static const struct {
        struct vim_client_options options;
        const char *says; /* NULL = fine */
    } cases[] = {
        {{.url = "https://vc.example.com/sdk"}, NULL},
        {{.url = "HTTPS://vc.example.com"}, NULL},
        {{.url = "http://[::1]:8989/"}, NULL},
        {{.url = NULL}, "no URL"},
        {{.url = ""}, "no URL"},
        {{.url = "vc.example.com"}, "https://"},
        {{.url = "ftp://vc"}, "https://"},
        {{.url = "https:///sdk"}, "no host"},
        {{.url = "https://vc/sdk x"}, "blanks"},
        {{.url = "https://u:secret@vc/sdk"}, "options of their own"},
        {{.url = "https://vc", .thumbprint = "12:34"}, "SHA-256"},
        {{.url = "https://vc", .ca_file = "/nowhere/ca.pem"}, "/nowhere/ca.pem"},
        {{.url = "https://vc", .password = PASSWORD "\n"}, "line end"},
        {{.url = "https://vc", .user = "\xff"}, "UTF-8"},
        {{.url = "https://vc", .call_timeout_ms = -1}, "negative"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct vim_client *client = NULL;
        struct vim_error err = {.code = VIM_OK};
        enum vim_code code = vim_client_new(&cases[i].options, &client, &err);
        assert_int_equal(code, cases[i].says ? VIM_USAGE : VIM_OK);
        assert_int_equal(err.code, code);
        if (cases[i].says && !strstr(err.message, cases[i].says))
            fail_msg("case %zu: %s", i, err.message);
        assert_null(strstr(err.message, PASSWORD));
        assert_null(strstr(err.message, "secret"));
        assert_true((client == NULL) == (code != VIM_OK));
        vim_client_free(client);
    }
    vim_client_free(NULL);
}

/* ---- one call ---- */

static void test_request_on_the_wire(void **state)
{
    struct canned server;
    static const struct canned_reply script[] = {
        {.body = "<one/>", .headers = "Set-Cookie: vmware_soap_session=\"a b\"; Path=/\r\n"},
        {.body = "<two/>"}};
    char reply[64];
    struct vim_client_stats stats;
    (void)state;
    canned_start(&server, NULL, script, COUNT(script));
    struct vim_client *client = client_for(&server);
    assert_int_equal(call(client, &plain, reply, sizeof reply, NULL), VIM_OK);
    assert_string_equal(reply, "<one/>");
    const char *request = canned_request(&server, "<x/>");
    assert_non_null(strstr(request, "POST /sdk HTTP/1.1\r\n"));
    assert_non_null(strstr(request, "Content-Type: text/xml; charset=utf-8\r\n"));
    assert_non_null(strstr(request, "SOAPAction: \"urn:vim25/6.5\"\r\n"));
    assert_non_null(strstr(request, "Accept-Encoding: gzip\r\n"));
    assert_non_null(strstr(request, "User-Agent: vstrata\r\n"));
    assert_null(strstr(request, "Expect:"));
    assert_null(strstr(request, "Cookie:"));
    assert_int_equal(call(client, &plain, reply, sizeof reply, NULL), VIM_OK);
    assert_non_null(
        strstr(canned_request(&server, "<x/>"), "Cookie: vmware_soap_session=\"a b\"\r\n"));
    assert_int_equal(server.nconnections, 1); /* kept */
    vim_client_stats(client, &stats);
    assert_int_equal(stats.calls, 2);
    assert_int_equal(stats.failures, 0);
    assert_int_equal(stats.bytes_in, 12);
    assert_int_equal(stats.bytes_out, 8);
    assert_true(stats.wire_bytes_in > 12);
    vim_client_free(client);
    canned_stop(&server);
}

/* gzip of "<a>", 60,000 blanks, "</a>" */
static const char zipped[] =
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xed\xc1\xc1\x14\x00\x00\x08\x05\x30\x95\x0c\x12\xe8"
    "\x7d\x97\xfc\x25\xd2\xe8\xb0\x6d\x36\x05\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
    "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
    "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xf0\xcc"
    "\xf4\xe6\x00\xb1\x8d\x69\x66\x67\xea\x00\x00";
#define GZIP .headers = "Content-Encoding: gzip\r\n"

static void test_failures(void **state)
{
    static const struct {
        struct canned_reply reply;
        size_t cap;
        int timeout_ms;
        enum vim_code code;
        const char *says;
    } cases[] = {
        {{.body = "<a/>"}, 0, 0, VIM_OK, ""},
        {{.body = zipped, .len = sizeof zipped - 1, GZIP}, 0, 0, VIM_OK, ""},
        {{.body = zipped, .len = sizeof zipped - 1, GZIP}, 60007, 0, VIM_OK, ""},
        {{.body = zipped, .len = sizeof zipped - 1, GZIP}, 60006, 0, VIM_TOO_LARGE, "60006 bytes"},
        {{.body = "not gzip at all", GZIP}, 0, 0, VIM_PROTOCOL, "gzip"},
        {{.body = "0123456789"}, 9, 0, VIM_TOO_LARGE, "9 bytes"},
        {{.status = -1}, 0, 0, VIM_UNREACHABLE, "hung up"},
        {{.body = "0123456789", .cut_at = 5}, 0, 0, VIM_UNREACHABLE, "cut short"},
        {{.body = "<a/>", .delay_ms = 400}, 0, 100, VIM_TIMEOUT, "0.1 s"},
        {{.status = 404, .body = "no"}, 0, 0, VIM_HTTP, "404"},
        {{.status = 503, .body = "<html>"}, 0, 0, VIM_HTTP, "starting"},
        {{.status = 500, .body = "no reply"}, 0, 0, VIM_HTTP, "not a SOAP fault"},
        {{.status = 301, .headers = "Location: https://vc2.example.com/sdk\r\n"},
         0,
         0,
         VIM_HTTP,
         "https://vc2.example.com/sdk"},
        {{.status = 500, .body = SOAP_FAULT("", "NotAuthenticated")},
         0,
         0,
         VIM_NOT_AUTHENTICATED,
         "log in"},
        {{.status = 500, .body = SOAP_FAULT("bad s3cr&amp;t&lt;pass> here", "InvalidLogin")},
         0,
         0,
         VIM_INVALID_LOGIN,
         "bad ************ here"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct canned server;
        struct vim_error err = {.code = VIM_OK};
        struct call_options options = plain;
        struct vim_client_stats stats;
        canned_start(&server, NULL, &cases[i].reply, 1);
        struct vim_client *client = client_for(&server);
        options.cap = cases[i].cap;
        options.timeout_ms = cases[i].timeout_ms;
        enum vim_code code = call(client, &options, NULL, 0, &err);
        if (code != cases[i].code || err.code != code || !strstr(err.message, cases[i].says))
            fail_msg("case %zu: %s: %s", i, vim_code_name(code), err.message);
        assert_null(strstr(err.message, PASSWORD));
        vim_client_stats(client, &stats);
        assert_int_equal(stats.failures, code != VIM_OK);
        vim_client_free(client);
        canned_stop(&server);
    }
}

static void test_nobody_listens(void **state)
{
    struct canned server;
    struct vim_error err;
    (void)state;
    canned_start(&server, NULL, NULL, 0);
    struct vim_client *client = client_for(&server);
    canned_stop(&server);
    assert_int_equal(call(client, &plain, NULL, 0, &err), VIM_UNREACHABLE);
    assert_non_null(strstr(err.message, server.url));
    assert_non_null(strstr(err.message, "Probe"));
    vim_client_free(client);
}

/* ---- streaming ---- */

struct sink {
    char bytes[256];
    size_t n, stop_at;
};

static int take(void *ctx, const char *bytes, size_t n)
{
    struct sink *sink = ctx;
    if (n > sizeof sink->bytes - sink->n)
        return -1;
    memcpy(sink->bytes + sink->n, bytes, n);
    sink->n += n;
    return sink->stop_at && sink->n >= sink->stop_at ? -1 : 0;
}

static void test_streaming(void **state)
{
    static const struct canned_reply script[] = {
        {.body = "<streamed/>"},
        {.body = "<streamed/>"},
        {.status = 500, .body = SOAP_FAULT("", "InvalidArgument")}};
    struct sink sink = {.n = 0};
    struct canned server;
    struct call_options options = plain;
    (void)state;
    options.on_bytes = take;
    options.ctx = &sink;
    canned_start(&server, NULL, script, COUNT(script));
    struct vim_client *client = client_for(&server);
    assert_int_equal(call(client, &options, NULL, 0, NULL), VIM_OK);
    assert_int_equal(sink.n, 11);
    assert_memory_equal(sink.bytes, "<streamed/>", 11);
    sink = (struct sink){.stop_at = 1};
    assert_int_equal(call(client, &options, NULL, 0, NULL), VIM_PROTOCOL);
    sink = (struct sink){.n = 0}; /* a fault is buffered, not streamed */
    assert_int_equal(call(client, &options, NULL, 0, NULL), VIM_INVALID_ARGUMENT);
    assert_int_equal(sink.n, 0);
    vim_client_free(client);
    canned_stop(&server);
}

/* ---- several at once, wake, cancel ---- */

static void test_calls_at_once(void **state)
{
    static const struct canned_reply script[] = {{.body = "<a/>", .delay_ms = 400, .repeat = true}};
    struct canned server;
    struct call *calls[8];
    (void)state;
    canned_start(&server, NULL, script, COUNT(script));
    struct vim_client *client = client_for(&server);
    struct mono_time start = mono_now();
    for (size_t i = 0; i < COUNT(calls); i++)
        assert_int_equal(call_start(client, &plain, &calls[i], NULL), VIM_OK);
    for (size_t i = 0; i < COUNT(calls); i++) {
        assert_int_equal(call_wait(calls[i], NULL), VIM_OK);
        assert_true(call_done(calls[i]));
        assert_true(call_ms(calls[i]) >= 390);
        assert_int_equal(call_result(calls[i], NULL, NULL), VIM_OK);
        call_free(calls[i]);
    }
    assert_true(mono_between(start, mono_now()) < 2400); /* 3200 one after the other */
    vim_client_free(client);
    canned_stop(&server);
}

/* A call that ends while another is waited for is still news for vim_client_run. */
static void test_run_tells_what_ended_meanwhile(void **state)
{
    static const struct canned_reply script[] = {{.when = "<quick/>", .body = "<a/>"},
                                                 {.body = "<b/>", .delay_ms = 300}};
    static const struct call_options quick = {.body = "<quick/>", .len = 8};
    struct canned server;
    struct call *background, *waited;
    (void)state;
    canned_start(&server, NULL, script, COUNT(script));
    struct vim_client *client = client_for(&server);
    assert_int_equal(call_start(client, &plain, &waited, NULL), VIM_OK);
    assert_int_equal(call_start(client, &quick, &background, NULL), VIM_OK);
    assert_int_equal(call_wait(waited, NULL), VIM_OK);
    assert_true(call_done(background));
    struct mono_time start = mono_now();
    assert_int_equal(vim_client_run(client, 3000, NULL), VIM_OK);
    assert_true(mono_between(start, mono_now()) < 3000);
    start = mono_now(); /* told once */
    assert_int_equal(vim_client_run(client, 150, NULL), VIM_OK);
    assert_true(mono_between(start, mono_now()) >= 140);
    call_free(waited);
    call_free(background);
    vim_client_free(client);
    canned_stop(&server);
}

struct later {
    struct vim_client *client;
    void (*act)(struct vim_client *client);
};

static void *act_later(void *arg)
{
    struct later *later = arg;
    usleep(100 * 1000);
    later->act(later->client);
    return NULL;
}

static void cancel(struct vim_client *client)
{
    vim_client_cancel(client, true);
}

static void test_wake_and_cancel(void **state)
{
    static const struct canned_reply script[] = {{.body = "<a/>", .delay_ms = 9000},
                                                 {.body = "<a/>", .repeat = true}};
    struct canned server;
    struct vim_error err;
    pthread_t thread;
    struct later later = {.act = vim_client_wake};
    (void)state;
    canned_start(&server, NULL, script, COUNT(script));
    struct vim_client *client = later.client = client_for(&server);
    struct mono_time start = mono_now();
    assert_int_equal(pthread_create(&thread, NULL, act_later, &later), 0);
    assert_int_equal(vim_client_run(client, 5000, NULL), VIM_OK);
    pthread_join(thread, NULL);
    assert_true(mono_between(start, mono_now()) < 3000);

    later.act = cancel;
    start = mono_now();
    assert_int_equal(pthread_create(&thread, NULL, act_later, &later), 0);
    assert_int_equal(call(client, &plain, NULL, 0, &err), VIM_CANCELED);
    pthread_join(thread, NULL);
    assert_true(mono_between(start, mono_now()) < 3000);
    assert_int_equal(call(client, &plain, NULL, 0, &err), VIM_CANCELED);
    assert_int_equal(vim_client_run(client, 5000, &err), VIM_CANCELED);
    assert_true(mono_between(start, mono_now()) < 3000);
    vim_client_cancel(client, false);
    assert_int_equal(call(client, &plain, NULL, 0, &err), VIM_OK);
    vim_client_free(client);
    canned_stop(&server);
}

/* curl sends again on its own when a kept connection breaks before the first byte of an answer; a
 * call marked once must fail instead. */
static void test_once(void **state)
{
    static const struct canned_reply script[] = {{.body = "<a/>"}, {.status = -1},
                                                 {.body = "<b/>"}, {.body = "<a/>"},
                                                 {.status = -1},   {.body = "<never/>"}};
    struct canned server;
    struct call_options once = plain;
    char reply[64];
    (void)state;
    once.once = true;
    canned_start(&server, NULL, script, COUNT(script));
    struct vim_client *client = client_for(&server);
    assert_int_equal(call(client, &plain, NULL, 0, NULL), VIM_OK);
    assert_int_equal(call(client, &plain, reply, sizeof reply, NULL), VIM_OK);
    assert_string_equal(reply, "<b/>");
    assert_int_equal(server.nrequests, 3);
    assert_int_equal(call(client, &once, NULL, 0, NULL), VIM_OK);
    assert_int_equal(call(client, &once, NULL, 0, NULL), VIM_UNREACHABLE);
    assert_int_equal(server.nrequests, 5);
    vim_client_free(client);
    canned_stop(&server);
}

/* ---- TLS ---- */

struct tls {
    SSL_CTX *ctx;
    X509 *certificate;
    char thumbprint[THUMBPRINT_TEXT];
    char file[64];
};

/* A self-signed certificate for 127.0.0.1. */
static void tls_new(struct tls *tls)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x = X509_new();
    struct thumbprint t;
    unsigned n = 0;
    ASN1_INTEGER_set(X509_get_serialNumber(x), 7);
    X509_set_version(x, 2);
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    X509_set_pubkey(x, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                               (const unsigned char *)"canned", -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(x));
    X509_EXTENSION *san = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1");
    X509_add_ext(x, san, -1);
    X509_EXTENSION_free(san);
    assert_true(X509_sign(x, key, EVP_sha256()) > 0);
    tls->ctx = SSL_CTX_new(TLS_server_method());
    assert_int_equal(SSL_CTX_use_certificate(tls->ctx, x), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(tls->ctx, key), 1);
    EVP_PKEY_free(key);
    X509_digest(x, EVP_sha256(), t.bytes, &n);
    thumbprint_text(&t, tls->thumbprint);
    tls->certificate = x;
    strcpy(tls->file, "/tmp/client_test_ca_XXXXXX");
    FILE *file = fdopen(mkstemp(tls->file), "w");
    assert_non_null(file);
    PEM_write_X509(file, x);
    fclose(file);
}

static void tls_free(struct tls *tls)
{
    unlink(tls->file);
    X509_free(tls->certificate);
    SSL_CTX_free(tls->ctx);
}

static void test_tls(void **state)
{
    static const struct canned_reply script[] = {{.body = "<a/>", .repeat = true}};
    static const char wrong[] = "00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:"
                                "10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:FF";
    struct tls tls, other;
    (void)state;
    tls_new(&tls);
    tls_new(&other);
    const struct {
        const char *ca_file, *thumbprint;
        int newest; /* TLS version the server speaks at most; 0 = any */
        enum vim_code code;
        const char *says; /* NULL = the presented thumbprint */
    } cases[] = {
        {NULL, tls.thumbprint, 0, VIM_OK, ""},
        {tls.file, NULL, 0, VIM_OK, ""},
        {NULL, NULL, 0, VIM_TLS, NULL},
        {NULL, wrong, 0, VIM_TLS, NULL},
        {tls.file, wrong, 0, VIM_TLS, NULL},
        {other.file, NULL, 0, VIM_TLS, NULL},
        {NULL, tls.thumbprint, TLS1_2_VERSION, VIM_OK, ""},
        {NULL, tls.thumbprint, TLS1_1_VERSION, VIM_TLS, "TLS 1.2"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct canned server;
        struct vim_error err = {.code = VIM_OK};
        struct vim_client *client = NULL;
        SSL_CTX_set_min_proto_version(tls.ctx, cases[i].newest);
        SSL_CTX_set_max_proto_version(tls.ctx, cases[i].newest);
        SSL_CTX_set_security_level(tls.ctx, cases[i].newest ? 0 : 2);
        canned_start(&server, tls.ctx, script, COUNT(script));
        const struct vim_client_options options = {
            .url = server.url, .ca_file = cases[i].ca_file, .thumbprint = cases[i].thumbprint};
        assert_int_equal(vim_client_new(&options, &client, NULL), VIM_OK);
        for (int again = 0; again < 2; again++) { /* also on what the first time left behind */
            enum vim_code code = call(client, &plain, NULL, 0, &err);
            const char *says = cases[i].says ? cases[i].says : tls.thumbprint;
            if (code != cases[i].code || !strstr(err.message, says))
                fail_msg("case %zu: %s: %s", i, vim_code_name(code), err.message);
        }
        vim_client_free(client);
        canned_stop(&server);
        assert_true((server.nbytes == 0) == (cases[i].code != VIM_OK));
    }
    tls_free(&tls);
    tls_free(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_request_on_the_wire),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_nobody_listens),
        cmocka_unit_test(test_streaming),
        cmocka_unit_test(test_calls_at_once),
        cmocka_unit_test(test_run_tells_what_ended_meanwhile),
        cmocka_unit_test(test_wake_and_cancel),
        cmocka_unit_test(test_once),
        cmocka_unit_test(test_tls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
