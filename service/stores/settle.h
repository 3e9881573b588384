/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * When an accepted batch counts as safe. VictoriaMetrics answers 204 from memory and loses what it
 * got in the last 6 to 12 seconds before a kill -9 (measured), so an answer becomes durable only
 * after a while without losing touch with the server. Pure: the clock is passed in.
 */
#ifndef STORES_SETTLE_H
#define STORES_SETTLE_H

#include <stdbool.h>

#include "base/clock.h"

enum {
    SETTLE_MS = 20000,
    SETTLE_STEP_MS = SETTLE_MS / 4,
    SETTLE_MARKS = 6,
    SETTLE_RETURNS = 3, /* from one place */
};

struct settle { /* zero-initialised */
    int64_t durable;
    int64_t latest; /* accepted */
    struct settle_mark {
        int64_t seq;
        struct mono_time since, until; /* batches up to seq were accepted */
    } marks[SETTLE_MARKS];             /* oldest first */
    unsigned nmarks;
    unsigned returns; /* to the present durable */
};

/* Batch seq was accepted now. */
void settle_accepted(struct settle *settle, int64_t seq, struct mono_time now);

/* The server went away: true if what is not durable must be sent again. Only a few times from the
 * same place, or a connection that is cut every few seconds would never let anything settle. */
bool settle_lost_touch(struct settle *settle);

/* The highest seq that is safe, SETTLE_MS to SETTLE_STEP_MS more behind; now is when it was seen
 * last that the server is still the same. */
int64_t settle_durable(struct settle *settle, struct mono_time now);

/* Takes everything accepted for safe: the end of the run. */
int64_t settle_final(struct settle *settle);

#endif
