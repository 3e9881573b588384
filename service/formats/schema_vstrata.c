/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Our own names, by the rule of quantity.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/caps.h"
#include "formats/schema.h"

enum { NAME = 64 };

struct names {                        /* of one quantity */
    const struct quantity_info *info; /* NULL = there is none */
    char measurement[2][NAME];        /* of the entity, of an instance */
    char field[FORM_COUNT][NAME];
    const char *help[FORM_COUNT];
};

struct namer {
    const struct row_batch *batch;
    const struct entity *entity;
    struct names names[QUANTITY_END];
    struct arena helps;
    struct buf instance; /* the text of one */
};

/* Every tag that there may be, sorted by key. */
enum source { OF_ENTITY, OF_LAYER, OF_PART, OF_INSTANCE, OF_BACKING, OF_NAME };
static const struct slot {
    const char *key;
    enum source source;
    int which; /* enum entity_label, enum instance_kind */
} slots[] = {
    {"app", OF_INSTANCE, INSTANCE_APP},
    {"cluster", OF_ENTITY, LABEL_CLUSTER},
    {"datacenter", OF_ENTITY, LABEL_DATACENTER},
    {"host", OF_ENTITY, LABEL_HOST},
    {"layer", OF_LAYER, 0},
    {"moid", OF_ENTITY, LABEL_MOID},
    {"part", OF_PART, 0},
    {"uuid", OF_ENTITY, LABEL_UUID},
    {"vcenter", OF_ENTITY, LABEL_VCENTER},
    {"vcpu", OF_INSTANCE, INSTANCE_VCPU},
    {"vdisk", OF_INSTANCE, INSTANCE_DISK},
    {"vdisk_backing", OF_BACKING, INSTANCE_DISK},
    {"vdisk_name", OF_NAME, INSTANCE_DISK},
    {"vm", OF_ENTITY, LABEL_VM},
    {"vnic", OF_INSTANCE, INSTANCE_NIC},
    {"vnic_backing", OF_BACKING, INSTANCE_NIC},
    {"vnic_name", OF_NAME, INSTANCE_NIC},
};

struct instance { /* of one value, as texts */
    enum instance_kind kind;
    const char *name, *backing;
    size_t name_n, backing_n;
};

/* True if the text fitted. */
static bool take(struct buf *scratch, char text[NAME])
{
    const bool fits = buf_ok(scratch) && scratch->len < NAME;
    if (fits && scratch->len)
        memcpy(text, scratch->data, scratch->len);
    text[fits ? scratch->len : 0] = '\0';
    buf_clear(scratch);
    return fits;
}

/* NULL when out of memory. */
static const char *make_help(struct arena *arena, const struct quantity_info *info, enum form form,
                             struct buf *scratch)
{
    quantity_family(scratch, info, form);
    const char *help = buf_ok(scratch) ? arena_text(arena, scratch->data, scratch->len) : NULL;
    buf_clear(scratch);
    return help;
}

static bool make_names(struct names *names, const struct quantity_info *info, struct arena *helps,
                       struct buf *scratch)
{
    bool ok = true;
    names->info = info;
    quantity_measurement(scratch, info, FORM_TOTAL);
    take(scratch, names->measurement[0]);
    quantity_measurement(scratch, info, FORM_INSTANCE);
    take(scratch, names->measurement[1]);
    for (enum form form = FORM_TOTAL; form < FORM_COUNT; form++) {
        quantity_field(scratch, info, form);
        take(scratch, names->field[form]);
        names->help[form] = make_help(helps, info, form, scratch);
        ok = ok && names->help[form];
    }
    return ok;
}

static void close_namer(void *namer)
{
    struct namer *n = namer;
    if (n) {
        buf_free(&n->instance);
        arena_free(&n->helps);
    }
    free(n);
}

static void *open_namer(void)
{
    struct namer *n = calloc(1, sizeof *n);
    if (!n)
        return NULL;
    buf_init(&n->instance, CAP_NAME);
    arena_init(&n->helps);
    bool ok = true;
    for (size_t i = 0; ok && i < quantity_count(); i++)
        ok = make_names(&n->names[quantity_at(i)->id], quantity_at(i), &n->helps, &n->instance);
    if (ok)
        return n;
    close_namer(n);
    return NULL;
}

static bool entity(void *namer, const struct row_batch *batch, const struct entity *of)
{
    struct namer *n = namer;
    n->batch = batch;
    n->entity = of;
    return true;
}

/* The value of a tag as n bytes; 0 = it has none. */
static size_t tag_value(const struct namer *n, const struct slot *slot,
                        const struct quantity_info *info, const struct instance *instance,
                        const char **ret)
{
    const bool its = (int)instance->kind == slot->which;
    switch (slot->source) {
    case OF_ENTITY:
        *ret = n->entity->label[slot->which];
        return strlen(*ret);
    case OF_LAYER:
        *ret = layer_name(info->layer);
        return strlen(*ret);
    case OF_PART:
        *ret = info->part;
        return strlen(*ret);
    case OF_INSTANCE:
        *ret = n->instance.data;
        return its ? n->instance.len : 0;
    case OF_BACKING:
        *ret = instance->backing;
        return its ? instance->backing_n : 0;
    case OF_NAME:
        *ret = instance->name;
        return its ? instance->name_n : 0;
    }
    return 0;
}

static void make_instance(struct namer *n, const struct quantity_info *info,
                          const struct layer_value *value, struct instance *ret)
{
    *ret = (struct instance){.kind = INSTANCE_NONE};
    if (value->form != FORM_INSTANCE)
        return;
    ret->kind = quantity_instances(info);
    buf_clear(&n->instance);
    instance_write(&n->instance, ret->kind, value->instance, n->entity);
    if ((ret->kind == INSTANCE_DISK || ret->kind == INSTANCE_NIC) &&
        !instance_name(n->entity, ret->kind, value->instance, &ret->name, &ret->name_n,
                       &ret->backing, &ret->backing_n))
        ret->name_n = ret->backing_n = 0;
}

static bool name_quantity(struct namer *n, const struct names *names,
                          const struct layer_value *value, struct series_tag *tags,
                          struct series *ret)
{
    const struct quantity_info *info = names->info;
    struct instance instance;
    if (!info || value->form >= FORM_COUNT || !(info->forms & 1u << value->form))
        return false;
    make_instance(n, info, value, &instance);
    *ret = (struct series){.measurement = names->measurement[value->form == FORM_INSTANCE],
                           .field = names->field[value->form],
                           .tags = tags,
                           .help = names->help[value->form],
                           .unit = unit_name(info->unit),
                           .info = info};
    for (size_t i = 0; i < sizeof slots / sizeof *slots; i++) {
        const char *text = "";
        const size_t bytes = tag_value(n, &slots[i], info, &instance, &text);
        if (bytes)
            tags[ret->ntags++] = (struct series_tag){
                slots[i].key, text, (uint32_t)strlen(slots[i].key), (uint32_t)bytes};
    }
    return true;
}

static bool series(void *namer, const struct layer_value *value, struct series_tag *tags,
                   struct series *ret)
{
    struct namer *n = namer;
    return value->quantity < QUANTITY_END &&
           name_quantity(n, &n->names[value->quantity], value, tags, ret);
}

const struct schema schema_vstrata = {
    .name = "vstrata",
    .raw = "",
    .quantities = "*",
    .open = open_namer,
    .close = close_namer,
    .entity = entity,
    .series = series,
};
