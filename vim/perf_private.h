/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * How a QueryPerf reply is taken apart:
 *
 *   perf_reader.c   bytes -> elements and text   (XML, guards)
 *   perf_places.c   elements -> what they mean   (the table of places)
 *   perf_draft.c    parts -> entity              (samples, series, counts)
 *   perf_values.c   text -> numbers              (comma lists, split anywhere)
 *
 * The entity being read is a draft: scratch memory, kept from entity to entity. perf_draft_build
 * copies what is whole into the reply's arena, in few pieces and none per series. Elements may
 * come in any order, so counts are compared only there.
 */
#ifndef VIM_PERF_PRIVATE_H
#define VIM_PERF_PRIVATE_H

#include <libxml/parser.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/caps.h"
#include "vim/perf.h"

/* What has been seen of the field that is being read:   " -12 ,"
 *                                                       ^^^  ^
 *                                             BLANK ----'||  '- AFTER
 *                                             SIGN ------''---- DIGITS                         */
enum perf_phase { FIELD_BLANK, FIELD_SIGN, FIELD_DIGITS, FIELD_AFTER, FIELD_BAD };

struct perf_values {
    int64_t *at; /* numbers of all series of the entity, one series behind the other */
    size_t n, room;
    size_t missing;        /* of them PERF_MISSING */
    enum perf_phase phase; /* of the field under way; kept between pieces of text */
    bool negative;
    uint64_t magnitude;
};

struct draft_series {
    int32_t counter;
    bool has_counter, overlong; /* overlong: an instance name over CAP_INSTANCE */
    uint32_t instance;          /* offset in perf_draft.instances */
    size_t first;               /* of its numbers in perf_draft.values */
    size_t count, missing;
};

struct perf_draft {
    struct buf type, moid;
    struct server_time *times;
    int32_t *intervals;
    size_t nsamples, times_room, intervals_room;
    struct draft_series *series;
    size_t nseries, series_room;
    struct buf instances; /* NUL-terminated names; "" is at offset 0 */
    struct perf_values values;
};

enum perf_place { /* where in the reply the parser is */
                  AT_START,
                  AT_ENVELOPE,
                  AT_BODY,
                  AT_RESPONSE,
                  AT_METRIC,
                  AT_ENTITY,
                  AT_SAMPLES_CSV,
                  AT_SAMPLE,
                  AT_TIMESTAMP,
                  AT_INTERVAL,
                  AT_SERIES,
                  AT_ID,
                  AT_COUNTER,
                  AT_INSTANCE,
                  AT_NUMBERS,
                  AT_UNKNOWN, /* in an element that is skipped */
                  PERF_PLACES
};

struct perf_reader;
enum perf_text { TEXT_NONE, TEXT_KEPT, TEXT_NUMBERS };

/* The rest of a tag: its namespace, and libxml2's n times localname, prefix, URI, value, end. */
typedef void perf_open(struct perf_reader *reader, const xmlChar *uri, const xmlChar **attributes,
                       size_t n);

/* One row of the table: what is done in a place, and which elements lead further in. */
struct perf_place_row {
    const char *name; /* the element */
    perf_open *open;
    void (*close)(struct perf_reader *reader);
    uint8_t text;     /* enum perf_text */
    uint8_t inner[6]; /* enum perf_place; ends with AT_START, which nothing leads to */
};

struct perf_reader {
    xmlParserCtxtPtr xml;
    struct vim_error error; /* the first failure; code VIM_OK: none yet */
    struct perf_reply *reply;
    struct perf_entity **entities; /* of the reply, so far */
    size_t entities_room;
    struct perf_draft draft;
    struct {
        bool has_time, has_interval;
        struct server_time time;
        int32_t interval;
    } sample;                          /* normal: the sampleInfo under way */
    struct buf text;                   /* of the element under way, where its place keeps it */
    const xmlChar *names[PERF_PLACES]; /* of the places' elements, as the parser will give them */
    const struct perf_place_row *at;   /* where the parser is */
    const struct perf_place_row *outer[CAP_XML_DEPTH]; /* the places around it */
    size_t depth;
    size_t text_bytes; /* since a tag was opened */
    size_t gap;        /* bytes since the last '<' */
    bool answered;     /* a QueryPerfResponse was seen */
    bool whole;        /* the end of the envelope was seen */
    bool taken;        /* perf_reader_finish has given the reply away */
};

extern const struct perf_place_row perf_places[PERF_PLACES];

/* Keeps the first failure, as "QueryPerf reply: WHAT at byte N", and stops the parser. */
void perf_fail(struct perf_reader *reader, enum vim_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for a failure code of the functions below, in the words of the element under way. */
void perf_fail_element(struct perf_reader *reader, enum vim_code code);
static inline void perf_check(struct perf_reader *reader, enum vim_code code)
{
    if (code)
        perf_fail_element(reader, code);
}

/* array with room for at least need items of the given size, *room updated; NULL, and the array
 * as it was, when out of memory. */
void *perf_grow_more(void *array, size_t *room, size_t need, size_t size);
static inline void *perf_grow(void *array, size_t *room, size_t need, size_t size)
{
    return need <= *room ? array : perf_grow_more(array, room, need, size);
}

/* A list starts. It adds at least one field: an empty field, or an empty list, is PERF_MISSING. */
void perf_values_begin(struct perf_values *values);

/* The next n bytes of the list. VIM_PROTOCOL: not numbers; VIM_NOMEM. */
enum vim_code perf_values_text(struct perf_values *values, const char *text, size_t n);

/* The list ends, and with it its last field. Same codes. */
enum vim_code perf_values_end(struct perf_values *values);

/* One whole number from text; false for anything else or out of range. */
bool perf_int32(const char *text, size_t n, int32_t *ret);

/* Empty; allocates nothing. */
void perf_draft_init(struct perf_draft *draft);
void perf_draft_free(struct perf_draft *draft);

/* Forgets the entity, keeps the memory. */
void perf_draft_clear(struct perf_draft *draft);

/* Adds one sample. VIM_TOO_LARGE beyond CAP_SAMPLES; VIM_NOMEM. */
enum vim_code perf_draft_sample(struct perf_draft *draft, struct server_time time,
                                int32_t interval_s);

/* Adds the samples of "20,2021-06-14T15:06:40Z,20,...". VIM_PROTOCOL if it is not that. */
enum vim_code perf_draft_samples_csv(struct perf_draft *draft, const char *text, size_t n);

/* A series starts. VIM_TOO_LARGE beyond CAP_SERIES; VIM_NOMEM. */
enum vim_code perf_draft_series(struct perf_draft *draft);

/* The newest series' instance name; name[n] is NUL. A name over CAP_INSTANCE makes the series a
 * refused one. */
enum vim_code perf_draft_instance(struct perf_draft *draft, const char *name, size_t n);

/* The newest series' numbers so far are counted. VIM_TOO_LARGE beyond CAP_SAMPLES. */
enum vim_code perf_draft_count(struct perf_draft *draft);

/* Makes the entity in the reply's arena and adds to the reply's counts. Series that do not fit
 * are refused and counted. Spoils the draft: clear it next. VIM_NOMEM. */
enum vim_code perf_draft_build(struct perf_draft *draft, struct perf_reply *reply,
                               struct perf_entity **ret);

#endif
