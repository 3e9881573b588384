/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What protobuf-c reads of our requests, as text, and what we read of its answers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "formats/named.h"
#include "formats/otlp.h"
#include "otlp.pb-c.h"

#define NAME    \
    "w\xc3\xa9" \
    "b " /* and what is no UTF-8 */

static const char web_name[] = NAME "\xff";
static const struct entity web = {
    .vcenter_uuid = "u-1",
    .label = {"vc", "dc", "cl", "esx1", web_name, "vm-1", "5000-a", "", ""},
};
static const struct entity esx1 = {
    .vcenter_uuid = "u-1",
    .label = {"vc", "dc", "", "esx1", "", "host-1", "", "host", ""},
};
static const struct server_time noon = {1623683210000}, later = {1623683230000};

/* ---- requests as text ---- */

static void print_attributes(struct buf *out, Otlp__KeyValue **all, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(all[i]->value->value_case, OTLP__ANY_VALUE__VALUE_STRING_VALUE);
        buf_printf(out, "%s%s=%s", i ? "," : "", all[i]->key, all[i]->value->string_value);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(all[i]->key, all[j]->key);
    }
}

static void print_metric(struct buf *out, const Otlp__Metric *metric)
{
    buf_printf(out, "  %s [%s]%s\n", metric->name, metric->unit,
               *metric->description ? " helped" : "");
    assert_int_equal(metric->data_case, OTLP__METRIC__DATA_GAUGE);
    for (size_t i = 0; i < metric->gauge->n_data_points; i++) {
        const Otlp__NumberDataPoint *point = metric->gauge->data_points[i];
        assert_int_equal(point->time_unix_nano % 1000000, 0);
        assert_int_equal(point->start_time_unix_nano, 0);
        buf_printf(out, "    {");
        print_attributes(out, point->attributes, point->n_attributes);
        buf_printf(out, "} %lld ", (long long)(point->time_unix_nano / 1000000));
        if (point->value_case == OTLP__NUMBER_DATA_POINT__VALUE_AS_DOUBLE)
            buf_printf(out, "%.15g", point->as_double);
        buf_printf(out, "%s\n", point->flags == 1 ? "ended" : point->flags ? "?" : "");
    }
}

static void print_request(struct buf *out, const struct buf *bytes)
{
    Otlp__Request *r = otlp__request__unpack(NULL, bytes->len, (const uint8_t *)bytes->data);
    assert_non_null(r);
    assert_int_equal(otlp__request__get_packed_size(r), bytes->len);
    for (size_t i = 0; i < r->n_resource_metrics; i++) {
        const Otlp__ResourceMetrics *of = r->resource_metrics[i];
        assert_int_equal(of->base.n_unknown_fields, 0);
        assert_int_equal(of->n_scope_metrics, 1);
        assert_string_equal(of->scope_metrics[0]->scope->name, "vstrata");
        assert_string_equal(of->scope_metrics[0]->scope->version, VSTRATA_VERSION);
        print_attributes(out, of->resource->attributes, of->resource->n_attributes);
        buf_char(out, '\n');
        for (size_t m = 0; m < of->scope_metrics[0]->n_metrics; m++)
            print_metric(out, of->scope_metrics[0]->metrics[m]);
    }
    otlp__request__free_unpacked(r, NULL);
}

static void expect(const struct schema *schema, const char *labels, const struct row_batch *batch,
                   const char *want)
{
    struct buf bytes, text;
    struct otlp *otlp = otlp_new(schema, labels);
    assert_non_null(otlp);
    assert_true(row_batch_ok(batch));
    buf_init(&bytes, 1 << 20);
    buf_init(&text, 1 << 20);
    for (int again = 0; again < 2; again++) { /* scratch memory is used again */
        buf_clear(&bytes);
        buf_clear(&text);
        buf_str(&text, "");
        assert_true(otlp_write(otlp, batch, 0, batch->nrows, &bytes));
        print_request(&text, &bytes);
        assert_string_equal(text.data, want);
    }
    otlp_free(otlp);
    buf_free(&bytes);
    buf_free(&text);
}

/* ---- tests ---- */

static void test_request(void **state)
{
    (void)state;
    struct row_batch batch;
    row_batch_init(&batch);
    for (int row = 0; row < 2; row++) {
        row_batch_row(&batch, &web, row ? later : noon, 20);
        row_batch_value(&batch, Q_CPU_READY, FORM_TOTAL, 0, 1500 + row);
        row_batch_value(&batch, Q_CPU_READY, FORM_INSTANCE, 0, 500);
        row_batch_value(&batch, Q_CPU_READY, FORM_INSTANCE, 1, 1000);
        row_batch_value(&batch, Q_MEM_GRANTED, FORM_TOTAL, 0, row ? SERIES_STALE : 4);
    }
    row_batch_row(&batch, &esx1, noon, 20);
    row_batch_value(&batch, Q_HOST_CORES, FORM_TOTAL, 0, 16);
    expect(&schema_vstrata, "", &batch,
           "service.name=vstrata,service.instance.id=u-1/vm-1,vcenter=vc,datacenter=dc,cluster=cl,"
           "host=esx1,vm=" NAME "\xef\xbf\xbd,moid=vm-1,uuid=5000-a\n"
           "  vstrata_vm_cpu_ratio [1] helped\n"
           "    {layer=unmet,part=ready} 1623683210000 0.075\n"
           "    {layer=unmet,part=ready} 1623683230000 0.07505\n"
           "  vstrata_vcpu_cpu_ratio [1] helped\n"
           "    {layer=unmet,part=ready,vcpu=0} 1623683210000 0.025\n"
           "    {layer=unmet,part=ready,vcpu=0} 1623683230000 0.025\n"
           "    {layer=unmet,part=ready,vcpu=1} 1623683210000 0.05\n"
           "    {layer=unmet,part=ready,vcpu=1} 1623683230000 0.05\n"
           "  vstrata_vm_mem_bytes [By] helped\n"
           "    {layer=usage,part=granted} 1623683210000 4096\n"
           "    {layer=usage,part=granted} 1623683230000 ended\n"
           "service.name=vstrata,service.instance.id=u-1/host-1,vcenter=vc,datacenter=dc,"
           "host=esx1,moid=host-1\n"
           "  vstrata_host_count [{count}] helped\n"
           "    {part=cores} 1623683210000 16\n");
    row_batch_free(&batch);
}

static void test_labels(void **state)
{
    (void)state;
    struct row_batch batch;
    row_batch_init(&batch);
    row_batch_row(&batch, &esx1, noon, 20);
    row_batch_value(&batch, Q_HOST_CORES, FORM_TOTAL, 0, 16);
    expect(&schema_vstrata, "host=other\nsite=berlin\nservice.name=vms", &batch,
           "service.instance.id=u-1/host-1,vcenter=vc,datacenter=dc,exported_host=esx1,"
           "moid=host-1,host=other,service.name=vms,site=berlin\n"
           "  vstrata_host_count [{count}] helped\n"
           "    {part=cores} 1623683210000 16\n");
    row_batch_free(&batch);
}

/* Tags under names of their own stay with the points; raw numbers have units of the server's. */
static void test_other_schema(void **state)
{
    (void)state;
    static const struct raw raws[] = {{"cpu.ready.summation", "millisecond", "0", 30},
                                      {"cpu.usage.average", "percent", "", 1234}};
    struct row_batch batch;
    row_batch_init(&batch);
    row_batch_row(&batch, &esx1, noon, 20);
    for (size_t i = 0; i < sizeof raws / sizeof *raws; i++)
        add_raw(&batch, &raws[i]);
    static const char resource[] = "service.name=vstrata,service.instance.id=u-1/host-1,"
                                   "vcenter=vc,datacenter=dc,host=esx1,moid=host-1\n";
    struct buf want;
    buf_init(&want, 4096);
    buf_printf(&want,
               "%s  vsphere_host_cpu_ready_summation [ms]\n"
               "    {cpu=0,dcname=dc,esxhostname=esx1,source=esx1} 1623683210000 30\n"
               "  vsphere_host_cpu_usage_average [%%]\n"
               "    {cpu=instance-total,dcname=dc,esxhostname=esx1,source=esx1} 1623683210000 "
               "12.34\n",
               resource);
    expect(&schema_telegraf, "", &batch, want.data);
    buf_clear(&want);
    buf_printf(&want,
               "%s  vstrata_host_raw_cpu_ready_summation [ms]\n"
               "    {instance=0} 1623683210000 30\n"
               "  vstrata_host_raw_cpu_usage_average [{0.01%%}]\n"
               "    {} 1623683210000 1234\n",
               resource);
    expect(&schema_vstrata, "", &batch, want.data);
    buf_free(&want);
    row_batch_free(&batch);
}

static void test_nothing(void **state)
{
    (void)state;
    struct row_batch batch;
    struct buf out;
    row_batch_init(&batch);
    row_batch_row(&batch, &esx1, noon, 20);
    expect(&schema_vstrata, "", &batch, "");
    row_batch_value(&batch, Q_HOST_CORES, FORM_TOTAL, 0, 16);
    struct otlp *otlp = otlp_new(&schema_vstrata, "");
    assert_non_null(otlp);
    buf_init(&out, 4096);
    assert_true(otlp_write(otlp, &batch, 0, 1, &out));
    const size_t whole = out.len;
    buf_free(&out);
    for (size_t cap = 0; cap < whole; cap++) { /* too little room anywhere: nothing */
        buf_init(&out, cap);
        assert_false(otlp_write(otlp, &batch, 0, 1, &out));
        assert_int_equal(out.len, 0);
        buf_free(&out);
    }
    otlp_free(otlp);
    row_batch_free(&batch);
}

static void test_answer(void **state)
{
    (void)state;
    Otlp__Answer answer = OTLP__ANSWER__INIT;
    Otlp__PartialSuccess partial = OTLP__PARTIAL_SUCCESS__INIT;
    uint8_t bytes[256];
    char why[] = "too old";
    uint64_t rejected = 99;
    assert_true(otlp_rejected("", 0, &rejected));
    assert_int_equal(rejected, 0);
    answer.partial_success = &partial;
    partial.error_message = why;
    static const int64_t counts[] = {0, 1, 300, INT64_MAX, -1};
    static const uint64_t wanted[] = {0, 1, 300, INT64_MAX, 0};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        partial.rejected_data_points = counts[i];
        const size_t n = otlp__answer__pack(&answer, bytes);
        assert_true(otlp_rejected(bytes, n, &rejected));
        assert_true(rejected == wanted[i]);
        for (size_t cut = 1; cut < n; cut++)
            assert_false(otlp_rejected(bytes, cut, &rejected));
    }
    static const char *const others[] = {"<html>", "{\"partialSuccess\":{}}", "ok\n", "\x0a\xff"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(otlp_rejected(others[i], strlen(others[i]), &rejected));
}

/* Fields of a later version are passed by. */
static void test_newer_answer(void **state)
{
    (void)state;
    static const char bytes[] = "\x15"
                                "abcd\x19"
                                "abcdefgh\x20\x07\x0a\x07\x08\x05\x1a\x01x\x20\x01";
    uint64_t rejected = 0;
    assert_true(otlp_rejected(bytes, sizeof bytes - 1, &rejected));
    assert_int_equal(rejected, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request),      cmocka_unit_test(test_labels),
        cmocka_unit_test(test_other_schema), cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_answer),       cmocka_unit_test(test_newer_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
