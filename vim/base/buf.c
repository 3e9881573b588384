/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_init(struct buf *b, size_t cap)
{
    *b = (struct buf){.cap = cap};
}

void buf_free(struct buf *b)
{
    free(b->data);
    buf_init(b, b->cap);
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->failed = false;
    if (b->data)
        b->data[0] = '\0';
}

bool buf_ok(const struct buf *b)
{
    return !b->failed;
}

static void fail(struct buf *b)
{
    free(b->data);
    b->data = NULL;
    b->len = b->room = 0;
    b->failed = true;
}

static bool grow(struct buf *b, size_t n)
{
    if (b->failed)
        return false;
    if (n > b->cap - b->len) {
        fail(b);
        return false;
    }
    size_t room = b->room ? b->room : 256;
    while (room <= b->len + n)
        room *= 2;
    if (room - 1 > b->cap)
        room = b->cap + 1;
    char *data = realloc(b->data, room);
    if (!data) {
        fail(b);
        return false;
    }
    b->data = data;
    b->room = room;
    return true;
}

/* Makes room for n more bytes and the NUL. room is never more than the cap and the NUL, so that one
 * comparison decides. */
static inline bool reserve(struct buf *b, size_t n)
{
    return (b->data && n < b->room - b->len) || grow(b, n);
}

void buf_add(struct buf *b, const void *bytes, size_t n)
{
    if (!reserve(b, n))
        return;
    if (n)
        memcpy(b->data + b->len, bytes, n);
    b->len += n;
    b->data[b->len] = '\0';
}

void buf_str(struct buf *b, const char *text)
{
    buf_add(b, text, strlen(text));
}

void buf_char(struct buf *b, char c)
{
    if (!reserve(b, 1))
        return;
    b->data[b->len++] = c;
    b->data[b->len] = '\0';
}

char *buf_room(struct buf *b, size_t n)
{
    return reserve(b, n) ? b->data + b->len : NULL;
}

void buf_end(struct buf *b, const char *end)
{
    b->len = (size_t)(end - b->data);
    b->data[b->len] = '\0';
}

void buf_vprintf(struct buf *b, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    if (n < 0)
        fail(b);
    else if (reserve(b, (size_t)n)) {
        vsnprintf(b->data + b->len, (size_t)n + 1, format, again);
        b->len += (size_t)n;
    }
    va_end(again);
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    buf_vprintf(b, format, args);
    va_end(args);
}

/* Writes the digits of v so that they end before end; returns the first. */
static char *digits(char *end, uint64_t v)
{
    do
        *--end = (char)('0' + v % 10);
    while (v /= 10);
    return end;
}

void buf_int(struct buf *b, int64_t value)
{
    char text[24];
    char *end = text + sizeof text;
    char *first = digits(end, value < 0 ? -(uint64_t)value : (uint64_t)value);
    if (value < 0)
        *--first = '-';
    buf_add(b, first, (size_t)(end - first));
}

void buf_scaled(struct buf *b, int64_t ticks, int64_t scale)
{
    enum { WHOLE = 24, FRACTION = 64 }; /* 2^62 has 62 digits behind the point */
    uint64_t v = ticks < 0 ? -(uint64_t)ticks : (uint64_t)ticks;
    uint64_t unit = (uint64_t)scale, rest = v % unit;
    char text[WHOLE + 1 + FRACTION];
    char *end = text + WHOLE;
    char *first = digits(end, v / unit);
    if (ticks < 0)
        *--first = '-';
    if (rest)
        *end++ = '.';
    while (rest && end < text + sizeof text) { /* ends, as unit divides a power of ten */
        rest *= 10;
        /* cppcheck-suppress zerodivcond; unit > 0, and rest < unit is no sign of the contrary */
        *end++ = (char)('0' + rest / unit);
        rest %= unit;
    }
    buf_add(b, first, (size_t)(end - first));
}

char *buf_take(struct buf *b)
{
    if (!b->failed && !b->data)
        buf_add(b, "", 0);
    char *data = b->data;
    b->data = NULL;
    buf_free(b);
    return data;
}
