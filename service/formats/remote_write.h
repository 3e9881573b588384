/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Prometheus remote write: series as the messages of its two versions, not yet compressed.
 *
 *   1.0  prometheus.WriteRequest: series with their labels as texts, metadata beside them
 *   2.0  io.prometheus.write.v2.Request: labels as numbers of a table of texts, metadata in each
 *
 * A series is called measurement_field. Characters that names cannot have become '_', and so do
 * control characters and broken UTF-8 in values. Samples of a series are in the order of rows.
 */
#ifndef FORMATS_REMOTE_WRITE_H
#define FORMATS_REMOTE_WRITE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "formats/schema.h"
#include "layers/row.h"

enum remote_write_version { REMOTE_WRITE_1, REMOTE_WRITE_2 };

struct remote_write; /* an encoder: scratch of one thread, kept from message to message */

/* `labels` as of series_walk_new(). NULL: out of memory, or too many labels. NULL is fine to free.
 */
struct remote_write *remote_write_new(const struct schema *schema, const char *labels);
void remote_write_free(struct remote_write *w);

/* A message: begin, rows as often as needed, end. It is appended to out, which fails if it is not
 * whole; without samples nothing is. Returns the number of samples. */
void remote_write_begin(struct remote_write *w, enum remote_write_version version, struct buf *out);
void remote_write_rows(struct remote_write *w, const struct row_batch *batch, size_t first,
                       size_t last);
size_t remote_write_end(struct remote_write *w);

/* The metadata of 1.0 goes with the first message that has a series of the family; from now on
 * once more. */
void remote_write_tell_again(struct remote_write *w);

#endif
