/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * A VM with disks and vNICs on the bench: a block is built series by series, the model is run over
 * it, and whatever it says is checked for order and against the catalogue.
 */
#ifndef UNIT_LAYERS_DEVICE_LAB_H
#define UNIT_LAYERS_DEVICE_LAB_H

#include "layers/lab.h"

enum { DEVICE_LAB_SERIES = 12500, DEVICE_LAB_TIMES = 3, TOTAL_ONLY = 0 };

struct device_lab {
    size_t ntimes;
    int32_t intervals[DEVICE_LAB_TIMES];
    struct server_time times[DEVICE_LAB_TIMES];
    struct sample_block block; /* what is not series: a test may set it */
    size_t nseries;
    struct sample_series series[DEVICE_LAB_SERIES];
    int64_t values[DEVICE_LAB_SERIES][DEVICE_LAB_TIMES];
    char names[DEVICE_LAB_SERIES][16];
    struct row_batch batch;
    size_t row; /* that is asked of */
};

struct expected {
    enum quantity quantity;
    enum form form;
    unsigned instance;
    int64_t ticks;
};

static inline void device_lab_init(struct device_lab *lab)
{
    row_batch_free(&lab->batch);
    memset(lab, 0, sizeof *lab);
    lab->ntimes = 1;
    row_batch_init(&lab->batch);
    for (size_t t = 0; t < DEVICE_LAB_TIMES; t++) {
        lab->intervals[t] = 20;
        lab->times[t].ms = 1000000 + 20000 * (int64_t)t;
    }
    lab->block = (struct sample_block){.backing = BACKING_KNOWN};
}

static inline size_t device_lab_find(const struct device_lab *lab, enum counter counter,
                                     const char *instance)
{
    size_t i = 0;
    while (i < lab->nseries &&
           (lab->series[i].counter != counter || strcmp(lab->series[i].instance, instance) != 0))
        i++;
    return i;
}

/* A series more, with the same value at all times. */
static inline void device_lab_add(struct device_lab *lab, enum counter counter,
                                  const char *instance, int64_t value)
{
    const size_t i = lab->nseries++;
    assert_true(i < DEVICE_LAB_SERIES);
    snprintf(lab->names[i], sizeof lab->names[i], "%s", instance);
    for (size_t t = 0; t < DEVICE_LAB_TIMES; t++)
        lab->values[i][t] = value;
    lab->series[i] = (struct sample_series){counter, lab->names[i], lab->values[i]};
}

/* Changes a series; ABSENT takes it away. */
static inline void device_lab_set(struct device_lab *lab, enum counter counter,
                                  const char *instance, int64_t value)
{
    const size_t i = device_lab_find(lab, counter, instance);
    assert_true(i < lab->nseries);
    if (value == ABSENT)
        lab->series[i].counter = COUNTER_COUNT;
    for (size_t t = 0; t < DEVICE_LAB_TIMES; t++)
        lab->values[i][t] = value;
}

/* Changes a range of counters of one instance at one time. */
static inline void device_lab_set_at(struct device_lab *lab, enum counter first, enum counter last,
                                     const char *instance, size_t t, int64_t value)
{
    for (size_t i = 0; i < lab->nseries; i++)
        if (lab->series[i].counter >= first && lab->series[i].counter <= last &&
            strcmp(lab->series[i].instance, instance) == 0)
            lab->values[i][t] = value;
}

/* What holds of every row: each value once, in the order of the catalogue, in a form that it has.
 */
static inline void device_lab_check_order(const struct device_lab *lab)
{
    for (size_t r = 0; r < lab->batch.nrows; r++) {
        const struct layer_row *row = &lab->batch.rows[r];
        for (uint32_t i = 0; i < row->count; i++) {
            const struct layer_value *b = &lab->batch.values[row->first + i];
            const struct layer_value *a = i ? b - 1 : NULL;
            assert_true(quantity_info((enum quantity)b->quantity)->forms & 1u << b->form);
            if (a && a->quantity == b->quantity && a->form == b->form)
                assert_true(a->instance < b->instance);
            else if (a && a->quantity == b->quantity)
                assert_true(a->form < b->form);
            else if (a)
                assert_true(a->quantity < b->quantity);
        }
    }
}

static inline void device_lab_run(struct device_lab *lab)
{
    const struct layer_options options = {.other_wait_is_unmet = true};
    struct layer_findings findings = {.rows = 0};
    lab->block.entity = &lab_entity;
    lab->block.ntimes = lab->ntimes;
    lab->block.times = lab->times;
    lab->block.intervals = lab->intervals;
    lab->block.nseries = lab->nseries;
    lab->block.series = lab->series;
    lab->block.guest_counters = true;
    row_batch_free(&lab->batch);
    layers_rows(&lab->block, &options, &lab->batch, &findings);
    assert_true(row_batch_ok(&lab->batch));
    assert_int_equal(lab->batch.nrows, lab->ntimes);
    for (int i = 0; i < IDENTITY_COUNT; i++)
        assert_int_equal(findings.broken[i], 0);
    device_lab_check_order(lab);
    lab->row = 0;
}

static inline bool device_lab_has(const struct device_lab *lab, enum quantity q, enum form form,
                                  unsigned instance)
{
    int64_t ticks;
    return row_find(&lab->batch, &lab->batch.rows[lab->row], q, form, instance, &ticks);
}

static inline int64_t device_lab_get(const struct device_lab *lab, enum quantity q, enum form form,
                                     unsigned instance)
{
    int64_t ticks = INT64_MIN;
    if (!row_find(&lab->batch, &lab->batch.rows[lab->row], q, form, instance, &ticks))
        fail_msg("%s has no %s %u", quantity_info(q)->name, form_name(quantity_info(q), form),
                 instance);
    return ticks;
}

static inline int64_t device_lab_total(const struct device_lab *lab, enum quantity q)
{
    return device_lab_get(lab, q, FORM_TOTAL, 0);
}

/* How many values from one quantity to another the row has. */
static inline size_t device_lab_count(const struct device_lab *lab, enum quantity first,
                                      enum quantity last)
{
    const struct layer_row *row = &lab->batch.rows[lab->row];
    size_t n = 0;
    for (uint32_t i = 0; i < row->count; i++) {
        const struct layer_value *value = &lab->batch.values[row->first + i];
        n += value->quantity >= (unsigned)first && value->quantity <= (unsigned)last;
    }
    return n;
}

/* The row has these values of a resource, and no others. */
static inline void device_lab_expect(const struct device_lab *lab, const struct expected *want,
                                     size_t n, enum quantity first, enum quantity last)
{
    for (size_t i = 0; i < n; i++) {
        int64_t ticks = device_lab_get(lab, want[i].quantity, want[i].form, want[i].instance);
        if (ticks != want[i].ticks)
            fail_msg("%s, form %d, instance %u: %lld, not %lld",
                     quantity_info(want[i].quantity)->name, (int)want[i].form, want[i].instance,
                     (long long)ticks, (long long)want[i].ticks);
    }
    assert_int_equal(device_lab_count(lab, first, last), n);
}

#endif
