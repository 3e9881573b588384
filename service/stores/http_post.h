/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The one HTTP sender of the stores: a connection kept open, gzip, TLS with the server's name and
 * certificate checked, a capped reply. What a status or a failure means is decided here, in one
 * table for every store. One thread at a time, but http_post_cancel.
 */
#ifndef STORES_HTTP_POST_H
#define STORES_HTTP_POST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_post;

struct http_post_options {
    const char *user, *password; /* basic authentication; user "" = none */
    const char *authorization;   /* value of the Authorization header, "" = none */
    const char *ca_file;         /* "" = the system's */
    int64_t timeout_s;           /* of one request as a whole; 0 = 30 */
    int gzip;                    /* compress bodies, and say so; 0: the body goes as it is */
    const char *content_type;    /* NULL = "text/plain; charset=utf-8" */
    const char *headers;         /* further ones, a line each: "Content-Encoding: snappy"; NULL or
                                    "" = none */
    const char *answer_header;   /* a header of answers that is wanted, as written by a person;
                                    NULL = none */
};

enum http_verdict {
    HTTP_DONE,       /* 2xx with a whole answer */
    HTTP_AGAIN,      /* not now: the same bytes again later */
    HTTP_AGAIN_SOME, /* 500 and the like: again, but some servers answer so to bad data for ever */
    HTTP_BAD_BODY,   /* 400, 422: not this body */
    HTTP_TOO_LARGE,  /* 413: less at once */
    HTTP_BAD_SETUP,  /* address, certificate, credentials, database: a person must act */
};

struct http_answer {
    enum http_verdict verdict;
    long status;            /* 0 = none came */
    int64_t retry_after_ms; /* 0 = the server did not say */
    uint64_t sent;          /* body bytes as sent */
    bool begun;             /* some of them may have arrived, whatever came of it */
    const char *text;       /* its body, NUL-terminated, until the next request; never NULL */
    size_t text_n;          /* bytes of it */
    bool has_header;        /* it has the wanted header, and that begins with this number */
    int64_t header;
    bool reconnected;  /* the connection of the request before was gone, without a word from the
                          server: it may have been killed meanwhile */
    char message[300]; /* one line for a person: status or failure, begin of the text */
};

/* 0, or -1 with message filled. */
int http_post_open(const struct http_post_options *options, struct http_post **ret,
                   char message[300]);
void http_post_close(struct http_post *post);

/* Sends n bytes to the address and waits for the answer. */
void http_post_send(struct http_post *post, const char *url, const void *body, size_t n,
                    struct http_answer *ret);

/* A GET, for probes. */
void http_post_get(struct http_post *post, const char *url, struct http_answer *ret);

/* From any thread: the request under way and all later ones end soon, with HTTP_AGAIN. */
void http_post_cancel(struct http_post *post);

/* Other headers for all later requests (as of the options): a protocol's version may change. 0, or
 * -1 when out of memory. */
int http_post_headers(struct http_post *post, const char *content_type, const char *headers);

/* What a status means. */
enum http_verdict http_verdict_of(long status);

#endif
