/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "collect/quality.h"

static struct server_time later(struct server_time a, struct server_time b)
{
    return a.ms > b.ms ? a : b;
}

void quality_plan(struct target *target, struct server_time now)
{
    target->planned = true;
    target->heard = false;
    if (!target->mark.ms && !target->due_after.ms)
        target->due_after = now;
    if (!target->counted.ms)
        target->counted = target->mark;
}

void quality_heard(struct target *target, const struct sample_block *block,
                   struct cycle_quality *quality)
{
    if (target->due_after.ms) {
        quality->expected += (int64_t)block->ntimes;
        target->counted = block->times[block->ntimes - 1];
        target->due_after.ms = 0;
    }
    quality->received += (int64_t)block->ntimes;
    target->heard = true;
}

static void count_due(struct target *target, struct server_time horizon, int64_t interval_ms,
                      struct cycle_quality *quality)
{
    struct server_time from = later(target->counted, target->due_after);
    int64_t due = (horizon.ms - from.ms) / interval_ms;
    if (due > 0) {
        quality->expected += due;
        target->counted.ms = from.ms + due * interval_ms;
    }
    from = later(target->mark, target->due_after);
    quality->silent += !target->heard && horizon.ms - from.ms >= interval_ms;
}

void quality_end(struct targets *targets, struct server_time newest,
                 const struct server_clock *clock, int interval_s, struct cycle_quality *quality)
{
    struct server_time horizon = newest.ms ? newest : server_at(clock, mono_now());
    for (struct target *target = targets->by_moid; target; target = target->hh.next) {
        if (target->planned)
            count_due(target, horizon, (int64_t)interval_s * 1000, quality);
        target->planned = false;
    }
}

void quality_stamp(struct quality_memory *memory, struct server_time newest,
                   const struct server_clock *clock, struct cycle_quality *quality)
{
    struct server_time now = server_at(clock, mono_now());
    memory->newest = later(memory->newest, newest);
    quality->time = newest.ms > memory->told.ms ? newest : now;
    if (quality->time.ms <= memory->told.ms)
        quality->time.ms = memory->told.ms + 1;
    memory->told = quality->time;
    quality->lag_ms = memory->newest.ms ? now.ms - memory->newest.ms : -1;
    if (memory->newest.ms && quality->lag_ms < 0)
        quality->lag_ms = 0;
    quality->clock_ms = wall_now().ms - now.ms;
}
