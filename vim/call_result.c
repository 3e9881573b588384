/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* What became of a call, in words: what, where, and what to do. */
#include <stdio.h>
#include <string.h>

#include "session_state.h"
#include "transport_private.h"

enum { SHORT_URL = 100 }; /* characters of a URL in a message that has to hold more */

enum vim_code call_canceled(const struct vim_client *client, const char *what,
                            struct vim_error *err)
{
    return vim_fail(err, VIM_CANCELED, "%s at %s: canceled", what ? what : "call",
                    client->options.url);
}

/* ---- curl's failures ---- */

static const struct reason {
    CURLcode rc;
    enum vim_code code;
    const char *advice;
} reasons[] = {
    {CURLE_OUT_OF_MEMORY, VIM_NOMEM, "out of memory"},
    {CURLE_COULDNT_RESOLVE_HOST, VIM_UNREACHABLE, "check the name in the URL and the DNS"},
    {CURLE_COULDNT_RESOLVE_PROXY, VIM_UNREACHABLE, "check the proxy in the environment"},
    {CURLE_COULDNT_CONNECT, VIM_UNREACHABLE, "check address, port, route and firewall"},
    {CURLE_PARTIAL_FILE, VIM_UNREACHABLE, "the answer was cut short"},
    {CURLE_GOT_NOTHING, VIM_UNREACHABLE, "the server hung up without an answer"},
    {CURLE_SEND_ERROR, VIM_UNREACHABLE, "the connection broke"},
    {CURLE_RECV_ERROR, VIM_UNREACHABLE, "the connection broke"},
    {CURLE_ABORTED_BY_CALLBACK, VIM_UNREACHABLE, "a kept connection broke"},
    {CURLE_OPERATION_TIMEDOUT, VIM_TIMEOUT, "the server is busy, or the timeout too short"},
    {CURLE_SSL_CONNECT_ERROR, VIM_TLS, "TLS 1.2 or newer is needed; is this an HTTPS port?"},
    {CURLE_SSL_CERTPROBLEM, VIM_TLS, "check the certificate"},
    {CURLE_SSL_CIPHER, VIM_TLS, "no cipher in common"},
    {CURLE_SSL_CACERT_BADFILE, VIM_TLS, "check that the CA file holds PEM certificates"},
    {CURLE_SSL_ISSUER_ERROR, VIM_TLS, "check the CA file"},
    {CURLE_WEIRD_SERVER_REPLY, VIM_PROTOCOL, "this does not speak HTTP; check the port"},
    {CURLE_UNSUPPORTED_PROTOCOL, VIM_PROTOCOL, "this does not speak HTTP; check the port"},
    {CURLE_BAD_CONTENT_ENCODING, VIM_PROTOCOL, "the gzip data of the answer is broken"},
    {CURLE_WRITE_ERROR, VIM_PROTOCOL, "the gzip data of the answer is broken"},
};

static const struct reason *reason_of(CURLcode rc)
{
    static const struct reason other = {.code = VIM_UNREACHABLE, .advice = "check the server"};
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (reasons[i].rc == rc)
            return &reasons[i];
    return &other;
}

/* The certificate was refused: show what the server presented, so that it can be compared and
 * pinned. */
static enum vim_code certificate_refused(const struct call *call, struct vim_error *err)
{
    const struct vim_client *client = call->client;
    const struct thumbprint_check *check = &client->transport->check;
    char text[THUMBPRINT_TEXT] = "(none)";
    if (check->presented)
        thumbprint_text(&check->seen, text);
    if (client->pinned)
        return vim_fail(err, VIM_TLS,
                        "%.*s: the server's certificate is not the pinned one; it presented "
                        "SHA-256 %s; if the certificate was renewed, set thumbprint to this",
                        SHORT_URL, client->options.url, text);
    return vim_fail(err, VIM_TLS,
                    "%.*s: %.90s; the server presented SHA-256 %s; set ca_file to its CA, or pin "
                    "it: set thumbprint to this after comparing",
                    SHORT_URL, client->options.url, call->detail, text);
}

static enum vim_code timed_out(const struct call *call, struct vim_error *err)
{
    curl_off_t connected = 0;
    curl_easy_getinfo(call->easy, CURLINFO_PRETRANSFER_TIME_T, &connected);
    if (connected)
        return vim_fail(err, VIM_TIMEOUT,
                        "%s at %s: no whole answer in %.1f s; the server is busy, or the timeout "
                        "too short",
                        call->options.what, call->client->options.url, (double)call->ms / 1000);
    return vim_fail(err, VIM_UNREACHABLE,
                    "%s at %s: no connection in %.1f s; check address, route and firewall",
                    call->options.what, call->client->options.url, (double)call->ms / 1000);
}

static enum vim_code too_large(const struct call *call, struct vim_error *err)
{
    return vim_fail(err, VIM_TOO_LARGE,
                    "%s at %s: the answer is larger than %zu bytes; ask for less at once",
                    call->options.what, call->client->options.url, call->options.cap);
}

static enum vim_code transfer_failed(const struct call *call, struct vim_error *err)
{
    const struct reason *reason = reason_of(call->rc);
    if (call->canceled)
        return call_canceled(call->client, call->options.what, err);
    if (call->too_large)
        return too_large(call, err);
    if (call->cut)
        return vim_fail(err, VIM_PROTOCOL, "%s at %s: the answer was refused", call->options.what,
                        call->client->options.url);
    if (!buf_ok(&call->reply))
        return vim_fail(err, VIM_NOMEM, "%s at %s: out of memory", call->options.what,
                        call->client->options.url);
    if (call->rc == CURLE_PEER_FAILED_VERIFICATION)
        return certificate_refused(call, err);
    if (call->rc == CURLE_OPERATION_TIMEDOUT)
        return timed_out(call, err);
    return vim_fail(err, reason->code, "%s at %s: %.120s (%s)", call->options.what,
                    call->client->options.url,
                    call->detail[0] ? call->detail : curl_easy_strerror(call->rc), reason->advice);
}

/* ---- the server's failures ---- */

static const struct {
    long status;
    const char *advice;
} statuses[] = {
    {401, "a proxy or gateway asks for its own login"},
    {403, "a proxy or gateway refuses; check the URL"},
    {404, "check the path of the URL; a vCenter has /sdk"},
    {405, "check the path of the URL; a vCenter has /sdk"},
    {500, "the answer is not a SOAP fault"},
    {502, "the vCenter's services may be starting"},
    {503, "the vCenter's services may be starting, or it has too many sessions"},
};

/* Puts "what at where: " before a message, and takes the password out of it, should a server have
 * repeated it. */
static void complete(const struct call *call, struct vim_error *err)
{
    const struct vim_client_options *o = &call->client->options;
    char message[sizeof err->message];
    memcpy(message, err->message, sizeof message);
    snprintf(err->message, sizeof err->message, "%s at %.*s: %.280s", call->options.what, SHORT_URL,
             o->url, message);
    size_t n = o->password ? strlen(o->password) : 0;
    for (char *p = err->message; n > 3 && (p = strstr(p, o->password)); p += n)
        memset(p, '*', n);
}

static enum vim_code status_failed(const struct call *call, struct vim_error *err)
{
    const char *advice = "check the URL";
    char *moved = NULL;
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        if (statuses[i].status == call->status)
            advice = statuses[i].advice;
    curl_easy_getinfo(call->easy, CURLINFO_REDIRECT_URL, &moved);
    vim_fail(err, VIM_HTTP, "%s at %s: HTTP status %ld (%s%.120s)", call->options.what,
             call->client->options.url, call->status, moved ? "use the URL " : advice,
             moved ? moved : "");
    err->http_status = (int)call->status;
    return VIM_HTTP;
}

enum vim_code call_result(struct call *call, const struct buf **ret_body, struct vim_error *err)
{
    struct vim_error own; /* err may be NULL */
    enum vim_code code = VIM_OK;
    if (!call->done)
        return vim_fail(err, VIM_USAGE, "%s: not done", call->options.what);
    if (call->rc)
        return transfer_failed(call, err);
    if (call->status == 200) {
        if (ret_body)
            *ret_body = &call->reply;
        return VIM_OK;
    }
    code = fault_decode(&call->reply, (int)call->status, &own);
    if (code == VIM_HTTP)
        code = status_failed(call, &own);
    else
        complete(call, &own);
    if (code == VIM_NOT_AUTHENTICATED)
        session_lost(call->client, call->epoch);
    if (err)
        *err = own;
    return code;
}
