/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * QueryPerf as text and as a call. The transport and the session of this program are the few
 * functions below instead of the library's, so that a server's every move can be played.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <libxml/parser.h>
#include <stdlib.h>
#include <string.h>

#include "base/caps.h"
#include "query_perf_private.h"
#include "session_private.h"
#include "soapStub.h"
#include "transport.h"

/* ---- the server ---- */

struct call {
    struct call_options options;
    bool done, cut;
};

static struct _vim__moref perf_manager = {.type = "PerformanceManager", .__item = "PerfMgr"};
static bool logged_in;
static enum vim_code start_answer; /* of call_start */
static struct call *newest;
static struct buf sent;
static size_t calls_open;
static enum vim_code transfer; /* what the transport says at the end, VIM_OK = 200 and whole */

struct _vim__moref *session_manager(const struct vim_client *client, enum manager manager)
{
    (void)client;
    return logged_in && manager == MANAGER_PERF ? &perf_manager : NULL;
}

enum vim_code call_start(struct vim_client *client, const struct call_options *options,
                         struct call **ret, struct vim_error *err)
{
    (void)client;
    if (start_answer)
        return vim_fail(err, start_answer, "cannot start");
    newest = calloc(1, sizeof *newest);
    assert_non_null(newest);
    newest->options = *options;
    buf_clear(&sent);
    buf_add(&sent, options->body, options->len);
    calls_open++;
    *ret = newest;
    return VIM_OK;
}

bool call_done(const struct call *call)
{
    return call->done;
}

int64_t call_ms(const struct call *call)
{
    return call->done ? 17 : 4;
}

enum vim_code call_result(struct call *call, const struct buf **ret_body, struct vim_error *err)
{
    assert_true(call->done);
    assert_null(ret_body);
    if (call->cut)
        return vim_fail(err, VIM_PROTOCOL, "the answer was refused");
    return transfer ? vim_fail(err, transfer, "transfer failed") : VIM_OK;
}

void call_free(struct call *call)
{
    calls_open -= call != NULL;
    free(call);
}

/* The server answers with some bytes of a reply. */
static void answer(const char *text)
{
    if (!newest->cut)
        newest->cut = newest->options.on_bytes(newest->options.ctx, text, strlen(text)) != 0;
    newest->done = newest->cut;
}

static void answer_ends(enum vim_code code)
{
    transfer = code;
    newest->done = true;
}

static int set_up(void **state)
{
    (void)state;
    logged_in = true;
    start_answer = transfer = VIM_OK;
    newest = NULL;
    buf_init(&sent, CAP_REQUEST_BYTES);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    buf_free(&sent);
    return calls_open != 0;
}

/* ---- the request ---- */

#define BEGIN                                                                        \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"                                   \
    "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\">" \
    "<soapenv:Body><QueryPerf xmlns=\"urn:vim25\"><_this type=\"PerformanceManager\">"
#define END "</QueryPerf></soapenv:Body></soapenv:Envelope>\n"
#define METRICS                                                            \
    "<metricId><counterId>2</counterId><instance>*</instance></metricId>"  \
    "<metricId><counterId>12</counterId><instance>*</instance></metricId>" \
    "<intervalId>20</intervalId><format>csv</format></querySpec>"

static struct vim_metric_set *two_counters(void)
{
    static const int32_t ids[] = {2, 12};
    struct vim_metric_set *set = NULL;
    assert_int_equal(vim_metric_set_new(ids, 2, "*", 20, &set, NULL), VIM_OK);
    return set;
}

static void writes_the_request(void **state)
{
    (void)state;
    const struct vim_ask asks[] = {
        {"VirtualMachine", "vm-1", {1623683200000}, 3},
        {"HostSystem", "host-2", {0}, 1},
        {"VirtualMachine", "vm-3", {1623683200250}, 180},
    };
    struct vim_metric_set *set = two_counters();
    struct buf text;
    buf_init(&text, CAP_REQUEST_BYTES);
    assert_int_equal(query_perf_envelope("PerfMgr", set, asks, 3, &text, NULL), VIM_OK);
    assert_string_equal(text.data, BEGIN "PerfMgr</_this>"
                                         "<querySpec><entity type=\"VirtualMachine\">vm-1</entity>"
                                         "<startTime>2021-06-14T15:06:40Z</startTime>"
                                         "<maxSample>3</maxSample>" METRICS
                                         "<querySpec><entity type=\"HostSystem\">host-2</entity>"
                                         "<maxSample>1</maxSample>" METRICS
                                         "<querySpec><entity type=\"VirtualMachine\">vm-3</entity>"
                                         "<startTime>2021-06-14T15:06:40.250Z</startTime>"
                                         "<maxSample>180</maxSample>" METRICS END);
    buf_free(&text);
    vim_metric_set_free(set);
}

/* Which instances are asked is said of every counter. */
static void asks_for_instances(void **state)
{
    static const struct {
        const char *instance, *written;
    } cases[] = {
        {"", "<instance></instance>"},
        {"*", "<instance>*</instance>"},
        {"a<&>", "<instance>a&lt;&amp;&gt;</instance>"},
    };
    static const int32_t ids[] = {2, 12};
    const struct vim_ask ask = {"HostSystem", "host-2", {0}, 1};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct vim_metric_set *set = NULL;
        struct buf text;
        buf_init(&text, CAP_REQUEST_BYTES);
        assert_int_equal(vim_metric_set_new(ids, 2, cases[i].instance, 20, &set, NULL), VIM_OK);
        assert_int_equal(query_perf_envelope("PerfMgr", set, &ask, 1, &text, NULL), VIM_OK);
        const char *first = strstr(text.data, cases[i].written);
        assert_non_null(first);
        assert_non_null(strstr(first + 1, cases[i].written));
        buf_free(&text);
        vim_metric_set_free(set);
    }
}

/* A host's own totals, and all instances of some counters. */
static void asks_some_for_other_instances(void **state)
{
    static const int32_t ids[] = {2, 12}, more[] = {7};
    const struct vim_ask ask = {"HostSystem", "host-2", {0}, 1};
    struct vim_metric_set *set = NULL;
    struct buf text;
    (void)state;
    buf_init(&text, CAP_REQUEST_BYTES);
    assert_int_equal(vim_metric_set_new(ids, 2, "", 20, &set, NULL), VIM_OK);
    assert_int_equal(vim_metric_set_add(set, more, 0, "*", NULL), VIM_USAGE);
    assert_int_equal(vim_metric_set_add(set, more, 1, NULL, NULL), VIM_USAGE);
    assert_int_equal(vim_metric_set_add(set, more, 1, "*", NULL), VIM_OK);
    assert_int_equal(query_perf_envelope("PerfMgr", set, &ask, 1, &text, NULL), VIM_OK);
    assert_string_equal(text.data, BEGIN
                        "PerfMgr</_this><querySpec><entity type=\"HostSystem\">host-2</entity>"
                        "<maxSample>1</maxSample>"
                        "<metricId><counterId>2</counterId><instance></instance></metricId>"
                        "<metricId><counterId>12</counterId><instance></instance></metricId>"
                        "<metricId><counterId>7</counterId><instance>*</instance></metricId>"
                        "<intervalId>20</intervalId><format>csv</format></querySpec>" END);
    buf_free(&text);
    vim_metric_set_free(set);
}

/* A hostile name must come back from an XML parser as it was. */
static void escapes_names(void **state)
{
    (void)state;
    const char *name = "a<b>&\"'c]]>\xc3\xa9";
    const struct vim_ask ask = {"T\"<&>", name, {0}, 1};
    struct vim_metric_set *set = two_counters();
    struct buf text;
    buf_init(&text, CAP_REQUEST_BYTES);
    assert_int_equal(query_perf_envelope("<&", set, &ask, 1, &text, NULL), VIM_OK);
    xmlDocPtr doc = xmlReadMemory(text.data, (int)text.len, NULL, NULL, XML_PARSE_NONET);
    assert_non_null(doc);
    xmlNodePtr call = xmlDocGetRootElement(doc)->children->children;
    xmlChar *manager = xmlNodeGetContent(call->children);
    xmlNodePtr entity = call->children->next->children;
    xmlChar *moid = xmlNodeGetContent(entity), *type = xmlGetProp(entity, (const xmlChar *)"type");
    assert_string_equal((const char *)manager, "<&");
    assert_string_equal((const char *)moid, name);
    assert_string_equal((const char *)type, ask.type);
    xmlFree(manager);
    xmlFree(moid);
    xmlFree(type);
    xmlFreeDoc(doc);
    buf_free(&text);
    vim_metric_set_free(set);
}

static void refuses_what_cannot_be_asked(void **state)
{
    (void)state;
    static const struct vim_ask bad[] = {
        {"VirtualMachine", "", {0}, 1},
        {"VirtualMachine", NULL, {0}, 1},
        {NULL, "vm-1", {0}, 1},
        {"VirtualMachine", "vm\x01", {0}, 1},
        {"Virtual\nMachine", "vm-1", {0}, 1},
        {"VirtualMachine", "vm\xff", {0}, 1},
        {"VirtualMachine", "vm-1", {0}, 0},
        {"VirtualMachine", "vm-1", {0}, -1},
    };
    struct vim_metric_set *set = two_counters();
    struct vim_query *query = (void *)1;
    struct vim_error err;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(vim_query_start(NULL, set, &bad[i], 1, &query, &err), VIM_USAGE);
        assert_ptr_equal(query, (void *)1);
    }
    assert_int_equal(vim_query_start(NULL, set, bad, 0, &query, &err), VIM_USAGE);
    logged_in = false;
    const struct vim_ask good = {"VirtualMachine", "vm-1", {0}, 1};
    assert_int_equal(vim_query_start(NULL, set, &good, 1, &query, &err), VIM_USAGE);
    assert_non_null(strstr(err.message, "log in"));
    assert_null(newest);
    vim_metric_set_free(set);
}

static void refuses_a_request_over_the_cap(void **state)
{
    (void)state;
    enum { COUNTERS = 2000, ENTITIES = 200 }; /* 2000 * 68 bytes * 200 */
    int32_t *ids = calloc(COUNTERS, sizeof *ids);
    struct vim_ask *asks = calloc(ENTITIES, sizeof *asks);
    struct vim_metric_set *set = NULL;
    struct vim_query *query = NULL;
    struct vim_error err;
    assert_true(ids && asks);
    for (size_t i = 0; i < ENTITIES; i++)
        asks[i] = (struct vim_ask){"VirtualMachine", "vm-1", {0}, 1};
    assert_int_equal(vim_metric_set_new(ids, COUNTERS, "*", 20, &set, &err), VIM_OK);
    assert_int_equal(vim_query_start(NULL, set, asks, ENTITIES, &query, &err), VIM_TOO_LARGE);
    assert_non_null(strstr(err.message, "200 entities"));
    assert_int_equal(vim_query_start(NULL, set, asks, 100, &query, &err), VIM_OK);
    assert_true(sent.len > (size_t)100 * COUNTERS * 60);
    vim_query_free(query);
    vim_metric_set_free(set);
    free(asks);
    free(ids);
}

static void refuses_an_empty_metric_set(void **state)
{
    (void)state;
    static const int32_t ids[] = {2};
    struct vim_metric_set *set = (void *)1;
    assert_int_equal(vim_metric_set_new(ids, 0, "*", 20, &set, NULL), VIM_USAGE);
    assert_int_equal(vim_metric_set_new(ids, 1, "*", 0, &set, NULL), VIM_USAGE);
    assert_int_equal(vim_metric_set_new(ids, 1, NULL, 20, &set, NULL), VIM_USAGE);
    assert_int_equal(vim_metric_set_new(ids, 1, "a\n", 20, &set, NULL), VIM_USAGE);
    assert_ptr_equal(set, (void *)1);
    vim_metric_set_free(NULL);
}

/* ---- the call ---- */

#define REPLY_1                                                          \
    "<Envelope><Body><QueryPerfResponse xmlns=\"urn:vim25\"><returnval>" \
    "<entity type=\"VirtualMachine\">vm-1</entity>"
#define REPLY_2                                                                                 \
    "<sampleInfoCSV>20,2021-06-14T15:07:00Z</sampleInfoCSV><value><id><counterId>2</counterId>" \
    "<instance></instance></id><value>42</value></value></returnval></QueryPerfResponse>"       \
    "</Body></Envelope>"

static struct vim_query *ask_one(void)
{
    const struct vim_ask ask = {"VirtualMachine", "vm-1", {0}, 1};
    struct vim_metric_set *set = two_counters();
    struct vim_query *query = NULL;
    assert_int_equal(vim_query_start(NULL, set, &ask, 1, &query, NULL), VIM_OK);
    vim_metric_set_free(set); /* need not outlive the start */
    assert_non_null(strstr(sent.data, "<_this type=\"PerformanceManager\">PerfMgr</_this>"));
    return query;
}

static void takes_the_reply_once(void **state)
{
    (void)state;
    struct vim_query *query = ask_one();
    struct perf_reply *reply = NULL, *second = NULL;
    struct vim_error err;
    assert_false(vim_query_done(query));
    assert_int_equal(vim_query_ms(query), 4);
    assert_int_equal(vim_query_take(query, &reply, &err), VIM_USAGE);
    answer(REPLY_1);
    answer(REPLY_2);
    assert_int_equal(vim_query_take(query, &reply, &err), VIM_USAGE); /* not done yet */
    answer_ends(VIM_OK);
    assert_true(vim_query_done(query));
    assert_int_equal(vim_query_ms(query), 17);
    assert_int_equal(vim_query_take(query, &reply, &err), VIM_OK);
    assert_int_equal(vim_query_take(query, &second, &err), VIM_USAGE);
    vim_query_free(query);
    assert_int_equal(reply->nentities, 1); /* outlives the query */
    assert_int_equal(reply->entities[0]->series[0].values[0], 42);
    perf_reply_free(reply);
}

static const struct {
    const char *first, *second;
    enum vim_code transfer, code;
    const char *words;
} ends[] = {
    {REPLY_1, REPLY_2, VIM_TIMEOUT, VIM_TIMEOUT, "transfer failed"},
    {REPLY_1, "", VIM_UNREACHABLE, VIM_UNREACHABLE, "transfer failed"},
    {"", "", VIM_NOT_AUTHENTICATED, VIM_NOT_AUTHENTICATED, "transfer failed"},
    {REPLY_1, "", VIM_OK, VIM_PROTOCOL, "QueryPerf reply: not well-formed"},
    {"", "", VIM_OK, VIM_PROTOCOL, "QueryPerf reply: not well-formed"},
    {"<html>", "<body>", VIM_OK, VIM_PROTOCOL, "<html> instead of a SOAP envelope"},
    {"<!DOCTYPE x>", "", VIM_UNREACHABLE, VIM_PROTOCOL, "DOCTYPE"},
    {"<Envelope a=\"1\" a=\"2\"/>", "", VIM_OK, VIM_PROTOCOL, "not well-formed"},
};

static void tells_how_it_failed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct vim_query *query = ask_one();
        struct perf_reply *reply = (void *)1;
        struct vim_error err = {.message = ""};
        answer(ends[i].first);
        answer(ends[i].second);
        answer_ends(ends[i].transfer);
        for (int again = 0; again < 2; again++) {
            assert_int_equal(vim_query_take(query, &reply, &err), ends[i].code);
            assert_non_null(strstr(err.message, ends[i].words));
        }
        assert_ptr_equal(reply, (void *)1);
        vim_query_free(query);
    }
}

static void cuts_the_transfer_of_a_bad_reply(void **state)
{
    (void)state;
    struct vim_query *query = ask_one();
    answer(REPLY_1);
    assert_false(newest->cut);
    answer("<value><value>x</value></value>");
    assert_true(newest->cut);
    vim_query_free(query);
}

static void can_be_freed_under_way(void **state)
{
    (void)state;
    struct vim_query *query = ask_one();
    answer(REPLY_1);
    vim_query_free(query);
    vim_query_free(NULL);
}

static void passes_on_that_a_call_cannot_start(void **state)
{
    (void)state;
    const struct vim_ask ask = {"VirtualMachine", "vm-1", {0}, 1};
    struct vim_metric_set *set = two_counters();
    struct vim_query *query = (void *)1;
    struct vim_error err;
    start_answer = VIM_CANCELED;
    assert_int_equal(vim_query_start(NULL, set, &ask, 1, &query, &err), VIM_CANCELED);
    assert_ptr_equal(query, (void *)1);
    vim_metric_set_free(set);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(writes_the_request),
        TEST(asks_for_instances),
        TEST(asks_some_for_other_instances),
        TEST(escapes_names),
        TEST(refuses_what_cannot_be_asked),
        TEST(refuses_a_request_over_the_cap),
        TEST(refuses_an_empty_metric_set),
        TEST(takes_the_reply_once),
        TEST(tells_how_it_failed),
        TEST(cuts_the_transfer_of_a_bad_reply),
        TEST(can_be_freed_under_way),
        TEST(passes_on_that_a_call_cannot_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
