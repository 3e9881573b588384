/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The walk, with schemas that are tested elsewhere.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "formats/named.h"

static const struct entity web = {
    .vcenter_uuid = "u-1",
    .label = {"vc", "dc", "", "esx1", "web", "vm-1", "", "", ""},
};
static const struct entity mail = {
    .vcenter_uuid = "u-1",
    .label = {"vc", "dc", "", "esx1", "mail", "vm-2", "", "", ""},
};

#define TAGS(vm, moid) "datacenter=dc,host=esx1,moid=" moid ",part=count,vcenter=vc,vm=" vm

static void expect(const char *labels, const struct row_batch *batch, size_t first, size_t last,
                   enum series_order order, const char *want)
{
    struct series_walk *walk = series_walk_new(&schema_vstrata, labels);
    struct buf out;
    assert_non_null(walk);
    buf_init(&out, 1 << 16);
    for (int again = 0; again < 2; again++) { /* the scratch is kept, and nothing else */
        buf_clear(&out);
        assert_true(series_walk_rows(walk, batch, first, last, order, print_series, &out));
        assert_string_equal(out.len ? out.data : "", want);
    }
    buf_free(&out);
    series_walk_free(walk);
}

static void fill(struct row_batch *batch)
{
    row_batch_init(batch);
    for (int64_t i = 0; i < 3; i++) {
        row_batch_row(batch, i < 2 ? &web : &mail, (struct server_time){20000 * i}, 20);
        row_batch_value(batch, Q_CPU_COUNT, FORM_TOTAL, 0, i + 1);
        if (i != 1)
            add_raw(batch, &(struct raw){"mem.usage.average", "percent", "", 10 + i});
    }
}

static void test_orders(void **state)
{
    (void)state;
#define COUNT "vstrata_vm_cpu_check count {"
#define RAW "vstrata_vm_raw mem_usage_average {datacenter=dc,host=esx1,"
    struct row_batch batch;
    fill(&batch);
    expect("", &batch, 0, 3, SERIES_BY_ROW,
           COUNT TAGS("web", "vm-1") "} 1\n" RAW "moid=vm-1,vcenter=vc,vm=web} 10\n" COUNT TAGS(
               "web", "vm-1") "} 2\n" COUNT TAGS("mail", "vm-2") "} 3\n" RAW
                                                                 "moid=vm-2,vcenter=vc,vm=mail} "
                                                                 "12\n");
    expect("", &batch, 0, 3, SERIES_BY_ENTITY,
           COUNT TAGS("web", "vm-1") "} 1 2\n" RAW "moid=vm-1,vcenter=vc,vm=web} 10\n" COUNT TAGS(
               "mail", "vm-2") "} 3\n" RAW "moid=vm-2,vcenter=vc,vm=mail} 12\n");
    expect("", &batch, 1, 2, SERIES_BY_ENTITY, COUNT TAGS("web", "vm-1") "} 2\n");
    expect("", &batch, 1, 1, SERIES_BY_ENTITY, "");
    row_batch_free(&batch);
}

static void test_labels(void **state)
{
    (void)state;
    struct row_batch batch;
    fill(&batch);
    /* sorted among the tags; a tag of the same key goes on under another; the first of two wins */
    expect("zone=z\nhost=other\na=1\nzone=y\nempty=\n=x\nplain", &batch, 1, 2, SERIES_BY_ROW,
           "vstrata_vm_cpu_check count {a=1,datacenter=dc,exported_host=esx1,host=other,moid=vm-1,"
           "part=count,vcenter=vc,vm=web,zone=z} 2\n");
    row_batch_free(&batch);
}

static void test_too_many_labels(void **state)
{
    (void)state;
    char labels[4096] = "";
    for (int i = 0; i <= SERIES_TAGS / 2; i++)
        snprintf(labels + strlen(labels), sizeof labels - strlen(labels), "k%d=v\n", i);
    assert_null(series_walk_new(&schema_vstrata, labels));
    series_walk_free(NULL);
}

static bool stop(void *ctx, const struct series *series)
{
    (void)series;
    return --*(int *)ctx > 0;
}

static void test_stops(void **state)
{
    (void)state;
    struct row_batch batch;
    struct series_walk *walk = series_walk_new(&schema_vstrata, "");
    int left = 2;
    fill(&batch);
    assert_false(series_walk_rows(walk, &batch, 0, 3, SERIES_BY_ROW, stop, &left));
    assert_int_equal(left, 0);
    series_walk_free(walk);
    row_batch_free(&batch);
}

static void test_numbers(void **state)
{
    (void)state;
    static const struct {
        int64_t ticks, scale;
        enum quantity quantity;
        const char *text;
        double value;
    } cases[] = {
        {4711, 100, 0, "47.11", 47.11},
        {123456789012345678, 100, 0, "1234567890123456.78", 1234567890123456.78},
        {-5, 1, 0, "-5", -5},
        {1000, 600, 0, "1.66666666666667", 1000.0 / 600},
        {1500, 0, Q_CPU_READY, "0.075", 0.075},
        {(int64_t)3 << 40, 1024, 0, "3221225472", 3221225472.0},
    };
    struct buf out;
    buf_init(&out, 64);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct series series = {.info = cases[i].quantity ? quantity_info(cases[i].quantity)
                                                                : NULL,
                                      .raw_scale = cases[i].scale};
        buf_clear(&out);
        series_number(&out, &series, cases[i].ticks);
        assert_string_equal(out.data, cases[i].text);
        assert_true(fabs(series_value(&series, cases[i].ticks) - cases[i].value) < 1e-9);
        assert_true(isnan(series_value(&series, SERIES_STALE)));
    }
    buf_free(&out);
}

static void test_tag(void **state)
{
    (void)state;
    static const struct series_tag tags[] = {{"host", "esx1|", 4, 4}, {"vm_", "web", 2, 3}};
    const struct series series = {.ntags = 2, .tags = tags};
    assert_ptr_equal(series_tag(&series, "host"), &tags[0]);
    assert_ptr_equal(series_tag(&series, "vm"), &tags[1]);
    assert_null(series_tag(&series, "vm_"));
    assert_null(series_tag(&series, "hos"));
}

static void test_schemas(void **state)
{
    (void)state;
    assert_ptr_equal(schema_find("telegraf"), &schema_telegraf);
    assert_ptr_equal(schema_find("vstrata"), schema_at(0));
    assert_null(schema_find("telegraf "));
    assert_null(schema_find(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_orders),          cmocka_unit_test(test_labels),
        cmocka_unit_test(test_too_many_labels), cmocka_unit_test(test_stops),
        cmocka_unit_test(test_numbers),         cmocka_unit_test(test_tag),
        cmocka_unit_test(test_schemas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
