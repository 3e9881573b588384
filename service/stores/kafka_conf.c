/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "stores/kafka_conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/caps.h"

/* ---- options ---- */

static bool set(rd_kafka_conf_t *conf, const char *name, const char *value, struct store_error *err)
{
    return rd_kafka_conf_set(conf, name, value, err->message, sizeof err->message) ==
           RD_KAFKA_CONF_OK;
}

/*
 * message.timeout.ms: a message stays with the producer until it is acknowledged, for only so can
 * its sequence numbers tell a broker that it has it already.
 * partitioner: as the Java clients have it, so that keys fall where those of others do.
 */
static bool set_defaults(rd_kafka_conf_t *conf, struct store_error *err)
{
    static const char *const defaults[][2] = {
        {"client.id", "vstrata"},
        {"enable.idempotence", "true"},
        {"acks", "all"},
        {"message.timeout.ms", "0"},
        {"partitioner", "murmur2_random"},
        {"compression.type", "lz4"},
        {"log.connection.close", "false"},
        {"socket.keepalive.enable", "true"},
    };
    char kilobytes[32];
    for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
        if (!set(conf, defaults[i][0], defaults[i][1], err))
            return false;
    snprintf(kilobytes, sizeof kilobytes, "%d", CAP_KAFKA_QUEUE >> 10);
    return set(conf, "queue.buffering.max.kbytes", kilobytes, err);
}

/* A password goes over TLS unless the properties say otherwise. */
static bool set_user(rd_kafka_conf_t *conf, const struct store_options *o, struct store_error *err)
{
    return !*o->user || (set(conf, "security.protocol", "sasl_ssl", err) &&
                         set(conf, "sasl.mechanisms", "PLAIN", err) &&
                         set(conf, "sasl.username", o->user, err) &&
                         set(conf, "sasl.password", o->password, err));
}

/* Lines "name=value". */
static bool set_properties(rd_kafka_conf_t *conf, const char *lines, struct store_error *err)
{
    char *copy = strdup(lines), *rest = copy;
    bool ok = copy;
    if (!copy)
        snprintf(err->message, sizeof err->message, "out of memory");
    for (char *line; ok && (line = strtok_r(rest, "\n", &rest));) {
        char *equals = strchr(line, '=');
        if (equals)
            *equals = '\0';
        else
            snprintf(err->message, sizeof err->message, "a property must read name=value");
        ok = equals && set(conf, line, equals + 1, err);
    }
    free(copy);
    return ok;
}

rd_kafka_conf_t *kafka_conf(const struct store_options *o, struct store_error *err)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (set_defaults(conf, err) && set(conf, "bootstrap.servers", o->brokers, err) &&
        set_user(conf, o, err) && (!*o->ca_file || set(conf, "ssl.ca.location", o->ca_file, err)) &&
        set_properties(conf, o->properties, err))
        return conf;
    rd_kafka_conf_destroy(conf);
    return NULL;
}

int64_t kafka_conf_number(const rd_kafka_conf_t *conf, const char *property)
{
    char text[32];
    size_t n = sizeof text;
    if (rd_kafka_conf_get(conf, property, text, &n) != RD_KAFKA_CONF_OK)
        return 0;
    return strtoll(text, NULL, 10);
}

/* ---- errors ---- */

enum kafka_meaning kafka_meaning(rd_kafka_resp_err_t error)
{
    static const struct {
        rd_kafka_resp_err_t error;
        enum kafka_meaning meaning;
    } meanings[] = {
        {RD_KAFKA_RESP_ERR_NO_ERROR, KAFKA_TAKEN},
        {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, KAFKA_TOO_LARGE},
        {RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, KAFKA_TOO_LARGE},
        {RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE, KAFKA_REFUSED},
        {RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, KAFKA_REFUSED},
        {RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT, KAFKA_REFUSED},
        {RD_KAFKA_RESP_ERR_POLICY_VIOLATION, KAFKA_REFUSED},
        {RD_KAFKA_RESP_ERR_INVALID_RECORD, KAFKA_REFUSED},
        {RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, KAFKA_SETUP}, /* no name for a topic */
        {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, KAFKA_SETUP},
        {RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, KAFKA_SETUP},
        {RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, KAFKA_SETUP},
        {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, KAFKA_SETUP},
        {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, KAFKA_SETUP},
        {RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS, KAFKA_SETUP},
        {RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE, KAFKA_SETUP},
        {RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM, KAFKA_SETUP},
        {RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, KAFKA_SETUP},
        {RD_KAFKA_RESP_ERR__AUTHENTICATION, KAFKA_SETUP},
        {RD_KAFKA_RESP_ERR__SSL, KAFKA_SETUP},
    };
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (meanings[i].error == error)
            return meanings[i].meaning;
    return KAFKA_AGAIN;
}
