/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The word that a misspelt one was meant to be.
 */
#ifndef SERVICE_CONFIG_NEAR_H
#define SERVICE_CONFIG_NEAR_H

#include <stddef.h>

struct near {
    const char *wanted;
    const char *best; /* NULL while nothing is near enough */
    size_t distance;  /* edits from wanted to best; before: one more than are allowed */
};

/* A search for this word; a third of it may be wrong. */
struct near near_to(const char *wanted);

/* Tries a word. */
void near_try(struct near *near, const char *word);

#endif
