/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The table of texts of a message of remote write 2.0: each text once, its number is its place.
 */
#ifndef FORMATS_REMOTE_WRITE_SYMBOLS_H
#define FORMATS_REMOTE_WRITE_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct symbols {       /* zero-initialised, but for fields */
    struct buf fields; /* field 4 of the message, again and again */
    uint32_t count;
    size_t nslots; /* a power of two, at most half of them taken */
    struct symbol *slots;
};

/* A table whose fields take at most cap bytes. */
void symbols_init(struct symbols *symbols, size_t cap);
void symbols_free(struct symbols *symbols);

/* Forgets all but the first, which is "". */
void symbols_begin(struct symbols *symbols);

/* The number of a text. When out of memory or over the cap, fields has failed. */
uint32_t symbols_number(struct symbols *symbols, const char *text, size_t n);

#endif
