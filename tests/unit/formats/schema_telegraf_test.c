/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "formats/named.h"

static const struct entity web = {
    .vcenter_uuid = "u-1",
    .label = {"vc.lan", "dc", "cl", "esx1.lan", "web", "vm-1", "5000-a", "", ""},
};
static const struct entity esx1 = {
    .vcenter_uuid = "u-1",
    .label = {"vc.lan", "dc", "", "esx1.lan", "", "host-1", "4c4c", "host", ""},
};
static const struct entity vcenter = {
    .vcenter_uuid = "u-1",
    .label = {"vc.lan", "", "", "", "", "", "", "vcenter", ""},
};

#define VM_BACK "source=web,uuid=5000-a,vcenter=vc.lan,vmname=web"

static const struct {
    const struct entity *entity;
    struct raw raw;
    const char *want;
} cases[] = {
    {&web,
     {"cpu.ready.summation", "millisecond", "", 1500},
     "vsphere_vm_cpu ready_summation {clustername=cl,cpu=instance-total,dcname=dc,"
     "esxhostname=esx1.lan,moid=vm-1," VM_BACK "} 1500i\n"},
    {&web,
     {"cpu.usage.average", "percent", "3", 4711},
     "vsphere_vm_cpu usage_average {clustername=cl,cpu=3,dcname=dc,esxhostname=esx1.lan,"
     "moid=vm-1," VM_BACK "} 47.11\n"},
    {&web,
     {"mem.active.average", "kiloBytes", "", 1048576},
     "vsphere_vm_mem active_average {clustername=cl,dcname=dc,esxhostname=esx1.lan,"
     "moid=vm-1," VM_BACK "} 1048576i\n"},
    {&web,
     {"net.usage.average", "kiloBytesPerSecond", "4000", 7},
     "vsphere_vm_net usage_average {clustername=cl,dcname=dc,esxhostname=esx1.lan,"
     "interface=4000,moid=vm-1," VM_BACK "} 7i\n"},
    {&web,
     {"virtualDisk.throughput.usage.average", "kiloBytesPerSecond", "scsi0:0", 12},
     "vsphere_vm_virtualDisk throughput_usage_average {clustername=cl,dcname=dc,disk=scsi0:0,"
     "esxhostname=esx1.lan,moid=vm-1," VM_BACK "} 12i\n"},
    {&web,
     {"disk.read.average", "kiloBytesPerSecond", "<naa.6001>", 12},
     "vsphere_vm_disk read_average {clustername=cl,dcname=dc,disk=naa.6001,"
     "esxhostname=esx1.lan,moid=vm-1," VM_BACK "} 12i\n"},
    {&web,
     {"disk.usage.average", "kiloBytesPerSecond", "", 12},
     "vsphere_vm_disk usage_average {clustername=cl,dcname=dc,disk=instance-total,"
     "esxhostname=esx1.lan,moid=vm-1," VM_BACK "} 12i\n"},
    {&web,
     {"datastore.read.average", "kiloBytesPerSecond", "5f00-a", 12},
     "vsphere_vm_datastore read_average {clustername=cl,dcname=dc,dsname=5f00-a,"
     "esxhostname=esx1.lan,lun=5f00-a,moid=vm-1," VM_BACK "} 12i\n"},
    {&web,
     {"power.power.average", "watt", "x", 12},
     "vsphere_vm_power power_average {clustername=cl,dcname=dc,esxhostname=esx1.lan,"
     "instance=x,moid=vm-1," VM_BACK "} 12i\n"},
    {&esx1, /* in no cluster, and a host has no uuid */
     {"storageAdapter.read.average", "kiloBytesPerSecond", "vmhba0", 12},
     "vsphere_host_storageAdapter read_average {adapter=vmhba0,dcname=dc,esxhostname=esx1.lan,"
     "moid=host-1,source=esx1.lan,vcenter=vc.lan} 12i\n"},
    {&esx1,
     {"sys.resourceCpuUsage.average", "megaHertz", "host/system", 12},
     "vsphere_host_sys resourceCpuUsage_average {dcname=dc,esxhostname=esx1.lan,moid=host-1,"
     "resource=host/system,source=esx1.lan,vcenter=vc.lan} 12i\n"},
    {&esx1,
     {"sys.uptime.latest", "second", "", 86400},
     "vsphere_host_sys uptime_latest {dcname=dc,esxhostname=esx1.lan,moid=host-1,"
     "source=esx1.lan,vcenter=vc.lan} 86400i\n"},
    {&vcenter, {"cpu.ready.summation", "millisecond", "", 1500}, ""},
    {&web, {"nodots", "millisecond", "", 1500}, ""},
};

static void test_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct row_batch batch;
        struct buf out;
        buf_init(&out, 1 << 16);
        row_batch_init(&batch);
        row_batch_row(&batch, cases[i].entity, (struct server_time){20000}, 20);
        row_batch_value(&batch, Q_CPU_COUNT, FORM_TOTAL, 0, 2); /* has no name here */
        add_raw(&batch, &cases[i].raw);
        print_batch(&schema_telegraf, &batch, SERIES_BY_ROW, &out);
        assert_string_equal(out.data, cases[i].want);
        row_batch_free(&batch);
        buf_free(&out);
    }
}

/* The same number of a counter means another one in the next batch. */
static void test_batches(void **state)
{
    (void)state;
    static const struct raw first[] = {{"cpu.ready.summation", "millisecond", "", 1},
                                       {"mem.usage.average", "percent", "", 2}};
    static const struct raw second[] = {{"mem.usage.average", "percent", "", 3},
                                        {"cpu.run.summation", "millisecond", "", 4},
                                        {"net.usage.average", "kiloBytesPerSecond", "", 5}};
    struct series_walk *walk = series_walk_new(&schema_telegraf, "");
    struct buf out;
    buf_init(&out, 1 << 16);
    for (int i = 0; i < 4; i++) {
        const struct raw *raws = i % 2 ? second : first;
        struct row_batch batch;
        row_batch_init(&batch);
        row_batch_row(&batch, &vcenter, (struct server_time){20000}, 20);
        row_batch_row(&batch, &esx1, (struct server_time){20000}, 20);
        for (size_t k = 0; k < (i % 2 ? 3 : 2); k++)
            add_raw(&batch, &raws[k]);
        buf_clear(&out);
        assert_true(
            series_walk_rows(walk, &batch, 0, batch.nrows, SERIES_BY_ENTITY, print_series, &out));
#define HOST "dcname=dc,esxhostname=esx1.lan"
#define END "moid=host-1,source=esx1.lan,vcenter=vc.lan} "
        assert_string_equal(
            out.data,
            i % 2 ? "vsphere_host_mem usage_average {" HOST "," END "0.03\n"
                    "vsphere_host_cpu run_summation {cpu=instance-total," HOST "," END "4i\n"
                    "vsphere_host_net usage_average {" HOST ",interface=instance-total," END "5i\n"
                  : "vsphere_host_cpu ready_summation {cpu=instance-total," HOST "," END "1i\n"
                    "vsphere_host_mem usage_average {" HOST "," END "0.02\n");
        row_batch_free(&batch);
    }
    buf_free(&out);
    series_walk_free(walk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_batches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
