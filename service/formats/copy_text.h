/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Text of PostgreSQL's COPY: a line a row, columns parted by tabs. Two bodies: points, and what
 * names the series of those that the database may not know yet.
 *
 *   points   key  time  value
 *   series   key  measurement  field  kind  vcenter  datacenter  cluster  host  vm  moid
 *            layer  part  instance  labels
 *
 * labels is a JSON object of all tags; "" stands for what a series does not have. The key is the
 * first half of the SHA-256 of measurement, field and all tags, each followed by a zero byte: one
 * key, one series, whoever writes it.
 */
#ifndef FORMATS_COPY_TEXT_H
#define FORMATS_COPY_TEXT_H

#include "formats/series.h"

enum { SERIES_KEY = 16 };

struct copy_text {
    /* Of a series whose key is known only points are written. */
    bool (*knows)(void *ctx, const unsigned char key[SERIES_KEY]);
    void *ctx;
    const char *labels; /* of the walk; NULL = none */
    struct buf points, series;
    struct buf keys; /* of the lines of series, one behind the other */
    size_t npoints;  /* lines of points */
};

/* Empty buffers; allocates nothing. Texts are borrowed. */
void copy_text_init(struct copy_text *text,
                    bool (*knows)(void *ctx, const unsigned char key[SERIES_KEY]), void *ctx,
                    const char *labels);
void copy_text_free(struct copy_text *text);

/* Writes rows [first, last) of the batch in place of what was there. False: out of memory, or a
 * body would be larger than CAP_STORE_BODY. */
bool copy_text_write(struct series_walk *walk, const struct row_batch *batch, size_t first,
                     size_t last, struct copy_text *text);

#endif
