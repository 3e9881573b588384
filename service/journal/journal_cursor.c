/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Cursors: where each store stands, and giving back what every store has passed.
 */
#include <stdio.h>
#include <string.h>

#include "journal/journal_private.h"

enum {
    /* Passed batches are deleted in groups, with the transaction of a cursor. */
    DELETE_BATCHES = 16,
    DELETE_BYTES = 1 << 20,
    /* Free pages are for the next batches; only what a long outage left goes back. */
    SPARE_PAGES = 4096,
};

static struct store_cursor *find(struct journal *j, const char *store)
{
    for (size_t i = 0; i < j->ncursors; i++)
        if (strcmp(j->cursors[i].store, store) == 0)
            return &j->cursors[i];
    return NULL;
}

int journal_keep_cursor(struct journal *j, const char *store, int64_t seq, int64_t lost)
{
    sqlite3_stmt *keep = journal_db_use(&j->db, STATEMENT_KEEP_CURSOR);
    sqlite3_bind_text(keep, 1, store, -1, SQLITE_STATIC);
    sqlite3_bind_int64(keep, 2, seq);
    sqlite3_bind_int64(keep, 3, lost);
    return journal_db_run(&j->db, STATEMENT_KEEP_CURSOR);
}

/* What the file knows of the store, or where a new one begins. 0 or -1. */
static int find_stored(struct journal *j, const char *store, struct store_cursor *ret)
{
    sqlite3_stmt *select = journal_db_use(&j->db, STATEMENT_FIND_CURSOR);
    sqlite3_bind_text(select, 1, store, -1, SQLITE_STATIC);
    int rc = sqlite3_step(select);
    ret->seq = rc == SQLITE_ROW                 ? sqlite3_column_int64(select, 0)
               : held_list_count(&j->held) == 0 ? j->last_seq
                                                : held_list_at(&j->held, 0)->seq - 1;
    ret->lost = rc == SQLITE_ROW ? sqlite3_column_int64(select, 1) : 0;
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return -1;
    sqlite3_reset(select);
    if (rc == SQLITE_ROW)
        return 0;
    return journal_keep_cursor(j, store, ret->seq, 0);
}

static int enter(struct journal *j, const char *store, struct journal_error *err)
{
    struct store_cursor cursor = {0};
    if (find(j, store))
        return 0;
    if (j->ncursors == CAP_STORES) {
        snprintf(err->message, sizeof err->message, "journal %s: more than %d stores", j->path,
                 CAP_STORES);
        return -1;
    }
    if (find_stored(j, store, &cursor) != 0)
        return journal_db_fail(&j->db, "cannot register a store", err);
    cursor.store = strdup(store);
    if (!cursor.store) {
        snprintf(err->message, sizeof err->message, "journal %s: out of memory", j->path);
        return -1;
    }
    j->cursors[j->ncursors++] = cursor;
    return 0;
}

int journal_register(struct journal *j, const char *store, struct journal_error *err)
{
    pthread_mutex_lock(&j->lock);
    int rc = enter(j, store, err);
    pthread_mutex_unlock(&j->lock);
    return rc;
}

int64_t journal_cursor(struct journal *j, const char *store)
{
    pthread_mutex_lock(&j->lock);
    const struct store_cursor *cursor = find(j, store);
    int64_t seq = cursor ? cursor->seq : 0;
    pthread_mutex_unlock(&j->lock);
    return seq;
}

int64_t journal_lost(struct journal *j, const char *store)
{
    pthread_mutex_lock(&j->lock);
    const struct store_cursor *cursor = find(j, store);
    int64_t lost = cursor ? cursor->lost : 0;
    pthread_mutex_unlock(&j->lock);
    return lost;
}

static void count_after(const struct journal *j, int64_t after, int64_t *ret_batches,
                        int64_t *ret_age_ms)
{
    size_t first = held_list_after(&j->held, after);
    int64_t age = 0;
    *ret_batches = (int64_t)(held_list_count(&j->held) - first);
    if (*ret_batches)
        age = wall_now().ms - held_list_at(&j->held, first)->at_ms;
    *ret_age_ms = age > 0 ? age : 0;
}

void journal_backlog(struct journal *j, const char *store, int64_t *ret_batches,
                     int64_t *ret_age_ms)
{
    pthread_mutex_lock(&j->lock);
    const struct store_cursor *cursor = find(j, store);
    count_after(j, cursor ? cursor->seq : j->last_seq, ret_batches, ret_age_ms);
    pthread_mutex_unlock(&j->lock);
}

void journal_waiting(struct journal *j, int64_t after, int64_t *ret_batches, int64_t *ret_age_ms)
{
    pthread_mutex_lock(&j->lock);
    count_after(j, after, ret_batches, ret_age_ms);
    pthread_mutex_unlock(&j->lock);
}

/* ---- advance ---- */

/* What every store has passed once `moved` stands at seq. */
static int64_t passed_by_all(const struct journal *j, const struct store_cursor *moved, int64_t seq)
{
    int64_t least = seq;
    for (size_t i = 0; i < j->ncursors; i++)
        if (&j->cursors[i] != moved && j->cursors[i].seq < least)
            least = j->cursors[i].seq;
    return least;
}

static bool deletion_due(const struct journal *j, int64_t passed_to)
{
    int64_t batches = j->passed_batches, bytes = j->passed_bytes;
    size_t n = held_list_after(&j->held, passed_to);
    for (size_t i = 0; i < n && batches < DELETE_BATCHES && bytes < DELETE_BYTES; i++, batches++)
        bytes += held_list_at(&j->held, i)->bytes;
    return batches >= DELETE_BATCHES || bytes >= DELETE_BYTES;
}

static int write_advance(struct journal *j, const struct store_cursor *cursor, int64_t seq,
                         int64_t delete_to)
{
    if (journal_db_begin(&j->db) != 0 ||
        journal_keep_cursor(j, cursor->store, seq, cursor->lost) != 0)
        return -1;
    if (delete_to && journal_db_run_with(&j->db, STATEMENT_DROP_BATCHES, delete_to) != 0)
        return -1;
    return journal_db_end(&j->db);
}

static void apply_advance(struct journal *j, int64_t passed_to, bool deleted)
{
    int64_t bytes = j->held.bytes, count = (int64_t)held_list_count(&j->held);
    held_list_drop(&j->held, passed_to);
    j->passed_to = passed_to;
    j->passed_batches += count - (int64_t)held_list_count(&j->held);
    j->passed_bytes += bytes - j->held.bytes;
    if (deleted)
        j->passed_batches = j->passed_bytes = 0;
}

/* The file shrinks by a few MiB with each deletion as long as there is more than enough free. */
static void give_back(struct journal *j)
{
    sqlite3_stmt *count = journal_db_use(&j->db, STATEMENT_FREE_PAGES);
    int pages = sqlite3_step(count) == SQLITE_ROW ? sqlite3_column_int(count, 0) : 0;
    sqlite3_reset(count);
    if (pages <= SPARE_PAGES)
        return;
    journal_db_use(&j->db, STATEMENT_GIVE_BACK);
    journal_db_run(&j->db, STATEMENT_GIVE_BACK); /* not done now: done with the next deletion */
}

static int advance(struct journal *j, struct store_cursor *cursor, int64_t seq,
                   struct journal_error *err)
{
    if (seq > j->last_seq)
        seq = j->last_seq;
    if (seq <= cursor->seq)
        return 0;
    int64_t passed_to = passed_by_all(j, cursor, seq);
    if (passed_to < j->passed_to) /* a store came back that had been away */
        passed_to = j->passed_to;
    bool due = deletion_due(j, passed_to);
    if (write_advance(j, cursor, seq, due ? passed_to : 0) != 0) {
        journal_db_fail(&j->db, "cannot move a cursor", err);
        journal_db_undo(&j->db);
        return -1;
    }
    cursor->seq = seq;
    apply_advance(j, passed_to, due);
    if (due)
        give_back(j);
    return 0;
}

int journal_advance(struct journal *j, const char *store, int64_t seq, struct journal_error *err)
{
    int rc = -1;
    pthread_mutex_lock(&j->lock);
    struct store_cursor *cursor = find(j, store);
    if (cursor)
        rc = advance(j, cursor, seq, err);
    else
        snprintf(err->message, sizeof err->message, "journal %s: store \"%s\" is not registered",
                 j->path, store);
    pthread_mutex_unlock(&j->lock);
    return rc;
}
