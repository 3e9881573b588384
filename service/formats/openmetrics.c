/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Rows come entity by entity, and lines must stand family by family: lines are made in the order in
 * which they come, each family threads its own together, and a second pass copies them out.
 */
#include "formats/openmetrics.h"

#include <stdlib.h>
#include <string.h>

#include "formats/utf8.h"

enum { FIRST_LINES = 1024, FIRST_FAMILIES = 64, GUESSES = 256, NONE = -1 };

struct line {
    size_t from;  /* its text, to the next line's; in lines */
    int64_t next; /* of its family; NONE = the last */
};

struct family {
    char *name, *help, *unit;
    int64_t first, last; /* of its lines */
};

struct writer {
    const struct openmetrics_options *options;
    struct buf text; /* the lines */
    struct line *lines;
    size_t nlines, lines_room;
    struct family *families;
    size_t nfamilies, families_room;
    uint16_t guesses[GUESSES]; /* family by where its name's texts stood in memory */
};

static bool grow(void **list, size_t *room, size_t n, size_t first, size_t size)
{
    if (n < *room)
        return true;
    const size_t wanted = *room ? 2 * *room : first;
    void *grown = realloc(*list, wanted * size);
    if (!grown)
        return false;
    *list = grown;
    *room = wanted;
    return true;
}

/* "vstrata_vm_cpu" "ratio" against a family's "vstrata_vm_cpu_ratio" */
static bool is_named(const struct family *family, const struct series *series)
{
    const size_t n = strlen(series->measurement);
    if (strncmp(family->name, series->measurement, n) != 0)
        return false;
    if (!*series->field)
        return !family->name[n];
    return family->name[n] == '_' && strcmp(family->name + n + 1, series->field) == 0;
}

static char *join(const char *measurement, const char *field)
{
    struct buf name;
    buf_init(&name, 1000);
    buf_printf(&name, "%s%s%s", measurement, *field ? "_" : "", field);
    return buf_take(&name);
}

static struct family *new_family(struct writer *w, const struct series *series)
{
    void *families = w->families;
    const bool room = w->nfamilies < UINT16_MAX && grow(&families, &w->families_room, w->nfamilies,
                                                        FIRST_FAMILIES, sizeof *w->families);
    w->families = families;
    if (!room)
        return NULL;
    struct family *family = &w->families[w->nfamilies++];
    *family = (struct family){.name = join(series->measurement, series->field),
                              .help = strdup(series->help),
                              .unit = strdup(series->unit),
                              .first = NONE,
                              .last = NONE};
    return family->name && family->help && family->unit ? family : NULL;
}

/* Schemas hand out the same texts again and again, so where they stand tells the family, mostly. */
static struct family *find_family(struct writer *w, const struct series *series)
{
    const uintptr_t place = (uintptr_t)series->measurement / 8 + (uintptr_t)series->field / 4;
    uint16_t *guess = &w->guesses[place % GUESSES];
    if (*guess < w->nfamilies && is_named(&w->families[*guess], series))
        return &w->families[*guess];
    for (size_t i = 0; i < w->nfamilies; i++)
        if (is_named(&w->families[i], series)) {
            *guess = (uint16_t)i;
            return &w->families[i];
        }
    *guess = (uint16_t)w->nfamilies;
    return new_family(w, series);
}

static bool new_line(struct writer *w, struct family *family)
{
    void *lines = w->lines;
    const bool room = grow(&lines, &w->lines_room, w->nlines, FIRST_LINES, sizeof *w->lines);
    w->lines = lines;
    if (!room)
        return false;
    w->lines[w->nlines] = (struct line){.from = w->text.len, .next = NONE};
    if (family->last == NONE)
        family->first = (int64_t)w->nlines;
    else
        w->lines[family->last].next = (int64_t)w->nlines;
    family->last = (int64_t)w->nlines++;
    return true;
}

/* A label value or a help. Broken UTF-8 and control characters become '_'. */
static void escaped(struct buf *out, const char *text, size_t n)
{
    for (size_t at = 0, step; at < n; at += step) {
        const char c = text[at];
        step = utf8_length(text + at);
        if (step == 0 || step > n - at) {
            step = 1;
            buf_char(out, '_');
        } else if (step > 1) {
            buf_add(out, text + at, step);
        } else if (c == '\\' || c == '"') {
            buf_char(out, '\\');
            buf_char(out, c);
        } else {
            buf_char(out, (unsigned char)c < 0x20 || c == 0x7f ? '_' : c);
        }
    }
}

static void write_line(struct writer *w, const struct family *family, const struct series *series)
{
    struct buf *out = &w->text;
    const struct series_sample *newest = &series->samples[series->nsamples - 1];
    buf_str(out, family->name);
    for (size_t i = 0; i < series->ntags; i++) {
        buf_char(out, i ? ',' : '{');
        buf_add(out, series->tags[i].key, series->tags[i].key_n);
        buf_str(out, "=\"");
        escaped(out, series->tags[i].value, series->tags[i].value_n);
        buf_char(out, '"');
    }
    buf_str(out, series->ntags ? "} " : " ");
    series_number(out, series, newest->ticks);
    if (w->options->timestamps) {
        buf_char(out, ' ');
        buf_scaled(out, newest->time.ms, 1000);
    }
    buf_char(out, '\n');
}

static bool on_series(void *ctx, const struct series *series)
{
    struct writer *w = ctx;
    if (series->samples[series->nsamples - 1].ticks == SERIES_STALE)
        return true;
    struct family *family = find_family(w, series);
    if (!family || !new_line(w, family))
        return false;
    write_line(w, family, series);
    return buf_ok(&w->text);
}

/* A unit must be the end of the name. */
static bool ends_with(const char *name, const char *unit)
{
    const size_t n = strlen(name), u = strlen(unit);
    return u && n > u && name[n - u - 1] == '_' && strcmp(name + n - u, unit) == 0;
}

static void write_family(const struct writer *w, const struct family *family, struct buf *out)
{
    buf_printf(out, "# TYPE %s gauge\n", family->name);
    if (ends_with(family->name, family->unit))
        buf_printf(out, "# UNIT %s %s\n", family->name, family->unit);
    if (*family->help) {
        buf_printf(out, "# HELP %s ", family->name);
        escaped(out, family->help, strlen(family->help));
        buf_char(out, '\n');
    }
    for (int64_t i = family->first; i != NONE; i = w->lines[i].next) {
        const size_t end = (size_t)i + 1 < w->nlines ? w->lines[i + 1].from : w->text.len;
        buf_add(out, w->text.data + w->lines[i].from, end - w->lines[i].from);
    }
}

static void writer_free(struct writer *w)
{
    for (size_t i = 0; i < w->nfamilies; i++) {
        free(w->families[i].name);
        free(w->families[i].help);
        free(w->families[i].unit);
    }
    free(w->families);
    free(w->lines);
    buf_free(&w->text);
}

bool openmetrics_write(struct series_walk *walk, const struct row_batch *batch,
                       const struct openmetrics_options *options, struct buf *out,
                       size_t *ret_series)
{
    struct writer w = {.options = options};
    buf_init(&w.text, out->cap);
    bool ok = series_walk_rows(walk, batch, 0, batch->nrows, SERIES_BY_ENTITY, on_series, &w);
    for (size_t i = 0; ok && i < w.nfamilies; i++)
        write_family(&w, &w.families[i], out);
    buf_str(out, "# EOF\n");
    ok = ok && buf_ok(out);
    if (ret_series)
        *ret_series = w.nlines;
    writer_free(&w);
    if (!ok) {
        buf_free(out);
        out->failed = true;
    }
    return ok;
}
