/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What a store's options are to librdkafka, and what its errors are to a store.
 */
#ifndef STORES_KAFKA_CONF_H
#define STORES_KAFKA_CONF_H

#include <librdkafka/rdkafka.h>

#include "stores/store.h"

/* A configuration of a producer, without callbacks; NULL with err filled. The caller destroys it.
 */
rd_kafka_conf_t *kafka_conf(const struct store_options *options, struct store_error *err);

/* The number of a property; 0 if it has none. */
int64_t kafka_conf_number(const rd_kafka_conf_t *conf, const char *property);

enum kafka_meaning {
    KAFKA_TAKEN,
    KAFKA_AGAIN,     /* it passes */
    KAFKA_TOO_LARGE, /* this message, or those that it was sent together with */
    KAFKA_REFUSED,   /* this message for ever */
    KAFKA_SETUP,     /* address, topic, credentials: a person must act */
};

/* What an error means for a message. */
enum kafka_meaning kafka_meaning(rd_kafka_resp_err_t error);

#endif
