/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What the files of the command explain share: the samples of one VM, kept beyond the collection,
 * and what the model made of them.
 */
#ifndef COMMANDS_EXPLAIN_H
#define COMMANDS_EXPLAIN_H

#include "base/arena.h"
#include "collect/sample.h"
#include "layers/layers.h"

enum { EXPLAIN_WIDTH = 100, EXPLAIN_TOLD = 64, EXPLAIN_INSTANCES = 8 };

struct explained {
    const struct sample_block *block;
    size_t t; /* the sample that is explained; all before it are behind the verdict */
    const struct row_batch *rows;
    const struct layer_row *row;
    const struct verdict *verdict;
    const struct verdict_options *options;
    size_t ntold; /* identities that the model found broken at t */
    struct layer_refusal told[EXPLAIN_TOLD];
};

/* A copy of a block in the arena; the entity and the names of counters are borrowed. NULL when out
 * of memory. */
struct sample_block *explain_keep(struct arena *arena, const struct sample_block *block);

/* The newest guest report came with the inventory, after the newest sample was made: for want of
 * knowing better it is taken as having come with that sample. */
void explain_date_reports(struct arena *arena, struct sample_block *block);

/* Everything, as text of EXPLAIN_WIDTH columns. */
void explain_write(struct buf *out, const struct explained *explained);

/* Parts of it. */
void explain_identities(struct buf *out, const struct explained *explained);
void explain_rules(struct buf *out, const struct explained *explained);

/* Appends a text of the server; control characters would steer the terminal. */
void explain_plain(struct buf *out, const char *text, size_t n);

/* Appends words in lines of EXPLAIN_WIDTH columns, the first indented by `first`, others by `rest`,
 * and a newline. */
void explain_wrap(struct buf *out, size_t first, size_t rest, const char *text);

/* Appends a value as people read it: "3.75 %", "1.5 MiB/s". */
void explain_value(struct buf *out, const struct quantity_info *info, int64_t ticks);

struct explain_item { /* an instance with its value */
    const char *name;
    int64_t value;
    size_t order; /* among equal names */
};

/* Sorts: few in their order, of more than EXPLAIN_INSTANCES the largest first. Returns how many are
 * to be shown. */
size_t explain_pick(struct explain_item *items, size_t n);

/* Appends a counter as the server sent it at t: "cpu.ready.summation in ms: VM 750; vcpu 0 400, 1
 * 350". */
void explain_counter(struct buf *out, const struct explained *explained, enum counter counter);

/* The series of a counter and instance at t; SAMPLE_MISSING without one. */
int64_t explain_raw(const struct explained *explained, enum counter counter, const char *instance);

#endif
