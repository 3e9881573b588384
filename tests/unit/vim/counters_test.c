/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* The counter catalogue and the facts around it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "canned.h"
#include "vim/counters.h"
#include "vim/session.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define REPLY(op, inner) SOAP("<" op "Response xmlns=\"urn:vim25\">" inner "</" op "Response>")

#define ROW(key, group, name, rollup, unit)                                                       \
    "<PerfCounterInfo><key>" key "</key><nameInfo><label>l</label><summary>s</summary><key>" name \
    "</key></nameInfo><groupInfo><label>l</label><summary>s</summary><key>" group                 \
    "</key></groupInfo><unitInfo><label>l</label><summary>s</summary><key>" unit                  \
    "</key></unitInfo><rollupType>" rollup                                                        \
    "</rollupType><statsType>delta</statsType><level>1</level><perDeviceLevel>3</perDeviceLevel>" \
    "<associatedCounterId>7</associatedCounterId></PerfCounterInfo>"
#define CATALOGUE(inner)                                                             \
    REPLY("RetrievePropertiesEx",                                                    \
          "<returnval><objects><obj type=\"PerformanceManager\">PerfMgr</obj>" inner \
          "</objects></returnval>")

struct house {
    struct canned server;
    struct vim_client *client;
};

static void house_open(struct house *house, const struct canned_reply *script, size_t n)
{
    canned_start(&house->server, NULL, script, n);
    const struct vim_client_options options = {
        .url = house->server.url, .user = "u", .password = "p"};
    assert_int_equal(vim_client_new(&options, &house->client, NULL), VIM_OK);
    assert_int_equal(vim_session_login(house->client, NULL), VIM_OK);
}

static void house_close(struct house *house)
{
    vim_client_free(house->client);
    canned_stop(&house->server);
}

static void test_catalogue(void **state)
{
    static const struct canned_reply script[] = {
        LOGIN_SCRIPT,
        {.when = "perfCounter",
         .body = CATALOGUE(
             "<propSet><name>perfCounter</name><val xsi:type=\"ArrayOfPerfCounterInfo\">" ROW(
                 "12", "cpu", "ready", "summation", "millisecond")
                 ROW("2", "cpu", "usage", "average", "percent")
                     ROW("70", "mem", "swapin", "average", "kiloBytes")
                         ROW("71", "mem", "swapIn", "average", "kiloBytes")
                             ROW("5", "cpu", "usage", "p99", "future") ROW("x", "cpu", "bad",
                                                                           "average", "percent")
                                 ROW("9", "", "bad", "average",
                                     "percent") "<PerfCounterInfo><key>10</key></PerfCounterInfo>"
                                                "</val></propSet>")}};
    struct house house;
    struct vim_counters *counters = NULL;
    (void)state;
    house_open(&house, script, COUNT(script));
    assert_int_equal(vim_counters_load(house.client, &counters, NULL), VIM_OK);
    assert_int_equal(vim_counters_count(counters), 5);
    const struct vim_counter *row = vim_counters_find(counters, "cpu.ready.summation");
    assert_non_null(row);
    assert_int_equal(row->id, 12);
    assert_string_equal(row->unit, "millisecond");
    assert_int_equal(row->level, 1);
    assert_int_equal(row->device_level, 3);
    assert_ptr_equal(vim_counters_by_id(counters, 12), row);
    assert_int_equal(vim_counters_find(counters, "mem.swapin.average")->id, 70);
    assert_int_equal(vim_counters_find(counters, "mem.swapIn.average")->id, 71);
    assert_int_equal(vim_counters_find(counters, "cpu.usage.p99")->id, 5);
    assert_null(vim_counters_find(counters, "cpu.usage"));
    assert_null(vim_counters_find(counters, "CPU.ready.summation"));
    assert_null(vim_counters_by_id(counters, 3));
    const char *request = canned_request(&house.server, "perfCounter");
    assert_non_null(strstr(request, ":RetrievePropertiesEx>"));
    assert_non_null(strstr(request, ":obj type=\"PerformanceManager\">PerfMgr</"));
    assert_null(strstr(request, "selectSet"));
    vim_counters_free(counters);
    vim_counters_free(NULL);
    house_close(&house);
}

static void test_catalogue_missing(void **state)
{
    static const struct {
        const char *body;
        enum vim_code code;
        enum vim_session_state after;
    } cases[] = {
        {CATALOGUE("<missingSet><path>perfCounter</path><fault><fault "
                   "xsi:type=\"NotAuthenticated\"/></fault></missingSet>"),
         VIM_NOT_AUTHENTICATED, VIM_SESSION_LOST},
        {CATALOGUE("<missingSet><path>perfCounter</path><fault><fault "
                   "xsi:type=\"NoPermission\"/></fault></missingSet>"),
         VIM_PROTOCOL, VIM_SESSION_OPEN},
        {REPLY("RetrievePropertiesEx", ""), VIM_PROTOCOL, VIM_SESSION_OPEN},
        {"<a/>", VIM_PROTOCOL, VIM_SESSION_OPEN},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct canned_reply script[] = {LOGIN_SCRIPT, {.body = cases[i].body}};
        struct vim_counters *counters = NULL;
        struct vim_error err;
        struct house house;
        house_open(&house, script, COUNT(script));
        enum vim_code code = vim_counters_load(house.client, &counters, &err);
        if (code != cases[i].code || err.code != code)
            fail_msg("case %zu: %s: %s", i, vim_code_name(code), err.message);
        assert_null(counters);
        assert_int_equal(vim_session_state(house.client), cases[i].after);
        house_close(&house);
    }
}

static void test_refresh(void **state)
{
#define SUMMARY(inner)                                                                          \
    {                                                                                           \
        .when = "QueryPerfProviderSummary>",                                                    \
        .body = REPLY("QueryPerfProviderSummary", "<returnval><entity type=\"VirtualMachine\">" \
                                                  "vm-1</entity>" inner "</returnval>")         \
    }
    static const struct canned_reply script[] = {
        LOGIN_SCRIPT,
        SUMMARY("<currentSupported>true</currentSupported><summarySupported>true</summarySupported>"
                "<refreshRate>20</refreshRate>"),
        SUMMARY("<currentSupported>false</currentSupported><refreshRate>-1</refreshRate>"),
        SUMMARY("<currentSupported>1</currentSupported>"),
        {.when = "QueryPerfProviderSummary>",
         .status = 500,
         .body = SOAP_FAULT("", "InvalidArgument")}};
    struct house house;
    int refresh = -1;
    (void)state;
    house_open(&house, script, COUNT(script));
    for (int i = 0; i < 3; i++) {
        static const int expect[] = {20, 0, 0};
        assert_int_equal(
            vim_provider_refresh(house.client, "VirtualMachine", "vm-1", &refresh, NULL), VIM_OK);
        assert_int_equal(refresh, expect[i]);
    }
    refresh = 77;
    assert_int_equal(vim_provider_refresh(house.client, "Folder", "f", &refresh, NULL),
                     VIM_INVALID_ARGUMENT);
    assert_int_equal(refresh, 77);
    house_close(&house);
}

static void test_max_query_metrics(void **state)
{
#define OPTION(key, value)                                                                  \
    {                                                                                       \
        .when = "QueryOptions>",                                                            \
        .body = REPLY("QueryOptions",                                                       \
                      "<returnval xsi:type=\"OptionValue\"><key>" key                       \
                      "</key><value xsi:type=\"xsd:string\">" value "</value></returnval>") \
    }
    static const char name[] = "config.vpxd.stats.maxQueryMetrics";
    static const struct canned_reply script[] = {
        LOGIN_SCRIPT,
        OPTION("config.vpxd.stats.maxQueryMetrics", "64"),
        OPTION("config.vpxd.stats.maxQueryMetrics", "-1"),
        OPTION("config.vpxd.stats.other", "64"),
        {.when = "QueryOptions>", .body = REPLY("QueryOptions", "")},
        {.when = "QueryOptions>", .status = 500, .body = SOAP_FAULT("", "InvalidName")},
        {.when = "QueryOptions>", .status = 500, .body = SOAP_FAULT("", "NoPermission")}};
    static const int expect[] = {64, -1, -1, -1, -1};
    struct house house;
    struct vim_error err;
    int limit = 0;
    (void)state;
    house_open(&house, script, COUNT(script));
    for (size_t i = 0; i < COUNT(expect); i++) {
        limit = 99;
        assert_int_equal(vim_max_query_metrics(house.client, &limit, &err), VIM_OK);
        assert_int_equal(limit, expect[i]);
    }
    limit = 99;
    assert_int_equal(vim_max_query_metrics(house.client, &limit, &err), VIM_NO_PERMISSION);
    assert_int_equal(limit, 99);
    assert_non_null(strstr(canned_request(&house.server, "QueryOptions>"), name));
    house_close(&house);
}

static void test_available_metrics(void **state)
{
#define ID(id, instance) \
    "<returnval><counterId>" id "</counterId><instance>" instance "</instance></returnval>"
    static const struct canned_reply script[] = {
        LOGIN_SCRIPT,
        {.when = "QueryAvailablePerfMetric>",
         .body = REPLY("QueryAvailablePerfMetric", ID("12", "") ID("2", "") ID("12", "0")
                                                       ID("10042", "x") ID("zz", "") ID("2", "1"))},
        {.when = "QueryAvailablePerfMetric>", .body = REPLY("QueryAvailablePerfMetric", "")}};
    static const int32_t expect[] = {2, 12, 10042};
    struct house house;
    int32_t *ids = NULL;
    size_t n = 0;
    (void)state;
    house_open(&house, script, COUNT(script));
    assert_int_equal(
        vim_available_metrics(house.client, "VirtualMachine", "vm-1", 20, &ids, &n, NULL), VIM_OK);
    assert_int_equal(n, COUNT(expect));
    assert_memory_equal(ids, expect, sizeof expect);
    free(ids);
    assert_non_null(
        strstr(canned_request(&house.server, "QueryAvailablePerfMetric>"), ":intervalId>20</"));
    assert_int_equal(
        vim_available_metrics(house.client, "VirtualMachine", "vm-1", 20, &ids, &n, NULL), VIM_OK);
    assert_int_equal(n, 0);
    free(ids);
    house_close(&house);
}

/* gSOAP on its own ends lists at 100,000. */
static void test_long_list(void **state)
{
    enum { N = 150000, ROOM = N * 96 + 1000 };
    char *body = malloc(ROOM);
    struct house house;
    int32_t *ids = NULL;
    size_t n = 0, len;
    (void)state;
    assert_non_null(body);
    len = (size_t)snprintf(body, ROOM, "%s<QueryAvailablePerfMetricResponse xmlns=\"urn:vim25\">",
                           SOAP_HEAD);
    for (int i = 0; i < N; i++)
        len += (size_t)snprintf(body + len, ROOM - len,
                                "<returnval><counterId>%d</counterId></returnval>", i);
    snprintf(body + len, ROOM - len, "</QueryAvailablePerfMetricResponse>%s", SOAP_TAIL);
    const struct canned_reply script[] = {LOGIN_SCRIPT, {.body = body}};
    house_open(&house, script, COUNT(script));
    assert_int_equal(
        vim_available_metrics(house.client, "VirtualMachine", "vm-1", 20, &ids, &n, NULL), VIM_OK);
    assert_int_equal(n, N);
    assert_int_equal(ids[N - 1], N - 1);
    free(ids);
    house_close(&house);
    free(body);
}

static void test_before_login(void **state)
{
    const struct vim_client_options options = {.url = "http://127.0.0.1:1"};
    struct vim_client *client = NULL;
    struct vim_counters *counters;
    int32_t *ids;
    size_t n;
    int i;
    (void)state;
    assert_int_equal(vim_client_new(&options, &client, NULL), VIM_OK);
    assert_int_equal(vim_counters_load(client, &counters, NULL), VIM_NOT_AUTHENTICATED);
    assert_int_equal(vim_provider_refresh(client, "a", "b", &i, NULL), VIM_NOT_AUTHENTICATED);
    assert_int_equal(vim_max_query_metrics(client, &i, NULL), VIM_NOT_AUTHENTICATED);
    assert_int_equal(vim_available_metrics(client, "a", "b", 20, &ids, &n, NULL),
                     VIM_NOT_AUTHENTICATED);
    vim_client_free(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_catalogue),         cmocka_unit_test(test_catalogue_missing),
        cmocka_unit_test(test_refresh),           cmocka_unit_test(test_max_query_metrics),
        cmocka_unit_test(test_available_metrics), cmocka_unit_test(test_long_list),
        cmocka_unit_test(test_before_login),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
