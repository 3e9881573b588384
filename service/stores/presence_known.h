/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The entities that presence.c knows, by their identity.
 */
#ifndef STORES_PRESENCE_KNOWN_H
#define STORES_PRESENCE_KNOWN_H

#include "collect/entity.h"
#include "stores/presence_shape.h"

struct known { /* an entity */
    struct known *next;
    uint32_t hash;
    uint32_t met;    /* in this batch */
    int64_t time_ms; /* of its newest row */
    struct shared *uuid, *label[LABEL_COUNT];
    struct shared *shape; /* numbers of shape_key() */
};

struct known_list { /* zero-initialised */
    struct share texts, shapes;
    size_t nslots, count;
    struct known **slots;
};

/* The entity of this identity, which is put in if it is new (time_ms INT64_MIN, an empty shape).
 * NULL: out of memory. */
struct known *known_find(struct known_list *list, const struct entity *entity);

/* Takes the labels over. False: out of memory, and the entity keeps those it had. */
bool known_set_labels(struct known_list *list, struct known *known, const struct entity *entity);

/* Frees one that was taken out of its slot. */
void known_drop(struct known_list *list, struct known *known);

/* Frees everything. */
void known_clear(struct known_list *list);

#endif
