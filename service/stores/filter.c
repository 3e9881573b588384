/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What depends on quantities alone is worked out when the filter is made, what depends on the
 * entity once for each that comes; of the values only a bit is asked then. Entities that the same
 * selectors match share their bits, which are put together anew only when that changes.
 */
#include "stores/filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/glob.h"
#include "formats/schema.h"
#include "stores/filter_selector.h"

struct filter {
    struct arena arena;
    bool plain; /* nothing to do in batches without raw samples */
    bool per_vcpu;
    const char *raw_patterns;    /* raw counters that the store may have; NULL = none */
    uint8_t forms[QUANTITY_END]; /* bits that it may have, of every entity */
    size_t ninclude, nselectors; /* the included ones come first */
    struct selector *selectors;

    /* Of the entities seen last: */
    bool *met, *met_before;    /* by selector */
    uint8_t now[QUANTITY_END]; /* bits that they keep */
    size_t nraw;               /* counters of the batch */
    size_t raw_room;
    bool *raw, *raw_now; /* which of them the store may have, and which they keep */
    bool no_vcpus;       /* they have vCPUs, whose raw samples they do not keep */
};

/* ---- making ---- */

static size_t count_lines(const char *lines)
{
    size_t n = 0;
    for (; lines && *lines; lines += strcspn(lines, "\n"), lines += *lines == '\n')
        n++;
    return n;
}

static bool add_selectors(struct filter *f, const char *lines, struct store_error *err)
{
    struct filter_fault fault;
    for (size_t n; lines && *lines; lines += n + (lines[n] == '\n')) {
        n = strcspn(lines, "\n");
        if (selector_make(&f->arena, lines, n, &f->selectors[f->nselectors++], &fault))
            continue;
        snprintf(err->message, sizeof err->message, "selector \"%.*s\" %s", (int)(n < 80 ? n : 80),
                 lines, *fault.problem ? fault.problem : "does not fit: out of memory");
        return false;
    }
    return true;
}

static void *take(struct filter *f, size_t n, size_t size, struct store_error *err)
{
    void *list = arena_take(&f->arena, (n ? n : 1) * size);
    if (!list)
        snprintf(err->message, sizeof err->message, "out of memory");
    return list;
}

static bool make_selectors(struct filter *f, const struct store_options *options,
                           struct store_error *err)
{
    const size_t n = count_lines(options->include) + count_lines(options->exclude);
    f->selectors = take(f, n, sizeof *f->selectors, err);
    f->met = take(f, n, sizeof *f->met, err);
    f->met_before = take(f, n, sizeof *f->met_before, err);
    if (!f->selectors || !f->met || !f->met_before || !add_selectors(f, options->include, err))
        return false;
    f->ninclude = f->nselectors;
    return add_selectors(f, options->exclude, err);
}

/* The forms of a quantity that the store may have. */
static uint8_t forms_of(const struct quantity_info *info, const struct store_options *options,
                        const struct schema *schema)
{
    unsigned forms = info->forms;
    if (schema && !glob_match_any(schema->quantities, info->name))
        return 0;
    if (!options->per_vcpu && quantity_instances(info) == INSTANCE_VCPU)
        forms &= ~(1u << FORM_INSTANCE);
    return (uint8_t)forms;
}

static void make_bits(struct filter *f, const struct store_options *options)
{
    const struct schema *schema = options->schema ? schema_find(options->schema) : NULL;
    f->raw_patterns = !schema ? "" : *schema->raw ? schema->raw : options->raw;
    f->plain = f->nselectors == 0;
    f->per_vcpu = options->per_vcpu;
    for (size_t i = 0; i < quantity_count(); i++) {
        const struct quantity_info *info = quantity_at(i);
        f->forms[info->id] = forms_of(info, options, schema);
        f->plain = f->plain && f->forms[info->id] == info->forms;
    }
}

int filter_new(const struct store_options *options, struct filter **ret, struct store_error *err)
{
    struct filter *f = calloc(1, sizeof *f);
    if (!f) {
        snprintf(err->message, sizeof err->message, "out of memory");
        return -1;
    }
    arena_init(&f->arena);
    if (!make_selectors(f, options, err)) {
        filter_free(f);
        return -1;
    }
    make_bits(f, options);
    *ret = f;
    return 0;
}

void filter_free(struct filter *f)
{
    if (!f)
        return;
    arena_free(&f->arena);
    free(f->raw);
    free(f->raw_now);
    free(f);
}

/* ---- entities ---- */

/* The bits of entities that the selectors match as f->met says. */
static void put_together(struct filter *f)
{
    uint8_t in[QUANTITY_END], out[QUANTITY_END] = {0};
    memset(in, f->ninclude ? 0 : 0xff, sizeof in);
    for (size_t s = 0; s < f->nselectors; s++)
        for (size_t q = 0; f->met[s] && q < QUANTITY_END; q++)
            *(s < f->ninclude ? &in[q] : &out[q]) |= f->selectors[s].forms[q];
    for (size_t q = 0; q < QUANTITY_END; q++)
        f->now[q] = (uint8_t)(f->forms[q] & in[q] & ~out[q]);
}

static bool keeps_raw(const struct filter *f, const char *counter)
{
    bool in = f->ninclude == 0;
    for (size_t s = 0; s < f->nselectors; s++) {
        const bool takes = f->met[s] && selector_takes_raw(&f->selectors[s], counter);
        if (s >= f->ninclude && takes)
            return false;
        in = in || (s < f->ninclude && takes);
    }
    return in;
}

static void put_raw_together(struct filter *f, const struct row_batch *batch)
{
    for (size_t i = 0; i < f->nraw; i++)
        f->raw_now[i] = f->raw[i] && keeps_raw(f, batch->raw_counters[i].name);
}

/* Another entity: other bits, if other selectors match it. */
static void begin_entity(struct filter *f, const struct row_batch *batch,
                         const struct entity *entity, bool first)
{
    f->no_vcpus = !f->per_vcpu && entity_kind(entity) == ENTITY_VM;
    for (size_t s = 0; s < f->nselectors; s++)
        f->met[s] = selector_takes(&f->selectors[s], entity);
    if (!first && memcmp(f->met, f->met_before, f->nselectors * sizeof *f->met) == 0)
        return;
    memcpy(f->met_before, f->met, f->nselectors * sizeof *f->met);
    put_together(f);
    put_raw_together(f, batch);
}

/* ---- batches ---- */

static bool room_for(bool **list, size_t n)
{
    bool *grown = realloc(*list, n * sizeof *grown);
    if (grown)
        *list = grown;
    return grown != NULL;
}

static bool begin_batch(struct filter *f, const struct row_batch *batch)
{
    const size_t n = batch->nraw_counters;
    if (n > f->raw_room) {
        if (!room_for(&f->raw, n) || !room_for(&f->raw_now, n))
            return false;
        f->raw_room = n;
    }
    f->nraw = n;
    for (size_t i = 0; i < n; i++)
        f->raw[i] = f->raw_patterns && glob_match_any(f->raw_patterns, batch->raw_counters[i].name);
    return true;
}

/* Of a raw sample: cpu.ready.summation of instance "0". */
static bool is_of_vcpu(const struct row_batch *batch, const struct layer_value *value)
{
    const struct raw_counter *counter = row_raw(batch, value);
    return counter && strncmp(counter->name, "cpu.", 4) == 0 &&
           value->instance < batch->nraw_instances && *batch->raw_instances[value->instance];
}

static inline bool keeps(const struct filter *f, const struct row_batch *batch,
                         const struct layer_value *value)
{
    if (value->quantity < QUANTITY_END)
        return f->now[value->quantity] >> value->form & 1;
    const size_t raw = (size_t)value->quantity - QUANTITY_RAW;
    return value->quantity >= QUANTITY_RAW && raw < f->nraw && f->raw_now[raw] &&
           !(f->no_vcpus && is_of_vcpu(batch, value));
}

/* Moves the row's values that are kept to place `to`; returns how many there are. */
static uint32_t pack(const struct filter *f, struct row_batch *batch, const struct layer_row *row,
                     size_t to)
{
    struct layer_value *out = &batch->values[to];
    const struct layer_value *in = &batch->values[row->first], *end = in + row->count;
    uint32_t n = 0;
    for (; in < end; in++) {
        out[n] = *in; /* never ahead of what is read */
        n += keeps(f, batch, in);
    }
    return n;
}

bool filter_apply(struct filter *f, struct row_batch *batch)
{
    const struct entity *entity = NULL;
    size_t rows = 0, values = 0;
    if (f->plain && !batch->nraw_counters)
        return true;
    if (!begin_batch(f, batch))
        return false;
    for (size_t i = 0; i < batch->nrows; i++) {
        struct layer_row row = batch->rows[i];
        if (row.entity != entity)
            begin_entity(f, batch, row.entity, !entity);
        entity = row.entity;
        row.count = pack(f, batch, &row, values);
        row.first = (uint32_t)values;
        values += row.count;
        if (row.count)
            batch->rows[rows++] = row;
    }
    batch->nrows = rows;
    batch->nvalues = values;
    return true;
}
