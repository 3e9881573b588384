/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "formats/line_text.h"

#include <stdbool.h>
#include <string.h>

#include "formats/utf8.h"

enum { LONGEST = 4 }; /* bytes of a character */

static bool special(char c)
{
    return c == ',' || c == '=' || c == ' ';
}

/* The bytes that stand for themselves, a bit each: 0x21 to 0x7e without ',', '=' and '\'. Each byte
 * of each tag is looked up here. */
static const uint64_t plain[4] = {0xdfffeffe00000000, 0x7fffffffefffffff, 0, 0};

static bool is_plain(char c)
{
    const unsigned byte = (unsigned char)c;
    return plain[byte / 64] >> byte % 64 & 1;
}

static size_t plain_length(const char *text, size_t n)
{
    size_t i = 0;
    while (i < n && is_plain(text[i]))
        i++;
    return i;
}

/* As utf8_length(), of n bytes that need no NUL behind them. */
static size_t character_length(const char *text, size_t n)
{
    char end[LONGEST + 1] = "";
    if (n >= LONGEST)
        return utf8_length(text);
    memcpy(end, text, n);
    return utf8_length(end);
}

/* One character that does not stand for itself; its bytes. */
static size_t add_character(struct buf *out, const char *text, size_t n)
{
    const char c = *text;
    const size_t bytes = character_length(text, n);
    if (bytes > 1) {
        buf_add(out, text, bytes);
    } else if (special(c)) {
        buf_char(out, '\\');
        buf_char(out, c);
    } else if (c == '\\' && n > 1 && text[1] != '\\' && !special(text[1])) {
        buf_char(out, c);
    } else {
        buf_char(out, '_');
    }
    return bytes ? bytes : 1;
}

void line_text(struct buf *out, const char *text, size_t n)
{
    while (n) {
        size_t taken = plain_length(text, n);
        if (taken)
            buf_add(out, text, taken);
        else
            taken = add_character(out, text, n);
        text += taken;
        n -= taken;
    }
}

void line_stamp(struct buf *out, struct server_time time, enum line_precision precision)
{
    static const char *const zeros[] = {
        [LINE_MS] = "", [LINE_US] = "000", [LINE_NS] = "000000", [LINE_S] = ""};
    if (precision == LINE_S) {
        const int64_t rest = time.ms % 1000;
        buf_int(out, (time.ms - rest) / 1000 - (rest < 0));
        return;
    }
    buf_int(out, time.ms);
    if (time.ms)
        buf_str(out, zeros[precision]);
}
