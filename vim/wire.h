/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * One exchange with the generated serializers: gSOAP writes the request into memory, the transport
 * carries it, gSOAP reads the reply from memory. What a reply points to lives until wire_end.
 *
 *     struct wire wire;
 *     enum vim_code code = wire_begin(&wire, client, "Logout", err);
 *     if (code)
 *         return code;
 *     struct vim__LogoutResponse reply;
 *     code = wire_post(&wire, soap_send_vim__Logout(wire.soap, WIRE, ref), err);
 *     if (!code)
 *         code = wire_read(&wire, soap_recv_vim__Logout(wire.soap, &reply), err);
 *     ... copy what is needed ...
 *     wire_end(&wire);
 */
#ifndef VIM_WIRE_H
#define VIM_WIRE_H

#include "client_private.h"
#include "soapH.h"
#include "transport.h"

/* What every soap_send_ gets for endpoint and action: neither is used. */
#define WIRE "http://", NULL

struct wire {
    struct vim_client *client;
    struct soap *soap;
    const char *what; /* the operation's name, for messages */
    const char *text; /* the request */
    struct call *call;
    int timeout_ms;     /* 0 = the client's */
    bool ignore_cancel; /* as in struct call_options */
};

/* Begins an exchange: from here on wire->soap collects the request. VIM_USAGE inside another. */
enum vim_code wire_begin(struct wire *wire, struct vim_client *client, const char *what,
                         struct vim_error *err);

/* Sends the request that soap_send_ has just written, and waits for a reply with status 200, which
 * soap_recv_ may then read. */
enum vim_code wire_post(struct wire *wire, int sent, struct vim_error *err);

/* Starts the request that soap_send_ has just written as a call of its own, and waits for nothing.
 * once: not again when the connection breaks. The call is the caller's to free. */
enum vim_code wire_start(struct wire *wire, int sent, bool once, struct call **ret,
                         struct vim_error *err);

/* Takes the outcome of a done call that wire_start has begun; then soap_recv_ may read. */
enum vim_code wire_take(struct wire *wire, struct call *call, struct vim_error *err);

/* The outcome of soap_recv_: VIM_OK, or VIM_PROTOCOL with what is wrong. */
enum vim_code wire_read(struct wire *wire, int received, struct vim_error *err);

/* Releases request and reply. */
void wire_end(struct wire *wire);

/* Frees the client's gSOAP context; for client.c. */
void wire_free(struct vim_client *client);

#endif
