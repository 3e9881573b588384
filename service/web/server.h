/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What the files of this room share. One thread serves everything (libmicrohttpd's own, epoll), so
 * nothing here needs a lock. A handler is called with a request whose host, method and parameter
 * names have been checked, and fills a reply:
 *
 *     GET /api/v1/vms/vc1/vm-12/series?quantities=cpu.ready
 *         |----------|-----------------|
 *          the route  request.rest = "vc1/vm-12/series"
 */
#ifndef WEB_SERVER_H
#define WEB_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include <microhttpd.h>

#include "base/buf.h"
#include "layers/verdict.h"
#include "report/log.h"
#include "report/metrics.h"
#include "web/snapshot.h"

struct asset;

struct web {
    struct MHD_Daemon *daemon;
    struct metrics *metrics;
    struct verdict_options verdict; /* thresholds */
    void *embedded;                 /* or NULL */
    char host[64];                  /* the address listened on, as a Host header would name it */
    bool loopback;                  /* only names of this machine may be asked for */
    int port;                       /* in use */
    char address[96];               /* "http://127.0.0.1:8077/" */
    struct snapshot *seen;          /* of the store's newest rows */
    struct complaint queries;
};

struct request {
    struct web *web;
    struct MHD_Connection *connection;
    const char *rest; /* of the path, after the route's prefix */
};

struct reply {
    unsigned status;           /* HTTP; 200 unless set */
    const char *type;          /* media type; JSON unless set */
    struct buf body;           /* at most CAP_PAGE_BYTES */
    const struct asset *asset; /* instead of body */
};

struct route {
    const char *path; /* the whole path, or a prefix if it ends in '/' and rest is expected */
    bool prefix;
    const char *params; /* names allowed in the query, separated by blanks */
    void (*handle)(const struct request *request, struct reply *reply);
};

/* A parameter of the query, or `absent` if the request has none of this name. */
const char *request_param(const struct request *request, const char *name, const char *absent);

/* A whole number from low to high. False, with the reply filled, for anything else. */
bool request_int(const struct request *request, const char *name, int64_t absent, int64_t low,
                 int64_t high, int64_t *ret, struct reply *reply);

/* A time: milliseconds since 1970 or an ISO date and time; ms 0 if absent. False, with the reply
 * filled, for anything else. */
bool request_time(const struct request *request, const char *name, struct server_time *ret,
                  struct reply *reply);

/* The first parameter of the query that is not among `allowed` (blank-separated names), comes
 * twice, or is longer than CAP_QUERY_TEXT; false with the reply filled if there is one. */
bool request_params_known(const struct request *request, const char *allowed, struct reply *reply);

/* True if the Host header names this server. Where only loopback is served, a name that is not of
 * this machine is a page of somewhere else that had its name resolved to 127.0.0.1 (DNS
 * rebinding). */
bool request_host_known(const struct request *request);

/* Makes the reply an error: {"error": "what, and what is allowed"}. */
void reply_error(struct reply *reply, unsigned status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* False, with the reply filled, if there is no embedded store to read from. */
bool web_have_store(const struct web *web, struct reply *reply);

/* The newest rows, at most some seconds old; NULL with the reply filled if there is no store, or it
 * fails. */
struct snapshot *web_newest(struct web *web, struct reply *reply);

/* The newest row of one VM, which the caller frees. False, with the reply filled and nothing to
 * free, if there is none. */
bool web_row(struct web *web, const char *vcenter, const char *moid, struct row_batch *ret,
             struct reply *reply);

/* Turns a failure of the store into the reply, and logs it. */
void web_store_failed(struct web *web, const struct store_error *err, struct reply *reply);

/* Routes (web.c has the table). */
void assets_page(const struct request *request, struct reply *reply);
void assets_file(const struct request *request, struct reply *reply);
void api_vms(const struct request *request, struct reply *reply);
void api_vm(const struct request *request, struct reply *reply);
void api_hosts(const struct request *request, struct reply *reply);
void api_quantities(const struct request *request, struct reply *reply);
void api_status(const struct request *request, struct reply *reply);
void health_live(const struct request *request, struct reply *reply);
void health_ready(const struct request *request, struct reply *reply);
void health_metrics(const struct request *request, struct reply *reply);
void scrape_metrics(const struct request *request, struct reply *reply);

/* The part of api_vm that explains its newest row. */
void api_explain(const struct request *request, const char *vcenter, const char *moid,
                 struct reply *reply);

/* The part of api_vm that gives points over time. */
void api_series(const struct request *request, const char *vcenter, const char *moid,
                struct reply *reply);

#endif
