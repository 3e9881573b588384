/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The Kafka driver against the mock cluster of librdkafka, over TCP.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <pthread.h>

#include "base/buf.h"
#include "base/clock.h"
#include "journal/some_rows.h"
#include "stores/dead_letters.h"
#include "stores/kafka.h"

enum { VMS = 12, PARTITIONS = 4, PRODUCE = 0, T0 = 1600000000, STEP = 20, MOST_TIMES = 8 };

struct stage {
    char topic[16];
    struct store_options options;
    void *store;
    int64_t durable;
    uint64_t bytes;
    struct store_error err;
    /* What a consumer found */
    int messages;
    int stored[VMS][MOST_TIMES]; /* how often a row came */
    int latest[VMS], partition[VMS];
    int disorder, scattered;
    struct buf texts; /* headers and payloads */
};

static const struct store_options plain = {.type = "kafka",
                                           .name = "k",
                                           .topic = "vs",
                                           .format = "line",
                                           .properties = "",
                                           .schema = "vstrata",
                                           .labels = "",
                                           .user = "",
                                           .password = "",
                                           .ca_file = "",
                                           .timeout_s = 10};

static rd_kafka_t *host;
static rd_kafka_mock_cluster_t *cluster; /* of all tests: it takes a second to end */

static int start_cluster(void **state)
{
    char why[300];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    (void)state;
    rd_kafka_conf_set_log_cb(conf, NULL);
    host = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    cluster = host ? rd_kafka_mock_cluster_new(host, 1) : NULL;
    return cluster ? 0 : -1;
}

static int stop_cluster(void **state)
{
    (void)state;
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(host);
    return 0;
}

/* With a topic of its own. */
static void begin(struct stage *s, const struct store_options *options)
{
    static int topics;
    *s = (struct stage){.options = *options};
    snprintf(s->topic, sizeof s->topic, "vs%d", topics++);
    s->options.topic = s->topic;
    assert_int_equal(rd_kafka_mock_topic_create(cluster, s->topic, PARTITIONS, 1), 0);
    s->options.brokers = rd_kafka_mock_cluster_bootstraps(cluster);
    buf_init(&s->texts, 64 << 20);
    if (store_kafka.open(&s->options, &s->store, &s->err) != 0)
        fail_msg("%s", s->err.message);
}

static void finish(struct stage *s)
{
    store_kafka.close(s->store);
    buf_free(&s->texts);
}

/* Rows of all VMs at `times` times from number `first` on, time by time. */
static enum store_outcome write_vms(struct stage *s, int64_t seq, int first, int times)
{
    struct some_rows *some = some_rows_new(VMS, (T0 + first * STEP) * INT64_C(1000));
    for (int t = 1; t < times; t++)
        for (int vm = 0; vm < VMS; vm++)
            one_row(some, vm, (T0 + (first + t) * STEP) * INT64_C(1000));
    s->durable = -1;
    const enum store_outcome outcome =
        store_kafka.write(s->store, seq, &some->batch, &s->durable, &s->bytes, &s->err);
    some_rows_free(some);
    return outcome;
}

/* As a runner: again as long as it says so. A busy machine takes more than one try of a second. */
static void write_at_last(struct stage *s, int64_t seq, int first_time, int times)
{
    enum { PATIENCE_MS = 30000 };
    const struct mono_time began = mono_now();
    enum store_outcome outcome = STORE_AGAIN;
    while (outcome == STORE_AGAIN && mono_between(began, mono_now()) < PATIENCE_MS)
        outcome = write_vms(s, seq, first_time, times);
    if (outcome != STORE_DONE)
        fail_msg("%s", s->err.message);
}

/* ---- the consumer ---- */

static void take_row(struct stage *s, int vm, int time, int partition)
{
    assert_in_range(vm, 0, VMS - 1);
    assert_in_range(time, 0, MOST_TIMES - 1);
    s->disorder += time < s->latest[vm];
    s->scattered += s->partition[vm] && s->partition[vm] != partition + 1;
    s->latest[vm] = time;
    s->partition[vm] = partition + 1;
    s->stored[vm][time]++;
}

/* Each line has its stamp at its end; lines of a row follow each other. */
static void take_lines(struct stage *s, int vm, const char *payload, int partition)
{
    int before = -1;
    for (const char *end = payload; (end = strchr(end, '\n')); end++) {
        const char *stamp = end;
        while (stamp > payload && stamp[-1] != ' ')
            stamp--;
        const int64_t seconds = strtoll(stamp, NULL, 10) / 1000000000;
        const int time = (int)((seconds - T0) / STEP);
        if (time != before)
            take_row(s, vm, time, partition);
        before = time;
    }
}

static void take(struct stage *s, const rd_kafka_message_t *m)
{
    rd_kafka_headers_t *headers;
    const void *value;
    const char *name;
    size_t n;
    char key[64], payload[1 << 16], moid[16];
    int vm;
    assert_true(m->len < sizeof payload && m->key_len < sizeof key);
    snprintf(key, sizeof key, "%.*s", (int)m->key_len, (const char *)m->key);
    snprintf(payload, sizeof payload, "%.*s", (int)m->len, (const char *)m->payload);
    assert_int_equal(sscanf(key, "2f0c-uuid/vm-%d", &vm), 1);
    snprintf(moid, sizeof moid, "vm-%d", vm);
    assert_non_null(strstr(payload, moid));
    assert_int_equal(rd_kafka_message_headers(m, &headers), 0);
    for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &n) == 0; i++)
        buf_printf(&s->texts, "%s: %.*s\n", name, (int)n, (const char *)value);
    buf_printf(&s->texts, "%s\n", payload);
    s->messages++;
    if (payload[0] != '{') {
        take_lines(s, vm, payload, m->partition);
        return;
    }
    struct server_time time = {0};
    const char *text = strstr(payload, "\"time\":\"");
    assert_true(text && clock_parse_iso(text + 8, 20, &time));
    take_row(s, vm, (int)((time.ms / 1000 - T0) / STEP), m->partition);
}

static void consume(struct stage *s)
{
    char why[300];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", s->options.brokers, why, sizeof why);
    rd_kafka_conf_set(conf, "group.id", "test", why, sizeof why);
    rd_kafka_conf_set(conf, "enable.partition.eof", "true", why, sizeof why);
    rd_kafka_conf_set(conf, "fetch.wait.max.ms", "10", why, sizeof why);
    rd_kafka_conf_set(conf, "fetch.error.backoff.ms", "10", why, sizeof why);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
    assert_non_null(rk);
    rd_kafka_poll_set_consumer(rk);
    rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new(PARTITIONS);
    for (int i = 0; i < PARTITIONS; i++)
        rd_kafka_topic_partition_list_add(all, s->topic, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(rk, all);
    rd_kafka_topic_partition_list_destroy(all);
    for (int ended = 0; ended < PARTITIONS;) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(rk, 10000);
        assert_non_null(m);
        if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
            ended++;
        else
            take(s, m);
        rd_kafka_message_destroy(m);
    }
    rd_kafka_consumer_close(rk);
    rd_kafka_destroy(rk);
}

/* Each row of each VM at times [0, times) is there once, in order, in one partition. */
static void expect_rows(const struct stage *s, int times)
{
    for (int vm = 0; vm < VMS; vm++)
        for (int t = 0; t < MOST_TIMES; t++)
            if (s->stored[vm][t] != (t < times))
                fail_msg("vm-%d at %d: %d times", vm, t, s->stored[vm][t]);
    assert_int_equal(s->disorder, 0);
    assert_int_equal(s->scattered, 0);
}

/* ---- tests ---- */

static void test_lines(void **state)
{
    (void)state;
    struct stage s;
    begin(&s, &plain);
    assert_int_equal(store_kafka.probe(s.store, &s.err), 0);
    assert_int_equal(write_vms(&s, 7, 0, 3), STORE_DONE);
    assert_int_equal(s.durable, 7);
    assert_int_equal(s.err.refused_rows, 0);
    const uint64_t bytes = s.bytes;
    assert_int_equal(write_vms(&s, 7, 0, 3), STORE_DONE); /* asked for again: it is there */
    assert_int_equal(s.bytes, 0);
    assert_int_equal(write_vms(&s, 8, 3, 1), STORE_DONE);
    assert_int_equal(s.durable, 8);
    consume(&s);
    assert_int_equal(s.messages, 2 * VMS); /* one of an entity and batch */
    expect_rows(&s, 4);
    assert_true(bytes > 0 && bytes < s.texts.len);
    assert_non_null(strstr(s.texts.data, "content-type: text/plain; charset=utf-8\n"
                                         "vstrata-version: " VSTRATA_VERSION "\n"
                                         "schema: vstrata\nvstrata_vm_cpu"));
    assert_non_null(strstr(s.texts.data, " 1600000000000000000\n"));
    finish(&s);
}

static void test_json(void **state)
{
    (void)state;
    struct stage s;
    struct store_options options = plain;
    options.format = "json";
    begin(&s, &options);
    assert_int_equal(write_vms(&s, 1, 0, 3), STORE_DONE);
    consume(&s);
    assert_int_equal(s.messages, 3 * VMS);
    expect_rows(&s, 3);
    assert_non_null(strstr(s.texts.data, "content-type: application/json\n"));
    assert_null(strstr(s.texts.data, "schema:"));
    finish(&s);
}

static void test_labels(void **state)
{
    (void)state;
    struct stage s;
    struct store_options options = plain;
    options.labels = "site=berlin";
    begin(&s, &options);
    assert_int_equal(write_vms(&s, 1, 0, 2), STORE_DONE);
    consume(&s);
    expect_rows(&s, 2);
    assert_non_null(strstr(s.texts.data, ",part=ready,site=berlin,"));
    finish(&s);
}

/* Errors that pass are gone through; nothing is doubled, and the order is kept. */
static void test_passing_errors(void **state)
{
    (void)state;
    struct stage s;
    begin(&s, &plain);
    rd_kafka_mock_push_request_errors(cluster, PRODUCE, 4, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
                                      RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
                                      RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
                                      RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION);
    for (int t = 0; t < 4; t++)
        assert_int_equal(write_vms(&s, 1 + t, t, 1), STORE_DONE);
    consume(&s);
    expect_rows(&s, 4);
    finish(&s);
}

/* While no broker answers nothing is done; what is under way is not sent a second time. */
static void test_broker_away(void **state)
{
    (void)state;
    struct stage s;
    struct store_options options = plain;
    options.timeout_s = 1;
    options.properties = "reconnect.backoff.max.ms=200";
    begin(&s, &options);
    write_at_last(&s, 1, 0, 1);
    rd_kafka_mock_broker_set_down(cluster, 1);
    for (int i = 0; i < 2; i++) {
        const struct mono_time began = mono_now();
        assert_int_equal(write_vms(&s, 2, 1, 1), STORE_AGAIN);
        assert_in_range(mono_between(began, mono_now()), 900, 5000);
        assert_non_null(strstr(s.err.message, "not acknowledged"));
    }
    assert_int_equal(s.bytes, 0);
    assert_int_equal(store_kafka.probe(s.store, &s.err), -1);
    assert_true(*s.err.message);
    rd_kafka_mock_broker_set_up(cluster, 1);
    write_at_last(&s, 2, 1, 1);
    assert_int_equal(store_kafka.probe(s.store, &s.err), 0);
    consume(&s);
    expect_rows(&s, 2);
    finish(&s);
}

/* A message that is refused for good costs its rows, which are kept; the others are stored. */
static void test_refused(void **state)
{
    (void)state;
    static const rd_kafka_resp_err_t errors[] = {RD_KAFKA_RESP_ERR_INVALID_RECORD,
                                                 RD_KAFKA_RESP_ERR_POLICY_VIOLATION,
                                                 RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT};
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        struct stage s;
        struct folder folder = {0};
        struct store_options options = plain;
        make_folder(&folder, "refused-k.jsonl");
        options.properties = "linger.ms=0\nbatch.num.messages=1\nmax.in.flight=1";
        options.dead_letters = dead_letters_new(folder.path, "k", 0);
        begin(&s, &options);
        rd_kafka_mock_push_request_errors(cluster, PRODUCE, 1, errors[i]);
        assert_int_equal(write_vms(&s, 1, 0, 1), STORE_DONE);
        assert_int_equal(s.err.refused_rows, 1);
        assert_string_equal(s.err.message, rd_kafka_err2str(errors[i]));
        assert_int_equal(write_vms(&s, 1, 0, 1), STORE_DONE); /* no second letter */
        consume(&s);
        assert_int_equal(s.messages, VMS - 1);
        FILE *file = fopen(folder.file, "r");
        char line[1 << 14];
        assert_true(file && fgets(line, sizeof line, file));
        assert_non_null(strstr(line, rd_kafka_err2str(errors[i])));
        assert_null(fgets(line, sizeof line, file));
        fclose(file);
        finish(&s);
        dead_letters_free(options.dead_letters);
        drop_folder(&folder);
    }
}

/* Too large together is not too large alone; too large alone is cut; a row too large is refused. */
static void test_too_large(void **state)
{
    (void)state;
    struct stage s;
    begin(&s, &plain);
    rd_kafka_mock_push_request_errors(
        cluster, PRODUCE, 6, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
        RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
        RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
        RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    assert_int_equal(write_vms(&s, 1, 0, 4), STORE_DONE);
    assert_int_equal(s.err.refused_rows, 0);
    consume(&s);
    assert_true(s.messages > VMS);
    for (int vm = 0; vm < VMS; vm++)
        for (int t = 0; t < 4; t++)
            assert_int_equal(s.stored[vm][t], 1);
    finish(&s);

    struct store_options options = plain;
    options.properties = "message.max.bytes=6000"; /* two rows and a half */
    begin(&s, &options);
    assert_int_equal(write_vms(&s, 1, 0, 8), STORE_DONE);
    consume(&s);
    assert_int_equal(s.messages, 4 * VMS);
    expect_rows(&s, 8);
    finish(&s);

    options.properties = "message.max.bytes=2100";
    begin(&s, &options);
    assert_int_equal(write_vms(&s, 1, 0, 1), STORE_REFUSED);
    assert_non_null(strstr(s.err.message, "Message size too large"));
    finish(&s);
}

/* What a person must see to holds everything. */
static void test_setup(void **state)
{
    (void)state;
    static const rd_kafka_resp_err_t errors[] = {RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION,
                                                 RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED};
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        struct stage s;
        begin(&s, &plain);
        rd_kafka_mock_topic_set_error(cluster, s.topic, errors[i]);
        assert_int_equal(store_kafka.probe(s.store, &s.err), -1);
        if (!strstr(s.err.message, rd_kafka_err2str(errors[i])))
            fail_msg("%s", s.err.message);
        finish(&s);
        begin(&s, &plain);
        rd_kafka_mock_push_request_errors(cluster, PRODUCE, 1, errors[i]);
        assert_int_equal(write_vms(&s, 1, 0, 1), STORE_BAD_SETUP);
        assert_non_null(strstr(s.err.message, rd_kafka_err2str(errors[i])));
        enum store_outcome outcome = STORE_BAD_SETUP; /* the request had several messages */
        for (int w = 0; w < 2 * PARTITIONS && outcome == STORE_BAD_SETUP; w++) {
            assert_int_equal(store_kafka.probe(s.store, &s.err), 0); /* as the runner does */
            outcome = write_vms(&s, 1, 0, 1);
        }
        if (outcome != STORE_DONE)
            fail_msg("%zu: %s", i, s.err.message);
        consume(&s);
        expect_rows(&s, 1);
        finish(&s);
    }
}

/* A fatal error of the idempotent producer: another one goes on. */
static void test_fatal(void **state)
{
    (void)state;
    struct stage s;
    begin(&s, &plain);
    assert_int_equal(write_vms(&s, 1, 0, 1), STORE_DONE);
    rd_kafka_mock_push_request_errors(cluster, PRODUCE, 1,
                                      RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING);
    rd_kafka_mock_push_request_errors(cluster, PRODUCE, 1,
                                      RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
    write_at_last(&s, 2, 1, 1);
    assert_int_equal(write_vms(&s, 3, 2, 1), STORE_DONE);
    consume(&s);
    expect_rows(&s, 3);
    finish(&s);
}

static void *cancel_later(void *store)
{
    usleep(300 * 1000);
    store_kafka.cancel(store);
    return NULL;
}

static void test_cancel(void **state)
{
    (void)state;
    struct stage s;
    pthread_t thread;
    begin(&s, &plain);
    rd_kafka_mock_broker_set_down(cluster, 1);
    const struct mono_time began = mono_now();
    assert_int_equal(pthread_create(&thread, NULL, cancel_later, s.store), 0);
    assert_int_equal(write_vms(&s, 1, 0, 1), STORE_AGAIN);
    assert_int_equal(write_vms(&s, 1, 0, 1), STORE_AGAIN);
    assert_int_equal(store_kafka.probe(s.store, &s.err), -1);
    assert_in_range(mono_between(began, mono_now()), 250, 3000);
    pthread_join(thread, NULL);
    rd_kafka_mock_broker_set_up(cluster, 1);
    finish(&s);
}

static void test_options(void **state)
{
    (void)state;
    static const struct {
        const char *brokers, *topic, *format, *schema, *properties, *message;
    } cases[] = {
        {"", "vs", "line", "vstrata", "", "brokers is missing"},
        {"h:1", "", "line", "vstrata", "", "topic is missing"},
        {"h:1", "vs", "xml", "vstrata", "", "format must be line or json"},
        {"h:1", "vs", "line", "other", "", "no such schema"},
        {"h:1", "vs", "line", "vstrata", "nothing", "a property must read name=value"},
        {"h:1", "vs", "line", "vstrata", "no.such=1", "No such configuration property"},
        {"h:1", "vs", "line", "vstrata", "acks=1", "acks"},
        {"h:1", "vs", "line", "vstrata", "message.max.bytes=1500", "message.max.bytes"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct store_options o = plain;
        struct store_error err = {{0}, 0, 0, 0};
        void *store = NULL;
        o.brokers = cases[i].brokers;
        o.topic = cases[i].topic;
        o.format = cases[i].format;
        o.schema = cases[i].schema;
        o.properties = cases[i].properties;
        assert_int_equal(store_kafka.open(&o, &store, &err), -1);
        if (!strstr(err.message, cases[i].message))
            fail_msg("case %zu: %s", i, err.message);
        assert_null(store);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),       cmocka_unit_test(test_json),
        cmocka_unit_test(test_labels),      cmocka_unit_test(test_passing_errors),
        cmocka_unit_test(test_broker_away), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_too_large),   cmocka_unit_test(test_setup),
        cmocka_unit_test(test_fatal),       cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_options),
    };
    return cmocka_run_group_tests(tests, start_cluster, stop_cluster);
}
