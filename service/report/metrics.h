/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The service's own figures. Each set belongs to one subject (the process, a vCenter, a store);
 * its owner adds to it without a lock, and /metrics prints all sets as OpenMetrics. A figure is
 * added in one row of metrics.c and one enum word.
 */
#ifndef REPORT_METRICS_H
#define REPORT_METRICS_H

#include <stdint.h>

#include "base/buf.h"

enum metric_scope { METRIC_OF_PROCESS, METRIC_OF_VCENTER, METRIC_OF_STORE, METRIC_OF_COUNT };

enum metric {
    /* METRIC_OF_VCENTER */
    METRIC_UP,                  /* gauge: 1 = logged in and collecting */
    METRIC_VMS,                 /* gauge: VMs in the inventory */
    METRIC_VMS_ASKED,           /* gauge: powered-on VMs asked in the last cycle */
    METRIC_HOSTS,               /* gauge: hosts collected from */
    METRIC_HOSTS_ASKED,         /* gauge: hosts asked in the last cycle */
    METRIC_GUEST_TEXTS,         /* counter: texts of guestinfo.vstrata */
    METRIC_GUEST_TEXTS_REFUSED, /* counter: of them refused */
    METRIC_CYCLES,              /* counter: collection cycles finished */
    METRIC_CYCLE_SECONDS,       /* gauge (milliseconds kept): duration of the last cycle */
    METRIC_CALLS,               /* counter: SOAP calls */
    METRIC_CALL_FAILURES,       /* counter */
    METRIC_QUERIES,             /* counter: QueryPerf calls */
    METRIC_BYTES_IN,            /* counter: reply bytes after decompression */
    METRIC_BYTES_WIRE,          /* counter: reply bytes as received */
    METRIC_BYTES_OUT,           /* counter */
    METRIC_LOGINS,              /* counter */
    METRIC_SAMPLES,             /* counter: samples (entity, time) handed down */
    METRIC_SAMPLES_REPEATED,    /* counter: dropped, not newer than the mark or twice in a reply */
    METRIC_SAMPLES_LATE,        /* counter: samples more than one interval behind the newest */
    METRIC_VALUES_MISSING,      /* counter: -1 in replies */
    METRIC_SERIES_REFUSED,      /* counter: series whose count differs from the sample count */
    METRIC_ROWS,                /* counter: rows with layers */
    METRIC_ROWS_REFUSED,        /* counter: rows refused by identity I1 */
    METRIC_ROWS_INCOMPLETE,     /* counter: rows without a needed sample */
    METRIC_IDENTITY_BROKEN,     /* counter: rows in which I2 to I5 or I16 did not hold */
    METRIC_LAG_SECONDS,         /* gauge (ms kept): server clock minus newest sample */
    METRIC_CLOCK_DIFFERENCE,    /* gauge (ms kept): our clock minus the server's */
    METRIC_INVENTORY_MISSED,    /* counter: changes that only the full re-read found */
    /* METRIC_OF_STORE */
    METRIC_STORE_UP,          /* gauge */
    METRIC_STORE_ROWS,        /* counter: rows written */
    METRIC_STORE_VALUES,      /* counter: values written */
    METRIC_STORE_BYTES,       /* counter: bytes sent */
    METRIC_STORE_RETRIES,     /* counter */
    METRIC_STORE_REFUSED,     /* counter: rows refused for good */
    METRIC_STORE_HELD_BACK,   /* counter: rows not sent, far ahead of our clock */
    METRIC_STORE_LOST,        /* counter: batches dropped by the journal's cap before delivery */
    METRIC_STORE_BACKLOG,     /* gauge: batches not yet delivered */
    METRIC_STORE_AGE_SECONDS, /* gauge (ms kept): age of the oldest batch not yet delivered */
    /* METRIC_OF_PROCESS */
    METRIC_START_TIME,      /* gauge (ms kept): unix time */
    METRIC_RESIDENT_BYTES,  /* gauge, read when printed */
    METRIC_CPU_SECONDS,     /* counter (ms kept), read when printed */
    METRIC_JOURNAL_BYTES,   /* gauge */
    METRIC_JOURNAL_BATCHES, /* gauge */
    METRIC_COUNT
};

struct metrics;    /* the registry */
struct metric_set; /* the figures of one subject */

/* A registry without sets. NULL: out of memory. */
struct metrics *metrics_new(void);
void metrics_free(struct metrics *metrics);

/* A set for a subject ("vc1"; "" for the process). Lives until metrics_free. NULL: out of memory.
 */
struct metric_set *metrics_set(struct metrics *metrics, enum metric_scope scope,
                               const char *subject);

/* Any thread. A NULL set is fine and does nothing (tests, once). */
void metric_add(struct metric_set *set, enum metric metric, int64_t n);
void metric_put(struct metric_set *set, enum metric metric, int64_t value);
int64_t metric_get(const struct metric_set *set, enum metric metric);

/* Walks the sets of a scope: i from 0; NULL after the last. Any thread. */
const struct metric_set *metrics_at(const struct metrics *metrics, enum metric_scope scope,
                                    unsigned i);
const char *metric_set_subject(const struct metric_set *set);

/* Appends OpenMetrics text with HELP, TYPE and UNIT, ending in "# EOF". */
void metrics_write(const struct metrics *metrics, struct buf *out);

#endif
