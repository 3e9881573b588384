/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * A connection to PostgreSQL over libpq that never waits longer than it was told: everything is
 * non-blocking, with a deadline and a look at the cancel flag ten times a second. What an error
 * means is decided here, by the class of its SQLSTATE.
 */
#ifndef STORES_PG_LINK_H
#define STORES_PG_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct pg_link;

enum pg_meaning {
    PG_AGAIN, /* the server, the network, another transaction: the same again later */
    PG_ROWS,  /* these rows */
    PG_SETUP, /* password, database, rights, tables: a person must act */
};

struct pg_trouble {
    enum pg_meaning meaning;
    char message[320]; /* one line: SQLSTATE, and what the server said */
};

/* connection: a libpq connection string without a password; password "" = none (or ~/.pgpass).
 * 0, or -1 with why filled; opens no connection. */
int pg_link_new(const char *connection, const char *password, int64_t timeout_s,
                struct pg_link **ret, struct pg_trouble *why);
void pg_link_free(struct pg_link *link);

/* Connects anew. */
bool pg_link_open(struct pg_link *link, struct pg_trouble *why);
bool pg_link_is_open(const struct pg_link *link);
void pg_link_close(struct pg_link *link);

/* Runs statements as one transaction; the i-th COPY ... FROM STDIN among them gets bodies[i]. The
 * first column of the last row that came goes to answer, "" if none did. After a trouble that may
 * be of the connection it is closed. */
bool pg_link_run(struct pg_link *link, const char *sql, const struct buf *const *bodies,
                 char answer[320], struct pg_trouble *why);

/* From any thread: what is under way and everything later ends soon, with PG_AGAIN. */
void pg_link_cancel(struct pg_link *link);

/* What a SQLSTATE means; NULL or "" = the connection failed without one. */
enum pg_meaning pg_meaning_of(const char *sqlstate);

#endif
