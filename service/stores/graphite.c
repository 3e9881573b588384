/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Graphite's plaintext protocol answers nothing: neither that a line came, nor that it was bad. So
 * lines count as accepted once they were sent, and as durable only after a while (settle.h) in
 * which the connection stayed open and the peer's TCP took every byte. If the connection breaks
 * before, what is not durable is sent again: the last write of a time slot wins in whisper, and it
 * is the same value. What a server loses later than that, out of a cache that it was too slow to
 * write, cannot be known here.
 *
 * libcurl makes the connection (CURLOPT_CONNECT_ONLY): names, IPv6, TLS with the certificate
 * checked; bytes then go straight through it.
 */
#include "stores/graphite.h"

#include <curl/curl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/caps.h"
#include "formats/graphite.h"
#include "formats/schema.h"
#include "stores/dead_letters.h"
#include "stores/piece.h"
#include "stores/settle.h"

enum {
    DEFAULT_TIMEOUT_S = 30,
    CONNECT_TIMEOUT_S = 10,
    SLICE_MS = 100,     /* how soon a cancel is seen */
    FAREWELL_MS = 2000, /* for the peer to read what is under way, at the end */
};

struct graphite {
    char *url, *prefix;
    struct series_walk *walk;
    CURL *curl;
    curl_socket_t socket; /* CURL_SOCKET_BAD = not connected */
    int64_t timeout_ms;
    struct buf body;
    struct settle settle;
    struct dead_letters *dead_letters;
    atomic_bool canceled;
    char reason[CURL_ERROR_SIZE];
};

struct attempt { /* one write of a batch */
    struct graphite *store;
    const struct row_batch *batch;
    struct store_error *err;
    size_t refused;
    uint64_t sent;
};

static int fail(struct store_error *err, const char *message)
{
    snprintf(err->message, sizeof err->message, "%s", message);
    return -1;
}

/* ---- opening ---- */

static void start_curl(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* True if the address is a host and a port, and nothing more. */
static bool is_address(const char *url)
{
    char *host = NULL, *port = NULL, *path = NULL, *user = NULL, *query = NULL;
    CURLU *parts = curl_url();
    const bool good = parts && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
                      curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
                      curl_url_get(parts, CURLUPART_PORT, &port, 0) == CURLUE_OK &&
                      curl_url_get(parts, CURLUPART_PATH, &path, 0) == CURLUE_OK &&
                      strcmp(path, "/") == 0 &&
                      curl_url_get(parts, CURLUPART_USER, &user, 0) != CURLUE_OK &&
                      curl_url_get(parts, CURLUPART_QUERY, &query, 0) != CURLUE_OK;
    curl_free(host);
    curl_free(port);
    curl_free(path);
    curl_free(user);
    curl_free(query);
    curl_url_cleanup(parts);
    return good;
}

/* libcurl knows no plain TCP, but connects to an HTTP server before it says a word of HTTP. */
static char *make_url(const struct store_options *o)
{
    struct buf url;
    buf_init(&url, CAP_NAME + sizeof "https://");
    buf_printf(&url, "%s://%s", o->tls ? "https" : "http", o->address ? o->address : "");
    return buf_take(&url);
}

static int on_progress(void *ctx, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                       curl_off_t up)
{
    struct graphite *s = ctx;
    (void)down_total, (void)down, (void)up_total, (void)up;
    return atomic_load(&s->canceled);
}

/* A peer that is gone without a word fails the connection after this time, not after hours. */
static int on_socket(void *ctx, curl_socket_t fd, curlsocktype purpose)
{
    struct graphite *s = ctx;
    const unsigned timeout = (unsigned)s->timeout_ms;
    (void)purpose;
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof timeout);
    return CURL_SOCKOPT_OK;
}

static bool set_options(struct graphite *s, const struct store_options *o)
{
    CURL *c = s->curl;
    const long timeout = (long)(s->timeout_ms / 1000);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(c, CURLOPT_PROXY, ""); /* those of the environment are for HTTP */
    curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(c, CURLOPT_SSL_ENABLE_ALPN, 0L); /* it is not HTTP */
    curl_easy_setopt(c, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(c, CURLOPT_TCP_KEEPIDLE, 30L);
    curl_easy_setopt(c, CURLOPT_TCP_KEEPINTVL, 10L);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT,
                     timeout < CONNECT_TIMEOUT_S ? timeout : (long)CONNECT_TIMEOUT_S);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, s->reason);
    curl_easy_setopt(c, CURLOPT_SOCKOPTFUNCTION, on_socket);
    curl_easy_setopt(c, CURLOPT_SOCKOPTDATA, s);
    curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(c, CURLOPT_XFERINFODATA, s);
    curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
    return curl_easy_setopt(c, CURLOPT_URL, s->url) == CURLE_OK &&
           (!o->ca_file || !*o->ca_file ||
            curl_easy_setopt(c, CURLOPT_CAINFO, o->ca_file) == CURLE_OK);
}

static void disconnect(struct graphite *s)
{
    /* The connection belongs to the handle; a new handle is how to end it. Options stay. */
    CURL *fresh = s->curl ? curl_easy_duphandle(s->curl) : NULL;
    if (s->curl && fresh) {
        curl_easy_cleanup(s->curl);
        s->curl = fresh;
    }
    s->socket = CURL_SOCKET_BAD;
}

static void graphite_close(void *store)
{
    struct graphite *s = store;
    curl_easy_cleanup(s->curl);
    series_walk_free(s->walk);
    buf_free(&s->body);
    free(s->url);
    free(s->prefix);
    free(s);
}

static int graphite_open(const struct store_options *o, void **ret, struct store_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    const char *name = o->schema && *o->schema ? o->schema : "vstrata";
    const struct schema *schema = schema_find(name);
    pthread_once(&once, start_curl);
    struct graphite *s = calloc(1, sizeof *s);
    if (!s)
        return fail(err, "out of memory");
    s->socket = CURL_SOCKET_BAD;
    s->timeout_ms = (o->timeout_s > 0 ? o->timeout_s : DEFAULT_TIMEOUT_S) * 1000;
    s->dead_letters = o->dead_letters;
    buf_init(&s->body, CAP_STORE_BODY);
    s->url = make_url(o);
    s->prefix = strdup(o->prefix ? o->prefix : "");
    s->walk = schema ? series_walk_new(schema, NULL) : NULL;
    s->curl = curl_easy_init();
    int rc = 0;
    if (!schema)
        rc = fail(err, "there is no schema of that name");
    else if (s->url && !is_address(s->url))
        rc = fail(err, "address must be host:port, with an IPv6 address in brackets");
    else if (!s->url || !s->prefix || !s->walk || !s->curl || !set_options(s, o))
        rc = fail(err, "out of memory, or an overlong address");
    if (rc == 0)
        *ret = s;
    else
        graphite_close(s);
    return rc;
}

/* ---- the connection ---- */

/* Failures that waiting does not mend. */
static bool is_setup(CURLcode code)
{
    return code == CURLE_URL_MALFORMAT || code == CURLE_PEER_FAILED_VERIFICATION ||
           code == CURLE_SSL_CACERT_BADFILE || code == CURLE_SSL_ISSUER_ERROR;
}

static enum store_outcome trouble(struct graphite *s, CURLcode code, struct store_error *err)
{
    snprintf(err->message, sizeof err->message, "%s: %s", strstr(s->url, "//") + 2,
             s->reason[0] ? s->reason : curl_easy_strerror(code));
    return is_setup(code) ? STORE_BAD_SETUP : STORE_AGAIN;
}

static enum store_outcome connect_to(struct graphite *s, struct store_error *err)
{
    s->reason[0] = '\0';
    const CURLcode code = curl_easy_perform(s->curl);
    if (code == CURLE_OK)
        curl_easy_getinfo(s->curl, CURLINFO_ACTIVESOCKET, &s->socket);
    if (code == CURLE_OK && s->socket != CURL_SOCKET_BAD)
        return STORE_DONE;
    return trouble(s, code == CURLE_OK ? CURLE_COULDNT_CONNECT : code, err);
}

/* Has the peer closed? What it says, if it says anything, means nothing. */
static bool is_open(struct graphite *s)
{
    char ignored[1024];
    for (;;) {
        size_t n = 0;
        const CURLcode code = curl_easy_recv(s->curl, ignored, sizeof ignored, &n);
        if (code == CURLE_AGAIN)
            return true;
        if (code != CURLE_OK || n == 0)
            return false;
    }
}

/* Has the peer's TCP taken all bytes? A machine that lost its power takes none and says nothing. */
static bool all_taken(const struct graphite *s)
{
    int waiting = 0;
    return ioctl(s->socket, SIOCOUTQ, &waiting) == 0 && waiting == 0;
}

/* Waits a moment for the socket to become ready. */
static void wait_ready(const struct graphite *s, short events)
{
    struct pollfd fd = {.fd = s->socket, .events = events};
    poll(&fd, 1, SLICE_MS);
}

/* Everything, or why not. The time allowed is for getting on at all, for a server may be busy. */
static CURLcode send_all(struct graphite *s, const char *bytes, size_t n, uint64_t *sent)
{
    struct mono_time progress = mono_now();
    CURLcode code = CURLE_OK;
    s->reason[0] = '\0';
    while (n && !atomic_load(&s->canceled)) {
        size_t step = 0;
        code = curl_easy_send(s->curl, bytes, n, &step);
        if (code == CURLE_OK) {
            bytes += step;
            n -= step;
            *sent += step;
            progress = mono_now();
        } else if (code != CURLE_AGAIN) {
            return code;
        } else if (mono_between(progress, mono_now()) > s->timeout_ms) {
            return CURLE_OPERATION_TIMEDOUT;
        } else {
            wait_ready(s, POLLOUT);
        }
    }
    return n ? CURLE_ABORTED_BY_CALLBACK : CURLE_OK;
}

/* The connection broke: what may have been lost with it is sent again. A part of a line may have
 * gone out, so nothing more may. */
static enum store_outcome broke(struct graphite *s, CURLcode code, struct store_error *err)
{
    const enum store_outcome outcome = trouble(s, code, err);
    disconnect(s);
    err->rewind = settle_lost_touch(&s->settle);
    return outcome;
}

static enum store_outcome ready(struct graphite *s, struct store_error *err)
{
    if (s->socket != CURL_SOCKET_BAD && !is_open(s)) {
        disconnect(s);
        if (settle_lost_touch(&s->settle)) {
            err->rewind = 1;
            fail(err, "the server closed the connection: what it may have lost is sent again");
            return STORE_AGAIN;
        }
    }
    return s->socket != CURL_SOCKET_BAD ? STORE_DONE : connect_to(s, err);
}

/* ---- writing ---- */

static enum store_outcome send_rows(struct attempt *a, size_t first, size_t last)
{
    struct graphite *s = a->store;
    buf_clear(&s->body);
    if (!graphite_write(s->walk, a->batch, first, last, s->prefix, &s->body)) {
        if (last - first == 1) {
            fail(a->err, "a row too large for one write, or out of memory");
            dead_letters_add(s->dead_letters, a->batch, first, last, a->err->message);
            a->refused++;
            return STORE_DONE;
        }
        const size_t middle = first + (last - first) / 2;
        const enum store_outcome outcome = send_rows(a, first, middle);
        return outcome == STORE_DONE ? send_rows(a, middle, last) : outcome;
    }
    const CURLcode code = send_all(s, s->body.data, s->body.len, &a->sent);
    return code == CURLE_OK ? STORE_DONE : broke(s, code, a->err);
}

/* What is safe; no step forward while the connection is in doubt. */
static int64_t durable_now(struct graphite *s)
{
    if (s->socket == CURL_SOCKET_BAD || !is_open(s) || !all_taken(s))
        return s->settle.durable;
    return settle_durable(&s->settle, mono_now());
}

static enum store_outcome graphite_store(void *store, int64_t seq, const struct row_batch *batch,
                                         int64_t *durable, uint64_t *bytes, struct store_error *err)
{
    struct graphite *s = store;
    struct attempt a = {.store = s, .batch = batch, .err = err};
    *err = (struct store_error){0};
    *bytes = 0;
    if (atomic_load(&s->canceled)) {
        fail(err, "canceled");
        return STORE_AGAIN;
    }
    enum store_outcome outcome = ready(s, err);
    for (size_t first = 0, last; outcome == STORE_DONE && first < batch->nrows; first = last) {
        last = piece_end(batch, first, batch->nrows, PIECE_VALUES);
        outcome = send_rows(&a, first, last);
    }
    *bytes = a.sent;
    if (outcome != STORE_DONE)
        return outcome;
    if (a.refused && a.refused == batch->nrows)
        return STORE_REFUSED;
    err->refused_rows = a.refused;
    settle_accepted(&s->settle, seq, mono_now());
    *durable = durable_now(s);
    return STORE_DONE;
}

/* Says that nothing more comes, and sees the peer close: then it has read everything. False: it has
 * not, within a short time. (Over TLS only its TCP can be asked.) */
static bool farewell(struct graphite *s)
{
    const struct mono_time end = mono_after(mono_now(), FAREWELL_MS);
    const bool plain = strncmp(s->url, "https:", 6) != 0;
    if (s->socket == CURL_SOCKET_BAD || !is_open(s))
        return false;
    if (plain)
        shutdown(s->socket, SHUT_WR);
    bool read = false;
    while (!read && mono_between(mono_now(), end) > 0) {
        read = plain ? !is_open(s) : all_taken(s);
        if (!read)
            wait_ready(s, plain ? POLLIN : 0);
    }
    return read;
}

static enum store_outcome graphite_flush(void *store, int final, int64_t *durable,
                                         struct store_error *err)
{
    struct graphite *s = store;
    (void)err;
    *durable = durable_now(s);
    if (final && *durable < s->settle.latest && farewell(s))
        *durable = settle_final(&s->settle);
    return STORE_DONE;
}

static void graphite_cancel(void *store)
{
    struct graphite *s = store;
    atomic_store(&s->canceled, true);
}

static int graphite_probe(void *store, struct store_error *err)
{
    struct graphite *s = store;
    const enum store_outcome outcome = connect_to(s, err);
    disconnect(s);
    return outcome == STORE_DONE ? 0 : -1;
}

const struct store_ops store_graphite = {
    .type = "graphite",
    .open = graphite_open,
    .probe = graphite_probe,
    .write = graphite_store,
    .flush = graphite_flush,
    .close = graphite_close,
    .cancel = graphite_cancel,
};
