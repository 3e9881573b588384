/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * How a collection of a vCenter went, as a row of its own.
 */
#ifndef LAYERS_QUALITY_H
#define LAYERS_QUALITY_H

#include <stdint.h>

#include "collect/sample.h"
#include "layers/row.h"

/* Appends the row of a collection, in catalogue order. The last two counts are what the layers
 * found: rows refused by identity I1, and rows without a needed sample. */
void quality_row(const struct cycle_quality *quality, int64_t refused_identity, int64_t incomplete,
                 struct row_batch *out);

#endif
