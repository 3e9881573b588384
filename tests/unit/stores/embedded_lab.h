/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * A store in a temporary folder, and what tests do with it. Times lie in the past, so that
 * retention follows the rows and not this machine's clock, except where a test says otherwise.
 */
#ifndef TESTS_EMBEDDED_LAB_H
#define TESTS_EMBEDDED_LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "stores/embedded.h"

#define DAY INT64_C(86400000)
#define HOUR INT64_C(3600000)
#define STEP INT64_C(20000)
#define D0 INT64_C(1637193600000) /* 2021-11-18T00:00:00Z */

struct bench { /* a store in a folder of its own */
    char folder[64];
    struct store_options options;
    void *store;
    int64_t seq, durable;
    bool written; /* since it was opened */
    struct store_error err;
};

static inline void open_store(struct bench *b)
{
    b->written = false;
    if (store_embedded.open(&b->options, &b->store, &b->err) != 0)
        fail_msg("%s", b->err.message);
}

static inline void reopen(struct bench *b)
{
    store_embedded.close(b->store);
    open_store(b);
}

static inline int setup(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    if (!b)
        return -1;
    strcpy(b->folder, "/tmp/embedded_test.XXXXXX");
    if (!mkdtemp(b->folder)) {
        free(b);
        return -1;
    }
    b->options = (struct store_options){
        .type = "embedded", .path = b->folder, .retention_days = 7, .flush_seconds = 300};
    open_store(b);
    *state = b;
    return 0;
}

static inline int teardown(void **state)
{
    struct bench *b = *state;
    char command[100];
    store_embedded.close(b->store);
    snprintf(command, sizeof command, "rm -r '%s'", b->folder);
    int result = system(command); /* NOLINT: a name of our own making */
    free(b);
    return result;
}

static inline struct entity vm(const char *moid, const char *name)
{
    return (struct entity){.vcenter_uuid = "0001",
                           .label = {"vc1", "dc", "cluster", "host", name, moid, "uuid", "", ""}};
}

static inline enum store_outcome write_batch(struct bench *b, const struct row_batch *batch)
{
    uint64_t bytes = 0;
    b->err = (struct store_error){0};
    b->written = true;
    return store_embedded.write(b->store, ++b->seq, batch, &b->durable, &bytes, &b->err);
}

static inline void must_write(struct bench *b, const struct row_batch *batch)
{
    if (write_batch(b, batch) != STORE_DONE)
        fail_msg("%s", b->err.message);
}

/* One row with ready total = ticks and ready of vCPU 0 = -ticks. */
static inline void put(struct bench *b, const struct entity *entity, int64_t time, int64_t ticks)
{
    struct row_batch batch;
    row_batch_init(&batch);
    row_batch_row(&batch, entity, (struct server_time){time}, 20);
    row_batch_value(&batch, Q_CPU_READY, FORM_TOTAL, 0, ticks);
    row_batch_value(&batch, Q_CPU_READY, FORM_INSTANCE, 0, -ticks);
    must_write(b, &batch);
    row_batch_free(&batch);
}

static inline void flush(struct bench *b)
{
    if (store_embedded.flush(b->store, 1, &b->durable, &b->err) != STORE_DONE)
        fail_msg("%s", b->err.message);
    if (b->written)
        assert_int_equal(b->durable, b->seq);
}

static inline size_t query(struct bench *b, const char *moid, enum form form, int64_t from,
                           int64_t to, struct embedded_point **ret)
{
    struct embedded_key key = {"0001", moid, Q_CPU_READY, form, 0};
    size_t n = 99;
    if (embedded_query(b->store, &key, (struct server_time){from}, (struct server_time){to}, ret,
                       &n, &b->err) != 0)
        fail_msg("%s", b->err.message);
    return n;
}

/* Ready of the VM in (from, to] must be these points, and its vCPU's the negative ones. */
static inline void assert_points(struct bench *b, const char *moid, int64_t from, int64_t to,
                                 const struct embedded_point *want, size_t n)
{
    struct embedded_point *total, *vcpu;
    assert_int_equal(query(b, moid, FORM_TOTAL, from, to, &total), n);
    assert_int_equal(query(b, moid, FORM_INSTANCE, from, to, &vcpu), n);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(total[i].time.ms, want[i].time.ms);
        assert_int_equal(total[i].ticks, want[i].ticks);
        assert_int_equal(vcpu[i].time.ms, want[i].time.ms);
        assert_int_equal(vcpu[i].ticks, -want[i].ticks);
    }
    free(total);
    free(vcpu);
}

/* Regular rows of "vm-1": the i-th at start + i * STEP with i * i ticks. */
static inline void put_grid(struct bench *b, int64_t start, int first, int end)
{
    struct entity entity = vm("vm-1", "one");
    for (int i = first; i < end; i++)
        put(b, &entity, start + i * STEP, (int64_t)i * i);
}

static inline void assert_grid(struct bench *b, int64_t start, int first, int end)
{
    struct embedded_point want[2000];
    for (int i = first; i < end; i++)
        want[i - first] = (struct embedded_point){{start + i * STEP}, (int64_t)i * i};
    assert_points(b, "vm-1", 0, INT64_MAX, want, (size_t)(end - first));
}

static inline int count_files(const char *folder, const char *pattern)
{
    char command[200];
    int n = -1;
    snprintf(command, sizeof command, "find '%s' -name '%s' | wc -l", folder, pattern);
    FILE *f = popen(command, "r");     /* NOLINT: a name of our own making */
    if (f && fscanf(f, "%d", &n) != 1) /* NOLINT */
        n = -1;
    if (f)
        pclose(f);
    return n;
}

static inline void assert_latest(struct bench *b, const char *moid, const char *name, int64_t time,
                                 int64_t ticks)
{
    struct row_batch batch;
    int64_t got = 0;
    assert_int_equal(embedded_latest_of(b->store, "vc1", moid, &batch, &b->err), 0);
    assert_int_equal(batch.nrows, 1);
    const struct layer_row *row = &batch.rows[0];
    assert_int_equal(row->time.ms, time);
    assert_int_equal(row->interval_s, 20);
    assert_int_equal(row->count, 2);
    assert_string_equal(row->entity->vcenter_uuid, "0001");
    assert_string_equal(row->entity->label[LABEL_VCENTER], "vc1");
    assert_string_equal(row->entity->label[LABEL_VM], name);
    assert_string_equal(row->entity->label[LABEL_MOID], moid);
    assert_string_equal(row->entity->label[LABEL_UUID], "uuid");
    assert_true(row_find(&batch, row, Q_CPU_READY, FORM_TOTAL, 0, &got));
    assert_int_equal(got, ticks);
    assert_true(row_find(&batch, row, Q_CPU_READY, FORM_INSTANCE, 0, &got));
    assert_int_equal(got, -ticks);
    row_batch_free(&batch);
}

#define STORE_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

#endif
