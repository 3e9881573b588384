/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "formats/json_catalogue.h"

#include "formats/json.h"
#include "layers/quantity.h"

static void text(struct buf *out, const char *name, const char *value)
{
    buf_printf(out, "\"%s\":", name);
    json_string(out, value);
    buf_char(out, ',');
}

static void forms(struct buf *out, unsigned bits)
{
    const char *comma = "";
    buf_str(out, "\"forms\":[");
    for (enum form form = 0; form < FORM_COUNT; form++) {
        if (!(bits & 1u << form))
            continue;
        buf_printf(out, "%s\"%s\"", comma, form_name(form));
        comma = ",";
    }
    buf_str(out, "],");
}

static void quantity(struct buf *out, const struct quantity_info *info)
{
    const char letter[] = {layer_letter(info->layer), '\0'};
    buf_char(out, '{');
    text(out, "name", info->name);
    text(out, "resource", info->resource);
    text(out, "part", info->part);
    text(out, "title", info->title);
    text(out, "layer", layer_name(info->layer));
    text(out, "letter", letter);
    text(out, "kind", kind_name(info->kind));
    text(out, "unit", unit_name(info->unit));
    buf_printf(out, "\"scale\":%lld,", (long long)info->scale);
    forms(out, info->forms);
    text(out, "help", info->help);
    text(out, "formula", info->formula);
    buf_str(out, "\"source\":");
    json_string(out, info->source);
    buf_char(out, '}');
}

void json_catalogue(struct buf *out)
{
    buf_char(out, '[');
    for (size_t i = 0; i < quantity_count(); i++) {
        if (i)
            buf_str(out, ",\n");
        quantity(out, quantity_at(i));
    }
    buf_char(out, ']');
}
