/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "stores/piece.h"

size_t piece_values(const struct store_options *options)
{
    return options->batch_values > 0 ? (size_t)options->batch_values : PIECE_VALUES;
}

size_t piece_end(const struct row_batch *batch, size_t first, size_t last, size_t values)
{
    size_t end = first, n = 0;
    while (end < last && (end == first || n < values))
        n += batch->rows[end++].count;
    return end;
}
