/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What is said to PostgreSQL. `table` is the prefix of every name: lower-case letters, digits and
 * '_', so that it needs no quotes.
 */
#ifndef STORES_PG_SQL_H
#define STORES_PG_SQL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* True for a prefix as above, short enough for the names made of it. */
bool pg_sql_is_table(const char *table);

/* Creates tables and views where they are absent: config/postgresql/vstrata.sql is this text for
 * the prefix "vstrata". */
void pg_sql_create(struct buf *out, const char *table);

/* Answers 't' if a table or view is absent. */
void pg_sql_absent(struct buf *out, const char *table);

/* Answers "" if a session may do all it has to, or what it may not. */
void pg_sql_rights(struct buf *out, const char *table);

/* Prepares a session: limits, and the temporary tables that batches go through. */
void pg_sql_session(struct buf *out, const char *table, int64_t timeout_s);

/* Takes a batch: COPY of series (left out if there are none) and of points as copy_text.h has them.
 * Answers the number of points whose series is there. */
void pg_sql_batch(struct buf *out, const char *table, bool has_series);

#endif
