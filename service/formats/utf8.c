/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "formats/utf8.h"

/* Well-formed sequences (Unicode, table 3-7): the first byte says how many follow and how narrow
 * the second one is, which shuts out overlong forms, surrogates and what is above U+10FFFF. */
static const struct {
    unsigned char first, last; /* range of the first byte */
    unsigned char low, high;   /* range of the second one */
    unsigned char length;
} shapes[] = {
    {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3}, {0xE1, 0xEC, 0x80, 0xBF, 3},
    {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3}, {0xF0, 0xF0, 0x90, 0xBF, 4},
    {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
};

size_t utf8_length(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    if (s[0] < 0x80)
        return 1;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        if (s[0] < shapes[i].first || s[0] > shapes[i].last)
            continue;
        if (s[1] < shapes[i].low || s[1] > shapes[i].high)
            return 0;
        for (size_t k = 2; k < shapes[i].length; k++)
            if (s[k] < 0x80 || s[k] > 0xBF)
                return 0;
        return shapes[i].length;
    }
    return 0;
}
