/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Our own names, by the rule of quantity.h. Raw samples have these:
 *     vstrata_vm_raw{instance="0"}  cpu_ready_summation
 *     vstrata_host_raw  sys_uptime_latest
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/caps.h"
#include "formats/namer.h"
#include "formats/schema.h"

enum { NAME = 64, REMEMBERED = 32, VCPU_TEXT = 8 };

struct names {                        /* of one quantity */
    const struct quantity_info *info; /* NULL = there is none */
    char measurement[2][NAME];        /* of the entity, of an instance */
    char field[FORM_COUNT][NAME];
    const char *help[FORM_COUNT];
    uint32_t layer_n, part_n;
};

struct device { /* an instance of the entity, its texts found once for all its quantities */
    enum instance_kind kind;
    uint16_t number;
    bool lasts; /* beyond REMEMBERED the last place is used again and again */
    const char *text, *name, *backing;
    uint32_t text_n, name_n, backing_n;
    char room[CAP_NAME];
};

struct namer {
    const struct row_batch *batch;
    const struct entity *entity;
    struct names names[QUANTITY_END];
    struct arena helps;
    struct buf scratch;
    struct counter_cache counters;
    uint32_t label_n[LABEL_TAGS]; /* of the entity's labels */
    size_t nplain; /* tags of every series of the entity; those of layer and part are put in */
    struct series_tag plain[LABEL_TAGS + 2];
    size_t ndevices;
    struct device devices[REMEMBERED];
    char vcpus[CAP_VCPUS][VCPU_TEXT]; /* their numbers as texts; "" = not made yet */
};

#define KEY(text) text, sizeof(text) - 1

/* Every tag that there may be, sorted by key. */
enum source { OF_ENTITY, OF_LAYER, OF_PART, OF_INSTANCE, OF_BACKING, OF_NAME, OF_RAW };
static const struct slot {
    const char *key;
    uint32_t key_n;
    enum source source;
    int which; /* enum entity_label, enum instance_kind */
} slots[] = {
    {KEY("app"), OF_INSTANCE, INSTANCE_APP},
    {KEY("cluster"), OF_ENTITY, LABEL_CLUSTER},
    {KEY("datacenter"), OF_ENTITY, LABEL_DATACENTER},
    {KEY("host"), OF_ENTITY, LABEL_HOST},
    {KEY("instance"), OF_RAW, 0},
    {KEY("layer"), OF_LAYER, 0},
    {KEY("moid"), OF_ENTITY, LABEL_MOID},
    {KEY("part"), OF_PART, 0},
    {KEY("uuid"), OF_ENTITY, LABEL_UUID},
    {KEY("vcenter"), OF_ENTITY, LABEL_VCENTER},
    {KEY("vcpu"), OF_INSTANCE, INSTANCE_VCPU},
    {KEY("vdisk"), OF_INSTANCE, INSTANCE_DISK},
    {KEY("vdisk_backing"), OF_BACKING, INSTANCE_DISK},
    {KEY("vdisk_name"), OF_NAME, INSTANCE_DISK},
    {KEY("vm"), OF_ENTITY, LABEL_VM},
    {KEY("vnic"), OF_INSTANCE, INSTANCE_NIC},
    {KEY("vnic_backing"), OF_BACKING, INSTANCE_NIC},
    {KEY("vnic_name"), OF_NAME, INSTANCE_NIC},
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
    names->layer_n = (uint32_t)strlen(layer_name(info->layer));
    names->part_n = (uint32_t)strlen(info->part);
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
        buf_free(&n->scratch);
        arena_free(&n->helps);
        counter_cache_free(&n->counters);
    }
    free(n);
}

static void make_counter(struct counter_names *names)
{
    static const char *const owners[OWNERS] = {[OF_VM] = "vm", [OF_HOST] = "host"};
    for (int of = 0; of < OWNERS; of++)
        snprintf(names->measurement[of], sizeof names->measurement[of], "vstrata_%s_raw",
                 owners[of]);
    counter_text(names->field, names->counter, 0);
}

static void *open_namer(void)
{
    struct namer *n = calloc(1, sizeof *n);
    if (!n)
        return NULL;
    buf_init(&n->scratch, CAP_NAME);
    arena_init(&n->helps);
    n->counters.make = make_counter;
    bool ok = true;
    for (size_t i = 0; ok && i < quantity_count(); i++)
        ok = make_names(&n->names[quantity_at(i)->id], quantity_at(i), &n->helps, &n->scratch);
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
    n->ndevices = 0;
    for (enum entity_label label = 0; label < LABEL_TAGS; label++)
        n->label_n[label] = (uint32_t)strlen(of->label[label]);
    n->nplain = 0;
    for (size_t i = 0; i < sizeof slots / sizeof *slots; i++) {
        const struct slot *slot = &slots[i];
        if (slot->source == OF_LAYER || slot->source == OF_PART)
            n->plain[n->nplain++] = (struct series_tag){slot->key, NULL, slot->key_n, 0};
        else if (slot->source == OF_ENTITY && n->label_n[slot->which])
            n->plain[n->nplain++] = (struct series_tag){slot->key, of->label[slot->which],
                                                        slot->key_n, n->label_n[slot->which]};
    }
    return counter_cache_room(&n->counters, batch);
}

/* Makes the texts of a disk, a vNIC or an application value. */
static void make_device(struct namer *n, struct device *d)
{
    size_t name_n = 0, backing_n = 0;
    if ((d->kind == INSTANCE_DISK || d->kind == INSTANCE_NIC) &&
        !instance_name(n->entity, d->kind, d->number, &d->name, &name_n, &d->backing, &backing_n))
        name_n = backing_n = 0;
    buf_clear(&n->scratch);
    instance_write(&n->scratch, d->kind, d->number, n->entity);
    d->text_n =
        buf_ok(&n->scratch) && n->scratch.len <= sizeof d->room ? (uint32_t)n->scratch.len : 0;
    if (d->text_n)
        memcpy(d->room, n->scratch.data, d->text_n);
    d->text = d->room;
    d->name_n = (uint32_t)name_n;
    d->backing_n = (uint32_t)backing_n;
}

static const struct device *device_of(struct namer *n, enum instance_kind kind, uint16_t number)
{
    for (size_t i = 0; i < n->ndevices; i++)
        if (n->devices[i].kind == kind && n->devices[i].number == number)
            return &n->devices[i];
    const bool full = n->ndevices == REMEMBERED;
    struct device *made = &n->devices[full ? REMEMBERED - 1 : n->ndevices++];
    made->kind = kind;
    made->number = number;
    made->lasts = n->ndevices < REMEMBERED;
    make_device(n, made);
    return made;
}

static const char *vcpu_text(struct namer *n, uint16_t number, struct buf *scratch)
{
    char *text = n->vcpus[number];
    if (!*text) {
        buf_clear(scratch);
        buf_int(scratch, number);
        if (buf_ok(scratch) && scratch->len < VCPU_TEXT)
            memcpy(text, scratch->data, scratch->len + 1);
    }
    return text;
}

/* What the value is of; NULL = of the entity. *vcpu is made of a vCPU. */
static const struct device *instance_of(struct namer *n, const struct quantity_info *info,
                                        const struct layer_value *value, struct device *vcpu)
{
    if (value->form != FORM_INSTANCE)
        return NULL;
    const enum instance_kind kind = quantity_instances(info);
    if (kind != INSTANCE_VCPU || value->instance >= CAP_VCPUS)
        return device_of(n, kind, value->instance);
    vcpu->kind = kind;
    vcpu->name = vcpu->backing = NULL;
    vcpu->name_n = vcpu->backing_n = 0;
    vcpu->text = vcpu_text(n, value->instance, &n->scratch);
    vcpu->text_n = (uint32_t)strlen(vcpu->text);
    return vcpu;
}

/* The value of a tag; false = there is none. */
static bool tag_value(const struct namer *n, const struct slot *slot,
                      const struct quantity_info *info, const struct device *device,
                      struct series_tag *tag)
{
    const bool its = device && (int)device->kind == slot->which;
    switch (slot->source) {
    case OF_ENTITY:
        tag->value = n->entity->label[slot->which];
        tag->value_n = n->label_n[slot->which];
        return tag->value_n;
    case OF_LAYER:
        tag->value = layer_name(info->layer);
        tag->value_n = (uint32_t)strlen(tag->value);
        return tag->value_n;
    case OF_PART:
        tag->value = info->part;
        tag->value_n = (uint32_t)strlen(tag->value);
        return tag->value_n;
    case OF_INSTANCE:
        tag->value = its ? device->text : NULL;
        tag->value_n = its ? device->text_n : 0;
        return tag->value_n;
    case OF_BACKING:
        tag->value = its ? device->backing : NULL;
        tag->value_n = its ? device->backing_n : 0;
        return tag->value_n;
    case OF_NAME:
        tag->value = its ? device->name : NULL;
        tag->value_n = its ? device->name_n : 0;
        return tag->value_n;
    case OF_RAW: /* see name_counter() */
        break;
    }
    return false;
}

static bool constant(const struct slot *slot, bool vcpu)
{
    return slot->source == OF_LAYER || slot->source == OF_PART ||
           (slot->source == OF_INSTANCE && vcpu);
}

/* A value that is of no instance, which most are, has the tags of its entity, layer and part. */
static void plain_tags(const struct namer *n, const struct names *names, struct series_tag *tags,
                       struct series *ret)
{
    static const char layer[] = "layer";
    for (size_t i = 0; i < n->nplain; i++) {
        struct series_tag tag = n->plain[i];
        const bool constant = !tag.value;
        if (constant && *tag.key == *layer) {
            tag.value = layer_name(names->info->layer);
            tag.value_n = names->layer_n;
        } else if (constant) {
            tag.value = names->info->part;
            tag.value_n = names->part_n;
        }
        if (!tag.value_n)
            continue;
        *(constant ? &ret->constant : &ret->lasting) |= UINT64_C(1) << ret->ntags;
        tags[ret->ntags++] = tag;
    }
}

static bool name_quantity(struct namer *n, const struct names *names,
                          const struct layer_value *value, struct series_tag *tags,
                          struct series *ret)
{
    const struct quantity_info *info = names->info;
    struct device vcpu;
    if (!info || value->form >= FORM_COUNT || !(info->forms & 1u << value->form))
        return false;
    const struct device *device = instance_of(n, info, value, &vcpu);
    const bool devices_last = !device || device == &vcpu || device->lasts;
    *ret = (struct series){.measurement = names->measurement[value->form == FORM_INSTANCE],
                           .field = names->field[value->form],
                           .tags = tags,
                           .help = names->help[value->form],
                           .unit = unit_name(info->unit),
                           .info = info,
                           .constant_name = true};
    if (!device)
        plain_tags(n, names, tags, ret);
    for (size_t i = 0; device && i < sizeof slots / sizeof *slots; i++) {
        const struct slot *slot = &slots[i];
        struct series_tag *tag = &tags[ret->ntags];
        if (!tag_value(n, slot, info, device, tag))
            continue;
        tag->key = slot->key;
        tag->key_n = slot->key_n;
        if (constant(slot, device == &vcpu))
            ret->constant |= UINT64_C(1) << ret->ntags;
        else if (slot->source != OF_INSTANCE || devices_last)
            ret->lasting |= UINT64_C(1) << ret->ntags;
        ret->ntags++;
    }
    return true;
}

static bool name_counter(struct namer *n, const struct layer_value *value, struct series_tag *tags,
                         struct series *ret)
{
    const struct counter_names *names = counter_cache_find(&n->counters, n->batch, value);
    const enum entity_kind kind = entity_kind(n->entity);
    if (!names || kind == ENTITY_VCENTER)
        return false;
    *ret = (struct series){.measurement = names->measurement[kind == ENTITY_HOST ? OF_HOST : OF_VM],
                           .field = names->field,
                           .tags = tags,
                           .help = "",
                           .unit = row_raw(n->batch, value)->unit,
                           .raw_scale = 1};
    for (size_t i = 0; i < sizeof slots / sizeof *slots; i++) {
        const char *text = slots[i].source == OF_ENTITY ? n->entity->label[slots[i].which]
                           : slots[i].source == OF_RAW  ? raw_instance(n->batch, value)
                                                        : "";
        tag_add(ret, tags, slots[i].key, text, strlen(text));
    }
    tags_last(ret);
    return true;
}

static bool series(void *namer, const struct layer_value *value, struct series_tag *tags,
                   struct series *ret)
{
    struct namer *n = namer;
    if (value->quantity >= QUANTITY_RAW)
        return name_counter(n, value, tags, ret);
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
