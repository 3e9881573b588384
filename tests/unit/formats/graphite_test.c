/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "formats/graphite.h"
#include "formats/schema.h"

static const struct entity web = {
    .vcenter_uuid = "u-1",
    .label = {"vc1", "Paris", "blue", "esx1.example.com", "web", "vm-42", "5000-a", "", ""},
};
static const struct entity esx = {
    .vcenter_uuid = "u-1",
    .label = {"vc1", "Paris", "blue", "esx1.example.com", "", "host-7", "5000-b", "host", ""},
};
static const struct entity vc = {
    .vcenter_uuid = "u-1",
    .label = {"vc1", "", "", "", "", "u-1", "", "vcenter", ""},
};

static void expect(const struct row_batch *batch, const struct schema *schema, const char *prefix,
                   const char *want)
{
    struct series_walk *walk = series_walk_new(schema, "");
    struct buf out;
    buf_init(&out, 1 << 20);
    assert_true(graphite_write(walk, batch, 0, batch->nrows, prefix, &out));
    assert_string_equal(out.data ? out.data : "", want);
    buf_free(&out);
    series_walk_free(walk);
}

static void row(struct row_batch *batch, const struct entity *entity, int64_t ms)
{
    row_batch_row(batch, entity, (struct server_time){ms}, 20);
}

/* Every kind of entity and instance; the samples of a series stand together. */
static void test_golden(void **state)
{
    (void)state;
    struct row_batch batch;
    row_batch_init(&batch);
    for (int i = 0; i < 2; i++) {
        row(&batch, &web, INT64_C(1623683210999) + INT64_C(20000) * i);
        row_batch_value(&batch, Q_CPU_COUNT, FORM_TOTAL, 0, 2);
        row_batch_value(&batch, Q_CPU_READY, FORM_WORST, 0, 1500 + i);
        row_batch_value(&batch, Q_CPU_READY, FORM_INSTANCE, 1, 500);
        row_batch_value(&batch, Q_CPU_UNMET, FORM_TOTAL, 0, 40000);
        row_batch_value(&batch, Q_DISK_READS, FORM_INSTANCE, 3, 12);
    }
    row(&batch, &esx, 1623683210000);
    row_batch_value(&batch, Q_HOST_READY, FORM_TOTAL, 0, 20000);
    row_batch_value(&batch, Q_HOST_STATUS, FORM_TOTAL, 0, 3);
    row(&batch, &vc, 1623683210000);
    row_batch_value(&batch, Q_QUALITY_LAG, FORM_TOTAL, 0, 1500);
#define VM "mon.vs.vc1.Paris.blue.vm.web.vm-42."
    expect(&batch, &schema_vstrata, "mon.vs",
           VM "cpu_check._.count.count 2 1623683210\n" VM
              "cpu_check._.count.count 2 1623683230\n" VM
              "cpu.unmet.ready.ratio_worst 0.075 1623683210\n" VM
              "cpu.unmet.ready.ratio_worst 0.07505 1623683230\n" VM
              "vcpu_cpu.unmet.ready.1.ratio 0.025 1623683210\n" VM
              "vcpu_cpu.unmet.ready.1.ratio 0.025 1623683230\n" VM
              "cpu_total.unmet.unmet.ratio 2 1623683210\n" VM
              "cpu_total.unmet.unmet.ratio 2 1623683230\n" VM
              "vdisk_disk.usage.reads.scsi0:3.operations_per_second 12 1623683210\n" VM
              "vdisk_disk.usage.reads.scsi0:3.operations_per_second 12 1623683230\n"
              "mon.vs.vc1.Paris.blue.host.esx1_example_com.host.unmet.ready.ratio 1 1623683210\n"
              "mon.vs.vc1.Paris.blue.host.esx1_example_com.status._.status.code 3 1623683210\n"
              "mon.vs.vc1.vcenter.quality._.lag.seconds 1.5 1623683210\n");
    row_batch_free(&batch);
}

static void test_nodes_are_clean_and_never_empty(void **state)
{
    (void)state;
    static const struct {
        const char *name, *node;
    } cases[] = {
        {"plain-1_a:b+c@d#", "plain-1_a:b+c@d#"},
        {"", "_"},
        {".", "_"},
        {"a.b c/d(e)f;g", "a_b_c_d_e_f_g"},
        {"*?[x]{y},'\"\\|=", "___x__y_______"},
        {"line\nline\tx\x7f 1 2\r", "line_line_x__1_2_"},
        {"M\xC3\xBCnchen \xE2\x82\xAC \xF0\x9F\x98\x80", "M_nchen____"},
        {"cut\xE2\x82", "cut_"},
        {"\x80\x81", "_"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct entity entity = web;
        struct row_batch batch;
        char want[300];
        entity.label[LABEL_VM] = cases[i].name;
        entity.label[LABEL_CLUSTER] = "";
        row_batch_init(&batch);
        row(&batch, &entity, 20000);
        row_batch_value(&batch, Q_CPU_VM_USAGE, FORM_TOTAL, 0, -1);
        snprintf(want, sizeof want, "vc1.Paris._.vm.%s.vm-42.cpu_total._.vm_usage.ratio %s",
                 cases[i].node, "-0.00005 20\n");
        expect(&batch, &schema_vstrata, "", want);
        row_batch_free(&batch);
    }
}

/* A node is a file name: none may be longer than a file system takes. */
static void test_long_names_are_cut(void **state)
{
    (void)state;
    char name[400], want[700];
    struct entity entity = web;
    struct row_batch batch;
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    entity.label[LABEL_VM] = name;
    row_batch_init(&batch);
    row(&batch, &entity, 20000);
    row_batch_value(&batch, Q_CPU_VM_USAGE, FORM_TOTAL, 0, 0);
    snprintf(want, sizeof want,
             "p.vc1.Paris.blue.vm.%.200s.vm-42.cpu_total._.vm_usage.ratio 0 20\n", name);
    expect(&batch, &schema_vstrata, "p.", want);
    row_batch_free(&batch);
}

static unsigned nodes_of(const char *line)
{
    unsigned n = 1;
    for (; *line != ' '; line++)
        n += *line == '.';
    return n;
}

/* Every row of the catalogue in every form: the number of nodes depends on its kind alone, and no
 * two have one path. */
static void test_whole_catalogue(void **state)
{
    (void)state;
    static const unsigned totals[] = {[SCOPE_VM] = 11, [SCOPE_HOST] = 10, [SCOPE_VCENTER] = 7};
    static const struct entity *const entities[] = {&web, &esx, &vc};
    struct series_walk *walk = series_walk_new(&schema_vstrata, "");
    struct buf all, line;
    buf_init(&all, 1 << 20);
    buf_init(&line, 1000);
    for (size_t i = 0; i < quantity_count(); i++) {
        const struct quantity_info *info = quantity_at(i);
        const enum quantity_scope scope = quantity_scope(info);
        for (enum form form = FORM_TOTAL; form < FORM_COUNT; form++) {
            struct row_batch batch;
            if (!(info->forms & 1u << form))
                continue;
            row_batch_init(&batch);
            row(&batch, entities[scope], 20000);
            row_batch_value(&batch, info->id, form, 3, 7);
            buf_clear(&line);
            assert_true(graphite_write(walk, &batch, 0, 1, "p", &line));
            assert_int_equal(nodes_of(line.data), totals[scope] + (form == FORM_INSTANCE));
            assert_null(strstr(line.data, ".."));
            *strchr(line.data, ' ') = '\n';
            line.data[strcspn(line.data, "\n") + 1] = '\0';
            assert_null(all.data && strstr(all.data, line.data) ? line.data : NULL);
            buf_str(&all, line.data);
            row_batch_free(&batch);
        }
    }
    buf_free(&all);
    buf_free(&line);
    series_walk_free(walk);
}

/* ---- other schemas ---- */

static const struct series_tag foreign_tags[] = {
    {"cpu", "instance-total", 3, 14},
    {"vmname", "web", 6, 3},
};
static size_t foreign_ntags;
static const char *foreign_name, *foreign_field;

static void *foreign_open(void)
{
    static int nothing;
    return &nothing;
}

static void foreign_close(void *namer)
{
    (void)namer;
}

static bool foreign_entity(void *namer, const struct row_batch *batch, const struct entity *entity)
{
    (void)namer, (void)batch, (void)entity;
    return true;
}

static bool foreign_series(void *namer, const struct layer_value *value, struct series_tag *tags,
                           struct series *ret)
{
    (void)namer, (void)value;
    memcpy(tags, foreign_tags + 2 - foreign_ntags, foreign_ntags * sizeof *tags);
    *ret = (struct series){.measurement = foreign_name,
                           .field = foreign_field,
                           .ntags = foreign_ntags,
                           .tags = tags,
                           .help = "",
                           .unit = "",
                           .raw_scale = 100};
    return true;
}

static const struct schema foreign = {.name = "foreign",
                                      .raw = "",
                                      .open = foreign_open,
                                      .close = foreign_close,
                                      .entity = foreign_entity,
                                      .series = foreign_series};

static void test_other_schemas(void **state)
{
    (void)state;
    static const struct {
        size_t ntags;
        const char *name, *field, *want;
    } cases[] = {
        {0, "vmw.vc_1.dc.cl.vm.web.fatstats.cpu", "",
         "vmw.vc_1.dc.cl.vm.web.fatstats.cpu 12.5 20\n"},
        {0, "vmw.vc 1.M\xC3\xBC", "x", "vmw.vc_1.M_.x 12.5 20\n"},
        {1, "vsphere_vm_mem", "usage_average",
         "p.vc1.Paris.blue.vm.web.vm-42.vsphere_vm_mem._.usage_average 12.5 20\n"},
        {2, "vsphere_vm_cpu", "ready_summation",
         "p.vc1.Paris.blue.vm.web.vm-42.vsphere_vm_cpu.instance-total.ready_summation 12.5 20\n"},
        {2, "vmware_vm_x", "",
         "p.vc1.Paris.blue.vm.web.vm-42.vmware_vm_x.instance-total 12.5 20\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct row_batch batch;
        row_batch_init(&batch);
        row(&batch, &web, 20000);
        row_batch_value(&batch, Q_CPU_COUNT, FORM_TOTAL, 0, 1250);
        foreign_ntags = cases[i].ntags;
        foreign_name = cases[i].name;
        foreign_field = cases[i].field;
        expect(&batch, &foreign, "p", cases[i].want);
        row_batch_free(&batch);
    }
}

static void test_the_end_of_a_series_is_silent(void **state)
{
    (void)state;
    struct row_batch batch;
    row_batch_init(&batch);
    row(&batch, &web, 20000);
    row_batch_value(&batch, Q_CPU_COUNT, FORM_TOTAL, 0, 2);
    row(&batch, &web, 40000);
    row_batch_value(&batch, Q_CPU_COUNT, FORM_TOTAL, 0, SERIES_STALE);
    expect(&batch, &schema_vstrata, "p",
           "p.vc1.Paris.blue.vm.web.vm-42.cpu_check._.count.count 2 20\n");
    row_batch_free(&batch);
}

static void test_a_full_buffer_fails_whole(void **state)
{
    (void)state;
    struct series_walk *walk = series_walk_new(&schema_vstrata, "");
    struct row_batch batch;
    struct buf out;
    row_batch_init(&batch);
    for (int i = 0; i < 10; i++) {
        row(&batch, &web, INT64_C(20000) * i);
        row_batch_value(&batch, Q_CPU_COUNT, FORM_TOTAL, 0, 2);
    }
    buf_init(&out, 300);
    assert_false(graphite_write(walk, &batch, 0, 10, "p", &out));
    assert_false(buf_ok(&out));
    assert_int_equal(out.len, 0);
    buf_clear(&out);
    assert_true(graphite_write(walk, &batch, 0, 2, "p", &out));
    buf_free(&out);
    row_batch_free(&batch);
    series_walk_free(walk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_nodes_are_clean_and_never_empty),
        cmocka_unit_test(test_long_names_are_cut),
        cmocka_unit_test(test_whole_catalogue),
        cmocka_unit_test(test_other_schemas),
        cmocka_unit_test(test_the_end_of_a_series_is_silent),
        cmocka_unit_test(test_a_full_buffer_fails_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
