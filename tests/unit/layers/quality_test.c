/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The row of a collection: every count in its place, and nothing lost of its sign or size.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "layers/quality.h"

static const struct entity vcenter = {
    .vcenter_uuid = "uuid", .label = {"vc1", "", "", "", "", "vcenter", "uuid", "vcenter", ""}};

static const enum quantity in_order[] = {
    Q_QUALITY_EXPECTED,   Q_QUALITY_RECEIVED,      Q_QUALITY_MISSING,
    Q_QUALITY_LATE,       Q_QUALITY_REPEATED,      Q_QUALITY_REFUSED_IDENTITY,
    Q_QUALITY_INCOMPLETE, Q_QUALITY_REFUSED_SHAPE, Q_QUALITY_LAG,
    Q_QUALITY_CLOCK,      Q_QUALITY_ENTITIES,      Q_QUALITY_SILENT,
    Q_QUALITY_LEFT_OUT};
enum { QUANTITIES = sizeof in_order / sizeof *in_order };

/* The counts of a collection, in the order of the catalogue. */
static void check(const int64_t counts[QUANTITIES])
{
    const struct cycle_quality quality = {
        .entity = &vcenter,
        .time = {1732330000000},
        .interval_s = 20,
        .expected = counts[0],
        .received = counts[1],
        .missing = counts[2],
        .late = counts[3],
        .repeated = counts[4],
        .refused_shape = counts[7],
        .lag_ms = counts[8],
        .clock_ms = counts[9],
        .entities = counts[10],
        .silent = counts[11],
        .left_out = counts[12],
    };
    struct row_batch batch;
    row_batch_init(&batch);
    quality_row(&quality, counts[5], counts[6], &batch);
    quality_row(&quality, 0, 0, &batch); /* a second row is one of its own */
    assert_true(row_batch_ok(&batch));
    assert_int_equal(batch.nrows, 2);
    assert_ptr_equal(batch.rows[0].entity, &vcenter);
    assert_int_equal(batch.rows[0].time.ms, 1732330000000);
    assert_int_equal(batch.rows[0].interval_s, 20);
    const bool lag_known = quality.lag_ms >= 0;
    assert_int_equal(batch.rows[0].count, QUANTITIES - !lag_known);
    for (int i = 0, at = 0; i < QUANTITIES; i++) {
        const struct layer_value *value = &batch.values[at];
        if (in_order[i] == Q_QUALITY_LAG && !lag_known)
            continue;
        at++;
        assert_int_equal(value->quantity, in_order[i]);
        assert_int_equal(value->form, FORM_TOTAL);
        assert_int_equal(value->instance, 0);
        assert_int_equal(value->ticks, counts[i]);
    }
    row_batch_free(&batch);
}

static void test_every_count(void **state)
{
    static const int64_t counts[][QUANTITIES] = {
        {101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113},
        {0},
        {1, 0, 0, 0, 0, 0, 0, 0, -1, -250, 0, 0, 0}, /* no sample yet; clocks differ either way */
        {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX,
         INT64_MAX, INT64_MIN, INT64_MAX, INT64_MAX, INT64_MAX},
    };
    (void)state;
    assert_int_equal(QUANTITIES, Q_QUALITY_LEFT_OUT - Q_QUALITY_EXPECTED + 1);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        check(counts[i]);
}

static void test_times_are_seconds(void **state)
{
    struct buf text;
    (void)state;
    buf_init(&text, 100);
    quantity_write(&text, quantity_info(Q_QUALITY_LAG), 3250);
    buf_char(&text, ' ');
    quantity_write(&text, quantity_info(Q_QUALITY_CLOCK), -40);
    buf_char(&text, '\0');
    assert_string_equal(text.data, "3.25 -0.04");
    buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_count),
        cmocka_unit_test(test_times_are_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
