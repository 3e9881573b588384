/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "stores/settle.h"

void settle_accepted(struct settle *s, int64_t seq, struct mono_time now)
{
    s->latest = seq;
    if (!s->waiting) {
        s->waiting = seq;
        s->since = now;
    }
}

bool settle_lost_touch(struct settle *s)
{
    if (s->latest <= s->durable || s->went_back)
        return false;
    s->went_back = true;
    s->waiting = 0;
    s->latest = s->durable;
    return true;
}

int64_t settle_durable(struct settle *s, struct mono_time now)
{
    if (!s->waiting || mono_between(s->since, now) < SETTLE_MS)
        return s->durable;
    s->durable = s->waiting;
    s->went_back = false;
    s->waiting = s->latest > s->durable ? s->latest : 0;
    s->since = now;
    return s->durable;
}

int64_t settle_final(struct settle *s)
{
    if (s->latest > s->durable)
        s->durable = s->latest;
    s->waiting = 0;
    return s->durable;
}
