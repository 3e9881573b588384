/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What remote_write.c (messages and what is remembered of labels), remote_write_1.c and
 * remote_write_2.c (the bytes of either version) have in common. Nobody else includes this.
 */
#ifndef FORMATS_REMOTE_WRITE_PRIVATE_H
#define FORMATS_REMOTE_WRITE_PRIVATE_H

#include "formats/remote_write.h"
#include "formats/remote_write_symbols.h"
#include "formats/remote_write_text.h"

enum {
    PIECE = 64,   /* longer pieces are made each time */
    PIECES = 512, /* remembered: a few hundred parts and names, and what one entity has */
    NAMES = 512,  /* of series */
    PROBES = 4,   /* places where one may be */
    NAME = 256,   /* bytes of one; longer ones are cut */
    HEADERS = 64, /* room for tags and lengths of a series beside its pieces and samples */
    GAUGE = 2,    /* in the enum of either version */
};

/* Tags of fields: number << 3 | wire type (0 number, 1 eight bytes, 2 length and bytes). */
enum {
    TAG_SERIES_1 = 1 << 3 | 2,
    TAG_METADATA_1 = 3 << 3 | 2,
    TAG_SERIES_2 = 5 << 3 | 2,
    TAG_LABEL = 1 << 3 | 2, /* of a series in 1.0; its numbers in 2.0 */
    TAG_SAMPLE = 2 << 3 | 2,
    TAG_METADATA_2 = 5 << 3 | 2,
    TAG_KEY = 1 << 3 | 2,
    TAG_VALUE = 2 << 3 | 2,
    TAG_DOUBLE = 1 << 3 | 1,
    TAG_TIME = 2 << 3 | 0,
    TAG_TYPE = 1 << 3 | 0,
    TAG_FAMILY = 2 << 3 | 2,
    TAG_HELP_1 = 4 << 3 | 2,
    TAG_UNIT_1 = 5 << 3 | 2,
    TAG_HELP_2 = 3 << 3 | 0,
    TAG_UNIT_2 = 4 << 3 | 0,
};

static const char remote_write_name[] = "__name__";

struct piece { /* a label, as remembered */
    const char *key, *value;
    uint32_t value_n;
    uint32_t n;       /* bytes of text; 0 = too many */
    uint64_t entity;  /* of which it is; 0 = of all */
    uint64_t message; /* in which its numbers hold */
    uint64_t used;    /* by which series */
    uint32_t key_ref, value_ref;
    char text[PIECE];
};

struct name { /* of a series */
    const char *measurement, *field;
    uint64_t message; /* in which its numbers hold */
    uint64_t told;    /* the period in which its metadata went out */
    uint32_t key_ref, ref, help_ref, unit_ref;
    uint32_t n, label_n; /* label_n 0 = not made yet */
    char text[NAME];
    char label[NAME + HEADERS]; /* in 1.0 */
};

struct part {         /* of the series under way: bytes of a label */
    const char *text; /* with room of PIECE bytes; NULL: in scratch, */
    size_t from;      /* from here */
    uint32_t n;
};

struct remote_write {
    struct series_walk *walk;
    enum remote_write_version version;
    struct buf *out;
    size_t samples;
    bool failed;
    uint64_t message, entity, period; /* counted from 1 */
    const struct entity *of;
    struct piece pieces[PIECES];
    struct piece *hints[SERIES_TAGS];
    struct name names[NAMES], other_name; /* of names that do not stay */
    struct buf scratch, text;
    struct buf metadata; /* 1.0: goes behind the series */
    struct buf series;   /* 2.0: goes behind the symbols */
    struct symbols symbols;
    uint64_t *told; /* 1.0: hashes of families whose metadata is out; 0 = free */
    size_t ntold, told_room;

    /* The series under way. */
    uint64_t count; /* of all series so far */
    size_t nparts, parts_n;
    struct part parts[SERIES_TAGS + 1];
    size_t nrefs, refs_n;
    uint32_t refs[2 * (SERIES_TAGS + 1)];
};

/* The labels of the series under way: its name, and a tag. piece: where what the tag comes to is
 * kept, NULL = nowhere; known: it is there already, or some of it. */
void remote_write_name_1(struct remote_write *w, struct name *name);
void remote_write_tag_1(struct remote_write *w, const struct series_tag *tag, struct piece *piece,
                        bool known);
void remote_write_name_2(struct remote_write *w, struct name *name, const struct series *s);
void remote_write_tag_2(struct remote_write *w, const struct series_tag *tag, struct piece *piece,
                        bool known);

/* Appends the series, whose labels were given before. False: it is not whole. */
bool remote_write_series_1(struct remote_write *w, const struct series *s, struct name *name);
bool remote_write_series_2(struct remote_write *w, const struct series *s, const struct name *name);

/* Bytes of all samples of a series; writes them, returns where they ended. */
size_t remote_write_samples_size(const struct series *s);
char *remote_write_samples(char *at, const struct series *s);

#endif
