/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The transport over libcurl, shared by transport.c (the loop), call.c (one transfer) and
 * call_result.c (what became of it). Each client has a CURLM and a CURLSH of its own, because
 * curl's cookie jar ignores ports and its connection reuse does not compare our certificate check.
 *
 *     call_start -> easy handle in the CURLM, in the list under_way
 *     step()     -> curl_multi_perform; a finished handle leaves CURLM and list, its call is done
 *     call_free  -> out of both if still there
 */
#ifndef VIM_TRANSPORT_PRIVATE_H
#define VIM_TRANSPORT_PRIVATE_H

#include <curl/curl.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "client_private.h"
#include "transport.h"

struct call {
    struct vim_client *client;
    struct call *next, **link; /* in under_way; link NULL = not there */
    CURL *easy;
    struct call_options options;
    char *body;
    struct buf reply;
    size_t seen;    /* bytes of reply after decompression */
    long status;    /* known from the first byte of the reply on */
    bool done, cut; /* cut: on_bytes has refused to go on */
    bool too_large, canceled;
    unsigned sends; /* how often curl has begun to send the request */
    unsigned epoch; /* of the session at the start */
    CURLcode rc;
    char detail[CURL_ERROR_SIZE];
    struct mono_time started;
    int64_t ms;
};

struct transport {
    struct vim_client *client;
    CURLM *multi;
    CURLSH *share;
    struct curl_slist *headers;
    struct call *under_way;
    struct thumbprint_check check;
    struct vim_client_stats stats;
    /* Calls done so far, and how many of them the caller of vim_client_run has been told of. */
    uint64_t finished, told;
    atomic_bool canceled, woken;
};

/* transport.c: the call is done, with curl's result; out of the list and of the CURLM. */
void transport_finish(struct call *call, CURLcode rc);

/* call_result.c: fails with VIM_CANCELED. */
enum vim_code call_canceled(const struct vim_client *client, const char *what,
                            struct vim_error *err);

#endif
