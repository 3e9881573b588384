/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "formats/remote_write_symbols.h"

#include <stdlib.h>

#include "formats/remote_write_text.h"

enum { FIRST_SLOTS = 1024, TAG_SYMBOL = 4 << 3 | 2 };

struct symbol {
    uint32_t hash, n;
    uint32_t number; /* 0 = free: the empty text has no slot */
    uint32_t at;     /* of its text in fields */
};

void symbols_init(struct symbols *s, size_t cap)
{
    *s = (struct symbols){0};
    buf_init(&s->fields, cap < UINT32_MAX ? cap : UINT32_MAX);
}

void symbols_free(struct symbols *s)
{
    buf_free(&s->fields);
    free(s->slots);
}

void symbols_begin(struct symbols *s)
{
    static const char empty[] = {TAG_SYMBOL, 0};
    buf_clear(&s->fields);
    buf_add(&s->fields, empty, sizeof empty);
    s->count = 1;
    if (s->slots)
        memset(s->slots, 0, s->nslots * sizeof *s->slots);
}

/* FNV-1a */
static uint32_t hash_of(const char *text, size_t n)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ (unsigned char)text[i]) * 16777619u;
    return hash;
}

static bool grow(struct symbols *s)
{
    const size_t nslots = s->nslots ? 2 * s->nslots : FIRST_SLOTS;
    struct symbol *slots = calloc(nslots, sizeof *slots);
    if (!slots)
        return false;
    for (size_t i = 0; i < s->nslots; i++) {
        size_t at = s->slots[i].hash;
        if (!s->slots[i].number)
            continue;
        while (slots[at & (nslots - 1)].number)
            at++;
        slots[at & (nslots - 1)] = s->slots[i];
    }
    free(s->slots);
    s->slots = slots;
    s->nslots = nslots;
    return true;
}

/* The slot of a text: its own, or the free one where it belongs. */
static struct symbol *find(struct symbols *s, uint32_t hash, const char *text, size_t n)
{
    for (size_t at = hash;; at++) {
        struct symbol *slot = &s->slots[at & (s->nslots - 1)];
        if (!slot->number ||
            (slot->hash == hash && slot->n == n && memcmp(s->fields.data + slot->at, text, n) == 0))
            return slot;
    }
}

uint32_t symbols_number(struct symbols *s, const char *text, size_t n)
{
    if (!n || !buf_ok(&s->fields))
        return 0;
    if (2 * (size_t)s->count >= s->nslots && !grow(s)) {
        buf_free(&s->fields);
        s->fields.failed = true;
        return 0;
    }
    const uint32_t hash = hash_of(text, n);
    struct symbol *slot = find(s, hash, text, n);
    if (slot->number)
        return slot->number;
    field_add(&s->fields, TAG_SYMBOL, text, n);
    *slot = (struct symbol){
        .hash = hash, .n = (uint32_t)n, .number = s->count++, .at = (uint32_t)(s->fields.len - n)};
    return buf_ok(&s->fields) ? slot->number : 0;
}
