/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "formats/openmetrics.h"
#include "formats/schema.h"

static const struct entity web = {
    .vcenter_uuid = "u-1",
    .label = {"vc", "dc", "cl", "esx1", "we\"b\\\n\xff", "vm-1", "5000-a", "", ""},
};
static const struct entity db = {
    .vcenter_uuid = "u-1",
    .label = {"vc", "dc", "cl", "esx1", "db", "vm-2", "", "", ""},
};
static const struct server_time noon = {1623683210500};

static void two_vms(struct row_batch *batch)
{
    row_batch_init(batch);
    row_batch_row(batch, &web, noon, 20);
    row_batch_value(batch, Q_CPU_READY, FORM_TOTAL, 0, 1500);
    row_batch_value(batch, Q_CPU_READY, FORM_INSTANCE, 1, 1);
    row_batch_value(batch, Q_CPU_COUNT, FORM_TOTAL, 0, 2);
    row_batch_row(batch, &db, noon, 20);
    row_batch_value(batch, Q_CPU_READY, FORM_TOTAL, 0, 20);
    row_batch_value(batch, Q_CPU_COSTOP, FORM_TOTAL, 0, SERIES_STALE);
}

#define WEB "{cluster=\"cl\",datacenter=\"dc\",host=\"esx1\""
#define WEB_END ",uuid=\"5000-a\",vcenter=\"vc\",vm=\"we\\\"b\\\\__\"} "

static void expect(const struct openmetrics_options *options, const char *labels, const char *want,
                   size_t lines)
{
    struct row_batch batch;
    struct buf out;
    size_t series = 99;
    two_vms(&batch);
    buf_init(&out, 1 << 20);
    struct series_walk *walk = series_walk_new(&schema_vstrata, labels);
    assert_non_null(walk);
    assert_true(openmetrics_write(walk, &batch, options, &out, &series));
    assert_string_equal(out.data, want);
    assert_int_equal(series, lines);
    series_walk_free(walk);
    buf_free(&out);
    row_batch_free(&batch);
}

static void test_golden(void **state)
{
    (void)state;
    expect(&(struct openmetrics_options){.timestamps = true}, "",
           "# TYPE vstrata_vm_cpu_ratio gauge\n# UNIT vstrata_vm_cpu_ratio ratio\n"
           "# HELP vstrata_vm_cpu_ratio Parts of CPU of a VM; the labels layer and part say "
           "which.\n"
           "vstrata_vm_cpu_ratio" WEB ",layer=\"unmet\",moid=\"vm-1\",part=\"ready\"" WEB_END
           "0.075 1623683210.5\n"
           "vstrata_vm_cpu_ratio" WEB ",layer=\"unmet\",moid=\"vm-2\",part=\"ready\","
           "vcenter=\"vc\",vm=\"db\"} 0.001 1623683210.5\n"
           "# TYPE vstrata_vcpu_cpu_ratio gauge\n# UNIT vstrata_vcpu_cpu_ratio ratio\n"
           "# HELP vstrata_vcpu_cpu_ratio Parts of CPU of one vCPU; the labels layer and part say "
           "which.\n"
           "vstrata_vcpu_cpu_ratio" WEB
           ",layer=\"unmet\",moid=\"vm-1\",part=\"ready\",uuid=\"5000-a\",vcenter=\"vc\","
           "vcpu=\"1\",vm=\"we\\\"b\\\\__\"} 0.00005 1623683210.5\n"
           "# TYPE vstrata_vm_cpu_check_count gauge\n# UNIT vstrata_vm_cpu_check_count count\n"
           "# HELP vstrata_vm_cpu_check_count Values beside the sums of CPU of a VM; the labels "
           "layer and part say which.\n"
           "vstrata_vm_cpu_check_count" WEB ",moid=\"vm-1\",part=\"count\"" WEB_END
           "2 1623683210.5\n"
           "# EOF\n",
           4);
}

static void test_without_times_and_with_labels(void **state)
{
    struct row_batch batch;
    struct buf out;
    (void)state;
    two_vms(&batch);
    buf_init(&out, 1 << 20);
    struct series_walk *walk = series_walk_new(&schema_vstrata, "site=a b\ncluster=mine");
    assert_true(openmetrics_write(walk, &batch, &(struct openmetrics_options){0}, &out, NULL));
    assert_non_null(strstr(out.data,
                           "\nvstrata_vm_cpu_ratio{cluster=\"mine\",datacenter=\"dc\","
                           "exported_cluster=\"cl\",host=\"esx1\",layer=\"unmet\",moid=\"vm-2\","
                           "part=\"ready\",site=\"a b\",vcenter=\"vc\",vm=\"db\"} 0.001\n"));
    series_walk_free(walk);
    buf_free(&out);
    row_batch_free(&batch);
}

static void test_too_much(void **state)
{
    struct row_batch batch;
    struct buf out;
    (void)state;
    two_vms(&batch);
    struct series_walk *walk = series_walk_new(&schema_vstrata, "");
    buf_init(&out, 1 << 20);
    assert_true(openmetrics_write(walk, &batch, &(struct openmetrics_options){0}, &out, NULL));
    const size_t whole = out.len;
    buf_free(&out);
    for (size_t cap = 0; cap < whole; cap += 50) {
        buf_init(&out, cap);
        assert_false(openmetrics_write(walk, &batch, &(struct openmetrics_options){0}, &out, NULL));
        assert_false(buf_ok(&out));
        buf_free(&out);
    }
    series_walk_free(walk);
    row_batch_free(&batch);
}

static void test_nothing(void **state)
{
    struct row_batch batch;
    struct buf out;
    (void)state;
    row_batch_init(&batch);
    buf_init(&out, 100);
    struct series_walk *walk = series_walk_new(&schema_vstrata, NULL);
    assert_true(openmetrics_write(walk, &batch, &(struct openmetrics_options){0}, &out, NULL));
    assert_string_equal(out.data, "# EOF\n");
    series_walk_free(walk);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_without_times_and_with_labels),
        cmocka_unit_test(test_too_much),
        cmocka_unit_test(test_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
