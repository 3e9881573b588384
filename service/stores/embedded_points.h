/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * A list of points, ascending by time, each time once: what a repeated or late sample is merged
 * into.
 */
#ifndef STORES_EMBEDDED_POINTS_H
#define STORES_EMBEDDED_POINTS_H

#include <stdbool.h>
#include <stddef.h>

#include "stores/embedded.h"

struct points {
    struct embedded_point *at; /* malloc'ed; NULL if nothing was ever added */
    size_t n, room;
};

/* Puts the point where its time belongs; the same time overwrites. False: out of memory, the list
 * is as before. */
bool points_insert(struct points *points, struct embedded_point point);

/* Makes room for n further points. False: out of memory. */
bool points_reserve(struct points *points, size_t n);

void points_free(struct points *points);

#endif
