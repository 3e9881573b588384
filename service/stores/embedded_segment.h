/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Rows in memory. Rows of one entity mostly carry the same series, so a list of series (a shape) is
 * kept once for all entities that have it, and rows follow each other as deltas to the row before.
 */
#ifndef STORES_EMBEDDED_SEGMENT_H
#define STORES_EMBEDDED_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Out of memory must not end the program: a failed add leaves hh.tbl NULL. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "layers/row.h"
#include "stores/chunk_codec.h"
#include "stores/embedded_points.h"

struct series_key { /* one series of an entity; no padding, so that memcmp compares */
    uint16_t quantity, form, instance;
};

struct shape { /* the series of a row, in its order */
    UT_hash_handle hh;
    size_t users, n;
    struct series_key keys[];
};

struct columns { /* a shape as one entity uses it */
    struct columns *next;
    struct shape *shape;
    uint64_t file; /* the open day file its ids belong to (day_file_serial); 0 = none */
    int64_t *ids;  /* one a series, or NULL */
};

/*
 * Rows of one entity, one shape and one hour in the order in which they came:
 *     row := time values, all deltas of chunk_codec.h to the row before; the first row's to t0
 *     and zeros. Runs of zeros end with their row.
 */
struct segment {
    struct segment *next;
    struct columns *columns;
    int64_t t0, last; /* its hour, the time of its last row; ms */
    size_t nrows, len, room;
    bool written; /* a day file has it: goes at memory_release */
    unsigned char *data;
};

/* The columns for n values among those in use by an entity, added to them if need be; shapes are
 * everybody's. NULL: out of memory. */
struct columns *columns_of(struct shape **shapes, struct columns **used, struct buf *scratch,
                           const struct layer_value *values, size_t n);
void columns_free(struct shape **shapes, struct columns *columns);

/* Appends a row as deltas to base (NULL = zeros; base = the row before unless it is the first).
 * False: out of memory, the segment is as before. */
bool segment_add(struct segment *segment, struct buf *scratch, int64_t time,
                 const struct layer_value *values, const int64_t *base);
void segment_free(struct segment *segment);

/* Walks the rows; ticks has room for the shape's n and is zeroed by the start. */
struct segment_reader {
    struct delta_reader deltas;
    const struct segment *segment;
    size_t row;
    int64_t time, *ticks;
};
void segment_start(struct segment_reader *reader, const struct segment *segment, int64_t *ticks);
bool segment_next(struct segment_reader *reader);

/* Inserts the points of one series with from < time <= to. False: out of memory. */
bool segment_points(const struct segment *segment, const struct embedded_key *key, int64_t from,
                    int64_t to, struct points *ret);

#endif
