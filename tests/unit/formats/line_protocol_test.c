/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "formats/line_protocol.h"

static const struct entity web = {
    .vcenter_uuid = "u-1",
    .label = {"vc", "dc", "cl", "esx1", "web", "vm-1", "5000-a", "", ""},
};

static const struct server_time noon = {1623683210000};

static void expect(const struct row_batch *batch, const struct line_options *options, size_t values,
                   const char *want)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    size_t got = line_protocol_write(batch, 0, batch->nrows, options, &out);
    assert_true(buf_ok(&out));
    assert_string_equal(out.data ? out.data : "", want);
    assert_int_equal(got, values);
    buf_free(&out);
}

static void fill(struct row_batch *batch, const struct entity *entity)
{
    row_batch_init(batch);
    row_batch_row(batch, entity, noon, 20);
    row_batch_value(batch, Q_CPU_COUNT, FORM_TOTAL, 0, 2);
    row_batch_value(batch, Q_CPU_READY, FORM_TOTAL, 0, 1500);
    row_batch_value(batch, Q_CPU_READY, FORM_WORST, 0, 1499);
    row_batch_value(batch, Q_CPU_READY, FORM_SPREAD, 0, 20000);
    row_batch_value(batch, Q_CPU_READY, FORM_INSTANCE, 0, 1);
    row_batch_value(batch, Q_CPU_READY, FORM_INSTANCE, 1, 0);
    row_batch_value(batch, Q_CPU_UNMET, FORM_TOTAL, 0, 40000);
    row_batch_value(batch, Q_CPU_EFFICIENCY_LOSS, FORM_TOTAL, 0, -500);
    row_batch_value(batch, Q_CPU_COUNTER_USAGE, FORM_TOTAL, 0, 4711);
    row_batch_value(batch, Q_CPU_COUNTER_DEMAND, FORM_TOTAL, 0, 2401);
    row_batch_value(batch, Q_CPU_STATUS_QUEUE, FORM_TOTAL, 0, 1);
}

#define FRONT ",cluster=cl,datacenter=dc,host=esx1"
#define BACK ",uuid=5000-a,vcenter=vc"

static void test_golden(void **state)
{
    (void)state;
    struct row_batch batch;
    fill(&batch, &web);
    expect(&batch, &(struct line_options){LINE_MS}, 11,
           "vstrata_vm_cpu_check" FRONT ",moid=vm-1,part=count" BACK ",vm=web count=2 "
           "1623683210000\n"
           "vstrata_vm_cpu" FRONT ",layer=unmet,moid=vm-1,part=ready" BACK ",vm=web "
           "ratio=0.075,ratio_worst=0.07495,ratio_spread=1 1623683210000\n"
           "vstrata_vcpu_cpu" FRONT ",layer=unmet,moid=vm-1,part=ready" BACK ",vcpu=0,vm=web "
           "ratio=0.00005 1623683210000\n"
           "vstrata_vcpu_cpu" FRONT ",layer=unmet,moid=vm-1,part=ready" BACK ",vcpu=1,vm=web "
           "ratio=0 1623683210000\n"
           "vstrata_vm_cpu_total" FRONT ",layer=unmet,moid=vm-1,part=unmet" BACK ",vm=web "
           "ratio=2 1623683210000\n"
           "vstrata_vm_cpu_check" FRONT ",moid=vm-1,part=efficiency_loss" BACK ",vm=web "
           "ratio=-0.025 1623683210000\n"
           "vstrata_vm_cpu_check" FRONT ",moid=vm-1,part=counter_usage" BACK ",vm=web "
           "ratio=0.4711 1623683210000\n"
           "vstrata_vm_cpu_check" FRONT ",moid=vm-1,part=counter_demand" BACK ",vm=web "
           "hertz=2401000000 1623683210000\n"
           "vstrata_vm_cpu_status" FRONT ",layer=queue,moid=vm-1,part=status_queue" BACK ",vm=web "
           "code=1 1623683210000\n");
    row_batch_free(&batch);
}

static void test_golden_memory(void **state)
{
    (void)state;
    struct row_batch batch;
    row_batch_init(&batch);
    row_batch_row(&batch, &web, noon, 20);
    row_batch_value(&batch, Q_MEM_CONFIGURED, FORM_TOTAL, 0, (int64_t)24 << 30);
    row_batch_value(&batch, Q_MEM_GRANTED, FORM_TOTAL, 0, 2500000);
    row_batch_value(&batch, Q_MEM_OVERHEAD, FORM_TOTAL, 0, 1);
    row_batch_value(&batch, Q_MEM_UNTOUCHED, FORM_TOTAL, 0, 0);
    row_batch_value(&batch, Q_MEM_UNMET_SPACE, FORM_TOTAL, 0, 694304);
    row_batch_value(&batch, Q_MEM_ACTIVE, FORM_TOTAL, 0, 2);
    row_batch_value(&batch, Q_MEM_SWAPIN, FORM_TOTAL, 0, 7);
    row_batch_value(&batch, Q_MEM_UNMET_RATE, FORM_TOTAL, 0, 8);
    row_batch_value(&batch, Q_MEM_SWAPOUT, FORM_TOTAL, 0, 9);
    row_batch_value(&batch, Q_MEM_CONTENTION, FORM_TOTAL, 0, 321);
    row_batch_value(&batch, Q_MEM_STATUS_UNMET, FORM_TOTAL, 0, 10);
    expect(&batch, &(struct line_options){LINE_MS}, 11,
           "vstrata_vm_mem_check" FRONT ",moid=vm-1,part=configured" BACK ",vm=web "
           "bytes=26388279066624 1623683210000\n"
           "vstrata_vm_mem" FRONT ",layer=usage,moid=vm-1,part=granted" BACK ",vm=web "
           "bytes=2560000000 1623683210000\n"
           "vstrata_vm_mem" FRONT ",layer=overhead,moid=vm-1,part=overhead" BACK ",vm=web "
           "bytes=1024 1623683210000\n"
           "vstrata_vm_mem" FRONT ",layer=idle,moid=vm-1,part=untouched" BACK ",vm=web "
           "bytes=0 1623683210000\n"
           "vstrata_vm_mem_total" FRONT ",layer=unmet,moid=vm-1,part=unmet_space" BACK ",vm=web "
           "bytes=710967296 1623683210000\n"
           "vstrata_vm_mem_check" FRONT ",layer=usage,moid=vm-1,part=active" BACK ",vm=web "
           "bytes=2048 1623683210000\n"
           "vstrata_vm_mem" FRONT ",layer=unmet,moid=vm-1,part=swapin" BACK ",vm=web "
           "bytes_per_second=7168 1623683210000\n"
           "vstrata_vm_mem_total" FRONT ",layer=unmet,moid=vm-1,part=unmet_rate" BACK ",vm=web "
           "bytes_per_second=8192 1623683210000\n"
           "vstrata_vm_mem_check" FRONT ",moid=vm-1,part=swapout" BACK ",vm=web "
           "bytes_per_second=9216 1623683210000\n"
           "vstrata_vm_mem" FRONT ",layer=unmet,moid=vm-1,part=contention" BACK ",vm=web "
           "ratio=0.0321 1623683210000\n"
           "vstrata_vm_mem_status" FRONT ",layer=unmet,moid=vm-1,part=status_unmet" BACK ",vm=web "
           "code=10 1623683210000\n");
    row_batch_free(&batch);
}

static void test_nanoseconds(void **state)
{
    (void)state;
    struct row_batch batch;
    row_batch_init(&batch);
    row_batch_row(&batch, &web, noon, 20);
    row_batch_value(&batch, Q_CPU_IDLE, FORM_TOTAL, 0, 20000);
    expect(&batch, &(struct line_options){LINE_NS}, 1,
           "vstrata_vm_cpu" FRONT ",layer=idle,moid=vm-1,part=idle" BACK ",vm=web ratio=1 "
           "1623683210000000000\n");
    row_batch_free(&batch);
}

static void test_escapes(void **state)
{
    (void)state;
    static const struct {
        const char *name, *tag;
    } cases[] = {
        {"plain", ",vm=plain"},
        {"", ""}, /* an empty tag is illegal: left out */
        {"a b,c=d", ",vm=a\\ b\\,c\\=d"},
        {"dir\\x", ",vm=dir\\x"},
        {"end\\", ",vm=end_"},
        {"two\\\\x", ",vm=two_\\x"},
        {"a\\,b", ",vm=a_\\,b"},
        {"line\nline\tx\x7f", ",vm=line_line_x_"},
        {"M\xC3\xBCnchen \xE2\x82\xAC \xF0\x9F\x98\x80", ",vm=M\xC3\xBCnchen\\ \xE2\x82\xAC\\ "
                                                         "\xF0\x9F\x98\x80"},
        {"cut\xE2\x82", ",vm=cut__"},
        {"\xC0\x80\xED\xA0\x80", ",vm=_____"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct entity entity = {.vcenter_uuid = "", .label = {"", "", "", "", "", "", "", "", ""}};
        entity.label[LABEL_VM] = cases[i].name;
        struct row_batch batch;
        row_batch_init(&batch);
        row_batch_row(&batch, &entity, noon, 20);
        row_batch_value(&batch, Q_CPU_VM_USAGE, FORM_TOTAL, 0, 1);
        char want[200];
        snprintf(want, sizeof want, "vstrata_vm_cpu_total,part=vm_usage%s ratio=0.00005 %s\n",
                 cases[i].tag, "1623683210000");
        expect(&batch, &(struct line_options){LINE_MS}, 1, want);
        row_batch_free(&batch);
    }
}

/* The tags of instance 3 of a kind, at the place where they stand. */
static const char *tag_of(const struct quantity_info *info, enum form form, enum instance_kind kind)
{
    static const char *const tags[INSTANCE_KINDS] = {"", ",vcpu=3", ",vdisk=scsi0:3", ",vnic=3",
                                                     ",app=app-3"};
    return form == FORM_INSTANCE && quantity_instances(info) == kind ? tags[kind] : "";
}

/* Every row of the catalogue in every form has a whole line: no prepared text is cut. */
static void test_whole_catalogue(void **state)
{
    (void)state;
    for (size_t i = 0; i < quantity_count(); i++) {
        const struct quantity_info *info = quantity_at(i);
        for (enum form form = FORM_TOTAL; form < FORM_COUNT; form++) {
            struct row_batch batch;
            struct buf measurement, field;
            char want[400];
            if (!(info->forms & 1u << form))
                continue;
            buf_init(&measurement, 200);
            buf_init(&field, 200);
            quantity_measurement(&measurement, info, form);
            quantity_field(&field, info, form);
            row_batch_init(&batch);
            row_batch_row(&batch, &web, noon, 20);
            row_batch_value(&batch, info->id, form, 3, 0);
            snprintf(want, sizeof want,
                     "%s%s" FRONT "%s%s,moid=vm-1,part=%s" BACK "%s%s,vm=web%s %s=0 "
                     "1623683210000\n",
                     measurement.data, tag_of(info, form, INSTANCE_APP),
                     *layer_name(info->layer) ? ",layer=" : "", layer_name(info->layer), info->part,
                     tag_of(info, form, INSTANCE_VCPU), tag_of(info, form, INSTANCE_DISK),
                     tag_of(info, form, INSTANCE_NIC), field.data);
            expect(&batch, &(struct line_options){LINE_MS}, 1, want);
            row_batch_free(&batch);
            buf_free(&measurement);
            buf_free(&field);
        }
    }
}

/* People's names of devices stand beside the server's. */
static void test_devices(void **state)
{
    (void)state;
    struct entity entity = web;
    struct row_batch batch;
    entity.label[LABEL_DEVICES] = "4000\tNetwork adapter 1\tVM Network\n"
                                  "7\tjvm.heap_used\nsata1:30\tHard disk 2\tds,1\n";
    row_batch_init(&batch);
    row_batch_row(&batch, &entity, noon, 20);
    row_batch_value(&batch, Q_DISK_READS, FORM_INSTANCE, 1 << 13 | 1 << 9 | 30, 12);
    row_batch_value(&batch, Q_DISK_LATENCY, FORM_WORST, 0, 1500);
    row_batch_value(&batch, Q_NET_RECEIVED, FORM_INSTANCE, 4000, 2);
    row_batch_value(&batch, Q_GUEST_APP, FORM_INSTANCE, 7, 1234567);
    expect(&batch, &(struct line_options){LINE_MS}, 4,
           "vstrata_vdisk_disk" FRONT ",layer=usage,moid=vm-1,part=reads" BACK
           ",vdisk=sata1:30,vdisk_backing=ds\\,1,vdisk_name=Hard\\ disk\\ 2,vm=web "
           "operations_per_second=12 1623683210000\n"
           "vstrata_vm_disk" FRONT ",layer=unmet,moid=vm-1,part=latency" BACK ",vm=web "
           "seconds_worst=0.0015 1623683210000\n"
           "vstrata_vnic_net" FRONT ",layer=usage,moid=vm-1,part=received" BACK
           ",vm=web,vnic=4000,vnic_backing=VM\\ Network,vnic_name=Network\\ adapter\\ 1 "
           "bytes_per_second=2048 1623683210000\n"
           "vstrata_app_guest,app=jvm.heap_used" FRONT ",layer=queue,moid=vm-1,part=app" BACK
           ",vm=web count=1234.567 1623683210000\n");
    row_batch_free(&batch);
}

static void test_part_of_a_batch_and_foreign_values(void **state)
{
    (void)state;
    struct row_batch batch;
    struct buf out;
    row_batch_init(&batch);
    for (int i = 0; i < 3; i++) {
        row_batch_row(&batch, &web, (struct server_time){i}, 20);
        row_batch_value(&batch, QUANTITY_END, FORM_TOTAL, 0, 7); /* of a newer journal */
        row_batch_value(&batch, Q_CPU_COUNT, FORM_COUNT, 0, 7);
        if (i != 2)
            row_batch_value(&batch, Q_CPU_COUNT, FORM_TOTAL, 0, i);
    }
    buf_init(&out, 1000);
    assert_int_equal(line_protocol_write(&batch, 1, 3, &(struct line_options){LINE_MS}, &out), 1);
    assert_string_equal(out.data, "vstrata_vm_cpu_check" FRONT ",moid=vm-1,part=count" BACK
                                  ",vm=web count=1 1\n");
    buf_free(&out);
    row_batch_free(&batch);
}

static void test_a_full_buffer_fails_whole(void **state)
{
    (void)state;
    struct row_batch batch;
    struct buf out;
    fill(&batch, &web);
    buf_init(&out, 300);
    line_protocol_write(&batch, 0, 1, &(struct line_options){LINE_MS}, &out);
    assert_false(buf_ok(&out));
    assert_int_equal(out.len, 0);
    buf_free(&out);
    row_batch_free(&batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_golden_memory),
        cmocka_unit_test(test_nanoseconds),
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_whole_catalogue),
        cmocka_unit_test(test_devices),
        cmocka_unit_test(test_part_of_a_batch_and_foreign_values),
        cmocka_unit_test(test_a_full_buffer_fails_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
