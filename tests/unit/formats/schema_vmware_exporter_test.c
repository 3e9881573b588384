/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "formats/named.h"

#define DEVICES \
    "4000\tNIC 1\tVM Network\nscsi0:0\tHard disk 1\tds one\nscsi0:1\tHard disk 2\tds two\n"

static const struct entity web = {
    .vcenter_uuid = "u-1",
    .label = {"vc", "dc", "cl", "esx1", "web", "vm-1", "5000-a", "", DEVICES},
};
static const struct entity diskless = {
    .vcenter_uuid = "u-1",
    .label = {"vc", "dc", "", "esx1", "web", "vm-2", "", "", "4000\tNetwork adapter 1\tVM Network"},
};
static const struct entity esx1 = {
    .vcenter_uuid = "u-1",
    .label = {"vc", "dc", "cl", "esx1", "", "host-1", "4c4c", "host", ""},
};

#define VM \
    "{cluster_name=cl,dc_name=dc,ds_name=ds one,host_name=esx1,moid=vm-1,vcenter=vc,vm_name=web} "
#define DISKLESS "{dc_name=dc,host_name=esx1,moid=vm-2,vcenter=vc,vm_name=web} "
#define HOST "{cluster_name=cl,dc_name=dc,host_name=esx1,moid=host-1,vcenter=vc} "

static const struct {
    const struct entity *entity;
    struct raw raw;
    const char *want;
} counters[] = {
    {&web,
     {"cpu.ready.summation", "millisecond", "", 1500},
     "vmware_vm cpu_ready_summation " VM "1500\n"},
    /* percent as the server counts them */
    {&web, {"cpu.usage.average", "percent", "", 4711}, "vmware_vm cpu_usage_average " VM "4711\n"},
    {&diskless,
     {"mem.swapped.average", "kiloBytes", "", 1},
     "vmware_vm mem_swapped_average " DISKLESS "1\n"},
    {&esx1,
     {"mem.swapinRate.average", "kiloBytesPerSecond", "", 9},
     "vmware_host mem_swapinRate_average " HOST "9\n"},
    {&esx1,
     {"cpu.totalCapacity.average", "megaHertz", "", 40000},
     "vmware_host cpu_max " HOST "40000\n"},
    /* instances, counters of the other kind, and those it does not know */
    {&web, {"cpu.ready.summation", "millisecond", "0", 1500}, ""},
    {&web, {"cpu.swapwait.summation", "millisecond", "", 1500}, ""},
    {&esx1, {"mem.swapped.average", "kiloBytes", "", 1}, ""},
    {&web, {"cpu.run.summation", "millisecond", "", 1500}, ""},
};

static const struct {
    const struct entity *entity;
    enum quantity quantity;
    enum form form;
    int64_t ticks;
    const char *want;
} inventory[] = {
    {&web, Q_CPU_COUNT, FORM_TOTAL, 4, "vmware_vm num_cpu " VM "4\n"},
    {&web, Q_MEM_CONFIGURED, FORM_TOTAL, 4 << 20, "vmware_vm memory_max " VM "4096\n"},
    {&esx1, Q_HOST_CORES, FORM_TOTAL, 16, "vmware_host num_cpu " HOST "16\n"},
    {&esx1, Q_HOST_MEM_SIZE, FORM_TOTAL, 1536, "vmware_host memory_max " HOST "1.5\n"},
    {&esx1, Q_HOST_MEM_CONSUMED, FORM_TOTAL, 1024, "vmware_host memory_usage " HOST "1\n"},
    {&esx1, Q_HOST_USAGEMHZ, FORM_TOTAL, 4711, "vmware_host cpu_usage " HOST "4711\n"},
    {&esx1, Q_CPU_COUNT, FORM_TOTAL, 4, ""},
    {&web, Q_HOST_CORES, FORM_TOTAL, 16, ""},
    {&web, Q_CPU_READY, FORM_TOTAL, 1, ""},
    {&web, Q_CPU_COUNT, FORM_INSTANCE, 1, ""},
};

static void expect(const struct row_batch *batch, const char *want)
{
    struct buf out;
    buf_init(&out, 1 << 16);
    print_batch(&schema_vmware_exporter, batch, SERIES_BY_ROW, &out);
    assert_string_equal(out.data, want);
    buf_free(&out);
}

static void test_counters(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof counters / sizeof *counters; i++) {
        struct row_batch batch;
        row_batch_init(&batch);
        row_batch_row(&batch, counters[i].entity, (struct server_time){20000}, 20);
        add_raw(&batch, &counters[i].raw);
        expect(&batch, counters[i].want);
        row_batch_free(&batch);
    }
}

static void test_inventory(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof inventory / sizeof *inventory; i++) {
        struct row_batch batch;
        row_batch_init(&batch);
        row_batch_row(&batch, inventory[i].entity, (struct server_time){20000}, 20);
        row_batch_value(&batch, inventory[i].quantity, inventory[i].form, 0, inventory[i].ticks);
        expect(&batch, inventory[i].want);
        row_batch_free(&batch);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counters),
        cmocka_unit_test(test_inventory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
