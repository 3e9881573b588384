/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * One selector of filter.h, compiled.
 */
#ifndef STORES_FILTER_SELECTOR_H
#define STORES_FILTER_SELECTOR_H

#include "stores/filter.h"

enum term {
    TERM_NAME,
    TERM_LAYER,
    TERM_KIND,
    TERM_FORM,
    TERM_RAW,
    TERM_SCOPE,
    TERM_LABEL, /* and enum entity_label */
    TERMS = TERM_LABEL + LABEL_TAGS
};

struct pattern {
    enum term term;
    size_t n;
    const char *text; /* in the line */
};

struct selector {
    size_t nentity, nraw;
    struct pattern *entity, *raw; /* those that depend on the entity, on the raw counter */
    bool has_raw;                 /* may match raw counters */
    uint8_t forms[QUANTITY_END];  /* of each quantity the bits 1u << form that it matches, as far as
                                     the entity allows */
};

/* Compiles a line of n bytes, which is borrowed. False with the fault told, or fault->problem ""
 * when out of memory. */
bool selector_make(struct arena *arena, const char *line, size_t n, struct selector *ret,
                   struct filter_fault *fault);

/* True if the entity is as the selector wants it. */
bool selector_takes(const struct selector *selector, const struct entity *entity);

/* True if the raw counter is. */
bool selector_takes_raw(const struct selector *selector, const char *counter);

#endif
