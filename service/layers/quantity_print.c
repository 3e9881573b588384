/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "layers/quantity_print.h"

#include <string.h>

#include "layers/quantity.h"

enum { INDENT = 4, WIDTH = 100 };

static void spaces(struct buf *out, size_t n)
{
    while (n--)
        buf_char(out, ' ');
}

/* "formula  text text": wraps between words, later lines under the first. */
static void paragraph(struct buf *out, const char *label, const char *text)
{
    const size_t left = INDENT + 9;
    size_t column = left;
    spaces(out, INDENT);
    buf_printf(out, "%-9s", label);
    for (const char *word = text; *word;) {
        size_t n = strcspn(word, " ");
        if (column > left && column + 1 + n > WIDTH) {
            buf_char(out, '\n');
            spaces(out, left);
            column = left;
        } else if (column > left) {
            buf_char(out, ' ');
            column++;
        }
        buf_add(out, word, n);
        column += n;
        word += n + strspn(word + n, " ");
    }
    buf_char(out, '\n');
}

/* "total, worst, spread, vcpu" */
static void forms(struct buf *out, const struct quantity_info *info)
{
    const char *comma = "";
    for (enum form form = FORM_TOTAL; form < FORM_COUNT; form++) {
        if (!(info->forms & 1u << form))
            continue;
        buf_printf(out, "%s%s", comma, form_name(form));
        comma = ", ";
    }
}

/* vstrata_vm_cpu{layer="unmet",part="ready"} ratio, ratio_worst, ratio_spread */
static void series(struct buf *out, const struct quantity_info *info)
{
    const char *comma = " ";
    quantity_measurement(out, info, FORM_TOTAL);
    buf_char(out, '{');
    if (info->layer != LAYER_NONE)
        buf_printf(out, "layer=\"%s\",", layer_name(info->layer));
    buf_printf(out, "part=\"%s\"}", info->part);
    for (enum form form = FORM_TOTAL; form < FORM_INSTANCE; form++) {
        if (!(info->forms & 1u << form))
            continue;
        buf_str(out, comma);
        quantity_field(out, info, form);
        comma = ", ";
    }
}

/* Appends "label  <text that write makes of info>". */
static void made(struct buf *out, const char *label, const struct quantity_info *info,
                 void (*write)(struct buf *, const struct quantity_info *))
{
    spaces(out, INDENT);
    buf_printf(out, "%-9s", label);
    write(out, info);
    buf_char(out, '\n');
}

static void heading(struct buf *out, const struct quantity_info *info)
{
    buf_printf(out, "%s  %s", info->name, info->title);
    if (layer_letter(info->layer) != '-')
        buf_printf(out, "  [%c %s, %s]\n", layer_letter(info->layer), layer_name(info->layer),
                   kind_name(info->kind));
    else if (info->layer != LAYER_NONE)
        buf_printf(out, "  [%s, %s]\n", layer_name(info->layer), kind_name(info->kind));
    else
        buf_printf(out, "  [%s]\n", kind_name(info->kind));
}

void quantity_catalogue_text(struct buf *out)
{
    for (size_t i = 0; i < quantity_count(); i++) {
        const struct quantity_info *info = quantity_at(i);
        if (i)
            buf_char(out, '\n');
        heading(out, info);
        paragraph(out, "what", info->help);
        paragraph(out, "formula", info->formula);
        paragraph(out, "source", info->source);
        paragraph(out, "unit", unit_name(info->unit));
        made(out, "forms", info, forms);
        made(out, "series", info, series);
    }
}

/* A table cell; a bar inside would end it. */
static void cell(struct buf *out, const char *text)
{
    buf_str(out, "| ");
    for (; *text; text++) {
        if (*text == '|')
            buf_char(out, '\\');
        buf_char(out, *text);
    }
    buf_char(out, ' ');
}

void quantity_catalogue_markdown(struct buf *out)
{
    buf_str(out, "| name | layer | kind | unit | forms | what | formula | source |\n"
                 "| --- | --- | --- | --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; i < quantity_count(); i++) {
        const struct quantity_info *info = quantity_at(i);
        buf_printf(out, "| `%s` ", info->name);
        cell(out, layer_name(info->layer));
        cell(out, kind_name(info->kind));
        cell(out, unit_name(info->unit));
        buf_str(out, "| ");
        forms(out, info);
        buf_char(out, ' ');
        cell(out, info->help);
        cell(out, info->formula);
        cell(out, info->source);
        buf_str(out, "|\n");
    }
}
