/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <string.h>

#include "base/caps.h"
#include "formats/named.h"

static const struct entity web = {
    .vcenter_uuid = "u-1",
    .label = {"vc.lan", "dc", "cl", "esx1.lan", "web", "vm-1", "5000-a", "", ""},
};
static const struct entity lone_web = {
    .vcenter_uuid = "u-1",
    .label = {"vc.lan", "dc", "", "esx1.lan", "web", "vm-1", "5000-a", "", ""},
};
static const struct entity esx1 = {
    .vcenter_uuid = "u-1",
    .label = {"vc.lan", "dc", "cl", "esx1.lan", "", "host-1", "4c4c", "host", ""},
};
static const struct entity lone_esx = {
    .vcenter_uuid = "u-1",
    .label = {"vc.lan", "dc", "", "10.0.0.1", "", "host-1", "4c4c", "host", ""},
};

static void expect(const struct row_batch *batch, enum series_order order, const char *want)
{
    struct buf out;
    buf_init(&out, 1 << 16);
    print_batch(&schema_sexigraf, batch, order, &out);
    assert_string_equal(out.data, want);
    buf_free(&out);
}

static const struct {
    const struct entity *entity;
    struct raw raw;
    const char *want;
} cases[] = {
    {&web,
     {"net.usage.average", "kiloBytesPerSecond", "", 7},
     "vmw.vc_lan.dc.cl.vm.web.fatstats.netUsage  {} 7\n"},
    {&lone_web,
     {"cpu.latency.average", "percent", "", 512},
     "esx.vc_lan.dc.esx1.vm.web.fatstats.cpu_latency_average  {} 512\n"},
    {&web,
     {"mem.usage.average", "percent", "", 4250},
     "vmw.vc_lan.dc.cl.vm.web.runtime.MemUtilization  {} 42.5\n"},
    {&web,
     {"mem.consumed.average", "kiloBytes", "", 1536},
     "vmw.vc_lan.dc.cl.vm.web.quickstats.HostMemoryUsage  {} 1.5\n"},
    {&esx1,
     {"mem.consumed.average", "kiloBytes", "", 2048},
     "vmw.vc_lan.dc.cl.esx.esx1.quickstats.overallMemoryUsage  {} 2\n"},
    {&esx1,
     {"net.bytesRx.average", "kiloBytesPerSecond", "vmnic0", 9},
     "vmw.vc_lan.dc.cl.esx.esx1.net.vmnic0.bytesRx  {} 9\n"},
    {&lone_esx,
     {"storageAdapter.write.average", "kiloBytesPerSecond", "vmhba64", 9},
     "esx.vc_lan.dc.10_0_0_1.hba.vmhba64.bytesWrite  {} 9\n"},
    /* the sum of all has no path, nor has an instance of what is told as a whole, nor what needs
       the number of vCPUs without it */
    {&esx1, {"net.bytesRx.average", "kiloBytesPerSecond", "", 9}, ""},
    {&web, {"net.usage.average", "kiloBytesPerSecond", "4000", 7}, ""},
    {&web, {"cpu.ready.summation", "millisecond", "", 7}, ""},
    {&web, {"net.bytesRx.average", "kiloBytesPerSecond", "4000", 9}, ""},
};

static void test_paths(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct row_batch batch;
        row_batch_init(&batch);
        row_batch_row(&batch, cases[i].entity, (struct server_time){20000}, 20);
        add_raw(&batch, &cases[i].raw);
        expect(&batch, SERIES_BY_ROW, cases[i].want);
        row_batch_free(&batch);
    }
}

/* Percent of one vCPU: three make numbers that no decimal has. */
static void test_per_vcpu(void **state)
{
    (void)state;
    for (enum series_order order = SERIES_BY_ROW; order <= SERIES_BY_ENTITY; order++) {
        struct row_batch batch;
        row_batch_init(&batch);
        row_batch_row(&batch, &web, (struct server_time){20000}, 20);
        row_batch_value(&batch, Q_CPU_COUNT, FORM_TOTAL, 0, 3);
        row_batch_value(&batch, Q_CPU_UNMET_WAIT, FORM_TOTAL, 0, 3000);
        row_batch_value(&batch, Q_CPU_UNMET_WAIT, FORM_WORST, 0, 2000);
        row_batch_value(&batch, Q_DISK_THROUGHPUT, FORM_TOTAL, 0, 77);
        row_batch_value(&batch, Q_DISK_SNAPSHOT_SPACE, FORM_TOTAL, 0, 4096);
        add_raw(&batch, &(struct raw){"cpu.ready.summation", "millisecond", "", 1000});
        add_raw(&batch, &(struct raw){"cpu.ready.summation", "millisecond", "0", 500});
        expect(&batch, order,
               "vmw.vc_lan.dc.cl.vm.web.fatstats.cpu_wait_no_idle  {} 5\n"
               "vmw.vc_lan.dc.cl.vm.web.fatstats.diskUsage  {} 77\n"
               "vmw.vc_lan.dc.cl.vm.web.storage.delta  {} 4096\n"
               "vmw.vc_lan.dc.cl.vm.web.fatstats.cpu_ready_summation  {} 1.66666666666667\n");
        row_batch_free(&batch);
    }
}

/* Of another entity we know the number of vCPUs only when it says so itself. */
static void test_forgets_vcpus(void **state)
{
    (void)state;
    struct row_batch batch;
    row_batch_init(&batch);
    row_batch_row(&batch, &web, (struct server_time){20000}, 20);
    row_batch_value(&batch, Q_CPU_COUNT, FORM_TOTAL, 0, 3);
    row_batch_row(&batch, &lone_web, (struct server_time){20000}, 20);
    add_raw(&batch, &(struct raw){"cpu.ready.summation", "millisecond", "", 1000});
    expect(&batch, SERIES_BY_ROW, "");
    row_batch_free(&batch);
}

static const struct {
    const char *name, *want;
} names[] = {
    {"web", "web"},
    {"Web 01.lan", "web_01_lan"},
    {"a(b)/c;d=e", "a_b__c_d_e"},
    {"z\xC3\xBCrich \xC5\xBD", "zurich_z"}, /* zürich Ž */
    {"stra\xC3\x9F"
     "e",
     "strae"},                         /* ß is no letter with a mark */
    {"\xE6\x97\xA5\xE6\x9C\xAC", "_"}, /* nothing of it is left */
    {"\xC3", "_"},                     /* cut off */
    {"tab\there", "tab_here"},
    {"a-b_c", "a-b_c"},
};

static void test_cleaned(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct entity vm = web;
        struct row_batch batch;
        char want[128];
        vm.label[LABEL_VM] = names[i].name;
        snprintf(want, sizeof want, "vmw.vc_lan.dc.cl.vm.%s.fatstats.netUsage  {} 7\n",
                 names[i].want);
        row_batch_init(&batch);
        row_batch_row(&batch, &vm, (struct server_time){20000}, 20);
        add_raw(&batch, &(struct raw){"net.usage.average", "kiloBytesPerSecond", "", 7});
        expect(&batch, SERIES_BY_ROW, want);
        row_batch_free(&batch);
    }
}

/* A name from a forged journal does not stop a store. */
static void test_long_name(void **state)
{
    (void)state;
    static char name[4000], want[512];
    struct entity vm = web;
    struct row_batch batch;
    memset(name, 'A', sizeof name - 1);
    vm.label[LABEL_VM] = name;
    const int n = snprintf(want, sizeof want, "vmw.vc_lan.dc.cl.vm.");
    memset(want + n, 'a', CAP_NAME);
    snprintf(want + n + CAP_NAME, sizeof want - (size_t)n - CAP_NAME, ".fatstats.netUsage  {} 7\n");
    row_batch_init(&batch);
    row_batch_row(&batch, &vm, (struct server_time){20000}, 20);
    add_raw(&batch, &(struct raw){"net.usage.average", "kiloBytesPerSecond", "", 7});
    expect(&batch, SERIES_BY_ROW, want);
    row_batch_free(&batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths),         cmocka_unit_test(test_per_vcpu),
        cmocka_unit_test(test_forgets_vcpus), cmocka_unit_test(test_cleaned),
        cmocka_unit_test(test_long_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
