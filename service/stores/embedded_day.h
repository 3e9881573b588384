/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * One day of the embedded store: the SQLite file YYYY-MM-DD.sqlite with the chunks whose t0 lies in
 * that UTC day, and everything that is needed to read them. The layout, with its meaning, is in
 * the file itself (CREATE TABLE statements of embedded_day.c).
 *
 * One thread at a time per struct day_file; two on the same file may be used at once (WAL).
 */
#ifndef STORES_EMBEDDED_DAY_H
#define STORES_EMBEDDED_DAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "layers/row.h"
#include "stores/embedded_memory.h"
#include "stores/embedded_points.h"
#include "stores/store.h"

enum { DAY_HOURS = 24, DAY_MS = DAY_HOURS * CHUNK_MS };

struct day_file;

enum day_mode { DAY_READ, DAY_WRITE };

/* Opens the file of a day; DAY_WRITE creates it. With DAY_READ a file that is missing or still
 * empty gives STORE_DONE and NULL. A file that is not a day file, or damaged, or of a newer
 * version, is STORE_BAD_SETUP with its path, and is not touched. */
enum store_outcome day_open(const char *path, enum day_mode mode, struct day_file **ret,
                            struct store_error *err);
void day_close(struct day_file *file);

/* A number that no other opened day file of this process has or had: ids are good with it. A
 * rollback changes it, since ids that were given out since the begin are void. */
uint64_t day_serial(const struct day_file *file);

/* True if the path still leads to the opened file (nobody moved or deleted it). */
bool day_in_place(const struct day_file *file);

/* A write transaction. day_rollback after a failure of anything in it. */
enum store_outcome day_begin(struct day_file *file, struct store_error *err);
enum store_outcome day_commit(struct day_file *file, struct store_error *err);
void day_rollback(struct day_file *file);

/* Adds the entity or renews its labels. */
enum store_outcome day_put_entity(struct day_file *file, const struct entity *entity,
                                  int32_t interval_s, int64_t *ret_id, struct store_error *err);

/* The id of a series of an entity, adding it if need be. */
enum store_outcome day_put_series(struct day_file *file, int64_t entity,
                                  const struct series_key *key, int64_t *ret_id,
                                  struct store_error *err);

/* The id of a series, 0 if the file has none. */
enum store_outcome day_find_series(struct day_file *file, const struct embedded_key *key,
                                   int64_t *ret_id, struct store_error *err);

/* Appends the points of the series' hour (t0 in ms) behind those of ret, which must be earlier.
 * Nothing if there is no such chunk. */
enum store_outcome day_get_chunk(struct day_file *file, int64_t t0, int64_t series,
                                 struct points *ret, struct store_error *err);

/* Writes, or writes over, the chunk of the points. */
enum store_outcome day_put_chunk(struct day_file *file, int64_t t0, int64_t series,
                                 const struct points *points, struct store_error *err);

/* First and last hour (ms) of which there are chunks; both 0 if there are none. */
enum store_outcome day_hours(struct day_file *file, int64_t *ret_first, int64_t *ret_last,
                             struct store_error *err);

/* Appends a row per entity: the newest values that the hour's chunks have. */
enum store_outcome day_newest(struct day_file *file, int64_t t0, struct row_batch *ret,
                              struct store_error *err);

#endif
