/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "formats/copy_text.h"

#include <openssl/sha.h>
#include <string.h>

#include "base/caps.h"
#include "formats/json.h"
#include "formats/utf8.h"

struct writer {
    struct copy_text *text;
    struct buf scratch, json;
    char key[2 * SERIES_KEY + 1]; /* of the series at hand */
};

void copy_text_init(struct copy_text *text,
                    bool (*knows)(void *ctx, const unsigned char key[SERIES_KEY]), void *ctx,
                    const char *labels)
{
    *text = (struct copy_text){.knows = knows, .ctx = ctx, .labels = labels};
    buf_init(&text->points, CAP_STORE_BODY);
    buf_init(&text->series, CAP_STORE_BODY);
    buf_init(&text->keys, CAP_STORE_BODY);
}

void copy_text_free(struct copy_text *text)
{
    buf_free(&text->points);
    buf_free(&text->series);
    buf_free(&text->keys);
}

/* ---- keys ---- */

static void add_tag(struct buf *out, const char *text, size_t n)
{
    buf_add(out, text, n);
    buf_char(out, '\0');
}

static void make_key(struct writer *w, const struct series *series, unsigned char key[SERIES_KEY])
{
    static const char hex[] = "0123456789abcdef";
    unsigned char hash[SHA256_DIGEST_LENGTH];
    struct buf *b = &w->scratch;
    buf_clear(b);
    add_tag(b, series->measurement, strlen(series->measurement));
    add_tag(b, series->field, strlen(series->field));
    for (size_t i = 0; i < series->ntags; i++) {
        add_tag(b, series->tags[i].key, series->tags[i].key_n);
        add_tag(b, series->tags[i].value, series->tags[i].value_n);
    }
    SHA256((const unsigned char *)b->data, b->len, hash);
    memcpy(key, hash, SERIES_KEY);
    for (size_t i = 0; i < SERIES_KEY; i++) {
        w->key[2 * i] = hex[key[i] >> 4];
        w->key[2 * i + 1] = hex[key[i] & 15];
    }
}

/* ---- columns ---- */

/* What COPY takes for something else; control characters otherwise go as they are. */
static char escape_of(char c)
{
    switch (c) {
    case '\\':
        return '\\';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return '\0';
    }
}

/* A column behind another; the server takes nothing but UTF-8. */
static void column(struct buf *out, const char *text)
{
    buf_char(out, '\t');
    for (size_t n; *text; text += n) {
        const char escape = escape_of(*text);
        n = utf8_length(text);
        if (n == 0) {
            n = 1;
            buf_str(out, "\xEF\xBF\xBD"); /* U+FFFD */
        } else if (escape) {
            buf_char(out, '\\');
            buf_char(out, escape);
        } else {
            buf_add(out, text, n);
        }
    }
}

/* n bytes as a text with an end; good until the next call. */
static const char *ended(struct writer *w, const char *text, size_t n)
{
    buf_clear(&w->scratch);
    buf_add(&w->scratch, text, n);
    buf_char(&w->scratch, '\0');
    return buf_ok(&w->scratch) ? w->scratch.data : "";
}

static void tag_column(struct writer *w, const struct series_tag *tag)
{
    column(&w->text->series, tag ? ended(w, tag->value, tag->value_n) : "");
}

static void labels_column(struct writer *w, const struct series *series)
{
    struct buf *json = &w->json;
    buf_clear(json);
    buf_char(json, '{');
    for (size_t i = 0; i < series->ntags; i++) {
        const struct series_tag *tag = &series->tags[i];
        if (i)
            buf_str(json, ", ");
        json_string(json, ended(w, tag->key, tag->key_n));
        buf_str(json, ": ");
        json_string(json, ended(w, tag->value, tag->value_n));
    }
    buf_char(json, '}');
    column(&w->text->series, buf_ok(json) ? json->data : "");
}

static void series_line(struct writer *w, const struct series *series)
{
    static const enum entity_label labels[] = {LABEL_VCENTER, LABEL_DATACENTER, LABEL_CLUSTER,
                                               LABEL_HOST,    LABEL_VM,         LABEL_MOID};
    const struct entity *entity = series->entity;
    const enum entity_kind kind = entity_kind(entity);
    struct buf *out = &w->text->series;
    buf_add(out, w->key, sizeof w->key - 1);
    column(out, series->measurement);
    column(out, series->field);
    column(out, kind == ENTITY_VM ? "vm" : entity_kind_name(kind));
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        column(out, entity->label[labels[i]]);
    tag_column(w, series_own_tag(series, "layer", w->text->labels));
    tag_column(w, series_own_tag(series, "part", w->text->labels));
    tag_column(w, series_instance(series, w->text->labels));
    labels_column(w, series);
    buf_char(out, '\n');
}

static void points_lines(struct writer *w, const struct series *series)
{
    struct buf *out = &w->text->points;
    char time[ISO_TEXT];
    for (size_t i = 0; i < series->nsamples; i++) {
        const struct series_sample *sample = &series->samples[i];
        if (sample->ticks == SERIES_STALE)
            continue;
        buf_add(out, w->key, sizeof w->key - 1);
        buf_char(out, '\t');
        buf_str(out, clock_iso(sample->time, time));
        buf_char(out, '\t');
        series_number(out, series, sample->ticks);
        buf_char(out, '\n');
        w->text->npoints++;
    }
}

static bool write_series(void *ctx, const struct series *series)
{
    struct writer *w = ctx;
    struct copy_text *text = w->text;
    unsigned char key[SERIES_KEY];
    make_key(w, series, key);
    if (!text->knows(text->ctx, key)) {
        series_line(w, series);
        buf_add(&text->keys, key, SERIES_KEY);
    }
    points_lines(w, series);
    return buf_ok(&w->scratch) && buf_ok(&w->json) && buf_ok(&text->points) &&
           buf_ok(&text->series) && buf_ok(&text->keys);
}

bool copy_text_write(struct series_walk *walk, const struct row_batch *batch, size_t first,
                     size_t last, struct copy_text *text)
{
    struct writer w = {.text = text};
    buf_init(&w.scratch, CAP_STORE_BODY);
    buf_init(&w.json, CAP_STORE_BODY);
    buf_clear(&text->points);
    buf_clear(&text->series);
    buf_clear(&text->keys);
    text->npoints = 0;
    const bool done =
        series_walk_rows(walk, batch, first, last, SERIES_BY_ENTITY, write_series, &w);
    buf_free(&w.scratch);
    buf_free(&w.json);
    return done;
}
