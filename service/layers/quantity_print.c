/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "layers/quantity_print.h"

#include <stdio.h>
#include <string.h>

#include "layers/quantity.h"
#include "layers/quantity_others.h"
#include "layers/verdict.h"

enum { INDENT = 4, WIDTH = 100, OTHER_TEXT = 500, ABOUT = 300 };

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
        buf_printf(out, "%s%s", comma, form_name(info, form));
        comma = ", ";
    }
}

/* vstrata_vm_cpu{layer="unmet",part="ready"} ratio, ratio_worst, ratio_spread */
static void series(struct buf *out, const struct quantity_info *info)
{
    const char *comma = " ";
    const bool alone = info->forms == 1u << FORM_INSTANCE;
    quantity_measurement(out, info, alone ? FORM_INSTANCE : FORM_TOTAL);
    buf_char(out, '{');
    if (info->layer != LAYER_NONE)
        buf_printf(out, "layer=\"%s\",", layer_name(info->layer));
    buf_printf(out, "part=\"%s\"", info->part);
    if (alone)
        buf_printf(out, ",%s=\"...\"", instance_word(quantity_instances(info)));
    buf_char(out, '}');
    if (alone) {
        buf_char(out, ' ');
        quantity_field(out, info, FORM_INSTANCE);
    }
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

/* "others   vSphere cpu.ready.summation: milliseconds ...", each name in a paragraph of its own. */
static void others(struct buf *out, const struct quantity_info *info)
{
    const struct other_name *other;
    const char *reason = other_names_reason(info->id);
    char text[OTHER_TEXT];
    size_t i = 0;
    for (; (other = other_names(info->id, i)); i++) {
        snprintf(text, sizeof text, "%s %s: %s", other_product_name(other->product), other->name,
                 other->differs);
        paragraph(out, i ? "" : "others", text);
    }
    if (!reason)
        return;
    snprintf(text, sizeof text, "%s none: %s", other_product_name(OTHER_VSPHERE), reason);
    paragraph(out, i ? "" : "others", text);
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

static const char *about(enum verdict_rule rule, struct buf *scratch)
{
    buf_clear(scratch);
    verdict_rule_about(scratch, rule);
    return buf_ok(scratch) ? scratch->data : "";
}

static void rule_text(struct buf *out, enum verdict_rule rule, struct buf *scratch)
{
    const struct verdict_rule_info *info = verdict_rule(rule);
    buf_printf(out, "\nrule %s  [%c %s, %s]\n", info->name, layer_letter(info->layer),
               layer_name(info->layer), verdict_resource_title(info->resource));
    paragraph(out, "what", about(rule, scratch));
    paragraph(out, "range", info->range);
    paragraph(out, "source", info->source);
}

void quantity_catalogue_text(struct buf *out)
{
    struct buf scratch;
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
        others(out, info);
    }
    buf_init(&scratch, ABOUT);
    for (enum verdict_rule rule = 0; rule < RULE_COUNT; rule++)
        rule_text(out, rule, &scratch);
    buf_free(&scratch);
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

/* A table cell of what programs write. */
static void code(struct buf *out, const char *text)
{
    buf_str(out, "| `");
    for (; *text; text++) {
        if (*text == '|')
            buf_char(out, '\\');
        buf_char(out, *text);
    }
    buf_str(out, "` ");
}

static void row(struct buf *out, const struct quantity_info *info)
{
    code(out, info->name);
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

static void rows_of_others(struct buf *out, const struct quantity_info *info)
{
    const struct other_name *other;
    for (size_t i = 0; (other = other_names(info->id, i)); i++) {
        code(out, info->name);
        cell(out, other_product_name(other->product));
        code(out, other->name);
        cell(out, other->differs);
        buf_str(out, "|\n");
    }
    if (other_names_reason(info->id)) {
        code(out, info->name);
        cell(out, other_product_name(OTHER_VSPHERE));
        cell(out, "none");
        cell(out, other_names_reason(info->id));
        buf_str(out, "|\n");
    }
}

/* A table: its head, where it has a row, and write of each quantity of the resource. */
static void table(struct buf *out, const char *head, const char *resource,
                  void (*write)(struct buf *, const struct quantity_info *))
{
    bool begun = false;
    for (size_t i = 0; i < quantity_count(); i++) {
        const struct quantity_info *info = quantity_at(i);
        const bool empty =
            write == rows_of_others && !other_names(info->id, 0) && !other_names_reason(info->id);
        if (empty || strcmp(info->resource, resource) != 0)
            continue;
        if (!begun)
            buf_str(out, head);
        begun = true;
        write(out, info);
    }
}

static void rule_rows(struct buf *out)
{
    struct buf scratch;
    buf_init(&scratch, ABOUT);
    for (enum verdict_rule rule = 0; rule < RULE_COUNT; rule++) {
        const struct verdict_rule_info *info = verdict_rule(rule);
        code(out, info->name);
        cell(out, verdict_resource_title(info->resource));
        cell(out, layer_name(info->layer));
        cell(out, about(rule, &scratch));
        cell(out, info->range);
        cell(out, info->source);
        buf_str(out, "|\n");
    }
    buf_free(&scratch);
}

void quantity_catalogue_markdown(struct buf *out)
{
    static const struct {
        const char *resource, *title;
    } sections[] = {
        {"cpu", "CPU"},
        {"mem", "Memory"},
        {"disk", "Disk"},
        {"net", "Network"},
        {"guest", "Guest"},
        {"host", "Host"},
        {"quality", "Data quality"},
        {"all", "Verdict"},
    };
    buf_str(out,
            "<!-- SPDX-License-Identifier: GPL-2.0-or-later WITH "
            "cryptsetup-OpenSSL-exception -->\n# Quantities\n\nWritten by `vstrata quantities "
            "--format markdown` from the program's own catalogue, so the two cannot differ.\n");
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        buf_printf(out, "\n## %s\n", sections[i].title);
        table(out,
              "\n| name | layer | kind | unit | forms | what | formula | source |\n"
              "| --- | --- | --- | --- | --- | --- | --- | --- |\n",
              sections[i].resource, row);
        table(out,
              "\nWhat others call them:\n\n| name | product | its name | how it differs |\n"
              "| --- | --- | --- | --- |\n",
              sections[i].resource, rows_of_others);
    }
    buf_str(out,
            "\n## Rules of the verdict\n\nA score is 0 up to the begin of the range, 1 at its end; "
            "each "
            "range can be changed in the section `verdict` of the configuration.\n\n| rule | "
            "resource | layer | X | range | reason |\n| --- | --- | --- | --- | --- | --- |\n");
    rule_rows(out);
}
