/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Texts and numbers of protobuf messages, and what Prometheus allows in its names.
 */
#ifndef FORMATS_REMOTE_WRITE_TEXT_H
#define FORMATS_REMOTE_WRITE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"

enum { VARINT = 10 }; /* most bytes of one */

static inline size_t varint_size(uint64_t value)
{
    size_t n = 1;
    while (value >>= 7)
        n++;
    return n;
}

/* Writes a number, returns where it ended. */
static inline char *varint_put(char *at, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        *at++ = (char)(value | 0x80);
    *at++ = (char)value;
    return at;
}

/* Appends a number. */
static inline void varint_add(struct buf *out, uint64_t value)
{
    char bytes[VARINT];
    buf_add(out, bytes, (size_t)(varint_put(bytes, value) - bytes));
}

/* Appends a field of the wire type "length and bytes"; an empty one is left out. */
static inline void field_add(struct buf *out, char tag, const char *text, size_t n)
{
    if (!n)
        return;
    buf_char(out, tag);
    varint_add(out, n);
    buf_add(out, text, n);
}

/* True for [a-zA-Z_][a-zA-Z0-9_]*: the name of a label. */
bool label_name_ok(const char *name, size_t n);

/* Appends a name with '_' for what a name must not have; if nothing is there yet, also in front of
 * a digit. */
void name_add(struct buf *out, const char *name, size_t n);

/* Appends a value with '_' for control characters and bytes that are not UTF-8. */
void value_add(struct buf *out, const char *text, size_t n);

#endif
