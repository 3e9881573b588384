/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The HTTP front (libmicrohttpd, a thread per connection, so that a long poll is in nobody's way):
 *
 *     POST /sdk                            SOAP
 *     GET  /sdk/vimServiceVersions.xml     what versions there are, for clients that look first
 *     POST /control                        changes and faults, see control.c
 *     GET  /truth?from=ISO&to=ISO[&moid=]  see truth.h
 *     GET  /stats                          what was asked
 */
#ifndef VCENTER_HTTP_H
#define VCENTER_HTTP_H

#include <netinet/in.h>

#include "server.h"

struct http;

/* Starts serving on a loopback address. cert and key are PEM texts, or NULL for plain HTTP. NULL on
 * failure. */
struct http *http_start(struct server *server, const struct sockaddr *address, const char *cert,
                        const char *key);

/* The port in use. */
int http_port(const struct http *http);

/* Lets waiters go, ends all connections and frees. */
void http_stop(struct http *http);

#endif
