/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "stores/pg_link.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum {
    SLICE_MS = 100,     /* how soon a cancel is seen */
    PORTION = 64 << 10, /* of a body, put into libpq at once */
    GRACE_MS = 5000,    /* for the server to say itself that time is up */
    CONNECT_MS = 10000, /* for one address to answer */
    SQLSTATE = 5,
    NUMBER = 24,
};

struct pg_link {
    PGconn *conn; /* NULL = not connected */
    char *connection, *password;
    int64_t timeout_ms;
    struct mono_time deadline; /* of what is under way */
    atomic_bool canceled;
};

/* The first row whose text a SQLSTATE begins with counts; what no row names is tried again. */
static const struct {
    const char *class;
    enum pg_meaning meaning;
} states[] = {
    {"0A", PG_SETUP}, /* feature not supported */
    {"0L", PG_SETUP}, /* invalid grantor */
    {"0P", PG_SETUP}, /* invalid role */
    {"22", PG_ROWS},  /* data exception */
    {"23", PG_ROWS},  /* integrity constraint, no partition for a row */
    {"28", PG_SETUP}, /* invalid authorization */
    {"3D", PG_SETUP}, /* no such database */
    {"3F", PG_SETUP}, /* no such schema */
    {"42", PG_SETUP}, /* rights, tables, columns */
    {"44", PG_ROWS},  /* check option of a view */
    {"54", PG_ROWS},  /* program limit exceeded: a text too long for an index */
    {"P0", PG_ROWS},  /* raised by somebody's trigger */
};

enum pg_meaning pg_meaning_of(const char *sqlstate)
{
    for (size_t i = 0; sqlstate && i < sizeof states / sizeof *states; i++)
        if (strncmp(sqlstate, states[i].class, strlen(states[i].class)) == 0)
            return states[i].meaning;
    return PG_AGAIN;
}

static bool fail(struct pg_trouble *why, enum pg_meaning meaning, const char *message)
{
    why->meaning = meaning;
    snprintf(why->message, sizeof why->message, "%s", message);
    return false;
}

/* ---- making ---- */

/* "" or what is wrong with a connection string. */
static bool check(const char *connection, struct pg_trouble *why)
{
    char *message = NULL;
    PQconninfoOption *options = PQconninfoParse(connection, &message);
    bool good = options != NULL;
    if (!good) {
        if (message)
            message[strcspn(message, "\n")] = '\0';
        fail(why, PG_SETUP, message ? message : "out of memory");
    }
    for (PQconninfoOption *o = options; o && o->keyword; o++)
        if (strcmp(o->keyword, "password") == 0 && o->val) {
            good = fail(why, PG_SETUP,
                        "the connection string holds a password: give it by password_file");
            break;
        }
    PQconninfoFree(options);
    PQfreemem(message);
    return good;
}

int pg_link_new(const char *connection, const char *password, int64_t timeout_s,
                struct pg_link **ret, struct pg_trouble *why)
{
    if (!check(connection, why))
        return -1;
    struct pg_link *l = calloc(1, sizeof *l);
    if (l) {
        l->connection = strdup(connection);
        l->password = strdup(password);
        l->timeout_ms = timeout_s * 1000;
    }
    if (!l || !l->connection || !l->password) {
        pg_link_free(l);
        fail(why, PG_AGAIN, "out of memory");
        return -1;
    }
    *ret = l;
    return 0;
}

void pg_link_free(struct pg_link *l)
{
    if (!l)
        return;
    pg_link_close(l);
    free(l->connection);
    free(l->password);
    free(l);
}

bool pg_link_is_open(const struct pg_link *l)
{
    return l->conn != NULL;
}

/* Whatever a server still works on comes to nothing: nobody tells it to commit. */
void pg_link_close(struct pg_link *l)
{
    PQfinish(l->conn);
    l->conn = NULL;
}

void pg_link_cancel(struct pg_link *l)
{
    atomic_store(&l->canceled, true);
}

/* ---- waiting ---- */

/* Waits for the socket, at most a moment. False: canceled, or too late. */
static bool wait_io(struct pg_link *l, short events, struct pg_trouble *why)
{
    struct pollfd fd = {.fd = PQsocket(l->conn), .events = events};
    if (atomic_load(&l->canceled))
        return fail(why, PG_AGAIN, "canceled");
    if (mono_between(mono_now(), l->deadline) <= 0)
        return fail(why, PG_AGAIN, "no answer within the timeout");
    poll(&fd, 1, SLICE_MS);
    return true;
}

/* ---- troubles ---- */

static void one_line(struct pg_trouble *why, const char *state, const char *text,
                     const char *detail)
{
    snprintf(why->message, sizeof why->message, "%s%s%s%s%s", state, *state ? ": " : "", text,
             *detail ? "; " : "", detail);
    for (char *c = why->message; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = ' ';
}

/* Of a connection that cannot be had libpq tells the SQLSTATE in a verbose text alone, whose words
 * are the server's language: "...: FATAL:  28P01: password authentication failed". */
static const char *state_in(const char *text)
{
    for (const char *at = text; (at = strstr(at, ":  ")); at++)
        if (strspn(at + 3, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == SQLSTATE &&
            at[3 + SQLSTATE] == ':')
            return at + 3;
    return NULL;
}

/* Reads what libpq says of the connection, which is over then. */
static bool lost(struct pg_link *l, struct pg_trouble *why)
{
    char text[sizeof why->message];
    snprintf(text, sizeof text, "%s", l->conn ? PQerrorMessage(l->conn) : "out of memory");
    text[strcspn(text, "\n")] = '\0';
    why->meaning = pg_meaning_of(state_in(text));
    if (PQconnectionNeedsPassword(l->conn)) {
        pg_link_close(l);
        return fail(why, PG_SETUP,
                    "the server asks for a password, and none is given: set password_file");
    }
    if (why->meaning == PG_ROWS)
        why->meaning = PG_AGAIN;
    if (strstr(text, "certificate")) /* waiting does not mend it */
        why->meaning = PG_SETUP;
    one_line(why, "", *text ? text : "the connection was lost", "");
    pg_link_close(l);
    return false;
}

static void refused(const PGresult *result, struct pg_trouble *why)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
    why->meaning = pg_meaning_of(state);
    one_line(why, state ? state : "", text ? text : PQresultErrorMessage(result),
             detail ? detail : "");
}

/* ---- connecting ---- */

static void on_notice(void *ctx, const PGresult *result)
{
    (void)ctx, (void)result; /* libpq would write them to standard error */
}

/* What is behind dbname overrides what the string says; what is before it is overridden. */
static PGconn *start(const struct pg_link *l)
{
    char patience[NUMBER];
    const int64_t ms = l->timeout_ms < CONNECT_MS ? l->timeout_ms : CONNECT_MS;
    snprintf(patience, sizeof patience, "%lld", (long long)ms);
    const char *const keys[] = {"fallback_application_name",
                                "tcp_user_timeout",
                                "keepalives_idle",
                                "keepalives_interval",
                                "dbname",
                                "client_encoding",
                                *l->password ? "password" : NULL,
                                NULL};
    const char *const values[] = {"vstrata",     patience, "30",        "10",
                                  l->connection, "UTF8",   l->password, NULL};
    return PQconnectStartParams(keys, values, 1);
}

/* False, with where it was tried. */
static bool gave_up(struct pg_link *l, struct pg_trouble *why)
{
    char text[sizeof why->message];
    snprintf(text, sizeof text, "connection to server at \"%.120s\", port %.20s: %.120s",
             PQhost(l->conn), PQport(l->conn), why->message);
    pg_link_close(l);
    return fail(why, why->meaning, text);
}

bool pg_link_open(struct pg_link *l, struct pg_trouble *why)
{
    PostgresPollingStatusType next = PGRES_POLLING_WRITING;
    pg_link_close(l);
    l->deadline = mono_after(mono_now(), l->timeout_ms);
    l->conn = start(l);
    if (!l->conn || PQstatus(l->conn) == CONNECTION_BAD)
        return lost(l, why);
    PQsetErrorVerbosity(l->conn, PQERRORS_VERBOSE);
    PQsetNoticeReceiver(l->conn, on_notice, NULL);
    while (next != PGRES_POLLING_OK && next != PGRES_POLLING_FAILED) {
        struct pollfd fd = {.fd = PQsocket(l->conn),
                            .events = next == PGRES_POLLING_READING ? POLLIN : POLLOUT};
        if (!wait_io(l, fd.events, why))
            return gave_up(l, why);
        if (poll(&fd, 1, 0) > 0)
            next = PQconnectPoll(l->conn);
    }
    if (next == PGRES_POLLING_FAILED || PQsetnonblocking(l->conn, 1) != 0)
        return lost(l, why);
    return true;
}

/* ---- running ---- */

/* Sends what libpq holds. */
static bool flush(struct pg_link *l, struct pg_trouble *why)
{
    int left;
    while ((left = PQflush(l->conn)) == 1) {
        if (!wait_io(l, POLLIN | POLLOUT, why))
            return false;
        if (!PQconsumeInput(l->conn)) /* or both sides wait for each other */
            return lost(l, why);
    }
    return left == 0 || lost(l, why);
}

static bool send_body(struct pg_link *l, const struct buf *body, struct pg_trouble *why)
{
    for (size_t at = 0, n; at < body->len; at += n) {
        n = body->len - at < PORTION ? body->len - at : PORTION;
        if (PQputCopyData(l->conn, body->data + at, (int)n) != 1)
            return lost(l, why);
        if (!flush(l, why))
            return false;
    }
    if (PQputCopyEnd(l->conn, NULL) != 1)
        return lost(l, why);
    return flush(l, why);
}

/* The next result, NULL at the end. False: there will be none. */
static bool next_result(struct pg_link *l, PGresult **ret, struct pg_trouble *why)
{
    while (PQisBusy(l->conn)) {
        if (!wait_io(l, POLLIN, why))
            return false;
        if (!PQconsumeInput(l->conn))
            return lost(l, why);
    }
    *ret = PQgetResult(l->conn);
    return true;
}

struct exchange {
    const struct buf *const *bodies;
    size_t nbodies; /* sent so far */
    char *answer;
    bool failed; /* why tells */
};

/* False: the exchange is over before its end. */
static bool take(struct pg_link *l, PGresult *result, struct exchange *x, struct pg_trouble *why)
{
    switch (PQresultStatus(result)) {
    case PGRES_COPY_IN:
        return send_body(l, x->bodies[x->nbodies++], why);
    case PGRES_TUPLES_OK:
        if (PQntuples(result) > 0 && PQnfields(result) > 0)
            snprintf(x->answer, sizeof((struct pg_trouble *)0)->message, "%s",
                     PQgetvalue(result, PQntuples(result) - 1, 0));
        return true;
    case PGRES_COMMAND_OK:
    case PGRES_EMPTY_QUERY:
        return true;
    default:
        if (!x->failed) /* the first one says what it was */
            refused(result, why);
        x->failed = true;
        return true;
    }
}

/* False: stopped in the middle, and the connection is of no more use. */
static bool exchange(struct pg_link *l, const char *sql, struct exchange *x, struct pg_trouble *why)
{
    PGresult *result = NULL;
    if (!PQsendQuery(l->conn, sql))
        return lost(l, why);
    if (!flush(l, why))
        return false;
    for (;;) {
        if (!next_result(l, &result, why))
            return false;
        if (!result)
            return true;
        const bool go_on = take(l, result, x, why);
        PQclear(result);
        if (!go_on)
            return false;
    }
}

bool pg_link_run(struct pg_link *l, const char *sql, const struct buf *const *bodies,
                 char answer[320], struct pg_trouble *why)
{
    struct exchange x = {.bodies = bodies, .answer = answer};
    answer[0] = '\0';
    l->deadline = mono_after(mono_now(), l->timeout_ms + GRACE_MS);
    const bool whole = exchange(l, sql, &x, why);
    if (!whole || (x.failed && why->meaning == PG_AGAIN) ||
        (l->conn && PQstatus(l->conn) == CONNECTION_BAD))
        pg_link_close(l);
    return whole && !x.failed;
}
