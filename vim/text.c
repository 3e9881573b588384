/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Length of the character at s, 0 if it is not valid UTF-8 or a control character:
 *
 *     00..7F                          one byte
 *     C2..DF 80..BF                   two
 *     E0..EF 80..BF 80..BF            three, from 0800, without surrogates (ED A0..BF)
 *     F0..F4 80..BF 80..BF 80..BF     four, from 10000 to 10FFFF
 */
static size_t character(const unsigned char *s)
{
    if (s[0] < 0x80)
        return s[0] >= ' ' && s[0] != 0x7f;
    if (s[0] < 0xc2 || s[0] > 0xf4)
        return 0;
    size_t n = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    uint32_t c = s[0] & (0xffU >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80) /* also stops at the NUL */
            return 0;
        c = c << 6 | (s[i] & 0x3fU);
    }
    if (c < 0xa0 || (n == 3 && c < 0x800) || (n == 4 && c < 0x10000) || c > 0x10ffff)
        return 0;
    return c >= 0xd800 && c <= 0xdfff ? 0 : n;
}

bool text_clean(const char *text)
{
    for (const unsigned char *s = (const unsigned char *)text; *s;) {
        size_t n = character(s);
        if (!n)
            return false;
        s += n;
    }
    return true;
}

/* The three characters that vCenter escapes in names. */
static const struct {
    char text[4], means;
} escapes[] = {{"%2f", '/'}, {"%5c", '\\'}, {"%25", '%'}};

static const char *escaped(const char *text)
{
    for (size_t i = 0; i < sizeof escapes / sizeof escapes[0]; i++)
        if (!strncasecmp(text, escapes[i].text, 3))
            return &escapes[i].means;
    return NULL;
}

char *text_label(const char *text, bool unescape, char out[CAP_NAME + 1])
{
    static const char bad[] = "\xef\xbf\xbd"; /* U+FFFD */
    size_t used = 0;
    for (const char *s = text ? text : ""; *s;) {
        const char *from = unescape ? escaped(s) : NULL;
        size_t eats = from ? 3 : character((const unsigned char *)s);
        size_t n = from ? 1 : eats;
        if (!from)
            from = s;
        if (!eats) {
            bool control = (unsigned char)*s < 0x80;
            eats = 1;
            from = control ? " " : bad;
            n = control ? 1 : sizeof bad - 1;
        }
        if (n > CAP_NAME - used)
            break;
        memcpy(out + used, from, n);
        used += n;
        s += eats;
    }
    out[used] = '\0';
    return out;
}

int64_t text_int(const char *text, int64_t low, int64_t high, int64_t other)
{
    if (!text)
        return other;
    char *end;
    errno = 0;
    long long v = strtoll(text, &end, 10);
    if (end == text || errno)
        return other;
    end += strspn(end, " \t\r\n");
    return *end || v < low || v > high ? other : v;
}
