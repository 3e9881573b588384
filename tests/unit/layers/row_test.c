/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/caps.h"
#include "layers/row.h"

static const struct entity entity = {.vcenter_uuid = "vc",
                                     .label = {"", "", "", "", "", "", "", "", ""}};

static void test_rows_and_values(void **state)
{
    enum { ROWS = 1000 };
    struct row_batch batch;
    int64_t ticks = -1;
    (void)state;
    row_batch_init(&batch);
    row_batch_value(&batch, Q_CPU_COUNT, FORM_TOTAL, 0, 1); /* of no row: ignored */
    assert_int_equal(batch.nvalues, 0);
    for (int i = 0; i < ROWS; i++) {
        row_batch_row(&batch, &entity, (struct server_time){i}, 20);
        for (unsigned k = 0; k < (unsigned)i % 20; k++)
            row_batch_value(&batch, Q_CPU_READY, FORM_INSTANCE, k, i * 100 + (int)k);
    }
    assert_true(row_batch_ok(&batch));
    assert_int_equal(batch.nrows, ROWS);
    for (int i = 0; i < ROWS; i++) {
        assert_int_equal(batch.rows[i].count, i % 20);
        for (unsigned k = 0; k < (unsigned)i % 20; k++) {
            assert_true(row_find(&batch, &batch.rows[i], Q_CPU_READY, FORM_INSTANCE, k, &ticks));
            assert_int_equal(ticks, i * 100 + (int)k);
        }
        ticks = 7;
        assert_false(row_find(&batch, &batch.rows[i], Q_CPU_READY, FORM_INSTANCE, 20, &ticks));
        assert_false(row_find(&batch, &batch.rows[i], Q_CPU_READY, FORM_TOTAL, 0, &ticks));
        assert_false(row_find(&batch, &batch.rows[i], Q_CPU_LIMIT, FORM_INSTANCE, 0, &ticks));
        assert_int_equal(ticks, 7);
    }
    row_batch_free(&batch);
    assert_int_equal(batch.nrows, 0);
}

static void test_cap(void **state)
{
    struct row_batch batch;
    (void)state;
    row_batch_init(&batch);
    row_batch_row(&batch, &entity, (struct server_time){1}, 20);
    for (size_t i = 0; i < CAP_ROW_BATCH_VALUES; i++)
        row_batch_value(&batch, Q_CPU_READY, FORM_TOTAL, 0, 1);
    assert_true(row_batch_ok(&batch));
    row_batch_value(&batch, Q_CPU_READY, FORM_TOTAL, 0, 1);
    assert_false(row_batch_ok(&batch));
    assert_int_equal(batch.nvalues, CAP_ROW_BATCH_VALUES);
    row_batch_row(&batch, &entity, (struct server_time){2}, 20);
    assert_int_equal(batch.nrows, 1);
    row_batch_free(&batch);
    assert_true(row_batch_ok(&batch));
}

static void test_raw_tables(void **state)
{
    enum { COUNTERS = 500, INSTANCES = 5000 };
    struct row_batch batch;
    char text[40];
    (void)state;
    row_batch_init(&batch);
    row_batch_row(&batch, &entity, (struct server_time){1}, 20);
    for (int round = 0; round < 2; round++) {
        for (unsigned i = 0; i < COUNTERS; i++) {
            snprintf(text, sizeof text, "net.c%u.average", i);
            assert_int_equal(row_batch_raw_counter(&batch, text, "number"), i);
        }
        for (unsigned i = 0; i < INSTANCES; i++) {
            snprintf(text, sizeof text, "%u", i);
            assert_int_equal(row_batch_raw_instance(&batch, text), i);
        }
    }
    assert_true(row_batch_ok(&batch));
    assert_int_equal(batch.nraw_counters, COUNTERS);
    assert_int_equal(batch.nraw_instances, INSTANCES);
    assert_string_equal(batch.raw_counters[7].name, "net.c7.average");
    assert_string_equal(batch.raw_counters[7].unit, "number");
    assert_string_equal(batch.raw_instances[4999], "4999");
    row_batch_value(&batch, Q_CPU_READY, FORM_TOTAL, 0, 1);
    row_batch_raw(&batch, 7, 4999, 12345);
    row_batch_raw(&batch, RAW_NONE, 0, 1);
    row_batch_raw(&batch, 0, RAW_NONE, 1);
    assert_int_equal(batch.nvalues, 2);
    assert_int_equal(row_quantities(&batch, &batch.rows[0]), 1);
    assert_null(row_raw(&batch, &batch.values[0]));
    assert_ptr_equal(row_raw(&batch, &batch.values[1]), &batch.raw_counters[7]);
    assert_int_equal(batch.values[1].ticks, 12345);
    assert_null(quantity_info((enum quantity)batch.values[1].quantity));
    row_batch_free(&batch);
    assert_int_equal(batch.nraw_counters, 0);
}

/* What finds no room is left out and counted; the batch is whole all the same. */
static void test_raw_tables_full(void **state)
{
    struct row_batch batch;
    char text[40];
    (void)state;
    row_batch_init(&batch);
    for (unsigned i = 0; i < RAW_NONE; i++) {
        snprintf(text, sizeof text, "vmhba%u", i);
        assert_int_equal(row_batch_raw_instance(&batch, text), i);
    }
    assert_int_equal(batch.raw_lost, 0);
    assert_int_equal(row_batch_raw_instance(&batch, "one more"), RAW_NONE);
    assert_int_equal(row_batch_raw_instance(&batch, "and more"), RAW_NONE);
    assert_int_equal(row_batch_raw_instance(&batch, "vmhba32766"), RAW_NONE - 1);
    assert_int_equal(batch.raw_lost, 2);
    assert_true(row_batch_ok(&batch));
    row_batch_free(&batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_and_values),
        cmocka_unit_test(test_cap),
        cmocka_unit_test(test_raw_tables),
        cmocka_unit_test(test_raw_tables_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
