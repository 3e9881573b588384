/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "journal/journal_private.h"

enum { PURGE_FIRST = 100000 }; /* marks; below it old ones are not worth looking for */

static const int64_t DEFAULT_MAX_BYTES = (int64_t)1 << 30;

static const char *column_text(sqlite3_stmt *statement, int column)
{
    const unsigned char *text = sqlite3_column_text(statement, column);
    return text ? (const char *)text : "";
}

int journal_load_marks(struct journal *j, struct journal_error *err)
{
    sqlite3_stmt *list = journal_db_use(&j->db, STATEMENT_LIST_MARKS);
    int rc;
    mark_table_free(&j->marks);
    while ((rc = sqlite3_step(list)) == SQLITE_ROW) {
        struct mark_entry *entry =
            mark_table_add(&j->marks, column_text(list, 1), column_text(list, 2));
        if (!entry) {
            snprintf(err->message, sizeof err->message, "journal %s: out of memory", j->path);
            return -1;
        }
        entry->id = sqlite3_column_int64(list, 0);
        entry->ms = sqlite3_column_int64(list, 3);
        entry->stored = true;
        j->marks.next_id = entry->id + 1;
    }
    if (rc != SQLITE_DONE)
        return journal_db_fail(&j->db, "cannot read the marks", err);
    sqlite3_reset(list);
    j->purge_at = j->marks.count < PURGE_FIRST / 2 ? PURGE_FIRST : 2 * j->marks.count;
    return 0;
}

int journal_purge_marks(struct journal *j, struct journal_error *err)
{
    j->purge_at = 2 * j->marks.count; /* also after a failure: not at every commit */
    journal_db_use(&j->db, STATEMENT_FORGET_MARKS);
    journal_db_use(&j->db, STATEMENT_FORGET_ENTITIES);
    if (journal_db_begin(&j->db) != 0 || journal_db_run(&j->db, STATEMENT_FORGET_MARKS) != 0 ||
        journal_db_run(&j->db, STATEMENT_FORGET_ENTITIES) != 0 || journal_db_end(&j->db) != 0) {
        journal_db_fail(&j->db, "cannot drop old marks", err);
        journal_db_undo(&j->db);
        return -1;
    }
    return journal_load_marks(j, err);
}

static int load_batches(struct journal *j, struct journal_error *err)
{
    sqlite3_stmt *list = journal_db_use(&j->db, STATEMENT_LIST_BATCHES);
    int rc;
    while ((rc = sqlite3_step(list)) == SQLITE_ROW) {
        if (!held_list_reserve(&j->held)) {
            snprintf(err->message, sizeof err->message, "journal %s: out of memory", j->path);
            return -1;
        }
        struct held item = {sqlite3_column_int64(list, 0), sqlite3_column_int64(list, 1),
                            journal_weight(sqlite3_column_int64(list, 2))};
        held_list_add(&j->held, item);
    }
    if (rc != SQLITE_DONE)
        return journal_db_fail(&j->db, "cannot list the batches", err);
    sqlite3_reset(list);
    sqlite3_stmt *last = journal_db_use(&j->db, STATEMENT_LAST_SEQ);
    if (sqlite3_step(last) == SQLITE_ROW)
        j->last_seq = sqlite3_column_int64(last, 0);
    sqlite3_reset(last);
    return 0;
}

static int init_locks(struct journal *j)
{
    pthread_condattr_t attributes;
    if (pthread_mutex_init(&j->lock, NULL) != 0)
        return -1;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC); /* waits must not step with the date */
    int rc = pthread_cond_init(&j->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    if (rc != 0)
        pthread_mutex_destroy(&j->lock);
    return rc;
}

static struct journal *make(const struct journal_options *options)
{
    struct journal *j = calloc(1, sizeof *j);
    if (!j)
        return NULL;
    j->path = strdup(options->path);
    j->encoder = batch_encoder_new();
    j->max_bytes = options->max_bytes > 0 ? options->max_bytes : DEFAULT_MAX_BYTES;
    buf_init(&j->bytes, CAP_JOURNAL_BLOB);
    mark_table_init(&j->marks);
    if (!j->path || !j->encoder || init_locks(j) != 0) {
        batch_encoder_free(j->encoder);
        free(j->path);
        free(j);
        return NULL;
    }
    return j;
}

int journal_open(const struct journal_options *options, struct journal **ret,
                 struct journal_error *err)
{
    struct journal *j = make(options);
    if (!j) {
        snprintf(err->message, sizeof err->message, "journal %s: out of memory", options->path);
        return -1;
    }
    if (journal_db_open(&j->db, j->path, err) != 0 || journal_purge_marks(j, err) != 0 ||
        load_batches(j, err) != 0) {
        journal_close(j);
        return -1;
    }
    *ret = j;
    return 0;
}

void journal_close(struct journal *j)
{
    if (!j)
        return;
    if (j->db.db && j->passed_batches > 0)
        journal_db_run_with(&j->db, STATEMENT_DROP_BATCHES, j->passed_to);
    journal_db_close(&j->db);
    for (size_t i = 0; i < j->ncursors; i++)
        free(j->cursors[i].store);
    held_list_free(&j->held);
    mark_table_free(&j->marks);
    batch_encoder_free(j->encoder);
    buf_free(&j->bytes);
    pthread_cond_destroy(&j->changed);
    pthread_mutex_destroy(&j->lock);
    free(j->path);
    free(j);
}

void journal_stop(struct journal *j)
{
    pthread_mutex_lock(&j->lock);
    j->stopped = true;
    pthread_cond_broadcast(&j->changed);
    pthread_mutex_unlock(&j->lock);
}

struct server_time journal_mark(struct journal *j, const char *vcenter_uuid, const char *moid)
{
    pthread_mutex_lock(&j->lock);
    const struct mark_entry *entry = mark_table_find(&j->marks, vcenter_uuid, moid);
    struct server_time time = {entry ? entry->ms : 0};
    pthread_mutex_unlock(&j->lock);
    return time;
}

void journal_size(struct journal *j, int64_t *ret_batches, int64_t *ret_bytes)
{
    pthread_mutex_lock(&j->lock);
    *ret_batches = (int64_t)held_list_count(&j->held);
    *ret_bytes = j->held.bytes;
    pthread_mutex_unlock(&j->lock);
}
