/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "collect/schedule.h"

enum { HOUR_MS = 3600 * 1000 };

struct server_time server_at(const struct server_clock *clock, struct mono_time moment)
{
    return (struct server_time){clock->server.ms + mono_between(clock->here, moment)};
}

struct mono_time next_cycle(const struct server_clock *clock, struct mono_time after,
                            int64_t interval_ms, int64_t lag_ms)
{
    int64_t now = server_at(clock, after).ms;
    int64_t past = (now - lag_ms) % interval_ms;
    if (past < 0)
        past += interval_ms;
    return mono_after(after, interval_ms - past);
}

int samples_between(struct server_time after, struct server_time now, int interval_s)
{
    int64_t span = now.ms - after.ms;
    if (span < 0)
        span = 0;
    if (span > HOUR_MS)
        span = HOUR_MS;
    return (int)(span / ((int64_t)interval_s * 1000)) + 1;
}

int64_t back_off_ms(unsigned failures, double chance)
{
    int64_t wait = BACKOFF_FIRST_MS;
    while (failures-- > 1 && wait < BACKOFF_LAST_MS)
        wait *= 2;
    if (wait > BACKOFF_LAST_MS)
        wait = BACKOFF_LAST_MS;
    int64_t half = wait / 2;
    return half + (int64_t)(chance * (double)(wait - half));
}

int64_t reconnect_ms(enum vim_code code, unsigned failures, double chance)
{
    if (code == VIM_INVALID_LOGIN)
        return BACKOFF_LAST_MS;
    if (code == VIM_NOT_AUTHENTICATED && failures <= 1)
        return 0;
    return back_off_ms(failures, chance);
}
