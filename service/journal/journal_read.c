/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Reading entries: waiting for them, copying them out under the lock, decoding them outside it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "journal/journal_private.h"

static struct timespec deadline_in(int timeout_ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += timeout_ms / 1000;
    t.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

/* Waits for a batch after seq; under the lock. */
static enum journal_next wait_for(struct journal *j, int64_t after, const struct timespec *deadline,
                                  int64_t *ret_seq)
{
    for (;;) {
        size_t i = held_list_after(&j->held, after);
        if (i < held_list_count(&j->held)) {
            *ret_seq = held_list_at(&j->held, i)->seq;
            return JOURNAL_ENTRY;
        }
        if (j->stopped)
            return JOURNAL_CLOSED;
        if (pthread_cond_timedwait(&j->changed, &j->lock, deadline) == ETIMEDOUT)
            return JOURNAL_EMPTY;
    }
}

struct raw { /* an entry as it is in the file */
    int64_t seq, at_ms;
    unsigned char *bytes; /* malloc'ed */
    size_t n;
};

static enum journal_next copy_row(struct journal *j, sqlite3_stmt *select, struct raw *raw,
                                  struct journal_error *err)
{
    const void *bytes = sqlite3_column_blob(select, 1);
    raw->at_ms = sqlite3_column_int64(select, 0);
    raw->n = (size_t)sqlite3_column_bytes(select, 1);
    if (raw->n && !bytes) {
        journal_db_fail(&j->db, "cannot read a batch", err);
        return JOURNAL_FAILED;
    }
    raw->bytes = malloc(raw->n + 1);
    if (!raw->bytes) {
        snprintf(err->message, sizeof err->message, "journal %s: out of memory", j->path);
        return JOURNAL_FAILED;
    }
    if (raw->n)
        memcpy(raw->bytes, bytes, raw->n);
    return JOURNAL_ENTRY;
}

static enum journal_next read_raw(struct journal *j, struct raw *raw, struct journal_error *err)
{
    sqlite3_stmt *select = journal_db_use(&j->db, STATEMENT_READ_BATCH);
    sqlite3_bind_int64(select, 1, raw->seq);
    int rc = sqlite3_step(select);
    enum journal_next next = JOURNAL_ENTRY;
    if (rc == SQLITE_ROW)
        next = copy_row(j, select, raw, err);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
        journal_db_fail(&j->db, "cannot read a batch", err);
        next = JOURNAL_FAILED;
    }
    sqlite3_reset(select);
    return next;
}

static int write_removal(struct journal *j, int64_t seq)
{
    if (journal_db_begin(&j->db) != 0 ||
        journal_db_run_with(&j->db, STATEMENT_REMOVE_BATCH, seq) != 0)
        return -1;
    for (size_t i = 0; i < j->ncursors; i++) {
        const struct store_cursor *c = &j->cursors[i];
        if (c->seq < seq && journal_keep_cursor(j, c->store, c->seq, c->lost + 1) != 0)
            return -1;
    }
    return journal_db_end(&j->db);
}

/* Takes an entry that cannot be decoded out of everybody's way. If the file cannot be written it is
 * at least passed over in this run. */
static void discard(struct journal *j, int64_t seq, const char *why)
{
    pthread_mutex_lock(&j->lock);
    size_t i = held_list_after(&j->held, seq - 1);
    bool first = i < held_list_count(&j->held) && held_list_at(&j->held, i)->seq == seq;
    if (first) { /* not yet discarded by another reader */
        if (write_removal(j, seq) != 0)
            journal_db_undo(&j->db);
        for (size_t k = 0; k < j->ncursors; k++)
            j->cursors[k].lost += j->cursors[k].seq < seq;
        held_list_remove(&j->held, seq);
        log_event(LOG_ERROR, "journal", "batch_unreadable", "path=%s seq=%lld reason=%s",
                  log_quote(j->path), (long long)seq, log_quote(why));
    }
    pthread_mutex_unlock(&j->lock);
}

/* The next entry's bytes, waiting for one if need be. */
static enum journal_next next_raw(struct journal *j, int64_t after, const struct timespec *deadline,
                                  struct raw *ret, struct journal_error *err)
{
    pthread_mutex_lock(&j->lock);
    *ret = (struct raw){0};
    enum journal_next next = wait_for(j, after, deadline, &ret->seq);
    if (next == JOURNAL_ENTRY)
        next = read_raw(j, ret, err);
    pthread_mutex_unlock(&j->lock);
    return next;
}

enum journal_next journal_next(struct journal *j, int64_t after, int timeout_ms,
                               struct journal_entry *ret, struct journal_error *err)
{
    struct timespec deadline = deadline_in(timeout_ms);
    for (;;) {
        struct raw raw;
        struct row_batch batch;
        const char *why = "";
        enum journal_next next = next_raw(j, after, &deadline, &raw, err);
        if (next != JOURNAL_ENTRY)
            return next;
        /* Decoding needs no lock. An entry that has gone has no bytes, and is no batch. */
        enum batch_fault fault = batch_decode(raw.bytes, raw.n, &batch, &why);
        free(raw.bytes);
        if (fault == BATCH_OK) {
            *ret = (struct journal_entry){raw.seq, {raw.at_ms}, batch};
            return JOURNAL_ENTRY;
        }
        if (fault == BATCH_NOMEM) {
            snprintf(err->message, sizeof err->message, "journal %s: out of memory", j->path);
            return JOURNAL_FAILED;
        }
        discard(j, raw.seq, why);
    }
}

void journal_entry_free(struct journal_entry *entry)
{
    row_batch_free(&entry->batch);
}
