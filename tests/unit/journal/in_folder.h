/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * A test with a journal in a folder of its own.
 */
#ifndef TESTS_JOURNAL_IN_FOLDER_H
#define TESTS_JOURNAL_IN_FOLDER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "journal/journal.h"
#include "journal/some_rows.h"

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static struct folder folder;
static struct journal_error err;

static inline int set_up(void **state)
{
    (void)state;
    make_folder(&folder, "journal.db");
    memset(&err, 0, sizeof err);
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    drop_folder(&folder);
    return 0;
}

static inline struct journal *open_with(int64_t max_bytes)
{
    struct journal_options options = {folder.file, max_bytes};
    struct journal *journal = NULL;
    if (journal_open(&options, &journal, &err) != 0)
        fail_msg("%s", err.message);
    return journal;
}

static inline struct journal *open_it(void)
{
    return open_with(0);
}

/* Commits one batch whose first row tells `number`, with marks of the same time. */
static inline int commit(struct journal *journal, int nvms, int64_t number)
{
    struct some_rows *some = some_rows_new(nvms, number);
    struct mark marks[MOST_VMS];
    for (int i = 0; i < nvms; i++)
        marks[i] = (struct mark){&some->entities[i], {number}};
    int rc = journal_commit(journal, &some->batch, marks, (size_t)nvms, &err);
    some_rows_free(some);
    return rc;
}

/* Reads the next entry, checks its number, returns its seq. */
static inline int64_t expect(struct journal *journal, int64_t after, int64_t number)
{
    struct journal_entry entry;
    assert_int_equal(journal_next(journal, after, 0, &entry, &err), JOURNAL_ENTRY);
    assert_true(entry.seq > after);
    assert_true(entry.at.ms > 1600000000000);
    assert_int_equal(entry.batch.rows[0].time.ms, number);
    assert_string_equal(entry.batch.rows[0].entity->label[LABEL_HOST], "esx1.example.com");
    int64_t seq = entry.seq;
    journal_entry_free(&entry);
    return seq;
}

static inline void expect_none(struct journal *journal, int64_t after)
{
    struct journal_entry entry;
    assert_int_equal(journal_next(journal, after, 0, &entry, &err), JOURNAL_EMPTY);
}

static inline int64_t count_rows(const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_open(folder.file, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    int rc = sqlite3_step(statement);
    int64_t n = rc == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    assert_true(rc == SQLITE_ROW || rc == SQLITE_DONE);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return n;
}

#endif
