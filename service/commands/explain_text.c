/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Small texts of an explanation: wrapped lines, values, and counters as the server sent them.
 */
#include <stdlib.h>
#include <string.h>

#include "commands/explain.h"

/* ---- small texts ---- */

static void spaces(struct buf *out, size_t n)
{
    buf_printf(out, "%*s", (int)n, "");
}

void explain_plain(struct buf *out, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_char(out, (unsigned char)text[i] < ' ' || text[i] == 0x7f ? '?' : text[i]);
}

void explain_wrap(struct buf *out, size_t first, size_t rest, const char *text)
{
    size_t column = first;
    bool begun = false;
    spaces(out, first);
    for (size_t n; *text; text += n + strspn(text + n, " ")) {
        n = strcspn(text, " ");
        if (begun && column + 1 + n > EXPLAIN_WIDTH) {
            buf_char(out, '\n');
            spaces(out, rest);
            column = rest;
            begun = false;
        }
        if (begun)
            buf_char(out, ' ');
        explain_plain(out, text, n);
        column += n + begun;
        begun = true;
    }
    buf_char(out, '\n');
}

void explain_value(struct buf *out, const struct quantity_info *info, int64_t ticks)
{
    const double value = quantity_value(info, ticks);
    switch (info->unit) {
    case UNIT_RATIO:
        buf_printf(out, "%.2f %%", 100 * value);
        return;
    case UNIT_HERTZ:
        buf_printf(out, "%.0f MHz", value / 1e6);
        return;
    case UNIT_BYTES:
        verdict_value_write(out, MEASURE_BYTES, value);
        return;
    case UNIT_BYTES_PER_SECOND:
        verdict_value_write(out, MEASURE_BYTES_PER_SECOND, value);
        return;
    case UNIT_SECONDS:
        verdict_value_write(out, MEASURE_SECONDS, value);
        return;
    case UNIT_OPERATIONS_PER_SECOND:
    case UNIT_PACKETS_PER_SECOND:
        quantity_write(out, info, ticks);
        buf_str(out, "/s");
        return;
    case UNIT_COUNT:
    case UNIT_CODE:
    case UNIT_OPERATIONS:
        break;
    }
    quantity_write(out, info, ticks);
}

/* ---- what the server sent ---- */

int64_t explain_raw(const struct explained *e, enum counter counter, const char *instance)
{
    for (size_t i = 0; i < e->block->nseries; i++)
        if (e->block->series[i].counter == counter &&
            strcmp(e->block->series[i].instance, instance) == 0)
            return e->block->series[i].values[e->t];
    return SAMPLE_MISSING;
}

static const char *short_unit(const char *unit)
{
    static const struct {
        const char *unit, *text;
    } units[] = {{"millisecond", " in ms"}, {"microsecond", " in us"},
                 {"kiloBytes", " in KB"},   {"kiloBytesPerSecond", " in KB/s"},
                 {"megaHertz", " in MHz"},  {"percent", " in 1/100 %"}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(units[i].unit, unit) == 0)
            return units[i].text;
    return "";
}

/* As people count: scsi0:2 before scsi0:10. */
static int by_order(const void *a, const void *b)
{
    const struct explain_item *x = a, *y = b;
    const int names = strverscmp(x->name, y->name);
    return names ? names : (x->order > y->order) - (x->order < y->order);
}

static int largest_first(const void *a, const void *b)
{
    const struct explain_item *x = a, *y = b;
    return x->value != y->value ? (x->value < y->value) - (x->value > y->value) : by_order(a, b);
}

size_t explain_pick(struct explain_item *items, size_t n)
{
    if (n)
        qsort(items, n, sizeof *items, n > EXPLAIN_INSTANCES ? largest_first : by_order);
    return n > EXPLAIN_INSTANCES ? EXPLAIN_INSTANCES : n;
}

static void raw_number(struct buf *out, int64_t value)
{
    if (value < 0)
        buf_str(out, "missing");
    else
        buf_int(out, value);
}

void explain_counter(struct buf *out, const struct explained *e, enum counter counter)
{
    const struct counter_info *info = counter_info(counter);
    struct explain_item *items = calloc(e->block->nseries + 1, sizeof *items);
    const char *comma = ": ";
    size_t n = 0;
    buf_printf(out, "%s%s", info->name, short_unit(info->unit));
    for (size_t i = 0; items && i < e->block->nseries; i++) {
        const struct sample_series *series = &e->block->series[i];
        if (series->counter != counter)
            continue;
        if (*series->instance) {
            items[n] = (struct explain_item){series->instance, series->values[e->t], n};
            n++;
            continue;
        }
        buf_str(out, ": VM ");
        raw_number(out, series->values[e->t]);
        comma = "; ";
    }
    const size_t shown = explain_pick(items, n);
    for (size_t i = 0; i < shown; i++) {
        buf_printf(out, "%s[%s] ", comma, items[i].name);
        raw_number(out, items[i].value);
        comma = ", ";
    }
    if (n > shown)
        buf_printf(out, ", and %zu more, none larger", n - shown);
    if (*comma == ':')
        buf_str(out, ": the server sent none");
    free(items);
}
