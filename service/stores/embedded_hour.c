/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "stores/embedded_hour.h"

#include <stdio.h>
#include <stdlib.h>

struct table { /* a segment as columns: ticks[column * nrows + row] */
    size_t nrows, ncolumns;
    int64_t *times, *ticks, *row;
};

struct column { /* of a table: points of one series */
    int64_t series;
    const struct table *table;
    size_t at;
};

enum store_outcome hour_no_memory(struct store_error *err)
{
    snprintf(err->message, sizeof err->message, "out of memory");
    return STORE_AGAIN;
}

static void table_free(struct table *table)
{
    free(table->times);
    free(table->ticks);
    free(table->row);
    *table = (struct table){0};
}

/* False: out of memory; the table is to be freed all the same. */
static bool table_fill(struct table *table, const struct segment *segment)
{
    struct segment_reader reader;
    size_t n = segment->columns->shape->n, nrows = segment->nrows, r = 0;
    *table = (struct table){
        .ncolumns = n,
        .times = malloc(nrows * sizeof(int64_t)),
        .ticks = malloc(nrows * n * sizeof(int64_t)),
        .row = malloc(n * sizeof(int64_t)),
    };
    if (!table->times || !table->ticks || !table->row)
        return false;
    for (segment_start(&reader, segment, table->row); r < nrows && segment_next(&reader); r++) {
        table->times[r] = reader.time;
        for (size_t c = 0; c < n; c++)
            table->ticks[c * nrows + r] = table->row[c];
    }
    table->nrows = nrows;
    return r == nrows;
}

/* The ids of the entity and of the segment's series in this file. */
static enum store_outcome find_ids(struct day_file *file, struct memory_entity *entity,
                                   struct columns *columns, struct store_error *err)
{
    enum store_outcome outcome = STORE_DONE;
    if (entity->file != day_serial(file)) {
        outcome = day_put_entity(file, &entity->labels, entity->interval_s, &entity->id, err);
        if (outcome != STORE_DONE)
            return outcome;
        entity->file = day_serial(file);
    }
    if (columns->file == day_serial(file))
        return STORE_DONE;
    const struct shape *shape = columns->shape;
    if (!columns->ids)
        columns->ids = malloc(shape->n * sizeof *columns->ids);
    if (!columns->ids)
        return hour_no_memory(err);
    columns->file = 0;
    for (size_t i = 0; i < shape->n && outcome == STORE_DONE; i++)
        outcome = day_put_series(file, entity->id, &shape->keys[i], &columns->ids[i], err);
    if (outcome == STORE_DONE)
        columns->file = day_serial(file);
    return outcome;
}

/* By series, and the tables of one in the order in which their rows were taken. */
static int by_series(const void *a, const void *b)
{
    const struct column *x = a, *y = b;
    if (x->series != y->series)
        return x->series < y->series ? -1 : 1;
    return (x->table > y->table) - (x->table < y->table);
}

static bool insert(struct points *points, const struct column *column)
{
    const struct table *table = column->table;
    const int64_t *ticks = table->ticks + column->at * table->nrows;
    for (size_t r = 0; r < table->nrows; r++)
        if (!points_insert(points, (struct embedded_point){{table->times[r]}, ticks[r]}))
            return false;
    return true;
}

/* The n columns of one series. */
static enum store_outcome merge(struct day_file *file, int64_t t0, const struct column *columns,
                                size_t n, struct points *points, struct store_error *err)
{
    points->n = 0;
    enum store_outcome outcome = day_get_chunk(file, t0, columns->series, points, err);
    if (outcome != STORE_DONE)
        return outcome;
    for (size_t i = 0; i < n; i++)
        if (!insert(points, &columns[i]))
            return hour_no_memory(err);
    return day_put_chunk(file, t0, columns->series, points, err);
}

static enum store_outcome merge_all(struct day_file *file, int64_t t0, const struct column *columns,
                                    size_t n, struct points *points, uint64_t *chunks,
                                    struct store_error *err)
{
    enum store_outcome outcome = STORE_DONE;
    for (size_t i = 0, end; i < n && outcome == STORE_DONE; i = end) {
        for (end = i + 1; end < n && columns[end].series == columns[i].series;)
            end++;
        outcome = merge(file, t0, &columns[i], end - i, points, err);
        *chunks += outcome == STORE_DONE;
    }
    return outcome;
}

/* The columns of all tables, each table's in turn; then by series. */
static struct column *columns_list(const struct hour_segment *segments, const struct table *tables,
                                   size_t n, size_t *ret_n)
{
    size_t count = 0, at = 0;
    for (size_t i = 0; i < n; i++)
        count += tables[i].ncolumns;
    struct column *columns = malloc((count + 1) * sizeof *columns);
    if (!columns)
        return NULL;
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < tables[i].ncolumns; c++, at++)
            columns[at] = (struct column){
                .series = segments[i].segment->columns->ids[c], .table = &tables[i], .at = c};
    qsort(columns, count, sizeof *columns, by_series);
    *ret_n = count;
    return columns;
}

static enum store_outcome fill_tables(struct day_file *file, const struct hour_segment *segments,
                                      struct table *tables, size_t n, struct store_error *err)
{
    for (size_t i = 0; i < n; i++) {
        const struct segment *segment = segments[i].segment;
        if (!segment->nrows) /* its first row found no memory */
            continue;
        enum store_outcome outcome = find_ids(file, segments[i].entity, segment->columns, err);
        if (outcome != STORE_DONE)
            return outcome;
        if (!table_fill(&tables[i], segment))
            return hour_no_memory(err);
    }
    return STORE_DONE;
}

enum store_outcome hour_write(struct day_file *file, const struct hour_segment *segments, size_t n,
                              struct points *points, uint64_t *chunks, struct store_error *err)
{
    struct table *tables = calloc(n, sizeof *tables);
    struct column *columns = NULL;
    size_t ncolumns = 0;
    if (!tables)
        return hour_no_memory(err);
    enum store_outcome outcome = fill_tables(file, segments, tables, n, err);
    if (outcome == STORE_DONE && !(columns = columns_list(segments, tables, n, &ncolumns)))
        outcome = hour_no_memory(err);
    if (outcome == STORE_DONE)
        outcome = merge_all(file, segments->segment->t0, columns, ncolumns, points, chunks, err);
    for (size_t i = 0; i < n; i++)
        table_free(&tables[i]);
    free(tables);
    free(columns);
    return outcome;
}
