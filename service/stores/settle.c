/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "stores/settle.h"

#include <string.h>

void settle_accepted(struct settle *s, int64_t seq, struct mono_time now)
{
    struct settle_mark *newest = s->nmarks ? &s->marks[s->nmarks - 1] : NULL;
    s->latest = seq;
    if (!newest || (mono_between(newest->since, now) >= SETTLE_STEP_MS && s->nmarks < SETTLE_MARKS))
        s->marks[s->nmarks++] = (struct settle_mark){seq, now, now};
    else {
        newest->seq = seq;
        newest->until = now;
    }
}

bool settle_lost_touch(struct settle *s)
{
    if (s->latest <= s->durable || s->returns == SETTLE_RETURNS)
        return false;
    s->returns++;
    s->nmarks = 0;
    s->latest = s->durable;
    return true;
}

int64_t settle_durable(struct settle *s, struct mono_time now)
{
    unsigned safe = 0;
    while (safe < s->nmarks && mono_between(s->marks[safe].until, now) >= SETTLE_MS)
        safe++;
    if (safe) {
        s->durable = s->marks[safe - 1].seq;
        s->returns = 0;
        s->nmarks -= safe;
        memmove(s->marks, s->marks + safe, s->nmarks * sizeof *s->marks);
    }
    return s->durable;
}

int64_t settle_final(struct settle *s)
{
    if (s->latest > s->durable)
        s->durable = s->latest;
    s->nmarks = 0;
    return s->durable;
}
