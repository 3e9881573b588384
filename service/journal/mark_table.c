/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "journal/mark_table.h"

#include <stdlib.h>
#include <string.h>

void mark_table_init(struct mark_table *table)
{
    *table = (struct mark_table){.next_id = 1};
    arena_init(&table->texts);
}

void mark_table_free(struct mark_table *table)
{
    arena_free(&table->texts);
    free(table->entries);
    free(table->slots);
    mark_table_init(table);
}

/* FNV-1a over the moid and the begin of the vCenter's name, which mostly is a UUID: two vCenters
 * that begin alike only share slots. */
static uint32_t hash_of(const char *vcenter, const char *moid)
{
    enum { ENOUGH = 8 };
    uint32_t h = 2166136261u;
    for (const char *c = vcenter; *c && c < vcenter + ENOUGH; c++)
        h = (h ^ (unsigned char)*c) * 16777619u;
    for (const char *c = moid; *c; c++)
        h = (h ^ (unsigned char)*c) * 16777619u;
    return h ^ (h >> 15);
}

struct mark_entry *mark_table_find(const struct mark_table *table, const char *vcenter,
                                   const char *moid)
{
    if (!table->nslots)
        return NULL;
    uint32_t hash = hash_of(vcenter, moid);
    for (size_t at = hash;; at++) {
        uint32_t slot = table->slots[at & (table->nslots - 1)];
        if (!slot)
            return NULL;
        struct mark_entry *entry = &table->entries[slot - 1];
        if (entry->hash == hash && strcmp(entry->moid, moid) == 0 &&
            strcmp(entry->vcenter, vcenter) == 0)
            return entry;
    }
}

static void place(struct mark_table *table, size_t number)
{
    size_t at = table->entries[number].hash;
    while (table->slots[at & (table->nslots - 1)])
        at++;
    table->slots[at & (table->nslots - 1)] = (uint32_t)number + 1;
}

/* Room for one more, the slots at most half full. */
static bool grow(struct mark_table *table)
{
    if (table->count < table->room)
        return true;
    size_t room = table->room ? 2 * table->room : 256;
    struct mark_entry *entries = realloc(table->entries, room * sizeof *entries);
    if (!entries)
        return false;
    table->entries = entries;
    uint32_t *slots = calloc(2 * room, sizeof *slots);
    if (!slots)
        return false;
    free(table->slots);
    table->slots = slots;
    table->nslots = 2 * room;
    table->room = room;
    for (size_t i = 0; i < table->count; i++)
        place(table, i);
    return true;
}

/* Entities come grouped by vCenter: the text of the one before is shared. */
static const char *vcenter_text(struct mark_table *table, const char *vcenter)
{
    if (table->count && strcmp(table->entries[table->count - 1].vcenter, vcenter) == 0)
        return table->entries[table->count - 1].vcenter;
    return arena_text(&table->texts, vcenter, strlen(vcenter));
}

struct mark_entry *mark_table_add(struct mark_table *table, const char *vcenter, const char *moid)
{
    const char *kept_vcenter = vcenter_text(table, vcenter);
    const char *kept_moid = arena_text(&table->texts, moid, strlen(moid));
    if (!kept_vcenter || !kept_moid || !grow(table))
        return NULL;
    struct mark_entry *entry = &table->entries[table->count];
    *entry = (struct mark_entry){.vcenter = kept_vcenter,
                                 .moid = kept_moid,
                                 .id = table->next_id++,
                                 .hash = hash_of(vcenter, moid)};
    place(table, table->count++);
    return entry;
}
