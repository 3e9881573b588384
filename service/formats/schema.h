/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * A schema: by what names values go into stores. vstrata's own, and those of collectors whose
 * dashboards people already have. One schema = one file = one exported const struct schema.
 */
#ifndef FORMATS_SCHEMA_H
#define FORMATS_SCHEMA_H

#include "formats/series.h"

struct schema {
    const char *name; /* "vstrata", "telegraf" ... */
    /* Counters it is made of, words parted by blanks, '*' matches anything: collected as raw
     * samples for it; "" = it lives on quantities. */
    const char *raw;
    /* Quantities it has names for, in the same manner: "*" = all of the catalogue. */
    const char *quantities;
    /* A namer; NULL when out of memory. */
    void *(*open)(void);
    void (*close)(void *namer);
    /* What is named next belongs to this entity of this batch. False: out of memory. */
    bool (*entity)(void *namer, const struct row_batch *batch, const struct entity *entity);
    /* Names the series of a value: all of *ret but entity and samples. Tags go to tags, at most
     * SERIES_TAGS / 2. Texts live until the next call. False: it has no name for it. */
    bool (*series)(void *namer, const struct layer_value *value, struct series_tag *tags,
                   struct series *ret);
};

/* The schema of a name, or NULL. Walk with i from 0 until NULL. */
const struct schema *schema_find(const char *name);
const struct schema *schema_at(unsigned i);

extern const struct schema schema_vstrata, schema_telegraf, schema_vmware_exporter, schema_sexigraf;

#endif
