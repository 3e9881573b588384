/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What collect hands down the house: the new samples of one entity, checked for shape, in order of
 * time, each time once, all newer than the entity's mark.
 */
#ifndef COLLECT_SAMPLE_H
#define COLLECT_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "collect/counter.h"
#include "collect/entity.h"

enum { SAMPLE_MISSING = -1 }; /* the server has no value for this series at this time */

struct sample_series {
    enum counter counter;
    const char *instance;  /* "" = aggregate of the entity, "0".."n-1" = vCPU */
    const int64_t *values; /* one per time of the block */
};

struct sample_block {
    const struct entity *entity;
    int64_t memory_bytes; /* configured memory of the VM; 0 = not known */
    int32_t host_mhz;     /* nominal frequency of the entity's host; 0 = not known */
    size_t ntimes;
    const struct server_time *times; /* ascending, no repeats */
    const int32_t *intervals;        /* seconds, one per time */
    size_t nseries;
    const struct sample_series *series;
};

struct mark { /* everything of the entity up to this time has been handed down */
    const struct entity *entity;
    struct server_time time;
};

/* Where collect hands its blocks. The program wires it; collect does not know what is below. */
struct sample_sink {
    void *ctx;
    /* Takes the blocks and marks of one answer as a whole (0) or not at all (-1: nothing was kept,
     * collect asks again from the old marks). Blocks are borrowed for the call. */
    int (*take)(void *ctx, const struct sample_block *blocks, size_t nblocks,
                const struct mark *marks, size_t nmarks);
    /* The mark kept for an entity; ms 0 if none. */
    struct server_time (*mark)(void *ctx, const char *vcenter_uuid, const char *moid);
};

#endif
