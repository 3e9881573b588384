/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Writing JSON answers: members of objects and lists, with the commas seen to. A NULL name adds to
 * a list.
 */
#ifndef WEB_ANSWER_H
#define WEB_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* Opens an object ('{') or a list ('['); answer_close takes the matching '}' or ']'. */
void answer_open(struct buf *out, const char *name, char bracket);
void answer_close(struct buf *out, char bracket);

/* A member, or an element of a list: a string (escaped), a whole number, true or false, null. */
void answer_text(struct buf *out, const char *name, const char *text);
void answer_int(struct buf *out, const char *name, int64_t value);
void answer_bool(struct buf *out, const char *name, bool value);
void answer_null(struct buf *out, const char *name);

/* Six significant digits; null for what JSON cannot say. */
void answer_real(struct buf *out, const char *name, double value);

/* Only the comma and the name: the caller appends the value. */
void answer_name(struct buf *out, const char *name);

#endif
