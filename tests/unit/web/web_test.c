/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The web room over real sockets: a server per test on a port of its own, a made-up store, and a
 * client of a dozen lines, so that every byte of a request is in the test's hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <jansson.h>
#include <math.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/caps.h"
#include "report/metrics.h"
#include "web/answer.h"
#include "web/web.h"

#include "fake_store.h"

enum { VMS = 200 };
static const int64_t now_ms = INT64_C(1700000000000);

struct house {
    struct fake_store store;
    struct metrics *metrics;
    struct metric_set *vcenter, *other;
    struct web *web;
};

static int start(void **state)
{
    struct house *house = calloc(1, sizeof *house);
    struct web_error err = {""};
    fake_open(&house->store, VMS);
    house->store.now_ms = now_ms;
    house->metrics = metrics_new();
    house->vcenter = metrics_set(house->metrics, SCOPE_VCENTER, "prod");
    house->other = metrics_set(house->metrics, SCOPE_VCENTER, "lab");
    struct web_options options = {
        .listen = "127.0.0.1:0", .embedded = &house->store, .metrics = house->metrics};
    if (web_start(&options, &house->web, &err) != 0)
        fail_msg("%s", err.message);
    *state = house;
    return 0;
}

static int stop(void **state)
{
    struct house *house = *state;
    web_stop(house->web);
    metrics_free(house->metrics);
    fake_close(&house->store);
    free(house);
    return 0;
}

/* ---- the client ---- */

struct answer {
    int status;
    char *all; /* header and body */
    const char *body;
    size_t nbody;
};

static struct answer say(const struct house *house, const char *text)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)web_port(house->web)),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int s = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(s, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(write(s, text, strlen(text)), strlen(text));
    struct buf buf;
    buf_init(&buf, CAP_PAGE_BYTES);
    char piece[4096];
    for (ssize_t n; (n = read(s, piece, sizeof piece)) > 0;)
        buf_add(&buf, piece, (size_t)n);
    close(s);
    struct answer answer = {.nbody = buf.len};
    answer.all = buf_take(&buf);
    assert_int_equal(sscanf(answer.all, "HTTP/1.1 %d", &answer.status), 1);
    char *blank = strstr(answer.all, "\r\n\r\n");
    assert_non_null(blank);
    blank[2] = '\0'; /* the header ends here */
    answer.body = blank + 4;
    answer.nbody -= (size_t)(answer.body - answer.all);
    return answer;
}

static struct answer ask(const struct house *house, const char *method, const char *host,
                         const char *more, const char *path)
{
    char *text = NULL;
    if (asprintf(&text, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n%s\r\n", method, path,
                 host, more) < 0)
        abort();
    struct answer answer = say(house, text);
    free(text);
    return answer;
}

static struct answer get(const struct house *house, const char *path)
{
    return ask(house, "GET", "localhost", "", path);
}

static json_t *parse(struct answer *answer)
{
    json_error_t error;
    json_t *json = json_loadb(answer->body, answer->nbody, 0, &error);
    if (!json)
        fail_msg("%s at %d in %.200s", error.text, error.position, answer->body);
    free(answer->all);
    return json;
}

static json_t *get_json(const struct house *house, const char *path)
{
    struct answer answer = get(house, path);
    if (answer.status != 200)
        fail_msg("%s: %d %s", path, answer.status, answer.body);
    return parse(&answer);
}

/* The error's text must hold all of `says`. */
static void assert_error(const struct house *house, const char *path, int status, const char *says)
{
    struct answer answer = get(house, path);
    assert_int_equal(answer.status, status);
    json_t *json = parse(&answer);
    const char *text = json_string_value(json_object_get(json, "error"));
    assert_non_null(text);
    if (!strstr(text, says))
        fail_msg("%s: \"%s\" does not say \"%s\"", path, text, says);
    json_decref(json);
}

static double ratio_of(const json_t *vm, const char *column, const char *unit)
{
    const json_t *value = json_object_get(json_object_get(vm, column), unit);
    return value ? json_number_value(value) : NAN;
}

/* ---- guards ---- */

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

static void test_refusals(void **state)
{
    static const struct {
        const char *path, *says;
        int status;
    } cases[] = {
        {"/api/v1/nothing", "allowed: /", 404},
        {"/assets/../web.c", "no asset", 404},
        {"/api/v1/vms?colour=red", "no parameter \"colour\" here; allowed: sort", 400},
        {"/api/v1/vms?limit=5&limit=6", "twice", 400},
        {"/api/v1/vms?limit=0", "1 to 1000", 400},
        {"/api/v1/vms?limit=1001", "1 to 1000", 400},
        {"/api/v1/vms?limit=9999999999999999999", "1 to 1000", 400},
        {"/api/v1/vms?offset=-1", "0 to", 400},
        {"/api/v1/vms?offset=5x", "0 to", 400},
        {"/api/v1/vms?sort=beauty", "allowed: cpu_count, usage", 400},
        {"/api/v1/vms?sort=cpu_count_percent", "allowed:", 400},
        {"/api/v1/vms?order=up", "asc, desc", 400},
        {"/api/v1/vms?state=good", "stale", 400},
        {"/api/v1/vms/prod", "{vcenter}/{moid}", 404},
        {"/api/v1/vms/prod/vm-1", "no rows", 404},
        {"/api/v1/vms/prod/vm-1/series", "no rows", 404},
        {"/api/v1/vms/lab/vm-1000", "no rows", 404},
        {"/api/v1/vms/prod/vm-1000?form=vcpu", "allowed: none", 400},
        {"/api/v1/vms/prod/vm-1000/series?quantities=cpu.joy", "cpu.joy", 400},
        {"/api/v1/vms/prod/vm-1000/series?quantities=cpu.system&form=vcpu", "allowed: total", 400},
        {"/api/v1/vms/prod/vm-1000/series?form=best", "total, worst, spread, vcpu", 400},
        {"/api/v1/vms/prod/vm-1000/series?from=5&to=4", "from before to", 400},
        {"/api/v1/vms/prod/vm-1000/series?from=1&to=1700000000000", "366 days", 400},
        {"/api/v1/vms/prod/vm-1000/series?to=yesterday", "milliseconds", 400},
        {"/api/v1/vms/prod/vm-1000/series?step=-1", "0 to", 400},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_error(*state, cases[i].path, cases[i].status, cases[i].says);
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

/* ---- VMs ---- */

static void test_sorted(void **state)
{
    static const struct {
        const char *query, *column, *unit;
        int direction;
    } cases[] = {
        {"?limit=1000", "unmet", "ratio", -1},
        {"?limit=1000&sort=unmet_percent", "unmet", "percent", -1},
        {"?limit=1000&sort=usage&order=asc", "usage", "ratio", 1},
        {"?limit=1000&sort=ready_worst", "ready_worst", "ratio", -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[128];
        snprintf(path, sizeof path, "/api/v1/vms%s", cases[i].query);
        json_t *json = get_json(*state, path);
        json_t *vms = json_object_get(json, "vms"), *vm;
        assert_int_equal(json_array_size(vms), VMS);
        double before = cases[i].direction < 0 ? INFINITY : -INFINITY;
        size_t at, compared = 0;
        int rank = 0; /* fresh, stale, without the value: each kind sorted in itself */
        json_array_foreach(vms, at, vm)
        {
            double value = ratio_of(vm, cases[i].column, cases[i].unit);
            bool stale = strcmp(json_string_value(json_object_get(vm, "state")), "stale") == 0;
            int now = isnan(value) ? 2 : stale;
            assert_true(now >= rank);
            if (now == rank && now < 2) {
                assert_true((value - before) * cases[i].direction >= 0);
                compared++;
            }
            rank = now;
            before = value;
        }
        assert_true(compared > VMS / 2);
        json_decref(json);
    }
}

static void test_values(void **state)
{
    struct house *house = *state;
    json_t *json = get_json(house, "/api/v1/vms?limit=1000");
    json_t *vm;
    size_t at;
    json_array_foreach(json_object_get(json, "vms"), at, vm)
    {
        const struct fake_vm *fake =
            fake_find(&house->store, json_string_value(json_object_get(vm, "vcenter")),
                      json_string_value(json_object_get(vm, "moid")));
        assert_non_null(fake);
        assert_string_equal(json_string_value(json_object_get(vm, "name")), fake->name);
        struct server_time newest = fake_newest(&house->store, fake);
        struct row_batch batch;
        row_batch_init(&batch);
        fake_rows(fake, &newest, 1, &batch);
        int64_t ticks;
        double unmet = ratio_of(vm, "unmet", "ratio");
        if (row_find(&batch, &batch.rows[0], Q_CPU_UNMET, FORM_TOTAL, 0, &ticks)) {
            assert_true(fabs(unmet - (double)ticks / RATIO_SCALE) < 1e-5);
            assert_true(fabs(ratio_of(vm, "unmet", "percent") * fake->vcpus - unmet * 100) < 1e-3);
        } else
            assert_true(isnan(unmet));
        assert_string_equal(json_string_value(json_object_get(
                                json_object_get(json_object_get(vm, "status"), "queue"), "reason")),
                            "no guest source");
        row_batch_free(&batch);
    }
    json_decref(json);
}

static void test_pages(void **state)
{
    char seen[VMS] = {0};
    for (int offset = 0; offset < VMS + 30; offset += 30) {
        char path[80];
        snprintf(path, sizeof path, "/api/v1/vms?sort=host&limit=30&offset=%d", offset);
        json_t *json = get_json(*state, path), *vm;
        assert_int_equal(json_integer_value(json_object_get(json, "matched")), VMS);
        size_t at;
        json_array_foreach(json_object_get(json, "vms"), at, vm)
            seen[atoi(json_string_value(json_object_get(vm, "moid")) + 3) - 1000]++;
        json_decref(json);
    }
    for (int i = 0; i < VMS; i++)
        assert_int_equal(seen[i], 1);
}

static void test_search(void **state)
{
    static const struct {
        const char *query;
        int matched;
    } cases[] = {
        {"search=vm-1007", 1},
        {"search=DB-008", 1},
        {"search=ESX03", VMS / 16 + 1},
        {"search=esx03%20LAB", 3},
        {"search=cluster-a+prod+vm-1000", 1},
        {"search=no-such-thing", 0},
        {"search=", VMS},
        {"search=%3Cimg", 1},
        {"state=stale", VMS / 50},
        {"state=stale&search=vm-1049", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[128];
        snprintf(path, sizeof path, "/api/v1/vms?%s", cases[i].query);
        json_t *json = get_json(*state, path);
        int matched = (int)json_integer_value(json_object_get(json, "matched"));
        if (matched != cases[i].matched)
            fail_msg("%s: %d", path, matched);
        json_decref(json);
    }
}

static void test_vm(void **state)
{
    json_t *json = get_json(*state, "/api/v1/vms/prod/vm-1003");
    assert_string_equal(json_string_value(json_object_get(json, "name")),
                        "<img src=x onerror=alert(1)>\"'&\t\xc3\xa4");
    assert_int_equal(json_array_size(json_object_get(json, "cpu.guest_run.vcpu")), 8);
    json_decref(json);
}

/* ---- series ---- */

static json_t *series_of(json_t *json, size_t i)
{
    return json_array_get(json_object_get(json, "series"), i);
}

/* Every point of the answer against the model's own rows. */
static void test_series(void **state)
{
    struct house *house = *state;
    json_t *json = get_json(house, "/api/v1/vms/prod/vm-1001/series?quantities=cpu.ready,cpu.unmet,"
                                   "cpu.status_unmet&from=1699990000000&to=1700000000000");
    const struct fake_vm *vm = fake_find(&house->store, "prod", "vm-1001");
    json_t *times = json_object_get(json, "times");
    size_t refused = 0, missing = 0, n = json_array_size(times);
    int64_t before = 0;
    assert_int_equal(json_array_size(json_object_get(json, "series")), 3);
    for (size_t i = 0; i < n; i++) {
        struct server_time t = {json_integer_value(json_array_get(times, i))};
        assert_true(t.ms > before && t.ms > INT64_C(1699990000000));
        missing += before && t.ms - before > FAKE_STEP;
        before = t.ms;
        struct row_batch batch;
        row_batch_init(&batch);
        fake_rows(vm, &t, 1, &batch);
        int64_t ticks;
        bool known = row_find(&batch, &batch.rows[0], Q_CPU_READY, FORM_TOTAL, 0, &ticks);
        json_t *value = json_array_get(json_object_get(series_of(json, 0), "values"), i);
        json_t *code = json_array_get(json_object_get(series_of(json, 2), "values"), i);
        assert_int_equal(known, !json_is_null(value));
        if (known)
            assert_true(fabs(json_number_value(value) - (double)ticks / RATIO_SCALE) < 1e-12);
        else
            assert_int_equal(json_integer_value(code), REASON_STATES_DO_NOT_ADD_UP);
        refused += !known;
        row_batch_free(&batch);
    }
    assert_true(n > 400 && refused > 0 && missing > 0);
    assert_null(json_object_get(json, "aggregated"));
    json_decref(json);
}

static void test_default_hour(void **state)
{
    json_t *json = get_json(*state, "/api/v1/vms/prod/vm-1000/series");
    int64_t from = json_integer_value(json_object_get(json, "from"));
    int64_t to = json_integer_value(json_object_get(json, "to"));
    assert_int_equal(to, now_ms / FAKE_STEP * FAKE_STEP);
    assert_int_equal(to - from, 3600000);
    assert_int_equal(json_array_size(json_object_get(json, "times")), 180);
    size_t parts = 0;
    for (size_t i = 0; i < quantity_count(); i++)
        parts += quantity_at(i)->kind == KIND_PART;
    assert_int_equal(json_array_size(json_object_get(json, "series")), parts);
    json_decref(json);
}

static void test_vcpus(void **state)
{
    json_t *json = get_json(
        *state, "/api/v1/vms/prod/vm-1002/series?form=vcpu&quantities=cpu.ready,cpu.costop");
    assert_int_equal(json_array_size(json_object_get(json, "series")), 8); /* 4 vCPUs */
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(json_integer_value(json_object_get(series_of(json, i), "vcpu")), i % 4);
        assert_string_equal(json_string_value(json_object_get(series_of(json, i), "quantity")),
                            i < 4 ? "cpu.ready" : "cpu.costop");
    }
    json_decref(json);
}

/* A step is told, and holds the mean of what it covers: the same numbers as from single samples. */
static void test_step(void **state)
{
    static const char base[] = "/api/v1/vms/prod/vm-1001/series?quantities=cpu.ready,"
                               "cpu.status_unmet&from=1699990000000&to=1700000000000";
    char path[200];
    const int64_t step = 300000;
    json_t *raw = get_json(*state, base);
    snprintf(path, sizeof path, "%s&step=%lld", base, (long long)step);
    json_t *json = get_json(*state, path);
    json_t *times = json_object_get(json, "times"), *all = json_object_get(raw, "times");
    assert_non_null(json_object_get(json, "aggregated"));
    assert_string_equal(json_string_value(json_object_get(series_of(json, 0), "aggregation")),
                        "mean");
    assert_string_equal(json_string_value(json_object_get(series_of(json, 1), "aggregation")),
                        "max");
    size_t refused = 0;
    for (size_t i = 0; i < json_array_size(times); i++) {
        int64_t end = json_integer_value(json_array_get(times, i));
        double sum = 0;
        int n = 0, worst = 0;
        assert_int_equal(end % step, 0);
        for (size_t k = 0; k < json_array_size(all); k++) {
            int64_t t = json_integer_value(json_array_get(all, k));
            if (t <= end - step || t > end)
                continue;
            json_t *value = json_array_get(json_object_get(series_of(raw, 0), "values"), k);
            json_t *code = json_array_get(json_object_get(series_of(raw, 1), "values"), k);
            sum += json_is_null(value) ? 0 : json_number_value(value);
            n += !json_is_null(value);
            worst = json_integer_value(code) > worst ? (int)json_integer_value(code) : worst;
        }
        json_t *mean = json_array_get(json_object_get(series_of(json, 0), "values"), i);
        json_t *samples = json_array_get(json_object_get(series_of(json, 0), "samples"), i);
        json_t *code = json_array_get(json_object_get(series_of(json, 1), "values"), i);
        assert_int_equal(json_integer_value(samples), n);
        assert_int_equal(json_is_null(mean), n == 0);
        if (n)
            assert_true(fabs(json_number_value(mean) - sum / n) < 1e-5);
        assert_int_equal(json_integer_value(code), worst);
        refused += worst == REASON_STATES_DO_NOT_ADD_UP;
    }
    assert_true(refused > 0); /* a refused row shows through the step */
    json_decref(json);
    json_decref(raw);
}

/* ---- the service ---- */

static void test_quantities(void **state)
{
    json_t *json = get_json(*state, "/api/v1/quantities"), *one;
    json_t *list = json_object_get(json, "quantities");
    size_t at;
    assert_int_equal(json_array_size(list), quantity_count());
    json_array_foreach(list, at, one)
        assert_string_equal(json_string_value(json_object_get(one, "name")), quantity_at(at)->name);
    assert_int_equal(json_array_size(json_object_get(json, "reasons")), REASON_COUNT);
    json_decref(json);
}

static void test_status(void **state)
{
    struct house *house = *state;
    metric_put(house->vcenter, METRIC_LAG_SECONDS, 5300);
    metric_add(house->vcenter, METRIC_ROWS_REFUSED, 7);
    metric_put(metrics_set(house->metrics, SCOPE_STORE, "tsdb"), METRIC_STORE_BACKLOG, 12);
    json_t *json = get_json(house, "/api/v1/status"), *vcenter;
    size_t at, seen = 0, stale = 0;
    json_array_foreach(json_object_get(json, "vcenters"), at, vcenter)
    {
        bool prod = strcmp(json_string_value(json_object_get(vcenter, "name")), "prod") == 0;
        assert_int_equal(json_integer_value(json_object_get(vcenter, "rows_refused")),
                         prod ? 7 : 0);
        assert_int_equal(json_integer_value(json_object_get(vcenter, "lag_ms")), prod ? 5300 : 0);
        seen += (size_t)json_integer_value(json_object_get(vcenter, "seen"));
        stale += (size_t)json_integer_value(json_object_get(vcenter, "stale"));
    }
    assert_int_equal(seen, VMS);
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
    struct web_error err;
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

#define OVER(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OVER(test_hosts),
        OVER(test_methods),
        OVER(test_headers),
        OVER(test_refusals),
        OVER(test_long_query),
        OVER(test_assets),
        OVER(test_sorted),
        OVER(test_values),
        OVER(test_pages),
        OVER(test_search),
        OVER(test_vm),
        OVER(test_series),
        OVER(test_default_hour),
        OVER(test_vcpus),
        OVER(test_step),
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
