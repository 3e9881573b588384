/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * A set of hashes, bounded: when it is full it forgets everything, and what it knew is learned
 * anew.
 */
#ifndef STORES_KEY_SET_H
#define STORES_KEY_SET_H

#include <stdbool.h>
#include <stddef.h>

enum { KEY_BYTES = 16 };

struct key_set;

/* NULL: out of memory. NULL is fine to free. */
struct key_set *key_set_new(size_t most);
void key_set_free(struct key_set *set);

/* Is the key in the set? */
bool key_set_has(const struct key_set *set, const unsigned char key[KEY_BYTES]);

/* Puts it in; what cannot be put in for want of memory is not. */
void key_set_add(struct key_set *set, const unsigned char key[KEY_BYTES]);

/* Forgets everything. */
void key_set_clear(struct key_set *set);
size_t key_set_count(const struct key_set *set);

#endif
