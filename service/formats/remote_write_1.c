/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <stdlib.h>
#include <string.h>

#include "formats/remote_write_private.h"

/* ---- labels of 1.0: bytes ---- */

static void add_part(struct remote_write *w, const char *text, size_t from, size_t n)
{
    w->parts[w->nparts++] = (struct part){text, from, (uint32_t)n};
    w->parts_n += n;
}

/* Appends a label to scratch and to the parts. */
static void make_label(struct remote_write *w, const char *key, size_t key_n, const char *value,
                       size_t value_n)
{
    const size_t from = w->scratch.len;
    buf_clear(&w->text);
    value_add(&w->text, value, value_n);
    const size_t n = w->text.len;
    buf_char(&w->scratch, TAG_LABEL);
    varint_add(&w->scratch, 2 + varint_size(key_n) + key_n + varint_size(n) + n);
    field_add(&w->scratch, TAG_KEY, key, key_n);
    field_add(&w->scratch, TAG_VALUE, w->text.data, n);
    w->failed = w->failed || !buf_ok(&w->text) || !buf_ok(&w->scratch);
    add_part(w, NULL, from, w->scratch.len - from);
}

void remote_write_tag_1(struct remote_write *w, const struct series_tag *tag, struct piece *piece,
                        bool known)
{
    if (known && piece->n) {
        add_part(w, piece->text, 0, piece->n);
        return;
    }
    const size_t from = w->scratch.len;
    make_label(w, tag->key, tag->key_n, tag->value, tag->value_n);
    const size_t n = w->scratch.len - from;
    if (!piece || w->failed || n > PIECE)
        return;
    memcpy(piece->text, w->scratch.data + from, n);
    piece->n = (uint32_t)n;
}

void remote_write_name_1(struct remote_write *w, struct name *name)
{
    if (!name->label_n) {
        const size_t n = sizeof remote_write_name - 1, from = w->scratch.len;
        make_label(w, remote_write_name, n, name->text, name->n);
        if (w->failed)
            return;
        name->label_n = (uint32_t)(w->scratch.len - from);
        memcpy(name->label, w->scratch.data + from, name->label_n);
        return;
    }
    add_part(w, name->label, 0, name->label_n);
}

/* ---- metadata of 1.0 ---- */

static bool grow_told(struct remote_write *w)
{
    const size_t room = w->told_room ? 2 * w->told_room : NAMES;
    uint64_t *grown = calloc(room, sizeof *grown);
    if (!grown)
        return false;
    for (size_t i = 0; i < w->told_room; i++) {
        size_t at = w->told[i];
        while (w->told[i] && grown[at & (room - 1)])
            at++;
        if (w->told[i])
            grown[at & (room - 1)] = w->told[i];
    }
    free(w->told);
    w->told = grown;
    w->told_room = room;
    return true;
}

/* True once in a period for each name. Two names of one hash would cost one its metadata. */
static bool to_tell(struct remote_write *w, const struct name *name)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    if (2 * w->ntold >= w->told_room && !grow_told(w))
        return false;
    for (size_t i = 0; i < name->n; i++)
        hash = (hash ^ (unsigned char)name->text[i]) * UINT64_C(0x100000001b3);
    hash |= 1;
    size_t at = (size_t)(hash >> 1);
    while (w->told[at & (w->told_room - 1)] && w->told[at & (w->told_room - 1)] != hash)
        at++;
    if (w->told[at & (w->told_room - 1)])
        return false;
    w->told[at & (w->told_room - 1)] = hash;
    w->ntold++;
    return true;
}

static void tell(struct remote_write *w, struct name *name, const struct series *s)
{
    static const char gauge[] = {TAG_TYPE, GAUGE};
    if (name->told == w->period)
        return;
    name->told = w->period;
    if (!to_tell(w, name))
        return;
    buf_clear(&w->scratch);
    buf_add(&w->scratch, gauge, sizeof gauge);
    field_add(&w->scratch, TAG_FAMILY, name->text, name->n);
    buf_clear(&w->text);
    value_add(&w->text, s->help, strlen(s->help));
    field_add(&w->scratch, TAG_HELP_1, w->text.data, w->text.len);
    buf_clear(&w->text);
    value_add(&w->text, s->unit, strlen(s->unit));
    field_add(&w->scratch, TAG_UNIT_1, w->text.data, w->text.len);
    w->failed = w->failed || !buf_ok(&w->text) || !buf_ok(&w->scratch);
    field_add(&w->metadata, TAG_METADATA_1, w->scratch.data, w->scratch.len);
}

/* ---- series ---- */

bool remote_write_series_1(struct remote_write *w, const struct series *s, struct name *name)
{
    const size_t n = w->parts_n + remote_write_samples_size(s);
    char *at = buf_room(w->out, n + HEADERS + PIECE);
    if (!at || w->failed)
        return false;
    *at++ = TAG_SERIES_1;
    at = varint_put(at, n);
    for (size_t i = 0; i < w->nparts; i++) {
        const struct part *part = &w->parts[i];
        const char *text = part->text ? part->text : w->scratch.data + part->from;
        if (part->text && part->n <= PIECE) /* a copy of constant size is a few moves */
            memcpy(at, text, PIECE);
        else
            memcpy(at, text, part->n);
        at += part->n;
    }
    buf_end(w->out, remote_write_samples(at, s));
    tell(w, name, s);
    return true;
}
