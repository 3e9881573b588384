/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "stores/embedded_memory.h"

#include <stdlib.h>
#include <string.h>

#include "base/caps.h"

enum {
    SEGMENT_ROWS = 512, /* bounds the table that a flush makes of a segment */
    SILENT_MS = 24 * CHUNK_MS,
};

void memory_init(struct memory *memory)
{
    *memory = (struct memory){0};
    buf_init(&memory->scratch, CAP_STORE_BODY);
}

/* ---- entities ---- */

/* The hash key of an entity in memory->scratch; false: out of memory. */
static bool make_key(struct memory *memory, const char *vcenter_uuid, const char *moid)
{
    buf_clear(&memory->scratch);
    buf_add(&memory->scratch, vcenter_uuid, strlen(vcenter_uuid) + 1);
    buf_str(&memory->scratch, moid);
    return buf_ok(&memory->scratch);
}

struct memory_entity *memory_find(struct memory *memory, const char *vcenter_uuid, const char *moid)
{
    struct memory_entity *entity = NULL;
    if (make_key(memory, vcenter_uuid, moid))
        HASH_FIND(hh, memory->entities, memory->scratch.data, (unsigned)memory->scratch.len,
                  entity);
    return entity;
}

static struct seen_vcenter *vcenter_of(struct memory *memory, const char *uuid)
{
    struct seen_vcenter *vcenter = NULL;
    size_t len = strlen(uuid);
    HASH_FIND(hh, memory->vcenters, uuid, (unsigned)len, vcenter);
    if (vcenter)
        return vcenter;
    vcenter = calloc(1, sizeof *vcenter + len + 1);
    if (!vcenter)
        return NULL;
    memcpy(vcenter->uuid, uuid, len + 1);
    HASH_ADD_KEYPTR(hh, memory->vcenters, vcenter->uuid, (unsigned)len, vcenter);
    if (vcenter->hh.tbl)
        return vcenter;
    free(vcenter);
    return NULL;
}

static void free_entity(struct memory_entity *entity)
{
    if (!entity)
        return;
    free(entity->key);
    free(entity->texts);
    free(entity->ticks);
    free(entity);
}

/* A new entity under the key in memory->scratch. */
static struct memory_entity *add_entity(struct memory *memory, const char *vcenter_uuid)
{
    size_t len = memory->scratch.len;
    struct memory_entity *entity = calloc(1, sizeof *entity);
    if (!entity)
        return NULL;
    entity->key = malloc(len);
    entity->vcenter = vcenter_of(memory, vcenter_uuid);
    if (!entity->key || !entity->vcenter)
        goto out;
    memcpy(entity->key, memory->scratch.data, len);
    HASH_ADD_KEYPTR(hh, memory->entities, entity->key, (unsigned)len, entity);
    if (entity->hh.tbl)
        return entity;
out:
    free_entity(entity);
    return NULL;
}

static struct memory_entity *entity_of(struct memory *memory, const struct entity *labels)
{
    struct memory_entity *entity =
        memory_find(memory, labels->vcenter_uuid, labels->label[LABEL_MOID]);
    if (entity || !buf_ok(&memory->scratch))
        return entity;
    return add_entity(memory, labels->vcenter_uuid);
}

static bool same_labels(const struct memory_entity *entity, const struct entity *labels)
{
    if (!entity->texts)
        return false;
    for (int i = 0; i < LABEL_COUNT; i++)
        if (strcmp(entity->labels.label[i], labels->label[i]) != 0)
            return false;
    return true;
}

static bool put_labels(struct memory_entity *entity, const struct entity *labels)
{
    if (same_labels(entity, labels))
        return true;
    size_t len = 0;
    for (int i = 0; i < LABEL_COUNT; i++)
        len += strlen(labels->label[i]) + 1;
    char *texts = malloc(len), *at = texts;
    if (!texts)
        return false;
    for (int i = 0; i < LABEL_COUNT; i++) {
        size_t n = strlen(labels->label[i]) + 1;
        memcpy(at, labels->label[i], n);
        entity->labels.label[i] = at;
        at += n;
    }
    free(entity->texts);
    entity->texts = texts;
    entity->labels.vcenter_uuid = entity->vcenter->uuid;
    entity->file = 0; /* the day file has to hear of it */
    return true;
}

/* ---- rows ---- */

static struct segment *add_segment(struct memory *memory, struct memory_entity *entity,
                                   struct columns *columns, int64_t t0)
{
    struct segment *segment = calloc(1, sizeof *segment);
    if (!segment)
        return NULL;
    *segment = (struct segment){.columns = columns, .t0 = t0, .last = t0};
    if (entity->last_segment)
        entity->last_segment->next = segment;
    else
        entity->segments = segment;
    entity->last_segment = segment;
    memory->bytes += sizeof *segment;
    return segment;
}

/* Appends the row to the open segment if it follows there, otherwise to one of its own. */
static struct segment *keep_row(struct memory *memory, struct memory_entity *entity,
                                struct columns *columns, int64_t time,
                                const struct layer_value *values)
{
    int64_t t0 = time - time % CHUNK_MS;
    struct segment *segment = entity->open;
    bool follows = segment && time >= entity->newest && segment->columns == columns &&
                   segment->t0 == t0 && segment->nrows < SEGMENT_ROWS;
    if (!follows)
        segment = add_segment(memory, entity, columns, t0);
    if (!segment)
        return NULL;
    size_t room = segment->room;
    if (!segment_add(segment, &memory->scratch, time, values, follows ? entity->ticks : NULL))
        return NULL;
    memory->bytes += segment->room - room;
    memory->points += columns->shape->n;
    return segment;
}

static bool put_newest(struct memory *memory, struct memory_entity *entity, struct columns *columns,
                       const struct layer_row *row, const struct layer_value *values)
{
    size_t n = columns->shape->n;
    if (entity->columns != columns) {
        int64_t *ticks = realloc(entity->ticks, n * sizeof *ticks);
        if (!ticks)
            return false;
        memory->series += n - (entity->columns ? entity->columns->shape->n : 0);
        entity->ticks = ticks;
        entity->columns = columns;
    }
    for (size_t i = 0; i < n; i++)
        entity->ticks[i] = values[i].ticks;
    entity->interval_s = row->interval_s;
    entity->newest = row->time.ms;
    if (entity->vcenter->newest < row->time.ms)
        entity->vcenter->newest = row->time.ms;
    return put_labels(entity, row->entity);
}

static bool take(struct memory *memory, const struct row_batch *batch, const struct layer_row *row,
                 bool keep)
{
    const struct layer_value *values = batch->values + row->first;
    const uint32_t n = row_quantities(batch, row); /* raw samples are not for the page */
    if (!n)
        return true;
    struct memory_entity *entity = entity_of(memory, row->entity);
    /* A new entity gets its labels before anything can fail: nobody checks for missing ones. */
    if (!entity || (!entity->texts && !put_labels(entity, row->entity)))
        return false;
    struct columns *columns =
        columns_of(&memory->shapes, &entity->used, &memory->scratch, values, n);
    if (!columns)
        return false;
    struct segment *segment = NULL;
    if (keep) {
        segment = keep_row(memory, entity, columns, row->time.ms, values);
        if (!segment)
            return false;
    }
    if (row->time.ms < entity->newest)
        return true;
    entity->open = NULL; /* its base goes now */
    if (!put_newest(memory, entity, columns, row, values))
        return false;
    entity->open = segment;
    return true;
}

bool memory_take(struct memory *memory, const struct row_batch *batch, const struct layer_row *row)
{
    return take(memory, batch, row, true);
}

bool memory_restore(struct memory *memory, const struct row_batch *batch,
                    const struct layer_row *row)
{
    return take(memory, batch, row, false);
}

/* ---- reading ---- */

bool memory_points(struct memory *memory, const struct embedded_key *key, int64_t from, int64_t to,
                   struct points *ret)
{
    const struct memory_entity *entity = memory_find(memory, key->vcenter_uuid, key->moid);
    if (!entity)
        return buf_ok(&memory->scratch);
    for (const struct segment *s = entity->segments; s; s = s->next)
        if (!segment_points(s, key, from, to, ret))
            return false;
    return true;
}

void memory_newest(const struct memory_entity *entity, struct row_batch *ret)
{
    if (!entity->columns)
        return;
    struct entity *copy = arena_take(&ret->arena, sizeof *copy);
    if (!copy)
        goto failed;
    copy->vcenter_uuid =
        arena_text(&ret->arena, entity->labels.vcenter_uuid, strlen(entity->labels.vcenter_uuid));
    if (!copy->vcenter_uuid)
        goto failed;
    for (int i = 0; i < LABEL_COUNT; i++) {
        const char *text = entity->labels.label[i];
        copy->label[i] = arena_text(&ret->arena, text, strlen(text));
        if (!copy->label[i])
            goto failed;
    }
    row_batch_row(ret, copy, (struct server_time){entity->newest}, entity->interval_s);
    const struct shape *shape = entity->columns->shape;
    for (size_t i = 0; i < shape->n; i++)
        row_batch_value(ret, shape->keys[i].quantity, shape->keys[i].form, shape->keys[i].instance,
                        entity->ticks[i]);
    return;
failed:
    ret->failed = true;
}

int64_t memory_newest_time(const struct memory *memory)
{
    int64_t newest = 0;
    for (const struct seen_vcenter *v = memory->vcenters; v; v = v->hh.next)
        if (v->newest > newest)
            newest = v->newest;
    return newest;
}

/* ---- forgetting ---- */

static void drop_segment(struct memory *memory, struct segment *segment)
{
    memory->bytes -= sizeof *segment + segment->room;
    memory->points -= segment->nrows * segment->columns->shape->n;
    segment_free(segment);
}

static void release_segments(struct memory *memory, struct memory_entity *entity, bool all)
{
    struct segment **link = &entity->segments;
    entity->last_segment = NULL;
    while (*link) {
        struct segment *segment = *link;
        if (!segment->written && !all) {
            entity->last_segment = segment;
            link = &segment->next;
            continue;
        }
        if (entity->open == segment)
            entity->open = NULL;
        *link = segment->next;
        drop_segment(memory, segment);
    }
}

static bool has_segment(const struct memory_entity *entity, const struct columns *columns)
{
    for (const struct segment *s = entity->segments; s; s = s->next)
        if (s->columns == columns)
            return true;
    return false;
}

static void release_columns(struct memory *memory, struct memory_entity *entity, bool all)
{
    struct columns **link = &entity->used;
    while (*link) {
        struct columns *columns = *link;
        if (!all && (columns == entity->columns || has_segment(entity, columns))) {
            link = &columns->next;
            continue;
        }
        *link = columns->next;
        columns_free(&memory->shapes, columns);
    }
}

static void remove_entity(struct memory *memory, struct memory_entity *entity)
{
    if (entity->columns)
        memory->series -= entity->columns->shape->n;
    release_segments(memory, entity, true);
    release_columns(memory, entity, true);
    HASH_DEL(memory->entities, entity);
    free_entity(entity);
}

void memory_release(struct memory *memory)
{
    struct memory_entity *next;
    for (struct memory_entity *e = memory->entities; e; e = next) {
        next = e->hh.next;
        release_segments(memory, e, false);
        release_columns(memory, e, false);
        if (!e->segments && e->vcenter->newest - e->newest > SILENT_MS)
            remove_entity(memory, e);
    }
}

void memory_free(struct memory *memory)
{
    struct memory_entity *next_entity;
    for (struct memory_entity *e = memory->entities; e; e = next_entity) {
        next_entity = e->hh.next;
        remove_entity(memory, e);
    }
    struct seen_vcenter *v = memory->vcenters, *next_vcenter;
    HASH_CLEAR(hh, memory->vcenters);
    for (; v; v = next_vcenter) {
        next_vcenter = v->hh.next;
        free(v);
    }
    buf_free(&memory->scratch);
}
