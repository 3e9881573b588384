/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The page, the HTTP API under /api/v1/, /metrics, /healthz and /readyz, served by libmicrohttpd in
 * a thread of its own, on loopback unless configured otherwise. Reads the embedded store and the
 * metrics; never calls up.
 */
#ifndef WEB_WEB_H
#define WEB_WEB_H

#include "layers/verdict.h"
#include "report/metrics.h"

struct web;

struct web_options {
    const char *listen; /* "127.0.0.1:8077", "[::1]:8077"; port 0 = any */
    void *embedded;     /* the opened embedded store, or NULL: the page then says so */
    struct metrics *metrics;
    const struct verdict_options *verdict; /* thresholds to explain with; NULL = the defaults */
};

struct web_error {
    char message[400];
};

/* Listens and serves from now on. 0, or -1 with err filled (one line: address and cause). What the
 * options point to outlives the server. */
int web_start(const struct web_options *options, struct web **ret, struct web_error *err);

/* The port in use. */
int web_port(const struct web *web);

/* "http://127.0.0.1:8077/", with the port in use; lives as long as the server. */
const char *web_address(const struct web *web);

void web_stop(struct web *web);

#endif
