/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The series of one entity in a QueryPerf answer, as lists of numbers or as CSV.
 */
#ifndef VCENTER_QUERY_SERIES_H
#define VCENTER_QUERY_SERIES_H

#include "base/buf.h"
#include "history.h"

struct metric { /* what was asked for */
    int row;    /* of the catalogue; -1 = offered but without data */
    bool all;   /* instances; else the one with this name */
    char instance[INSTANCE_TEXT];
};

struct series_source { /* of a VM, or of a host */
    const struct catalogue *catalogue;
    const struct history *history; /* NULL: it is a host */
    const struct host_history *host;
    uint64_t key; /* of the entity, for chance */
    int missing_permille;
    bool csv;
};

struct series; /* of one counter and instance of the source */

/* What the server tells of its sample i: -1 = it has no value. */
int64_t series_value(const struct series *series, size_t i);

/* Told a series that is there at present. */
typedef void series_fn(void *ctx, const struct series *series, const char *instance);

/* Tells every series of one metric; returns their number. */
size_t series_each(const struct series_source *source, const struct metric *metric, series_fn *tell,
                   void *ctx);

/* Appends the list of samples; returns their number. */
size_t series_times(const struct series_source *source, struct buf *out);

/* Appends all series of one metric; returns their number. */
size_t series_write(const struct series_source *source, const struct metric *metric,
                    struct buf *out);

#endif
