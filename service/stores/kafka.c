/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "stores/kafka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/caps.h"
#include "formats/schema.h"
#include "stores/dead_letters.h"
#include "stores/kafka_private.h"

enum {
    FRAME = 1024, /* of message.max.bytes: key, headers, lengths */
    KEY = 2 * CAP_NAME,
};

static void complaint_over(struct kafka *k)
{
    pthread_mutex_lock(&k->lock);
    complain_over(&k->complaint, "stores", "kafka_again", "store=%s", log_quote(k->options->name));
    pthread_mutex_unlock(&k->lock);
}

/* False: out of memory. A message has at least one row, so there are no more than `rows`. */
static bool begin_batch(struct kafka *k, int64_t seq, size_t rows)
{
    if (k->nunder_way) /* of a batch that nobody asks for any more */
        kafka_producer_drop(k, 0);
    k->nmessages = k->cut = 0;
    k->seq = INT64_MIN;
    if (rows > k->messages_room) {
        free(k->messages);
        k->messages = malloc(rows * sizeof *k->messages);
        k->messages_room = k->messages ? rows : 0;
        if (!k->messages)
            return false;
    }
    k->seq = seq;
    k->lettered = false;
    return true;
}

static enum store_outcome conclude(struct kafka *k, int64_t *durable)
{
    struct store_error *err = k->err;
    size_t refused = 0;
    for (size_t i = 0; i < k->nmessages; i++) {
        const struct message *m = &k->messages[i];
        const char *why = rd_kafka_err2str(m->why);
        if (m->state != REFUSED)
            continue;
        if (!refused)
            snprintf(err->message, sizeof err->message, "%s", why);
        refused += m->last - m->first;
        if (!k->lettered)
            dead_letters_add(k->options->dead_letters, &k->view, m->first, m->last, why);
    }
    k->lettered = true;
    if (refused && refused == k->view.nrows)
        return STORE_REFUSED;
    complaint_over(k);
    err->refused_rows = refused;
    *durable = k->seq;
    return STORE_DONE;
}

static enum store_outcome kafka_write(void *store, int64_t seq, const struct row_batch *batch,
                                      int64_t *durable, uint64_t *bytes, struct store_error *err)
{
    struct kafka *k = store;
    *err = (struct store_error){0};
    *bytes = 0;
    k->err = err;
    k->bytes = bytes;
    k->setup = k->passing = RD_KAFKA_RESP_ERR_NO_ERROR;
    k->since = mono_now();
    if (!kafka_batch_sort(k, batch) || ((seq != k->seq || batch->nrows > k->messages_room) &&
                                        !begin_batch(k, seq, batch->nrows))) {
        snprintf(err->message, sizeof err->message, "out of memory for %zu rows", batch->nrows);
        return STORE_AGAIN;
    }
    if (!kafka_producer_make(k, err))
        return STORE_AGAIN;
    return kafka_batch_deliver(k) ? conclude(k, durable) : k->stopped;
}

/* ---- probing ---- */

/* "" = the topic is there, NULL = nobody could say yet, or what is wrong. */
static const char *ask_for_topic(struct kafka *k, rd_kafka_topic_t *topic)
{
    enum { ASK_MS = 1000 };
    const struct rd_kafka_metadata *answer = NULL;
    const char *wrong = NULL;
    rd_kafka_resp_err_t code = rd_kafka_metadata(k->producer, 0, topic, &answer, ASK_MS);
    const bool whole = code == RD_KAFKA_RESP_ERR_NO_ERROR && answer->topic_cnt == 1;
    if (whole)
        code = answer->topics[0].err;
    rd_kafka_poll(k->producer, 0);
    if (whole && !code && answer->topics[0].partition_cnt > 0)
        wrong = "";
    else if (k->newest && kafka_meaning(k->newest) == KAFKA_SETUP)
        wrong = k->trouble;
    else if (kafka_meaning(code) == KAFKA_SETUP && code != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
        wrong = rd_kafka_err2str(code); /* an unknown topic may just be being made */
    if (answer)
        rd_kafka_metadata_destroy(answer);
    if (!wrong)
        snprintf(k->err->message, sizeof k->err->message, "%s: %s%s", k->options->topic,
                 k->newest ? k->trouble : rd_kafka_err2str(code),
                 k->newest || code != RD_KAFKA_RESP_ERR__TRANSPORT
                     ? ""
                     : "; no broker of `brokers` answers as Kafka does: is it TLS?");
    return wrong;
}

static int kafka_probe(void *store, struct store_error *err)
{
    struct kafka *k = store;
    const struct mono_time began = mono_now();
    const char *wrong = NULL;
    *err = (struct store_error){0};
    k->err = err;
    if (!kafka_producer_make(k, err))
        return -1;
    rd_kafka_topic_t *topic = rd_kafka_topic_new(k->producer, k->options->topic, NULL);
    while (topic && !wrong && !atomic_load(&k->canceled) &&
           mono_between(began, mono_now()) < k->options->timeout_s * 1000) {
        wrong = ask_for_topic(k, topic);
        if (!wrong)
            usleep(KAFKA_POLL_MS * 1000);
    }
    if (topic)
        rd_kafka_topic_destroy(topic);
    if (wrong)
        snprintf(err->message, sizeof err->message, "%s: %s", k->options->topic, wrong);
    return wrong && !*wrong ? 0 : -1;
}

/* ---- opening and closing ---- */

static void kafka_cancel(void *store)
{
    struct kafka *k = store;
    atomic_store(&k->canceled, true);
}

static void kafka_close(void *store)
{
    struct kafka *k = store;
    kafka_producer_drop(k, 0);
    if (k->conf)
        rd_kafka_conf_destroy(k->conf);
    if (k->headers)
        rd_kafka_headers_destroy(k->headers);
    series_walk_free(k->walk);
    buf_free(&k->key);
    buf_free(&k->payload);
    free(k->messages);
    free(k->rows);
    free(k->order);
    pthread_mutex_destroy(&k->lock);
    free(k);
}

/* "" or what is wrong. */
static const char *prepare_format(struct kafka *k, const struct store_options *o)
{
    const char *name = *o->schema ? o->schema : schema_vstrata.name;
    const struct schema *schema = schema_find(name);
    k->json = strcmp(o->format, "json") == 0;
    if (!k->json && *o->format && strcmp(o->format, "line") != 0)
        return "format must be line or json";
    if (!schema)
        return "no such schema";
    const char *type = k->json ? "application/json" : "text/plain; charset=utf-8";
    k->headers = rd_kafka_headers_new(3);
    rd_kafka_header_add(k->headers, "content-type", -1, type, -1);
    rd_kafka_header_add(k->headers, "vstrata-version", -1, VSTRATA_VERSION, -1);
    if (k->json)
        return "";
    rd_kafka_header_add(k->headers, "schema", -1, name, -1);
    if (schema == &schema_vstrata && !*o->labels)
        return "";
    k->walk = series_walk_new(schema, o->labels);
    return k->walk ? "" : "too many labels, or out of memory";
}

static bool prepare_conf(struct kafka *k, const struct store_options *o, struct store_error *err)
{
    k->conf = kafka_conf(o, err);
    if (!k->conf)
        return false;
    const int64_t most = kafka_conf_number(k->conf, "message.max.bytes") - FRAME;
    if (most < FRAME) {
        snprintf(err->message, sizeof err->message, "message.max.bytes is too small");
        return false;
    }
    buf_init(&k->key, KEY);
    buf_init(&k->payload, most < CAP_STORE_BODY ? (size_t)most : CAP_STORE_BODY);
    kafka_producer_callbacks(k);
    return true;
}

static int kafka_open(const struct store_options *o, void **ret, struct store_error *err)
{
    struct kafka *k = calloc(1, sizeof *k);
    if (!k || pthread_mutex_init(&k->lock, NULL) != 0) {
        snprintf(err->message, sizeof err->message, "out of memory");
        free(k);
        return -1;
    }
    k->options = o;
    k->seq = INT64_MIN;
    const char *wrong = !*o->brokers ? "brokers is missing"
                        : !*o->topic ? "topic is missing"
                                     : prepare_format(k, o);
    snprintf(err->message, sizeof err->message, "%s", wrong);
    if (!*wrong && prepare_conf(k, o, err) && kafka_producer_make(k, err)) {
        *ret = k;
        return 0;
    }
    kafka_close(k);
    return -1;
}

const struct store_ops store_kafka = {
    .type = "kafka",
    .takes_future = 1, /* a log that whoever reads it judges */
    .open = kafka_open,
    .probe = kafka_probe,
    .write = kafka_write,
    .close = kafka_close,
    .cancel = kafka_cancel,
};
