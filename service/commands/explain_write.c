/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The explanation as text: the verdict, then resource by resource and layer by layer every quantity
 * with its formula and the numbers that went in.
 */
#include <stdlib.h>
#include <string.h>

#include "base/caps.h"
#include "commands/explain.h"
#include "layers/formula.h"

/* ---- a quantity ---- */

struct line { /* under work */
    struct buf *out;
    const struct explained *e;
    struct buf text;
};

static void end_paragraph(struct line *line, size_t first, size_t rest)
{
    if (buf_ok(&line->text) && line->text.len)
        explain_wrap(line->out, first, rest, line->text.data);
    buf_clear(&line->text);
}

static bool value_of(const struct explained *e, enum quantity quantity, enum form form,
                     int64_t *ret)
{
    return row_find(e->rows, e->row, quantity, form, 0, ret);
}

/* "with cpu.unmet_sched 3.75 %, cpu.unmet_wait 0.10 %" */
static void write_terms(struct line *line, const struct formula *formula)
{
    const char *comma = "with ";
    for (size_t i = 0; i < formula->nquantities; i++) {
        const struct quantity_info *info = quantity_info(formula->quantities[i]);
        int64_t ticks;
        buf_printf(&line->text, "%s%s ", comma, info->name);
        if (value_of(line->e, info->id, FORM_TOTAL, &ticks))
            explain_value(&line->text, info, ticks);
        else
            buf_str(&line->text, "not known");
        comma = ", ";
    }
    end_paragraph(line, 6, 8);
}

/* "by vdisk: scsi0:0 (Hard disk 1, datastore1) 12/s, ..." */
static void write_instance(struct line *line, const struct quantity_info *info,
                           const struct explain_item *item)
{
    const char *name, *backing;
    size_t n, backing_n;
    const enum instance_kind kind = quantity_instances(info);
    const uint16_t number = (uint16_t)item->order;
    const struct entity *entity = line->e->block->entity;
    instance_write(&line->text, kind, number, entity);
    if (kind != INSTANCE_APP &&
        instance_name(entity, kind, number, &name, &n, &backing, &backing_n)) {
        buf_printf(&line->text, " (%.*s", (int)n, name);
        if (backing_n)
            buf_printf(&line->text, ", %.*s", (int)backing_n, backing);
        buf_char(&line->text, ')');
    }
    buf_char(&line->text, ' ');
    explain_value(&line->text, info, item->value);
}

static void write_instances(struct line *line, const struct quantity_info *info)
{
    const struct layer_row *row = line->e->row;
    struct explain_item *items = calloc(row->count + 1, sizeof *items);
    size_t n = 0;
    if (!items)
        return;
    for (uint32_t i = 0; i < row->count; i++) {
        const struct layer_value *value = &line->e->rows->values[row->first + i];
        if (value->quantity == info->id && value->form == FORM_INSTANCE)
            items[n++] = (struct explain_item){"", value->ticks, value->instance};
    }
    const size_t shown = explain_pick(items, n);
    for (size_t i = 0; i < shown; i++) {
        if (i)
            buf_str(&line->text, ", ");
        else
            buf_printf(&line->text, "by %s: ", instance_word(quantity_instances(info)));
        write_instance(line, info, &items[i]);
    }
    if (n > shown)
        buf_printf(&line->text, ", and %zu more, none larger", n - shown);
    end_paragraph(line, 6, 8);
    free(items);
}

static void write_forms(struct line *line, const struct quantity_info *info)
{
    int64_t ticks;
    for (enum form form = FORM_TOTAL; form < FORM_INSTANCE; form++) {
        if (!value_of(line->e, info->id, form, &ticks))
            continue;
        if (form != FORM_TOTAL)
            buf_printf(&line->text, ", %s ", form_name(info, form));
        explain_value(&line->text, info, ticks);
    }
}

static void write_quantity(struct line *line, const struct quantity_info *info)
{
    struct formula formula;
    formula_read(info, &formula);
    buf_printf(&line->text, "%s  %s:  ", info->name, info->title);
    write_forms(line, info);
    end_paragraph(line, 4, 8);
    buf_printf(&line->text, "= %s", info->formula);
    end_paragraph(line, 6, 8);
    write_terms(line, &formula);
    write_instances(line, info);
    for (size_t i = 0; i < formula.ncounters; i++) {
        explain_counter(&line->text, line->e, formula.counters[i]);
        end_paragraph(line, 8, 10);
    }
}

/* ---- layers and resources ---- */

static bool row_has(const struct explained *e, enum quantity quantity)
{
    for (uint32_t i = 0; i < e->row->count; i++)
        if (e->rows->values[e->row->first + i].quantity == quantity)
            return true;
    return false;
}

static bool belongs(const struct explained *e, const struct quantity_info *info,
                    const char *resource, enum layer layer)
{
    return info->layer == layer && strcmp(info->resource, resource) == 0 &&
           info->kind != KIND_STATUS && info->kind != KIND_VERDICT &&
           quantity_scope(info) == SCOPE_VM && row_has(e, info->id);
}

/* "  D unmet: partial, a part has no value" */
static void write_heading(struct line *line, int resource, enum layer layer)
{
    int64_t code;
    if (layer == LAYER_NONE) {
        buf_str(line->out, "  Totals over layers, check values\n");
        return;
    }
    if (layer == LAYER_IDLE) {
        buf_str(line->out, "  Idle\n");
        return;
    }
    buf_printf(line->out, "  %c %s", layer_letter(layer), layer_name(layer));
    const int place = resource * VERDICT_LAYERS + (int)layer - LAYER_QUEUE;
    if (resource < VERDICT_RESOURCES &&
        value_of(line->e, verdict_status_quantity(place), FORM_TOTAL, &code)) {
        const struct reason_info *reason = reason_info(code);
        if (reason->status != STATUS_OK)
            buf_printf(line->out, ": %s,", status_name(reason->status));
        buf_printf(line->out, "%s %s", reason->status == STATUS_OK ? ":" : "", reason->text);
    }
    buf_char(line->out, '\n');
}

static void write_layer(struct line *line, const char *name, int resource, enum layer layer)
{
    bool heading = layer >= LAYER_QUEUE && layer <= LAYER_UNMET && resource < VERDICT_RESOURCES;
    if (heading)
        write_heading(line, resource, layer);
    for (size_t i = 0; i < quantity_count(); i++) {
        const struct quantity_info *info = quantity_at(i);
        if (!belongs(line->e, info, name, layer))
            continue;
        if (!heading)
            write_heading(line, resource, layer);
        heading = true;
        write_quantity(line, info);
    }
}

static void write_resources(struct buf *out, const struct explained *e)
{
    static const char *const names[] = {"cpu", "mem", "disk", "net", "guest"};
    static const char *const titles[] = {"CPU", "MEMORY", "DISK", "NETWORK", "GUEST"};
    static const enum layer order[] = {LAYER_QUEUE, LAYER_USAGE, LAYER_OVERHEAD,
                                       LAYER_UNMET, LAYER_IDLE,  LAYER_NONE};
    struct line line = {.out = out, .e = e};
    buf_init(&line.text, CAP_QUERY_TEXT);
    for (int r = 0; r < (int)(sizeof names / sizeof *names); r++) {
        buf_printf(out, "\n%s\n", titles[r]);
        for (size_t i = 0; i < sizeof order / sizeof *order; i++)
            write_layer(&line, names[r], r, order[i]);
    }
    buf_free(&line.text);
}

static void write_head(struct buf *out, const struct explained *e)
{
    static const struct {
        const char *before;
        enum entity_label label;
    } words[] = {{"", LABEL_VM},
                 {"  (", LABEL_MOID},
                 {")\nvCenter ", LABEL_VCENTER},
                 {", datacenter ", LABEL_DATACENTER},
                 {", cluster ", LABEL_CLUSTER},
                 {", host ", LABEL_HOST}};
    char iso[ISO_TEXT], first[ISO_TEXT];
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const char *text = e->block->entity->label[words[i].label];
        buf_str(out, words[i].before);
        explain_plain(out, text, strlen(text));
    }
    buf_char(out, '\n');
    buf_printf(out, "the %d seconds to %s, after %zu intervals from %s\n", e->row->interval_s,
               clock_iso(e->row->time, iso), e->t, clock_iso(e->block->times[0], first));
}

/* Whether it hurt as long as the server has samples, so that it may have hurt before. */
static bool from_the_first(const struct explained *e)
{
    int64_t ms;
    const int64_t needed_ms = (e->options->needed - 1) * e->row->interval_s * 1000;
    return value_of(e, Q_ALL_VERDICT_FOR, FORM_TOTAL, &ms) && ms > 0 &&
           ms + needed_ms >= e->row->time.ms - e->block->times[0].ms;
}

static void write_verdict(struct buf *out, const struct explained *e)
{
    struct buf text;
    buf_init(&text, CAP_QUERY_TEXT);
    buf_str(out, "\nVERDICT\n");
    verdict_words(&text, e->rows, e->row, e->options);
    for (char *line = buf_ok(&text) ? text.data : NULL; line && *line;) {
        char *end = line + strcspn(line, "\n");
        const bool last = !*end;
        *end = '\0';
        explain_wrap(out, 2, 4, line);
        line = end + !last;
    }
    buf_free(&text);
    if (from_the_first(e))
        explain_wrap(out, 2, 4, "It may be longer: of the time before the server has no samples.");
    if (e->block->guest.nreports)
        explain_wrap(out, 2, 4,
                     "Of what the guest says of itself, its newest report alone is known here; the "
                     "stores have the earlier ones.");
}

void explain_write(struct buf *out, const struct explained *e)
{
    write_head(out, e);
    write_verdict(out, e);
    explain_rules(out, e);
    explain_identities(out, e);
    write_resources(out, e);
}
