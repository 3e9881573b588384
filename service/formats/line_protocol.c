/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * A line, tags sorted by key:
 *
 *   vstrata_vm_cpu,cluster=c,datacenter=d,host=h,layer=unmet,moid=m,part=ready,uuid=u,vcenter=v,vm=w
 *   \___________/ \__________________________/ \_________/ \____/ \________/ \__________________/
 *    measurement   labels before layer          layer       moid   part       uuid, vcenter
 *
 *   [,vcpu=0],vm=w ratio=0.075,ratio_worst=0.1 1623683210000
 *
 * An instance has its tag at its place among them: app before all, vcpu and vdisk before vm, vnic
 * behind it. What is behind a device and people's name of it follow: ,vdisk=scsi0:0,
 * vdisk_backing=datastore1,vdisk_name=Hard\ disk\ 1
 *
 * What depends on the quantity alone is made once per call, what depends on the entity once per
 * row; a line is then a dozen copies, mostly of constant size, and its numbers. Raw samples, which
 * somebody must have asked for, go a slower way.
 */
#include "formats/line_protocol.h"

#include <string.h>

#include "base/caps.h"
#include "formats/namer.h"

enum { PIECE = 64 };

struct piece { /* a short ready-made text */
    unsigned char n;
    char text[PIECE];
};

struct pieces {                       /* of one quantity */
    const struct quantity_info *info; /* NULL = there is none */
    struct piece measurement[2];      /* of the entity, of an instance */
    enum instance_kind instances;
    struct piece layer, part;       /* ",layer=unmet", ",part=ready" */
    struct piece field[FORM_COUNT]; /* "ratio=" */
};

/* The labels between the other tags, in sorted order of all keys. */
enum gap { BEFORE_LAYER, BEFORE_PART, BEFORE_VCPU, BEFORE_END, GAPS };
static const struct {
    enum gap gap;
    enum entity_label label;
} sorted[] = {
    {BEFORE_LAYER, LABEL_CLUSTER}, {BEFORE_LAYER, LABEL_DATACENTER}, {BEFORE_LAYER, LABEL_HOST},
    {BEFORE_PART, LABEL_MOID},     {BEFORE_VCPU, LABEL_UUID},        {BEFORE_VCPU, LABEL_VCENTER},
    {BEFORE_END, LABEL_VM},
};

struct tags { /* of one row's entity: the texts of the gaps, one behind the other */
    const struct entity *entity;
    struct buf text;
    size_t end[GAPS];
};

enum { REMEMBERED = 32 }; /* devices of an entity */

struct remembered { /* the tags of one device, made once for all its quantities and times */
    enum instance_kind kind;
    uint16_t instance;
    size_t from, end; /* in the writer's devices */
};

struct writer {
    const struct row_batch *batch;
    const struct line_options *options;
    struct buf *out;
    struct pieces pieces[QUANTITY_END];
    struct tags tags;
    struct piece instance[INSTANCE_KINDS]; /* ",vcpu=" */
    struct buf devices;                    /* tags of the entity's devices */
    size_t nremembered;
    struct remembered remembered[REMEMBERED];
    struct piece stamp; /* " 1623683210000\n" */
    size_t written;
    bool failed;
};

static void piece_of(struct piece *piece, struct buf *scratch)
{
    piece->n = 0;
    if (buf_ok(scratch) && scratch->len < PIECE) {
        piece->n = (unsigned char)scratch->len;
        if (scratch->len)
            memcpy(piece->text, scratch->data, scratch->len);
    }
    buf_clear(scratch);
}

static void add(struct buf *out, const struct piece *piece)
{
    buf_add(out, piece->text, piece->n);
}

static void make_pieces(struct pieces *pieces, const struct quantity_info *info,
                        struct buf *scratch)
{
    pieces->info = info;
    quantity_measurement(scratch, info, FORM_TOTAL);
    piece_of(&pieces->measurement[0], scratch);
    quantity_measurement(scratch, info, FORM_INSTANCE);
    piece_of(&pieces->measurement[1], scratch);
    pieces->instances = quantity_instances(info);
    if (info->layer != LAYER_NONE) {
        buf_str(scratch, ",layer=");
        buf_str(scratch, layer_name(info->layer));
    }
    piece_of(&pieces->layer, scratch);
    buf_str(scratch, ",part=");
    buf_str(scratch, info->part);
    piece_of(&pieces->part, scratch);
    for (enum form form = FORM_TOTAL; form < FORM_COUNT; form++) {
        quantity_field(scratch, info, form);
        buf_char(scratch, '=');
        piece_of(&pieces->field[form], scratch);
    }
}

static void make_tags(struct tags *tags, const struct entity *entity)
{
    const size_t n = sizeof sorted / sizeof *sorted;
    tags->entity = entity;
    buf_clear(&tags->text);
    for (size_t i = 0, gap = 0; gap < GAPS; gap++) {
        for (; i < n && sorted[i].gap == gap; i++) {
            const char *value = entity->label[sorted[i].label];
            if (!*value)
                continue;
            buf_char(&tags->text, ',');
            buf_str(&tags->text, entity_label_name(sorted[i].label));
            buf_char(&tags->text, '=');
            line_text(&tags->text, value, strlen(value));
        }
        tags->end[gap] = tags->text.len;
    }
}

/* A piece is copied with all its room, because a copy of constant size is a few moves; what is
 * behind it is written over or cut off. */
static char *put(char *at, const struct piece *piece)
{
    memcpy(at, piece->text, PIECE);
    return at + piece->n;
}

static char *put_gap(char *at, const struct tags *tags, enum gap gap)
{
    size_t from = gap ? tags->end[gap - 1] : 0, n = tags->end[gap] - from;
    return n ? (char *)memcpy(at, tags->text.data + from, n) + n : at;
}

static void make_stamp(struct writer *w, struct server_time time, struct buf *scratch)
{
    buf_char(scratch, ' ');
    line_stamp(scratch, time, w->options->precision);
    buf_char(scratch, '\n');
    piece_of(&w->stamp, scratch);
}

/* Room for what is written by hand at once: some pieces and all labels. */
static char *room(struct writer *w)
{
    const size_t pieces = 5;
    return buf_room(w->out, pieces * PIECE + w->tags.text.len);
}

/* ,vdisk_name=Hard\ disk\ 1 ; nothing without a text */
static void name_tag(struct writer *w, enum instance_kind kind, const char *suffix,
                     const char *text, size_t n)
{
    if (!n)
        return;
    buf_printf(&w->devices, ",%s_%s=", instance_word(kind), suffix);
    line_text(&w->devices, text, n);
}

static void make_device(struct writer *w, enum instance_kind kind, uint16_t instance)
{
    const struct entity *entity = w->tags.entity;
    const char *name, *backing;
    size_t name_n, backing_n;
    add(&w->devices, &w->instance[kind]);
    instance_write(&w->devices, kind, instance, entity);
    if (kind == INSTANCE_APP ||
        !instance_name(entity, kind, instance, &name, &name_n, &backing, &backing_n))
        return;
    name_tag(w, kind, "backing", backing, backing_n);
    name_tag(w, kind, "name", name, name_n);
}

/* Beyond REMEMBERED devices the last place is used again and again. */
static const struct remembered *device(struct writer *w, enum instance_kind kind, uint16_t instance)
{
    for (size_t i = 0; i < w->nremembered; i++)
        if (w->remembered[i].kind == kind && w->remembered[i].instance == instance)
            return &w->remembered[i];
    if (w->nremembered == REMEMBERED)
        w->nremembered--;
    struct remembered *made = &w->remembered[w->nremembered++];
    *made = (struct remembered){.kind = kind, .instance = instance, .from = w->devices.len};
    make_device(w, kind, instance);
    made->end = w->devices.len;
    return made;
}

static void instance_tags(struct writer *w, const struct layer_value *value)
{
    const enum instance_kind kind = w->pieces[value->quantity].instances;
    if (kind == INSTANCE_VCPU) {
        add(w->out, &w->instance[kind]);
        buf_int(w->out, value->instance);
        return;
    }
    const struct remembered *tags = device(w, kind, value->instance);
    w->failed = w->failed || !buf_ok(&w->devices);
    if (!w->failed)
        buf_add(w->out, w->devices.data + tags->from, tags->end - tags->from);
}

/* Another entity: other labels, other devices. */
static void begin_entity(struct writer *w, const struct entity *entity)
{
    make_tags(&w->tags, entity);
    buf_clear(&w->devices);
    w->nremembered = 0;
}

/* The gap in front of which the tags of an instance stand; GAPS = it has none. */
static enum gap place_of(const struct writer *w, const struct layer_value *value)
{
    static const enum gap places[INSTANCE_KINDS] = {
        [INSTANCE_NONE] = GAPS, [INSTANCE_VCPU] = BEFORE_END,  [INSTANCE_DISK] = BEFORE_END,
        [INSTANCE_NIC] = GAPS,  [INSTANCE_APP] = BEFORE_LAYER,
    };
    return value->form == FORM_INSTANCE ? places[w->pieces[value->quantity].instances] : GAPS;
}

static void begin_line(struct writer *w, const struct layer_value *value)
{
    const struct pieces *pieces = &w->pieces[value->quantity];
    const enum gap place = place_of(w, value);
    add(w->out, &pieces->measurement[value->form == FORM_INSTANCE]);
    if (place == BEFORE_LAYER)
        instance_tags(w, value);
    char *at = room(w);
    if (!at)
        return;
    at = put_gap(at, &w->tags, BEFORE_LAYER);
    at = put(at, &pieces->layer);
    at = put_gap(at, &w->tags, BEFORE_PART);
    at = put(at, &pieces->part);
    at = put_gap(at, &w->tags, BEFORE_VCPU);
    buf_end(w->out, at);
    if (place == BEFORE_END)
        instance_tags(w, value);
}

static bool is_nic(const struct writer *w, const struct layer_value *value)
{
    return value->form == FORM_INSTANCE && w->pieces[value->quantity].instances == INSTANCE_NIC;
}

/* ",ratio_worst=", or the rest of the tags and " ratio=" */
static void begin_value(struct writer *w, const struct layer_value *value, bool joins)
{
    char *at = room(w);
    if (!at)
        return;
    if (!joins)
        at = put_gap(at, &w->tags, BEFORE_END);
    if (!joins && is_nic(w, value)) {
        buf_end(w->out, at);
        instance_tags(w, value);
        at = room(w);
        if (!at)
            return;
    }
    *at++ = joins ? ',' : ' ';
    at = put(at, &w->pieces[value->quantity].field[value->form]);
    buf_end(w->out, at);
}

static bool same_line(const struct layer_value *a, const struct layer_value *b)
{
    if (a->quantity != b->quantity || (a->form == FORM_INSTANCE) != (b->form == FORM_INSTANCE))
        return false;
    return a->form != FORM_INSTANCE || a->instance == b->instance;
}

/* A newer journal may hold quantities and forms that this program has no name for. */
static bool writable(const struct writer *w, const struct layer_value *value)
{
    if (value->quantity >= QUANTITY_END)
        return false;
    const struct quantity_info *info = w->pieces[value->quantity].info;
    return info && value->form < FORM_COUNT && info->forms & 1u << value->form;
}

static void write_row(struct writer *w, const struct layer_row *row)
{
    const struct layer_value *before = NULL;
    for (uint32_t i = 0; i < row->count; i++) {
        const struct layer_value *value = &w->batch->values[row->first + i];
        if (!writable(w, value))
            continue;
        const bool joins = before && same_line(before, value);
        if (before && !joins)
            add(w->out, &w->stamp);
        if (!joins)
            begin_line(w, value);
        begin_value(w, value, joins);
        quantity_write(w->out, w->pieces[value->quantity].info, value->ticks);
        before = value;
        w->written++;
    }
    if (before)
        add(w->out, &w->stamp);
}

/* ---- raw samples: the names of schema_vstrata.c ---- */

static void begin_raw_line(struct writer *w, const char *instance)
{
    const bool host = entity_kind(w->tags.entity) == ENTITY_HOST;
    const char *texts = w->tags.text.len ? w->tags.text.data : "";
    buf_str(w->out, host ? "vstrata_host_raw" : "vstrata_vm_raw");
    buf_add(w->out, texts, w->tags.end[BEFORE_LAYER]);
    if (*instance) {
        buf_str(w->out, ",instance=");
        line_text(w->out, instance, strlen(instance));
    }
    buf_add(w->out, texts + w->tags.end[BEFORE_LAYER],
            w->tags.text.len - w->tags.end[BEFORE_LAYER]);
}

/* They stand behind the row's other values; neighbours of one instance share a line. */
static void write_raw(struct writer *w, const struct layer_row *row)
{
    const struct layer_value *before = NULL;
    for (uint32_t i = 0; i < row->count; i++) {
        const struct layer_value *value = &w->batch->values[row->first + i];
        const struct raw_counter *counter = row_raw(w->batch, value);
        if (!counter)
            continue;
        const bool joins = before && before->instance == value->instance;
        char field[COUNTER_NAME];
        counter_text(field, counter->name, 0);
        if (before && !joins)
            add(w->out, &w->stamp);
        if (!joins)
            begin_raw_line(w, raw_instance(w->batch, value));
        buf_char(w->out, joins ? ',' : ' ');
        buf_str(w->out, field);
        buf_char(w->out, '=');
        buf_int(w->out, value->ticks);
        before = value;
        w->written++;
    }
    if (before)
        add(w->out, &w->stamp);
}

static bool has_raw(const struct row_batch *batch, const struct layer_row *row)
{
    return row->count && batch->values[row->first + row->count - 1].quantity >= QUANTITY_RAW &&
           entity_kind(row->entity) != ENTITY_VCENTER;
}

size_t line_protocol_write(const struct row_batch *batch, size_t first, size_t last,
                           const struct line_options *options, struct buf *out)
{
    struct writer w = {.batch = batch, .options = options, .out = out};
    struct buf scratch;
    buf_init(&scratch, PIECE);
    buf_init(&w.tags.text, CAP_STORE_BODY);
    buf_init(&w.devices, CAP_STORE_BODY);
    for (enum instance_kind kind = INSTANCE_VCPU; kind < INSTANCE_KINDS; kind++) {
        buf_printf(&scratch, ",%s=", instance_word(kind));
        piece_of(&w.instance[kind], &scratch);
    }
    for (size_t i = 0; i < quantity_count(); i++)
        make_pieces(&w.pieces[quantity_at(i)->id], quantity_at(i), &scratch);
    for (size_t i = first; i < last && i < batch->nrows; i++) {
        const struct layer_row *row = &batch->rows[i];
        if (row->entity != w.tags.entity)
            begin_entity(&w, row->entity);
        w.failed = w.failed || !buf_ok(&w.tags.text);
        if (w.failed)
            break;
        make_stamp(&w, row->time, &scratch);
        write_row(&w, row);
        if (has_raw(batch, row))
            write_raw(&w, row);
    }
    if (w.failed) { /* lines without their tags would be wrong, not fewer */
        buf_free(out);
        out->failed = true;
    }
    buf_free(&w.tags.text);
    buf_free(&w.devices);
    buf_free(&scratch);
    return w.written;
}
