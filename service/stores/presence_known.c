/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "stores/presence_known.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 256 };

void known_clear(struct known_list *list)
{
    for (size_t i = 0; i < list->nslots; i++)
        for (struct known *one = list->slots[i], *next; one; one = next) {
            next = one->next;
            free(one);
        }
    free(list->slots);
    share_clear(&list->texts);
    share_clear(&list->shapes);
    *list = (struct known_list){0};
}

static uint32_t hash_of(const struct entity *entity)
{
    uint32_t hash = 2166136261u;
    for (const char *c = entity->vcenter_uuid; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619u;
    for (const char *c = entity->label[LABEL_MOID]; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619u;
    return hash;
}

static bool grow(struct known_list *list)
{
    const size_t nslots = list->nslots ? 2 * list->nslots : FIRST_SLOTS;
    struct known **slots = calloc(nslots, sizeof(struct known *));
    if (!slots)
        return false;
    for (size_t i = 0; i < list->nslots; i++)
        for (struct known *one = list->slots[i], *next; one; one = next) {
            next = one->next;
            one->next = slots[one->hash & (nslots - 1)];
            slots[one->hash & (nslots - 1)] = one;
        }
    free(list->slots);
    list->slots = slots;
    list->nslots = nslots;
    return true;
}

void known_drop(struct known_list *list, struct known *known)
{
    share_drop(&list->texts, known->uuid);
    for (int i = 0; i < LABEL_COUNT; i++)
        share_drop(&list->texts, known->label[i]);
    share_drop(&list->shapes, known->shape);
    free(known);
}

static struct shared *text_of(struct known_list *list, const char *text)
{
    return share_take(&list->texts, text, strlen(text));
}

bool known_set_labels(struct known_list *list, struct known *known, const struct entity *entity)
{
    struct shared *label[LABEL_COUNT];
    bool ok = true;
    for (int i = 0; i < LABEL_COUNT; i++) {
        label[i] = text_of(list, entity->label[i]);
        ok = ok && label[i];
    }
    for (int i = 0; i < LABEL_COUNT; i++) {
        share_drop(&list->texts, ok ? known->label[i] : label[i]);
        if (ok)
            known->label[i] = label[i];
    }
    return ok;
}

static struct known *make_known(struct known_list *list, const struct entity *entity, uint32_t hash)
{
    struct known *made = calloc(1, sizeof *made);
    if (!made)
        return NULL;
    made->hash = hash;
    made->time_ms = INT64_MIN;
    made->uuid = text_of(list, entity->vcenter_uuid);
    made->shape = share_take(&list->shapes, "", 0);
    if (!known_set_labels(list, made, entity) || !made->uuid || !made->shape) {
        known_drop(list, made);
        return NULL;
    }
    return made;
}

struct known *known_find(struct known_list *list, const struct entity *entity)
{
    if (list->count >= list->nslots && !grow(list))
        return NULL;
    const uint32_t hash = hash_of(entity);
    struct known **slot = &list->slots[hash & (list->nslots - 1)];
    for (struct known *one = *slot; one; one = one->next)
        if (one->hash == hash &&
            strcmp(one->label[LABEL_MOID]->bytes, entity->label[LABEL_MOID]) == 0 &&
            strcmp(one->uuid->bytes, entity->vcenter_uuid) == 0)
            return one;
    struct known *made = make_known(list, entity, hash);
    if (!made)
        return NULL;
    made->next = *slot;
    *slot = made;
    list->count++;
    return made;
}
