/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * One POST to the server: the only way out of the library; only transport.c and call*.c include
 * curl. A call is started, moved by vim_client_run, and found done; a reply with status
 * 200 goes piece by piece to on_bytes if there is one, everything else into a capped buffer.
 */
#ifndef VIM_TRANSPORT_H
#define VIM_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "vim/client.h"

struct call;

struct call_options {
    const char *what; /* the operation, for messages; lives as long as the call; NULL = "call" */
    const char *body; /* the SOAP envelope; copied */
    size_t len;
    int timeout_ms;     /* 0 = the client's call timeout */
    size_t cap;         /* bytes of reply after decompression; 0 = CAP_REPLY_BYTES */
    bool ignore_cancel; /* goes on after vim_client_cancel (logout) */
    bool once;          /* fails rather than send again when a kept connection breaks (long poll) */
    /* Status 200 only; returns 0 to go on, -1 to cut the transfer (the failure is then the
     * reader's: ask it). NULL = buffered. Called inside vim_client_run. */
    int (*on_bytes)(void *ctx, const char *bytes, size_t n);
    void *ctx;
};

/* Starts a call; vim_client_run moves it. *ret is freed with call_free. */
enum vim_code call_start(struct vim_client *client, const struct call_options *options,
                         struct call **ret, struct vim_error *err);

/* Whether it has ended, well or not, and how long it took (so far). */
bool call_done(const struct call *call);
int64_t call_ms(const struct call *call);

/* Runs the client until the call is done. */
enum vim_code call_wait(struct call *call, struct vim_error *err);

/* The outcome of a done call: VIM_OK with status 200 (whole, streamed or buffered); the decoded
 * fault (a status 500 with a SOAP fault; NotAuthenticated also marks the session lost); or the
 * transport's failure. *ret_body, if not NULL, is the buffered reply, owned by the call. */
enum vim_code call_result(struct call *call, const struct buf **ret_body, struct vim_error *err);

/* Cancels if under way. NULL is fine. */
void call_free(struct call *call);

/* fault.c: decodes a SOAP fault body. Always a failure code; VIM_HTTP if it is not a fault. */
enum vim_code fault_decode(const struct buf *body, int http_status, struct vim_error *err);

#endif
