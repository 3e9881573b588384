/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * How an hour of one series becomes a blob. Pure; any bytes may be fed to the decoder.
 *
 *     chunk  := times values
 *     times  := n deltas of d[i] - d[i-1], where d[i] = t[i] - t[i-1], t[-1] = t0, d[-1] = 0
 *     values := n deltas of v[i] - v[i-1], v[-1] = 0, modulo 2^64
 *     delta  := varint of the zigzag number; 0 is followed by a varint: how many zeros follow it
 *
 * A regular grid of 20 s costs its times about 8 bytes an hour, an irregular one stays exact.
 */
#ifndef STORES_CHUNK_CODEC_H
#define STORES_CHUNK_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "stores/embedded.h"

enum {
    CHUNK_MS = 3600000,         /* a chunk holds [t0, t0 + CHUNK_MS) */
    CHUNK_POINTS_MAX = CHUNK_MS /* one per millisecond: times are distinct */
};

/* A stream of deltas into a buffer; zeros wait until the next other value or the end. */
struct delta_writer {
    struct buf *out;
    uint64_t zeros;
};
void delta_put(struct delta_writer *writer, int64_t delta);
void delta_end(struct delta_writer *writer);

/* The same stream out of bytes. */
struct delta_reader {
    const unsigned char *at, *end;
    uint64_t zeros;
};
/* The next delta; false, and *ret untouched, at the end or for broken bytes. */
bool delta_get(struct delta_reader *reader, int64_t *ret);

/* Appends the chunk of n >= 1 points, ascending by time, all in the hour of t0 (ms). */
void chunk_encode(struct buf *out, int64_t t0, const struct embedded_point *points, size_t n);

/* Reads n points. False if the bytes are not exactly such a chunk, or n is 0 or too large; ret is
 * then in an undefined state. */
bool chunk_decode(const void *data, size_t len, int64_t t0, size_t n, struct embedded_point *ret);

#endif
