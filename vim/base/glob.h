/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Patterns of names, as people write them in the configuration.
 */
#ifndef BASE_GLOB_H
#define BASE_GLOB_H

#include <stdbool.h>
#include <stddef.h>

/* True if the text is as the pattern of n bytes says: '*' is any run of characters, '?' any one
 * (UTF-8), everything else itself. */
bool glob_match(const char *pattern, size_t n, const char *text);

/* True if one of the patterns does that; they are parted by blanks or newlines. */
bool glob_match_any(const char *patterns, const char *text);

#endif
