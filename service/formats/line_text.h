/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What every line of InfluxDB line protocol needs: texts of tags, and time stamps.
 */
#ifndef FORMATS_LINE_TEXT_H
#define FORMATS_LINE_TEXT_H

#include <stddef.h>

#include "base/buf.h"
#include "base/clock.h"

enum line_precision { LINE_MS, LINE_NS, LINE_US, LINE_S };

/* Appends n bytes as the key or value of a tag, or as a measurement. Servers differ on a backslash
 * before another backslash, a special character or the end, and none can take a control character
 * or broken UTF-8: those become '_'. */
void line_text(struct buf *out, const char *text, size_t n);

/* Appends a time as a number of units of the precision; seconds are rounded down. */
void line_stamp(struct buf *out, struct server_time time, enum line_precision precision);

#endif
