/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "stores/http_post.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/caps.h"

enum { DEFAULT_TIMEOUT_S = 30, CONNECT_TIMEOUT_S = 10, GZIP_SLACK = 1024 };

struct http_post {
    CURL *curl;
    struct curl_slist *headers, *gzip_headers;
    char *authorization, *answer_header; /* "" = none */
    bool has_header;                     /* of the answer that is coming in */
    int64_t header;
    const char *body; /* what is left to be sent */
    size_t body_n;
    bool gzip;
    z_stream zip; /* kept: its tables are 256 KiB */
    struct buf zipped, reply;
    atomic_bool canceled;
    bool kept; /* the connection of the newest request stayed open */
    char reason[CURL_ERROR_SIZE];
};

/* First match counts; what no row names is a wrong address: redirects, 405, 407, 415 ... */
static const struct {
    long first, last;
    enum http_verdict verdict;
} statuses[] = {
    {200, 299, HTTP_DONE},      {400, 400, HTTP_BAD_BODY},   {408, 408, HTTP_AGAIN},
    {413, 413, HTTP_TOO_LARGE}, {422, 422, HTTP_BAD_BODY},   {429, 429, HTTP_AGAIN},
    {502, 504, HTTP_AGAIN},     {500, 599, HTTP_AGAIN_SOME},
};

/* Failures that waiting does not mend; all others are a network or a server that may come back. */
static const CURLcode setup_failures[] = {
    CURLE_URL_MALFORMAT,
    CURLE_UNSUPPORTED_PROTOCOL,
    CURLE_PEER_FAILED_VERIFICATION,
    CURLE_SSL_CACERT_BADFILE,
    CURLE_SSL_CERTPROBLEM,
    CURLE_SSL_ISSUER_ERROR,
    CURLE_SSL_PINNEDPUBKEYNOTMATCH,
};

enum http_verdict http_verdict_of(long status)
{
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (status >= statuses[i].first && status <= statuses[i].last)
            return statuses[i].verdict;
    return HTTP_BAD_SETUP;
}

static enum http_verdict verdict_of_failure(CURLcode code)
{
    for (size_t i = 0; i < sizeof setup_failures / sizeof *setup_failures; i++)
        if (code == setup_failures[i])
            return HTTP_BAD_SETUP;
    return HTTP_AGAIN;
}

static void start_curl(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static size_t on_reply(char *bytes, size_t size, size_t n, void *ctx)
{
    struct http_post *p = ctx;
    size_t room = CAP_STORE_REPLY - p->reply.len, wanted = size * n;
    buf_add(&p->reply, bytes, wanted < room ? wanted : room);
    return wanted <= room ? wanted : 0; /* more than we read: ends the request */
}

/*
 * There is deliberately no way to go back to the begin of a body: curl would use it to send a
 * request again, unasked, when a kept connection breaks, and nobody would know that the server may
 * have got it twice, or was away meanwhile.
 */
static size_t on_read(char *out, size_t size, size_t n, void *ctx)
{
    struct http_post *p = ctx;
    size_t part = size * n < p->body_n ? size * n : p->body_n;
    if (part)
        memcpy(out, p->body, part);
    p->body += part;
    p->body_n -= part;
    return part;
}

/* A header line of an answer; the newest status line counts (a proxy's answer may stand before). */
static size_t on_header(char *bytes, size_t size, size_t n, void *ctx)
{
    struct http_post *p = ctx;
    char line[256], *end;
    size_t all = size * n, length = strlen(p->answer_header);
    snprintf(line, sizeof line, "%.*s", (int)(all < sizeof line ? all : sizeof line - 1), bytes);
    if (strncmp(line, "HTTP/", 5) == 0)
        p->has_header = false;
    if (length && strncasecmp(line, p->answer_header, length) == 0 && line[length] == ':') {
        long long value = strtoll(line + length + 1, &end, 10);
        p->has_header = end != line + length + 1;
        p->header = p->has_header ? value : 0;
    }
    return all;
}

static int on_progress(void *ctx, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                       curl_off_t up)
{
    struct http_post *p = ctx;
    (void)down_total, (void)down, (void)up_total, (void)up;
    return atomic_load(&p->canceled); /* not 0: abort; curl asks at least once a second */
}

static bool header(struct curl_slist **list, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static bool header(struct curl_slist **list, const char *format, ...)
{
    struct buf line;
    va_list args;
    buf_init(&line, 16 << 10);
    va_start(args, format);
    buf_vprintf(&line, format, args);
    va_end(args);
    struct curl_slist *longer = buf_ok(&line) ? curl_slist_append(*list, line.data) : NULL;
    buf_free(&line);
    if (longer)
        *list = longer;
    return longer;
}

/* Adds a line of headers each; nothing where text is NULL. */
static bool add_lines(struct curl_slist **list, const char *text)
{
    while (text && *text) {
        size_t n = strcspn(text, "\n");
        if (n && !header(list, "%.*s", (int)n, text))
            return false;
        text += n + (text[n] == '\n');
    }
    return true;
}

/*
 * Content-Type: VictoriaMetrics takes curl's default (a form) for parameters and writes the whole
 * body into its log with each rejected request. Expect: without it curl waits a second for a
 * "100 Continue" that some servers never send.
 */
static bool make_headers(struct curl_slist **list, const struct http_post *p, const char *type,
                         const char *headers)
{
    return header(list, "Content-Type: %s", type ? type : "text/plain; charset=utf-8") &&
           header(list, "Expect:") &&
           (!*p->authorization || header(list, "Authorization: %s", p->authorization)) &&
           add_lines(list, headers);
}

static bool has_control(const char *text, bool lines)
{
    for (; text && *text; text++)
        if (((unsigned char)*text < ' ' && !(lines && *text == '\n')) || *text == 0x7f)
            return true;
    return false;
}

/* "Name: value"; a name is a token of RFC 9110, and what frames a request is curl's alone. */
static bool is_header(const char *line, size_t n)
{
    static const char token[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    static const char *const framing[] = {"Content-Length", "Transfer-Encoding"};
    size_t name = strspn(line, token);
    for (size_t i = 0; i < sizeof framing / sizeof *framing; i++)
        if (name == strlen(framing[i]) && strncasecmp(line, framing[i], name) == 0)
            return false;
    return name && name < n && line[name] == ':' && strspn(line + name + 1, " ") < n - name - 1;
}

/* "" or what is wrong. A line break in a header would be a request of somebody else's making. */
static const char *wrong_headers(const char *type, const char *headers)
{
    if (has_control(type, false) || has_control(headers, true))
        return "a header has a control character: remove it";
    while (headers && *headers) {
        size_t n = strcspn(headers, "\n");
        if (n && !is_header(headers, n))
            return "a header must read \"Name: value\", and not be Content-Length or "
                   "Transfer-Encoding";
        headers += n + (headers[n] == '\n');
    }
    return "";
}

int http_post_headers(struct http_post *p, const char *content_type, const char *headers)
{
    struct curl_slist *plain = NULL, *gzip = NULL;
    if (*wrong_headers(content_type, headers) || !make_headers(&plain, p, content_type, headers) ||
        !make_headers(&gzip, p, content_type, headers) ||
        !header(&gzip, "Content-Encoding: gzip")) {
        curl_slist_free_all(plain);
        curl_slist_free_all(gzip);
        return -1;
    }
    curl_slist_free_all(p->headers);
    curl_slist_free_all(p->gzip_headers);
    p->headers = plain;
    p->gzip_headers = gzip;
    return 0;
}

static bool set_options(struct http_post *p, const struct http_post_options *options)
{
    CURL *c = p->curl;
    long timeout = options->timeout_s > 0 ? (long)options->timeout_s : DEFAULT_TIMEOUT_S;
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(c, CURLOPT_USERAGENT, "vstrata/" VSTRATA_VERSION);
    curl_easy_setopt(c, CURLOPT_TIMEOUT, timeout);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT,
                     timeout < CONNECT_TIMEOUT_S ? timeout : (long)CONNECT_TIMEOUT_S);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, p->reason);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_reply);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, p);
    curl_easy_setopt(c, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(c, CURLOPT_READDATA, p);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, p);
    curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(c, CURLOPT_XFERINFODATA, p);
    curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
    if (options->ca_file && *options->ca_file &&
        curl_easy_setopt(c, CURLOPT_CAINFO, options->ca_file) != CURLE_OK)
        return false;
    if (options->user && *options->user) {
        curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        if (curl_easy_setopt(c, CURLOPT_USERNAME, options->user) != CURLE_OK ||
            curl_easy_setopt(c, CURLOPT_PASSWORD, options->password) != CURLE_OK)
            return false;
    }
    return true;
}

/* "" or what went wrong. */
static const char *prepare(struct http_post *p, const struct http_post_options *options)
{
    enum { GZIP_FORMAT = 15 + 16, FASTEST = 1, MEMORY = 8 };
    static const char no_memory[] = "out of memory";
    buf_init(&p->zipped, CAP_STORE_BODY + CAP_STORE_BODY / 8 + GZIP_SLACK);
    buf_init(&p->reply, CAP_STORE_REPLY);
    p->authorization = strdup(options->authorization ? options->authorization : "");
    p->answer_header = strdup(options->answer_header ? options->answer_header : "");
    p->curl = curl_easy_init();
    if (!p->authorization || !p->answer_header || !p->curl || !set_options(p, options))
        return no_memory;
    if (has_control(options->authorization, false))
        return "the token has a control character: remove it";
    if (*wrong_headers(options->content_type, options->headers))
        return wrong_headers(options->content_type, options->headers);
    if (http_post_headers(p, options->content_type, options->headers) != 0)
        return no_memory;
    p->gzip = options->gzip && deflateInit2(&p->zip, FASTEST, Z_DEFLATED, GZIP_FORMAT, MEMORY,
                                            Z_DEFAULT_STRATEGY) == Z_OK;
    return "";
}

int http_post_open(const struct http_post_options *options, struct http_post **ret,
                   char message[300])
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start_curl);
    struct http_post *p = calloc(1, sizeof *p);
    const char *wrong = p ? prepare(p, options) : "out of memory";
    if (*wrong) {
        snprintf(message, 300, "cannot prepare HTTP: %s", wrong);
        http_post_close(p);
        return -1;
    }
    *ret = p;
    return 0;
}

void http_post_close(struct http_post *p)
{
    if (!p)
        return;
    curl_easy_cleanup(p->curl);
    curl_slist_free_all(p->headers);
    curl_slist_free_all(p->gzip_headers);
    free(p->authorization);
    free(p->answer_header);
    if (p->gzip)
        deflateEnd(&p->zip);
    buf_free(&p->zipped);
    buf_free(&p->reply);
    free(p);
}

void http_post_cancel(struct http_post *p)
{
    atomic_store(&p->canceled, true);
}

/* Compresses into p->zipped. False: send it as it is. */
static bool zip(struct http_post *p, const void *body, size_t n)
{
    unsigned char chunk[16 << 10];
    int rc = Z_OK;
    buf_clear(&p->zipped);
    if (!p->gzip || n == 0 || n > UINT32_MAX || deflateReset(&p->zip) != Z_OK)
        return false;
    p->zip.next_in = (z_const Bytef *)body;
    p->zip.avail_in = (uInt)n;
    while (rc == Z_OK) {
        p->zip.next_out = chunk;
        p->zip.avail_out = sizeof chunk;
        rc = deflate(&p->zip, Z_FINISH);
        buf_add(&p->zipped, chunk, sizeof chunk - p->zip.avail_out);
    }
    return rc == Z_STREAM_END && buf_ok(&p->zipped);
}

/* The begin of a text as one line. */
static void one_line(char *line, size_t room, const char *text)
{
    size_t n = 0;
    for (; n < room - 1 && text[n]; n++)
        line[n] = (unsigned char)text[n] < ' ' || text[n] == 0x7f ? ' ' : text[n];
    line[n] = '\0';
}

/* True if a kept connection was gone. curl sees that before it sends and takes a new one without a
 * word; a server that says that it will close has not kept it. */
static bool was_gone(struct http_post *p, CURLcode code)
{
    const bool kept = p->kept;
    curl_socket_t open = CURL_SOCKET_BAD;
    long connects = 0;
    curl_easy_getinfo(p->curl, CURLINFO_NUM_CONNECTS, &connects);
    curl_easy_getinfo(p->curl, CURLINFO_ACTIVESOCKET, &open);
    p->kept = code == CURLE_OK && open != CURL_SOCKET_BAD;
    return kept && connects > 0;
}

/*
 * A server that dislikes a request often answers before it has read all of it and closes: curl then
 * reports a send failure, but the status is there and counts. A 2xx cut in the middle does not.
 */
static void judge(struct http_post *p, CURLcode code, struct http_answer *ret)
{
    char text[200];
    curl_off_t retry_after = 0, sent = 0;
    ret->reconnected = was_gone(p, code);
    curl_easy_getinfo(p->curl, CURLINFO_RESPONSE_CODE, &ret->status);
    curl_easy_getinfo(p->curl, CURLINFO_RETRY_AFTER, &retry_after);
    curl_easy_getinfo(p->curl, CURLINFO_SIZE_UPLOAD_T, &sent);
    ret->text = p->reply.data ? p->reply.data : "";
    ret->text_n = p->reply.len;
    ret->has_header = p->has_header;
    ret->header = p->has_header ? p->header : 0;
    ret->sent = sent > 0 ? (uint64_t)sent : 0;
    ret->retry_after_ms = retry_after > 0 && retry_after < INT32_MAX ? retry_after * 1000 : 0;
    if (code != CURLE_OK && ret->status < 300) {
        ret->verdict = verdict_of_failure(code);
        const char *why = p->reason[0] ? p->reason : curl_easy_strerror(code);
        one_line(text, sizeof text, code == CURLE_SEND_FAIL_REWIND ? "connection lost" : why);
        snprintf(ret->message, sizeof ret->message, "%s", text);
        return;
    }
    ret->verdict = http_verdict_of(ret->status);
    one_line(text, sizeof text, ret->text);
    snprintf(ret->message, sizeof ret->message, "HTTP %ld%s%s", ret->status, *text ? ": " : "",
             text);
}

static void perform(struct http_post *p, const char *url, struct http_answer *ret)
{
    *ret = (struct http_answer){.verdict = HTTP_AGAIN, .text = "", .message = "canceled"};
    buf_clear(&p->reply);
    p->has_header = false;
    p->reason[0] = '\0';
    if (atomic_load(&p->canceled))
        return;
    if (curl_easy_setopt(p->curl, CURLOPT_URL, url) == CURLE_OK)
        judge(p, curl_easy_perform(p->curl), ret);
    else
        snprintf(ret->message, sizeof ret->message, "out of memory");
}

void http_post_send(struct http_post *p, const char *url, const void *body, size_t n,
                    struct http_answer *ret)
{
    bool zipped = zip(p, body, n);
    p->body = zipped ? p->zipped.data : body;
    p->body_n = zipped ? p->zipped.len : n;
    curl_easy_setopt(p->curl, CURLOPT_POST, 1L);
    curl_easy_setopt(p->curl, CURLOPT_POSTFIELDS, NULL); /* ask on_read */
    curl_easy_setopt(p->curl, CURLOPT_HTTPHEADER, zipped ? p->gzip_headers : p->headers);
    curl_easy_setopt(p->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)p->body_n);
    const size_t all = p->body_n;
    perform(p, url, ret);
    ret->begun = p->body_n < all;
    p->body = NULL; /* it is the caller's */
    p->body_n = 0;
}

void http_post_get(struct http_post *p, const char *url, struct http_answer *ret)
{
    curl_easy_setopt(p->curl, CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(p->curl, CURLOPT_HTTPHEADER, p->headers);
    perform(p, url, ret);
}
