/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What kafka.c (a store as a whole), kafka_producer.c (the client, and what it tells) and
 * kafka_batch.c (messages of a batch) have in common. Nobody else includes this.
 */
#ifndef STORES_KAFKA_PRIVATE_H
#define STORES_KAFKA_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/buf.h"
#include "base/clock.h"
#include "formats/series.h"
#include "report/log.h"
#include "stores/kafka_conf.h"

enum { KAFKA_POLL_MS = 100 };

enum message_state { TO_SEND, UNDER_WAY, TAKEN, TOO_LARGE, REFUSED };

struct message { /* rows [first, last) of the batch in its order (see kafka_batch_sort) */
    size_t first, last;
    enum message_state state;
    rd_kafka_resp_err_t why; /* of TOO_LARGE, REFUSED */
};

struct kafka {
    const struct store_options *options;
    rd_kafka_conf_t *conf;
    rd_kafka_t *producer; /* NULL = to be made (again) */
    rd_kafka_headers_t *headers;
    bool json;
    struct series_walk *walk; /* NULL = our own schema without labels, which has a shorter way */
    struct buf key, payload;  /* of one message; payload's cap is the most that one may have */
    atomic_bool canceled;

    /* From threads of librdkafka */
    pthread_mutex_t lock;
    struct complaint complaint;

    /* The batch under way, or the newest. What is known of its messages outlives a write, so that
     * the next try goes on where it ended. */
    int64_t seq;
    bool lettered;            /* what was refused is in the dead letters */
    struct message *messages; /* stay where they are while some are under way */
    size_t nmessages, messages_room;
    size_t cut; /* rows that have messages */
    size_t nunder_way;
    uint64_t reports;

    /* One write */
    struct row_batch view; /* the batch, its rows in our order */
    struct layer_row *rows;
    const struct layer_row **order;
    size_t rows_room;
    struct store_error *err;
    uint64_t *bytes;
    enum store_outcome stopped;
    uint64_t seen_reports; /* when the wait for the next one began */
    struct mono_time since;
    rd_kafka_resp_err_t setup;   /* reported of a message: a person must act */
    rd_kafka_resp_err_t passing; /* ... or not */
    rd_kafka_resp_err_t newest;  /* error of the client as a whole; 0 after an acknowledgement */
    char trouble[300];           /* its text */
};

/* Where librdkafka calls back, put into the configuration. */
void kafka_producer_callbacks(struct kafka *k);

/* Makes the producer unless there is one. False: err is filled. */
bool kafka_producer_make(struct kafka *k, struct store_error *err);

/* Whatever is not acknowledged is to be sent again, by another producer; acknowledgements that are
 * on their way are waited for. */
void kafka_producer_drop(struct kafka *k, int64_t patience_ms);

/* The write cannot go on: fills in outcome and message. False, always. */
bool kafka_stop(struct kafka *k, enum store_outcome outcome, const char *what, const char *why);
bool kafka_stop_fatal(struct kafka *k);

/* Takes reports for a moment. False: stopped. A large batch may take its time as long as there are
 * reports. */
bool kafka_pass_time(struct kafka *k);

/* The view of a batch: rows of an entity side by side, in their order, and entities in an order
 * that is the same when the batch is read from the journal again. False: out of memory. */
bool kafka_batch_sort(struct kafka *k, const struct row_batch *batch);

/* Sends what of the view was not sent yet and waits until all is acknowledged or refused. False:
 * stopped. */
bool kafka_batch_deliver(struct kafka *k);

#endif
