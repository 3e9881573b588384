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
#include <zlib.h>

#include "base/buf.h"
#include "base/caps.h"

enum { DEFAULT_TIMEOUT_S = 30, CONNECT_TIMEOUT_S = 10, GZIP_SLACK = 1024 };

struct http_post {
    CURL *curl;
    struct curl_slist *headers, *gzip_headers;
    bool gzip;
    z_stream zip; /* kept: its tables are 256 KiB */
    struct buf zipped, reply;
    atomic_bool canceled;
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

/*
 * Content-Type: VictoriaMetrics takes curl's default (a form) for parameters and writes the whole
 * body into its log with each rejected request. Expect: without it curl waits a second for a
 * "100 Continue" that some servers never send.
 */
static bool make_headers(struct curl_slist **list, const struct http_post_options *options)
{
    return header(list, "Content-Type: text/plain; charset=utf-8") && header(list, "Expect:") &&
           (!options->authorization || !*options->authorization ||
            header(list, "Authorization: %s", options->authorization));
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

int http_post_open(const struct http_post_options *options, struct http_post **ret,
                   char message[300])
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    enum { GZIP_FORMAT = 15 + 16, FASTEST = 1, MEMORY = 8 };
    pthread_once(&once, start_curl);
    struct http_post *p = calloc(1, sizeof *p);
    if (!p)
        goto fail;
    buf_init(&p->zipped, CAP_STORE_BODY + CAP_STORE_BODY / 8 + GZIP_SLACK);
    buf_init(&p->reply, CAP_STORE_REPLY);
    p->curl = curl_easy_init();
    if (!p->curl || !set_options(p, options) || !make_headers(&p->headers, options) ||
        !make_headers(&p->gzip_headers, options) ||
        !header(&p->gzip_headers, "Content-Encoding: gzip"))
        goto fail;
    p->gzip = options->gzip && deflateInit2(&p->zip, FASTEST, Z_DEFLATED, GZIP_FORMAT, MEMORY,
                                            Z_DEFAULT_STRATEGY) == Z_OK;
    *ret = p;
    return 0;
fail:
    snprintf(message, 300, "cannot prepare HTTP: out of memory");
    http_post_close(p);
    return -1;
}

void http_post_close(struct http_post *p)
{
    if (!p)
        return;
    curl_easy_cleanup(p->curl);
    curl_slist_free_all(p->headers);
    curl_slist_free_all(p->gzip_headers);
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

/*
 * A server that dislikes a request often answers before it has read all of it and closes: curl then
 * reports a send failure, but the status is there and counts. A 2xx cut in the middle does not.
 */
static void judge(struct http_post *p, CURLcode code, struct http_answer *ret)
{
    char text[200];
    curl_off_t retry_after = 0, sent = 0;
    curl_easy_getinfo(p->curl, CURLINFO_RESPONSE_CODE, &ret->status);
    curl_easy_getinfo(p->curl, CURLINFO_RETRY_AFTER, &retry_after);
    curl_easy_getinfo(p->curl, CURLINFO_SIZE_UPLOAD_T, &sent);
    ret->text = p->reply.data ? p->reply.data : "";
    ret->sent = sent > 0 ? (uint64_t)sent : 0;
    ret->retry_after_ms = retry_after > 0 && retry_after < INT32_MAX ? retry_after * 1000 : 0;
    if (code != CURLE_OK && ret->status < 300) {
        ret->verdict = verdict_of_failure(code);
        one_line(text, sizeof text, p->reason[0] ? p->reason : curl_easy_strerror(code));
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
    const void *bytes = zipped ? p->zipped.data : body;
    curl_easy_setopt(p->curl, CURLOPT_POST, 1L);
    curl_easy_setopt(p->curl, CURLOPT_HTTPHEADER, zipped ? p->gzip_headers : p->headers);
    curl_easy_setopt(p->curl, CURLOPT_POSTFIELDS, bytes ? bytes : "");
    curl_easy_setopt(p->curl, CURLOPT_POSTFIELDSIZE_LARGE,
                     (curl_off_t)(zipped ? p->zipped.len : n));
    perform(p, url, ret);
    curl_easy_setopt(p->curl, CURLOPT_POSTFIELDS, NULL); /* the body is the caller's */
}

void http_post_get(struct http_post *p, const char *url, struct http_answer *ret)
{
    curl_easy_setopt(p->curl, CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(p->curl, CURLOPT_HTTPHEADER, p->headers);
    perform(p, url, ret);
}
