/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What the files of the library share about a client. Nothing outside vim/ includes this.
 */
#ifndef VIM_CLIENT_PRIVATE_H
#define VIM_CLIENT_PRIVATE_H

#include <stdbool.h>

#include "base/arena.h"
#include "session_state.h"
#include "thumbprint.h"
#include "vim/client.h"

struct soap;
struct session;
struct transport;

struct vim_client {
    struct arena arena;                /* the texts below and those of the session */
    struct vim_client_options options; /* every text copied, every default filled in */
    bool pinned;
    struct thumbprint pin;
    struct transport *transport; /* transport.c: connections, cookies, calls */
    struct session_state session_state;
    struct session *session; /* session.c */
    struct soap *soap;       /* wire.c: one gSOAP context, used by one exchange at a time */
    bool soap_busy;
};

/* transport.c: made and freed by client.c. */
enum vim_code transport_new(struct vim_client *client, struct transport **ret,
                            struct vim_error *err);
void transport_free(struct transport *transport);

/* Forgets every cookie of the client, and with them its session. */
void transport_forget_cookies(struct transport *transport);

/* True between vim_client_cancel(client, true) and (client, false). */
bool transport_canceled(const struct transport *transport);

#endif
