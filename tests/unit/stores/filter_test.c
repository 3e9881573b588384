/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "formats/schema.h"
#include "stores/filter.h"
#include "stores/hold_back.h"

/* vcenter, datacenter, cluster, host, vm, moid, uuid, kind, devices */
static const struct entity web = {
    "x", {"vc1", "Paris", "Prod East", "esx1", "web 1", "vm-1", "50-a", "", ""}};
static const struct entity db = {"x", {"vc1", "Paris", "test", "esx2", "db", "vm-2", "", "", ""}};
static const struct entity esx = {
    "x", {"vc1", "Paris", "Prod East", "esx1", "", "host-1", "", "host", ""}};
static const struct entity vc = {"x", {"vc1", "", "", "", "", "vcenter", "", "vcenter", ""}};

static void add_vm(struct row_batch *batch, const struct entity *vm)
{
    row_batch_row(batch, vm, (struct server_time){1000}, 20);
    row_batch_value(batch, Q_CPU_READY, FORM_TOTAL, 0, 1);
    row_batch_value(batch, Q_CPU_READY, FORM_WORST, 0, 2);
    row_batch_value(batch, Q_CPU_READY, FORM_INSTANCE, 0, 3);
    row_batch_value(batch, Q_CPU_READY, FORM_INSTANCE, 1, 4);
    row_batch_value(batch, Q_CPU_IDLE, FORM_TOTAL, 0, 5);
    row_batch_value(batch, Q_CPU_STATUS_UNMET, FORM_TOTAL, 0, 6);
    row_batch_value(batch, Q_DISK_READS, FORM_INSTANCE, 0, 7);
}

/* 25 values: 7 of each VM, 2 of the host, 1 of the vCenter, and 4 raw of each but the vCenter (the
 * host 0). */
static void make(struct row_batch *batch)
{
    row_batch_init(batch);
    const struct entity *vms[] = {&web, &db};
    for (size_t i = 0; i < 2; i++) {
        add_vm(batch, vms[i]);
        unsigned ready = row_batch_raw_counter(batch, "cpu.ready.summation", "millisecond");
        unsigned net = row_batch_raw_counter(batch, "net.usage.average", "kiloBytesPerSecond");
        unsigned all = row_batch_raw_instance(batch, ""), one = row_batch_raw_instance(batch, "0");
        row_batch_raw(batch, ready, all, 8);
        row_batch_raw(batch, ready, one, 9);
        row_batch_raw(batch, net, all, 10);
        row_batch_raw(batch, net, one, 11);
    }
    row_batch_row(batch, &esx, (struct server_time){1000}, 20);
    row_batch_value(batch, Q_HOST_READY, FORM_TOTAL, 0, 12);
    row_batch_value(batch, Q_HOST_STATUS, FORM_TOTAL, 0, 13);
    row_batch_row(batch, &vc, (struct server_time){1000}, 20);
    row_batch_value(batch, Q_QUALITY_LAG, FORM_TOTAL, 0, 14);
    assert_true(row_batch_ok(batch));
}

/* "web 1: 1 2; esx: 12": the ticks that are left, row by row. */
static void tell(const struct row_batch *batch, struct buf *out)
{
    size_t values = 0;
    for (size_t i = 0; i < batch->nrows; i++) {
        const struct layer_row *row = &batch->rows[i];
        const char *name = row->entity->label[LABEL_VM];
        buf_printf(out, "%s%s:", i ? "; " : "", *name ? name : row->entity->label[LABEL_MOID]);
        assert_int_equal(row->first, values); /* no gaps */
        for (uint32_t k = 0; k < row->count; k++)
            buf_printf(out, " %lld", (long long)batch->values[row->first + k].ticks);
        values += row->count;
    }
    assert_int_equal(batch->nvalues, values);
}

static void expect(const struct store_options *options, const char *want)
{
    struct filter *filter;
    struct store_error err = {.message = ""};
    struct buf got;
    buf_init(&got, 10000);
    if (filter_new(options, &filter, &err) != 0)
        fail_msg("%s", err.message);
    for (int again = 0; again < 2; again++) { /* what is kept between batches does no harm */
        struct row_batch batch;
        make(&batch);
        assert_true(filter_apply(filter, &batch));
        buf_clear(&got);
        tell(&batch, &got);
        if (strcmp(got.len ? got.data : "", want) != 0)
            fail_msg("include \"%s\" exclude \"%s\":\n     got %s\n  wanted %s", options->include,
                     options->exclude, got.len ? got.data : "", want);
        row_batch_free(&batch);
    }
    filter_free(filter);
    buf_free(&got);
}

/* Raw counters are all in: their names are asked for. */
static void test_selectors(void **state)
{
    static const struct {
        const char *include, *exclude, *want;
    } cases[] = {
        {"", "",
         "web 1: 1 2 3 4 5 6 7 8 9 10 11; db: 1 2 3 4 5 6 7 8 9 10 11; host-1: 12 13; "
         "vcenter: 14"},
        /* of quantities */
        {"cpu.ready", "", "web 1: 1 2 3 4; db: 1 2 3 4"},
        {"cpu.*", "", "web 1: 1 2 3 4 5 6; db: 1 2 3 4 5 6"},
        {"c?u.i*e", "", "web 1: 5; db: 5"},
        {"*.ready", "", "web 1: 1 2 3 4; db: 1 2 3 4; host-1: 12"},
        {"name:cpu.idle", "", "web 1: 5; db: 5"},
        {"layer:idle", "", "web 1: 5; db: 5"},
        {"kind:status", "", "web 1: 6; db: 6; host-1: 13"},
        {"form:worst", "", "web 1: 2; db: 2"},
        {"form:v*", "", "web 1: 3 4 7; db: 3 4 7"},
        {"form:vcpu", "", "web 1: 3 4; db: 3 4"},
        {"  form:worst   layer:unmet ", "", "web 1: 2; db: 2"},
        /* of entities */
        {"vm:db", "", "db: 1 2 3 4 5 6 7 8 9 10 11"},
        {"vm:\"web 1\"", "", "web 1: 1 2 3 4 5 6 7 8 9 10 11"},
        {"cluster:\"Prod *\"", "", "web 1: 1 2 3 4 5 6 7 8 9 10 11; host-1: 12 13"},
        {"cluster:\"\"", "", "vcenter: 14"},
        {"uuid:\"\" scope:vm", "", "db: 1 2 3 4 5 6 7 8 9 10 11"},
        {"scope:vcenter", "", "vcenter: 14"},
        {"host:esx2 layer:idle", "", "db: 5"},
        {"moid:vm-*", "", "web 1: 1 2 3 4 5 6 7 8 9 10 11; db: 1 2 3 4 5 6 7 8 9 10 11"},
        {"vm:DB", "", ""}, /* letters as they are */
        /* of raw counters */
        {"raw:net.*", "", "web 1: 10 11; db: 10 11"},
        {"raw:* vm:db", "", "db: 8 9 10 11"},
        {"raw:net.* raw:*.summation", "", ""},
        /* lists, and one against the other */
        {"cpu.idle\nvm:db form:worst\nscope:host", "", "web 1: 5; db: 2 5; host-1: 12 13"},
        {"", "cpu.*\nraw:*", "web 1: 7; db: 7; host-1: 12 13; vcenter: 14"},
        {"scope:vm", "vm:db\nraw:cpu.*\nform:vcpu", "web 1: 1 2 5 6 7 10 11"},
        {"", "scope:*", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect(&(struct store_options){.include = cases[i].include,
                                       .exclude = cases[i].exclude,
                                       .per_vcpu = 1,
                                       .schema = "vstrata",
                                       .raw = "*"},
               cases[i].want);
}

static void test_options(void **state)
{
    (void)state;
    struct store_options options = {.per_vcpu = 1, .include = "vm:db", .exclude = ""};
    expect(&options, "db: 1 2 3 4 5 6 7"); /* no schema: no raw */
    options.schema = "vstrata";
    expect(&options, "db: 1 2 3 4 5 6 7"); /* none asked for */
    options.raw = "cpu.usage.average\nnet.*";
    expect(&options, "db: 1 2 3 4 5 6 7 10 11");
    options.per_vcpu = 0;
    expect(&options, "db: 1 2 5 6 7 10 11"); /* disks stay */
    options.raw = "*";
    expect(&options, "db: 1 2 5 6 7 8 10 11"); /* so does what is 0 and no vCPU */
    options.include = NULL;
    options.exclude = "scope:*";
    expect(&options, "");
}

/* A schema gets the quantities and counters that it names, whatever collect.raw says. */
static void test_schemas(void **state)
{
    (void)state;
    for (unsigned i = 0; schema_at(i); i++) {
        const struct schema *schema = schema_at(i);
        struct store_options options = {.per_vcpu = 1, .schema = schema->name, .raw = ""};
        struct filter *filter;
        struct store_error err;
        struct row_batch batch;
        size_t raw = 0, quantities = 0;
        assert_int_equal(filter_new(&options, &filter, &err), 0);
        make(&batch);
        assert_true(filter_apply(filter, &batch));
        for (size_t v = 0; v < batch.nvalues; v++) {
            raw += batch.values[v].quantity >= QUANTITY_RAW;
            quantities += batch.values[v].quantity < QUANTITY_RAW;
        }
        assert_int_equal(raw > 0, *schema->raw != '\0');
        assert_int_equal(quantities == 17, strcmp(schema->quantities, "*") == 0);
        row_batch_free(&batch);
        filter_free(filter);
    }
}

/* What a newer program's journal may hold, and values that are not of a table. */
static void test_foreign_values(void **state)
{
    (void)state;
    struct store_options options = {.per_vcpu = 1, .exclude = "cpu.idle", .schema = "vstrata"};
    struct filter *filter;
    struct store_error err;
    struct row_batch batch;
    assert_int_equal(filter_new(&options, &filter, &err), 0);
    row_batch_init(&batch);
    row_batch_row(&batch, &web, (struct server_time){1}, 20);
    row_batch_value(&batch, QUANTITY_END, FORM_TOTAL, 0, 1);
    row_batch_value(&batch, Q_NONE, FORM_TOTAL, 0, 2);
    row_batch_value(&batch, Q_CPU_READY, FORM_COUNT, 0, 3);
    row_batch_value(&batch, (enum quantity)0xffff, FORM_TOTAL, 0, 4);
    row_batch_value(&batch, Q_CPU_READY, FORM_TOTAL, 0, 5);
    batch.values[2].form = 7; /* of no form that is known */
    assert_true(filter_apply(filter, &batch));
    assert_int_equal(batch.nvalues, 1);
    assert_int_equal(batch.values[0].ticks, 5);
    row_batch_free(&batch);
    filter_free(filter);
}

static void test_bad_selectors(void **state)
{
    (void)state;
    struct filter *filter = NULL;
    struct store_error err;
    struct store_options options = {.include = "cpu.*", .exclude = "kind:part\nlayr:unmet"};
    assert_int_equal(filter_new(&options, &filter, &err), -1);
    assert_string_equal(err.message, "selector \"layr:unmet\" has the unknown word \"layr\"");
    struct filter_fault fault;
    assert_false(filter_check("layer:\"unmet\"x", &fault));
    assert_non_null(strstr(fault.problem, "in the middle"));
    assert_false(filter_check("layer:", &fault));
    assert_non_null(strstr(fault.problem, "no pattern behind layer:"));
    assert_false(filter_check("\"\"", &fault));
    assert_false(filter_check("   ", &fault));
    assert_true(filter_check("uuid:\"\"", &fault));
    for (int domain = 0; domain < 20; domain++) { /* every list of words ends */
        size_t n = 0;
        fault.domain = domain;
        while (filter_word(&fault, n))
            n++;
        assert_true(n < 1000);
    }
}

/* ---- rows ahead of our clock ---- */

static void note(void *ctx, const struct row_batch *batch, size_t row)
{
    struct buf *told = ctx;
    buf_printf(told, "%s@%lld ", batch->rows[row].entity->label[LABEL_MOID],
               (long long)batch->rows[row].time.ms);
}

static void test_hold_back(void **state)
{
    (void)state;
    const struct wall_time now = {INT64_C(1700000000000)};
    const int64_t limit = now.ms + HOLD_BACK_MS;
    static const struct entity *const whose[] = {&web, &db, &esx, &vc};
    const int64_t times[] = {limit + 1, now.ms - 1000, limit, INT64_MAX};
    struct row_batch batch;
    struct buf told;
    row_batch_init(&batch);
    buf_init(&told, 1000);
    for (int i = 0; i < 4; i++) {
        row_batch_row(&batch, whose[i], (struct server_time){times[i]}, 20);
        for (int k = 0; k <= i; k++)
            row_batch_value(&batch, Q_CPU_COUNT, FORM_TOTAL, 0, 10 * i + k);
    }
    assert_int_equal(hold_back_rows(&batch, now, note, &told), 2);
    assert_string_equal(told.data, "vm-1@1700000600001 vcenter@9223372036854775807 ");
    buf_clear(&told);
    tell(&batch, &told);
    assert_string_equal(told.data, "db: 10 11; host-1: 20 21 22");
    assert_int_equal(hold_back_rows(&batch, now, NULL, NULL), 0);
    assert_int_equal(batch.nrows, 2);
    assert_int_equal(hold_back_rows(&batch, (struct wall_time){0}, NULL, NULL), 2);
    assert_int_equal(batch.nrows, 0);
    assert_int_equal(batch.nvalues, 0);
    buf_free(&told);
    row_batch_free(&batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_selectors),     cmocka_unit_test(test_options),
        cmocka_unit_test(test_schemas),       cmocka_unit_test(test_foreign_values),
        cmocka_unit_test(test_bad_selectors), cmocka_unit_test(test_hold_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
