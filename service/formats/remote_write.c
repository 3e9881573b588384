/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * A series costs a look at each of its tags. What a tag comes to (bytes in 1.0, numbers in 2.0) is
 * remembered by the addresses of its texts for as long as the walk promises that they stay
 * (series.h: lasting, constant), so that it is mostly copied. Lengths stand in front of what they
 * measure, therefore the pieces of a series are gathered first and copied when all are known.
 */
#include "formats/remote_write.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/caps.h"
#include "formats/remote_write_private.h"

/* ---- opening ---- */

struct remote_write *remote_write_new(const struct schema *schema, const char *labels)
{
    struct remote_write *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->period = 1;
    buf_init(&w->scratch, CAP_STORE_BODY);
    buf_init(&w->text, CAP_STORE_BODY);
    buf_init(&w->metadata, CAP_STORE_BODY);
    buf_init(&w->series, CAP_STORE_BODY);
    symbols_init(&w->symbols, CAP_STORE_BODY);
    w->walk = series_walk_new(schema, labels);
    if (w->walk)
        return w;
    remote_write_free(w);
    return NULL;
}

void remote_write_free(struct remote_write *w)
{
    if (!w)
        return;
    series_walk_free(w->walk);
    buf_free(&w->scratch);
    buf_free(&w->text);
    buf_free(&w->metadata);
    buf_free(&w->series);
    symbols_free(&w->symbols);
    free(w->told);
    free(w);
}

void remote_write_tell_again(struct remote_write *w)
{
    w->period++;
    w->ntold = 0;
    if (w->told)
        memset(w->told, 0, w->told_room * sizeof *w->told);
}

/* ---- what is remembered ---- */

static size_t mix(const void *a, const void *b)
{
    const uint64_t h = ((uintptr_t)a * 31 + (uintptr_t)b) * UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(h >> 40) | 1;
}

static bool holds(const struct piece *p, const struct series_tag *tag, uint64_t entity)
{
    return p->key == tag->key && p->value == tag->value && p->value_n == tag->value_n &&
           p->entity == entity;
}

/* A place for a tag: the first that is free or outlived, or else any that the series under way does
 * not use; NULL = there is none. */
static struct piece *place_for(struct remote_write *w, size_t at)
{
    struct piece *any = NULL;
    for (size_t i = at; i < at + PROBES; i++) {
        struct piece *p = &w->pieces[i % PIECES];
        if (p->used == w->count && p->key)
            continue;
        if (!p->key || (p->entity && p->entity != w->entity))
            return p;
        any = any ? any : p;
    }
    return any;
}

/* The place of tag i, and whether it holds it already; NULL: there is no place. Mostly it is the
 * place where tag i was in the series before. */
static struct piece *recall(struct remote_write *w, size_t i, const struct series_tag *tag,
                            uint64_t entity, bool *known)
{
    struct piece *p = w->hints[i];
    const size_t at = p && holds(p, tag, entity) ? 0 : mix(tag->key, tag->value);
    *known = !at;
    for (size_t probe = at; !*known && probe < at + PROBES; probe++) {
        p = &w->pieces[probe % PIECES];
        *known = holds(p, tag, entity);
    }
    if (!*known)
        p = place_for(w, at);
    if (p && !*known)
        *p = (struct piece){
            .key = tag->key, .value = tag->value, .value_n = tag->value_n, .entity = entity};
    if (p) {
        p->used = w->count;
        w->hints[i] = p;
    }
    return p;
}

/* The place of a name that stays: where it is, or else where it may be put. */
static struct name *name_place(struct remote_write *w, const struct series *s)
{
    const size_t at = mix(s->measurement, s->field);
    struct name *last = &w->names[at % NAMES];
    for (size_t i = at; i < at + PROBES; i++) {
        last = &w->names[i % NAMES];
        if (!last->measurement || (last->measurement == s->measurement && last->field == s->field))
            return last;
    }
    return last;
}

/* Texts of a name that does not stay are made each time. */
static struct name *name_of(struct remote_write *w, const struct series *s)
{
    struct name *name = s->constant_name ? name_place(w, s) : &w->other_name;
    if (s->constant_name && name->measurement && name->measurement == s->measurement &&
        name->field == s->field)
        return name;
    *name = (struct name){.measurement = s->measurement, .field = s->field};
    buf_clear(&w->text);
    name_add(&w->text, s->measurement, strlen(s->measurement));
    if (*s->field) {
        buf_char(&w->text, '_');
        name_add(&w->text, s->field, strlen(s->field));
    }
    name->n = (uint32_t)(w->text.len < NAME ? w->text.len : NAME);
    if (buf_ok(&w->text) && name->n)
        memcpy(name->text, w->text.data, name->n);
    return name;
}

/* ---- labels of either ---- */

static void add_name(struct remote_write *w, struct name *name, const struct series *s)
{
    if (w->version == REMOTE_WRITE_1)
        remote_write_name_1(w, name);
    else
        remote_write_name_2(w, name, s);
}

static void add_tag(struct remote_write *w, const struct series_tag *tag, struct piece *piece,
                    bool known)
{
    if (w->version == REMOTE_WRITE_1)
        remote_write_tag_1(w, tag, piece, known);
    else
        remote_write_tag_2(w, tag, piece, known);
}

static int key_order(const struct series_tag *tag, const char *key, size_t n)
{
    const int order = memcmp(tag->key, key, tag->key_n < n ? tag->key_n : n);
    return order ? order : (tag->key_n > n) - (tag->key_n < n);
}

/* Where __name__ belongs among sorted tags; most keys begin with a letter behind '_'. */
static bool before_name(const struct series_tag *tag)
{
    return tag->key[0] <= '_' &&
           key_order(tag, remote_write_name, sizeof remote_write_name - 1) <= 0;
}

static bool is_name(const struct series_tag *tag)
{
    return tag->key[0] == '_' &&
           key_order(tag, remote_write_name, sizeof remote_write_name - 1) == 0;
}

static void begin_labels(struct remote_write *w)
{
    w->nparts = w->parts_n = w->nrefs = w->refs_n = 0;
    w->count++;
    buf_clear(&w->scratch);
}

/* Adds all labels in their order. False: a key is no name of a label. A tag __name__ is left out:
 * the series has a name. */
static bool gather(struct remote_write *w, const struct series *s, struct name *name)
{
    begin_labels(w);
    size_t i = 0;
    bool named = false;
    for (; i < s->ntags || !named; i++) {
        const struct series_tag *tag = &s->tags[i];
        if (!named && (i == s->ntags || !before_name(tag))) {
            add_name(w, name, s);
            named = true;
        }
        if (i == s->ntags)
            break;
        const uint64_t bit = UINT64_C(1) << i;
        const bool constant = s->constant & bit;
        bool known = false;
        struct piece *piece = constant || s->lasting & bit
                                  ? recall(w, i, tag, constant ? 0 : w->entity, &known)
                                  : NULL;
        if (!known && !label_name_ok(tag->key, tag->key_n)) {
            if (piece)
                *piece = (struct piece){0};
            return false;
        }
        if (!is_name(tag))
            add_tag(w, tag, piece, known);
    }
    return true;
}

static int by_key(const void *a, const void *b)
{
    const struct series_tag *y = b;
    return key_order(a, y->key, y->key_n);
}

/* The slow way: keys are mended, sorted again, and of those that have become the same one is kept.
 */
static void gather_mended(struct remote_write *w, const struct series *s, struct name *name)
{
    struct series_tag tags[SERIES_TAGS];
    struct series mended = *s;
    struct buf keys;
    size_t n = 0;
    buf_init(&keys, CAP_STORE_BODY);
    size_t room = 0;
    for (size_t i = 0; i < s->ntags; i++)
        room += s->tags[i].key_n + 2;
    w->failed = w->failed || !buf_room(&keys, room);
    for (size_t i = 0; i < s->ntags && !w->failed; i++) {
        buf_clear(&w->text);
        name_add(&w->text, s->tags[i].key, s->tags[i].key_n);
        const size_t from = keys.len;
        buf_add(&keys, w->text.data, w->text.len);
        tags[n] = s->tags[i];
        tags[n].key = keys.data + from;
        tags[n].key_n = (uint32_t)(keys.len - from);
        n += tags[n].key_n > 0;
    }
    if (n)
        qsort(tags, n, sizeof *tags, by_key);
    mended.tags = tags;
    mended.ntags = mended.constant = mended.lasting = 0;
    for (size_t i = 0; i < n; i++)
        if (!mended.ntags || by_key(&tags[mended.ntags - 1], &tags[i]) != 0)
            tags[mended.ntags++] = tags[i];
    w->failed = w->failed || !gather(w, &mended, name);
    buf_free(&keys);
}

/* ---- samples ---- */

/* The value that says that a series has ended is one NaN of many. */
static uint64_t bits_of(const struct series *s, int64_t ticks)
{
    static const uint64_t stale = UINT64_C(0x7ff0000000000002);
    const double value = ticks == SERIES_STALE ? 0 : series_value(s, ticks);
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return ticks == SERIES_STALE ? stale : bits;
}

/* Zeros are not written. */
static char *put_sample(char *at, uint64_t bits, int64_t ms)
{
    char *length = at + 1;
    *at = TAG_SAMPLE;
    at += 2;
    if (bits) {
        const uint64_t little = htole64(bits);
        *at++ = TAG_DOUBLE;
        memcpy(at, &little, sizeof little);
        at += sizeof little;
    }
    if (ms) {
        *at++ = TAG_TIME;
        at = varint_put(at, (uint64_t)ms);
    }
    *length = (char)(at - length - 1);
    return at;
}

size_t remote_write_samples_size(const struct series *s)
{
    size_t n = 0;
    for (size_t i = 0; i < s->nsamples; i++)
        n += 2 + (bits_of(s, s->samples[i].ticks) ? 1 + sizeof(double) : 0) +
             (s->samples[i].time.ms ? 1 + varint_size((uint64_t)s->samples[i].time.ms) : 0);
    return n;
}

char *remote_write_samples(char *at, const struct series *s)
{
    for (size_t i = 0; i < s->nsamples; i++)
        at = put_sample(at, bits_of(s, s->samples[i].ticks), s->samples[i].time.ms);
    return at;
}

/* ---- a message ---- */

static bool on_series(void *ctx, const struct series *s)
{
    struct remote_write *w = ctx;
    if (s->entity != w->of) {
        w->of = s->entity;
        w->entity++;
    }
    struct name *name = name_of(w, s);
    if (!gather(w, s, name))
        gather_mended(w, s, name);
    const bool ok = w->version == REMOTE_WRITE_1 ? remote_write_series_1(w, s, name)
                                                 : remote_write_series_2(w, s, name);
    w->samples += s->nsamples;
    return ok && !w->failed;
}

void remote_write_begin(struct remote_write *w, enum remote_write_version version, struct buf *out)
{
    w->version = version;
    w->out = out;
    w->samples = 0;
    w->failed = false;
    w->of = NULL; /* another one may be at the same address by now */
    w->message++;
    w->other_name = (struct name){0};
    buf_clear(&w->metadata);
    buf_clear(&w->series);
    if (version == REMOTE_WRITE_2)
        symbols_begin(&w->symbols);
}

void remote_write_rows(struct remote_write *w, const struct row_batch *batch, size_t first,
                       size_t last)
{
    w->of = NULL; /* another walk: what its namer keeps for an entity is made anew */
    w->failed =
        w->failed || !series_walk_rows(w->walk, batch, first, last, SERIES_BY_ENTITY, on_series, w);
}

size_t remote_write_end(struct remote_write *w)
{
    if (!w->failed && w->samples && w->version == REMOTE_WRITE_1)
        buf_add(w->out, w->metadata.data, w->metadata.len);
    if (!w->failed && w->samples && w->version == REMOTE_WRITE_2) {
        buf_add(w->out, w->symbols.fields.data, w->symbols.fields.len);
        buf_add(w->out, w->series.data, w->series.len);
    }
    if (w->failed || !buf_ok(&w->metadata) || !buf_ok(&w->series) ||
        !buf_ok(&w->symbols.fields)) { /* a part of a message would be wrong, not less */
        buf_free(w->out);
        w->out->failed = true;
    }
    return w->samples;
}
