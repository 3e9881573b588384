/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "formats/line_series.h"

#include <stdlib.h>
#include <string.h>

#include "base/caps.h"

enum { FIRST_ROOM = 64 };

struct field { /* "ready_summation=1500i" */
    size_t from, n;
    size_t next; /* of the same line; 0 = it is the last one */
};

struct line {
    size_t from, n;     /* measurement and tags, in the writer's texts */
    size_t tags, ntags; /* the same as they came, in the writer's tags */
    size_t first, last;
};

struct writer {
    struct buf *out;
    enum line_precision precision;
    /* The row under way */
    const struct entity *entity; /* NULL = none */
    struct server_time time;
    struct buf texts;
    size_t nlines, lines_room;
    struct line *lines;
    size_t nfields, fields_room; /* number 0 is nobody's */
    struct field *fields;
    size_t ntags, tags_room;
    struct series_tag *tags;
    size_t newest; /* line that the newest field went to */
};

static bool room_for_one(void **list, size_t *room, size_t n, size_t size)
{
    if (n < *room)
        return true;
    const size_t wanted = *room ? 2 * *room : FIRST_ROOM;
    void *grown = realloc(*list, wanted * size);
    if (!grown)
        return false;
    *list = grown;
    *room = wanted;
    return true;
}

/* ---- one line of a row ---- */

static void write_key(struct buf *out, const struct series *series)
{
    line_text(out, series->measurement, strlen(series->measurement));
    for (size_t i = 0; i < series->ntags; i++) {
        const struct series_tag *tag = &series->tags[i];
        buf_char(out, ',');
        line_text(out, tag->key, tag->key_n);
        buf_char(out, '=');
        line_text(out, tag->value, tag->value_n);
    }
}

/* The same by its text, which is the newest one. */
static bool has_text(const struct writer *w, const struct line *line, size_t from)
{
    const size_t n = w->texts.len - from;
    return line->n == n && memcmp(w->texts.data + line->from, w->texts.data + from, n) == 0;
}

/* The same by the addresses of its tags, for series whose texts stay where they are: most are found
 * so, and nothing has to be written for it. If one is not, a line more is written than need be. */
static bool has_tags(const struct writer *w, const struct line *line, const struct series *series)
{
    const size_t n = strlen(series->measurement);
    const char *text = w->texts.data + line->from;
    if (line->ntags != series->ntags || line->n < n || memcmp(text, series->measurement, n) != 0 ||
        (line->n > n && text[n] != ','))
        return false;
    for (size_t i = 0; i < series->ntags; i++) {
        const struct series_tag *x = &w->tags[line->tags + i], *y = &series->tags[i];
        if (x->value != y->value || x->value_n != y->value_n || x->key != y->key)
            return false;
    }
    return true;
}

static bool stays(const struct series *series)
{
    const uint64_t all = (UINT64_C(1) << series->ntags) - 1;
    return ((series->lasting | series->constant) & all) == all;
}

/* The line of a series, or nlines. Counters come one by one, each with all its instances, so it is
 * most often the line behind that of the value before. */
static size_t find_line(const struct writer *w, const struct series *series, size_t from)
{
    const bool by_tags = stays(series);
    for (size_t i = 0; i < w->nlines; i++) {
        const size_t number = (w->newest + 1 + i) % w->nlines;
        const struct line *line = &w->lines[number];
        if (by_tags ? has_tags(w, line, series) : has_text(w, line, from))
            return number;
    }
    return w->nlines;
}

static bool keep_tags(struct writer *w, const struct series *series)
{
    void *tags = w->tags;
    for (size_t i = 0; i < series->ntags; i++) {
        const bool room = room_for_one(&tags, &w->tags_room, w->ntags, sizeof *w->tags);
        w->tags = tags;
        if (!room)
            return false;
        w->tags[w->ntags++] = series->tags[i];
    }
    return true;
}

/* A line whose key is the newest text. */
static bool new_line(struct writer *w, const struct series *series, size_t from)
{
    void *lines = w->lines;
    const bool room = room_for_one(&lines, &w->lines_room, w->nlines, sizeof *w->lines);
    w->lines = lines;
    if (room)
        w->lines[w->nlines++] = (struct line){
            .from = from, .n = w->texts.len - from, .tags = w->ntags, .ntags = series->ntags};
    return room && keep_tags(w, series);
}

/* Finds or starts the line of a series, which is the newest one then. */
static bool take_line(struct writer *w, const struct series *series)
{
    const size_t from = w->texts.len;
    const bool by_tags = stays(series);
    if (!by_tags)
        write_key(&w->texts, series);
    w->newest = buf_ok(&w->texts) ? find_line(w, series, from) : 0;
    if (w->newest == w->nlines) {
        if (by_tags)
            write_key(&w->texts, series);
        return buf_ok(&w->texts) && new_line(w, series, from);
    }
    if (!by_tags && buf_ok(&w->texts))
        buf_end(&w->texts, w->texts.data + from); /* it stands there already */
    return buf_ok(&w->texts);
}

static void write_field(struct buf *out, const struct series *series, int64_t ticks)
{
    const char *name = *series->field ? series->field : "value";
    line_text(out, name, strlen(name));
    buf_char(out, '=');
    if (series->integer) {
        buf_int(out, ticks);
        buf_char(out, 'i');
    } else {
        series_number(out, series, ticks);
    }
}

static bool add_field(struct writer *w, const struct series *series, int64_t ticks)
{
    void *fields = w->fields;
    const bool room = room_for_one(&fields, &w->fields_room, w->nfields, sizeof *w->fields);
    w->fields = fields;
    if (!room)
        return false;
    const size_t from = w->texts.len, number = w->nfields++;
    write_field(&w->texts, series, ticks);
    w->fields[number] = (struct field){.from = from, .n = w->texts.len - from};
    struct line *line = &w->lines[w->newest];
    if (line->first)
        w->fields[line->last].next = number;
    else
        line->first = number;
    line->last = number;
    return buf_ok(&w->texts);
}

/* ---- rows ---- */

static void begin_row(struct writer *w, const struct series *series)
{
    w->entity = series->entity;
    w->time = series->samples[0].time;
    w->nlines = w->newest = w->ntags = 0;
    w->nfields = 1;
    buf_clear(&w->texts);
}

static void end_row(struct writer *w)
{
    for (size_t i = 0; i < w->nlines; i++) {
        const struct line *line = &w->lines[i];
        char mark = ' ';
        buf_add(w->out, w->texts.data + line->from, line->n);
        for (size_t f = line->first; f; f = w->fields[f].next) {
            buf_char(w->out, mark);
            buf_add(w->out, w->texts.data + w->fields[f].from, w->fields[f].n);
            mark = ',';
        }
        buf_char(w->out, ' ');
        line_stamp(w->out, w->time, w->precision);
        buf_char(w->out, '\n');
    }
    w->nlines = 0;
}

static bool take_series(void *ctx, const struct series *series)
{
    struct writer *w = ctx;
    const struct series_sample *sample = &series->samples[0];
    if (sample->ticks == SERIES_STALE)
        return true;
    if (w->entity != series->entity || w->time.ms != sample->time.ms) {
        end_row(w);
        begin_row(w, series);
    }
    return take_line(w, series) && add_field(w, series, sample->ticks) && buf_ok(w->out);
}

bool line_series_write(struct series_walk *walk, const struct row_batch *batch, size_t first,
                       size_t last, enum line_precision precision, struct buf *out)
{
    struct writer w = {.out = out, .precision = precision};
    buf_init(&w.texts, CAP_STORE_BODY);
    const bool walked = series_walk_rows(walk, batch, first, last, SERIES_BY_ROW, take_series, &w);
    if (walked)
        end_row(&w);
    buf_free(&w.texts);
    free(w.lines);
    free(w.fields);
    free(w.tags);
    if (!walked) { /* rows without some of their values would be wrong, not fewer */
        buf_free(out);
        out->failed = true;
    }
    return walked && buf_ok(out);
}
