/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The values of a batch as series: a name, tags, samples. A schema (schema.h) gives the names, a
 * format turns each series into bytes; any schema goes with any format.
 */
#ifndef FORMATS_SERIES_H
#define FORMATS_SERIES_H

#include "base/buf.h"
#include "layers/row.h"

struct schema;

enum { SERIES_TAGS = 48 }; /* most tags of a series, labels of the configuration included */

#define SERIES_STALE                                                             \
    INT64_MIN /* ticks: the series has ended; formats that cannot say so skip it \
               */

struct series_tag { /* texts are NUL-terminated only where their owner says so */
    const char *key, *value;
    uint32_t key_n, value_n;
};

struct series_sample {
    struct server_time time;
    int64_t ticks;
};

struct series {
    const char *measurement; /* "vstrata_vm_cpu" */
    const char *field;       /* "ratio"; Prometheus-type stores join both by '_' */
    size_t ntags;            /* sorted by key (bytes); none empty, no key twice */
    const struct series_tag *tags;
    const char *help, *unit; /* of the catalogue or of the server; "" = not known */

    /* A number is quantity_write(info, ticks), otherwise ticks / raw_scale. */
    const struct quantity_info *info; /* NULL = a raw counter, or in a unit of the schema's own */
    int64_t raw_scale;                /* above 0: 1, 100 */
    bool integer;                     /* whole numbers, and a store with types keeps it as such */

    /* What a format may remember, because the same addresses are the same texts: bit i is tags[i]
     */
    uint64_t lasting;   /* until the walk comes to another entity or another batch */
    uint64_t constant;  /* as long as the walk lives */
    bool constant_name; /* measurement, field, help and unit, as long as the walk lives */

    const struct entity *entity;
    size_t nsamples; /* in the order of rows, which is that of time */
    const struct series_sample *samples;
};

/* Appends the exact decimal of a sample, or 15 digits where there is none; the same as a double
 * (NaN if stale). */
void series_number(struct buf *out, const struct series *series, int64_t ticks);
double series_value(const struct series *series, int64_t ticks);

/* The tag with this key, or NULL. */
const struct series_tag *series_tag(const struct series *series, const char *key);

/* The same of the schema's own tags; labels are those of series_walk_new, NULL = none. */
const struct series_tag *series_own_tag(const struct series *series, const char *key,
                                        const char *labels);

/* The own tag that tells parts of an entity apart, in whatever schema: vcpu, vdisk, interface ...
 * NULL: the series is of the entity itself. */
const struct series_tag *series_instance(const struct series *series, const char *labels);

enum series_order {
    SERIES_BY_ROW,    /* row by row: each series has one sample */
    SERIES_BY_ENTITY, /* rows of one entity that follow each other are gathered: each series once,
                         with all its samples */
};

struct series_walk; /* scratch of one thread, kept from batch to batch */

/* `labels` are lines "key=value" that every series gets; where a schema uses the same key, its own
 * becomes "exported_key". NULL: out of memory, or too many labels. NULL is fine to free. */
struct series_walk *series_walk_new(const struct schema *schema, const char *labels);
void series_walk_free(struct series_walk *walk);

/* How many labels of the configuration every series gets, and they, sorted by key; the walk's. */
size_t series_walk_labels(const struct series_walk *walk, const struct series_tag **ret);

/* Hands out the series of rows [first, last). What is handed out lives until fn returns. False: out
 * of memory, or fn returned false. */
bool series_walk_rows(struct series_walk *walk, const struct row_batch *batch, size_t first,
                      size_t last, enum series_order order,
                      bool (*fn)(void *ctx, const struct series *series), void *ctx);

#endif
