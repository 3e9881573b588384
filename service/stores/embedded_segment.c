/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "stores/embedded_segment.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_BYTES = 128 };

/* ---- shapes and columns ---- */

static struct shape *shape_of(struct shape **shapes, struct buf *key,
                              const struct layer_value *values, size_t n)
{
    buf_clear(key);
    for (size_t i = 0; i < n; i++) {
        struct series_key k = {values[i].quantity, values[i].form, values[i].instance};
        buf_add(key, &k, sizeof k);
    }
    if (!buf_ok(key))
        return NULL;
    struct shape *shape = NULL;
    HASH_FIND(hh, *shapes, key->data, (unsigned)key->len, shape);
    if (shape)
        return shape;
    shape = calloc(1, sizeof *shape + key->len);
    if (!shape)
        return NULL;
    shape->n = n;
    memcpy(shape->keys, key->data, key->len);
    HASH_ADD_KEYPTR(hh, *shapes, shape->keys, (unsigned)key->len, shape);
    if (shape->hh.tbl)
        return shape;
    free(shape);
    return NULL;
}

static void drop_shape(struct shape **shapes, struct shape *shape)
{
    if (shape->users)
        return;
    HASH_DEL(*shapes, shape);
    free(shape);
}

static bool same_shape(const struct shape *shape, const struct layer_value *values, size_t n)
{
    if (shape->n != n)
        return false;
    for (size_t i = 0; i < n; i++) {
        const struct series_key *k = &shape->keys[i];
        if (k->quantity != values[i].quantity || k->form != values[i].form ||
            k->instance != values[i].instance)
            return false;
    }
    return true;
}

struct columns *columns_of(struct shape **shapes, struct columns **used, struct buf *scratch,
                           const struct layer_value *values, size_t n)
{
    for (struct columns *c = *used; c; c = c->next)
        if (same_shape(c->shape, values, n))
            return c;
    struct shape *shape = shape_of(shapes, scratch, values, n);
    if (!shape)
        return NULL;
    struct columns *columns = calloc(1, sizeof *columns);
    if (!columns) {
        drop_shape(shapes, shape);
        return NULL;
    }
    *columns = (struct columns){.next = *used, .shape = shape};
    *used = columns;
    shape->users++;
    return columns;
}

void columns_free(struct shape **shapes, struct columns *columns)
{
    columns->shape->users--;
    drop_shape(shapes, columns->shape);
    free(columns->ids);
    free(columns);
}

/* ---- rows ---- */

static bool add_bytes(struct segment *segment, const struct buf *bytes)
{
    if (segment->room - segment->len < bytes->len) {
        size_t room = segment->room ? segment->room : FIRST_BYTES;
        while (room - segment->len < bytes->len)
            room *= 2;
        unsigned char *data = realloc(segment->data, room);
        if (!data)
            return false;
        segment->data = data;
        segment->room = room;
    }
    memcpy(segment->data + segment->len, bytes->data, bytes->len);
    segment->len += bytes->len;
    return true;
}

bool segment_add(struct segment *segment, struct buf *scratch, int64_t time,
                 const struct layer_value *values, const int64_t *base)
{
    struct delta_writer writer = {.out = scratch};
    buf_clear(scratch);
    delta_put(&writer, time - segment->last);
    for (size_t i = 0; i < segment->columns->shape->n; i++)
        delta_put(&writer, (int64_t)((uint64_t)values[i].ticks - (base ? (uint64_t)base[i] : 0)));
    delta_end(&writer);
    if (!buf_ok(scratch) || !add_bytes(segment, scratch))
        return false;
    segment->last = time;
    segment->nrows++;
    return true;
}

void segment_free(struct segment *segment)
{
    free(segment->data);
    free(segment);
}

void segment_start(struct segment_reader *reader, const struct segment *segment, int64_t *ticks)
{
    memset(ticks, 0, segment->columns->shape->n * sizeof *ticks);
    *reader = (struct segment_reader){
        .deltas = {.at = segment->data, .end = segment->data + segment->len},
        .segment = segment,
        .time = segment->t0,
        .ticks = ticks,
    };
}

bool segment_next(struct segment_reader *reader)
{
    int64_t delta;
    if (reader->row == reader->segment->nrows || !delta_get(&reader->deltas, &delta))
        return false;
    reader->row++;
    reader->time += delta;
    for (size_t i = 0; i < reader->segment->columns->shape->n; i++) {
        if (!delta_get(&reader->deltas, &delta))
            return false;
        reader->ticks[i] = (int64_t)((uint64_t)reader->ticks[i] + (uint64_t)delta);
    }
    return true;
}

/* Index of the series in the shape, or n. */
static size_t column_of(const struct shape *shape, const struct embedded_key *key)
{
    size_t i = 0;
    while (i < shape->n &&
           (shape->keys[i].quantity != (unsigned)key->quantity ||
            shape->keys[i].form != (unsigned)key->form || shape->keys[i].instance != key->instance))
        i++;
    return i;
}

bool segment_points(const struct segment *segment, const struct embedded_key *key, int64_t from,
                    int64_t to, struct points *ret)
{
    const struct shape *shape = segment->columns->shape;
    size_t column = column_of(shape, key);
    if (column == shape->n || segment->t0 > to || segment->t0 + CHUNK_MS <= from)
        return true;
    int64_t *ticks = malloc(shape->n * sizeof *ticks);
    if (!ticks)
        return false;
    bool whole = true;
    struct segment_reader reader;
    segment_start(&reader, segment, ticks);
    while (whole && segment_next(&reader))
        if (reader.time > from && reader.time <= to)
            whole = points_insert(ret, (struct embedded_point){{reader.time}, ticks[column]});
    free(ticks);
    return whole;
}
