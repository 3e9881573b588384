/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "formats/line_protocol.h"
#include "formats/line_series.h"
#include "formats/named.h"

static const struct entity web = {
    .vcenter_uuid = "u-1",
    .label = {"vc", "dc", "cl", "esx1", "web, =1", "vm-1", "5000-a", "",
              "4000\tNetwork adapter 1\tVM Network\nscsi0:0\tHard disk 1\tds 1"},
};
static const struct entity esx1 = {
    .vcenter_uuid = "u-1",
    .label = {"vc", "dc", "", "esx1", "", "host-1", "", "host", ""},
};
static const struct entity vcenter = {
    .vcenter_uuid = "u-1",
    .label = {"vc", "", "", "", "", "", "", "vcenter", ""},
};
static const struct server_time noon = {1623683210000};

static void write_lines(const struct schema *schema, const char *labels,
                        const struct row_batch *batch, enum line_precision precision,
                        struct buf *out)
{
    struct series_walk *walk = series_walk_new(schema, labels);
    assert_non_null(walk);
    assert_true(row_batch_ok(batch));
    assert_true(line_series_write(walk, batch, 0, batch->nrows, precision, out));
    series_walk_free(walk);
}

static void expect(const struct schema *schema, const char *labels, const struct row_batch *batch,
                   enum line_precision precision, const char *want)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    write_lines(schema, labels, batch, precision, &out);
    assert_string_equal(out.data ? out.data : "", want);
    buf_free(&out);
}

/* Fields of a line come scattered: counter by counter, each with all its instances. */
static void test_gathers(void **state)
{
    (void)state;
    static const struct raw raws[] = {
        {"cpu.ready.summation", "millisecond", "", 30},
        {"cpu.ready.summation", "millisecond", "0", 10},
        {"cpu.ready.summation", "millisecond", "1", 20},
        {"mem.usage.average", "percent", "", 5000},
        {"cpu.usage.average", "percent", "", 1234},
        {"cpu.usage.average", "percent", "1", 1},
        {"cpu.run.summation", "millisecond", "0", 7},
    };
    struct row_batch batch;
    row_batch_init(&batch);
    for (int64_t row = 0; row < 2; row++) {
        row_batch_row(&batch, &esx1, (struct server_time){noon.ms + 20000 * row}, 20);
        for (size_t i = 0; i < sizeof raws / sizeof *raws; i++)
            add_raw(&batch, &raws[i]);
    }
    row_batch_row(&batch, &esx1, (struct server_time){noon.ms + 40000}, 20); /* has nothing */
#define HOST "dcname=dc,esxhostname=esx1"
#define END "moid=host-1,source=esx1,vcenter=vc "
#define LINES(stamp)                                                                            \
    "vsphere_host_cpu,cpu=instance-total," HOST "," END                                         \
    "ready_summation=30i,usage_average=12.34 " stamp "\n"                                       \
    "vsphere_host_cpu,cpu=0," HOST "," END "ready_summation=10i,run_summation=7i " stamp "\n"   \
    "vsphere_host_cpu,cpu=1," HOST "," END "ready_summation=20i,usage_average=0.01 " stamp "\n" \
    "vsphere_host_mem," HOST "," END "usage_average=50 " stamp "\n"
    expect(&schema_telegraf, "", &batch, LINE_MS, LINES("1623683210000") LINES("1623683230000"));
    expect(&schema_telegraf, "", &batch, LINE_S, LINES("1623683210") LINES("1623683230"));
    expect(&schema_telegraf, "", &batch, LINE_US,
           LINES("1623683210000000") LINES("1623683230000000"));
    expect(&schema_telegraf, "", &batch, LINE_NS,
           LINES("1623683210000000000") LINES("1623683230000000000"));
    row_batch_free(&batch);
}

static void test_escapes(void **state)
{
    (void)state;
    struct row_batch batch;
    row_batch_init(&batch);
    row_batch_row(&batch, &web, noon, 20);
    add_raw(&batch, &(struct raw){"disk.read.average", "kiloBytesPerSecond", "a b\\", 1});
    expect(&schema_vstrata, "x y=1,2", &batch, LINE_MS,
           "vstrata_vm_raw,cluster=cl,datacenter=dc,host=esx1,instance=a\\ b_,moid=vm-1,"
           "uuid=5000-a,vcenter=vc,vm=web\\,\\ \\=1,x\\ y=1\\,2 disk_read_average=1 "
           "1623683210000\n");
    row_batch_free(&batch);
}

/* A label of the configuration goes before a tag of the schema. */
static void test_labels(void **state)
{
    (void)state;
    struct row_batch batch;
    row_batch_init(&batch);
    row_batch_row(&batch, &esx1, noon, 20);
    add_raw(&batch, &(struct raw){"sys.uptime.latest", "second", "", 9});
    expect(&schema_telegraf, "vcenter=other\nsite=b", &batch, LINE_MS,
           "vsphere_host_sys,dcname=dc,esxhostname=esx1,exported_vcenter=vc,moid=host-1,site=b,"
           "source=esx1,vcenter=other uptime_latest=9i 1623683210000\n");
    row_batch_free(&batch);
}

static void test_no_field_and_ended(void **state)
{
    (void)state;
    struct row_batch batch;
    row_batch_init(&batch);
    row_batch_row(&batch, &web, noon, 20);
    add_raw(&batch, &(struct raw){"net.usage.average", "kiloBytesPerSecond", "", 9});
    add_raw(&batch, &(struct raw){"cpu.latency.average", "percent", "", SERIES_STALE});
    expect(&schema_sexigraf, "", &batch, LINE_MS,
           "vmw.vc.dc.cl.vm.web___1.fatstats.netUsage value=9 1623683210000\n");
    row_batch_free(&batch);
}

/* A measurement that another one begins with, with the same tags. */
static void test_alike(void **state)
{
    (void)state;
    struct row_batch batch;
    row_batch_init(&batch);
    row_batch_row(&batch, &esx1, noon, 20);
    add_raw(&batch, &(struct raw){"memx.usage.average", "number", "", 1});
    add_raw(&batch, &(struct raw){"mem.usage.average", "number", "", 2});
    expect(&schema_telegraf, "", &batch, LINE_S,
           "vsphere_host_memx," HOST "," END "usage_average=1i 1623683210\n"
           "vsphere_host_mem," HOST "," END "usage_average=2i 1623683210\n");
    row_batch_free(&batch);
}

static void test_empty(void **state)
{
    (void)state;
    struct row_batch batch;
    row_batch_init(&batch);
    expect(&schema_telegraf, "", &batch, LINE_MS, "");
    row_batch_free(&batch);
}

static void test_full(void **state)
{
    (void)state;
    struct row_batch batch;
    struct buf out;
    buf_init(&out, 100);
    row_batch_init(&batch);
    row_batch_row(&batch, &web, noon, 20);
    add_raw(&batch, &(struct raw){"net.usage.average", "kiloBytesPerSecond", "", 9});
    struct series_walk *walk = series_walk_new(&schema_telegraf, "");
    assert_false(line_series_write(walk, &batch, 0, 1, LINE_MS, &out));
    assert_false(buf_ok(&out));
    series_walk_free(walk);
    row_batch_free(&batch);
    buf_free(&out);
}

/* ---- the two ways of our own schema ---- */

static void fill(struct row_batch *batch)
{
    row_batch_init(batch);
    row_batch_row(batch, &web, noon, 20);
    for (size_t i = 0; i < quantity_count(); i++) {
        const struct quantity_info *info = quantity_at(i);
        static const uint16_t instances[INSTANCE_KINDS] = {[INSTANCE_NIC] = 4000};
        if (quantity_scope(info) != SCOPE_VM)
            continue;
        for (enum form form = FORM_TOTAL; form < FORM_COUNT; form++)
            if (info->forms & 1u << form)
                row_batch_value(batch, info->id, form,
                                form == FORM_INSTANCE ? instances[quantity_instances(info)] : 0,
                                (int64_t)i * 1000 + form);
    }
    add_raw(batch, &(struct raw){"cpu.ready.summation", "millisecond", "", 1});
    add_raw(batch, &(struct raw){"cpu.usage.average", "percent", "", 4711});
    add_raw(batch, &(struct raw){"cpu.ready.summation", "millisecond", "0", 2});
    row_batch_row(batch, &esx1, noon, 20);
    row_batch_value(batch, Q_HOST_CORES, FORM_TOTAL, 0, 16);
    add_raw(batch, &(struct raw){"sys.uptime.latest", "second", "", 3});
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "measurement,tags field" of every field, sorted. */
static size_t points(const char *text, struct buf *out)
{
    char *copy = strdup(text), *list[4096] = {NULL};
    size_t n = 0;
    struct buf one;
    buf_init(&one, 1 << 16);
    for (char *rest = copy, *line; (line = strtok_r(rest, "\n", &rest));) {
        char *fields = strchr(line, ' ');
        while (fields[-1] == '\\')
            fields = strchr(fields + 1, ' ');
        *fields++ = '\0';
        char *stamp = strchr(fields, ' ');
        *stamp++ = '\0';
        for (char *field; (field = strtok_r(fields, ",", &fields));) {
            buf_printf(&one, "%s %s %s", line, field, stamp);
            list[n++] = buf_take(&one);
        }
    }
    qsort(list, n, sizeof *list, by_text);
    for (size_t i = 0; i < n; i++) {
        buf_str(out, list[i]);
        buf_char(out, '\n');
        free(list[i]);
    }
    free(copy);
    return n;
}

static void test_same_as_line_protocol(void **state)
{
    (void)state;
    struct row_batch batch;
    struct buf fast, slow, fast_points, slow_points;
    buf_init(&fast, 1 << 20);
    buf_init(&slow, 1 << 20);
    buf_init(&fast_points, 1 << 20);
    buf_init(&slow_points, 1 << 20);
    fill(&batch);
    const size_t written =
        line_protocol_write(&batch, 0, batch.nrows, &(struct line_options){LINE_MS}, &fast);
    write_lines(&schema_vstrata, "", &batch, LINE_MS, &slow);
    assert_int_equal(written, batch.nvalues);
    assert_int_equal(points(fast.data, &fast_points), batch.nvalues);
    assert_int_equal(points(slow.data, &slow_points), batch.nvalues);
    assert_string_equal(slow_points.data, fast_points.data);
    row_batch_free(&batch);
    buf_free(&fast);
    buf_free(&slow);
    buf_free(&fast_points);
    buf_free(&slow_points);
}

/* A vCenter has no counters; both ways leave them out. */
static void test_vcenter(void **state)
{
    (void)state;
    struct row_batch batch;
    struct buf out;
    buf_init(&out, 1 << 16);
    row_batch_init(&batch);
    row_batch_row(&batch, &vcenter, noon, 20);
    add_raw(&batch, &(struct raw){"cpu.ready.summation", "millisecond", "", 1});
    expect(&schema_vstrata, "", &batch, LINE_MS, "");
    assert_int_equal(
        line_protocol_write(&batch, 0, batch.nrows, &(struct line_options){LINE_MS}, &out), 0);
    assert_int_equal(out.len, 0);
    row_batch_free(&batch);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gathers), cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_labels),  cmocka_unit_test(test_no_field_and_ended),
        cmocka_unit_test(test_alike),   cmocka_unit_test(test_empty),
        cmocka_unit_test(test_full),    cmocka_unit_test(test_same_as_line_protocol),
        cmocka_unit_test(test_vcenter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
