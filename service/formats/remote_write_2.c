/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <string.h>

#include "formats/remote_write_private.h"

/* ---- labels of 2.0: numbers ---- */

static void add_refs(struct remote_write *w, uint32_t key, uint32_t value)
{
    w->refs[w->nrefs++] = key;
    w->refs[w->nrefs++] = value;
    w->refs_n += varint_size(key) + varint_size(value);
}

void remote_write_tag_2(struct remote_write *w, const struct series_tag *tag, struct piece *piece,
                        bool known)
{
    if (known && piece->message == w->message) {
        add_refs(w, piece->key_ref, piece->value_ref);
        return;
    }
    buf_clear(&w->text);
    value_add(&w->text, tag->value, tag->value_n);
    w->failed = w->failed || !buf_ok(&w->text);
    const uint32_t key = symbols_number(&w->symbols, tag->key, tag->key_n);
    const uint32_t value = symbols_number(&w->symbols, w->text.data, w->text.len);
    add_refs(w, key, value);
    if (!piece)
        return;
    piece->message = w->message;
    piece->key_ref = key;
    piece->value_ref = value;
}

static uint32_t symbol_of(struct remote_write *w, const char *text)
{
    buf_clear(&w->text);
    value_add(&w->text, text, strlen(text));
    w->failed = w->failed || !buf_ok(&w->text);
    return symbols_number(&w->symbols, w->text.data, w->text.len);
}

void remote_write_name_2(struct remote_write *w, struct name *name, const struct series *s)
{
    if (name->message != w->message) {
        name->message = w->message;
        name->key_ref =
            symbols_number(&w->symbols, remote_write_name, sizeof remote_write_name - 1);
        name->ref = symbols_number(&w->symbols, name->text, name->n);
        name->help_ref = symbol_of(w, s->help);
        name->unit_ref = symbol_of(w, s->unit);
    }
    add_refs(w, name->key_ref, name->ref);
}

/* ---- series ---- */

bool remote_write_series_2(struct remote_write *w, const struct series *s, const struct name *name)
{
    const size_t help_n = name->help_ref ? 1 + varint_size(name->help_ref) : 0;
    const size_t unit_n = name->unit_ref ? 1 + varint_size(name->unit_ref) : 0;
    const size_t metadata_n = 2 + help_n + unit_n;
    const size_t n =
        1 + varint_size(w->refs_n) + w->refs_n + remote_write_samples_size(s) + 2 + metadata_n;
    char *at = buf_room(&w->series, n + HEADERS);
    if (!at || w->failed)
        return false;
    *at++ = TAG_SERIES_2;
    at = varint_put(at, n);
    *at++ = TAG_LABEL;
    at = varint_put(at, w->refs_n);
    for (size_t i = 0; i < w->nrefs; i++)
        at = varint_put(at, w->refs[i]);
    at = remote_write_samples(at, s);
    *at++ = TAG_METADATA_2;
    *at++ = (char)metadata_n;
    *at++ = TAG_TYPE;
    *at++ = GAUGE;
    if (help_n) {
        *at++ = TAG_HELP_2;
        at = varint_put(at, name->help_ref);
    }
    if (unit_n) {
        *at++ = TAG_UNIT_2;
        at = varint_put(at, name->unit_ref);
    }
    buf_end(&w->series, at);
    return true;
}
