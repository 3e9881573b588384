/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "journal/batch_codec.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/caps.h"

enum { FIRST_WITH_RAW = 2 }; /* version */

struct shape {
    uint32_t first, count; /* the values of the first row that has it */
};

static inline int64_t unzigzag(uint64_t v)
{
    return (int64_t)((v >> 1) ^ (0 - (v & 1)));
}

struct reader {
    const unsigned char *at, *end;
    enum batch_fault fault;
    const char *why;
    size_t nlabels, nentities, nrows, nvalues; /* promised by the head */
    struct entity *entities;
    struct shape *shapes;
    size_t nshapes, shapes_room;
    uint64_t time;
    struct row_batch *batch;
};

static void broken(struct reader *r, const char *why)
{
    if (r->fault == BATCH_OK) {
        r->fault = BATCH_BROKEN;
        r->why = why;
    }
    r->at = r->end;
}

static void no_memory(struct reader *r)
{
    broken(r, "out of memory");
    r->fault = BATCH_NOMEM;
}

static inline uint64_t get(struct reader *r)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64 && r->at < r->end; shift += 7) {
        unsigned char byte = *r->at++;
        v |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return v;
    }
    broken(r, "cut or overlong number");
    return 0;
}

static uint64_t get_at_most(struct reader *r, uint64_t max, const char *why)
{
    uint64_t v = get(r);
    if (v <= max)
        return v;
    broken(r, why);
    return 0;
}

/* A count of things that take at least `size` bytes each: bounds what a hostile head can make us
 * allocate by what is really there. */
static size_t get_count(struct reader *r, size_t size)
{
    return (size_t)get_at_most(r, (uint64_t)(r->end - r->at) / size, "count beyond the bytes");
}

/* A raw table; one of no counters or instances has no bytes behind its count. */
static size_t get_raw_count(struct reader *r, size_t size)
{
    const size_t n = get_count(r, size);
    if (n > RAW_NONE)
        broken(r, "raw table too large");
    return r->fault == BATCH_OK ? n : 0;
}

/* Reads a text, or takes the one before. Returns "" after a fault. */
static const char *get_text(struct reader *r, const char *before)
{
    uint64_t code = get(r);
    if (code == 0)
        return before;
    if (code - 1 > (uint64_t)(r->end - r->at)) {
        broken(r, "text beyond the bytes");
        return "";
    }
    const char *text = arena_text(&r->batch->arena, (const char *)r->at, (size_t)(code - 1));
    if (!text) {
        no_memory(r);
        return "";
    }
    r->at += code - 1;
    return text;
}

/* Labels that this program does not know (a newer writer's) are passed over, those that it knows
 * and the writer did not are empty. */
static void get_entity(struct reader *r, const struct entity *before, struct entity *entity)
{
    entity->vcenter_uuid = get_text(r, before->vcenter_uuid);
    for (size_t k = 0; k < r->nlabels; k++) {
        if (k < LABEL_COUNT)
            entity->label[k] = get_text(r, before->label[k]);
        else
            get_text(r, "");
    }
    for (size_t k = r->nlabels; k < LABEL_COUNT; k++)
        entity->label[k] = "";
}

_Static_assert(LABEL_COUNT == 9, "one \"\" a label below");

static void get_entities(struct reader *r)
{
    static const struct entity none = {"", {"", "", "", "", "", "", "", "", ""}};
    if (!r->nentities)
        return;
    r->entities = arena_take(&r->batch->arena, r->nentities * sizeof *r->entities);
    if (!r->entities)
        no_memory(r);
    for (size_t i = 0; i < r->nentities && r->fault == BATCH_OK; i++)
        get_entity(r, i ? &r->entities[i - 1] : &none, &r->entities[i]);
}

/* Tables of at least one element, so that NULL means out of memory. */
static void get_raw_counters(struct reader *r)
{
    struct row_batch *batch = r->batch;
    const char *name = "", *unit = "";
    const size_t n = get_raw_count(r, 2);
    batch->raw_counters = calloc(n + 1, sizeof *batch->raw_counters);
    if (!batch->raw_counters)
        no_memory(r);
    batch->raw_counters_room = n + 1;
    while (batch->nraw_counters < n && r->fault == BATCH_OK) {
        name = get_text(r, name);
        unit = get_text(r, unit);
        batch->raw_counters[batch->nraw_counters++] = (struct raw_counter){name, unit};
    }
}

static void get_raw_instances(struct reader *r)
{
    struct row_batch *batch = r->batch;
    const char *text = "";
    const size_t n = get_raw_count(r, 1);
    batch->raw_instances = calloc(n + 1, sizeof *batch->raw_instances);
    if (!batch->raw_instances)
        no_memory(r);
    batch->raw_instances_room = n + 1;
    while (batch->nraw_instances < n && r->fault == BATCH_OK)
        batch->raw_instances[batch->nraw_instances++] = text = get_text(r, text);
}

/* Whoever knows raw samples looks up their numbers without a further check. */
static void check_raw(struct reader *r, const struct layer_value *value)
{
    const struct row_batch *batch = r->batch;
    if (value->quantity >= QUANTITY_RAW &&
        (value->quantity - QUANTITY_RAW >= (int)batch->nraw_counters ||
         value->instance >= batch->nraw_instances || value->form != FORM_TOTAL))
        broken(r, "raw sample beyond its tables");
}

static bool keep_shape(struct reader *r, struct shape shape)
{
    if (r->nshapes == r->shapes_room) {
        size_t room = r->shapes_room ? 2 * r->shapes_room : 16;
        struct shape *shapes = realloc(r->shapes, room * sizeof *shapes);
        if (!shapes) {
            no_memory(r);
            return false;
        }
        r->shapes = shapes;
        r->shapes_room = room;
    }
    r->shapes[r->nshapes++] = shape;
    return true;
}

static uint32_t get_new_shape(struct reader *r)
{
    struct row_batch *batch = r->batch;
    size_t count = get_count(r, 3);
    if (count > r->nvalues - batch->nvalues) {
        broken(r, "more values than promised");
        return 0;
    }
    struct shape shape = {(uint32_t)batch->nvalues, (uint32_t)count};
    for (size_t i = 0; i < count; i++) {
        struct layer_value *value = &batch->values[shape.first + i];
        value->quantity = (uint16_t)get_at_most(r, UINT16_MAX, "quantity out of range");
        value->form = (uint8_t)get_at_most(r, FORM_COUNT - 1, "form out of range");
        value->instance = (uint16_t)get_at_most(r, UINT16_MAX, "instance out of range");
        check_raw(r, value);
    }
    return r->fault == BATCH_OK && keep_shape(r, shape) ? shape.count : 0;
}

/* Names the next values of the batch; returns how many. */
static uint32_t get_shape(struct reader *r)
{
    struct row_batch *batch = r->batch;
    uint64_t number = get_at_most(r, r->nshapes, "unknown shape");
    if (number == 0)
        return get_new_shape(r);
    struct shape shape = r->shapes[number - 1];
    if (shape.count > r->nvalues - batch->nvalues) {
        broken(r, "more values than promised");
        return 0;
    }
    if (shape.count)
        memcpy(&batch->values[batch->nvalues], &batch->values[shape.first],
               shape.count * sizeof *batch->values);
    return shape.count;
}

static void get_row(struct reader *r)
{
    struct row_batch *batch = r->batch;
    uint64_t entity = get(r);
    if (entity >= r->nentities) {
        broken(r, "unknown entity");
        return;
    }
    r->time += (uint64_t)unzigzag(get(r));
    int64_t interval = unzigzag(get(r));
    if (interval < INT32_MIN || interval > INT32_MAX)
        broken(r, "interval out of range");
    uint32_t count = get_shape(r);
    struct layer_value *values = batch->values + batch->nvalues;
    for (uint32_t i = 0; i < count; i++)
        values[i].ticks = unzigzag(get(r));
    if (r->fault != BATCH_OK)
        return;
    batch->rows[batch->nrows++] = (struct layer_row){.entity = &r->entities[entity],
                                                     .time = {(int64_t)r->time},
                                                     .interval_s = (int32_t)interval,
                                                     .first = (uint32_t)batch->nvalues,
                                                     .count = count};
    batch->nvalues += count;
}

static void get_rows(struct reader *r)
{
    struct row_batch *batch = r->batch;
    /* never of size 0, so that NULL means out of memory; zeroed, because a value has padding */
    batch->rows = calloc(r->nrows + 1, sizeof *batch->rows);
    batch->values = calloc(r->nvalues + 1, sizeof *batch->values);
    if (!batch->rows || !batch->values)
        no_memory(r);
    batch->rows_room = r->nrows + 1;
    batch->values_room = r->nvalues + 1;
    for (size_t i = 0; i < r->nrows && r->fault == BATCH_OK; i++)
        get_row(r);
    if (r->fault == BATCH_OK && (batch->nvalues != r->nvalues || r->at != r->end))
        broken(r, "bytes or values left over");
}

static void get_head(struct reader *r)
{
    enum { MOST_LABELS = 64 };
    r->nlabels = (size_t)get_at_most(r, MOST_LABELS, "too many labels");
    r->nentities = get_count(r, 1 + r->nlabels);
    r->nrows = get_count(r, 4);
    r->nvalues = get_count(r, 1);
    if (r->nvalues > CAP_ROW_BATCH_VALUES)
        broken(r, "too many values");
}

static const char *check_head(const unsigned char *bytes, size_t n)
{
    if (n < BATCH_HEAD || n > CAP_JOURNAL_BLOB || memcmp(bytes, "VRB", 3) != 0)
        return "not a batch";
    if (bytes[3] < BATCH_OLDEST || bytes[3] > BATCH_VERSION)
        return "unknown version";
    uint32_t crc = 0;
    for (int i = 0; i < 4; i++)
        crc |= (uint32_t)bytes[4 + i] << (8 * i);
    if (crc != (uint32_t)crc32_z(0, bytes + BATCH_HEAD, n - BATCH_HEAD))
        return "checksum differs";
    return NULL;
}

enum batch_fault batch_decode(const void *bytes, size_t n, struct row_batch *ret, const char **why)
{
    struct row_batch batch;
    row_batch_init(&batch);
    struct reader r = {.batch = &batch};
    const char *fault = check_head(bytes, n);
    const int version = fault ? 0 : ((const unsigned char *)bytes)[3];
    if (fault) {
        broken(&r, fault);
    } else {
        r.at = (const unsigned char *)bytes + BATCH_HEAD;
        r.end = (const unsigned char *)bytes + n;
    }
    if (r.fault == BATCH_OK)
        get_head(&r);
    if (r.fault == BATCH_OK)
        get_entities(&r);
    if (r.fault == BATCH_OK && version >= FIRST_WITH_RAW)
        get_raw_counters(&r);
    if (r.fault == BATCH_OK && version >= FIRST_WITH_RAW)
        get_raw_instances(&r);
    if (r.fault == BATCH_OK)
        get_rows(&r);
    free(r.shapes);
    if (r.fault == BATCH_OK)
        *ret = batch;
    else
        row_batch_free(&batch);
    if (why && r.fault != BATCH_OK)
        *why = r.why;
    return r.fault;
}
