/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * How many series each store is going to have: the newest samples of every VM and host are
 * collected, named and filtered as the stores will do it, and counted.
 */
#ifndef COMMANDS_ESTIMATE_H
#define COMMANDS_ESTIMATE_H

#include "config.h"

enum { ESTIMATE_MANY = 1000000 }; /* more series than this make many servers slow */

struct estimate;

/* For all stores of the configuration, which outlives it. NULL: out of memory, or a store's options
 * are wrong, and err is filled. */
struct estimate *estimate_new(const struct config *config, struct store_error *err);
void estimate_free(struct estimate *estimate);

/* Adds what vCenter i has. 0, or -1 with err filled. */
int estimate_vcenter(struct estimate *estimate, size_t i, struct store_error *err);

/* The series of store i. */
uint64_t estimate_series(const struct estimate *estimate, size_t i);

/* Appends the same in words: "about 28,400: 142 a VM (200 VMs), ...", and as a JSON object. */
void estimate_text(const struct estimate *estimate, size_t i, struct buf *out);
void estimate_json(const struct estimate *estimate, size_t i, struct buf *out);

#endif
