/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "commands/table.h"

#include <stdlib.h>
#include <string.h>

#include "layers/reason.h"

struct line {
    const struct layer_row *row;
    double cpus, unmet; /* unmet < 0: no layers in this row */
};

struct column {
    const char *title;
    enum quantity quantity;
    enum form form;
    bool of_vm; /* percent of the VM's capacity; otherwise of one vCPU */
};

static const struct column columns[] = {
    {"B usage", Q_CPU_GUEST_RUN, FORM_TOTAL, true}, {"C over", Q_CPU_OVERHEAD, FORM_TOTAL, true},
    {"D unmet", Q_CPU_UNMET, FORM_TOTAL, true},     {"ready", Q_CPU_READY, FORM_TOTAL, true},
    {"limit", Q_CPU_LIMIT, FORM_TOTAL, true},       {"costop", Q_CPU_COSTOP, FORM_TOTAL, true},
    {"overlap", Q_CPU_OVERLAP, FORM_TOTAL, true},   {"swapwt", Q_CPU_SWAPWAIT, FORM_TOTAL, true},
    {"other", Q_CPU_OTHERWAIT, FORM_TOTAL, true},   {"worst", Q_CPU_UNMET, FORM_WORST, false},
};
enum { COLUMNS = sizeof columns / sizeof *columns };

static bool value(const struct row_batch *rows, const struct layer_row *row, enum quantity quantity,
                  enum form form, double *ret)
{
    int64_t ticks;
    if (!row_find(rows, row, quantity, form, 0, &ticks))
        return false;
    *ret = quantity_value(quantity_info(quantity), ticks);
    return true;
}

static int worst_first(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    if (x->unmet != y->unmet)
        return x->unmet > y->unmet ? -1 : 1;
    return strcmp(x->row->entity->label[LABEL_VM], y->row->entity->label[LABEL_VM]);
}

/* Cuts a UTF-8 name to `width` characters, and pads it. */
static void write_name(struct buf *out, const char *name, int width)
{
    int used = 0;
    const char *end = name;
    while (*end && used < width) {
        used++;
        end++;
        while (((unsigned char)*end & 0xc0) == 0x80)
            end++;
    }
    for (const char *c = name; c < end; c++)
        buf_char(out, (unsigned char)*c < ' ' ? '?' : *c);
    buf_printf(out, "%*s ", width - used, "");
}

static const char *reason_of(const struct row_batch *rows, const struct layer_row *row,
                             enum quantity status)
{
    int64_t code;
    if (!row_find(rows, row, status, FORM_TOTAL, 0, &code))
        return "no status";
    return reason_info(code)->text;
}

static void write_line(struct buf *out, const struct row_batch *rows, const struct line *line)
{
    write_name(out, line->row->entity->label[LABEL_VM], 18);
    write_name(out, line->row->entity->label[LABEL_HOST], 12);
    if (line->unmet < 0) {
        buf_printf(out, "  no layers: %s\n", reason_of(rows, line->row, Q_CPU_STATUS_UNMET));
        return;
    }
    if (line->cpus > 0)
        buf_printf(out, "%4.0f", line->cpus);
    else
        buf_str(out, "   ?");
    int64_t queue;
    bool known = row_find(rows, line->row, Q_CPU_STATUS_QUEUE, FORM_TOTAL, 0, &queue) &&
                 reason_info(queue)->status == STATUS_OK;
    buf_str(out, known ? "   ok" : "  n/a");
    for (int i = 0; i < COLUMNS; i++) {
        double v, whole = columns[i].of_vm && line->cpus > 0 ? line->cpus : 1;
        if (value(rows, line->row, columns[i].quantity, columns[i].form, &v))
            buf_printf(out, " %7.2f", 100 * v / whole);
        else
            buf_printf(out, " %7s", "-");
    }
    buf_char(out, '\n');
}

static void write_head(struct buf *out)
{
    buf_printf(out, "%-18s %-12s %4s %4s", "VM", "host", "vCPU", "A");
    for (int i = 0; i < COLUMNS; i++)
        buf_printf(out, " %7s", columns[i].title);
    buf_char(out, '\n');
}

int table_write(struct buf *out, const struct row_batch *rows, size_t most)
{
    struct line *lines = calloc(rows->nrows + 1, sizeof *lines);
    if (!lines)
        return -1;
    for (size_t i = 0; i < rows->nrows; i++) {
        lines[i] = (struct line){.row = &rows->rows[i], .unmet = -1};
        value(rows, lines[i].row, Q_CPU_COUNT, FORM_TOTAL, &lines[i].cpus);
        if (value(rows, lines[i].row, Q_CPU_UNMET, FORM_TOTAL, &lines[i].unmet) &&
            lines[i].cpus > 0)
            lines[i].unmet /= lines[i].cpus;
    }
    qsort(lines, rows->nrows, sizeof *lines, worst_first);
    write_head(out);
    for (size_t i = 0; i < rows->nrows && i < most; i++)
        write_line(out, rows, &lines[i]);
    if (rows->nrows > most)
        buf_printf(out, "... and %zu VMs with less unmet demand\n", rows->nrows - most);
    buf_str(out, "percent of the VM's vCPUs; worst = unmet of the worst vCPU; A = work queued "
                 "inside the guest\n");
    free(lines);
    return 0;
}
