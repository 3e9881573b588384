/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Which resources a row has, by what kind of entity it is of, and that none of them is in the way
 * of another.
 */
#include "layers/device_lab.h"

static struct device_lab lab;

/* A series or two of each resource. */
static void any_block(void)
{
    static const enum counter counters[] = {CPU_RUN,      CPU_READY,    CPU_COSTOP,
                                            CPU_WAIT,     MEM_GRANTED,  DISK_READ_RATE,
                                            NET_RECEIVED, CPU_USAGEMHZ, HOST_CORE_UTILIZATION};
    device_lab_init(&lab);
    for (size_t i = 0; i < sizeof counters / sizeof *counters; i++)
        device_lab_add(&lab, counters[i], "", 5000);
}

static size_t count(enum quantity first, enum quantity last)
{
    return device_lab_count(&lab, first, last);
}

static void test_vm(void **state)
{
    static const enum quantity statuses[] = {Q_CPU_STATUS_QUEUE, Q_MEM_STATUS_QUEUE,
                                             Q_DISK_STATUS_QUEUE, Q_NET_STATUS_QUEUE};
    (void)state;
    any_block();
    lab.ntimes = 3;
    device_lab_run(&lab);
    for (lab.row = 0; lab.row < 3; lab.row++) {
        for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
            assert_int_equal(count(statuses[i], (enum quantity)(statuses[i] + 3)), 4);
        assert_int_equal(device_lab_total(&lab, Q_MEM_GRANTED), 5000);
        assert_int_equal(device_lab_total(&lab, Q_DISK_READ_RATE), 5000);
        assert_int_equal(device_lab_total(&lab, Q_NET_RECEIVED), 5000);
        assert_true(device_lab_has(&lab, Q_GUEST_SOURCE, FORM_TOTAL, 0));
        assert_int_equal(count(Q_HOST_CORE_UTILIZATION, Q_QUALITY_LEFT_OUT), 0);
    }
}

static void rows_of(const char *kind, size_t nrows)
{
    struct entity entity = lab_entity;
    const struct layer_options options = {.other_wait_is_unmet = true};
    struct layer_findings findings = {.rows = 0};
    any_block();
    device_lab_run(&lab); /* makes the block */
    entity.label[LABEL_KIND] = kind;
    lab.block.entity = &entity;
    row_batch_free(&lab.batch);
    layers_rows(&lab.block, &options, &lab.batch, &findings);
    assert_true(row_batch_ok(&lab.batch));
    assert_int_equal(lab.batch.nrows, nrows);
    assert_int_equal(findings.rows + findings.refused + findings.incomplete, 0);
    device_lab_check_order(&lab);
}

static void test_host(void **state)
{
    (void)state;
    rows_of("host", 1);
    assert_int_equal(device_lab_total(&lab, Q_HOST_CORE_UTILIZATION), 5000);
    assert_int_equal(device_lab_total(&lab, Q_HOST_USAGEMHZ), 5000);
    assert_int_equal(count(Q_HOST_CORE_UTILIZATION, Q_HOST_STATUS), lab.batch.nvalues);
}

/* Its rows are not made of samples. */
static void test_vcenter(void **state)
{
    (void)state;
    rows_of("vcenter", 0);
    assert_int_equal(lab.batch.nvalues, 0);
}

static int done(void **state)
{
    (void)state;
    row_batch_free(&lab.batch);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vm),
        cmocka_unit_test(test_host),
        cmocka_unit_test(test_vcenter),
    };
    return cmocka_run_group_tests(tests, NULL, done);
}
