/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Inside a day file: what embedded_day.c (the file) and embedded_rows.c (what is in it) share.
 */
#ifndef STORES_EMBEDDED_SQL_H
#define STORES_EMBEDDED_SQL_H

#include <sqlite3.h>
#include <sys/types.h>

#include "stores/embedded_day.h"

enum statement {
    PUT_QUANTITY,
    PUT_ENTITY,
    GET_SERIES,
    ADD_SERIES,
    FIND_SERIES,
    GET_CHUNK,
    PUT_CHUNK,
    GET_HOURS,
    GET_NEWEST,
    STATEMENTS
};

struct day_file {
    sqlite3 *db;
    sqlite3_stmt *statement[STATEMENTS]; /* prepared when first used */
    uint64_t serial;
    dev_t device;
    ino_t inode;
    struct buf blob;
    char path[];
};

/* Fill err for the newest failure of the database, a chunk that cannot be decoded, or missing
 * memory, and say what it means for the store. */
enum store_outcome day_sql_failed(const struct day_file *file, struct store_error *err);
enum store_outcome day_damaged(const struct day_file *file, struct store_error *err);
enum store_outcome day_no_memory(const struct day_file *file, struct store_error *err);

/* The statement with its first n parameters bound to the int64_t arguments; NULL if it cannot be
 * prepared. Whoever steps it resets it. */
sqlite3_stmt *day_bound(struct day_file *file, enum statement which, int n, ...);

/* Runs a statement that gives at most one integer; *ret = 0 if it gives none. A NULL statement is
 * the failure that made it NULL. */
enum store_outcome day_get_id(struct day_file *file, sqlite3_stmt *statement, int64_t *ret,
                              struct store_error *err);

#endif
