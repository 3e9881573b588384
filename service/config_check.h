/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Checks of the texts of stores' options.
 */
#ifndef SERVICE_CONFIG_CHECK_H
#define SERVICE_CONFIG_CHECK_H

#include <stdbool.h>

#include "base/buf.h"

/* "host:port", "[::1]:port". */
bool config_is_address(const char *text);

/* Addresses of Kafka's brokers, parted by commas. */
bool config_is_brokers(const char *text);

/* A topic of Kafka; a property of librdkafka, "name=value". */
bool config_is_topic(const char *text);
bool config_is_property(const char *text);

/* Graphite: "" or nodes parted by dots. */
bool config_is_prefix(const char *text);

/* PostgreSQL: a connection string in which no password is, and a name that needs no quotes. */
bool config_is_connection(const char *text);
bool config_is_table(const char *text);

/* "Name: value" of HTTP. */
bool config_is_header(const char *text);

/* "key=value", as every store can have it. */
bool config_is_label(const char *text);

/* A counter's name, "cpu.ready.summation", in which '*' stands for anything. */
bool config_is_counter(const char *text);

/* A selector of filter.h. False: what is wrong was appended, and what may be meant. */
bool config_selector(const char *text, struct buf *problem);

#endif
