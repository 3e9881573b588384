/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * SOAP in, SOAP out: one call finds its operation, its session and its answer here. The transport
 * (http.c, or a test) brings text and a cookie.
 */
#ifndef VCENTER_SOAP_H
#define VCENTER_SOAP_H

#include <libxml/tree.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "server.h"

struct soap_reply {
    int status; /* 200, or 500 with a fault */
    struct buf body;
    char set_cookie[SESSION_KEY]; /* a new session's key, or "" */
};

struct call { /* one call, for its operation */
    struct server *server;
    struct session *session; /* NULL if there is none and the operation needs none */
    const xmlNode *request;  /* the operation's element */
    struct buf *out;         /* takes the members of XxxResponse */
    struct buf detail;       /* members of the fault's detail */
    char fault[64];          /* its name, "" = none */
    char message[256];
    char *set_cookie;
};

/* Reads the request and fills *reply, whose body the caller frees. Locks the world. */
void soap_answer(struct server *server, const char *text, size_t n, const char *cookie,
                 struct soap_reply *reply);

/* Fills the fault of a call and returns false, so that it is one statement. */
bool soap_fault(struct call *call, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The faults that several operations give. */
bool soap_fault_argument(struct call *call, const char *property);
bool soap_fault_not_found(struct call *call, const xmlNode *reference);
bool soap_fault_not_authenticated(struct call *call);

/* The attribute type of a reference, or "". Free with xmlFree unless NULL. */
xmlChar *soap_type_of(const xmlNode *reference);

/* Names of the operations and how often each was called, as members of a JSON object. */
void soap_write_stats(const struct server *server, struct buf *out);

#endif
