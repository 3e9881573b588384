/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * QueryPerf replies of the four shapes that the reader is measured on: 50 VMs of 60 series, with
 * 15 samples or one, in the format normal or csv. The same shape is always the same text.
 */
#ifndef BENCH_REPLY_TEXT_H
#define BENCH_REPLY_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum { REPLY_VMS = 50, REPLY_SERIES = 60 };

struct reply_shape {
    const char *name;
    int samples;
    bool csv;
};

extern const struct reply_shape reply_shapes[4];

/* The shape of that name, or NULL. */
const struct reply_shape *reply_shape_find(const char *name);

/* Appends the reply. */
void reply_text(const struct reply_shape *shape, struct buf *to);

/* Its parts, for replies with other series: all before the first entity and after the last; the
 * begin of an entity (ended by "</returnval>"); the times of its samples, every 20 s, the first
 * one 20 s * first after a fixed time. */
void reply_head(struct buf *to);
void reply_tail(struct buf *to);
void reply_entity(struct buf *to, int vm, bool csv);
void reply_samples(struct buf *to, bool csv, int first, int samples);

#endif
