/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "stores/presence_shape.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 256 };

/* FNV-1a */
static uint32_t hash_of(const char *bytes, size_t n)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 16777619u;
    return hash;
}

static bool grow(struct share *s)
{
    const size_t nslots = s->nslots ? 2 * s->nslots : FIRST_SLOTS;
    struct shared **slots = calloc(nslots, sizeof *slots);
    if (!slots)
        return false;
    for (size_t i = 0; i < s->nslots; i++)
        for (struct shared *one = s->slots[i], *next; one; one = next) {
            next = one->next;
            one->next = slots[one->hash & (nslots - 1)];
            slots[one->hash & (nslots - 1)] = one;
        }
    free(s->slots);
    s->slots = slots;
    s->nslots = nslots;
    return true;
}

struct shared *share_take(struct share *s, const void *bytes, size_t n)
{
    if (s->count >= s->nslots && !grow(s))
        return NULL;
    const uint32_t hash = hash_of(bytes, n);
    struct shared **slot = &s->slots[hash & (s->nslots - 1)];
    for (struct shared *one = *slot; one; one = one->next)
        if (one->hash == hash && one->n == n && memcmp(one->bytes, bytes, n) == 0) {
            one->users++;
            return one;
        }
    struct shared *made = malloc(sizeof *made + n + 1);
    if (!made)
        return NULL;
    *made = (struct shared){.next = *slot, .hash = hash, .users = 1, .n = n};
    if (n)
        memcpy(made->bytes, bytes, n);
    made->bytes[n] = '\0';
    *slot = made;
    s->count++;
    return made;
}

void share_drop(struct share *s, struct shared *shared)
{
    if (!shared || --shared->users)
        return;
    struct shared **at = &s->slots[shared->hash & (s->nslots - 1)];
    while (*at != shared)
        at = &(*at)->next;
    *at = shared->next;
    s->count--;
    free(shared);
}

void share_clear(struct share *s)
{
    for (size_t i = 0; i < s->nslots; i++)
        for (struct shared *one = s->slots[i], *next; one; one = next) {
            next = one->next;
            free(one);
        }
    free(s->slots);
    *s = (struct share){0};
}
