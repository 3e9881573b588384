/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Rows of an entity need not follow each other in a batch, and labels may change within it, so the
 * lane is told by what an entity is identified by. A counting sort keeps the order within a lane.
 */
#include <stdlib.h>

#include "stores/push_private.h"

static unsigned lane_of(const struct push *push, const struct entity *entity)
{
    return entity_hash(entity) % push->nlanes;
}

static bool reserve(struct push *push, size_t n)
{
    if (n <= push->rows_room)
        return true;
    struct layer_row *rows = realloc(push->rows, n * sizeof *rows);
    if (!rows)
        return false;
    push->rows = rows;
    push->rows_room = n;
    return true;
}

bool push_share(struct push *push, const struct row_batch *batch, struct row_batch *ret)
{
    size_t ends[CAP_STORE_LANES] = {0};
    *ret = *batch;
    if (push->nlanes == 1) {
        push->lanes[0].first = 0;
        push->lanes[0].last = batch->nrows;
        return true;
    }
    if (!reserve(push, batch->nrows))
        return false;
    for (size_t i = 0; i < batch->nrows; i++)
        ends[lane_of(push, batch->rows[i].entity)]++;
    for (unsigned i = 0, at = 0; i < push->nlanes; i++) {
        push->lanes[i].first = at;
        at += (unsigned)ends[i];
        push->lanes[i].last = at;
        ends[i] = push->lanes[i].first;
    }
    for (size_t i = 0; i < batch->nrows; i++)
        push->rows[ends[lane_of(push, batch->rows[i].entity)]++] = batch->rows[i];
    ret->rows = push->rows;
    return true;
}
