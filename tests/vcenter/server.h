/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The server: world, sessions, what is out of order on purpose, and what was asked.
 */
#ifndef VCENTER_SERVER_H
#define VCENTER_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "session.h"
#include "world.h"

enum { OPERATIONS_MAX = 32, MATCH_TEXT = 128, REPLY_CAP = 512 << 20, REQUEST_CAP = 32 << 20 };

struct server_faults { /* set by POST /control, op "fault" */
    int latency_ms;
    double drop; /* probability that a connection is cut without an answer */
    int status;  /* answer with this HTTP status instead; 0 = off */
    bool truncate;
    char match[MATCH_TEXT]; /* only requests that contain this; "" = all */
    int64_t count;          /* for so many requests; negative = until cleared */
    uint64_t drawn;         /* chances drawn so far */
};

struct server_stats {
    uint64_t calls[OPERATIONS_MAX]; /* by row of the operation table */
    uint64_t unknown, faults, bytes_in, bytes_out, wire_bytes_out;
    uint64_t query_perf_entities, query_perf_bytes, query_perf_series, query_perf_samples;
};

struct server {
    struct world world; /* its lock guards everything here */
    struct session sessions[SESSIONS_MAX];
    uint64_t sessions_made;
    struct server_faults faults;
    struct server_stats stats;
    const char *user, *password;
    int max_query_metrics;
    bool tls;
};

/* False when the world cannot be built. */
bool server_init(struct server *server, const struct world_options *options);
void server_free(struct server *server);

#endif
