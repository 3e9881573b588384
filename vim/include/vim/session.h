/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The session of a client: log in, know who answers, log out. Any call that ends in the fault
 * NotAuthenticated moves the session to VIM_SESSION_LOST; after the next login, inventories have
 * to be opened again, because the server forgot their views and filters.
 */
#ifndef VIM_SESSION_H
#define VIM_SESSION_H

#include "base/clock.h"
#include "vim/client.h"

enum vim_session_state {
    VIM_SESSION_NONE, /* never logged in, or logged out */
    VIM_SESSION_OPEN,
    VIM_SESSION_LOST, /* the server said NotAuthenticated */
};

struct vim_about {                /* of ServiceContent.about; texts live as long as the client */
    const char *name, *full_name; /* "VMware vCenter Server" */
    const char *version, *build, *api_version,
        *api_type;             /* api_type: "VirtualCenter", "HostAgent" */
    const char *instance_uuid; /* "" for an ESXi host */
};

/* RetrieveServiceContent, then Login. Drops an old session's cookie first. */
enum vim_code vim_session_login(struct vim_client *client, struct vim_error *err);

/* Logout, at most one second of patience; the session is VIM_SESSION_NONE whatever came back. */
enum vim_code vim_session_logout(struct vim_client *client, struct vim_error *err);

/* What the client knows of its session; asks nobody. */
enum vim_session_state vim_session_state(const struct vim_client *client);

/* "none", "open", "lost" */
const char *vim_session_state_name(enum vim_session_state state);

/* Valid after the first login; all texts are "" before. */
const struct vim_about *vim_session_about(const struct vim_client *client);

/* SessionIsActive of our own session; needs the privilege Sessions.ValidateSession on a vCenter,
 * which is why a VIM_NO_PERMISSION here says nothing about the session. */
enum vim_code vim_session_is_active(struct vim_client *client, bool *ret, struct vim_error *err);

/* The server's clock, and ours (monotonic) at the middle of the call. */
enum vim_code vim_session_current_time(struct vim_client *client, struct server_time *ret_server,
                                       struct mono_time *ret_here, struct vim_error *err);

#endif
