/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Performance samples as a server returns them, and the reader that makes them out of the bytes of
 * a QueryPerf reply: libxml2's SAX2 push parser, fed piece by piece, with the guards of a hostile
 * server. A reply counts only after perf_reader_finish has said VIM_OK.
 */
#ifndef VIM_PERF_H
#define VIM_PERF_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"
#include "vim/error.h"

enum { PERF_MISSING = -1 }; /* the server's word for "no sample" */

struct perf_series {
    int32_t counter;       /* the server's id */
    const char *instance;  /* "" = aggregate */
    const int64_t *values; /* one per time stamp of the entity; PERF_MISSING where there is none */
};

struct perf_entity {
    const char *type, *moid;
    size_t nsamples;
    const struct server_time *times; /* as sent: any order, repeats possible */
    const int32_t *intervals;        /* seconds */
    size_t nseries;
    struct perf_series *series;
    uint32_t refused; /* series not in series: their count differed from nsamples, or they had no
                         counter id, or an instance name over CAP_INSTANCE */
};

struct perf_reply {
    struct arena arena; /* holds all of the below */
    size_t nentities;
    struct perf_entity **entities;
    uint64_t values;  /* numbers of the series that were kept, PERF_MISSING included */
    uint64_t missing; /* of them PERF_MISSING (any negative number, or an empty csv field) */
    uint64_t refused; /* series refused by shape */
    uint64_t bytes;   /* of XML */
};

/* Frees the reply and all it holds. NULL is fine. */
void perf_reply_free(struct perf_reply *reply);

struct perf_reader;

/* A reader for one reply. Reads PerfEntityMetric (normal) and PerfEntityMetricCSV alike; unknown
 * elements and types are skipped. */
enum vim_code perf_reader_new(struct perf_reader **ret, struct vim_error *err);

/* The next n bytes. After a failure every further call returns the same failure. */
enum vim_code perf_reader_feed(struct perf_reader *reader, const char *bytes, size_t n,
                               struct vim_error *err);

/* The end of the bytes: demands well-formed XML, namespace urn:vim25 and the end of the envelope.
 * On VIM_OK *ret is the caller's to free. */
enum vim_code perf_reader_finish(struct perf_reader *reader, struct perf_reply **ret,
                                 struct vim_error *err);

/* NULL is fine; also right after a failure or before the end. */
void perf_reader_free(struct perf_reader *reader);

#endif
