/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * A batch over HTTP, the way every store of that kind wants it: in pieces, a refused piece narrowed
 * down by halves to the rows that are to blame (which go to the dead letters), a 413 answered by
 * smaller pieces, a 500 that never heals given up in the end, an accepted batch durable only after
 * a while (settle.h), and what may have been lost with a killed server sent again. A driver brings
 * a body and reads answers; the rest is here, once.
 */
#ifndef STORES_PUSH_H
#define STORES_PUSH_H

#include "base/buf.h"
#include "stores/http_post.h"
#include "stores/store.h"

struct push;

enum push_reading {
    PUSH_BY_STATUS, /* the status says it all (http_post.h) */
    PUSH_TAKEN,
    PUSH_PARTLY,  /* the good rows were kept; *refused tells how many were not */
    PUSH_REFUSED, /* not this body: narrow it down */
    PUSH_ALREADY, /* the server says that it has these samples, or newer ones of their series: taken
                     if the rows were sent before (a repeat), else as PUSH_REFUSED */
    PUSH_CHANGED, /* the driver will send it in another way (an older version of the protocol): the
                     same rows at once again; at most PUSH_CHANGES times in one write */
    PUSH_SETUP,   /* this is not the server we want: a person must act */
};
enum { PUSH_CHANGES = 4 };

struct push_protocol {
    /* Appends the body for rows [first, last); nothing if they have nothing for this store. A body
     * that could not be made fails the buffer. `lane` is the shard, from 0: each lane has a thread
     * of its own during a write, so scratch memory is kept per lane. */
    void (*body)(void *driver, unsigned lane, const struct row_batch *batch, size_t first,
                 size_t last, struct buf *out);
    /* What an answer means; NULL = PUSH_BY_STATUS always. *refused as above, of `rows` rows. Called
     * from the lane's thread. */
    enum push_reading (*read)(void *driver, unsigned lane, const struct http_answer *answer,
                              size_t rows, size_t *refused);
    /* After PUSH_PARTLY the rows must not be sent again, in halves neither: nobody learns which of
     * them were not taken. */
    bool partly_is_final;
};

struct push_options {
    const struct store_options *store; /* timeout_s, batch_values, batch_bytes, dead_letters,
                                          shards (0 = 1) */
    const struct push_protocol *protocol;
    void *driver;
    const char *url;        /* where to POST; copied */
    const char *token_word; /* before the store's token in Authorization; NULL = "Bearer" */
    /* Copied. What is NULL or 0 is taken from the store: user, password, authorization (by its
     * token), headers, ca_file, timeout_s; gzip stands as it is. */
    struct http_post_options http;
};

/* 0, or -1 with err filled. */
int push_open(const struct push_options *options, struct push **ret, struct store_error *err);
void push_close(struct push *push);

/* As of store_ops. An entity's rows always go by the same lane, so the samples of a series stay in
 * order; a write returns when all lanes are done. A batch that is tried again is cut into the same
 * pieces as far as it got before. */
enum store_outcome push_write(struct push *push, int64_t seq, const struct row_batch *batch,
                              int64_t *durable, uint64_t *bytes, struct store_error *err);
enum store_outcome push_flush(struct push *push, int final, int64_t *durable,
                              struct store_error *err);
void push_cancel(struct push *push);

/* Other headers for later requests of a lane, as http_post_headers: from the lane's thread (when an
 * answer is read), or while nothing is written. */
int push_headers(struct push *push, unsigned lane, const char *content_type, const char *headers);

/* For the store_ops of a driver whose struct begins with its `struct push *`. */
enum store_outcome push_store_write(void *store, int64_t seq, const struct row_batch *batch,
                                    int64_t *durable, uint64_t *bytes, struct store_error *err);
enum store_outcome push_store_flush(void *store, int final, int64_t *durable,
                                    struct store_error *err);
void push_store_cancel(void *store);

/* One request of lane 0 outside of any batch, for probes; body NULL = GET. */
void push_ask(struct push *push, const char *url, const void *body, size_t n,
              struct http_answer *ret);

#endif
