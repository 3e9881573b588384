/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The journal's file: its schema, its prepared statements, and what to tell a person when SQLite
 * says no. One connection; the caller holds a lock around every call.
 */
#ifndef JOURNAL_JOURNAL_DB_H
#define JOURNAL_JOURNAL_DB_H

#include <sqlite3.h>
#include <stdint.h>

#include "journal/journal.h"

/* In the file's header, so that neither we nor file(1) take it for something else: "vstJ". */
enum { JOURNAL_APPLICATION_ID = 0x7673744a, JOURNAL_VERSION = 1 };

enum journal_statement {
    STATEMENT_BEGIN,
    STATEMENT_COMMIT,
    STATEMENT_ROLLBACK,
    STATEMENT_ADD_BATCH,       /* at, bytes */
    STATEMENT_READ_BATCH,      /* seq -> at, bytes */
    STATEMENT_LIST_BATCHES,    /* -> seq, at, size */
    STATEMENT_DROP_BATCHES,    /* up to seq */
    STATEMENT_REMOVE_BATCH,    /* seq */
    STATEMENT_LAST_SEQ,        /* -> seq */
    STATEMENT_ADD_ENTITY,      /* id, vcenter, moid */
    STATEMENT_ADD_MARK,        /* id, ms */
    STATEMENT_MOVE_MARK,       /* id, ms */
    STATEMENT_LIST_MARKS,      /* -> id, vcenter, moid, ms */
    STATEMENT_FORGET_MARKS,    /* those far behind the newest of their vCenter */
    STATEMENT_FORGET_ENTITIES, /* those without a mark */
    STATEMENT_FIND_CURSOR,     /* store -> seq, lost */
    STATEMENT_KEEP_CURSOR,     /* store, seq, lost */
    STATEMENT_FREE_PAGES,      /* -> pages */
    STATEMENT_GIVE_BACK,       /* some free pages to the file system */
    STATEMENT_COUNT
};

struct journal_db {
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    const char *path; /* owned by the caller of journal_db_open, for messages */
};

/* Opens or creates. On -1 nothing is left open and err is filled. */
int journal_db_open(struct journal_db *db, const char *path, struct journal_error *err);
void journal_db_close(struct journal_db *db);

/* A statement ready for binding. */
sqlite3_stmt *journal_db_use(struct journal_db *db, enum journal_statement which);

/* Steps a statement that gives no rows to its end. 0 or -1 (then journal_db_fail tells why). */
int journal_db_run(struct journal_db *db, enum journal_statement which);

/* The same with one number bound. */
int journal_db_run_with(struct journal_db *db, enum journal_statement which, int64_t number);

/* A transaction: begin gives up a half-done one that an I/O error may have left; end commits. On
 * -1 nothing of the transaction is kept. */
int journal_db_begin(struct journal_db *db);
int journal_db_end(struct journal_db *db);
void journal_db_undo(struct journal_db *db);

/* Fills err with the path, what failed, SQLite's reason and what to do. Returns -1. */
int journal_db_fail(const struct journal_db *db, const char *what, struct journal_error *err);

#endif
