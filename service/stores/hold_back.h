/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Rows whose time is far ahead of our clock: somebody's clock is wrong. Some servers take no row of
 * today any more once they have one of tomorrow, not even other people's; so such rows are not
 * sent. If another vCenter is on time, it is not our clock: the rows are counted, told and kept
 * among the dead letters, so that the neighbour need not wait for them. Otherwise it may well be
 * ours: nothing is lost while it is set right, for the journal keeps everything, but not for ever.
 */
#ifndef STORES_HOLD_BACK_H
#define STORES_HOLD_BACK_H

#include "base/caps.h"
#include "journal/journal.h"
#include "report/log.h"
#include "report/metrics.h"
#include "stores/store.h"

enum {
    HOLD_BACK_MS = 10 * 60 * 1000,    /* so far ahead is too far */
    HOLD_NEIGHBOUR_MS = HOLD_BACK_MS, /* so long a neighbour counts as on time */
    HOLD_WAIT_MS = 60 * 60 * 1000,    /* for a clock to be set right */
};

/* Takes the rows out of the batch that are too far ahead; tells each before, if tell is not NULL.
 * Returns how many. */
size_t hold_back_rows(struct row_batch *batch, struct wall_time now,
                      void (*tell)(void *ctx, const struct row_batch *batch, size_t row),
                      void *ctx);

struct hold_back { /* of one store; zero-initialised */
    int64_t seq;   /* the newest entry that was told: it may come again */
    char vcenter[CAP_NAME];
    char on_time[CAP_NAME];                     /* the vCenter whose rows were on time last, */
    struct mono_time seen_on_time, waits_since; /* and when; ms 0 = never */
    struct complaint complaint, waiting;
};

/* Takes note of a batch that stands behind one that waits; true if it is on time, so that what
 * waits need not go on: a neighbour must not wait with it, or its own clock has been set right. */
bool hold_back_passes(struct hold_back *state, const struct row_batch *batch, struct wall_time now,
                      struct mono_time mono);

/* True while the entry is to be kept waiting: ask again a little later. */
bool hold_back_waits(struct hold_back *state, const struct store_options *options,
                     const struct row_batch *batch, struct wall_time now, struct mono_time mono);

/* The same for an entry, with all that is to be said of it. */
void hold_back(struct hold_back *state, const struct store_options *options,
               struct metric_set *metrics, struct journal_entry *entry, struct wall_time now);

#endif
