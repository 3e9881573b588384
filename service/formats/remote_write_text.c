/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "formats/remote_write_text.h"

#include "formats/utf8.h"

enum { LONGEST = 4 }; /* bytes of a character */

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool label_name_ok(const char *name, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!letter(name[i]) && (i == 0 || !digit(name[i])))
            return false;
    return n > 0;
}

void name_add(struct buf *out, const char *name, size_t n)
{
    if (n && !out->len && digit(*name))
        buf_char(out, '_');
    for (size_t i = 0; i < n; i++)
        buf_char(out, letter(name[i]) || digit(name[i]) ? name[i] : '_');
}

static bool plain(char c)
{
    return c >= 0x20 && c < 0x7f;
}

/* Bytes of the character at the begin of n bytes, which need no NUL behind them; 0 = none. */
static size_t character(const char *text, size_t n)
{
    char end[LONGEST + 1] = "";
    if (n >= LONGEST)
        return utf8_length(text);
    memcpy(end, text, n);
    return utf8_length(end);
}

void value_add(struct buf *out, const char *text, size_t n)
{
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i; end < n && plain(text[end]);)
            end++;
        buf_add(out, text + i, end - i);
        if (end == n)
            break;
        const size_t bytes = (unsigned char)text[end] < 0x80 ? 0 : character(text + end, n - end);
        if (bytes)
            buf_add(out, text + end, bytes);
        else
            buf_char(out, '_');
        end += bytes ? bytes : 1;
    }
}
