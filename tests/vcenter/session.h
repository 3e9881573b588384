/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Sessions and what hangs on them: views, filters, tokens, and the state of WaitForUpdatesEx.
 * All numbers are bounded; the session idle for longest makes room for a new one.
 */
#ifndef VCENTER_SESSION_H
#define VCENTER_SESSION_H

#include <libxml/tree.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "subject.h"

enum {
    SESSIONS_MAX = 64,
    VIEWS_MAX = 32,
    FILTERS_MAX = 32,
    TOKENS_MAX = 8,
    SESSION_KEY = 41, /* 40 hexadecimal digits */
    VERSION_TEXT = 40,
    SESSION_IDLE_MS = 30 * 60 * 1000,
};

struct view {
    uint32_t id; /* 0 = free */
    uint32_t container;
    unsigned subjects; /* bits 1u << enum subject */
    bool deep;
};

struct filter {
    uint32_t id; /* 0 = free */
    xmlDoc *spec;
    struct properties properties;
    uint32_t *seen; /* by object: sequence number at which it was last told, 0 = never */
    uint32_t nseen;
    uint32_t clean;    /* everything up to this sequence number has been told */
    unsigned char *in; /* by object: selected, as far as it was known at this number (0 = never) */
    uint32_t nin, selected;
};

struct token {   /* the rest of a RetrievePropertiesEx */
    uint32_t id; /* 0 = free */
    struct properties properties;
    struct subject_list rest;
    size_t at;
    int64_t page;
};

struct session {
    bool open;
    char key[SESSION_KEY];
    int64_t login_ms;   /* server time */
    int64_t touched_ms; /* monotonic */
    uint32_t next_id;
    uint64_t calls;
    struct view views[VIEWS_MAX];
    struct filter filters[FILTERS_MAX];
    struct token tokens[TOKENS_MAX];

    uint32_t version;         /* of the newest answer of WaitForUpdatesEx */
    char asked[VERSION_TEXT]; /* the version that answer was given to */
    char *answer;             /* its text, in case it got lost */
    uint64_t waiter;          /* number of the newest call; older ones are canceled */
};

struct server;

/* Opens a new session. */
struct session *session_open(struct server *server);

/* The open session with this key, or NULL; ends sessions idle for too long. */
struct session *session_find(struct server *server, const char *key);

void session_close(struct session *session);
void session_close_all(struct server *server);

/* moid of a view or filter of this session: session[5a3c1f20]view-3 */
char *session_moid(const struct session *session, const char *what, uint32_t id, char text[64]);

/* By moid; NULL if it is not (or no longer) of this session. */
struct view *session_view(struct session *session, const char *moid);
struct filter *session_filter(struct session *session, const char *moid);
void session_drop_filter(struct filter *filter);
void session_drop_token(struct token *token);

#endif
