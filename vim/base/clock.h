/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Three clocks that must not be mixed, so each is a type of its own: the server's (sample time
 * stamps, marks), ours (log lines, ages of files) and the monotonic one (timeouts, back-off).
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct server_time { /* a vCenter's clock */
    int64_t ms;      /* since 1970-01-01T00:00:00Z; 0 = not known */
};
struct wall_time { /* this machine's clock */
    int64_t ms;
};
struct mono_time { /* never steps; no relation to a date */
    int64_t ms;
};

enum { ISO_TEXT = 32 }; /* room for clock_iso's text */

/* What the clocks say now. */
struct wall_time wall_now(void);
struct mono_time mono_now(void);

/* Milliseconds from a to b; negative if b is earlier. */
int64_t mono_between(struct mono_time a, struct mono_time b);

/* t moved by ms. */
struct mono_time mono_after(struct mono_time t, int64_t ms);

/* Reads an xsd:dateTime of n bytes: "2021-06-14T15:06:50Z", any number of fraction digits (cut
 * to milliseconds), "Z", "+10:00" or no zone (taken as UTC), years 1970 to 9999. False, and *ret
 * untouched, for anything else. */
bool clock_parse_iso(const char *text, size_t n, struct server_time *ret);

/* Writes "2021-06-14T15:06:50Z", or with ".123" if the milliseconds are not 0. Returns text. */
char *clock_iso(struct server_time t, char text[ISO_TEXT]);

#endif
