/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "gzip.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

enum { GZIP_FORMAT = 16, WINDOW_BITS = 15, MEMORY_LEVEL = 8 };

bool gzip(struct buf *text)
{
    z_stream z = {0};
    if (text->len > UINT_MAX / 2 ||
        deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, WINDOW_BITS + GZIP_FORMAT, MEMORY_LEVEL,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    size_t room = deflateBound(&z, text->len);
    char *data = malloc(room + 1);
    z.next_in = (Bytef *)text->data;
    z.avail_in = (uInt)text->len;
    z.next_out = (Bytef *)data;
    z.avail_out = (uInt)room;
    bool ok = data && deflate(&z, Z_FINISH) == Z_STREAM_END;
    size_t len = z.total_out;
    deflateEnd(&z);
    if (!ok) {
        free(data);
        return false;
    }
    free(text->data);
    data[len] = '\0';
    text->data = data;
    text->len = len;
    text->room = room + 1;
    return true;
}
