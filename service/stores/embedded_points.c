/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "stores/embedded_points.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 256 };

bool points_reserve(struct points *points, size_t n)
{
    if (points->room - points->n >= n)
        return true;
    size_t room = points->room ? points->room : FIRST_ROOM;
    while (room - points->n < n)
        room *= 2;
    struct embedded_point *at = realloc(points->at, room * sizeof *at);
    if (!at)
        return false;
    points->at = at;
    points->room = room;
    return true;
}

/* Index of the first point that is not earlier than ms. */
static size_t position(const struct points *points, int64_t ms)
{
    size_t low = 0, high = points->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (points->at[middle].time.ms < ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool points_insert(struct points *points, struct embedded_point point)
{
    size_t n = points->n, i = n;
    if (n && points->at[n - 1].time.ms >= point.time.ms)
        i = position(points, point.time.ms);
    if (i < n && points->at[i].time.ms == point.time.ms) {
        points->at[i] = point;
        return true;
    }
    if (!points_reserve(points, 1))
        return false;
    if (i < n)
        memmove(points->at + i + 1, points->at + i, (n - i) * sizeof *points->at);
    points->at[i] = point;
    points->n++;
    return true;
}

void points_free(struct points *points)
{
    free(points->at);
    *points = (struct points){0};
}
