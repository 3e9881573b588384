/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The server: who may ask what, the page's files, health and figures, start.
 */
#include "client.h"

#include <math.h>

#include "web/answer.h"

static void test_hosts(void **state)
{
    static const struct {
        const char *host;
        int status;
    } cases[] = {
        {"localhost", 200},
        {"localhost:9000", 200},
        {"LOCALHOST:1", 200},
        {"127.0.0.1:8077", 200},
        {"[::1]:8077", 200},
        {"[::1]", 200},
        {"evil.example", 421},
        {"localhost.evil.ex", 421},
        {"localhost:80evil", 421},
        {"127.0.0.1.nip.io", 421},
        {"[::1", 421},
        {"[::2]:8077", 421},
        {"127.0.0.2", 421},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct answer answer = ask(*state, "GET", cases[i].host, "", "/healthz");
        if (answer.status != cases[i].status)
            fail_msg("Host: %s: %d", cases[i].host, answer.status);
        free(answer.all);
    }
    struct answer old = say(*state, "GET /healthz HTTP/1.0\r\n\r\n");
    assert_int_equal(old.status, 421); /* no name at all */
    free(old.all);
}

static void test_methods(void **state)
{
    static const char *const refused[] = {"POST", "PUT", "DELETE", "OPTIONS", "PATCH"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct answer answer = ask(*state, refused[i], "localhost", "", "/api/v1/vms");
        assert_int_equal(answer.status, 405);
        assert_non_null(strstr(answer.all, "\r\nAllow: GET, HEAD\r\n"));
        free(answer.all);
    }
    struct answer body =
        ask(*state, "POST", "localhost", "Content-Length: 5\r\n\r\nhello", "/api/v1/vms");
    assert_int_equal(body.status, 405);
    free(body.all);
    struct answer head = ask(*state, "HEAD", "localhost", "", "/api/v1/vms");
    assert_int_equal(head.status, 200);
    assert_int_equal(head.nbody, 0);
    free(head.all);
}

static void test_headers(void **state)
{
    static const char *const paths[] = {"/", "/api/v1/vms", "/nothing", "/assets/style.css"};
    static const char *const headers[] = {
        "Content-Security-Policy: default-src 'self'", "frame-ancestors 'none'",
        "X-Content-Type-Options: nosniff", "Referrer-Policy: no-referrer"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct answer answer = get(*state, paths[i]);
        for (size_t h = 0; h < sizeof headers / sizeof *headers; h++)
            assert_non_null(strstr(answer.all, headers[h]));
        free(answer.all);
    }
}

static void test_long_query(void **state)
{
    char path[CAP_QUERY_TEXT + 64];
    size_t n = (size_t)sprintf(path, "/api/v1/vms?search=");
    memset(path + n, 'a', CAP_QUERY_TEXT + 1);
    path[n + CAP_QUERY_TEXT + 1] = '\0';
    assert_error(*state, path, 400, "too long");
}

/* ---- assets ---- */

static void test_assets(void **state)
{
    struct answer page = get(*state, "/");
    assert_int_equal(page.status, 200);
    assert_non_null(strstr(page.all, "text/html"));
    assert_null(strstr(page.body, "<style")); /* the policy forbids what stands inline */
    assert_null(strstr(page.body, "style="));
    free(page.all);

    struct answer chart = get(*state, "/assets/chart.js");
    assert_int_equal(chart.status, 200);
    assert_non_null(strstr(chart.body, "Chart.js v3"));
    char tag[80], more[200];
    assert_int_equal(sscanf(strstr(chart.all, "ETag: "), "ETag: %79s", tag), 1);

    struct answer gzip =
        ask(*state, "GET", "localhost", "Accept-Encoding: br, gzip\r\n", "/assets/chart.js");
    assert_non_null(strstr(gzip.all, "Content-Encoding: gzip"));
    assert_memory_equal(gzip.body, "\x1f\x8b", 2);
    assert_true(gzip.nbody < chart.nbody / 2);
    free(gzip.all);
    free(chart.all);

    snprintf(more, sizeof more, "If-None-Match: %s\r\n", tag);
    struct answer same = ask(*state, "GET", "localhost", more, "/assets/chart.js");
    assert_int_equal(same.status, 304);
    assert_int_equal(same.nbody, 0);
    free(same.all);
    struct answer other =
        ask(*state, "GET", "localhost", "If-None-Match: \"other\"\r\n", "/assets/chart.js");
    assert_int_equal(other.status, 200);
    free(other.all);
}

/* ---- the service ---- */

static void test_quantities(void **state)
{
    json_t *json = get_json(*state, "/api/v1/quantities"), *one;
    json_t *list = json_object_get(json, "quantities");
    size_t at;
    assert_int_equal(json_array_size(list), quantity_count());
    for (at = 0; (one = json_array_get(list, at)); at++)
        assert_string_equal(json_string_value(json_object_get(one, "name")), quantity_at(at)->name);
    assert_int_equal(json_array_size(json_object_get(json, "reasons")), REASON_COUNT);
    json_decref(json);
}

static void test_status(void **state)
{
    struct house *house = *state;
    metric_put(house->vcenter, METRIC_LAG_SECONDS, 5300);
    metric_add(house->vcenter, METRIC_ROWS_REFUSED, 7);
    metric_put(metrics_set(house->metrics, METRIC_OF_STORE, "tsdb"), METRIC_STORE_BACKLOG, 12);
    json_t *json = get_json(house, "/api/v1/status"), *vcenter;
    size_t at, seen = 0, stale = 0, no_memory = 0;
    json_array_foreach(json_object_get(json, "vcenters"), at, vcenter)
    {
        bool prod = strcmp(json_string_value(json_object_get(vcenter, "name")), "prod") == 0;
        assert_int_equal(json_integer_value(json_object_get(vcenter, "rows_refused")),
                         prod ? 7 : 0);
        assert_int_equal(json_integer_value(json_object_get(vcenter, "lag_ms")), prod ? 5300 : 0);
        seen += (size_t)json_integer_value(json_object_get(vcenter, "seen"));
        stale += (size_t)json_integer_value(json_object_get(vcenter, "stale"));
        no_memory += (size_t)json_integer_value(json_object_get(vcenter, "no_mem_layers"));
    }
    assert_int_equal(seen, VMS);
    assert_int_equal(no_memory, VMS / 40);
    assert_int_equal(stale, VMS / 50);
    json_t *store = json_array_get(json_object_get(json, "stores"), 0);
    assert_int_equal(json_integer_value(json_object_get(store, "backlog")), 12);
    assert_true(json_is_false(json_object_get(store, "up")));
    json_decref(json);
}

static void test_ready(void **state)
{
    struct house *house = *state;
    struct answer live = get(house, "/healthz");
    assert_int_equal(live.status, 200);
    assert_string_equal(live.body, "ok\n");
    free(live.all);
    assert_error(house, "/readyz", 503, "not logged in");
    metric_put(house->vcenter, METRIC_UP, 1);
    metric_put(house->other, METRIC_UP, 1);
    assert_error(house, "/readyz", 503, "no collection cycle");
    metric_add(house->vcenter, METRIC_CYCLES, 1);
    assert_error(house, "/readyz", 503, "lab");
    metric_add(house->other, METRIC_CYCLES, 1);
    struct answer ready = get(house, "/readyz?probe=1");
    assert_int_equal(ready.status, 200);
    free(ready.all);
}

static void test_metrics(void **state)
{
    struct answer answer = get(*state, "/metrics");
    assert_int_equal(answer.status, 200);
    assert_non_null(strstr(answer.all, "Content-Type: application/openmetrics-text; "
                                       "version=1.0.0; charset=utf-8\r\n"));
    assert_string_equal(answer.body + answer.nbody - 6, "# EOF\n");
    free(answer.all);
}

static void test_store_fails(void **state)
{
    struct house *house = *state;
    house->store.failing = "disk on fire";
    assert_error(house, "/api/v1/vms", 503, "disk on fire");
    assert_error(house, "/api/v1/vms/prod/vm-1000", 503, "disk on fire");
    json_t *json = get_json(house, "/api/v1/status");
    assert_string_equal(json_string_value(json_object_get(json, "store_error")), "disk on fire");
    json_decref(json);
    house->store.failing = NULL;
    json_decref(get_json(house, "/api/v1/vms"));
}

/* ---- start ---- */

static void test_listen(void **state)
{
    static const struct {
        const char *listen;
        bool fine;
    } cases[] = {
        {"localhost:0", true},   {"127.0.0.1:0", true},
        {"0.0.0.0:0", true},     {"nonsense", false},
        {":80", false},          {"127.0.0.1:", false},
        {"127.0.0.1:x", false},  {"127.0.0.1:65536", false},
        {"[::1:0", false},       {"example.org:0", false},
        {"127.0.0.1:-1", false}, {"[]:0", false},
    };
    (void)state;
    struct metrics *metrics = metrics_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct web *web = NULL;
        struct web_error err = {""};
        struct web_options options = {.listen = cases[i].listen, .metrics = metrics};
        int failed = web_start(&options, &web, &err);
        if (!failed != cases[i].fine)
            fail_msg("%s: %s", cases[i].listen, err.message);
        if (failed)
            assert_non_null(strstr(err.message, cases[i].listen));
        else
            assert_true(web_port(web) > 0);
        web_stop(web);
    }
    metrics_free(metrics);
}

static void test_port_taken(void **state)
{
    struct house *house = *state;
    struct web *web = NULL;
    struct web_error err = {""};
    char listen_at[32];
    snprintf(listen_at, sizeof listen_at, "127.0.0.1:%d", web_port(house->web));
    struct web_options options = {.listen = listen_at, .metrics = house->metrics};
    assert_int_equal(web_start(&options, &web, &err), -1);
    assert_null(web);
    assert_non_null(strstr(err.message, "in use"));
}

static void test_no_store(void **state)
{
    struct house house = {.metrics = metrics_new()};
    struct web_error err = {""};
    struct web_options options = {.listen = "127.0.0.1:0", .metrics = house.metrics};
    (void)state;
    assert_int_equal(web_start(&options, &house.web, &err), 0);
    assert_error(&house, "/api/v1/vms", 503, "no embedded store is configured");
    assert_error(&house, "/readyz", 503, "no vCenter");
    json_t *json = get_json(&house, "/api/v1/status");
    assert_true(json_is_null(json_object_get(json, "embedded")));
    json_decref(json);
    web_stop(house.web);
    metrics_free(house.metrics);
}

static void test_answer_commas(void **state)
{
    struct buf out;
    (void)state;
    buf_init(&out, 1000);
    answer_open(&out, NULL, '{');
    answer_open(&out, "empty", '[');
    answer_close(&out, ']');
    answer_text(&out, "brace", "{");
    answer_open(&out, "list", '[');
    answer_real(&out, NULL, NAN);
    answer_real(&out, NULL, -0.5);
    answer_bool(&out, NULL, true);
    answer_close(&out, ']');
    answer_close(&out, '}');
    assert_string_equal(out.data, "{\"empty\":[],\"brace\":\"{\",\"list\":[null,-0.5,true]}");
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        OVER(test_hosts),
        OVER(test_methods),
        OVER(test_headers),
        OVER(test_long_query),
        OVER(test_assets),
        OVER(test_quantities),
        OVER(test_status),
        OVER(test_ready),
        OVER(test_metrics),
        OVER(test_store_fails),
        OVER(test_port_taken),
        cmocka_unit_test(test_listen),
        cmocka_unit_test(test_no_store),
        cmocka_unit_test(test_answer_commas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
