/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "formats/json.h"
#include "formats/json_catalogue.h"
#include "layers/reason.h"

static void test_strings(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"", "\"\""},
        {"plain text/1", "\"plain text/1\""},
        {"say \"hi\" \\", "\"say \\\"hi\\\" \\\\\""},
        {"\b\t\n\f\r", "\"\\b\\t\\n\\f\\r\""},
        {"\x01\x1f\x7f", "\"\\u0001\\u001f\\u007f\""},
        {"M\xC3\xBC \xF0\x9F\x98\x80", "\"M\xC3\xBC \xF0\x9F\x98\x80\""},
        {"cut\xE2\x82", "\"cut\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {"\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""}, /* a surrogate */
        {"\xF4\x90\x80\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {"\xFFok", "\"\xEF\xBF\xBDok\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out;
        buf_init(&out, 1000);
        json_string(&out, cases[i].text);
        assert_string_equal(out.data, cases[i].want);
        buf_free(&out);
    }
}

static const struct entity web = {
    .vcenter_uuid = "u-1",
    .label = {"vc", "dc", "cl", "esx1", "web \"1\"", "vm-1", "5000-a", "", ""},
};

#define HEAD                                                                                      \
    "{\"vcenter\":\"vc\",\"moid\":\"vm-1\",\"name\":\"web \\\"1\\\"\",\"datacenter\":\"dc\","     \
    "\"cluster\":\"cl\",\"host\":\"esx1\",\"uuid\":\"5000-a\",\"time\":\"2021-06-14T15:06:50Z\"," \
    "\"interval\":20"

static void expect(const struct row_batch *batch, const char *want)
{
    struct buf out;
    buf_init(&out, 1 << 16);
    json_row(&out, batch, &batch->rows[0]);
    assert_true(buf_ok(&out));
    assert_string_equal(out.data, want);
    buf_free(&out);
}

static void test_row(void **state)
{
    (void)state;
    struct row_batch batch;
    row_batch_init(&batch);
    row_batch_row(&batch, &web, (struct server_time){1623683210000}, 20);
    row_batch_value(&batch, Q_CPU_COUNT, FORM_TOTAL, 0, 3);
    row_batch_value(&batch, Q_CPU_READY, FORM_TOTAL, 0, 1500);
    row_batch_value(&batch, Q_CPU_READY, FORM_WORST, 0, 2000);
    row_batch_value(&batch, Q_CPU_READY, FORM_SPREAD, 0, 1000);
    row_batch_value(&batch, Q_CPU_READY, FORM_INSTANCE, 0, 1000);
    row_batch_value(&batch, Q_CPU_READY, FORM_INSTANCE, 2, 2000); /* vCPU 1 is not known */
    row_batch_value(&batch, QUANTITY_END, FORM_TOTAL, 0, 1);
    row_batch_value(&batch, Q_CPU_COUNTER_DEMAND, FORM_TOTAL, 0, 2401);
    row_batch_value(&batch, Q_CPU_STATUS_QUEUE, FORM_TOTAL, 0, 1);
    row_batch_value(&batch, Q_CPU_STATUS_USAGE, FORM_TOTAL, 0, 0);
    row_batch_value(&batch, Q_CPU_STATUS_OVERHEAD, FORM_TOTAL, 0, 8);
    row_batch_value(&batch, Q_CPU_STATUS_UNMET, FORM_TOTAL, 0, 999);
    expect(&batch, HEAD ",\"cpu.count\":3,\"cpu.ready\":0.075,\"cpu.ready.worst\":0.1,"
                        "\"cpu.ready.spread\":0.05,\"cpu.ready.vcpu\":[0.05,null,0.1],"
                        "\"cpu.counter_demand\":2401000000,\"status\":{\"cpu\":{"
                        "\"queue\":{\"status\":\"unavailable\",\"reason\":\"no guest source\"},"
                        "\"usage\":{\"status\":\"ok\",\"reason\":\"ok\"},"
                        "\"overhead\":{\"status\":\"partial\",\"reason\":"
                        "\"system time only, no estimate of the other worlds\"},"
                        "\"unmet\":{\"status\":\"unavailable\",\"reason\":\"unknown reason\"}}}}");
    row_batch_free(&batch);
}

static void test_memory(void **state)
{
    (void)state;
    struct row_batch batch;
    row_batch_init(&batch);
    row_batch_row(&batch, &web, (struct server_time){1623683210000}, 20);
    row_batch_value(&batch, Q_CPU_COUNT, FORM_TOTAL, 0, 3);
    row_batch_value(&batch, Q_CPU_STATUS_QUEUE, FORM_TOTAL, 0, REASON_NO_GUEST_SOURCE);
    row_batch_value(&batch, Q_CPU_STATUS_UNMET, FORM_TOTAL, 0, REASON_STATES_DO_NOT_ADD_UP);
    row_batch_value(&batch, Q_MEM_CONFIGURED, FORM_TOTAL, 0, (int64_t)24 << 30);
    row_batch_value(&batch, Q_MEM_GRANTED, FORM_TOTAL, 0, 2500000);
    row_batch_value(&batch, Q_MEM_BALLOONED, FORM_TOTAL, 0, 0);
    row_batch_value(&batch, Q_MEM_SWAPIN, FORM_TOTAL, 0, 7);
    row_batch_value(&batch, Q_MEM_CONTENTION, FORM_TOTAL, 0, 321);
    row_batch_value(&batch, Q_MEM_STATUS_QUEUE, FORM_TOTAL, 0, REASON_NO_GUEST_SOURCE);
    row_batch_value(&batch, Q_MEM_STATUS_USAGE, FORM_TOTAL, 0, REASON_SPACES_EXCEED);
    row_batch_value(&batch, Q_MEM_STATUS_OVERHEAD, FORM_TOTAL, 0, REASON_OK);
    expect(&batch,
           HEAD ",\"cpu.count\":3,\"mem.configured\":26388279066624,\"mem.granted\":2560000000,"
                "\"mem.ballooned\":0,\"mem.swapin\":7168,\"mem.contention\":0.0321,\"status\":{"
                "\"cpu\":{"
                "\"queue\":{\"status\":\"unavailable\",\"reason\":\"no guest source\"},"
                "\"unmet\":{\"status\":\"unavailable\",\"reason\":"
                "\"vCPU states do not add up to the interval\"}},"
                "\"mem\":{"
                "\"queue\":{\"status\":\"unavailable\",\"reason\":\"no guest source\"},"
                "\"usage\":{\"status\":\"partial\",\"reason\":"
                "\"memory spaces add up to more than is configured\"},"
                "\"overhead\":{\"status\":\"ok\",\"reason\":\"ok\"}}}}");
    row_batch_free(&batch);
}

/* No row of ours is like that; a damaged journal may hold one. */
static void test_vcpus_out_of_order(void **state)
{
    struct row_batch batch;
    (void)state;
    row_batch_init(&batch);
    row_batch_row(&batch, &web, (struct server_time){1623683210000}, 20);
    row_batch_value(&batch, Q_CPU_READY, FORM_INSTANCE, 1, 20000);
    row_batch_value(&batch, Q_CPU_READY, FORM_INSTANCE, 0, 10000);
    expect(&batch, HEAD ",\"cpu.ready.vcpu\":[null,1],\"cpu.ready.vcpu\":[0.5],\"status\":{}}");
    row_batch_free(&batch);
}

/* Samples as they came are for other stores; nothing of them is printed. */
static void test_raw(void **state)
{
    struct row_batch batch;
    (void)state;
    row_batch_init(&batch);
    row_batch_row(&batch, &web, (struct server_time){1623683210000}, 20);
    row_batch_value(&batch, Q_CPU_COUNT, FORM_TOTAL, 0, 3);
    row_batch_raw(&batch, row_batch_raw_counter(&batch, "net.usage.average", "kiloBytesPerSecond"),
                  row_batch_raw_instance(&batch, "4000"), 17);
    expect(&batch, HEAD ",\"cpu.count\":3,\"status\":{}}");
    row_batch_free(&batch);
}

static void test_empty_row(void **state)
{
    (void)state;
    struct row_batch batch;
    row_batch_init(&batch);
    row_batch_row(&batch, &web, (struct server_time){1623683210000}, 20);
    expect(&batch, HEAD ",\"status\":{}}");
    row_batch_free(&batch);
}

static void test_catalogue(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 1 << 18);
    json_catalogue(&out);
    assert_true(buf_ok(&out));
    assert_non_null(strstr(out.data,
                           "{\"name\":\"mem.granted\",\"scope\":\"vm\",\"resource\":\"mem\","
                           "\"part\":\"granted\",\"title\":\"Granted memory\","
                           "\"layer\":\"usage\",\"letter\":\"B\",\"kind\":\"part\","
                           "\"unit\":\"bytes\",\"scale\":1024,"
                           "\"forms\":[\"total\"],\"help\":"));
    assert_non_null(strstr(out.data, "\"unit\":\"bytes_per_second\",\"scale\":1024,"));
    assert_non_null(strstr(out.data, "\"others\":[{\"product\":\"vSphere\","
                                     "\"name\":\"mem.granted.average\",\"differs\":\"the same"));
    assert_non_null(strstr(out.data, "{\"product\":\"esxtop\",\"name\":\"GRANT\","));
    assert_non_null(strstr(out.data, "\"others\":[],\"no_counter\":\"Follows from IOs"));
    assert_non_null(strstr(out.data, "\"others\":[]}]")); /* the last: a verdict */
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strings),   cmocka_unit_test(test_row),
        cmocka_unit_test(test_memory),    cmocka_unit_test(test_vcpus_out_of_order),
        cmocka_unit_test(test_empty_row), cmocka_unit_test(test_catalogue),
        cmocka_unit_test(test_raw),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
