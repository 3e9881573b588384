/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <stdio.h>
#include <string.h>

#include "stores/kafka_private.h"

enum { FATAL_PATIENCE_MS = 2000 };

/* ---- what librdkafka tells ---- */

static void on_report(rd_kafka_t *producer, const rd_kafka_message_t *report, void *ctx)
{
    static const enum message_state states[] = {[KAFKA_TAKEN] = TAKEN,
                                                [KAFKA_AGAIN] = TO_SEND,
                                                [KAFKA_TOO_LARGE] = TOO_LARGE,
                                                [KAFKA_REFUSED] = REFUSED,
                                                [KAFKA_SETUP] = TO_SEND};
    struct kafka *k = ctx;
    struct message *m = report->_private;
    const enum kafka_meaning meaning = kafka_meaning(report->err);
    (void)producer;
    m->state = states[meaning];
    m->why = report->err;
    k->nunder_way--;
    k->reports++;
    if (meaning == KAFKA_TAKEN)
        k->newest = RD_KAFKA_RESP_ERR_NO_ERROR;
    else if (meaning == KAFKA_SETUP)
        k->setup = report->err;
    else if (meaning == KAFKA_AGAIN)
        k->passing = report->err;
}

static void on_error(rd_kafka_t *producer, int error, const char *reason, void *ctx)
{
    struct kafka *k = ctx;
    (void)producer;
    k->newest = (rd_kafka_resp_err_t)error;
    snprintf(k->trouble, sizeof k->trouble, "%s", reason);
}

static void on_log(const rd_kafka_t *producer, int level, const char *facility, const char *text)
{
    enum { SYSLOG_WARNING = 4, SYSLOG_DEBUG = 7 };
    struct kafka *k = rd_kafka_opaque(producer);
    const char *store = k->options->name;
    if (level > SYSLOG_WARNING) {
        log_event(level == SYSLOG_DEBUG ? LOG_DEBUG : LOG_INFO, "stores", "kafka",
                  "store=%s facility=%s message=%s", log_quote(store), log_quote(facility),
                  log_quote(text));
        return;
    }
    pthread_mutex_lock(&k->lock);
    complain(&k->complaint, LOG_WARN, "stores", "kafka", "store=%s facility=%s message=%s",
             log_quote(store), log_quote(facility), log_quote(text));
    pthread_mutex_unlock(&k->lock);
}

void kafka_producer_callbacks(struct kafka *k)
{
    rd_kafka_conf_set_opaque(k->conf, k);
    rd_kafka_conf_set_dr_msg_cb(k->conf, on_report);
    rd_kafka_conf_set_error_cb(k->conf, on_error);
    rd_kafka_conf_set_log_cb(k->conf, on_log);
}

/* ---- the producer ---- */

bool kafka_producer_make(struct kafka *k, struct store_error *err)
{
    if (k->producer)
        return true;
    rd_kafka_conf_t *conf = rd_kafka_conf_dup(k->conf);
    k->newest = RD_KAFKA_RESP_ERR_NO_ERROR;
    k->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, err->message, sizeof err->message);
    if (!k->producer)
        rd_kafka_conf_destroy(conf);
    return k->producer;
}

void kafka_producer_drop(struct kafka *k, int64_t patience_ms)
{
    const struct mono_time began = mono_now();
    if (!k->producer)
        return;
    rd_kafka_purge(k->producer, RD_KAFKA_PURGE_F_QUEUE);
    while (k->nunder_way && mono_between(began, mono_now()) < patience_ms &&
           !atomic_load(&k->canceled))
        rd_kafka_poll(k->producer, KAFKA_POLL_MS);
    rd_kafka_purge(k->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    while (k->nunder_way && rd_kafka_poll(k->producer, KAFKA_POLL_MS) > 0)
        ;
    rd_kafka_destroy(k->producer);
    k->producer = NULL;
    for (size_t i = 0; i < k->nmessages; i++)
        if (k->messages[i].state == UNDER_WAY)
            k->messages[i].state = TO_SEND;
    k->nunder_way = 0;
}

/* ---- a write that cannot go on ---- */

bool kafka_stop(struct kafka *k, enum store_outcome outcome, const char *what, const char *why)
{
    k->stopped = outcome;
    snprintf(k->err->message, sizeof k->err->message, "%.90s%s%.300s", what, *why ? ": " : "", why);
    return false;
}

static bool stop_silent(struct kafka *k)
{
    char what[120];
    const bool setup = k->newest && kafka_meaning(k->newest) == KAFKA_SETUP;
    snprintf(what, sizeof what, "%zu messages are not acknowledged, none within %lld s",
             k->nunder_way, (long long)k->options->timeout_s);
    return kafka_stop(k, setup ? STORE_BAD_SETUP : STORE_AGAIN, what,
                      k->newest ? k->trouble : "the brokers are silent");
}

bool kafka_stop_fatal(struct kafka *k)
{
    char why[300];
    rd_kafka_fatal_error(k->producer, why, sizeof why);
    kafka_producer_drop(k, FATAL_PATIENCE_MS);
    return kafka_stop(k, STORE_AGAIN, "the producer failed, and is made anew", why);
}

bool kafka_pass_time(struct kafka *k)
{
    char why[8];
    rd_kafka_poll(k->producer, KAFKA_POLL_MS);
    if (rd_kafka_fatal_error(k->producer, why, sizeof why))
        return kafka_stop_fatal(k);
    if (atomic_load(&k->canceled))
        return kafka_stop(k, STORE_AGAIN, "canceled", "");
    if (k->setup)
        return kafka_stop(k, STORE_BAD_SETUP, k->options->topic, rd_kafka_err2str(k->setup));
    const struct mono_time now = mono_now();
    if (k->seen_reports != k->reports) {
        k->seen_reports = k->reports;
        k->since = now;
    }
    if (mono_between(k->since, now) < k->options->timeout_s * 1000)
        return true;
    return stop_silent(k);
}
