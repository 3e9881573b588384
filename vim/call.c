/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* One transfer: its handle, what curl asks while it runs, its end. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/caps.h"
#include "session_state.h"
#include "transport_private.h"

enum { BUFFER_BYTES = 128 << 10, KEEPALIVE_S = 30 };

/* ---- what curl asks us ---- */

/* A piece of the reply, decompressed. Returning less than n stops the transfer. */
static size_t on_reply(char *bytes, size_t one, size_t n, void *arg)
{
    struct call *call = arg;
    (void)one; /* is 1 */
    if (!call->status)
        curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &call->status);
    call->seen += n;
    call->client->transport->stats.bytes_in += n;
    call->too_large = call->seen > call->options.cap;
    if (call->too_large)
        return 0;
    if (call->status == 200 && call->options.on_bytes) {
        call->cut = call->options.on_bytes(call->options.ctx, bytes, n) != 0;
        return call->cut ? 0 : n;
    }
    buf_add(&call->reply, bytes, n);
    return buf_ok(&call->reply) ? n : 0;
}

/* Connected, about to send. curl sends again by itself when a kept connection turns out dead; for
 * a poll that would hide a lost answer. */
static int on_send(void *arg, char *ip, char *local_ip, int port, int local_port)
{
    struct call *call = arg;
    (void)ip, (void)local_ip, (void)port, (void)local_port;
    return call->sends++ && call->options.once ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

static CURLcode on_tls(CURL *easy, void *ssl_ctx, void *arg)
{
    (void)easy;
    thumbprint_install(ssl_ctx, arg);
    return CURLE_OK;
}

/* ---- the handle ---- */

#define SET(option, value) (rc = rc ? rc : curl_easy_setopt(call->easy, option, value))

static CURLcode set_tls(struct call *call)
{
    struct transport *t = call->client->transport;
    const struct vim_client_options *o = &call->client->options;
    CURLcode rc = CURLE_OK;
    if (strncasecmp(o->url, "https:", 6) != 0)
        return rc;
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, call->client->pinned ? 0L : 2L);
    SET(CURLOPT_SSL_CTX_FUNCTION, on_tls);
    SET(CURLOPT_SSL_CTX_DATA, &t->check);
    if (call->client->pinned)
        SET(CURLOPT_SSL_SESSIONID_CACHE, 0L); /* a resumed session would not be checked */
    else if (o->ca_file) {
        SET(CURLOPT_CAINFO, o->ca_file);
        SET(CURLOPT_CAPATH, NULL);
    }
    return rc;
}

static CURLcode set_transfer(struct call *call)
{
    struct transport *t = call->client->transport;
    const struct vim_client_options *o = &call->client->options;
    CURLcode rc = CURLE_OK;
    SET(CURLOPT_URL, o->url);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_TCP_KEEPALIVE, 1L);
    SET(CURLOPT_TCP_KEEPIDLE, (long)KEEPALIVE_S);
    SET(CURLOPT_USERAGENT, o->user_agent);
    SET(CURLOPT_HTTPHEADER, t->headers);
    SET(CURLOPT_ACCEPT_ENCODING, "gzip");
    SET(CURLOPT_BUFFERSIZE, (long)BUFFER_BYTES);
    SET(CURLOPT_COOKIEFILE, ""); /* without it the share stays empty */
    SET(CURLOPT_SHARE, t->share);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)o->connect_timeout_ms);
    return rc;
}

static CURLcode set_call(struct call *call)
{
    CURLcode rc = CURLE_OK;
    SET(CURLOPT_TIMEOUT_MS, (long)call->options.timeout_ms);
    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->options.len);
    SET(CURLOPT_POSTFIELDS, call->body);
    SET(CURLOPT_WRITEFUNCTION, on_reply);
    SET(CURLOPT_WRITEDATA, call);
    SET(CURLOPT_PREREQFUNCTION, on_send);
    SET(CURLOPT_PREREQDATA, call);
    SET(CURLOPT_ERRORBUFFER, call->detail);
    SET(CURLOPT_PRIVATE, call);
    return rc;
}

#undef SET

static void adopt(struct call *call, struct vim_client *client, const struct call_options *options)
{
    call->client = client;
    call->options = *options;
    if (!call->options.timeout_ms)
        call->options.timeout_ms = client->options.call_timeout_ms;
    if (!call->options.cap)
        call->options.cap = CAP_REPLY_BYTES;
    if (!call->options.what)
        call->options.what = "call";
    buf_init(&call->reply, call->options.cap);
    call->epoch = session_epoch(client);
    call->started = mono_now();
    call->body = malloc(options->len + 1);
    if (call->body)
        memcpy(call->body, options->body, options->len);
    call->options.body = NULL;
    call->easy = curl_easy_init();
}

static void put_under_way(struct transport *t, struct call *call)
{
    call->next = t->under_way;
    call->link = &t->under_way;
    if (call->next)
        call->next->link = &call->next;
    t->under_way = call;
    t->stats.calls++;
    t->stats.bytes_out += call->options.len;
}

enum vim_code call_start(struct vim_client *client, const struct call_options *options,
                         struct call **ret, struct vim_error *err)
{
    if (transport_canceled(client->transport) && !options->ignore_cancel)
        return call_canceled(client, options->what, err);
    struct call *call = calloc(1, sizeof *call);
    if (!call)
        return vim_fail(err, VIM_NOMEM, "%s: out of memory", client->options.url);
    adopt(call, client, options);
    CURLcode rc = call->body && call->easy ? set_transfer(call) : CURLE_OUT_OF_MEMORY;
    rc = rc ? rc : set_tls(call);
    rc = rc ? rc : set_call(call);
    if (!rc && curl_multi_add_handle(client->transport->multi, call->easy))
        rc = CURLE_OUT_OF_MEMORY;
    if (rc) {
        call_free(call);
        return vim_fail(err, rc == CURLE_OUT_OF_MEMORY ? VIM_NOMEM : VIM_USAGE,
                        "%s: libcurl cannot do this: %s", client->options.url,
                        curl_easy_strerror(rc));
    }
    put_under_way(client->transport, call);
    *ret = call;
    return VIM_OK;
}

bool call_done(const struct call *call)
{
    return call->done;
}

int64_t call_ms(const struct call *call)
{
    return call->done ? call->ms : mono_between(call->started, mono_now());
}

void call_free(struct call *call)
{
    if (!call)
        return;
    if (call->link)
        transport_finish(call, CURLE_ABORTED_BY_CALLBACK);
    curl_easy_cleanup(call->easy);
    if (call->body)
        explicit_bzero(call->body, call->options.len); /* a login's password */
    free(call->body);
    buf_free(&call->reply);
    free(call);
}
