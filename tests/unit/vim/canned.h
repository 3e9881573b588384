/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * A server inside the test: it listens on loopback, answers each request with the first reply of a
 * script that is not used up and fits, and keeps the requests. A request that fits nothing gets
 * status 500 "no reply", so that a test that asks too much fails.
 */
#ifndef TESTS_UNIT_VIM_CANNED_H
#define TESTS_UNIT_VIM_CANNED_H

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define CANNED __attribute__((unused)) static

enum { CANNED_REQUESTS = 256, CANNED_CONNECTIONS = 32 };

struct canned_reply {
    const char *when;    /* a text in the request; NULL = any */
    int status;          /* 0 = 200; -1 = hang up without an answer */
    const char *headers; /* more header lines, each with CRLF; NULL = none */
    const char *body;
    size_t len;    /* 0 = strlen(body) */
    size_t cut_at; /* hang up after so many bytes of the body; 0 = send it all */
    int delay_ms;
    bool repeat; /* never used up */
};

struct canned {
    int socket;
    char url[64];
    SSL_CTX *tls; /* NULL = plain HTTP */
    struct canned_reply script[64];
    bool used[64];
    size_t nscript;
    pthread_mutex_t lock;
    pthread_t acceptor, threads[CANNED_CONNECTIONS];
    int sockets[CANNED_CONNECTIONS];
    size_t nconnections;
    char *requests[CANNED_REQUESTS];
    size_t nrequests;
    atomic_bool stopping; /* ends every delay */
    size_t nbytes;        /* of requests, before any was understood */
};

struct canned_link {
    struct canned *server;
    int socket;
    SSL *ssl;
};

#define SOAP_HEAD                                                                    \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"                                   \
    "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" " \
    "xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" "                                \
    "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soapenv:Body>"
#define SOAP_TAIL "</soapenv:Body></soapenv:Envelope>"
#define SOAP(body) SOAP_HEAD body SOAP_TAIL
#define SOAP_FAULT(text, name)                                                                    \
    SOAP("<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>" text                \
         "</faultstring><detail><" name "Fault xmlns=\"urn:vim25\" xsi:type=\"" name "\"></" name \
         "Fault></detail></soapenv:Fault>")

/* What a login needs. */
#define SERVICE_CONTENT                                                                        \
    SOAP("<RetrieveServiceContentResponse xmlns=\"urn:vim25\"><returnval>"                     \
         "<rootFolder type=\"Folder\">group-d1</rootFolder>"                                   \
         "<propertyCollector type=\"PropertyCollector\">propertyCollector</propertyCollector>" \
         "<viewManager type=\"ViewManager\">ViewManager</viewManager>"                         \
         "<about><name>VMware vCenter Server</name><fullName>VMware vCenter Server 8.0.2 "     \
         "build-1</fullName><version>8.0.2</version><build>1</build><newThing>x</newThing>"    \
         "<apiType>VirtualCenter</apiType><apiVersion>8.0.2.0</apiVersion>"                    \
         "<instanceUuid>11111111-2222-3333-4444-555555555555</instanceUuid></about>"           \
         "<setting type=\"OptionManager\">VpxSettings</setting>"                               \
         "<sessionManager type=\"SessionManager\">SessionManager</sessionManager>"             \
         "<perfManager type=\"PerformanceManager\">PerfMgr</perfManager>"                      \
         "<newManager type=\"New\">x</newManager></returnval></RetrieveServiceContentResponse>")
#define LOGIN_REPLY                                                        \
    SOAP("<LoginResponse xmlns=\"urn:vim25\"><returnval><key>52-key</key>" \
         "<userName>VSPHERE.LOCAL\\u</userName></returnval></LoginResponse>")
#define LOGIN_COOKIE "Set-Cookie: vmware_soap_session=\"abc\"; Path=/; HttpOnly\r\n"
#define LOGIN_SCRIPT                                                    \
    {.when = "RetrieveServiceContent", .body = SERVICE_CONTENT},        \
    {                                                                   \
        .when = ":Login>", .headers = LOGIN_COOKIE, .body = LOGIN_REPLY \
    }

CANNED long canned_read(struct canned_link *link, char *bytes, size_t room)
{
    return link->ssl ? SSL_read(link->ssl, bytes, (int)room)
                     : (long)recv(link->socket, bytes, room, 0);
}

CANNED void canned_write(struct canned_link *link, const char *bytes, size_t n)
{
    while (n) {
        long done = link->ssl ? SSL_write(link->ssl, bytes, n > 16384 ? 16384 : (int)n)
                              : (long)send(link->socket, bytes, n, MSG_NOSIGNAL);
        if (done <= 0)
            return;
        bytes += done;
        n -= (size_t)done;
    }
}

/* One whole request, malloc'ed, or NULL at the end of the connection. */
CANNED char *canned_receive(struct canned_link *link)
{
    size_t room = 1 << 20, len = 0, need = SIZE_MAX;
    char *text = calloc(1, room);
    while (text && len < need && len + 1 < room) {
        long n = canned_read(link, text + len, room - 1 - len);
        if (n <= 0)
            break;
        len += (size_t)n;
        link->server->nbytes += (size_t)n;
        char *end = strstr(text, "\r\n\r\n");
        char *length = strcasestr(text, "Content-Length:");
        if (end)
            need = (size_t)(end + 4 - text) +
                   (length && length < end ? strtoul(length + 15, NULL, 10) : 0);
    }
    if (len >= need)
        return text;
    free(text);
    return NULL;
}

CANNED struct canned_reply canned_choose(struct canned *server, char *request)
{
    struct canned_reply reply = {.status = 500, .body = "no reply"};
    pthread_mutex_lock(&server->lock);
    for (size_t i = 0; i < server->nscript; i++) {
        const char *when = server->script[i].when;
        if (server->used[i] || (when && !strstr(request, when)))
            continue;
        reply = server->script[i];
        server->used[i] = !reply.repeat;
        break;
    }
    if (server->nrequests < CANNED_REQUESTS)
        server->requests[server->nrequests++] = request;
    else
        free(request);
    pthread_mutex_unlock(&server->lock);
    return reply;
}

CANNED bool canned_answer(struct canned_link *link, const struct canned_reply *reply)
{
    char head[1024];
    size_t len = reply->len ? reply->len : reply->body ? strlen(reply->body) : 0;
    for (int ms = 0; ms < reply->delay_ms && !atomic_load(&link->server->stopping); ms += 5)
        usleep(5000);
    if (reply->status < 0)
        return false;
    snprintf(head, sizeof head,
             "HTTP/1.1 %d Reply\r\nContent-Type: text/xml\r\nContent-Length: %zu\r\n%s\r\n",
             reply->status ? reply->status : 200, len, reply->headers ? reply->headers : "");
    canned_write(link, head, strlen(head));
    canned_write(link, reply->body, reply->cut_at ? reply->cut_at : len);
    return !reply->cut_at;
}

CANNED void *canned_connection(void *arg)
{
    struct canned_link link = *(struct canned_link *)arg;
    free(arg);
    bool on = true;
    if (link.server->tls) {
        link.ssl = SSL_new(link.server->tls);
        SSL_set_fd(link.ssl, link.socket);
        on = SSL_accept(link.ssl) == 1;
    }
    while (on) {
        char *request = canned_receive(&link);
        if (!request)
            break;
        struct canned_reply reply = canned_choose(link.server, request);
        on = canned_answer(&link, &reply);
    }
    if (link.ssl)
        SSL_free(link.ssl);
    shutdown(link.socket, SHUT_RDWR);
    return NULL;
}

CANNED void *canned_accept(void *arg)
{
    struct canned *server = arg;
    for (;;) {
        int socket = accept(server->socket, NULL, NULL);
        if (socket < 0 || server->nconnections == CANNED_CONNECTIONS)
            return NULL;
        struct canned_link *link = calloc(1, sizeof *link);
        int on = 1; /* else each answer waits 40 ms for an acknowledgement */
        if (!link || setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on))
            abort();
        *link = (struct canned_link){.server = server, .socket = socket};
        server->sockets[server->nconnections] = socket;
        if (pthread_create(&server->threads[server->nconnections], NULL, canned_connection, link))
            abort();
        server->nconnections++;
    }
}

CANNED void canned_start(struct canned *server, SSL_CTX *tls, const struct canned_reply *script,
                         size_t n)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    memset(server, 0, sizeof *server);
    if (n > sizeof server->script / sizeof server->script[0])
        abort();
    if (n)
        memcpy(server->script, script, n * sizeof *script);
    server->nscript = n;
    server->tls = tls;
    pthread_mutex_init(&server->lock, NULL);
    server->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(server->socket, (struct sockaddr *)&address, sizeof address) ||
        listen(server->socket, 16) ||
        getsockname(server->socket, (struct sockaddr *)&address, &len) ||
        pthread_create(&server->acceptor, NULL, canned_accept, server))
        abort();
    snprintf(server->url, sizeof server->url, "%s://127.0.0.1:%u/sdk", tls ? "https" : "http",
             (unsigned)ntohs(address.sin_port));
}

/* How many requests had this text in them. */
CANNED size_t canned_asked(struct canned *server, const char *text)
{
    size_t n = 0;
    pthread_mutex_lock(&server->lock);
    for (size_t i = 0; i < server->nrequests; i++)
        n += strstr(server->requests[i], text) != NULL;
    pthread_mutex_unlock(&server->lock);
    return n;
}

/* The newest request with this text, or "". */
CANNED const char *canned_request(struct canned *server, const char *text)
{
    const char *found = "";
    pthread_mutex_lock(&server->lock);
    for (size_t i = 0; i < server->nrequests; i++)
        if (strstr(server->requests[i], text))
            found = server->requests[i];
    pthread_mutex_unlock(&server->lock);
    return found;
}

CANNED void canned_stop(struct canned *server)
{
    atomic_store(&server->stopping, true);
    shutdown(server->socket, SHUT_RDWR);
    pthread_join(server->acceptor, NULL);
    close(server->socket);
    for (size_t i = 0; i < server->nconnections; i++) {
        shutdown(server->sockets[i], SHUT_RDWR);
        pthread_join(server->threads[i], NULL);
        close(server->sockets[i]);
    }
    for (size_t i = 0; i < server->nrequests; i++)
        free(server->requests[i]);
    pthread_mutex_destroy(&server->lock);
}

#endif
