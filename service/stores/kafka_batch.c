/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <stdlib.h>
#include <string.h>

#include "formats/json.h"
#include "formats/line_protocol.h"
#include "formats/line_series.h"
#include "stores/kafka_private.h"

/* ---- rows ---- */

static int identity(const struct entity *a, const struct entity *b)
{
    const int order = a == b ? 0 : strcmp(a->vcenter_uuid, b->vcenter_uuid);
    return a == b || order ? order : strcmp(a->label[LABEL_MOID], b->label[LABEL_MOID]);
}

static int by_identity(const void *a, const void *b)
{
    const struct layer_row *x = *(const struct layer_row *const *)a,
                           *y = *(const struct layer_row *const *)b;
    const int order = identity(x->entity, y->entity);
    return order ? order : (x > y) - (x < y);
}

bool kafka_batch_sort(struct kafka *k, const struct row_batch *batch)
{
    const size_t n = batch->nrows;
    if (n > k->rows_room) {
        free(k->rows);
        free(k->order);
        k->rows = malloc(n * sizeof *k->rows);
        k->order = malloc(n * sizeof(*k->order));
        k->rows_room = k->rows && k->order ? n : 0;
        if (!k->rows_room)
            return false;
    }
    for (size_t i = 0; i < n; i++)
        k->order[i] = &batch->rows[i];
    if (n)
        qsort(k->order, n, sizeof(*k->order), by_identity);
    for (size_t i = 0; i < n; i++)
        k->rows[i] = *k->order[i];
    k->view = *batch;
    k->view.rows = k->rows;
    return true;
}

/* ---- messages ---- */

static bool wait_for_reports(struct kafka *k)
{
    while (k->nunder_way)
        if (!kafka_pass_time(k))
            return false;
    return true;
}

/* False: too large, or out of memory. */
static bool encode(struct kafka *k, size_t first, size_t last)
{
    const struct entity *e = k->view.rows[first].entity;
    buf_clear(&k->key);
    buf_clear(&k->payload);
    buf_printf(&k->key, "%s/%s", e->vcenter_uuid, e->label[LABEL_MOID]);
    if (k->json)
        json_row(&k->payload, &k->view, &k->view.rows[first]);
    else if (k->walk)
        line_series_write(k->walk, &k->view, first, last, LINE_NS, &k->payload);
    else
        line_protocol_write(&k->view, first, last, &(struct line_options){.precision = LINE_NS},
                            &k->payload);
    return buf_ok(&k->payload) && buf_ok(&k->key);
}

/* Hands what is encoded to the producer. The error, 0 = done. */
static rd_kafka_resp_err_t hand_over(struct kafka *k, size_t message)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_copy(k->headers);
    const rd_kafka_vu_t parts[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = k->options->topic},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {k->key.data, k->key.len}},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {k->payload.data, k->payload.len}},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = &k->messages[message]},
    };
    rd_kafka_error_t *error = rd_kafka_produceva(k->producer, parts, sizeof parts / sizeof *parts);
    const rd_kafka_resp_err_t code = error ? rd_kafka_error_code(error) : 0;
    if (error) /* otherwise the headers are the message's */
        rd_kafka_headers_destroy(headers);
    rd_kafka_error_destroy(error);
    return code;
}

/* What is encoded is this message. False: stopped. */
static bool produce(struct kafka *k, size_t message)
{
    struct message *m = &k->messages[message];
    rd_kafka_resp_err_t code;
    while ((code = hand_over(k, message)) == RD_KAFKA_RESP_ERR__QUEUE_FULL)
        if (!kafka_pass_time(k))
            return false;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        m->state = UNDER_WAY;
        k->nunder_way++;
        *k->bytes += k->payload.len;
        return true;
    }
    m->why = code;
    switch (kafka_meaning(code)) {
    case KAFKA_TOO_LARGE:
    case KAFKA_REFUSED:
        m->state = REFUSED;
        return true;
    case KAFKA_SETUP:
        return kafka_stop(k, STORE_BAD_SETUP, k->options->topic, rd_kafka_err2str(code));
    default:
        return code == RD_KAFKA_RESP_ERR__FATAL
                   ? kafka_stop_fatal(k)
                   : kafka_stop(k, STORE_AGAIN, k->options->topic, rd_kafka_err2str(code));
    }
}

/* The number of a new message. There is room for it: each has a row of its own. */
static size_t add_message(struct kafka *k, size_t first, size_t last)
{
    k->messages[k->nmessages] = (struct message){.first = first, .last = last};
    return k->nmessages++;
}

/* Makes messages of rows that have none, and hands them over. */
static bool send_rows(struct kafka *k, size_t first, size_t last)
{
    const bool fits = encode(k, first, last);
    const size_t middle = first + (last - first) / 2;
    if (!fits && middle > first)
        return send_rows(k, first, middle) && send_rows(k, middle, last);
    const size_t message = add_message(k, first, last);
    k->cut = last;
    if (!fits) {
        k->messages[message].state = REFUSED;
        k->messages[message].why = RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
        return true;
    }
    if (k->payload.len)
        return produce(k, message);
    k->messages[message].state = TAKEN; /* rows with nothing for this store */
    return true;
}

/* Hands a message over that was made before. */
static bool send_again(struct kafka *k, size_t message)
{
    struct message *m = &k->messages[message];
    if (encode(k, m->first, m->last))
        return produce(k, message);
    return kafka_stop(k, STORE_AGAIN, "out of memory", "");
}

/* The rows behind `first` that go into one message with it. */
static size_t message_end(const struct kafka *k, size_t first)
{
    const struct layer_row *rows = k->view.rows;
    size_t last = first + 1;
    while (!k->json && last < k->view.nrows && identity(rows[first].entity, rows[last].entity) == 0)
        last++;
    return last;
}

/* What the brokers found too large may have been so only together with others: now each goes by
 * itself, then in halves. */
static bool send_large(struct kafka *k)
{
    for (size_t i = 0; i < k->nmessages; i++)
        while (k->messages[i].state == TOO_LARGE) {
            if (!send_again(k, i) || !wait_for_reports(k))
                return false;
            struct message *m = &k->messages[i];
            const size_t middle = m->first + (m->last - m->first) / 2, last = m->last;
            if (m->state != TOO_LARGE)
                continue;
            m->state = middle == m->first ? REFUSED : TOO_LARGE;
            if (m->state == REFUSED)
                continue;
            const size_t other = add_message(k, middle, last);
            k->messages[other].state = TOO_LARGE;
            k->messages[i].last = middle;
        }
    return true;
}

bool kafka_batch_deliver(struct kafka *k)
{
    for (size_t i = 0; i < k->nmessages; i++)
        if (k->messages[i].state == TO_SEND && !send_again(k, i))
            return false;
    while (k->cut < k->view.nrows)
        if (!send_rows(k, k->cut, message_end(k, k->cut)))
            return false;
    if (!wait_for_reports(k) || !send_large(k))
        return false;
    for (size_t i = 0; i < k->nmessages; i++)
        if (k->messages[i].state == TO_SEND)
            return k->setup ? kafka_stop(k, STORE_BAD_SETUP, k->options->topic,
                                         rd_kafka_err2str(k->setup))
                            : kafka_stop(k, STORE_AGAIN, k->options->topic,
                                         rd_kafka_err2str(k->passing));
    return true;
}
