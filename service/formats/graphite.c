/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "formats/graphite.h"

#include <string.h>

#include "base/caps.h"

/* A node is a folder or a file of whisper, and those have at most 255 bytes. */
enum { NODE = 200, PATH = 16 * CAP_NAME };

struct writer {
    struct buf *out;
    const char *prefix;
    const struct entity *entity; /* whose nodes head has */
    struct buf head, path;
};

static bool is_clean(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == ':' || c == '+' || c == '@' || c == '#';
}

/* What carbon, whisper and the language of targets all take; anything else is a '_' for each
 * character (of UTF-8 only the first byte counts). */
static void clean(struct buf *path, const char *text, size_t n, bool dots)
{
    for (size_t i = 0; i < n; i++) {
        const unsigned char c = (unsigned char)text[i];
        if (is_clean(c) || (c == '.' && dots))
            buf_char(path, text[i]);
        else if ((c & 0xc0) != 0x80)
            buf_char(path, '_');
    }
}

static void node(struct buf *path, const char *text, size_t n)
{
    if (path->len)
        buf_char(path, '.');
    const size_t before = path->len;
    clean(path, text, n < NODE ? n : NODE, false);
    if (path->len == before)
        buf_char(path, '_');
}

static void node_of(struct buf *path, const struct entity *entity, enum entity_label label)
{
    node(path, entity->label[label], strlen(entity->label[label]));
}

static void word(struct buf *path, const char *text)
{
    node(path, text, strlen(text));
}

static void make_head(struct writer *w, const struct entity *entity)
{
    const enum entity_kind kind = entity_kind(entity);
    struct buf *head = &w->head;
    size_t n = strlen(w->prefix);
    while (n && w->prefix[n - 1] == '.')
        n--;
    w->entity = entity;
    buf_clear(head);
    clean(head, w->prefix, n, true);
    node_of(head, entity, LABEL_VCENTER);
    if (kind == ENTITY_VCENTER) {
        word(head, "vcenter");
        return;
    }
    node_of(head, entity, LABEL_DATACENTER);
    node_of(head, entity, LABEL_CLUSTER);
    word(head, kind == ENTITY_VM ? "vm" : "host");
    node_of(head, entity, kind == ENTITY_VM ? LABEL_VM : LABEL_HOST);
    if (kind == ENTITY_VM)
        node_of(head, entity, LABEL_MOID);
}

/* "vstrata_vm_cpu_total": "cpu_total" */
static void group(struct buf *path, const char *measurement)
{
    static const char *const known[] = {"vstrata_", "vm_", "host_", "vcenter_"};
    const size_t n = strlen(known[0]);
    if (strncmp(measurement, known[0], n) == 0) {
        measurement += n;
        for (size_t i = 1; i < sizeof known / sizeof *known; i++)
            if (strncmp(measurement, known[i], strlen(known[i])) == 0) {
                measurement += strlen(known[i]);
                break;
            }
    }
    word(path, measurement);
}

static void tag(struct buf *path, const struct series_tag *of)
{
    node(path, of ? of->value : "", of ? of->value_n : 0);
}

static void make_path(struct writer *w, const struct series *series)
{
    struct buf *path = &w->path;
    buf_clear(path);
    if (!series->ntags) {
        clean(path, series->measurement, strlen(series->measurement), true);
    } else {
        const struct series_tag *part = series_tag(series, "part");
        const struct series_tag *instance = series_instance(series, NULL);
        if (series->entity != w->entity)
            make_head(w, series->entity);
        buf_add(path, w->head.data, w->head.len);
        group(path, series->measurement);
        if (part) {
            tag(path, series_tag(series, "layer"));
            tag(path, part);
        }
        if (instance || !part)
            tag(path, instance);
    }
    if (*series->field)
        word(path, series->field);
}

static bool write_series(void *ctx, const struct series *series)
{
    struct writer *w = ctx;
    make_path(w, series);
    if (!buf_ok(&w->head) || !buf_ok(&w->path))
        return false;
    for (size_t i = 0; i < series->nsamples; i++) {
        const struct series_sample *sample = &series->samples[i];
        if (sample->ticks == SERIES_STALE)
            continue;
        buf_add(w->out, w->path.data, w->path.len);
        buf_char(w->out, ' ');
        series_number(w->out, series, sample->ticks);
        buf_char(w->out, ' ');
        buf_int(w->out, sample->time.ms / 1000);
        buf_char(w->out, '\n');
    }
    return buf_ok(w->out);
}

bool graphite_write(struct series_walk *walk, const struct row_batch *batch, size_t first,
                    size_t last, const char *prefix, struct buf *out)
{
    struct writer w = {.out = out, .prefix = prefix};
    buf_init(&w.head, PATH);
    buf_init(&w.path, PATH);
    const bool done =
        series_walk_rows(walk, batch, first, last, SERIES_BY_ENTITY, write_series, &w);
    if (!done && buf_ok(out)) { /* some of it would look like all of it */
        buf_free(out);
        out->failed = true;
    }
    buf_free(&w.head);
    buf_free(&w.path);
    return done;
}
