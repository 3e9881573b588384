/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What push.c (a write as a whole), push_lane.c (the requests of one lane) and push_share.c (which
 * rows go by which lane) have in common. Nobody else includes this.
 */
#ifndef STORES_PUSH_PRIVATE_H
#define STORES_PUSH_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/caps.h"
#include "stores/push.h"
#include "stores/settle.h"

enum {
    LEAST_BODY = 64 << 10, /* a 413 never makes later pieces smaller than this */
    BISECT_REQUESTS = 64,  /* that a lane spends on narrowing down in one write, */
    DOUBT_REQUESTS = 4096, /* and more on what may have been sent before */
};

enum fate { /* of rows, as far as this process knows */
            FATE_NEW,
            FATE_OPEN,    /* sent, and no answer came */
            FATE_FOREIGN, /* perhaps sent by another process, which may have cut them otherwise */
            FATE_STORED,
            FATE_REFUSED,
};

struct cut { /* the end of a piece */
    size_t end;
    enum fate fate;
};

struct refusal { /* of rows [first, last) */
    size_t first, last;
    char why[400];
};

struct lane {
    struct push *push;
    unsigned number;
    pthread_t thread;
    bool has_thread;
    struct http_post *http;
    struct buf body;
    size_t body_limit; /* halved by a 413 */

    /* Where the newest batch was cut into pieces, as far as it was brought, and what came of them.
     * Tried again it is cut there again: a server that takes a request as a whole or not at all may
     * say of the old piece that it has it already, which says nothing of a piece that is cut
     * otherwise. */
    struct cut *cuts; /* in order; at most as many as rows */
    size_t ncuts, cuts_room, next_cut;

    /* The write under way. */
    const struct row_batch *batch;
    size_t first, last; /* its rows */
    struct store_error err;
    bool cutting;   /* it is the batch of the cuts */
    bool halve_500; /* a 500 is taken for a refusal of the rows */
    enum fate fate; /* of rows without a cut */
    bool met_500, lost_touch, plainly_taken;
    int requests_left, doubt_left; /* for halving */
    unsigned changes;
    size_t taken, refused; /* rows; those partly taken count in both */
    uint64_t sent;
    enum store_outcome stopped; /* STORE_DONE = not stopped */
    struct refusal *refusals;   /* kept back until the batch is over: it may be tried again */
    size_t nrefusals;
};

struct push {
    const struct push_protocol *protocol;
    void *driver;
    struct dead_letters *letters;
    char *url;
    size_t piece_values;
    unsigned nlanes;
    struct lane lanes[CAP_STORE_LANES];
    atomic_bool stopped; /* a lane was stopped: the others need not go on */

    /* The rows of a batch in the order of their lanes. */
    struct layer_row *rows;
    size_t rows_room;

    int64_t newest_seq;    /* of all writes so far */
    bool fresh;            /* what comes first may have been sent by a process before this one */
    int64_t failed_seq;    /* the batch that got a 500 ... */
    unsigned failed_tries; /* ... so often in a row */
    struct settle settle;
};

/* Gives each lane its rows of the batch: all rows of an entity by one lane, and always the same, in
 * their order. *ret is a view of the batch with its rows in the order of lanes. False: out of
 * memory. */
bool push_share(struct push *push, const struct row_batch *batch, struct row_batch *ret);

/* Brings the rows of a lane to their end, or to where it is stopped. */
void push_lane_run(struct lane *lane);

/* What was refused goes to the dead letters; the list is empty afterwards. */
void push_lane_letters(struct lane *lane);

#endif
