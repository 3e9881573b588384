/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Which series there are, so that a store can be told when one has ended: a VM is gone or silent,
 * its labels have changed (vMotion, rename), a disk was removed. Each end is a value with the ticks
 * SERIES_STALE one millisecond behind the newest row of its entity, so that a sample that comes
 * later after all is neither a duplicate nor out of order.
 *
 * A pure function of the rows seen: what is not newer than what is known of its entity changes
 * nothing. What a vCenter says of itself never ends. Nothing outlives the process: who starts again
 * knows of no ends before.
 */
#ifndef STORES_PRESENCE_H
#define STORES_PRESENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "layers/row.h"

struct presence;

struct presence_end {
    uint32_t anchor; /* it goes before the row whose values begin here (layer_row.first) */
    uint32_t row;    /* in the batch of ends */
};

struct presence_ends { /* what has ended; zero-initialised or cleared */
    struct row_batch batch;
    size_t nends, room;
    struct presence_end *ends; /* sorted by anchor */
};

/* Entities end when they were not heard of for so long while others of their vCenter were. NULL:
 * out of memory. NULL is fine to free. */
struct presence *presence_new(int64_t stale_after_s);
void presence_free(struct presence *presence);

/* Learns a batch and says what has ended before it. False: out of memory; what was to be told of
 * some entities may be lost then, and *ret is as it was so far. */
bool presence_see(struct presence *presence, const struct row_batch *batch,
                  struct presence_ends *ret);

/* Gives the memory back; empty and usable again. */
void presence_ends_clear(struct presence_ends *ends);

/* Entities that are known, for tests and figures. */
size_t presence_count(const struct presence *presence);

#endif
