/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * A batch of rows as bytes: compact, versioned, self-contained (labels are inside) and checked.
 *
 *   bytes   "VRB" version(1)            magic
 *           crc32, little endian        of all bytes after it
 *           labels                      number of labels of an entity (LABEL_COUNT of the writer)
 *           entities rows values        how many of each
 *           entity...                   vcenter_uuid, label 0, label 1, ...; each text as
 *                                         0            the same as the entity before has
 *                                         1 + n, n bytes
 *           counters                    how many are in the table of raw counters
 *           counter...                  name, unit; texts as above
 *           instances                   how many are in the table of raw instances
 *           instance...                 text as above
 *           row...                      entity   index of its entity
 *                                       time     zigzag, milliseconds after the row before
 *                                       interval zigzag, seconds
 *                                       shape    0, count, count * (quantity form instance): a new
 *                                                one; k: as the k-th new one (from 1)
 *                                       count * zigzag ticks
 *
 * All numbers are LEB128 varints. A row's shape is what its values are called; VMs with as many
 * vCPUs share it, so that a value costs 2 to 3 bytes. Version 1 had no raw tables; it is still
 * read.
 */
#ifndef JOURNAL_BATCH_CODEC_H
#define JOURNAL_BATCH_CODEC_H

#include "base/buf.h"
#include "layers/row.h"

enum { BATCH_VERSION = 2, BATCH_OLDEST = 1, BATCH_HEAD = 8 };

struct batch_encoder; /* scratch memory, reused from batch to batch */

/* NULL: out of memory. NULL is fine to free. */
struct batch_encoder *batch_encoder_new(void);
void batch_encoder_free(struct batch_encoder *encoder);

/* Replaces what out holds by the encoded batch. False when out of memory or over out's cap. */
bool batch_encode(struct batch_encoder *encoder, const struct row_batch *batch, struct buf *out);

/* Writes the checksum into the head of n encoded bytes, n >= BATCH_HEAD. For batch_encode and for
 * tests that forge. */
void batch_seal(unsigned char *bytes, size_t n);

enum batch_fault { BATCH_OK, BATCH_NOMEM, BATCH_BROKEN };

/* Decodes into *ret, which owns copies of everything. On a fault *ret is untouched and *why (if not
 * NULL) is a static text. */
enum batch_fault batch_decode(const void *bytes, size_t n, struct row_batch *ret, const char **why);

#endif
