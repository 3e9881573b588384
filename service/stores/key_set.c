/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Open addressing, at most half full. The keys are hashes already, so their first bytes are a good
 * place; a place of zeros is empty.
 */
#include "stores/key_set.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_PLACES = 1024 };

struct place {
    uint64_t half[2];
};
_Static_assert(sizeof(struct place) == KEY_BYTES, "a place is a key");

struct key_set {
    struct place *places;
    size_t nplaces, count, most; /* nplaces: a power of 2 */
};

static bool is_empty(const struct place *place)
{
    return !place->half[0] && !place->half[1];
}

/* Where the key is, or would be. */
static struct place *find(struct place *places, size_t nplaces, const struct place *key)
{
    for (size_t i = (size_t)key->half[0];; i++) {
        struct place *place = &places[i & (nplaces - 1)];
        if (is_empty(place) || (place->half[0] == key->half[0] && place->half[1] == key->half[1]))
            return place;
    }
}

struct key_set *key_set_new(size_t most)
{
    struct key_set *s = calloc(1, sizeof *s);
    struct place *places = calloc(FIRST_PLACES, sizeof *places);
    if (!s || !places) {
        free(s);
        free(places);
        return NULL;
    }
    *s = (struct key_set){.places = places, .nplaces = FIRST_PLACES, .most = most};
    return s;
}

void key_set_free(struct key_set *s)
{
    if (s)
        free(s->places);
    free(s);
}

void key_set_clear(struct key_set *s)
{
    memset(s->places, 0, s->nplaces * sizeof *s->places);
    s->count = 0;
}

size_t key_set_count(const struct key_set *s)
{
    return s->count;
}

bool key_set_has(const struct key_set *s, const unsigned char key[KEY_BYTES])
{
    struct place wanted;
    memcpy(&wanted, key, sizeof wanted);
    return !is_empty(find(s->places, s->nplaces, &wanted));
}

static bool grow(struct key_set *s)
{
    const size_t n = 2 * s->nplaces;
    struct place *places = calloc(n, sizeof *places);
    if (!places)
        return false;
    for (size_t i = 0; i < s->nplaces; i++)
        if (!is_empty(&s->places[i]))
            *find(places, n, &s->places[i]) = s->places[i];
    free(s->places);
    s->places = places;
    s->nplaces = n;
    return true;
}

void key_set_add(struct key_set *s, const unsigned char key[KEY_BYTES])
{
    struct place wanted;
    memcpy(&wanted, key, sizeof wanted);
    if (!is_empty(find(s->places, s->nplaces, &wanted)))
        return;
    if (s->count >= s->most)
        key_set_clear(s);
    if (2 * (s->count + 1) > s->nplaces && !grow(s))
        return;
    *find(s->places, s->nplaces, &wanted) = wanted;
    s->count++;
}
