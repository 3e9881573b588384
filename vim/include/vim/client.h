/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * One vCenter (or ESXi host): its connections, cookies and transfers. A client belongs to one
 * thread; only vim_client_wake and vim_client_cancel may be called from others. Transfers run
 * inside vim_client_run: several QueryPerf and one long poll are under way at once on the client's
 * own CURLM.
 *
 * Blocking calls of the library (login, properties) run the same loop, so what else is under way
 * moves on meanwhile.
 */
#ifndef VIM_CLIENT_H
#define VIM_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "vim/error.h"

struct vim_client;

struct vim_client_options {
    const char *url; /* "https://vc.example.com/sdk"; "http://" is taken for simulators;
                        a missing path becomes /sdk */
    const char *user;
    const char *password;
    const char *ca_file;    /* PEM bundle; NULL = the system's */
    const char *thumbprint; /* SHA-256 of the server's certificate, hex with or without colons;
                               NULL = verify chain and host name. With a pin nothing else counts */
    int connect_timeout_ms; /* 0 = 10,000 */
    int call_timeout_ms;    /* one call but the long poll; 0 = 60,000 */
    const char *user_agent; /* NULL = "vstrata" */
};

struct vim_client_stats { /* since vim_client_new; for the service's own metrics */
    uint64_t calls, failures, bytes_in, bytes_out; /* bytes_in after decompression */
    uint64_t wire_bytes_in;                        /* as received */
    int64_t last_call_ms;                          /* duration of the newest finished call */
};

/* Checks the options (copied) and prepares the client; opens no connection. */
enum vim_code vim_client_new(const struct vim_client_options *options, struct vim_client **ret,
                             struct vim_error *err);

/* Cancels what is under way and frees the client. Does not log out. NULL is fine. Free
 * inventories and queries of the client first. */
void vim_client_free(struct vim_client *client);

/* Moves transfers for at most timeout_ms (0 = only what is ready); returns earlier when a transfer
 * has finished or vim_client_wake was called. */
enum vim_code vim_client_run(struct vim_client *client, int timeout_ms, struct vim_error *err);

/* Makes vim_client_run return soon. Any thread may call it. */
void vim_client_wake(struct vim_client *client);

/* From now on (true) every call, also one under way, fails at once with VIM_CANCELED: for a quick
 * stop. vim_session_logout still works and gets one second. Any thread may call it. */
void vim_client_cancel(struct vim_client *client, bool on);

/* Copies the figures. */
void vim_client_stats(const struct vim_client *client, struct vim_client_stats *ret);

#endif
