/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "session_state.h"

#include "client_private.h"

const char *vim_session_state_name(enum vim_session_state state)
{
    switch (state) { /* no default: the compiler reports a missing word */
    case VIM_SESSION_NONE:
        return "none";
    case VIM_SESSION_OPEN:
        return "open";
    case VIM_SESSION_LOST:
        return "lost";
    }
    return "unknown";
}

void session_set_state(struct vim_client *client, enum vim_session_state state)
{
    if (state == VIM_SESSION_OPEN)
        client->session_state.epoch++;
    client->session_state.state = state;
}

unsigned session_epoch(const struct vim_client *client)
{
    return client->session_state.epoch;
}

void session_lost(struct vim_client *client, unsigned epoch)
{
    if (client->session_state.state == VIM_SESSION_OPEN && client->session_state.epoch == epoch)
        session_set_state(client, VIM_SESSION_LOST);
}

enum vim_session_state vim_session_state(const struct vim_client *client)
{
    return client->session_state.state;
}
