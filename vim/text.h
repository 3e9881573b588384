/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Texts of a peer: checked before they go out, made safe before they are kept.
 */
#ifndef VIM_TEXT_H
#define VIM_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/caps.h"

/* True if text is valid UTF-8 without control characters, so that it can stand in XML. */
bool text_clean(const char *text);

/* Copies text (NULL = "") as at most CAP_NAME bytes of valid UTF-8: tabs, newlines and other
 * control characters become blanks, bad bytes U+FFFD, a character that does not fit is left out
 * whole. With unescape, vCenter's %2f, %5c and %25 (in either case) become what they stand for.
 * Returns out. */
char *text_label(const char *text, bool unescape, char out[CAP_NAME + 1]);

/* Reads a decimal integer in [low, high], blanks around it allowed; otherwise other. */
int64_t text_int(const char *text, int64_t low, int64_t high, int64_t other);

#endif
