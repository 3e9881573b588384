/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "collect/entity.h"

#include <string.h>

static const char *const kinds[] = {
    [ENTITY_VM] = "",
    [ENTITY_HOST] = "host",
    [ENTITY_VCENTER] = "vcenter",
};

enum entity_kind entity_kind(const struct entity *entity)
{
    const char *kind = entity->label[LABEL_KIND];
    enum entity_kind found = ENTITY_VCENTER;
    while (found != ENTITY_VM && strcmp(kinds[found], kind) != 0)
        found--;
    return found;
}

const char *entity_kind_name(enum entity_kind kind)
{
    return kinds[kind];
}

const char *entity_label_name(enum entity_label label)
{
    static const char *const names[LABEL_COUNT] = {
        [LABEL_VCENTER] = "vcenter", [LABEL_DATACENTER] = "datacenter",
        [LABEL_CLUSTER] = "cluster", [LABEL_HOST] = "host",
        [LABEL_VM] = "vm",           [LABEL_MOID] = "moid",
        [LABEL_UUID] = "uuid",       [LABEL_KIND] = "kind",
        [LABEL_DEVICES] = "devices",
    };
    return names[label];
}

/* FNV-1a, with a last stir so that names that differ in their last digit spread well. */
uint32_t entity_hash(const struct entity *entity)
{
    const char *const texts[] = {entity->vcenter_uuid, entity->label[LABEL_MOID]};
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        for (const char *at = texts[i]; *at; at++)
            hash = (hash ^ (unsigned char)*at) * 0x100000001b3u;
        hash *= 0x100000001b3u;
    }
    return (uint32_t)((hash ^ (hash >> 32)) * 0x9e3779b97f4a7c15u >> 32);
}
