/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Kafka, by librdkafka's idempotent producer.
 *
 *   key       UUID/MOID of vCenter and entity: all of a VM goes to one partition, in its order
 *   payload   line:  line protocol (by schema and labels, nanoseconds) of the entity's rows of one
 *                    batch, cut below message.max.bytes
 *             json:  one object, of one row
 *   headers   content-type, vstrata-version, and schema for line
 *
 * A batch is done when the brokers have acknowledged each of its messages. What is under way when
 * a write ends without that stays with the producer, and is not sent a second time by the next try.
 * Consumers see a message twice only
 *   - of the batch under way when vstrata itself ended or was killed: it is sent again as a whole;
 *   - if the producer had to be made anew after a fatal error, and acknowledgements of it were
 * lost.
 */
#ifndef STORES_KAFKA_H
#define STORES_KAFKA_H

#include "stores/store.h"

extern const struct store_ops store_kafka;

#endif
