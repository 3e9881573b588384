/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Memory with one lifetime: everything of a reply or of a batch is taken from one arena and
 * given back at once. Nothing taken from it is freed alone.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena_block;
struct arena {
    struct arena_block *newest;
};

/* An empty arena; allocates nothing. */
void arena_init(struct arena *a);

/* n zeroed bytes aligned for any type, or NULL when out of memory. They live until arena_free. */
void *arena_take(struct arena *a, size_t n);

/* The same, not zeroed: for what is written over whole at once. */
void *arena_take_raw(struct arena *a, size_t n);

/* A NUL-terminated copy of n bytes of text, or NULL when out of memory. */
char *arena_text(struct arena *a, const char *text, size_t n);

/* Gives everything back; the arena is empty and usable again. */
void arena_free(struct arena *a);

#endif
