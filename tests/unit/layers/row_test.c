/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_and_values),
        cmocka_unit_test(test_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
