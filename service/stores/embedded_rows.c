/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* What is in a day file: entities, series, chunks. */
#include "stores/embedded_sql.h"

/* Labels in the order of entity's columns; moid stands before interval_s. */
static const enum entity_label label_columns[] = {LABEL_VCENTER, LABEL_DATACENTER, LABEL_CLUSTER,
                                                  LABEL_HOST,    LABEL_VM,         LABEL_UUID,
                                                  LABEL_KIND,    LABEL_DEVICES};
enum { LABEL_COLUMNS = sizeof label_columns / sizeof *label_columns };

static void bind_text(sqlite3_stmt *statement, int i, const char *text)
{
    sqlite3_bind_text(statement, i, text, -1, SQLITE_STATIC);
}

/* ---- entities and series ---- */

enum store_outcome day_put_entity(struct day_file *file, const struct entity *entity,
                                  int32_t interval_s, int64_t *ret_id, struct store_error *err)
{
    sqlite3_stmt *statement = day_bound(file, PUT_ENTITY, 0);
    if (statement) {
        bind_text(statement, 1, entity->vcenter_uuid);
        bind_text(statement, 2, entity->label[LABEL_MOID]);
        sqlite3_bind_int64(statement, 3, interval_s);
        for (int i = 0; i < LABEL_COLUMNS; i++)
            bind_text(statement, 4 + i, entity->label[label_columns[i]]);
    }
    return day_get_id(file, statement, ret_id, err);
}

enum store_outcome day_put_series(struct day_file *file, int64_t entity,
                                  const struct series_key *key, int64_t *ret_id,
                                  struct store_error *err)
{
    int64_t quantity = key->quantity, form = key->form, instance = key->instance, id = 0;
    sqlite3_stmt *get = day_bound(file, GET_SERIES, 4, entity, quantity, form, instance);
    enum store_outcome outcome = day_get_id(file, get, &id, err);
    if (outcome == STORE_DONE && !id) {
        sqlite3_stmt *add = day_bound(file, ADD_SERIES, 4, entity, quantity, form, instance);
        outcome = day_get_id(file, add, &id, err);
    }
    if (outcome == STORE_DONE)
        *ret_id = id;
    return outcome;
}

enum store_outcome day_find_series(struct day_file *file, const struct embedded_key *key,
                                   int64_t *ret_id, struct store_error *err)
{
    sqlite3_stmt *statement = day_bound(file, FIND_SERIES, 3, (int64_t)key->quantity,
                                        (int64_t)key->form, (int64_t)key->instance);
    if (statement) {
        bind_text(statement, 4, key->vcenter_uuid);
        bind_text(statement, 5, key->moid);
    }
    return day_get_id(file, statement, ret_id, err);
}

/* ---- chunks ---- */

/* Decodes the chunk in columns `column` (n) and the next (data) behind the points of ret. */
static enum store_outcome decode(const struct day_file *file, sqlite3_stmt *row, int column,
                                 int64_t t0, struct points *ret, struct store_error *err)
{
    int64_t n = sqlite3_column_int64(row, column);
    const void *data = sqlite3_column_blob(row, column + 1);
    size_t len = (size_t)sqlite3_column_bytes(row, column + 1);
    if (n < 1 || n > CHUNK_POINTS_MAX)
        return day_damaged(file, err);
    if (!points_reserve(ret, (size_t)n))
        return day_no_memory(file, err);
    if (!chunk_decode(data, len, t0, (size_t)n, ret->at + ret->n))
        return day_damaged(file, err);
    ret->n += (size_t)n;
    return STORE_DONE;
}

enum store_outcome day_get_chunk(struct day_file *file, int64_t t0, int64_t series,
                                 struct points *ret, struct store_error *err)
{
    sqlite3_stmt *statement = day_bound(file, GET_CHUNK, 2, t0 / 1000, series);
    if (!statement)
        return day_sql_failed(file, err);
    enum store_outcome outcome = STORE_DONE;
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        outcome = decode(file, statement, 0, t0, ret, err);
    else if (code != SQLITE_DONE)
        outcome = day_sql_failed(file, err);
    sqlite3_reset(statement);
    return outcome;
}

enum store_outcome day_put_chunk(struct day_file *file, int64_t t0, int64_t series,
                                 const struct points *points, struct store_error *err)
{
    buf_clear(&file->blob);
    chunk_encode(&file->blob, t0, points->at, points->n);
    if (!buf_ok(&file->blob))
        return day_no_memory(file, err);
    sqlite3_stmt *statement = day_bound(file, PUT_CHUNK, 3, t0 / 1000, series, (int64_t)points->n);
    if (statement)
        sqlite3_bind_blob64(statement, 4, file->blob.data, file->blob.len, SQLITE_STATIC);
    int64_t none;
    return day_get_id(file, statement, &none, err);
}

enum store_outcome day_hours(struct day_file *file, int64_t *ret_first, int64_t *ret_last,
                             struct store_error *err)
{
    sqlite3_stmt *statement = day_bound(file, GET_HOURS, 0);
    if (!statement || sqlite3_step(statement) != SQLITE_ROW) {
        enum store_outcome outcome = day_sql_failed(file, err);
        sqlite3_reset(statement);
        return outcome;
    }
    *ret_first = sqlite3_column_int64(statement, 0) * 1000;
    *ret_last = sqlite3_column_int64(statement, 1) * 1000;
    sqlite3_reset(statement);
    return STORE_DONE;
}

/* ---- the newest rows ---- */

struct newest { /* the row being put together, of the entity with this id */
    int64_t id, time;
    struct row_batch *batch;
};

static const char *text(struct row_batch *batch, sqlite3_stmt *row, int column)
{
    const unsigned char *t = sqlite3_column_text(row, column);
    size_t n = (size_t)sqlite3_column_bytes(row, column);
    return arena_text(&batch->arena, t ? (const char *)t : "", t ? n : 0);
}

/* Starts a row for the entity of the SQL row; its labels begin at column 7. */
static void start_row(struct newest *newest, sqlite3_stmt *row, int64_t time)
{
    struct row_batch *batch = newest->batch;
    struct entity *entity = arena_take(&batch->arena, sizeof *entity);
    bool whole = entity != NULL;
    if (whole) {
        entity->vcenter_uuid = text(batch, row, 7);
        entity->label[LABEL_MOID] = text(batch, row, 8);
        for (int i = 0; i < LABEL_COLUMNS; i++)
            entity->label[label_columns[i]] = text(batch, row, 9 + i);
        whole = entity->vcenter_uuid != NULL;
        for (int i = 0; i < LABEL_COUNT; i++)
            whole = whole && entity->label[i];
    }
    if (!whole)
        batch->failed = true;
    row_batch_row(batch, entity, (struct server_time){time}, sqlite3_column_int(row, 1));
    newest->id = sqlite3_column_int64(row, 0);
    newest->time = time;
}

/* Adds the series' last point if it belongs to the newest time of its entity; a newer one starts
 * the row anew. */
static void add_last(struct newest *newest, sqlite3_stmt *row, struct embedded_point last)
{
    if (sqlite3_column_int64(row, 0) != newest->id)
        start_row(newest, row, last.time.ms);
    if (last.time.ms < newest->time)
        return;
    struct row_batch *batch = newest->batch;
    if (last.time.ms > newest->time && batch->nrows) {
        batch->nvalues = batch->rows[batch->nrows - 1].first;
        batch->rows[batch->nrows - 1].count = 0;
        batch->rows[batch->nrows - 1].time = last.time;
        newest->time = last.time.ms;
    }
    row_batch_value(batch, (enum quantity)sqlite3_column_int(row, 2),
                    (enum form)sqlite3_column_int(row, 3), (unsigned)sqlite3_column_int(row, 4),
                    last.ticks);
}

enum store_outcome day_newest(struct day_file *file, int64_t t0, struct row_batch *ret,
                              struct store_error *err)
{
    struct newest newest = {.batch = ret};
    struct points points = {0};
    sqlite3_stmt *statement = day_bound(file, GET_NEWEST, 1, t0 / 1000);
    if (!statement)
        return day_sql_failed(file, err);
    enum store_outcome outcome = STORE_DONE;
    int code = SQLITE_ROW;
    while (outcome == STORE_DONE && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        points.n = 0;
        outcome = decode(file, statement, 5, t0, &points, err);
        if (outcome == STORE_DONE && points.n)
            add_last(&newest, statement, points.at[points.n - 1]);
    }
    if (outcome == STORE_DONE && code != SQLITE_DONE)
        outcome = day_sql_failed(file, err);
    if (outcome == STORE_DONE && !row_batch_ok(ret))
        outcome = day_no_memory(file, err);
    sqlite3_reset(statement);
    points_free(&points);
    return outcome;
}
