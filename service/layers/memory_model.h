/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The memory layers of a VM. All memory counters are of the VM alone, in KB of 1024 bytes, and
 * every one of them may be missing without taking the others away:
 *
 *   space  configured = granted + ballooned + swapped + compressed + untouched   (B, D, D, D, rest)
 *          what the VM costs the host = consumed + overhead; overhead (C) is on top of configured
 *   rate   swap-in, decompression: what the guest waits for now (D)
 *   time   contention: the share of time it waited (D)
 */
#ifndef LAYERS_MEMORY_MODEL_H
#define LAYERS_MEMORY_MODEL_H

#include "collect/sample.h"
#include "layers/findings.h"

/* Larger values are no sample: 1024 TB in KB. No sum of the model can overflow, and each of them in
 * bytes is exact in a double. */
#define MEMORY_VALUE_MAX ((int64_t)1 << 40)

/* Where the values of each counter stand in the block. */
struct memory_index {
    bool offered;                     /* the block has a memory counter at all */
    const int64_t *at[COUNTER_COUNT]; /* NULL = not offered */
};

struct memory_row { /* one time of a block, in KB */
    const struct entity *entity;
    struct server_time time;
    enum reason queue;         /* of layer A, which is the guest's */
    int64_t configured;        /* 0 = not known */
    int64_t of[COUNTER_COUNT]; /* SAMPLE_MISSING = not known */
};

/* Finds the memory counters of a block. */
void memory_index_fill(struct memory_index *index, const struct sample_block *block);

/* Loads time t of the block. */
void memory_index_load(const struct memory_index *index, const struct sample_block *block, size_t t,
                       struct memory_row *ret);

/* Adds the memory layers of a time to the newest row of out, in catalogue order. I16 broken is told
 * to findings. */
void memory_layers(const struct memory_row *row, const struct memory_index *index,
                   struct row_batch *out, struct layer_findings *findings);

#endif
