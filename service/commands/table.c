/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "commands/table.h"

#include <stdlib.h>
#include <string.h>

#include "layers/reason.h"

struct line {
    const struct layer_row *row;
    double cpus, unmet; /* unmet < 0: no CPU layers in this row */
    double bytes;       /* configured memory; 0 = not known */
};

enum whole { OF_VCPUS, OF_ONE_VCPU, OF_MEMORY, OF_TIME }; /* percent of what */

struct column {
    const char *title;
    enum quantity quantity;
    enum form form;
    enum whole whole;
};

static const struct column cpu_columns[] = {
    {"B usage", Q_CPU_GUEST_RUN, FORM_TOTAL, OF_VCPUS},
    {"C over", Q_CPU_OVERHEAD, FORM_TOTAL, OF_VCPUS},
    {"D unmet", Q_CPU_UNMET, FORM_TOTAL, OF_VCPUS},
    {"ready", Q_CPU_READY, FORM_TOTAL, OF_VCPUS},
    {"limit", Q_CPU_LIMIT, FORM_TOTAL, OF_VCPUS},
    {"costop", Q_CPU_COSTOP, FORM_TOTAL, OF_VCPUS},
    {"overlap", Q_CPU_OVERLAP, FORM_TOTAL, OF_VCPUS},
    {"swapwt", Q_CPU_SWAPWAIT, FORM_TOTAL, OF_VCPUS},
    {"other", Q_CPU_OTHERWAIT, FORM_TOTAL, OF_VCPUS},
    {"worst", Q_CPU_UNMET, FORM_WORST, OF_ONE_VCPU},
};

static const struct column memory_columns[] = {
    {"B mem", Q_MEM_GRANTED, FORM_TOTAL, OF_MEMORY},
    {"D mem", Q_MEM_UNMET_SPACE, FORM_TOTAL, OF_MEMORY},
    {"D wait", Q_MEM_CONTENTION, FORM_TOTAL, OF_TIME},
};

enum {
    CPU_COLUMNS = sizeof cpu_columns / sizeof *cpu_columns,
    MEMORY_COLUMNS = sizeof memory_columns / sizeof *memory_columns,
    CPU_WIDTH = 4 + 5 + 8 * CPU_COLUMNS, /* vCPU, A and the columns */
};

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

/* What is 100 % of a column; 0 = not known. */
static double whole_of(const struct line *line, enum whole whole)
{
    switch (whole) {
    case OF_VCPUS:
        return line->cpus > 0 ? line->cpus : 1;
    case OF_MEMORY:
        return line->bytes;
    case OF_ONE_VCPU:
    case OF_TIME:
        break;
    }
    return 1;
}

static void write_columns(struct buf *out, const struct row_batch *rows, const struct line *line,
                          const struct column *columns, int n)
{
    for (int i = 0; i < n; i++) {
        double v, whole = whole_of(line, columns[i].whole);
        if (whole > 0 && value(rows, line->row, columns[i].quantity, columns[i].form, &v))
            buf_printf(out, " %7.2f", 100 * v / whole);
        else
            buf_printf(out, " %7s", "-");
    }
}

static void write_cpu(struct buf *out, const struct row_batch *rows, const struct line *line)
{
    int64_t queue;
    if (line->unmet < 0) {
        const char *reason = reason_of(rows, line->row, Q_CPU_STATUS_UNMET);
        buf_printf(out, "  no CPU layers: %-*s", CPU_WIDTH - 17, reason);
        return;
    }
    if (line->cpus > 0)
        buf_printf(out, "%4.0f", line->cpus);
    else
        buf_str(out, "   ?");
    bool known = row_find(rows, line->row, Q_CPU_STATUS_QUEUE, FORM_TOTAL, 0, &queue) &&
                 reason_info(queue)->status == STATUS_OK;
    buf_str(out, known ? "   ok" : "  n/a");
    write_columns(out, rows, line, cpu_columns, CPU_COLUMNS);
}

static void write_line(struct buf *out, const struct row_batch *rows, const struct line *line)
{
    write_name(out, line->row->entity->label[LABEL_VM], 18);
    write_name(out, line->row->entity->label[LABEL_HOST], 12);
    write_cpu(out, rows, line);
    write_columns(out, rows, line, memory_columns, MEMORY_COLUMNS);
    buf_char(out, '\n');
}

static void write_head(struct buf *out)
{
    buf_printf(out, "%-18s %-12s %4s %4s", "VM", "host", "vCPU", "A");
    for (int i = 0; i < CPU_COLUMNS; i++)
        buf_printf(out, " %7s", cpu_columns[i].title);
    for (int i = 0; i < MEMORY_COLUMNS; i++)
        buf_printf(out, " %7s", memory_columns[i].title);
    buf_char(out, '\n');
}

static struct line line_of(const struct row_batch *rows, const struct layer_row *row)
{
    struct line line = {.row = row, .unmet = -1};
    value(rows, row, Q_CPU_COUNT, FORM_TOTAL, &line.cpus);
    if (value(rows, row, Q_CPU_UNMET, FORM_TOTAL, &line.unmet) && line.cpus > 0)
        line.unmet /= line.cpus;
    value(rows, row, Q_MEM_CONFIGURED, FORM_TOTAL, &line.bytes);
    return line;
}

int table_write(struct buf *out, const struct row_batch *rows, size_t most)
{
    struct line *lines = calloc(rows->nrows + 1, sizeof *lines);
    if (!lines)
        return -1;
    size_t n = 0;
    for (size_t i = 0; i < rows->nrows; i++)
        if (entity_kind(rows->rows[i].entity) == ENTITY_VM)
            lines[n++] = line_of(rows, &rows->rows[i]);
    qsort(lines, n, sizeof *lines, worst_first);
    write_head(out);
    for (size_t i = 0; i < n && i < most; i++)
        write_line(out, rows, &lines[i]);
    if (n > most)
        buf_printf(out, "... and %zu VMs with less unmet demand\n", n - most);
    buf_str(out,
            "percent of the VM's vCPUs; worst = unmet of the worst vCPU; A = work queued "
            "inside the guest\n"
            "percent of the VM's memory: B granted, D ballooned + swapped + compressed; D wait "
            "= percent of time waited for memory\n");
    free(lines);
    return 0;
}
