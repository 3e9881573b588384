/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* The client's connections and the loop that moves its calls. */
#include <pthread.h>
#include <stdlib.h>

#include "transport_private.h"

enum { IDLE_CONNECTIONS = 16, LONGEST_STEP_MS = 1000 };

/* ---- birth and end ---- */

static void global_init(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* The API version that the server is asked to speak: everything we read exists in it, and servers
 * keep to older versions for long. */
static const char *const header_lines[] = {
    "Content-Type: text/xml; charset=utf-8", "SOAPAction: \"urn:vim25/6.5\"",
    "Expect:", /* no 100-continue round trip */
};

static bool make_headers(struct transport *t)
{
    for (size_t i = 0; i < sizeof header_lines / sizeof header_lines[0]; i++) {
        struct curl_slist *longer = curl_slist_append(t->headers, header_lines[i]);
        if (!longer)
            return false;
        t->headers = longer;
    }
    return true;
}

enum vim_code transport_new(struct vim_client *client, struct transport **ret,
                            struct vim_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, global_init);
    struct transport *t = calloc(1, sizeof *t);
    if (t) {
        t->client = client;
        t->check.pin = client->pinned ? &client->pin : NULL;
        t->multi = curl_multi_init();
        t->share = curl_share_init();
    }
    if (!t || !t->multi || !t->share || !make_headers(t)) {
        transport_free(t);
        return vim_fail(err, VIM_NOMEM, "%s: out of memory", client->options.url);
    }
    curl_share_setopt(t->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_COOKIE);
    curl_multi_setopt(t->multi, CURLMOPT_MAXCONNECTS, (long)IDLE_CONNECTIONS);
    *ret = t;
    return VIM_OK;
}

void transport_free(struct transport *t)
{
    if (!t)
        return;
    while (t->under_way) { /* their owners still hold them, and free them without us */
        struct call *call = t->under_way;
        call->canceled = true;
        transport_finish(call, CURLE_ABORTED_BY_CALLBACK);
    }
    curl_multi_cleanup(t->multi);
    curl_share_cleanup(t->share);
    curl_slist_free_all(t->headers);
    free(t);
}

void transport_forget_cookies(struct transport *t)
{
    CURL *easy = curl_easy_init();
    if (!easy)
        return;
    curl_easy_setopt(easy, CURLOPT_SHARE, t->share);
    curl_easy_setopt(easy, CURLOPT_COOKIELIST, "ALL");
    curl_easy_cleanup(easy);
}

bool transport_canceled(const struct transport *t)
{
    return atomic_load(&t->canceled);
}

/* ---- moving on ---- */

static void count(struct call *call)
{
    struct vim_client_stats *stats = &call->client->transport->stats;
    curl_off_t wire = 0;
    long headers = 0;
    curl_easy_getinfo(call->easy, CURLINFO_SIZE_DOWNLOAD_T, &wire);
    curl_easy_getinfo(call->easy, CURLINFO_HEADER_SIZE, &headers);
    stats->wire_bytes_in += (uint64_t)wire + (uint64_t)headers;
    stats->last_call_ms = call->ms;
    if (call->rc || call->status != 200)
        stats->failures++;
}

void transport_finish(struct call *call, CURLcode rc)
{
    struct transport *t = call->client->transport;
    *call->link = call->next;
    if (call->next)
        call->next->link = call->link;
    call->link = NULL;
    curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &call->status);
    curl_multi_remove_handle(t->multi, call->easy);
    call->done = true;
    call->rc = rc;
    call->ms = mono_between(call->started, mono_now());
    count(call);
    t->finished++;
}

static void cancel_under_way(struct transport *t)
{
    struct call *next;
    for (struct call *call = t->under_way; call; call = next) {
        next = call->next;
        if (call->options.ignore_cancel)
            continue;
        call->canceled = true;
        transport_finish(call, CURLE_ABORTED_BY_CALLBACK);
    }
}

static void reap(struct transport *t)
{
    int left;
    for (CURLMsg *m = curl_multi_info_read(t->multi, &left); m;
         m = curl_multi_info_read(t->multi, &left)) {
        struct call *call = NULL;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &call);
        if (m->msg == CURLMSG_DONE && call)
            transport_finish(call, m->data.result);
    }
}

/* Moves what is ready; if no call got done by that, waits at most timeout_ms for something to
 * move. */
static CURLMcode step(struct transport *t, int64_t timeout_ms)
{
    int running;
    uint64_t before = t->finished;
    if (transport_canceled(t))
        cancel_under_way(t);
    CURLMcode rc = curl_multi_perform(t->multi, &running);
    reap(t);
    if (!rc && t->finished == before && timeout_ms > 0)
        rc = curl_multi_poll(t->multi, NULL, 0, (int)timeout_ms, NULL);
    return rc;
}

static enum vim_code multi_failed(const struct transport *t, CURLMcode rc, struct vim_error *err)
{
    return vim_fail(err, rc == CURLM_OUT_OF_MEMORY ? VIM_NOMEM : VIM_UNREACHABLE, "%s: libcurl: %s",
                    t->client->options.url, curl_multi_strerror(rc));
}

enum vim_code vim_client_run(struct vim_client *client, int timeout_ms, struct vim_error *err)
{
    struct transport *t = client->transport;
    struct mono_time end = mono_after(mono_now(), timeout_ms);
    CURLMcode rc;
    int64_t left;
    bool woken;
    do {
        woken = atomic_exchange(&t->woken, false) || t->finished != t->told;
        left = woken || transport_canceled(t) ? 0 : mono_between(mono_now(), end);
        rc = step(t, left);
        if (!rc && t->finished == t->told && transport_canceled(t))
            return vim_fail(err, VIM_CANCELED, "%s: canceled", client->options.url);
    } while (!rc && !woken && left > 0);
    t->told = t->finished;
    return rc ? multi_failed(t, rc, err) : VIM_OK;
}

enum vim_code call_wait(struct call *call, struct vim_error *err)
{
    struct transport *t = call->client->transport;
    bool was_done = call->done;
    CURLMcode rc = CURLM_OK;
    while (!call->done && !rc)
        rc = step(t, LONGEST_STEP_MS);
    if (rc)
        return multi_failed(t, rc, err);
    if (!was_done)
        t->told++; /* of this call nobody else needs to hear */
    return call->canceled ? call_canceled(call->client, call->options.what, err) : VIM_OK;
}

void vim_client_wake(struct vim_client *client)
{
    atomic_store(&client->transport->woken, true);
    curl_multi_wakeup(client->transport->multi);
}

void vim_client_cancel(struct vim_client *client, bool on)
{
    atomic_store(&client->transport->canceled, on);
    if (on)
        curl_multi_wakeup(client->transport->multi);
}

void vim_client_stats(const struct vim_client *client, struct vim_client_stats *ret)
{
    *ret = client->transport->stats;
}
