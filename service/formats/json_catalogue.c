/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "formats/json_catalogue.h"

#include "formats/json.h"
#include "layers/quantity.h"
#include "layers/quantity_others.h"

static void text(struct buf *out, const char *name, const char *value)
{
    buf_printf(out, "\"%s\":", name);
    json_string(out, value);
    buf_char(out, ',');
}

static void forms(struct buf *out, const struct quantity_info *info)
{
    const char *comma = "";
    buf_str(out, "\"forms\":[");
    for (enum form form = 0; form < FORM_COUNT; form++) {
        if (!(info->forms & 1u << form))
            continue;
        buf_printf(out, "%s\"%s\"", comma, form_name(info, form));
        comma = ",";
    }
    buf_str(out, "],");
}

/* What others call it; where vSphere has nothing, why. */
static void others(struct buf *out, enum quantity quantity)
{
    const struct other_name *other;
    buf_str(out, "\"others\":[");
    for (size_t i = 0; (other = other_names(quantity, i)); i++) {
        buf_str(out, i ? ",{" : "{");
        text(out, "product", other_product_name(other->product));
        text(out, "name", other->name);
        buf_str(out, "\"differs\":");
        json_string(out, other->differs);
        buf_char(out, '}');
    }
    buf_char(out, ']');
    if (other_names_reason(quantity)) {
        buf_str(out, ",\"no_counter\":");
        json_string(out, other_names_reason(quantity));
    }
}

static void quantity(struct buf *out, const struct quantity_info *info)
{
    static const char *const scopes[] = {
        [SCOPE_VM] = "vm", [SCOPE_HOST] = "host", [SCOPE_VCENTER] = "vcenter"};
    const char letter[] = {layer_letter(info->layer), '\0'};
    buf_char(out, '{');
    text(out, "name", info->name);
    text(out, "scope", scopes[quantity_scope(info)]);
    text(out, "resource", info->resource);
    text(out, "part", info->part);
    text(out, "title", info->title);
    text(out, "layer", layer_name(info->layer));
    text(out, "letter", letter);
    text(out, "kind", kind_name(info->kind));
    text(out, "unit", unit_name(info->unit));
    buf_printf(out, "\"scale\":%lld,", (long long)info->scale);
    forms(out, info);
    text(out, "help", info->help);
    text(out, "formula", info->formula);
    text(out, "source", info->source);
    others(out, info->id);
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
