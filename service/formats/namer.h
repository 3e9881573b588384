/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What namers of schemas made of counters share: names kept by the counter's number, so that they
 * are made once and not for every sample; and tags.
 */
#ifndef FORMATS_NAMER_H
#define FORMATS_NAMER_H

#include "formats/series.h"

enum { COUNTER_NAME = 128 }; /* longer names of counters have no series */

enum { OF_VM, OF_HOST, OWNERS }; /* who has counters: entity_kind without the vCenter */

struct counter_names {
    char counter[COUNTER_NAME]; /* "cpu.ready.summation"; "" = nothing made yet */
    char measurement[OWNERS][COUNTER_NAME + 16];
    char field[COUNTER_NAME];
    bool percent;    /* the server counts in hundredths of a percent */
    const void *row; /* of the schema's own table; NULL = it has none */
};

struct counter_cache {
    void (*make)(struct counter_names *names); /* fills in what is behind counter and percent */
    size_t room;
    struct counter_names *names; /* by the number of the counter in the batch */
};

/* Room for the counters of a batch; false: out of memory. */
bool counter_cache_room(struct counter_cache *cache, const struct row_batch *batch);
void counter_cache_free(struct counter_cache *cache);

/* The names of a raw sample's counter, or NULL: it is not raw, or its name is too long. */
const struct counter_names *counter_cache_find(struct counter_cache *cache,
                                               const struct row_batch *batch,
                                               const struct layer_value *value);

/* Writes a counter's name, or what is behind its first skip bytes, with '_' for every character
 * that is no letter or digit. */
void counter_text(char ret[COUNTER_NAME], const char *counter, size_t skip);

/* The instance of a raw sample; "" = the entity itself. */
const char *raw_instance(const struct row_batch *batch, const struct layer_value *value);

/* Adds a tag to those of a series, unless its value is empty. */
void tag_add(struct series *series, struct series_tag *tags, const char *key, const char *value,
             size_t value_n);

/* Says that all tags so far are texts of the entity, of its batch or of the program. */
void tags_last(struct series *series);

#endif
