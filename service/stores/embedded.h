/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The embedded store: SQLite, a file a day, an hour of one series as one compressed blob. Newest
 * rows live in memory and reach the file every flush_seconds; until then the journal holds them,
 * so a crash loses nothing. Writes come from its runner; queries from any thread.
 */
#ifndef STORES_EMBEDDED_H
#define STORES_EMBEDDED_H

#include <stddef.h>

#include "base/clock.h"
#include "layers/row.h"
#include "stores/store.h"

extern const struct store_ops store_embedded;

struct embedded_key { /* one series; texts borrowed for the call */
    const char *vcenter_uuid, *moid;
    enum quantity quantity;
    enum form form;
    unsigned instance;
};

struct embedded_point {
    struct server_time time;
    int64_t ticks;
};

/* Points of one series with from < time <= to, ascending. *ret is malloc'ed (NULL if none).
 * 0, or -1 with err: a day file in the range that cannot be read is named, never left out. */
int embedded_query(void *store, const struct embedded_key *key, struct server_time from,
                   struct server_time to, struct embedded_point **ret, size_t *ret_n,
                   struct store_error *err);

/* The newest row of every entity seen within max_age_ms of the newest row of its vCenter: labels,
 * time and all values, as a batch that the caller frees with row_batch_free. An entity that was
 * silent for a day while its vCenter was not is no longer known here; its points are. */
int embedded_latest(void *store, int64_t max_age_ms, struct row_batch *ret,
                    struct store_error *err);

/* The same, of those entities alone that are wanted. */
int embedded_latest_some(void *store, int64_t max_age_ms,
                         bool (*wanted)(const void *ctx, const struct entity *entity),
                         const void *ctx, struct row_batch *ret, struct store_error *err);

/* The newest row of one entity (0 rows if none). Entities are found by moid and vCenter label. */
int embedded_latest_of(void *store, const char *vcenter, const char *moid, struct row_batch *ret,
                       struct store_error *err);

struct embedded_stats {
    uint64_t series, points_in_memory, chunks_written, file_bytes;
    struct server_time oldest, newest;
};
/* What the store holds now, and what it has written since it was opened. */
void embedded_stats(void *store, struct embedded_stats *ret);

#endif
