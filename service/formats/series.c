/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "formats/series.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/caps.h"
#include "formats/schema.h"

/*
 * Values of gathered rows are sorted by what they are called, then by row:
 *   63       48 47    40 39        24 23           0
 *   quantity     form     instance     row (of the run)
 */
enum { ROW_BITS = 24, INSTANCE_BITS = 16, FORM_BITS = 8 };
enum { RENAMED = SERIES_TAGS * CAP_NAME }; /* bytes of renamed keys */

struct place { /* of a value in gathered rows */
    uint64_t key;
    uint32_t value; /* index in the batch */
};

struct series_walk {
    const struct schema *schema;
    void *namer;
    size_t nlabels;
    struct series_tag labels[SERIES_TAGS / 2]; /* sorted by key */
    char *label_text;
    size_t places_room, samples_room;
    struct place *places;
    struct series_sample *samples;
    struct buf renamed; /* keys "exported_x"; has its room from the start, for tags point into it */
};

struct visit { /* one walk over rows */
    struct series_walk *walk;
    const struct row_batch *batch;
    const struct entity *entity;
    bool (*fn)(void *ctx, const struct series *series);
    void *ctx;
};

/* ---- labels of the configuration ---- */

static int by_key(const void *a, const void *b)
{
    const struct series_tag *x = a, *y = b;
    const uint32_t n = x->key_n < y->key_n ? x->key_n : y->key_n;
    if (*x->key != *y->key) /* mostly */
        return (unsigned char)*x->key - (unsigned char)*y->key;
    const int order = memcmp(x->key, y->key, n);
    return order ? order : (x->key_n > y->key_n) - (x->key_n < y->key_n);
}

/* Cuts "key=value\nkey=value" into labels; of a key given twice the later one is left out. */
static bool read_labels(struct series_walk *w, const char *text)
{
    w->label_text = strdup(text ? text : "");
    if (!w->label_text)
        return false;
    for (char *rest = w->label_text, *line; (line = strtok_r(rest, "\n", &rest));) {
        char *equals = strchr(line, '=');
        if (!equals || equals == line || !equals[1])
            continue;
        if (w->nlabels == sizeof w->labels / sizeof *w->labels)
            return false;
        w->labels[w->nlabels++] = (struct series_tag){line, equals + 1, (uint32_t)(equals - line),
                                                      (uint32_t)strlen(equals + 1)};
    }
    qsort(w->labels, w->nlabels, sizeof *w->labels, by_key);
    size_t kept = 0;
    for (size_t i = 0; i < w->nlabels; i++)
        if (!kept || by_key(&w->labels[kept - 1], &w->labels[i]) != 0)
            w->labels[kept++] = w->labels[i];
    w->nlabels = kept;
    return true;
}

/* A label of the configuration goes before one of ours, which is kept under another key. */
static void rename_tag(struct series_walk *w, struct series_tag *tag)
{
    static const char prefix[] = "exported_";
    const size_t at = w->renamed.len, n = sizeof prefix - 1 + tag->key_n;
    buf_add(&w->renamed, prefix, sizeof prefix - 1);
    buf_add(&w->renamed, tag->key, tag->key_n);
    if (!buf_ok(&w->renamed))
        return;
    tag->key = w->renamed.data + at;
    tag->key_n = (uint32_t)n;
}

/* Puts a tag at its place among sorted ones, with its bits. */
static void insert_tag(struct series_tag *tags, struct series *s, struct series_tag tag)
{
    size_t at = s->ntags++;
    for (; at > 0 && by_key(&tags[at - 1], &tag) > 0; at--)
        tags[at] = tags[at - 1];
    tags[at] = tag;
    const uint64_t below = (UINT64_C(1) << at) - 1;
    s->lasting = (s->lasting & below) | (s->lasting & ~below) << 1;
    s->constant = (s->constant & below) | (s->constant & ~below) << 1;
}

static void put_tag(struct series_tag *tags, struct series *to, struct series_tag tag, bool lasting,
                    bool constant)
{
    to->lasting |= (uint64_t)lasting << to->ntags;
    to->constant |= (uint64_t)constant << to->ntags;
    tags[to->ntags++] = tag;
}

/* Merges the labels into the tags of the series; both are sorted. */
static void add_labels(struct series_walk *w, struct series *s, struct series_tag *tags)
{
    struct series_tag merged[SERIES_TAGS], renamed[SERIES_TAGS / 2];
    struct series to = {0};
    size_t nrenamed = 0;
    buf_clear(&w->renamed);
    for (size_t i = 0, l = 0; i < s->ntags || l < w->nlabels;) {
        const int order = i == s->ntags     ? 1
                          : l == w->nlabels ? -1
                                            : by_key(&tags[i], &w->labels[l]);
        if (order >= 0)
            put_tag(merged, &to, w->labels[l++], false, true);
        else
            put_tag(merged, &to, tags[i], s->lasting >> i & 1, s->constant >> i & 1);
        if (order == 0) {
            rename_tag(w, &tags[i]);
            renamed[nrenamed++] = tags[i];
        }
        i += order <= 0;
    }
    for (size_t i = 0; i < nrenamed; i++)
        insert_tag(merged, &to, renamed[i]);
    if (to.ntags)
        memcpy(tags, merged, to.ntags * sizeof *tags);
    s->ntags = to.ntags;
    s->lasting = to.lasting;
    s->constant = to.constant;
}

/* ---- the walk ---- */

struct series_walk *series_walk_new(const struct schema *schema, const char *labels)
{
    struct series_walk *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->schema = schema;
    w->namer = schema->open();
    buf_init(&w->renamed, RENAMED);
    if (!w->namer || !read_labels(w, labels) || !buf_room(&w->renamed, RENAMED)) {
        series_walk_free(w);
        return NULL;
    }
    return w;
}

void series_walk_free(struct series_walk *w)
{
    if (!w)
        return;
    if (w->namer)
        w->schema->close(w->namer);
    buf_free(&w->renamed);
    free(w->label_text);
    free(w->places);
    free(w->samples);
    free(w);
}

size_t series_walk_labels(const struct series_walk *w, const struct series_tag **ret)
{
    *ret = w->labels;
    return w->nlabels;
}

static bool grow(void **list, size_t *room, size_t n, size_t size)
{
    if (n <= *room)
        return true;
    void *grown = realloc(*list, n * size);
    if (!grown)
        return false;
    *list = grown;
    *room = n;
    return true;
}

static bool hand_out(struct visit *v, const struct layer_value *value,
                     const struct series_sample *samples, size_t n)
{
    struct series_walk *w = v->walk;
    struct series_tag tags[SERIES_TAGS];
    struct series series;
    if (!w->schema->series(w->namer, value, tags, &series))
        return true;
    if (w->nlabels)
        add_labels(w, &series, tags);
    series.tags = tags;
    series.entity = v->entity;
    series.samples = samples;
    series.nsamples = n;
    return v->fn(v->ctx, &series);
}

static bool visit_row(struct visit *v, const struct layer_row *row)
{
    for (uint32_t i = 0; i < row->count; i++) {
        const struct layer_value *value = &v->batch->values[row->first + i];
        const struct series_sample sample = {row->time, value->ticks};
        if (!hand_out(v, value, &sample, 1))
            return false;
    }
    return true;
}

static int by_place(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    return (x->key > y->key) - (x->key < y->key);
}

static size_t place_values(struct visit *v, size_t first, size_t last)
{
    size_t n = 0;
    for (size_t r = first; r < last; r++) {
        const struct layer_row *row = &v->batch->rows[r];
        for (uint32_t i = row->first; i < row->first + row->count; i++) {
            const struct layer_value *value = &v->batch->values[i];
            uint64_t key = value->quantity;
            key = key << FORM_BITS | value->form;
            key = key << INSTANCE_BITS | value->instance;
            v->walk->places[n++] = (struct place){key << ROW_BITS | (r - first), i};
        }
    }
    qsort(v->walk->places, n, sizeof *v->walk->places, by_place);
    return n;
}

/* True if rows have the same values in the same order, as they mostly do. */
static bool alike(const struct row_batch *batch, size_t first, size_t last)
{
    const struct layer_row *row = &batch->rows[first];
    const struct layer_value *values = &batch->values[row->first];
    for (size_t r = first + 1; r < last; r++) {
        const struct layer_value *others = &batch->values[batch->rows[r].first];
        if (batch->rows[r].count != row->count)
            return false;
        for (uint32_t i = 0; i < row->count; i++)
            if (values[i].quantity != others[i].quantity || values[i].form != others[i].form ||
                values[i].instance != others[i].instance)
                return false;
    }
    return true;
}

static bool visit_alike(struct visit *v, size_t first, size_t last)
{
    const struct row_batch *batch = v->batch;
    struct series_sample *samples = v->walk->samples;
    for (uint32_t i = 0; i < batch->rows[first].count; i++) {
        for (size_t r = first; r < last; r++)
            samples[r - first] = (struct series_sample){
                batch->rows[r].time, batch->values[batch->rows[r].first + i].ticks};
        if (!hand_out(v, &batch->values[batch->rows[first].first + i], samples, last - first))
            return false;
    }
    return true;
}

/* Rows [first, last) of one entity, series by series. */
static bool visit_rows(struct visit *v, size_t first, size_t last)
{
    struct series_walk *w = v->walk;
    size_t values = 0;
    for (size_t r = first; r < last; r++)
        values += v->batch->rows[r].count;
    void *places = w->places, *samples = w->samples;
    bool room = grow(&places, &w->places_room, values, sizeof *w->places);
    w->places = places;
    room = room && grow(&samples, &w->samples_room, last - first, sizeof *w->samples);
    w->samples = samples;
    if (!room)
        return false;
    if (alike(v->batch, first, last))
        return visit_alike(v, first, last);
    const size_t n = place_values(v, first, last);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i; end < n && w->places[end].key >> ROW_BITS == w->places[i].key >> ROW_BITS &&
                      end - i < last - first;
             end++) {
            const size_t row = first + (w->places[end].key & ((1u << ROW_BITS) - 1));
            w->samples[end - i] = (struct series_sample){
                v->batch->rows[row].time, v->batch->values[w->places[end].value].ticks};
        }
        if (!hand_out(v, &v->batch->values[w->places[i].value], w->samples, end - i))
            return false;
    }
    return true;
}

bool series_walk_rows(struct series_walk *w, const struct row_batch *batch, size_t first,
                      size_t last, enum series_order order,
                      bool (*fn)(void *ctx, const struct series *series), void *ctx)
{
    struct visit v = {.walk = w, .batch = batch, .fn = fn, .ctx = ctx};
    const size_t longest = order == SERIES_BY_ROW ? 1 : (size_t)1 << ROW_BITS;
    for (size_t i = first, end; i < last; i = end) {
        for (end = i + 1;
             end < last && end - i < longest && batch->rows[end].entity == batch->rows[i].entity;)
            end++;
        if (batch->rows[i].entity != v.entity) {
            v.entity = batch->rows[i].entity;
            if (!w->schema->entity(w->namer, batch, v.entity))
                return false;
        }
        if (!(end - i == 1 ? visit_row(&v, &batch->rows[i]) : visit_rows(&v, i, end)))
            return false;
    }
    return true;
}

/* ---- of one series ---- */

static bool has_decimals(int64_t scale)
{
    while (scale > 1 && scale % 2 == 0)
        scale /= 2;
    while (scale > 1 && scale % 5 == 0)
        scale /= 5;
    return scale == 1;
}

void series_number(struct buf *out, const struct series *series, int64_t ticks)
{
    if (series->info)
        quantity_write(out, series->info, ticks);
    else if (has_decimals(series->raw_scale))
        buf_scaled(out, ticks, series->raw_scale);
    else /* a share of three vCPUs */
        buf_printf(out, "%.15g", (double)ticks / (double)series->raw_scale);
}

double series_value(const struct series *series, int64_t ticks)
{
    if (ticks == SERIES_STALE)
        return NAN;
    return series->info ? quantity_value(series->info, ticks)
                        : (double)ticks / (double)series->raw_scale;
}

const struct series_tag *series_tag(const struct series *series, const char *key)
{
    const size_t n = strlen(key);
    for (size_t i = 0; i < series->ntags; i++)
        if (series->tags[i].key_n == n && memcmp(series->tags[i].key, key, n) == 0)
            return &series->tags[i];
    return NULL;
}

/* Is there a line "key=value"? */
static bool is_label(const char *labels, const char *key)
{
    const size_t n = strlen(key);
    for (const char *line = labels; line && *line; line += *line == '\n') {
        if (strncmp(line, key, n) == 0 && line[n] == '=')
            return true;
        line += strcspn(line, "\n");
    }
    return false;
}

const struct series_tag *series_own_tag(const struct series *series, const char *key,
                                        const char *labels)
{
    char renamed[CAP_NAME];
    if (!is_label(labels, key))
        return series_tag(series, key);
    snprintf(renamed, sizeof renamed, "exported_%s", key);
    return series_tag(series, renamed);
}

const struct series_tag *series_instance(const struct series *series, const char *labels)
{
    static const char *const keys[] = {"vcpu",     "vdisk",     "vnic",    "app",     "cpu",
                                       "disk",     "interface", "adapter", "lun",     "path",
                                       "resource", "module",    "dsname",  "instance"};
    const struct series_tag *found = NULL;
    for (size_t i = 0; !found && i < sizeof keys / sizeof *keys; i++)
        found = series_own_tag(series, keys[i], labels);
    return found;
}
