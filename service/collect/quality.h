/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * How good a collection was. A sample is expected once: in the first collection at which it is due.
 * So over any time the sum of expected less the sum of received is what is missing, and a VM that
 * is silent for long adds one sample an interval, not its whole debt each time.
 *
 * Due is what lies before the newest sample that came from anybody, because servers offer samples
 * some time after their end, and how long after differs; if nothing came at all, before the
 * server's clock. What comes from before the first time that a target was asked, or before it was
 * powered on, is expected as it comes: nobody knows what there was.
 */
#ifndef COLLECT_QUALITY_H
#define COLLECT_QUALITY_H

#include "collect/schedule.h"
#include "collect/targets.h"

/* The target is about to be asked in a collection that began at `now` (server's clock). */
void quality_plan(struct target *target, struct server_time now);

/* New samples of it were handed down; call it before its mark is moved. */
void quality_heard(struct target *target, const struct sample_block *block,
                   struct cycle_quality *quality);

/* The collection is over: adds expected and silent. newest ms 0 = nothing came. */
void quality_end(struct targets *targets, struct server_time newest,
                 const struct server_clock *clock, int interval_s, struct cycle_quality *quality);

struct quality_memory {        /* of one vCenter */
    struct server_time newest; /* sample ever seen; ms 0 = none */
    struct server_time told;   /* time of the newest row */
};

/* Fills time, lag and clock difference; newest is that of the collection. No time is given twice.
 */
void quality_stamp(struct quality_memory *memory, struct server_time newest,
                   const struct server_clock *clock, struct cycle_quality *quality);

#endif
