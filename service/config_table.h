/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The table of options: the reader, the error messages and the sample file all come from it. An
 * option is added in one row of config_table.c.
 */
#ifndef SERVICE_CONFIG_TABLE_H
#define SERVICE_CONFIG_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "layers/verdict.h"

enum config_type {
    CONFIG_TEXT,     /* const char * */
    CONFIG_CHOICE,   /* const char *, one of a list of words */
    CONFIG_NUMBER,   /* int64_t */
    CONFIG_DURATION, /* int64_t, in units of `unit` ms */
    CONFIG_SIZE,     /* int64_t, bytes */
    CONFIG_BOOL,     /* bool */
    CONFIG_FLAG,     /* int */
    CONFIG_RANGE,    /* struct verdict_range, of a measure */
    CONFIG_LIST,     /* const char *: texts, joined by newlines; "" = none */
    /* Four ways to the same const char *; one of them may be used. */
    CONFIG_SECRET,            /* the secret itself */
    CONFIG_SECRET_FILE,       /* a file that holds it */
    CONFIG_SECRET_ENV,        /* an environment variable */
    CONFIG_SECRET_CREDENTIAL, /* a systemd credential */
};

enum config_section { /* in the order of the sample file */
                      SECTION_TOP,
                      SECTION_VCENTERS,
                      SECTION_COLLECT,
                      SECTION_LAYERS,
                      SECTION_VERDICT,
                      SECTION_JOURNAL,
                      SECTION_STORES,
                      SECTION_WEB,
                      SECTION_LOG,
                      SECTION_COUNT
};

struct config_section_info {
    const char *name;
    bool list;        /* of maps; offsets are then within an element, otherwise in struct config */
    size_t element;   /* size of one */
    size_t cap;       /* most elements */
    const char *help; /* sentences */
};

enum { CONFIG_STORE_OPTIONS = 80, CONFIG_OPTIONS = 160 }; /* most rows, of stores and of all */

struct config_option {
    enum config_section section;
    enum config_type type;
    const char *only; /* the store types that have this option; NULL = all */
    const char *key;
    const char *value;           /* the default as written in YAML; NULL = it must be given */
    const char *example;         /* shown in the sample where the default is empty */
    size_t offset;               /* in the section's struct */
    int64_t low, high;           /* allowed range, durations in ms; texts, and each of a list:
                                    most bytes, 0 = any */
    int64_t unit;                /* durations: ms in one stored unit */
    enum measure measure;        /* ranges */
    bool secretive;              /* may hold a secret: no message repeats it */
    size_t most;                 /* lists: texts; 0 = CAP_CONFIG_LIST */
    const char *choices;         /* words parted by blanks */
    bool (*check)(const char *); /* texts: NULL = anything */
    /* The same with a reason: false after appending what is wrong with the text, such as "has an
     * unknown word". */
    bool (*explain)(const char *text, struct buf *problem);
    const char *allowed; /* what check wants, in words */
    const char *help;
};

/* The row of a section. */
const struct config_section_info *config_section(enum config_section section);

/* The options in the order of the sample; NULL after the last. */
const struct config_option *config_option(size_t i);

/* The options of stores, for config_option; NULL after the last. And how many there are. */
const struct config_option *config_store_option(size_t i);
size_t config_store_options(void);

/* The options of the verdict's rules, for config_option; NULL after the last. */
const struct config_option *config_rule_option(size_t i);

/* Word i of words parted by single blanks; false behind the last. */
bool config_word(const char *words, size_t i, const char **ret, size_t *ret_n);

/* True if the word is one of words parted by blanks. */
bool config_has_word(const char *words, const char *word);

/* Appends what is allowed: "0s to 1h", "v1, v2", "true or false"; nothing if anything is. */
void config_allowed(struct buf *out, const struct config_option *option);

#endif
