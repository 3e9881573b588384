/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "journal/batch_codec.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
    CHUNK = 4096,      /* bytes gathered on the side before they go to the buffer */
    VARINT = 10,       /* longest varint of 64 bits */
    SHAPE_SLOTS = 256, /* shapes remembered while encoding, by their number of values */
};

struct shape_slot {
    uint64_t number; /* from 1; 0 = free */
    uint32_t row;    /* that has it */
};

struct batch_encoder {
    struct shape_slot shapes[SHAPE_SLOTS];
    uint64_t nshapes;
    /* entity -> index, open addressing by address; slot 0 = free, else index + 1 */
    uint32_t *slots;
    size_t nslots;
    const struct entity **entities;
    size_t nentities, entities_room;
    struct buf *out;
    unsigned char *at; /* in chunk */
    unsigned char chunk[CHUNK];
};

struct batch_encoder *batch_encoder_new(void)
{
    return calloc(1, sizeof(struct batch_encoder));
}

void batch_encoder_free(struct batch_encoder *encoder)
{
    if (!encoder)
        return;
    free(encoder->slots);
    free(encoder->entities);
    free(encoder);
}

static void flush_chunk(struct batch_encoder *e)
{
    buf_add(e->out, e->chunk, (size_t)(e->at - e->chunk));
    e->at = e->chunk;
}

/* Room for n bytes in the chunk, n <= CHUNK. */
static inline void room_for(struct batch_encoder *e, size_t n)
{
    if ((size_t)(e->chunk + CHUNK - e->at) < n)
        flush_chunk(e);
}

static inline unsigned char *put(unsigned char *at, uint64_t v)
{
    while (v >= 0x80) {
        *at++ = (unsigned char)(v | 0x80);
        v >>= 7;
    }
    *at++ = (unsigned char)v;
    return at;
}

static inline uint64_t zigzag(int64_t v)
{
    return ((uint64_t)v << 1) ^ (v < 0 ? UINT64_MAX : 0);
}

static void put_number(struct batch_encoder *e, uint64_t v)
{
    room_for(e, VARINT);
    e->at = put(e->at, v);
}

static void put_text(struct batch_encoder *e, const char *text, const char *before)
{
    if (text == before || strcmp(text, before) == 0) {
        put_number(e, 0);
        return;
    }
    size_t n = strlen(text);
    put_number(e, n + 1);
    flush_chunk(e);
    buf_add(e->out, text, n);
}

/* Empties the table and gives it room for n entities at most half full. */
static bool table_reset(struct batch_encoder *e, size_t n)
{
    size_t need = 64;
    while (need < 2 * n)
        need *= 2;
    if (need > e->nslots) {
        uint32_t *slots = realloc(e->slots, need * sizeof *slots);
        if (!slots)
            return false;
        e->slots = slots;
        e->nslots = need;
    }
    memset(e->slots, 0, e->nslots * sizeof *e->slots);
    if (n > e->entities_room) {
        void *entities = realloc((void *)e->entities, n * sizeof(struct entity *));
        if (!entities)
            return false;
        e->entities = entities;
        e->entities_room = n;
    }
    e->nentities = 0;
    return true;
}

/* The entity's index, given on first sight. */
static uint32_t index_of(struct batch_encoder *e, const struct entity *entity)
{
    size_t at = (size_t)(((uint64_t)(uintptr_t)entity * 0x9e3779b97f4a7c15u) >> 20);
    for (;; at++) {
        uint32_t *slot = &e->slots[at & (e->nslots - 1)];
        if (!*slot) {
            e->entities[e->nentities++] = entity;
            *slot = (uint32_t)e->nentities;
        }
        if (e->entities[*slot - 1] == entity)
            return *slot - 1;
    }
}

_Static_assert(LABEL_COUNT == 9, "one \"\" a label below");

static void put_entities(struct batch_encoder *e)
{
    static const struct entity none = {"", {"", "", "", "", "", "", "", "", ""}};
    const struct entity *before = &none;
    for (size_t i = 0; i < e->nentities; i++) {
        const struct entity *entity = e->entities[i];
        put_text(e, entity->vcenter_uuid, before->vcenter_uuid);
        for (int k = 0; k < LABEL_COUNT; k++)
            put_text(e, entity->label[k], before->label[k]);
        before = entity;
    }
}

static void put_raw_tables(struct batch_encoder *e, const struct row_batch *batch)
{
    const char *name = "", *unit = "", *text = "";
    put_number(e, batch->nraw_counters);
    for (size_t i = 0; i < batch->nraw_counters; i++) {
        const struct raw_counter *counter = &batch->raw_counters[i];
        put_text(e, counter->name, name);
        put_text(e, counter->unit, unit);
        name = counter->name;
        unit = counter->unit;
    }
    put_number(e, batch->nraw_instances);
    for (size_t i = 0; i < batch->nraw_instances; i++) {
        put_text(e, batch->raw_instances[i], text);
        text = batch->raw_instances[i];
    }
}

static inline bool same_name(const struct layer_value *a, const struct layer_value *b)
{
    return a->quantity == b->quantity && a->instance == b->instance && a->form == b->form;
}

static bool same_shape(const struct layer_value *a, const struct layer_value *b, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (!same_name(&a[i], &b[i]))
            return false;
    return true;
}

static void put_shape(struct batch_encoder *e, const struct row_batch *batch, uint32_t number)
{
    const struct layer_row *row = &batch->rows[number];
    const struct layer_value *values = batch->values + row->first;
    struct shape_slot *slot = &e->shapes[row->count % SHAPE_SLOTS];
    const struct layer_row *known = &batch->rows[slot->row];
    if (slot->number && known->count == row->count &&
        same_shape(batch->values + known->first, values, row->count)) {
        put_number(e, slot->number);
        return;
    }
    *slot = (struct shape_slot){.number = ++e->nshapes, .row = number};
    put_number(e, 0);
    put_number(e, row->count);
    for (uint32_t i = 0; i < row->count; i++) {
        put_number(e, values[i].quantity);
        put_number(e, values[i].form);
        put_number(e, values[i].instance);
    }
}

/* The hot loop: about a dozen instructions a value. */
static void put_ticks(struct batch_encoder *e, const struct layer_value *values, uint32_t n)
{
    while (n) {
        uint32_t some = n < 256 ? n : 256;
        room_for(e, (size_t)some * VARINT);
        unsigned char *at = e->at;
        for (uint32_t i = 0; i < some; i++)
            at = put(at, zigzag(values[i].ticks));
        e->at = at;
        values += some;
        n -= some;
    }
}

static void put_rows(struct batch_encoder *e, const struct row_batch *batch)
{
    uint64_t before = 0; /* unsigned, because differences of any two times must be defined */
    for (uint32_t i = 0; i < batch->nrows; i++) {
        const struct layer_row *row = &batch->rows[i];
        put_number(e, index_of(e, row->entity));
        put_number(e, zigzag((int64_t)((uint64_t)row->time.ms - before)));
        put_number(e, zigzag(row->interval_s));
        put_shape(e, batch, i);
        put_ticks(e, batch->values + row->first, row->count);
        before = (uint64_t)row->time.ms;
    }
}

void batch_seal(unsigned char *bytes, size_t n)
{
    static const unsigned char magic[4] = {'V', 'R', 'B', BATCH_VERSION};
    uint32_t crc = (uint32_t)crc32_z(0, bytes + BATCH_HEAD, n - BATCH_HEAD);
    memcpy(bytes, magic, sizeof magic);
    for (int i = 0; i < 4; i++)
        bytes[4 + i] = (unsigned char)(crc >> (8 * i));
}

bool batch_encode(struct batch_encoder *e, const struct row_batch *batch, struct buf *out)
{
    if (batch->nrows > UINT32_MAX / 2 || !table_reset(e, batch->nrows))
        return false;
    memset(e->shapes, 0, sizeof e->shapes);
    e->nshapes = 0;
    e->out = out;
    buf_clear(out);
    memset(e->chunk, 0, BATCH_HEAD);
    e->at = e->chunk + BATCH_HEAD;
    size_t nvalues = 0;
    for (size_t i = 0; i < batch->nrows; i++) {
        index_of(e, batch->rows[i].entity);
        nvalues += batch->rows[i].count;
    }
    put_number(e, LABEL_COUNT);
    put_number(e, e->nentities);
    put_number(e, batch->nrows);
    put_number(e, nvalues);
    put_entities(e);
    put_raw_tables(e, batch);
    put_rows(e, batch);
    flush_chunk(e);
    if (!buf_ok(out))
        return false;
    batch_seal((unsigned char *)out->data, out->len);
    return true;
}
