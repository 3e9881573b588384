/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "base/glob.h"

#include <string.h>

/* The bytes of the character at the front; a broken one counts as its bytes. */
static size_t character(const char *text)
{
    size_t n = 1;
    while (((unsigned char)*text & 0xc0) == 0xc0 && ((unsigned char)text[n] & 0xc0) == 0x80)
        n++;
    return n;
}

/* After a mismatch the newest '*' takes one character more. Those before it need not be tried
 * again: what is behind them was matched as early as can be. */
bool glob_match(const char *pattern, size_t n, const char *text)
{
    const char *end = pattern + n, *star = NULL, *taken = NULL;
    while (*text) {
        if (pattern < end && *pattern == '*') {
            star = ++pattern;
            taken = text;
        } else if (pattern < end && *pattern == '?') {
            pattern++;
            text += character(text);
        } else if (pattern < end && *pattern == *text) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star;
            text = ++taken;
        } else {
            return false;
        }
    }
    while (pattern < end && *pattern == '*')
        pattern++;
    return pattern == end;
}

bool glob_match_any(const char *patterns, const char *text)
{
    for (size_t n; *patterns; patterns += n) {
        patterns += strspn(patterns, " \n");
        n = strcspn(patterns, " \n");
        if (n && glob_match(patterns, n, text))
            return true;
    }
    return false;
}
