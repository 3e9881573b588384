/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Any bytes as a chunk: what decodes must encode and decode to the same points. The first two bytes
 * are the count, the rest is the blob.
 */
#include <stdlib.h>
#include <string.h>

#include "stores/chunk_codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { COUNT_BYTES = 2, BLOB_CAP = 80 << 20 };
#define T0 INT64_C(1637193600000)

static void check_again(const struct embedded_point *points, size_t n)
{
    struct buf blob;
    buf_init(&blob, BLOB_CAP);
    chunk_encode(&blob, T0, points, n);
    struct embedded_point *again = calloc(n ? n : 1, sizeof *again);
    if (!again || !buf_ok(&blob) || !chunk_decode(blob.data, blob.len, T0, n, again) ||
        memcmp(points, again, n * sizeof *again) != 0)
        abort();
    free(again);
    buf_free(&blob);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < COUNT_BYTES)
        return 0;
    size_t n = (size_t)data[0] | (size_t)data[1] << 8;
    struct embedded_point *points = calloc(n ? n : 1, sizeof *points);
    if (!points)
        return 0;
    if (chunk_decode(data + COUNT_BYTES, size - COUNT_BYTES, T0, n, points))
        check_again(points, n);
    free(points);
    return 0;
}
