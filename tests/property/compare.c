/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "compare.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

void compare_tell(struct compare *c, const char *format, ...)
{
    char iso[ISO_TEXT];
    va_list args;
    if (c->differences++ >= c->told)
        return;
    printf("DIFFERENCE  %s %s: ", c->about, clock_iso(c->row->time, iso));
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
}

/* ---- from names to numbers ---- */

enum { SLOTS = 1024 };

static unsigned hash(const char *name)
{
    unsigned h = 2166136261u;
    for (; *name; name++)
        h = (h ^ (unsigned char)*name) * 16777619u;
    return h % SLOTS;
}

/* quantity_find() walks the catalogue, which is too slow for some fifty million values. */
static const struct quantity_info *find_quantity(const char *name)
{
    static const struct quantity_info *slots[SLOTS];
    static bool filled;
    for (size_t i = 0; i < quantity_count() && !filled; i++) {
        unsigned at = hash(quantity_at(i)->name);
        while (slots[at])
            at = (at + 1) % SLOTS;
        slots[at] = quantity_at(i);
    }
    filled = true;
    for (unsigned at = hash(name); slots[at]; at = (at + 1) % SLOTS)
        if (strcmp(slots[at]->name, name) == 0)
            return slots[at];
    return NULL;
}

static bool find_form(const struct quantity_info *info, const char *name, enum form *ret)
{
    for (enum form form = 0; form < FORM_COUNT; form++)
        if (info->forms & 1u << form && strcmp(form_name(info, form), name) == 0) {
            *ret = form;
            return true;
        }
    return false;
}

/* The number by which the row must keep an instance: written out again, it has to be the name that
 * the server gave. */
static bool find_number(const struct compare *c, const struct quantity_info *info, const char *name,
                        uint16_t *ret)
{
    const enum instance_kind kind = quantity_instances(info);
    if (kind != INSTANCE_APP)
        return instance_read(kind, name, ret);
    struct buf text;
    bool found = false;
    buf_init(&text, 256);
    for (uint32_t i = 0; i < c->n[info->id] && !found; i++) {
        *ret = c->batch->values[c->row->first + c->first[info->id] + i].instance;
        buf_clear(&text);
        instance_write(&text, kind, *ret, c->row->entity);
        found = strcmp(text.data, name) == 0;
    }
    buf_free(&text);
    return found;
}

/* ---- one row ---- */

void compare_begin(struct compare *c)
{
    memset(c->n, 0, sizeof c->n);
    memset(c->seen, 0, sizeof c->seen);
    c->rows++;
    if (c->row->count > COMPARE_VALUES)
        compare_tell(c, "%" PRIu32 " values in a row", c->row->count);
    for (uint32_t i = 0; i < c->row->count && i < COMPARE_VALUES; i++) {
        const enum quantity q = c->batch->values[c->row->first + i].quantity;
        if (!c->n[q])
            c->first[q] = i;
        else if (c->first[q] + c->n[q] != i)
            compare_tell(c, "values of %s do not stand together", quantity_info(q)->name);
        c->n[q]++;
    }
}

static const struct layer_value *find_value(struct compare *c, enum quantity q, enum form form,
                                            uint16_t instance)
{
    for (uint32_t i = 0; i < c->n[q]; i++) {
        const uint32_t at = c->first[q] + i;
        const struct layer_value *value = &c->batch->values[c->row->first + at];
        if (value->form != form || value->instance != instance || c->seen[at])
            continue;
        c->seen[at] = true;
        return value;
    }
    return NULL;
}

static void check(struct compare *c, const struct quantity_info *info, const char *form,
                  const char *instance, int64_t got, double value)
{
    const double scale = (double)info->scale;
    const double want = unit_is_large(info->unit) ? value / scale : value * scale;
    const double off = fabs((double)got - want);
    struct figures *figures = &c->of[info->id];
    figures->compared[c->has_holes]++;
    c->values++;
    if (off > figures->largest[c->has_holes])
        figures->largest[c->has_holes] = off;
    const double tolerance = tolerance_ticks(info->id, &c->scale, c->has_holes);
    if (!(off <= tolerance))
        compare_tell(c, "%s %s%s%s is %" PRId64 " ticks, %.6g is true (%s %.3g may be off)",
                     info->name, form, instance ? " " : "", instance ? instance : "", got, want,
                     unit_name(info->unit), tolerance);
}

void compare_value(void *ctx, const char *quantity, const char *form_word, const char *instance,
                   double value)
{
    struct compare *c = ctx;
    const struct quantity_info *info = find_quantity(quantity);
    enum form form = FORM_TOTAL;
    uint16_t number = 0;
    if (!info || !find_form(info, form_word, &form)) {
        compare_tell(c, "the catalogue has no %s %s", quantity, form_word);
        return;
    }
    const bool known = !instance || find_number(c, info, instance, &number);
    const struct layer_value *got = known ? find_value(c, info->id, form, number) : NULL;
    if (got && !instance && c->unsure[info->id])
        c->unsure_values++;
    else if (got)
        check(c, info, form_word, instance, got->ticks, value);
    else if (!c->lacks[info->id] && !c->unsure[info->id])
        compare_tell(c, "%s %s%s%s is missing, %.6g is true", quantity, form_word,
                     instance ? " " : "", instance ? instance : "", value);
}

void compare_end(struct compare *c)
{
    for (uint32_t i = 0; i < c->row->count && i < COMPARE_VALUES; i++) {
        const struct layer_value *value = &c->batch->values[c->row->first + i];
        const struct quantity_info *info = quantity_info(value->quantity);
        if (!c->seen[i] && info->kind != KIND_VERDICT)
            compare_tell(c, "%s %s %u is %" PRId64 " ticks, but nothing is true of it", info->name,
                         form_name(info, value->form), value->instance, value->ticks);
    }
}

static double dusted(double ticks)
{
    return ticks < 1e-3 ? 0 : ticks;
}

void compare_print(const struct compare *c)
{
    printf("%-25s %12s %12s %12s %12s  %s\n", "quantity", "values", "off by ticks", "with holes",
           "off by ticks", "why (why, with holes)");
    for (size_t i = 0; i < quantity_count(); i++) {
        const struct quantity_info *info = quantity_at(i);
        const struct figures *f = &c->of[info->id];
        const char *why = tolerance_reason(info->id, false);
        const char *holes = tolerance_reason(info->id, true);
        if (f->compared[0] + f->compared[1] == 0)
            continue;
        printf("%-25s %12" PRIu64 " %12.4g %12" PRIu64 " %12.4g  %s", info->name, f->compared[0],
               dusted(f->largest[0]), f->compared[1], dusted(f->largest[1]), why);
        printf(strcmp(why, holes) != 0 ? " (%s)\n" : "\n", holes);
    }
}
