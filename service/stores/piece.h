/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * A batch goes out in pieces of some thousand values, whatever the store.
 */
#ifndef STORES_PIECE_H
#define STORES_PIECE_H

#include "stores/store.h"

enum { PIECE_VALUES = 8000 }; /* measured: larger pieces gain nothing at the servers */

/* Most values of a piece: batch_values if it is given. */
size_t piece_values(const struct store_options *options);

/* The row, at most last, with which the piece that begins with row first has that many values, or
 * one row. */
size_t piece_end(const struct row_batch *batch, size_t first, size_t last, size_t values);

#endif
