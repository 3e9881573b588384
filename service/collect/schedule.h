/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * When to ask: cycles start a configurable lag after the server's sample boundaries, on the
 * server's clock, which is followed from a few CurrentTime answers. Pure.
 */
#ifndef COLLECT_SCHEDULE_H
#define COLLECT_SCHEDULE_H

#include "base/clock.h"
#include "vim/error.h"

struct server_clock { /* the server's time at a moment of ours */
    struct server_time server;
    struct mono_time here;
};

/* The server's time at a moment of ours. */
struct server_time server_at(const struct server_clock *clock, struct mono_time moment);

/* The first moment later than `after` at which the server's time is a multiple of interval_ms plus
 * lag_ms. */
struct mono_time next_cycle(const struct server_clock *clock, struct mono_time after,
                            int64_t interval_ms, int64_t lag_ms);

/* How many samples can lie in (after, now], with one to spare, at least 1, at most an hour's. */
int samples_between(struct server_time after, struct server_time now, int interval_s);

enum { BACKOFF_FIRST_MS = 1000, BACKOFF_LAST_MS = 60000 };

/* The wait after the failures-th failure in a row (1, 2, ...): doubling from 1 s to 60 s, and from
 * half to whole of that by `chance` (0 to 1), so that many collectors do not return as one. */
int64_t back_off_ms(unsigned failures, double chance);

/* The wait before the next login after that many failures in a row, the newest of them `code`. The
 * first NotAuthenticated is an expired session and no reason to wait; a server that answers so
 * again and again is not logged in to in a circle. A refused login waits longest, because tries
 * lock accounts. */
int64_t reconnect_ms(enum vim_code code, unsigned failures, double chance);

#endif
