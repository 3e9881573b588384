/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What the journal's files share. Everything is guarded by the lock; memory follows the file: it is
 * changed only after a transaction has been committed.
 */
#ifndef JOURNAL_JOURNAL_PRIVATE_H
#define JOURNAL_JOURNAL_PRIVATE_H

#include <pthread.h>

#include "base/caps.h"
#include "journal/batch_codec.h"
#include "journal/held_list.h"
#include "journal/journal.h"
#include "journal/journal_db.h"
#include "journal/mark_table.h"
#include "report/log.h"

struct store_cursor { /* of a store registered in this run */
    char *store;
    int64_t seq, lost;
};

struct journal {
    pthread_mutex_t lock;
    pthread_cond_t changed; /* a batch was added, or stopped */
    bool stopped;

    char *path;
    int64_t max_bytes;
    struct journal_db db;

    struct held_list held; /* without those that every registered store has passed */
    int64_t last_seq;
    int64_t passed_to;                    /* everything up to it has been passed ... */
    int64_t passed_batches, passed_bytes; /* ... and so much of it is still in the file */

    struct mark_table marks;
    size_t purge_at; /* marks at which old ones are looked for */

    struct store_cursor cursors[CAP_STORES];
    size_t ncursors;

    struct batch_encoder *encoder;
    struct buf bytes; /* the encoded batch, reused */
    struct complaint full;
};

/* What a batch counts for the cap: its bytes and what the file needs around them. */
static inline int64_t journal_weight(int64_t bytes)
{
    return bytes + 128;
}

/* (Re-)reads the marks from the file. 0 or -1. */
int journal_load_marks(struct journal *journal, struct journal_error *err);

/* Drops marks that decide nothing any more, in the file and in memory. 0 or -1. */
int journal_purge_marks(struct journal *journal, struct journal_error *err);

/* Within a transaction: writes the store's cursor. 0 or -1. */
int journal_keep_cursor(struct journal *journal, const char *store, int64_t seq, int64_t lost);

#endif
