/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What the embedded store keeps in memory: the newest row of every entity, and the rows that no
 * day file has yet, as segments. A series costs its newest value, its id, and about one byte a
 * row.
 *
 * Not thread-safe: changed by the writer under the store's lock; the writer alone may read without.
 */
#ifndef STORES_EMBEDDED_MEMORY_H
#define STORES_EMBEDDED_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "layers/row.h"
#include "stores/embedded_segment.h"

struct seen_vcenter {
    UT_hash_handle hh;
    int64_t newest; /* time of the newest row of any of its entities, ms */
    char uuid[];
};

struct memory_entity {
    UT_hash_handle hh; /* by vcenter_uuid NUL moid */
    struct seen_vcenter *vcenter;
    struct entity labels; /* the newest; texts in `texts` */
    char *key, *texts;
    int64_t newest; /* time of its newest row, ms; 0 = none yet */
    int32_t interval_s;
    struct columns *columns; /* the series of the newest row, and */
    int64_t *ticks;          /* their values */
    struct columns *used;    /* every shape in use here, the newest's included */
    struct segment *segments, *last_segment;
    struct segment *open; /* ends with the newest row, so the next may follow; or NULL */
    uint64_t file;        /* the open day file its id belongs to, and that has its labels */
    int64_t id;
};

struct memory {
    struct memory_entity *entities;
    struct seen_vcenter *vcenters;
    struct shape *shapes;
    struct buf scratch; /* a hash key, an encoded row */
    size_t bytes;       /* of segments */
    uint64_t points;    /* in segments */
    uint64_t series;    /* of the newest rows */
};

/* Empty; allocates nothing. */
void memory_init(struct memory *memory);
void memory_free(struct memory *memory);

/* Keeps a row (time > 0) until it is written, and as the newest if it is. False: out of memory; the
 * row may be repeated. */
bool memory_take(struct memory *memory, const struct row_batch *batch, const struct layer_row *row);

/* The same for a row that is in a file already: it only becomes the newest. */
bool memory_restore(struct memory *memory, const struct row_batch *batch,
                    const struct layer_row *row);

/* The entity, or NULL. */
struct memory_entity *memory_find(struct memory *memory, const char *vcenter_uuid,
                                  const char *moid);

/* Inserts the kept points of one series with from < time <= to, in the order in which they were
 * taken. False: out of memory. */
bool memory_points(struct memory *memory, const struct embedded_key *key, int64_t from, int64_t to,
                   struct points *ret);

/* Appends the entity's newest row, with an entity of its own, to the batch. */
void memory_newest(const struct memory_entity *entity, struct row_batch *ret);

/* Time of the newest row of any entity; 0 if none. */
int64_t memory_newest_time(const struct memory *memory);

/* Forgets written segments, and entities that have been silent for a day while their vCenter was
 * not. */
void memory_release(struct memory *memory);

#endif
