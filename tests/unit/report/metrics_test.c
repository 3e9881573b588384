/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/metrics.h"

static char *text_of(const struct metrics *metrics)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    metrics_write(metrics, &out);
    assert_true(buf_ok(&out));
    return buf_take(&out);
}

static void prints_each_set_with_its_subject(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_new();
    struct metric_set *one = metrics_set(metrics, METRIC_OF_VCENTER, "vc\"1");
    struct metric_set *two = metrics_set(metrics, METRIC_OF_VCENTER, "vc2");
    metrics_set(metrics, METRIC_OF_PROCESS, "");
    metric_add(one, METRIC_CYCLES, 2);
    metric_add(one, METRIC_CYCLES, 3);
    metric_put(two, METRIC_CYCLE_SECONDS, 1250);
    metric_add(NULL, METRIC_CYCLES, 1);
    char *text = text_of(metrics);
    assert_non_null(strstr(text, "\nvstrata_collect_cycles_total{vcenter=\"vc\\\"1\"} 5\n"));
    assert_non_null(
        strstr(text, "\nvstrata_collect_cycle_duration_seconds{vcenter=\"vc2\"} 1.25\n"));
    assert_non_null(strstr(text, "# TYPE vstrata_collect_cycles counter\n"));
    assert_non_null(strstr(text, "# UNIT vstrata_collect_cycle_duration_seconds seconds\n"));
    assert_non_null(strstr(text, "\nvstrata_process_resident_memory_bytes "));
    assert_string_equal(text + strlen(text) - 6, "# EOF\n");
    free(text);
    metrics_free(metrics);
}

static void every_figure_has_name_and_help(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_new();
    char *text = text_of(metrics);
    int types = 0;
    for (const char *at = text; (at = strstr(at, "# TYPE vstrata_")); at++)
        types++;
    assert_int_equal(types, METRIC_COUNT);
    assert_null(strstr(text, "(null)"));
    assert_null(strstr(text, "vstrata_ "));
    free(text);
    metrics_free(metrics);
}

static void sets_are_found_by_scope(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_new();
    metrics_set(metrics, METRIC_OF_STORE, "a");
    metrics_set(metrics, METRIC_OF_VCENTER, "b");
    metrics_set(metrics, METRIC_OF_STORE, "c");
    int stores = 0;
    while (metrics_at(metrics, METRIC_OF_STORE, (unsigned)stores))
        stores++;
    assert_int_equal(stores, 2);
    assert_string_equal(metric_set_subject(metrics_at(metrics, METRIC_OF_VCENTER, 0)), "b");
    metrics_free(metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_each_set_with_its_subject),
        cmocka_unit_test(every_figure_has_name_and_help),
        cmocka_unit_test(sets_are_found_by_scope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
