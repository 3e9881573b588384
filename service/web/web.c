/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "web/web.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/caps.h"
#include "web/assets.h"
#include "web/server.h"

static const struct route routes[] = {
    {"/", false, NULL, assets_page},
    {"/assets/", true, NULL, assets_file},
    {"/api/v1/vms", false, "sort order search resource state vcenter host limit offset", api_vms},
    {"/api/v1/vms/", true, "quantities form from to step", api_vm},
    {"/api/v1/hosts", false, "vcenter name limit offset", api_hosts},
    {"/api/v1/quantities", false, "", api_quantities},
    {"/api/v1/status", false, "", api_status},
    {"/metrics", false, "match shard timestamps", scrape_metrics},
    {"/healthz", false, NULL, health_live},
    {"/readyz", false, NULL, health_ready},
};

/* Everything the page needs comes from here, and nobody may frame it or read it from elsewhere. */
static const struct {
    const char *name, *value;
} headers[] = {
    {"Content-Security-Policy",
     "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
};

/* ---- the store, for the routes ---- */

void web_store_failed(struct web *web, const struct store_error *err, struct reply *reply)
{
    complain(&web->queries, LOG_ERROR, "web", "query_failed", "error=%s", log_quote(err->message));
    reply_error(reply, MHD_HTTP_SERVICE_UNAVAILABLE, "the embedded store failed: %s", err->message);
}

bool web_have_store(const struct web *web, struct reply *reply)
{
    if (!web->embedded)
        reply_error(reply, MHD_HTTP_SERVICE_UNAVAILABLE,
                    "no embedded store is configured, so there is nothing to read back; add a "
                    "store of type embedded");
    return web->embedded != NULL;
}

struct snapshot *web_newest(struct web *web, struct reply *reply)
{
    struct store_error err = {.message = ""};
    if (!web_have_store(web, reply))
        return NULL;
    if (snapshot_renew(web->seen, web->embedded, &err) != 0) {
        web_store_failed(web, &err, reply);
        return NULL;
    }
    complain_over(&web->queries, "web", "query_failed", "the embedded store answers again");
    return web->seen;
}

bool web_row(struct web *web, const char *vcenter, const char *moid, struct row_batch *ret,
             struct reply *reply)
{
    struct store_error err = {.message = ""};
    if (!web_have_store(web, reply))
        return false;
    row_batch_init(ret);
    if (embedded_latest_of(web->embedded, vcenter, moid, ret, &err) != 0) {
        web_store_failed(web, &err, reply);
        row_batch_free(ret);
        return false;
    }
    if (ret->nrows)
        return true;
    row_batch_free(ret);
    reply_error(reply, MHD_HTTP_NOT_FOUND, "no rows of \"%.100s\" in vCenter \"%.100s\"", moid,
                vcenter);
    return false;
}

/* ---- a request and its response ---- */

static const struct route *find_route(const char *path)
{
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        size_t n = strlen(routes[i].path);
        if (routes[i].prefix ? strncmp(path, routes[i].path, n) == 0
                             : strcmp(path, routes[i].path) == 0)
            return &routes[i];
    }
    return NULL;
}

/* Routes without a list of parameters take any: links, probes and scrapers add their own. */
static void dispatch(struct request *request, const char *path, const char *method,
                     struct reply *reply)
{
    const struct route *route = find_route(path);
    if (!request_host_known(request))
        reply_error(reply, MHD_HTTP_MISDIRECTED_REQUEST,
                    "not a name of this server; allowed: localhost, 127.0.0.1, [::1]");
    else if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        reply_error(reply, MHD_HTTP_METHOD_NOT_ALLOWED, "%.20s is not allowed; allowed: GET, HEAD",
                    method);
    else if (!route)
        reply_error(reply, MHD_HTTP_NOT_FOUND,
                    "no such address; allowed: /, /api/v1/vms, /api/v1/hosts, "
                    "/api/v1/quantities, /api/v1/status, /metrics, /healthz, /readyz");
    else if (!route->params || request_params_known(request, route->params, reply)) {
        request->rest = path + strlen(route->path);
        route->handle(request, reply);
    }
}

static bool header_holds(struct MHD_Connection *connection, const char *name, const char *text)
{
    const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
    return value && strstr(value, text);
}

/* An asset is asked again each time, and answered with 304 while it is the same. */
static struct MHD_Response *asset_response(struct MHD_Connection *connection,
                                           const struct asset *asset, unsigned *status)
{
    bool gzip = header_holds(connection, MHD_HTTP_HEADER_ACCEPT_ENCODING, "gzip");
    const unsigned char *bytes = gzip ? asset->gzip : asset->plain;
    size_t n = gzip ? asset->ngzip : asset->nplain;
    char tag[80];
    snprintf(tag, sizeof tag, "\"%s%s\"", asset->hash, gzip ? "-gz" : "");
    if (header_holds(connection, MHD_HTTP_HEADER_IF_NONE_MATCH, tag)) {
        *status = MHD_HTTP_NOT_MODIFIED;
        n = 0;
    }
    /* The library wants a plain pointer, and never writes through it. */
    struct MHD_Response *response =
        MHD_create_response_from_buffer(n, (void *)bytes, MHD_RESPMEM_PERSISTENT);
    if (!response)
        return NULL;
    MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, tag);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache");
    MHD_add_response_header(response, MHD_HTTP_HEADER_VARY, MHD_HTTP_HEADER_ACCEPT_ENCODING);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, asset->type);
    if (gzip && n)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
    return response;
}

static struct MHD_Response *body_response(struct reply *reply)
{
    if (!buf_ok(&reply->body)) /* the cap or memory: said in words, never a cut answer */
        reply_error(reply, MHD_HTTP_CONTENT_TOO_LARGE, "the answer is larger than %d bytes",
                    CAP_PAGE_BYTES);
    size_t n = reply->body.len;
    char *text = buf_take(&reply->body);
    if (!text)
        return NULL;
    struct MHD_Response *response = MHD_create_response_from_buffer(n, text, MHD_RESPMEM_MUST_FREE);
    if (!response) {
        free(text);
        return NULL;
    }
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->type);
    if (reply->status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    return response;
}

static enum MHD_Result send_reply(struct MHD_Connection *connection, struct reply *reply)
{
    struct MHD_Response *response = reply->asset
                                        ? asset_response(connection, reply->asset, &reply->status)
                                        : body_response(reply);
    if (!response)
        return MHD_NO; /* out of memory: the connection is closed */
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        MHD_add_response_header(response, headers[i].name, headers[i].value);
    enum MHD_Result sent = MHD_queue_response(connection, reply->status, response);
    MHD_destroy_response(response);
    return sent;
}

static enum MHD_Result answer(void *cls, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **state)
{
    static int seen;
    (void)version;
    (void)upload;
    if (!*state || *upload_size) { /* before the end of the request; no body is looked at */
        *state = &seen;
        *upload_size = 0;
        return MHD_YES;
    }
    struct request request = {.web = cls, .connection = connection};
    struct reply reply = {.status = MHD_HTTP_OK, .type = "application/json"};
    buf_init(&reply.body, CAP_PAGE_BYTES);
    dispatch(&request, url, method, &reply);
    enum MHD_Result sent = send_reply(connection, &reply);
    buf_free(&reply.body);
    return sent;
}

/* ---- start and stop ---- */

struct address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } socket;
    bool v6;
};

static int fail(struct web_error *err, const char *listen, const char *why)
{
    snprintf(err->message, sizeof err->message, "cannot listen on \"%.100s\": %.200s", listen, why);
    return -1;
}

static bool read_port(const char *text, in_port_t *ret)
{
    char *end;
    unsigned long port = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || port > 65535)
        return false;
    *ret = htons((uint16_t)port);
    return true;
}

/* "127.0.0.1:8077", "localhost:8077", "[::1]:8077" */
static int read_listen(const char *listen, struct web *web, struct address *ret,
                       struct web_error *err)
{
    static const char allowed[] = "allowed: ADDRESS:PORT with a numeric address or localhost, like "
                                  "127.0.0.1:8077 or [::1]:8077";
    *ret = (struct address){.v6 = *listen == '['};
    const char *colon = strrchr(listen, ':');
    size_t n = colon ? (size_t)(colon - listen) : 0;
    in_port_t port;
    if (!n || n >= sizeof web->host || (ret->v6 && listen[n - 1] != ']') ||
        !read_port(colon + 1, &port))
        return fail(err, listen, allowed);
    memcpy(web->host, listen, n);
    web->host[n] = '\0';
    if (ret->v6) {
        char bare[sizeof web->host];
        snprintf(bare, sizeof bare, "%.*s", (int)n - 2, listen + 1);
        ret->socket.v6.sin6_family = AF_INET6;
        ret->socket.v6.sin6_port = port;
        web->loopback = strcmp(bare, "::1") == 0;
        return inet_pton(AF_INET6, bare, &ret->socket.v6.sin6_addr) == 1
                   ? 0
                   : fail(err, listen, allowed);
    }
    const char *numeric = strcmp(web->host, "localhost") == 0 ? "127.0.0.1" : web->host;
    ret->socket.v4.sin_family = AF_INET;
    ret->socket.v4.sin_port = port;
    if (inet_pton(AF_INET, numeric, &ret->socket.v4.sin_addr) != 1)
        return fail(err, listen, allowed);
    web->loopback = ntohl(ret->socket.v4.sin_addr.s_addr) >> 24 == 127;
    return 0;
}

static struct MHD_Daemon *start_daemon(struct web *web, const struct address *address)
{
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | (address->v6 ? MHD_USE_IPv6 : MHD_NO_FLAG);
    return MHD_start_daemon(flags, 0, NULL, NULL, answer, web, MHD_OPTION_SOCK_ADDR,
                            &address->socket.any, MHD_OPTION_CONNECTION_LIMIT,
                            (unsigned)CAP_WEB_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, 60u,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)(32 << 10),
                            MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
}

int web_start(const struct web_options *options, struct web **ret, struct web_error *err)
{
    struct address address;
    struct web *web = calloc(1, sizeof *web);
    if (!web || !(web->seen = snapshot_new())) {
        fail(err, options->listen, "out of memory");
        goto failed;
    }
    web->metrics = options->metrics;
    verdict_defaults(&web->verdict);
    if (options->verdict)
        web->verdict = *options->verdict;
    web->embedded = options->embedded;
    if (read_listen(options->listen, web, &address, err) != 0)
        goto failed;
    errno = 0;
    web->daemon = start_daemon(web, &address);
    if (!web->daemon) {
        fail(err, options->listen, errno ? strerror(errno) : "libmicrohttpd does not start");
        goto failed;
    }
    web->port = MHD_get_daemon_info(web->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    snprintf(web->address, sizeof web->address, "http://%s:%d/", web->host, web->port);
    log_event(LOG_INFO, "web", "listening", "address=%s", web->address);
    if (!web->loopback)
        log_event(LOG_WARN, "web", "open_address",
                  "whoever reaches this address may read; put a proxy with a login before it");
    *ret = web;
    return 0;
failed:
    web_stop(web);
    return -1;
}

int web_port(const struct web *web)
{
    return web->port;
}

const char *web_address(const struct web *web)
{
    return web->address;
}

void web_stop(struct web *web)
{
    if (!web)
        return;
    if (web->daemon)
        MHD_stop_daemon(web->daemon);
    snapshot_free(web->seen);
    free(web);
}
