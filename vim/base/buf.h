/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * A growing byte buffer with a cap and a sticky failure: append as often as needed, then ask
 * buf_ok() once. After a failure (cap reached, out of memory) the buffer stays empty and every
 * further append is ignored, so a truncated text can never be taken for a whole one.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
    char *data;  /* NUL-terminated once anything was appended; NULL before */
    size_t len;  /* bytes, without the NUL */
    size_t room; /* bytes allocated */
    size_t cap;  /* len never exceeds it */
    bool failed;
};

/* An empty buffer that will hold at most cap bytes. Allocates nothing. */
void buf_init(struct buf *b, size_t cap);

/* Gives the memory back; the buffer is empty and usable again with the same cap. */
void buf_free(struct buf *b);

/* Forgets the content and a failure, keeps the memory. */
void buf_clear(struct buf *b);

/* True if every append since the last clear was kept whole. */
bool buf_ok(const struct buf *b);

/* Append n bytes, a string, a character, or a formatted text. */
void buf_add(struct buf *b, const void *bytes, size_t n);
void buf_str(struct buf *b, const char *text);
void buf_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* Room for n more bytes, to be written by hand; NULL after a failure. buf_end tells where they
 * ended, at most n bytes further on. Nothing may be appended in between. */
char *buf_room(struct buf *b, size_t n);
void buf_end(struct buf *b, const char *end);

/* Append a decimal integer; the hot path's replacement for printf. */
void buf_int(struct buf *b, int64_t value);

/* Append the exact decimal of ticks / scale (scale > 0), shortest form: (1500, 20000) gives
 * "0.075". scale must have no prime factors but 2 and 5. */
void buf_scaled(struct buf *b, int64_t ticks, int64_t scale);

/* The content as a malloc'ed string that the caller frees, or NULL after a failure. The buffer
 * is empty afterwards. */
char *buf_take(struct buf *b);

#endif
