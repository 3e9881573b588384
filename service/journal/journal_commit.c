/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The hot path: one transaction with a batch and the marks of its entities. Memory is changed when
 * the file has been.
 */
#include <stdio.h>

#include "journal/journal_private.h"

enum { KEEP_BUFFER = 8 << 20 }; /* a larger encoding buffer is given back */

static int add_batch(struct journal *j, int64_t at_ms, int64_t *ret_seq)
{
    sqlite3_stmt *add = journal_db_use(&j->db, STATEMENT_ADD_BATCH);
    sqlite3_bind_int64(add, 1, at_ms);
    sqlite3_bind_blob64(add, 2, j->bytes.data, j->bytes.len, SQLITE_STATIC);
    if (journal_db_run(&j->db, STATEMENT_ADD_BATCH) != 0)
        return -1;
    *ret_seq = sqlite3_last_insert_rowid(j->db.db);
    return 0;
}

static struct mark_entry *entry_of(struct journal *j, const struct mark *mark)
{
    return mark_table_find(&j->marks, mark->entity->vcenter_uuid, mark->entity->label[LABEL_MOID]);
}

static int add_entity(struct journal *j, const struct mark_entry *entry)
{
    sqlite3_stmt *add = journal_db_use(&j->db, STATEMENT_ADD_ENTITY);
    sqlite3_bind_int64(add, 1, entry->id);
    sqlite3_bind_text(add, 2, entry->vcenter, -1, SQLITE_STATIC);
    sqlite3_bind_text(add, 3, entry->moid, -1, SQLITE_STATIC);
    return journal_db_run(&j->db, STATEMENT_ADD_ENTITY);
}

static int keep_mark(struct journal *j, const struct mark *mark)
{
    struct mark_entry *entry = entry_of(j, mark);
    if (!entry)
        entry =
            mark_table_add(&j->marks, mark->entity->vcenter_uuid, mark->entity->label[LABEL_MOID]);
    if (!entry)
        return -1;
    enum journal_statement which = STATEMENT_MOVE_MARK;
    if (!entry->stored && !entry->in_transaction) {
        if (add_entity(j, entry) != 0)
            return -1;
        which = STATEMENT_ADD_MARK;
    }
    entry->in_transaction = true;
    sqlite3_stmt *statement = journal_db_use(&j->db, which);
    sqlite3_bind_int64(statement, 1, entry->id);
    sqlite3_bind_int64(statement, 2, mark->time.ms);
    return journal_db_run(&j->db, which);
}

/* The newest batch that must go so that `more` bytes fit; 0 if none must. */
static int64_t drop_for(const struct journal *j, int64_t more)
{
    int64_t bytes = j->held.bytes + more, drop_to = 0;
    for (size_t i = 0; bytes > j->max_bytes && i < held_list_count(&j->held); i++) {
        drop_to = held_list_at(&j->held, i)->seq;
        bytes -= held_list_at(&j->held, i)->bytes;
    }
    return drop_to;
}

/* Batches up to seq that the store has not passed. */
static int64_t unread_up_to(const struct journal *j, const struct store_cursor *cursor, int64_t seq)
{
    size_t from = held_list_after(&j->held, cursor->seq), to = held_list_after(&j->held, seq);
    return to > from ? (int64_t)(to - from) : 0;
}

static int drop(struct journal *j, int64_t drop_to)
{
    if (!drop_to)
        return 0;
    for (size_t i = 0; i < j->ncursors; i++) {
        const struct store_cursor *c = &j->cursors[i];
        int64_t unread = unread_up_to(j, c, drop_to);
        if (unread && journal_keep_cursor(j, c->store, c->seq, c->lost + unread) != 0)
            return -1;
    }
    return journal_db_run_with(&j->db, STATEMENT_DROP_BATCHES, drop_to);
}

struct change {        /* what a transaction does to memory once it is committed */
    struct held added; /* seq 0 = none */
    int64_t drop_to;   /* 0 = none */
};

static int write_change(struct journal *j, struct change *change, const struct mark *marks,
                        size_t nmarks)
{
    if (journal_db_begin(&j->db) != 0)
        return -1;
    if (change->added.bytes && (drop(j, change->drop_to) != 0 ||
                                add_batch(j, change->added.at_ms, &change->added.seq) != 0))
        return -1;
    for (size_t i = 0; i < nmarks; i++)
        if (keep_mark(j, &marks[i]) != 0)
            return -1;
    return journal_db_end(&j->db);
}

static void apply_marks(struct journal *j, const struct mark *marks, size_t nmarks, bool committed)
{
    for (size_t i = 0; i < nmarks; i++) {
        struct mark_entry *entry = entry_of(j, &marks[i]);
        if (!entry)
            continue;
        entry->in_transaction = false;
        if (!committed)
            continue;
        entry->stored = true;
        entry->ms = marks[i].time.ms;
    }
}

static void apply_change(struct journal *j, const struct change *change)
{
    if (change->drop_to) {
        int64_t most = 0;
        for (size_t i = 0; i < j->ncursors; i++) {
            int64_t unread = unread_up_to(j, &j->cursors[i], change->drop_to);
            j->cursors[i].lost += unread;
            most = unread > most ? unread : most;
        }
        held_list_drop(&j->held, change->drop_to);
        if (most)
            complain(&j->full, LOG_WARN, "journal", "full",
                     "path=%s max_bytes=%lld batches_lost=%lld", log_quote(j->path),
                     (long long)j->max_bytes, (long long)most);
    } else if (j->held.bytes < j->max_bytes / 2) {
        complain_over(&j->full, "journal", "no_longer_full", "path=%s", log_quote(j->path));
    }
    if (change->added.seq) {
        held_list_add(&j->held, change->added);
        j->last_seq = change->added.seq;
        pthread_cond_broadcast(&j->changed);
    }
}

/* Encodes and plans the change. 0 or -1 with err. */
static int plan(struct journal *j, const struct row_batch *batch, struct change *change,
                struct journal_error *err)
{
    *change = (struct change){0};
    if (!batch || !batch->nrows)
        return 0;
    if (!row_batch_ok(batch) || !batch_encode(j->encoder, batch, &j->bytes) ||
        !held_list_reserve(&j->held)) {
        snprintf(err->message, sizeof err->message,
                 "journal %s: batch of %zu rows not kept: out of memory, or over the cap", j->path,
                 batch->nrows);
        return -1;
    }
    change->added.at_ms = wall_now().ms;
    change->added.bytes = journal_weight((int64_t)j->bytes.len);
    change->drop_to = drop_for(j, change->added.bytes);
    return 0;
}

int journal_commit(struct journal *j, const struct row_batch *batch, const struct mark *marks,
                   size_t nmarks, struct journal_error *err)
{
    struct change change;
    pthread_mutex_lock(&j->lock);
    int rc = plan(j, batch, &change, err);
    if (rc == 0 && (change.added.bytes || nmarks)) {
        rc = write_change(j, &change, marks, nmarks);
        if (rc != 0) {
            journal_db_fail(&j->db, "commit failed, nothing of it was kept", err);
            journal_db_undo(&j->db);
        }
        apply_marks(j, marks, nmarks, rc == 0);
    }
    if (rc == 0)
        apply_change(j, &change);
    if (rc == 0 && j->marks.count >= j->purge_at) {
        struct journal_error why = {""};
        if (journal_purge_marks(j, &why) != 0)
            log_event(LOG_WARN, "journal", "purge_failed", "message=%s", log_quote(why.message));
    }
    if (j->bytes.room > KEEP_BUFFER)
        buf_free(&j->bytes);
    pthread_mutex_unlock(&j->lock);
    return rc;
}
