/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "stores/presence.h"

#include <stdlib.h>
#include <string.h>

#include "formats/series.h"
#include "stores/presence_known.h"

enum { SECOND_MS = 1000 };

struct clock_of { /* a vCenter: how far its rows have gone on */
    struct shared *uuid;
    int64_t newest_ms;
};

struct visit { /* a row of a batch */
    struct known *known;
    uint32_t row;
};

struct keys {
    uint64_t *list;
    size_t n, room;
};

struct presence {
    int64_t stale_ms;
    struct known_list known;
    struct row_batch raw; /* its tables number the texts of raw samples, whatever batches do */
    struct clock_of *clocks;
    size_t nclocks;
    uint32_t batch; /* counts them */
    bool moved;     /* a clock did */

    /* Scratch of one batch. */
    struct visit *visits;
    size_t visits_room;
    uint16_t *counters, *instances; /* ours by those of the batch */
    size_t counters_room, instances_room;
    struct keys now, before;
    struct presence_ends *ends;
};

struct presence *presence_new(int64_t stale_after_s)
{
    struct presence *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->stale_ms = stale_after_s * SECOND_MS;
    row_batch_init(&p->raw);
    return p;
}

void presence_free(struct presence *p)
{
    if (!p)
        return;
    known_clear(&p->known);
    free(p->clocks);
    free(p->visits);
    free(p->counters);
    free(p->instances);
    free(p->now.list);
    free(p->before.list);
    row_batch_free(&p->raw);
    free(p);
}

size_t presence_count(const struct presence *p)
{
    return p->known.count;
}

void presence_ends_clear(struct presence_ends *ends)
{
    row_batch_free(&ends->batch);
    free(ends->ends);
    *ends = (struct presence_ends){0};
}

static bool room_for(void **list, size_t *room, size_t n, size_t size)
{
    if (n <= *room)
        return true;
    const size_t wanted = n > 2 * *room ? n : 2 * *room;
    void *grown = realloc(*list, wanted * size);
    if (!grown)
        return false;
    *list = grown;
    *room = wanted;
    return true;
}

/* ---- what a row has ---- */

/* Our numbers of the raw texts of a batch. */
static bool number_raw(struct presence *p, const struct row_batch *batch)
{
    void *counters = p->counters, *instances = p->instances;
    bool ok = room_for(&counters, &p->counters_room, batch->nraw_counters, sizeof *p->counters);
    p->counters = counters;
    ok =
        ok && room_for(&instances, &p->instances_room, batch->nraw_instances, sizeof *p->instances);
    p->instances = instances;
    for (size_t i = 0; ok && i < batch->nraw_counters; i++)
        p->counters[i] = (uint16_t)row_batch_raw_counter(&p->raw, batch->raw_counters[i].name,
                                                         batch->raw_counters[i].unit);
    for (size_t i = 0; ok && i < batch->nraw_instances; i++)
        p->instances[i] = (uint16_t)row_batch_raw_instance(&p->raw, batch->raw_instances[i]);
    return ok && row_batch_ok(&p->raw);
}

/* A raw sample that found our tables full has a number that is never told to have ended. */
static uint64_t key_of(const struct presence *p, const struct row_batch *batch,
                       const struct layer_value *value)
{
    const size_t counter = (size_t)value->quantity - QUANTITY_RAW;
    if (value->quantity < QUANTITY_RAW)
        return shape_key(value->quantity, value->form, value->instance);
    const bool in_tables =
        counter < batch->nraw_counters && value->instance < batch->nraw_instances;
    return shape_key(QUANTITY_RAW + (in_tables ? p->counters[counter] : RAW_NONE), value->form,
                     in_tables ? p->instances[value->instance] : RAW_NONE);
}

/* True if these are the values of the row, in its order. */
static bool row_has(const struct presence *p, const struct row_batch *batch,
                    const struct layer_row *row, const uint64_t *keys, size_t n)
{
    if (n != row->count)
        return false;
    for (uint32_t i = 0; i < row->count; i++)
        if (keys[i] != key_of(p, batch, &batch->values[row->first + i]))
            return false;
    return true;
}

/* True if each of the rows has what the entity had before. */
static bool unchanged(const struct presence *p, const struct row_batch *batch,
                      const struct visit *first, const struct visit *last)
{
    const struct shared *shape = first->known->shape;
    for (const struct visit *v = first; v < last; v++)
        if (!row_has(p, batch, &batch->rows[v->row], (const void *)shape->bytes,
                     shape->n / sizeof(uint64_t)))
            return false;
    return true;
}

static int by_number(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void sort_keys(struct keys *keys)
{
    size_t kept = 0;
    if (keys->n)
        qsort(keys->list, keys->n, sizeof *keys->list, by_number);
    for (size_t i = 0; i < keys->n; i++)
        if (!kept || keys->list[kept - 1] != keys->list[i])
            keys->list[kept++] = keys->list[i];
    keys->n = kept;
}

static bool keys_room(struct keys *keys, size_t more)
{
    void *list = keys->list;
    const bool ok = room_for(&list, &keys->room, keys->n + more + 1, sizeof *keys->list);
    keys->list = list;
    return ok;
}

/* What any of the rows has. */
static bool gather(struct presence *p, const struct row_batch *batch, const struct visit *first,
                   const struct visit *last)
{
    size_t first_n = 0;
    p->now.n = 0;
    for (const struct visit *v = first; v < last; v++) {
        const struct layer_row *row = &batch->rows[v->row];
        if (v > first && row_has(p, batch, row, p->now.list, first_n))
            continue;
        if (!keys_room(&p->now, row->count))
            return false;
        for (uint32_t i = 0; i < row->count; i++)
            p->now.list[p->now.n++] = key_of(p, batch, &batch->values[row->first + i]);
        if (v == first)
            first_n = p->now.n;
    }
    if (p->now.n > first_n)
        sort_keys(&p->now);
    return true;
}

/* ---- ends ---- */

static const struct entity *entity_of(struct row_batch *batch, const struct known *known)
{
    struct entity *made = arena_take(&batch->arena, sizeof *made);
    bool ok = made;
    if (ok) {
        made->vcenter_uuid = arena_text(&batch->arena, known->uuid->bytes, known->uuid->n);
        ok = made->vcenter_uuid;
    }
    for (int i = 0; ok && i < LABEL_COUNT; i++) {
        made->label[i] = arena_text(&batch->arena, known->label[i]->bytes, known->label[i]->n);
        ok = made->label[i];
    }
    return ok ? made : NULL;
}

static void add_end(struct presence *p, struct row_batch *batch, uint64_t key)
{
    const unsigned quantity = shape_quantity(key);
    if (quantity < QUANTITY_RAW) {
        row_batch_value(batch, (enum quantity)quantity, (enum form)shape_form(key),
                        shape_instance(key), SERIES_STALE);
        return;
    }
    const size_t counter = quantity - QUANTITY_RAW, instance = shape_instance(key);
    if (counter >= p->raw.nraw_counters || instance >= p->raw.nraw_instances)
        return;
    const struct raw_counter *raw = &p->raw.raw_counters[counter];
    const unsigned ours = row_batch_raw_counter(batch, raw->name, raw->unit);
    row_batch_raw(batch, ours, row_batch_raw_instance(batch, p->raw.raw_instances[instance]),
                  SERIES_STALE);
}

/* The keys of p->before have ended. */
static bool end_keys(struct presence *p, const struct known *known, uint32_t anchor)
{
    struct presence_ends *ends = p->ends;
    void *list = ends->ends;
    if (!p->before.n)
        return true;
    const struct entity *entity = entity_of(&ends->batch, known);
    const bool room = room_for(&list, &ends->room, ends->nends + 1, sizeof *ends->ends);
    ends->ends = list;
    if (!entity || !room)
        return false;
    row_batch_row(&ends->batch, entity, (struct server_time){known->time_ms + 1}, 0);
    for (size_t i = 0; i < p->before.n; i++)
        add_end(p, &ends->batch, p->before.list[i]);
    if (!row_batch_ok(&ends->batch))
        return false;
    ends->ends[ends->nends++] = (struct presence_end){anchor, (uint32_t)ends->batch.nrows - 1};
    return true;
}

static bool load_before(struct presence *p, const struct known *known)
{
    p->before.n = 0;
    if (!keys_room(&p->before, known->shape->n / sizeof(uint64_t)))
        return false;
    memcpy(p->before.list, known->shape->bytes, known->shape->n);
    p->before.n = known->shape->n / sizeof(uint64_t);
    sort_keys(&p->before);
    return true;
}

/* Keeps the keys of p->before that are not in p->now. */
static void without_present(struct presence *p)
{
    size_t kept = 0, at = 0;
    sort_keys(&p->now);
    for (size_t i = 0; i < p->before.n; i++) {
        while (at < p->now.n && p->now.list[at] < p->before.list[i])
            at++;
        if (at == p->now.n || p->now.list[at] != p->before.list[i])
            p->before.list[kept++] = p->before.list[i];
    }
    p->before.n = kept;
}

enum change { SAME, DEVICES, OTHER };

static enum change change_of(const struct known *known, const struct entity *entity)
{
    for (int i = 0; i < LABEL_COUNT; i++)
        if (i != LABEL_DEVICES && strcmp(known->label[i]->bytes, entity->label[i]) != 0)
            return OTHER;
    return strcmp(known->label[LABEL_DEVICES]->bytes, entity->label[LABEL_DEVICES]) == 0 ? SAME
                                                                                         : DEVICES;
}

static bool same_text(const char *a, size_t a_n, const char *b, size_t b_n)
{
    return a_n == b_n && (!a_n || memcmp(a, b, a_n) == 0);
}

/* True if the names of an instance are others now. Series of raw samples may have any of them. */
static bool renamed(const struct known *known, const struct entity *now, uint64_t key)
{
    const struct quantity_info *info = quantity_info((enum quantity)shape_quantity(key));
    const char *name[2] = {"", ""}, *backing[2] = {"", ""};
    size_t name_n[2] = {0, 0}, backing_n[2] = {0, 0};
    struct entity then = *now;
    then.label[LABEL_DEVICES] = known->label[LABEL_DEVICES]->bytes;
    if (shape_quantity(key) >= QUANTITY_RAW)
        return true;
    if (!info || shape_form(key) != FORM_INSTANCE || quantity_instances(info) == INSTANCE_VCPU)
        return false;
    for (int i = 0; i < 2; i++)
        instance_name(i ? now : &then, quantity_instances(info), (uint16_t)shape_instance(key),
                      &name[i], &name_n[i], &backing[i], &backing_n[i]);
    return !same_text(name[0], name_n[0], name[1], name_n[1]) ||
           !same_text(backing[0], backing_n[0], backing[1], backing_n[1]);
}

/* Keeps the keys that the entity goes on with in p->now. */
static void only_kept_names(struct presence *p, const struct known *known,
                            const struct entity *entity)
{
    size_t kept = 0;
    for (size_t i = 0; i < p->now.n; i++)
        if (!renamed(known, entity, p->now.list[i]))
            p->now.list[kept++] = p->now.list[i];
    p->now.n = kept;
}

/* ---- rows ---- */

/* Rows of one entity with one set of labels: what it had before and has no more has ended. */
static bool learn(struct presence *p, const struct row_batch *batch, const struct visit *first,
                  const struct visit *last)
{
    struct known *known = first->known;
    const struct layer_row *row = &batch->rows[first->row];
    const enum change change = change_of(known, row->entity);
    const int64_t time_ms = batch->rows[last[-1].row].time.ms;
    bool ok = true;
    if (change == SAME && unchanged(p, batch, first, last)) {
        known->time_ms = time_ms;
        return true;
    }
    if (!gather(p, batch, first, last))
        return false;
    struct shared *shape = share_take(&p->known.shapes, p->now.n ? (void *)p->now.list : "",
                                      p->now.n * sizeof *p->now.list);
    if (!shape)
        return false;
    if (shape != known->shape || change != SAME) {
        if (change == OTHER)
            p->now.n = 0;
        else if (change == DEVICES)
            only_kept_names(p, known, row->entity);
        ok = load_before(p, known);
        if (ok)
            without_present(p);
        ok = ok && end_keys(p, known, row->first);
    }
    share_drop(&p->known.shapes, known->shape);
    known->shape = shape;
    known->time_ms = time_ms;
    return (change == SAME || known_set_labels(&p->known, known, row->entity)) && ok;
}

static bool same_labels(const struct entity *a, const struct entity *b)
{
    bool same = true;
    for (int i = 0; a != b && same && i < LABEL_COUNT; i++)
        same = strcmp(a->label[i], b->label[i]) == 0;
    return same;
}

/* Visits of one entity, in the order of rows: those with one set of labels together, without what
 * is not newer than what is known. */
static bool learn_entity(struct presence *p, const struct row_batch *batch, struct visit *first,
                         const struct visit *last)
{
    struct visit *end = first;
    int64_t newest = first->known->time_ms;
    for (const struct visit *v = first; v < last; v++) {
        const struct layer_row *row = &batch->rows[v->row];
        if (row->time.ms <= newest || !row->count)
            continue;
        if (end > first && !same_labels(batch->rows[end[-1].row].entity, row->entity)) {
            if (!learn(p, batch, first, end))
                return false;
            end = first;
        }
        newest = row->time.ms;
        *end++ = *v;
    }
    return end == first || learn(p, batch, first, end);
}

static int by_entity(const void *a, const void *b)
{
    const struct visit *x = a, *y = b;
    if (x->known != y->known)
        return (uintptr_t)x->known > (uintptr_t)y->known ? 1 : -1;
    return (x->row > y->row) - (x->row < y->row);
}

/* All rows by entity. *ret visits; false: out of memory. */
static bool visit_rows(struct presence *p, const struct row_batch *batch, size_t *ret)
{
    void *visits = p->visits;
    const struct entity *entity = NULL;
    struct known *known = NULL;
    bool mixed = false;
    const bool room = room_for(&visits, &p->visits_room, batch->nrows, sizeof *p->visits);
    p->visits = visits;
    *ret = 0;
    for (size_t r = 0; room && r < batch->nrows; r++) {
        const struct layer_row *row = &batch->rows[r];
        if (row->entity != entity) {
            entity = row->entity;
            known = entity_kind(entity) == ENTITY_VCENTER ? NULL : known_find(&p->known, entity);
            if (!known && entity_kind(entity) != ENTITY_VCENTER)
                return false;
            mixed = mixed || (known && known->met == p->batch);
            if (known)
                known->met = p->batch;
        }
        if (known)
            p->visits[(*ret)++] = (struct visit){known, (uint32_t)r};
    }
    if (mixed)
        qsort(p->visits, *ret, sizeof *p->visits, by_entity);
    return room;
}

/* ---- silence ---- */

static struct clock_of *clock_for(struct presence *p, struct shared *uuid)
{
    for (size_t i = 0; i < p->nclocks; i++)
        if (p->clocks[i].uuid == uuid)
            return &p->clocks[i];
    struct clock_of *grown = realloc(p->clocks, (p->nclocks + 1) * sizeof *grown);
    if (!grown)
        return NULL;
    p->clocks = grown;
    uuid->users++; /* kept as long as we are */
    grown[p->nclocks] = (struct clock_of){uuid, INT64_MIN};
    return &grown[p->nclocks++];
}

static bool move_clock(struct presence *p, const struct known *known)
{
    struct clock_of *clock = clock_for(p, known->uuid);
    if (clock && known->time_ms > clock->newest_ms) {
        clock->newest_ms = known->time_ms;
        p->moved = true;
    }
    return clock;
}

static bool silent(struct presence *p, const struct known *known)
{
    const struct clock_of *clock = clock_for(p, known->uuid);
    return clock && clock->newest_ms != INT64_MIN && known->time_ms != INT64_MIN &&
           clock->newest_ms - known->time_ms > p->stale_ms;
}

/* Ends who was not heard of for too long: one before each row, so that no request grows much; who
 * finds no row waits for the next batch. */
static bool end_silent(struct presence *p, const struct row_batch *batch)
{
    size_t row = 0;
    bool ok = true;
    p->moved = false;
    for (size_t i = 0; i < p->known.nslots; i++)
        for (struct known **at = &p->known.slots[i]; *at && ok;) {
            struct known *one = *at;
            if (!silent(p, one)) {
                at = &one->next;
                continue;
            }
            while (row < batch->nrows && !batch->rows[row].count)
                row++;
            if (row == batch->nrows) {
                p->moved = true;
                return true;
            }
            ok = load_before(p, one) && end_keys(p, one, batch->rows[row++].first);
            *at = one->next;
            p->known.count--;
            known_drop(&p->known, one);
        }
    return ok;
}

/* ---- a batch ---- */

static int by_anchor(const void *a, const void *b)
{
    const struct presence_end *x = a, *y = b;
    if (x->anchor != y->anchor)
        return x->anchor > y->anchor ? 1 : -1;
    return (x->row > y->row) - (x->row < y->row);
}

bool presence_see(struct presence *p, const struct row_batch *batch, struct presence_ends *ret)
{
    size_t n;
    p->ends = ret;
    p->batch++;
    bool ok = number_raw(p, batch) && visit_rows(p, batch, &n);
    for (size_t i = 0, end; ok && i < n; i = end) {
        for (end = i + 1; end < n && p->visits[end].known == p->visits[i].known;)
            end++;
        struct known *known = p->visits[i].known;
        ok = learn_entity(p, batch, &p->visits[i], &p->visits[end]) && move_clock(p, known);
    }
    ok = ok && (!p->moved || end_silent(p, batch));
    if (ret->nends)
        qsort(ret->ends, ret->nends, sizeof *ret->ends, by_anchor);
    return ok;
}
