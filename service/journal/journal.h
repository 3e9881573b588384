/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The durable hand-over between collectors and stores: SQLite in WAL mode. The rows of an answer
 * and the marks of its entities commit in one transaction, so that a crash never loses one without
 * the other; each store has a cursor and reads at its own pace. All functions are thread-safe.
 */
#ifndef JOURNAL_JOURNAL_H
#define JOURNAL_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/sample.h"
#include "layers/row.h"

struct journal;

struct journal_options {
    const char *path;  /* file; its folder must exist */
    int64_t max_bytes; /* batches beyond it are dropped, oldest first, and counted as lost for each
                          store that had not read them; 0 = 1 GiB */
};

struct journal_error {
    char message[400]; /* one line: what, where, what to do */
};

/* Opens or creates. 0 or -1 with err filled; a file that is not a journal, or of a newer version,
 * is refused with its path and is not touched. */
int journal_open(const struct journal_options *options, struct journal **ret,
                 struct journal_error *err);
void journal_close(struct journal *journal);

/* One transaction: the batch (skipped if it has no rows) and the marks. 0 or -1; on -1 nothing is
 * kept. Wakes waiting readers. */
int journal_commit(struct journal *journal, const struct row_batch *batch, const struct mark *marks,
                   size_t nmarks, struct journal_error *err);

/* The mark kept for an entity; ms 0 if none. */
struct server_time journal_mark(struct journal *journal, const char *vcenter_uuid,
                                const char *moid);

/* Registers a store by its configured name; again is fine. A new one starts at the oldest batch
 * still held; a known one where it stopped. At most CAP_STORES. Cursors of names that are not
 * registered within the run do not hold batches back. */
int journal_register(struct journal *journal, const char *store, struct journal_error *err);

struct journal_entry {
    int64_t seq;            /* grows by one or more; after a power cut the numbers of the last
                               seconds may come again with other rows */
    struct wall_time at;    /* when it was committed */
    struct row_batch batch; /* owned by the entry */
};

enum journal_next { JOURNAL_ENTRY, JOURNAL_EMPTY, JOURNAL_CLOSED, JOURNAL_FAILED };

/* The first entry after seq `after`, waiting for one up to timeout_ms. JOURNAL_CLOSED after
 * journal_stop, once no entry is left. What every registered store has passed is not handed out. On
 * JOURNAL_ENTRY the caller frees *ret with journal_entry_free. An entry that cannot be decoded is
 * skipped, logged and counted as lost. */
enum journal_next journal_next(struct journal *journal, int64_t after, int timeout_ms,
                               struct journal_entry *ret, struct journal_error *err);
void journal_entry_free(struct journal_entry *entry);

/* The store's cursor: everything up to it is safe in the store. */
int64_t journal_cursor(struct journal *journal, const char *store);
int journal_advance(struct journal *journal, const char *store, int64_t seq,
                    struct journal_error *err);

/* Batches after the store's cursor, and the age of the oldest in ms (0 if none). */
void journal_backlog(struct journal *journal, const char *store, int64_t *ret_batches,
                     int64_t *ret_age_ms);

/* The same for what comes after seq `after`: a runner's own view, ahead of its cursor while the
 * newest batches are in the store but not yet durable. */
void journal_waiting(struct journal *journal, int64_t after, int64_t *ret_batches,
                     int64_t *ret_age_ms);

/* Batches and bytes held, and batches dropped by the cap before `store` had read them. */
void journal_size(struct journal *journal, int64_t *ret_batches, int64_t *ret_bytes);
int64_t journal_lost(struct journal *journal, const char *store);

/* Wakes every waiting reader for good. */
void journal_stop(struct journal *journal);

#endif
