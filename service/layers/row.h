/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Layer rows: what the model says of one entity at one time. A batch owns its rows, values and
 * (when decoded from a journal) entities, and is freed at once.
 */
#ifndef LAYERS_ROW_H
#define LAYERS_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"
#include "collect/entity.h"
#include "layers/quantity.h"

struct layer_value {
    int64_t ticks;
    uint16_t quantity; /* enum quantity */
    uint16_t instance; /* vCPU number for FORM_INSTANCE, otherwise 0 */
    uint8_t form;      /* enum form */
};

/*
 * Raw samples: what a server said of a counter, as it came, for stores whose schema is made of
 * counters. They travel as values of their row: quantity = QUANTITY_RAW + the counter's number and
 * instance = the instance's number, both in tables of their batch; form is FORM_TOTAL; ticks is the
 * server's number. Who knows only the catalogue passes them by: quantity_info() has no row for
 * them.
 */
enum { QUANTITY_RAW = 0x8000, RAW_NONE = 0x7fff };

struct raw_counter {
    const char *name; /* group.name.rollup: "cpu.ready.summation" */
    const char *unit; /* the server's word: "millisecond", "percent" (in hundredths), "kiloBytes" */
};

struct layer_row {
    const struct entity *entity;
    struct server_time time;
    int32_t interval_s;
    uint32_t first, count; /* its values: batch->values[first .. first + count) */
};

struct row_batch {
    struct arena arena; /* for entities of decoded batches, and the texts of raw samples */
    size_t nrows, rows_room;
    struct layer_row *rows;
    size_t nvalues, values_room;
    struct layer_value *values;
    size_t nraw_counters, nraw_instances; /* each at most RAW_NONE */
    size_t raw_counters_room, raw_instances_room;
    struct raw_counter *raw_counters; /* in the order of their numbers */
    const char **raw_instances;       /* "" = the entity itself, "0", "scsi0:0", "vmnic0" */
    struct raw_index {                /* numbers by text: slots of number + 1, 0 = free */
        uint16_t *slots;
        size_t nslots; /* a power of two, at most half of them taken */
    } counter_index, instance_index;
    size_t raw_lost; /* texts that found a full table: their samples were left out */
    bool failed;     /* out of memory or over CAP_ROW_BATCH_VALUES: the batch is not whole */
};

/* An empty batch; allocates nothing. */
void row_batch_init(struct row_batch *batch);

/* Gives everything back; the batch is empty and usable again. */
void row_batch_free(struct row_batch *batch);

/* Starts a row; the entity is borrowed. Values added next belong to it. */
void row_batch_row(struct row_batch *batch, const struct entity *entity, struct server_time time,
                   int32_t interval_s);

/* Adds a value to the newest row, in catalogue order of quantities if the caller can: formats group
 * neighbours. A value that is not known is simply not added. */
void row_batch_value(struct row_batch *batch, enum quantity quantity, enum form form,
                     unsigned instance, int64_t ticks);

/* The number of a counter or of an instance in the batch's tables, where it is put if it is new
 * (texts are copied). RAW_NONE: the table is full, which raw_lost counts, or out of memory, and the
 * batch has failed. */
unsigned row_batch_raw_counter(struct row_batch *batch, const char *name, const char *unit);
unsigned row_batch_raw_instance(struct row_batch *batch, const char *text);

/* Adds a raw sample to the newest row, behind the values of quantities. */
void row_batch_raw(struct row_batch *batch, unsigned counter, unsigned instance, int64_t value);

/* How many of a row's values are of quantities; behind them are the raw ones. */
uint32_t row_quantities(const struct row_batch *batch, const struct layer_row *row);

/* The counter of a value, or NULL if the value is not raw. */
const struct raw_counter *row_raw(const struct row_batch *batch, const struct layer_value *value);

/* True if every row and value was kept. */
bool row_batch_ok(const struct row_batch *batch);

/* A value of a row; false if the row has none. */
bool row_find(const struct row_batch *batch, const struct layer_row *row, enum quantity quantity,
              enum form form, unsigned instance, int64_t *ret);

#endif
