/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * One character of a text that may not be UTF-8.
 */
#ifndef FORMATS_UTF8_H
#define FORMATS_UTF8_H

#include <stddef.h>

/* Bytes of the well-formed UTF-8 character at text (1 to 4), or 0 if there is none. text is
 * NUL-terminated; at its end the answer is 1. */
size_t utf8_length(const char *text);

#endif
