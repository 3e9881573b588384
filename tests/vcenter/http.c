/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "http.h"

#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control.h"
#include "gzip.h"
#include "noise.h"
#include "soap.h"
#include "truth.h"

enum { CONNECTIONS_MAX = 512, IDLE_S = 300, STACK_BYTES = 1 << 20, GZIP_FROM = 1024 };

struct http {
    struct server *server;
    struct MHD_Daemon *daemon;
};

struct exchange { /* one request and its answer */
    struct server *server;
    struct MHD_Connection *connection;
    struct buf request;
    struct buf answer;
    int status;
    const char *type; /* content type of the answer */
    char cookie[128]; /* value of Set-Cookie, or "" */
    bool truncate, drop;
};

/* ---- answers ---- */

struct half { /* an answer that ends too early */
    char *data;
    size_t len;
};

static ssize_t read_half(void *context, uint64_t at, char *to, size_t room)
{
    const struct half *half = context;
    size_t end = half->len / 2;
    if (at >= end)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t n = end - (size_t)at < room ? end - (size_t)at : room;
    memcpy(to, half->data + at, n);
    return (ssize_t)n;
}

static void free_half(void *context)
{
    struct half *half = context;
    free(half->data);
    free(half);
}

static struct MHD_Response *make_response(struct exchange *e, size_t len, char *data)
{
    if (!e->truncate)
        return MHD_create_response_from_buffer(len, data, MHD_RESPMEM_MUST_FREE);
    struct half *half = malloc(sizeof *half);
    if (!half) {
        free(data);
        return NULL;
    }
    *half = (struct half){data, len};
    struct MHD_Response *response =
        MHD_create_response_from_callback(len, 16384, read_half, half, free_half);
    if (!response)
        free_half(half);
    return response;
}

static bool client_reads_gzip(const struct exchange *e)
{
    const char *accept = MHD_lookup_connection_value(e->connection, MHD_HEADER_KIND,
                                                     MHD_HTTP_HEADER_ACCEPT_ENCODING);
    return accept && strstr(accept, "gzip");
}

static enum MHD_Result send_answer(struct exchange *e)
{
    bool zipped = e->answer.len >= GZIP_FROM && client_reads_gzip(e) && gzip(&e->answer);
    size_t len = e->answer.len;
    pthread_mutex_lock(&e->server->world.lock);
    e->server->stats.wire_bytes_out += len;
    pthread_mutex_unlock(&e->server->world.lock);
    char *data = buf_take(&e->answer);
    struct MHD_Response *response = data ? make_response(e, len, data) : NULL;
    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, e->type);
    if (zipped)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
    if (*e->cookie)
        MHD_add_response_header(response, MHD_HTTP_HEADER_SET_COOKIE, e->cookie);
    enum MHD_Result result = MHD_queue_response(e->connection, (unsigned)e->status, response);
    MHD_destroy_response(response);
    return result;
}

/* ---- faults ---- */

static void pause_ms(struct server *server, int64_t ms)
{
    struct mono_time end = mono_after(mono_now(), ms);
    for (bool stopping = false; !stopping && mono_between(mono_now(), end) > 0;) {
        int64_t left = mono_between(mono_now(), end), slice = left < 50 ? left : 50;
        const struct timespec sleep = {0, (long)slice * 1000000};
        nanosleep(&sleep, NULL);
        pthread_mutex_lock(&server->world.lock);
        stopping = server->world.stopping;
        pthread_mutex_unlock(&server->world.lock);
    }
}

/* The faults that hit this request. */
static struct server_faults draw_faults(struct exchange *e)
{
    const struct buf *text = &e->request;
    pthread_mutex_lock(&e->server->world.lock);
    struct server_faults *all = &e->server->faults, hit = *all;
    bool match = all->count && (!*all->match || (text->len && strstr(text->data, all->match)));
    if (match && all->count > 0)
        all->count--;
    uint64_t key = noise_key(e->server->world.options.seed, all->drawn++);
    e->drop = match && noise_unit(key) < all->drop;
    pthread_mutex_unlock(&e->server->world.lock);
    return match ? hit : (struct server_faults){0};
}

/* ---- requests ---- */

/* The session key in a Cookie header, with or without quotes. */
static void read_cookie(const struct exchange *e, char key[SESSION_KEY])
{
    static const char name[] = "vmware_soap_session=";
    const char *header =
        MHD_lookup_connection_value(e->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_COOKIE);
    const char *at = header ? strstr(header, name) : NULL;
    key[0] = '\0';
    if (!at)
        return;
    at += sizeof name - 1;
    at += *at == '"';
    size_t n = strspn(at, "0123456789abcdef");
    if (n == SESSION_KEY - 1)
        snprintf(key, SESSION_KEY, "%.*s", (int)n, at);
}

static void answer_soap(struct exchange *e)
{
    struct server_faults faults = draw_faults(e);
    pause_ms(e->server, faults.latency_ms);
    e->truncate = faults.truncate;
    if (e->drop)
        return;
    if (faults.status) {
        e->status = faults.status;
        e->type = "text/html";
        buf_printf(&e->answer, "<html><body><h1>%d</h1></body></html>\n", faults.status);
        return;
    }
    char key[SESSION_KEY];
    struct soap_reply reply;
    read_cookie(e, key);
    soap_answer(e->server, e->request.data ? e->request.data : "", e->request.len, key, &reply);
    buf_free(&e->answer);
    e->answer = reply.body;
    e->status = reply.status;
    e->type = "text/xml; charset=utf-8";
    if (*reply.set_cookie)
        snprintf(e->cookie, sizeof e->cookie, "vmware_soap_session=\"%s\"; Path=/; HttpOnly;%s",
                 reply.set_cookie, e->server->tls ? " Secure;" : "");
}

static void answer_versions(struct exchange *e)
{
    e->type = "text/xml";
    buf_str(&e->answer,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<namespaces version=\"1.0\"><namespace>"
            "<name>urn:vim25</name><version>7.0.3.0</version><priorVersions>");
    static const char *const prior[] = {"7.0.2.0", "7.0.1.0", "7.0.0.0", "6.7.3", "6.7.2",
                                        "6.7.1",   "6.7",     "6.5",     "6.0",   "5.5"};
    for (size_t i = 0; i < sizeof prior / sizeof *prior; i++)
        buf_printf(&e->answer, "<version>%s</version>", prior[i]);
    buf_str(&e->answer, "</priorVersions></namespace></namespaces>\n");
}

static void answer_control(struct exchange *e)
{
    e->status = control_answer(e->server, e->request.data ? e->request.data : "", e->request.len,
                               &e->answer);
}

static bool time_argument(const struct exchange *e, const char *name, int64_t *ret)
{
    struct server_time time;
    const char *text = MHD_lookup_connection_value(e->connection, MHD_GET_ARGUMENT_KIND, name);
    if (!text || !clock_parse_iso(text, strlen(text), &time))
        return false;
    *ret = time.ms;
    return true;
}

static void answer_truth(struct exchange *e)
{
    int64_t from = 0, to = 0;
    const char *moid = MHD_lookup_connection_value(e->connection, MHD_GET_ARGUMENT_KIND, "moid");
    const char *error = "from and to: two dates like 2026-01-31T12:00:00Z";
    if (time_argument(e, "from", &from) && time_argument(e, "to", &to)) {
        if (!truth_write(&e->server->world, from, to, moid, &e->answer))
            return;
        error = "moid: no such VM, or more than fits into one answer";
    }
    buf_clear(&e->answer);
    e->status = 400;
    buf_printf(&e->answer, "{\"error\":\"%s\"}\n", error);
}

static void answer_stats(struct exchange *e)
{
    struct server *server = e->server;
    pthread_mutex_lock(&server->world.lock);
    const struct server_stats *s = &server->stats;
    const struct {
        const char *name;
        uint64_t value;
    } members[] = {{"unknown", s->unknown},
                   {"faults", s->faults},
                   {"bytes_in", s->bytes_in},
                   {"bytes_out", s->bytes_out},
                   {"wire_bytes_out", s->wire_bytes_out},
                   {"query_perf_entities", s->query_perf_entities},
                   {"query_perf_series", s->query_perf_series},
                   {"query_perf_samples", s->query_perf_samples},
                   {"query_perf_bytes", s->query_perf_bytes}};
    buf_str(&e->answer, "{\"calls\":{");
    soap_write_stats(server, &e->answer);
    buf_char(&e->answer, '}');
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        buf_printf(&e->answer, ",\"%s\":%llu", members[i].name,
                   (unsigned long long)members[i].value);
    size_t sessions = 0;
    for (size_t i = 0; i < SESSIONS_MAX; i++)
        sessions += server->sessions[i].open;
    buf_printf(&e->answer, ",\"sessions\":%zu}\n", sessions);
    pthread_mutex_unlock(&server->world.lock);
}

static const struct {
    const char *method, *path;
    void (*answer)(struct exchange *exchange);
} routes[] = {
    {"POST", "/sdk", answer_soap},
    {"POST", "/sdk/vimService", answer_soap},
    {"GET", "/sdk/vimServiceVersions.xml", answer_versions},
    {"POST", "/control", answer_control},
    {"GET", "/truth", answer_truth},
    {"GET", "/stats", answer_stats},
};

static void answer(struct exchange *e, const char *method, const char *path)
{
    e->status = 404;
    e->type = "application/json";
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        if (strcmp(routes[i].path, path) != 0)
            continue;
        e->status = 405;
        if (strcmp(routes[i].method, method) != 0)
            continue;
        e->status = 200;
        routes[i].answer(e);
        return;
    }
    buf_printf(&e->answer, "{\"error\":\"%d\"}\n", e->status);
}

/* Called when the headers are in, for each piece of the body, and at its end. */
static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *data,
                              size_t *data_size, void **state)
{
    (void)version;
    struct exchange *e = *state;
    if (!e) {
        e = calloc(1, sizeof *e);
        if (!e)
            return MHD_NO;
        e->server = ((struct http *)context)->server;
        e->connection = connection;
        buf_init(&e->request, REQUEST_CAP);
        buf_init(&e->answer, TRUTH_CAP);
        *state = e;
        return MHD_YES;
    }
    if (*data_size) {
        buf_add(&e->request, data, *data_size);
        *data_size = 0;
        return buf_ok(&e->request) ? MHD_YES : MHD_NO;
    }
    answer(e, method, url);
    return e->drop ? MHD_NO : send_answer(e);
}

static void done(void *context, struct MHD_Connection *connection, void **state,
                 enum MHD_RequestTerminationCode why)
{
    (void)context;
    (void)connection;
    (void)why;
    struct exchange *e = *state;
    if (!e)
        return;
    buf_free(&e->request);
    buf_free(&e->answer);
    free(e);
    *state = NULL;
}

struct http *http_start(struct server *server, const struct sockaddr *address, const char *cert,
                        const char *key)
{
    struct http *http = malloc(sizeof *http);
    if (!http)
        return NULL;
    http->server = server;
    unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL;
    if (address->sa_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    struct MHD_OptionItem tls[] = {{MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)cert},
                                   {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)key},
                                   {MHD_OPTION_END, 0, NULL}};
    if (cert)
        flags |= MHD_USE_TLS;
    else
        tls[0] = tls[2];
    http->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, handle, http, MHD_OPTION_SOCK_ADDR, address,
        MHD_OPTION_NOTIFY_COMPLETED, done, NULL, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
        MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK_BYTES, MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
    if (http->daemon)
        return http;
    free(http);
    return NULL;
}

int http_port(const struct http *http)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_BIND_PORT);
    return info ? info->port : 0;
}

void http_stop(struct http *http)
{
    struct world *world = &http->server->world;
    pthread_mutex_lock(&world->lock);
    world->stopping = true;
    pthread_cond_broadcast(&world->changed);
    pthread_mutex_unlock(&world->lock);
    MHD_stop_daemon(http->daemon);
    free(http);
}
