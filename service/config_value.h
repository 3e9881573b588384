/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Durations, sizes and numbers as people write them, and checks of texts.
 */
#ifndef SERVICE_CONFIG_VALUE_H
#define SERVICE_CONFIG_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* "500ms", "20s", "5m", "1h", "7d", "0" to milliseconds. False for anything else. */
bool config_duration(const char *text, int64_t *ret_ms);

/* "100B", "64KiB", "1GiB", "2TiB" to bytes. */
bool config_size(const char *text, int64_t *ret);

/* "100": digits only. */
bool config_number(const char *text, int64_t *ret);

/* "true", "false" and what YAML 1.1 calls so: yes, no, on, off. */
bool config_bool(const char *text, bool *ret);

/* Append the shortest text that reads back as the value. */
void config_write_duration(struct buf *out, int64_t ms);
void config_write_size(struct buf *out, int64_t bytes);

/* http:// or https://, a host, no user:password@. */
bool config_is_url(const char *text);

/* The host of such an address as a span of it: "[::1]" for "https://[::1]:443/sdk". */
const char *config_url_host(const char *url, size_t *ret_n);

/* "127.0.0.1:8077", "[::1]:8077", ":8077" is refused: an address must be named. */
bool config_is_listen(const char *text);

/* "" or 64 hex digits, with or without colons between pairs. */
bool config_is_thumbprint(const char *text);

/* Not empty. */
bool config_is_filled(const char *text);

#endif
