/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * For tests of schemas: batches with raw samples, and series as text:
 *   vsphere_vm_cpu ready_summation {cpu=0,vmname=web} 1500 1501
 */
#ifndef TESTS_FORMATS_NAMED_H
#define TESTS_FORMATS_NAMED_H

#include <assert.h>

#include "formats/schema.h"

struct raw {
    const char *counter, *unit, *instance;
    int64_t value;
};

static inline void add_raw(struct row_batch *batch, const struct raw *raw)
{
    row_batch_raw(batch, row_batch_raw_counter(batch, raw->counter, raw->unit),
                  row_batch_raw_instance(batch, raw->instance), raw->value);
}

static inline bool print_series(void *ctx, const struct series *series)
{
    struct buf *out = ctx;
    buf_printf(out, "%s %s {", series->measurement, series->field);
    for (size_t i = 0; i < series->ntags; i++) {
        const struct series_tag *tag = &series->tags[i];
        buf_printf(out, "%s%.*s=%.*s", i ? "," : "", (int)tag->key_n, tag->key, (int)tag->value_n,
                   tag->value);
    }
    buf_char(out, '}');
    for (size_t i = 0; i < series->nsamples; i++) {
        buf_char(out, ' ');
        series_number(out, series, series->samples[i].ticks);
        buf_str(out, series->integer ? "i" : "");
    }
    buf_char(out, '\n');
    return true;
}

/* All series of a batch, a line each. */
static inline void print_batch(const struct schema *schema, const struct row_batch *batch,
                               enum series_order order, struct buf *out)
{
    struct series_walk *walk = series_walk_new(schema, "");
    assert(walk);
    bool ok = row_batch_ok(batch) &&
              series_walk_rows(walk, batch, 0, batch->nrows, order, print_series, out);
    assert(ok && buf_ok(out));
    (void)ok;
    buf_char(out, '\0');
    series_walk_free(walk);
}

#endif
