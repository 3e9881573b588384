/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * From what a server sent to what the model may see: one entity's samples in order of time, each
 * time once, all newer than the mark, series named by the counter catalogue. Pure.
 */
#ifndef COLLECT_INTAKE_H
#define COLLECT_INTAKE_H

#include "base/arena.h"
#include "collect/counter_map.h"
#include "collect/sample.h"
#include "vim/perf.h"

/* Fills the times, intervals and series of *ret; entity and host_mhz are the caller's. ret->ntimes
 * is 0 when nothing is newer than the mark. *repeated grows by the samples left out. Texts and,
 * when the server sent them in order, arrays are those of `from`; others are taken from the arena.
 * Returns 0, or -1 when out of memory. */
int intake_block(struct arena *arena, const struct perf_entity *from, const struct counter_map *map,
                 struct server_time mark, struct sample_block *ret, uint64_t *repeated);

#endif
