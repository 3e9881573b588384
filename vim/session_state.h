/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Whether the session is open: all that calls need to know of it.
 *
 *              login                    NotAuthenticated
 *     NONE ------------> OPEN -----------------------------> LOST
 *       ^    logout        |  ^            login               |
 *       +------------------+  +--------------------------------+
 */
#ifndef VIM_SESSION_STATE_H
#define VIM_SESSION_STATE_H

#include "vim/session.h"

struct session_state {
    enum vim_session_state state;
    unsigned epoch; /* counts logins */
};

/* The only way to change the state. */
void session_set_state(struct vim_client *client, enum vim_session_state state);

/* Counts logins. A call remembers it, so that an answer to a call of an older session says nothing
 * about the present one. */
unsigned session_epoch(const struct vim_client *client);

/* A call of that epoch was answered with NotAuthenticated. */
void session_lost(struct vim_client *client, unsigned epoch);

#endif
