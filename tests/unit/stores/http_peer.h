/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * A small HTTP server, for tests of senders: a thread for each connection to a loopback port
 * unpacks gzip bodies and answers what a function of the test says, one request at a time; requests
 * for paths with "/early" are answered before their body was read. It does not share code with what
 * it tests.
 */
#ifndef TESTS_STORES_HTTP_PEER_H
#define TESTS_STORES_HTTP_PEER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

enum { PEER_HEAD = 8192, PEER_BODY = 4 << 20, PEER_CONNECTIONS = 256 };

struct peer_request {
    char head[PEER_HEAD]; /* request line and headers */
    char *body;           /* unpacked, NUL-terminated */
    size_t n, wire;       /* bytes unpacked; as sent */
    bool gzip;
    int number;     /* of requests so far, from 1 */
    int connection; /* from 1 */
};

struct peer_answer {
    int status;          /* 0 = close without an answer */
    const char *headers; /* more headers, each ended by "\r\n"; NULL = none */
    const char *text;    /* body; NULL = none */
    bool cut;            /* promise a longer body and close */
};

struct peer;

struct peer_connection {
    struct peer *peer;
    pthread_t thread;
    int fd, number;
};

struct peer {
    int listener;
    int port;
    pthread_t thread;
    pthread_mutex_t lock; /* held while answer() runs; take it to look at what it collects */
    void (*answer)(void *ctx, const struct peer_request *request, struct peer_answer *answer);
    void *ctx;
    int requests, connections;
    struct peer_connection *all[PEER_CONNECTIONS];
    struct peer_request last;
};

/* The value of a header of the last request, "" if it has none. */
static inline const char *peer_header(const struct peer_request *request, const char *name,
                                      char value[256])
{
    size_t n = strlen(name);
    value[0] = '\0';
    for (const char *line = strstr(request->head, "\r\n"); line; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, n) == 0 && line[n] == ':') {
            size_t length = strcspn(line + n + 2, "\r\n");
            snprintf(value, 256, "%.*s", (int)length, line + n + 2);
        }
    }
    return value;
}

static inline bool peer_read_head(int fd, struct peer_request *r)
{
    size_t n = 0;
    r->head[0] = '\0';
    while (n < PEER_HEAD - 1 && !strstr(r->head, "\r\n\r\n")) {
        if (read(fd, r->head + n, 1) != 1)
            return false;
        r->head[++n] = '\0';
    }
    return true;
}

static inline void peer_unpack(struct peer_request *r)
{
    char *plain = calloc(1, PEER_BODY);
    z_stream zip = {0};
    inflateInit2(&zip, 15 + 16);
    zip.next_in = (unsigned char *)r->body;
    zip.avail_in = (uInt)r->n;
    zip.next_out = (unsigned char *)plain;
    zip.avail_out = PEER_BODY - 1;
    r->gzip = inflate(&zip, Z_FINISH) == Z_STREAM_END && zip.avail_in == 0;
    r->n = zip.total_out;
    inflateEnd(&zip);
    free(r->body);
    r->body = plain;
}

static inline bool peer_read_body(int fd, struct peer_request *r)
{
    char value[256];
    size_t length = strtoul(peer_header(r, "Content-Length", value), NULL, 10), got = 0;
    free(r->body);
    r->body = calloc(1, length + 1);
    while (got < length) {
        ssize_t n = read(fd, r->body + got, length - got);
        if (n <= 0)
            return false;
        got += (size_t)n;
    }
    r->n = r->wire = length;
    r->gzip = false;
    if (strcmp(peer_header(r, "Content-Encoding", value), "gzip") == 0)
        peer_unpack(r);
    return true;
}

static inline bool peer_say(int fd, const struct peer_answer *a)
{
    char text[PEER_HEAD];
    const char *body = a->text ? a->text : "";
    int n =
        snprintf(text, sizeof text, "HTTP/1.1 %d X\r\n%sContent-Length: %zu\r\n\r\n%s", a->status,
                 a->headers ? a->headers : "", strlen(body) + (a->cut ? 100 : 0), body);
    return n > 0 && send(fd, text, (size_t)n, MSG_NOSIGNAL) == n;
}

/* One request. False: close the connection. */
static inline bool peer_serve(struct peer *p, int fd, int connection)
{
    struct peer_request r = {0};
    struct peer_answer a = {.status = 204};
    if (!peer_read_head(fd, &r))
        return false;
    bool early = strstr(r.head, "/early") != NULL; /* answers before the body was read */
    if (!early && !peer_read_body(fd, &r)) {
        free(r.body);
        return false;
    }
    pthread_mutex_lock(&p->lock);
    r.number = ++p->requests;
    r.connection = connection;
    p->answer(p->ctx, &r, &a);
    free(p->last.body);
    p->last = r;
    pthread_mutex_unlock(&p->lock);
    if (!a.status || !peer_say(fd, &a))
        return false;
    return !a.cut && !early;
}

static inline void *peer_talk(void *ctx)
{
    struct peer_connection *c = ctx;
    while (peer_serve(c->peer, c->fd, c->number))
        ;
    shutdown(c->fd, SHUT_RDWR);
    close(c->fd);
    return NULL;
}

static inline void *peer_run(void *ctx)
{
    struct peer *p = ctx;
    int fd;
    while ((fd = accept(p->listener, NULL, NULL)) >= 0) {
        struct peer_connection *c = calloc(1, sizeof *c);
        pthread_mutex_lock(&p->lock);
        if (!c || p->connections == PEER_CONNECTIONS)
            abort();
        p->all[p->connections++] = c;
        *c = (struct peer_connection){.peer = p, .fd = fd, .number = p->connections};
        pthread_mutex_unlock(&p->lock);
        if (pthread_create(&c->thread, NULL, peer_talk, c) != 0)
            abort();
    }
    return NULL;
}

static inline void
peer_start(struct peer *p,
           void (*answer)(void *, const struct peer_request *, struct peer_answer *), void *ctx)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    *p = (struct peer){.answer = answer, .ctx = ctx, .lock = PTHREAD_MUTEX_INITIALIZER};
    p->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(p->listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(p->listener, 64) != 0 ||
        getsockname(p->listener, (struct sockaddr *)&address, &size) != 0 ||
        pthread_create(&p->thread, NULL, peer_run, p) != 0)
        abort();
    p->port = ntohs(address.sin_port);
}

/* Close the client's connections first. */
static inline void peer_stop(struct peer *p)
{
    shutdown(p->listener, SHUT_RDWR);
    pthread_join(p->thread, NULL);
    close(p->listener);
    for (int i = 0; i < p->connections; i++) {
        pthread_join(p->all[i]->thread, NULL);
        free(p->all[i]);
    }
    free(p->last.body);
}

#endif
