/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What presence.c remembers of tens of thousands of VMs that are mostly alike: texts and shapes
 * (the values of an entity, without their numbers) are kept once, with a count of users.
 */
#ifndef STORES_PRESENCE_SHAPE_H
#define STORES_PRESENCE_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct shared { /* a text or a shape: bytes */
    struct shared *next;
    uint32_t hash, users;
    size_t n;
    char bytes[]; /* aligned for 64-bit numbers; of a text with a NUL behind them */
};

struct share { /* all of a kind; zero-initialised */
    struct shared **slots;
    size_t nslots, count;
};

/* The one with these bytes, one user more. NULL: out of memory. */
struct shared *share_take(struct share *share, const void *bytes, size_t n);

/* One user less; what has none is freed. NULL is fine. */
void share_drop(struct share *share, struct shared *shared);

/* Frees everything. */
void share_clear(struct share *share);

/* A value of a shape as a number that sorts like the catalogue. */
static inline uint64_t shape_key(unsigned quantity, unsigned form, unsigned instance)
{
    return (uint64_t)quantity << 24 | (uint64_t)(form & 0xff) << 16 | (instance & 0xffff);
}
static inline unsigned shape_quantity(uint64_t key)
{
    return (unsigned)(key >> 24);
}
static inline unsigned shape_form(uint64_t key)
{
    return key >> 16 & 0xff;
}
static inline unsigned shape_instance(uint64_t key)
{
    return key & 0xffff;
}

#endif
