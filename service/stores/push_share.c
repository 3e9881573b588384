/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Rows of an entity need not follow each other in a batch, and labels may change within it, so the
 * lane is told by what an entity is identified by. A counting sort keeps the order within a lane.
 */
#include <stdlib.h>
#include <string.h>

#include "stores/push_private.h"

/* FNV-1a, with a last stir so that names that differ in their last digit spread well. */
static unsigned lane_of(const struct push *push, const struct entity *entity)
{
    const char *const texts[] = {entity->vcenter_uuid, entity->label[LABEL_MOID]};
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        for (const char *at = texts[i]; *at; at++)
            hash = (hash ^ (unsigned char)*at) * 0x100000001b3u;
        hash *= 0x100000001b3u;
    }
    return (unsigned)((hash ^ (hash >> 32)) * 0x9e3779b97f4a7c15u >> 32) % push->nlanes;
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
