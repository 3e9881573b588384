/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * A store: where rows go. One driver = one file = one exported const struct store_ops. A driver
 * only turns a batch into bytes and moves them; reading the journal, retry, back-off, counters and
 * the cursor are the runner's (runner.h), once for all.
 */
#ifndef STORES_STORE_H
#define STORES_STORE_H

#include <stdint.h>

#include "layers/row.h"

struct dead_letters;

struct store_options { /* of one configured store; texts are borrowed, never NULL if read from a
                          configuration, and outlive the store */
    const char *type;  /* of store_ops */
    const char *name;  /* unique; names the cursor and the metrics */
    /* Lists are lines, "" = an empty list. */

    /* Which rows; filtered by the runner, no driver looks at them (filter.h) */
    const char *include, *exclude; /* selectors */
    const char *raw;               /* raw counters asked for by name: collect.raw */

    /* By what names; for drivers that use series.h */
    const char *schema; /* "vstrata", "telegraf" ... */
    const char *labels; /* "key=value": added to every series */

    /* Where to; what a type does not have is "" or 0 */
    const char *path;             /* embedded: folder; file: file, "-" = standard output */
    const char *url;              /* influxdb: base address; prometheus, otlp: the whole one */
    const char *address;          /* graphite: "host:port" */
    const char *brokers, *topic;  /* kafka: "host:port,host:port" */
    const char *format;           /* kafka: "line" or "json" */
    const char *properties;       /* kafka: "name=value" of librdkafka */
    const char *connection;       /* postgresql: a libpq connection string, without password */
    const char *table;            /* postgresql: prefix of its tables */
    const char *prefix;           /* graphite: of every path */
    const char *api;              /* influxdb: "v1", "v2", "v3" */
    const char *database;         /* influxdb v1, v3 */
    const char *retention_policy; /* influxdb v1, "" = the default one */
    const char *org, *bucket;     /* influxdb v2 */
    const char *precision;        /* influxdb: "ms", "s", "us", "ns" */
    const char *version;          /* prometheus: "auto", "1.0", "2.0" */

    /* Who we are */
    const char *user, *password; /* basic authentication, or of a database; "" = none */
    const char *token;           /* influxdb: Token; prometheus, otlp: Bearer; "" = none */
    const char *headers;         /* HTTP: "Name: value", for X-Scope-OrgID and the like */
    const char *ca_file;         /* "" = the system's */

    /* How */
    int64_t timeout_s;
    int64_t batch_values,
        batch_bytes;       /* most of one request, before compression; 0 = 8000, 4 MiB */
    int64_t shards;        /* prometheus: requests at the same time */
    int64_t stale_after_s; /* prometheus: without rows for so long, series have ended */

    int64_t retention_days; /* embedded */
    int64_t flush_seconds;  /* embedded: how long newest rows may live only in memory and journal */

    struct dead_letters *dead_letters; /* where refused rows are kept; NULL = nowhere */

    int per_vcpu; /* 0 = leave values of single vCPUs out (filter.h) */
    int gzip;     /* HTTP: compress bodies */
    int tls;      /* graphite: over TLS */
};

enum store_outcome {
    STORE_DONE,      /* accepted; *durable says how far it is safe */
    STORE_AGAIN,     /* not now: same batch again after a back-off (or err.retry_after_ms) */
    STORE_REFUSED,   /* these rows can never be stored: counted, logged, skipped */
    STORE_BAD_SETUP, /* wrong database, token, path: hold everything, probe once a minute */
};

struct store_error {
    char message[400];
    int64_t retry_after_ms; /* 0 = the runner decides */
    uint64_t refused_rows;  /* of a STORE_DONE: rows the server refused while it kept the others;
                               message says why */
    int rewind; /* of AGAIN, BAD_SETUP: the store may have lost what was accepted but not
                   yet durable; the runner hands it out again from there */
};

struct store_ops {
    const char *type;
    int takes_future; /* rows far ahead of our clock harm nobody there (hold_back.h) */
    /* Prepares; opens no connection that could fail for a passing reason. */
    int (*open)(const struct store_options *options, void **ret, struct store_error *err);
    /* Is it there and willing? For `check`. */
    int (*probe)(void *store, struct store_error *err);
    /* Writes the batch of journal entry seq. Repeating a batch must not double points. On
     * STORE_DONE *durable = the highest seq that would survive kill -9 now (seq itself for most
     * stores), and *bytes = bytes sent. */
    enum store_outcome (*write)(void *store, int64_t seq, const struct row_batch *batch,
                                int64_t *durable, uint64_t *bytes, struct store_error *err);
    /* Called at least once a second when idle, and with final = 1 before close: make durable what
     * is due; *durable as above. NULL if there is never anything to do. */
    enum store_outcome (*flush)(void *store, int final, int64_t *durable, struct store_error *err);
    void (*close)(void *store);
    /* From any thread: a write under way, and every later one, returns STORE_AGAIN soon. NULL if
     * writes are short anyway. */
    void (*cancel)(void *store);
};

/* The driver of a type, or NULL. Walk with i from 0 until NULL. */
const struct store_ops *store_find(const char *type);
const struct store_ops *store_at(unsigned i);

#endif
