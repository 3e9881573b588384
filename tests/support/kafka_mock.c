/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * A Kafka cluster for tests, over TCP: the mock cluster of librdkafka, which speaks the protocol
 * and keeps messages in memory, but does not look at the sequence numbers of an idempotent
 * producer.
 *
 *   kafka-mock serve TOPIC PARTITIONS FIFO
 *       prints {"brokers": "127.0.0.1:1,127.0.0.1:2"} and reads orders from the fifo it makes:
 *           errors COUNT CODE    so many Produce requests get this error
 *           down BROKER          refuses connections and closes those it has; brokers are 1, 2
 *           up BROKER
 *           rtt BROKER MS        answers come so late
 *   kafka-mock dump BROKERS TOPIC
 *       prints each message that is there, as a line of JSON
 */
#include <jansson.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { BROKERS = 2, PRODUCE = 0, MOST_ERRORS = 1000, ASK_MS = 10000, POLL_MS = 200 };

static void die(const char *what, const char *why)
{
    fprintf(stderr, "kafka-mock: %s: %s\n", what, why);
    exit(1);
}

static rd_kafka_t *client(rd_kafka_type_t type, const char *const properties[][2], size_t n)
{
    char why[300];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    for (size_t i = 0; i < n; i++)
        if (rd_kafka_conf_set(conf, properties[i][0], properties[i][1], why, sizeof why) !=
            RD_KAFKA_CONF_OK)
            die("configuration", why);
    rd_kafka_t *rk = rd_kafka_new(type, conf, why, sizeof why);
    if (!rk)
        die("client", why);
    return rk;
}

/* ---- serve ---- */

static void obey(rd_kafka_mock_cluster_t *cluster, const char *line)
{
    rd_kafka_resp_err_t errors[MOST_ERRORS];
    char order[16];
    int a = 0, b = 0;
    const int words = sscanf(line, "%15s %d %d", order, &a, &b);
    if (words < 2)
        die("no order", line);
    if (strcmp(order, "errors") == 0 && words == 3 && a > 0 && a <= MOST_ERRORS) {
        for (int i = 0; i < a; i++)
            errors[i] = (rd_kafka_resp_err_t)b;
        rd_kafka_mock_push_request_errors_array(cluster, PRODUCE, (size_t)a, errors);
    } else if (strcmp(order, "down") == 0) {
        rd_kafka_mock_broker_set_down(cluster, a);
    } else if (strcmp(order, "up") == 0) {
        rd_kafka_mock_broker_set_up(cluster, a);
    } else if (strcmp(order, "rtt") == 0 && words == 3) {
        rd_kafka_mock_broker_set_rtt(cluster, a, b);
    } else {
        die("no order", line);
    }
}

static int serve(const char *topic, int partitions, const char *path)
{
    rd_kafka_t *rk = client(RD_KAFKA_PRODUCER, NULL, 0);
    rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(rk, BROKERS);
    char line[256];
    if (!cluster || rd_kafka_mock_topic_create(cluster, topic, partitions, 1) != 0)
        die("cluster", "cannot be made");
    if (mkfifo(path, 0600) != 0)
        die(path, "cannot be made");
    printf("{\"brokers\": \"%s\"}\n", rd_kafka_mock_cluster_bootstraps(cluster));
    fflush(stdout);
    FILE *orders = fopen(path, "r+"); /* for writing, too: it never ends */
    if (!orders)
        die(path, "cannot be read");
    while (fgets(line, sizeof line, orders))
        obey(cluster, line);
    fclose(orders);
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(rk);
    return 0;
}

/* ---- dump ---- */

static json_t *headers_of(const rd_kafka_message_t *message)
{
    json_t *ret = json_object();
    rd_kafka_headers_t *headers;
    const char *name;
    const void *value;
    size_t n;
    if (rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR)
        for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &n) == 0; i++)
            json_object_set_new(ret, name, json_stringn(value, n));
    return ret;
}

static void print_message(const rd_kafka_message_t *m)
{
    json_t *line = json_pack("{s:i, s:I, s:s%, s:s%, s:o}", "partition", (int)m->partition,
                             "offset", (json_int_t)m->offset, "key", m->key, m->key_len, "payload",
                             m->payload, m->len, "headers", headers_of(m));
    if (!line)
        die("a message", "is no text");
    json_dumpf(line, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(line);
}

static int assign_all(rd_kafka_t *rk, const char *name)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, name, NULL);
    const rd_kafka_resp_err_t code = rd_kafka_metadata(rk, 0, topic, &metadata, ASK_MS);
    if (code || metadata->topic_cnt != 1)
        die(name, rd_kafka_err2str(code));
    const int n = metadata->topics[0].partition_cnt;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(n);
    for (int i = 0; i < n; i++)
        rd_kafka_topic_partition_list_add(list, name, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(topic);
    return n;
}

static int dump(const char *brokers, const char *topic)
{
    const char *const properties[][2] = {{"bootstrap.servers", brokers},
                                         {"group.id", "dump"},
                                         {"enable.auto.commit", "false"},
                                         {"enable.partition.eof", "true"},
                                         {"fetch.wait.max.ms", "10"}};
    rd_kafka_t *rk = client(RD_KAFKA_CONSUMER, properties, sizeof properties / sizeof *properties);
    rd_kafka_poll_set_consumer(rk);
    int silent = 0;
    for (int open = assign_all(rk, topic); open > 0 && silent < ASK_MS / POLL_MS;) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(rk, POLL_MS);
        silent = m ? 0 : silent + 1;
        if (!m)
            continue;
        if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
            open--;
        else if (m->err)
            die("consumer", rd_kafka_message_errstr(m));
        else
            print_message(m);
        rd_kafka_message_destroy(m);
    }
    rd_kafka_consumer_close(rk);
    rd_kafka_destroy(rk);
    return silent ? 1 : 0;
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "serve") == 0)
        return serve(argv[2], (int)strtol(argv[3], NULL, 10), argv[4]);
    if (argc == 4 && strcmp(argv[1], "dump") == 0)
        return dump(argv[2], argv[3]);
    fputs("usage: kafka-mock serve TOPIC PARTITIONS FIFO | dump BROKERS TOPIC\n", stderr);
    return 2;
}
