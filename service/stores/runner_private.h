/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The runner with its durations as a parameter, so that tests take milliseconds.
 */
#ifndef STORES_RUNNER_PRIVATE_H
#define STORES_RUNNER_PRIVATE_H

#include "stores/runner.h"

struct runner_timing {             /* milliseconds */
    int64_t first_wait, last_wait; /* back-off: doubles from the one to the other, with jitter */
    int64_t hold;                  /* between two tries on a bad setup */
    int64_t longest_retry_after;   /* what a server may ask us to wait */
    int64_t idle;                  /* between two flushes */
};

extern const struct runner_timing runner_default_timing;

/* store_runner_start with other durations; timing is copied. */
int store_runner_start_timed(const struct store_ops *ops, void *store,
                             const struct store_options *options, struct journal *journal,
                             struct metric_set *metrics, const struct runner_timing *timing,
                             struct store_runner **ret, struct store_error *err);

#endif
