/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * A batch goes out in pieces of some thousand values. A piece is one transaction of one round trip:
 *
 *     COPY pg_temp.new_series FROM STDIN      of series that the database may not know yet
 *     INSERT INTO series ... ON CONFLICT DO NOTHING
 *     COPY pg_temp.new_points FROM STDIN
 *     INSERT INTO points ... ON CONFLICT DO NOTHING
 *
 * (A COPY straight into the tables would fail as a whole for one point that is there already.) What
 * was committed is durable, and repeating it does nothing. Which series the database has is kept in
 * memory as a set of hashes; if that turns out wrong, because somebody deleted series or restored a
 * backup, the answer counts fewer points than were sent, and the piece is sent again with them all.
 */
#include "stores/postgresql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/caps.h"
#include "formats/copy_text.h"
#include "formats/schema.h"
#include "stores/dead_letters.h"
#include "stores/key_set.h"
#include "stores/pg_link.h"
#include "stores/pg_sql.h"
#include "stores/piece.h"

enum {
    DEFAULT_TIMEOUT_S = 30,
    HALVINGS = 1000, /* transactions spent on narrowing down refusals in one write */
};

struct postgresql {
    struct pg_link *link;
    char *table;
    int64_t timeout_s;
    size_t piece_values;
    struct series_walk *walk;
    struct copy_text text;
    struct key_set *known; /* series that the database has */
    struct buf sql;
    struct dead_letters *dead_letters;
};

struct attempt { /* one write of a batch */
    struct postgresql *store;
    const struct row_batch *batch;
    struct store_error *err;
    int halvings_left;
    size_t refused; /* rows */
    uint64_t sent;
};

static int fail(struct store_error *err, const char *message)
{
    snprintf(err->message, sizeof err->message, "%s", message);
    return -1;
}

/* ---- opening ---- */

static bool knows(void *ctx, const unsigned char key[SERIES_KEY])
{
    const struct postgresql *s = ctx;
    return key_set_has(s->known, key);
}

static void postgresql_close(void *store)
{
    struct postgresql *s = store;
    pg_link_free(s->link);
    series_walk_free(s->walk);
    copy_text_free(&s->text);
    key_set_free(s->known);
    buf_free(&s->sql);
    free(s->table);
    free(s);
}

static int prepare(struct postgresql *s, const struct store_options *o, struct store_error *err)
{
    const struct schema *schema = schema_find(o->schema && *o->schema ? o->schema : "vstrata");
    struct pg_trouble why;
    if (!schema)
        return fail(err, "there is no schema of that name");
    if (!s->table || !s->known)
        return fail(err, "out of memory");
    if (!pg_sql_is_table(s->table))
        return fail(err, "table must be up to 40 lower-case letters, digits and '_'");
    if (pg_link_new(o->connection ? o->connection : "", o->password ? o->password : "",
                    s->timeout_s, &s->link, &why) != 0)
        return fail(err, why.message);
    s->walk = series_walk_new(schema, o->labels);
    return s->walk ? 0 : fail(err, "out of memory, or too many labels");
}

static int postgresql_open(const struct store_options *o, void **ret, struct store_error *err)
{
    struct postgresql *s = calloc(1, sizeof *s);
    if (!s)
        return fail(err, "out of memory");
    s->table = strdup(o->table && *o->table ? o->table : "vstrata");
    s->known = key_set_new(CAP_SQL_SERIES);
    s->timeout_s = o->timeout_s > 0 ? o->timeout_s : DEFAULT_TIMEOUT_S;
    s->piece_values = piece_values(o);
    s->dead_letters = o->dead_letters;
    copy_text_init(&s->text, knows, s, o->labels);
    buf_init(&s->sql, CAP_STORE_REPLY);
    if (prepare(s, o, err) != 0) {
        postgresql_close(s);
        return -1;
    }
    *ret = s;
    return 0;
}

/* ---- the session ---- */

static bool run(struct postgresql *s, char answer[320], struct pg_trouble *why)
{
    if (buf_ok(&s->sql))
        return pg_link_run(s->link, s->sql.data, NULL, answer, why);
    *why = (struct pg_trouble){PG_AGAIN, "out of memory"};
    return false;
}

/* Creates what is absent; two services that do so at once wait for each other. */
static bool create_tables(struct postgresql *s, struct pg_trouble *why)
{
    char answer[320];
    buf_clear(&s->sql);
    buf_str(&s->sql, "SELECT pg_advisory_xact_lock(hashtext('vstrata'));\n");
    pg_sql_create(&s->sql, s->table);
    if (run(s, answer, why))
        return true;
    if (why->meaning == PG_SETUP) {
        const size_t n = strlen(why->message);
        snprintf(why->message + n, sizeof why->message - n,
                 "; or run config/postgresql/vstrata.sql as the owner of the tables");
    }
    return false;
}

static bool begin_session(struct postgresql *s, struct pg_trouble *why)
{
    char answer[320];
    if (!pg_link_open(s->link, why))
        return false;
    buf_clear(&s->sql);
    pg_sql_session(&s->sql, s->table, s->timeout_s);
    if (!run(s, answer, why))
        return false;
    buf_clear(&s->sql);
    pg_sql_absent(&s->sql, s->table);
    return run(s, answer, why) && (strcmp(answer, "t") != 0 || create_tables(s, why));
}

static enum store_outcome stop(struct attempt *a, const struct pg_trouble *why)
{
    fail(a->err, why->message);
    return why->meaning == PG_SETUP ? STORE_BAD_SETUP : STORE_AGAIN;
}

static enum store_outcome ready(struct attempt *a)
{
    struct pg_trouble why;
    struct pg_link *link = a->store->link;
    if (pg_link_is_open(link) || begin_session(a->store, &why))
        return STORE_DONE;
    pg_link_close(link); /* half a session is none */
    return stop(a, &why);
}

/* ---- writing ---- */

static void learn(struct postgresql *s)
{
    const struct buf *keys = &s->text.keys;
    for (size_t at = 0; at < keys->len; at += SERIES_KEY)
        key_set_add(s->known, (const unsigned char *)keys->data + at);
}

/* Writes the rows in one transaction; *missed = the database lacks series that it should have. */
static bool put(struct attempt *a, bool *missed, struct pg_trouble *why)
{
    struct postgresql *s = a->store;
    const bool has_series = s->text.series.len > 0;
    const struct buf *const bodies[] = {has_series ? &s->text.series : &s->text.points,
                                        &s->text.points};
    char answer[320];
    buf_clear(&s->sql);
    pg_sql_batch(&s->sql, s->table, has_series);
    if (!buf_ok(&s->sql)) {
        *why = (struct pg_trouble){PG_AGAIN, "out of memory"};
        return false;
    }
    if (!pg_link_run(s->link, s->sql.data, bodies, answer, why))
        return false;
    a->sent += s->text.series.len + s->text.points.len;
    *missed = strtoull(answer, NULL, 10) != s->text.npoints;
    if (*missed)
        key_set_clear(s->known);
    else
        learn(s);
    return true;
}

static enum store_outcome send_rows(struct attempt *a, size_t first, size_t last);

static enum store_outcome refuse(struct attempt *a, size_t first, size_t last, const char *why)
{
    if (!a->refused) /* the first reason is told */
        fail(a->err, why);
    a->refused += last - first;
    dead_letters_add(a->store->dead_letters, a->batch, first, last, why);
    return STORE_DONE;
}

static enum store_outcome halve(struct attempt *a, size_t first, size_t last, const char *why)
{
    const size_t middle = first + (last - first) / 2;
    if (last - first == 1)
        return refuse(a, first, last, why);
    const enum store_outcome outcome = send_rows(a, first, middle);
    return outcome == STORE_DONE ? send_rows(a, middle, last) : outcome;
}

static enum store_outcome send_rows(struct attempt *a, size_t first, size_t last)
{
    struct postgresql *s = a->store;
    struct pg_trouble why = {PG_AGAIN, "series vanish from the database while points are written"};
    for (int tries = 0; tries < 2; tries++) {
        bool missed = false;
        if (!copy_text_write(s->walk, a->batch, first, last, &s->text))
            return halve(a, first, last, "a row too large for one write, or out of memory");
        if (s->text.npoints == 0) /* rows with nothing for this store */
            return STORE_DONE;
        if (put(a, &missed, &why)) {
            if (!missed)
                return STORE_DONE;
        } else if (why.meaning != PG_ROWS) {
            return stop(a, &why);
        } else if (a->halvings_left-- <= 0) {
            return refuse(a, first, last, why.message);
        } else {
            return halve(a, first, last, why.message);
        }
    }
    return stop(a, &why);
}

static enum store_outcome postgresql_write(void *store, int64_t seq, const struct row_batch *batch,
                                           int64_t *durable, uint64_t *bytes,
                                           struct store_error *err)
{
    struct postgresql *s = store;
    struct attempt a = {.store = s, .batch = batch, .err = err, .halvings_left = HALVINGS};
    *err = (struct store_error){0};
    enum store_outcome outcome = ready(&a);
    for (size_t first = 0, last; outcome == STORE_DONE && first < batch->nrows; first = last) {
        last = piece_end(batch, first, batch->nrows, s->piece_values);
        outcome = send_rows(&a, first, last);
    }
    *bytes = a.sent;
    if (outcome != STORE_DONE)
        return outcome;
    if (a.refused && a.refused == batch->nrows)
        return STORE_REFUSED;
    err->refused_rows = a.refused;
    *durable = seq;
    return STORE_DONE;
}

static void postgresql_cancel(void *store)
{
    struct postgresql *s = store;
    pg_link_cancel(s->link);
}

/* Looks, and changes nothing. */
static int postgresql_probe(void *store, struct store_error *err)
{
    struct postgresql *s = store;
    struct pg_trouble why;
    char answer[320];
    buf_clear(&s->sql);
    pg_sql_rights(&s->sql, s->table);
    const bool asked = pg_link_open(s->link, &why) && run(s, answer, &why);
    pg_link_close(s->link);
    if (!asked)
        return fail(err, why.message);
    return *answer ? fail(err, answer) : 0;
}

const struct store_ops store_postgresql = {
    .type = "postgresql",
    .open = postgresql_open,
    .probe = postgresql_probe,
    .write = postgresql_write,
    .close = postgresql_close,
    .cancel = postgresql_cancel,
};
