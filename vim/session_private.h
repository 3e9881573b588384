/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The session as the other files of the library see it: where the managers are.
 */
#ifndef VIM_SESSION_PRIVATE_H
#define VIM_SESSION_PRIVATE_H

#include <stdbool.h>

#include "client_private.h"
#include "session_state.h"
#include "vim/session.h"

/* Managed objects that every server has exactly one of; of ServiceContent. */
enum manager {
    MANAGER_ROOT_FOLDER,
    MANAGER_PROPERTIES,
    MANAGER_VIEWS,
    MANAGER_SESSIONS,
    MANAGER_PERF,
    MANAGER_SETTING, /* OptionManager; some servers have none */
    MANAGERS
};

/* The session of a new client: VIM_SESSION_NONE. False when out of memory. */
bool session_new(struct vim_client *client);
void session_free(struct vim_client *client);

struct _vim__moref;

/* The reference of a manager for a request, or NULL if the server has none or nobody has logged in.
 * Lives until the next login. */
struct _vim__moref *session_manager(const struct vim_client *client, enum manager manager);

#endif
