/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What memory has of one entity and one hour, into the chunks of a day file. Each chunk is read,
 * merged and written back, so repeated and late rows need no case of their own; and once, however
 * many shapes the rows had: a quantity that comes and goes begins a segment each time.
 */
#ifndef STORES_EMBEDDED_HOUR_H
#define STORES_EMBEDDED_HOUR_H

#include "stores/embedded_day.h"
#include "stores/embedded_memory.h"

struct hour_segment { /* to be written */
    struct memory_entity *entity;
    struct segment *segment;
    size_t turn; /* keeps the order within an hour */
};

/* Writes n segments of one entity and hour, in the order in which they were taken, within the
 * file's transaction. points is for the work in between, and kept by the caller for the next.
 * *chunks grows by the chunks written. */
enum store_outcome hour_write(struct day_file *file, const struct hour_segment *segments, size_t n,
                              struct points *points, uint64_t *chunks, struct store_error *err);

/* STORE_AGAIN, said in err. */
enum store_outcome hour_no_memory(struct store_error *err);

#endif
