/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The marks in memory: (vCenter, moid) -> the number under which the file knows the entity, and its
 * time. Answers journal_mark without SQL and saves the hot path a text search per entity. Not
 * thread-safe.
 */
#ifndef JOURNAL_MARK_TABLE_H
#define JOURNAL_MARK_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct mark_entry {
    const char *vcenter, *moid; /* owned by the table */
    int64_t id;                 /* in the file */
    int64_t ms;                 /* what is on disk; 0 = nothing yet */
    bool stored;                /* the file has a row for it */
    bool in_transaction;        /* the transaction under way has written one */
    uint32_t hash;
};

struct mark_table {
    struct arena texts;
    struct mark_entry *entries; /* in order of arrival; they move when the table grows */
    size_t count, room;
    uint32_t *slots; /* 0 = free, else number of the entry + 1; a power of two of them */
    size_t nslots;
    int64_t next_id;
};

/* Empty; allocates nothing. */
void mark_table_init(struct mark_table *table);
void mark_table_free(struct mark_table *table);

/* NULL if there is none. The pointer holds until the next add. */
struct mark_entry *mark_table_find(const struct mark_table *table, const char *vcenter,
                                   const char *moid);

/* Adds one that is not there, with the next free id. NULL: out of memory. */
struct mark_entry *mark_table_add(struct mark_table *table, const char *vcenter, const char *moid);

#endif
