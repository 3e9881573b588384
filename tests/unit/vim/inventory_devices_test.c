/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* A VM's disks and network adapters out of config.hardware.device. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "house.h"
#include "text.h"

static const struct vim_inventory_options with_devices = {.devices = true};

#define OPEN_WITH_NETWORKS OPEN_SCRIPT, VIEW(6), FILTER(6)

/* ---- devices as a server writes them ---- */

#define DEVICE(type, key, inner) \
    "<VirtualDevice xsi:type=\"" type "\"><key>" key "</key>" inner "</VirtualDevice>"
#define LABEL(text) "<deviceInfo><label>" text "</label><summary>of " text "</summary></deviceInfo>"
#define CONTROLLER(type, key, bus)                                                 \
    DEVICE(type, key,                                                              \
           LABEL("controller") "<controllerKey>100</controllerKey><busNumber>" bus \
                               "</busNumber><device>2000</device>")
#define FLAT(file, datastore, more)                                                  \
    "<backing xsi:type=\"VirtualDiskFlatVer2BackingInfo\"><fileName>" file           \
    "</fileName><datastore type=\"Datastore\">" datastore "</datastore><diskMode>pe" \
    "rsistent</diskMode>" more "</backing>"
#define AT_UNIT(controller, unit) \
    "<controllerKey>" controller "</controllerKey><unitNumber>" unit "</unitNumber>"
#define DISK(label, backing, controller, unit)                             \
    DEVICE("VirtualDisk", "2000",                                          \
           LABEL(label) backing AT_UNIT(controller, unit) "<capacityInKB>" \
                                                          "1024</capacityInKB>")
#define NIC(type, key, label, backing)                                                   \
    DEVICE(type, key,                                                                    \
           LABEL(label) backing "<connectable><connected>true</connected></connectable>" \
                                "<macAddress>00:50:56:00:00:01</macAddress>")
#define NETWORK(name)                                                               \
    "<backing xsi:type=\"VirtualEthernetCardNetworkBackingInfo\"><deviceName>" name \
    "</deviceName><network type=\"Network\">network-3</network></backing>"
#define PORT                                                                            \
    "<backing xsi:type=\"VirtualEthernetCardDistributedVirtualPortBackingInfo\"><port>" \
    "<switchUuid>50</switchUuid><portgroupKey>dvportgroup-4</portgroupKey></port></backing>"
#define DEVICES(inner) VALUE("config.hardware.device", "ArrayOfVirtualDevice", inner)

#define STORAGE                                                                                  \
    CONTROLLER("VirtualIDEController", "200", "0")                                               \
    DEVICE("VirtualKeyboard", "600", LABEL("Keyboard"))                                          \
    CONTROLLER("ParaVirtualSCSIController", "1000", "0")                                         \
    DISK("Hard disk 1",                                                                          \
         FLAT("[fast%2f1] web/web-000001.vmdk", "datastore-7",                                   \
              "<parent><fileName>[other] web/web.vmdk</fileName></parent>"),                     \
         "1000", "0")                                                                            \
    DISK("Hard disk 2",                                                                          \
         "<backing xsi:type=\"vim25:VirtualDiskRawDiskMappingVer1BackingInfo\"><fileName>[slow]" \
         " web/rdm.vmdk</fileName><lunUuid>6</lunUuid></backing>",                               \
         "1001", "15")                                                                           \
    DISK("Hard disk 3", FLAT("[x] a", "datastore-9", ""), "15000", "29")                         \
    DISK("Hard disk 4", "", "31000", "1")                                                        \
    DISK("Hard disk 5", FLAT("no brackets", "", ""), "200", "1")
#define OTHERS                                                                \
    NIC("VirtualVmxnet3", "4000", "Network adapter 1", NETWORK("VM Network")) \
    NIC("VirtualE1000e", "4001", "Network adapter 2", PORT)                   \
    CONTROLLER("VirtualLsiLogicSASController", "1001", "1")                   \
    CONTROLLER("VirtualAHCIController", "15000", "2")                         \
    CONTROLLER("VirtualNVMEController", "31000", "3")                         \
    DEVICE("VirtualFuture", "99000", LABEL("Future"))
#define VM(kind, inner) OBJECT(kind, "VirtualMachine", "vm-1", inner)
#define BACKINGS                                                                         \
    OF(5, OBJECT("enter", "Datastore", "datastore-7", SET("name", "string", "renamed"))) \
    OF(6, OBJECT("enter", "DistributedVirtualPortgroup", "dvportgroup-4",                \
                 SET("name", "string", "dv%2fweb")))

/* One VM that has these devices, in two parts because a text of C may have 4095 bytes. */
static const char *body_of(char body[8192], const char *one, const char *two, const char *filters)
{
    snprintf(body, 8192, "%s%s%s%s%s%s",
             SOAP_HEAD "<WaitForUpdatesExResponse xmlns=\"urn:vim25\"><returnval><version>1"
                       "</version><filterSet><filter>f-0</filter><objectSet><kind>enter</kind>"
                       "<obj type=\"VirtualMachine\">vm-1</obj><changeSet><name>config.hardware."
                       "device</name><op>assign</op><val xsi:type=\"ArrayOfVirtualDevice\">",
             one, two, "</val></changeSet></objectSet></filterSet>", filters,
             "</returnval></WaitForUpdatesExResponse>" SOAP_TAIL);
    return body;
}

static const struct {
    struct vim_device device;
    const char *now; /* vim_inventory_backing */
} full_house[] = {
    {{"Hard disk 1", "fast/1", "datastore-7", VIM_DISK, false, "scsi0:0"}, "renamed"},
    {{"Hard disk 2", "slow", "", VIM_DISK, true, "scsi1:15"}, "slow"},
    {{"Hard disk 3", "x", "datastore-9", VIM_DISK, false, "sata2:29"}, "x"},
    {{"Hard disk 4", "", "", VIM_DISK, false, "nvme3:1"}, ""},
    {{"Hard disk 5", "", "", VIM_DISK, false, "ide0:1"}, ""},
    {{"Network adapter 1", "VM Network", "network-3", VIM_NIC, false, "4000"}, "VM Network"},
    {{"Network adapter 2", "", "dvportgroup-4", VIM_NIC, false, "4001"}, "dv/web"},
};

static void assert_device(const struct vim_device *got, const struct vim_device *want)
{
    assert_string_equal(got->instance, want->instance);
    assert_string_equal(got->label, want->label);
    assert_string_equal(got->backing, want->backing);
    assert_string_equal(got->datastore, want->datastore);
    assert_int_equal(got->kind, want->kind);
    assert_int_equal(got->rdm, want->rdm);
}

static void test_every_kind(void **state)
{
    char body[8192];
    const struct canned_reply script[] = {
        OPEN_WITH_NETWORKS,
        {.when = "WaitForUpdatesEx>", .body = body_of(body, STORAGE, OTHERS, BACKINGS)},
        CLOSE_SCRIPT};
    struct house house;
    (void)state;
    assert_int_equal(house_open_with(&house, &with_devices, script, COUNT(script), NULL), VIM_OK);
    const struct vim_object *vm = vim_inventory_find(house.inventory, "vm-1");
    assert_int_equal(vm->ndevices, COUNT(full_house));
    for (size_t i = 0; i < COUNT(full_house); i++) {
        assert_device(&vm->devices[i], &full_house[i].device);
        assert_string_equal(vim_inventory_backing(house.inventory, &vm->devices[i]),
                            full_house[i].now);
    }
    assert_non_null(strstr(canned_request(&house.server, "config.hardware.numCPU"),
                           ":pathSet>config.hardware.device</"));
    assert_non_null(
        strstr(canned_request(&house.server, "WaitForUpdatesEx>"), ":maxObjectUpdates>200</"));
    assert_int_equal(vim_inventory_count(house.inventory, VIM_NETWORK), 1);
    house_close(&house);
}

#define ONE_DISK(label)                                  \
    CONTROLLER("ParaVirtualSCSIController", "1000", "0") \
    DISK(label, FLAT("[d] x", "datastore-1", ""), "1000", "0")

static void test_changes(void **state)
{
    static const struct canned_reply script[] = {
        OPEN_WITH_NETWORKS,
        UPDATES("1", OF(0, VM("enter", DEVICES(ONE_DISK("a")))), ""),
        UPDATES("2", OF(0, VM("modify", DEVICES(ONE_DISK("a")))), ""),
        UPDATES("3", OF(0, VM("modify", DEVICES(ONE_DISK("b")))), ""),
        UPDATES("4", OF(0, VM("modify", CHANGE("indirectRemove", "config.hardware", ""))), ""),
        UPDATES("5", OF(0, VM("modify", DEVICES(ONE_DISK("c")))), ""),
        UPDATES("6", OF(0, VM("enter", SET("name", "string", "n"))), ""),
        CLOSE_SCRIPT};
    static const struct {
        size_t modified, ndevices;
        const char *label;
    } after[] = {{0, 1, "a"}, {1, 1, "b"}, {1, 0, NULL}, {1, 1, "c"}, {1, 0, NULL}};
    struct house house;
    struct vim_changes changes;
    (void)state;
    assert_int_equal(house_open_with(&house, &with_devices, script, COUNT(script), NULL), VIM_OK);
    for (size_t i = 0; i < COUNT(after); i++) {
        assert_int_equal(poll_once(&house, &changes, NULL), VIM_OK);
        assert_changes(changes, 0, after[i].modified, 0);
        const struct vim_object *vm = vim_inventory_find(house.inventory, "vm-1");
        assert_int_equal(vm->ndevices, after[i].ndevices);
        if (after[i].label)
            assert_string_equal(vm->devices[0].label, after[i].label);
        else
            assert_null(vm->devices);
    }
    house_close(&house);
}

/* ---- what a broken or hostile server may write ---- */

static void test_odd_devices(void **state)
{
    static const struct {
        const char *inner;
        size_t ndevices;
        const char *label; /* of the last */
    } cases[] = {
        {"", 0, NULL},
        {"<VirtualDevice/><VirtualDevice xsi:type=\"VirtualDisk\"/>", 0, NULL},
        {DISK("no controller", "", "1000", "0"), 0, NULL},
        {CONTROLLER("VirtualFutureController", "1000", "0") DISK("x", "", "1000", "0"), 0, NULL},
        {CONTROLLER("ParaVirtualSCSIController", "1000", "16") DISK("x", "", "1000", "0"), 0, NULL},
        {CONTROLLER("ParaVirtualSCSIController", "1000", "") DISK("x", "", "1000", "0"), 0, NULL},
        {CONTROLLER("ParaVirtualSCSIController", "1000", "0") DISK("x", "", "1000", "512"), 0,
         NULL},
        {CONTROLLER("ParaVirtualSCSIController", "1000", "15") DISK("x", "", "1000", "511"), 1,
         "x"},
        {CONTROLLER("ParaVirtualSCSIController", "1000", "0") DISK("x", "", "1000", "-1"), 0, NULL},
        {NIC("VirtualVmxnet3", "-1", "x", ""), 0, NULL},
        {NIC("VirtualVmxnet3", "2147483647", "x", ""), 1, "x"},
        {NIC("VirtualVmxnet3", "99999999999", "x", ""), 0, NULL},
        {DEVICE("VirtualVmxnet3", "4000", ""), 1, ""},
        {NIC("VirtualVmxnet3", "4000", "a\tb\nc", NETWORK("d\te")), 1, "a b c"},
        {NIC("VirtualVmxnet3", "4000", "a\xff", "<backing/>"), 1,
         "a\xc3\xbf"}, /* taken as Latin-1 */
        {"<Unicorn>1</Unicorn>" NIC("VirtualVmxnet3", "4000", "x", ""), 1, "x"},
        {"text" NIC("VirtualVmxnet3", "4000", "x", ""), 0, NULL}, /* then it is a text */
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char body[8192];
        const struct canned_reply script[] = {
            OPEN_WITH_NETWORKS,
            {.when = "WaitForUpdatesEx>", .body = body_of(body, cases[i].inner, "", "")},
            CLOSE_SCRIPT};
        struct house house;
        assert_int_equal(house_open_with(&house, &with_devices, script, COUNT(script), NULL),
                         VIM_OK);
        const struct vim_object *vm = vim_inventory_find(house.inventory, "vm-1");
        if (vm->ndevices != cases[i].ndevices)
            fail_msg("case %zu: %zu devices", i, vm->ndevices);
        for (size_t k = 0; k < vm->ndevices; k++)
            assert_true(text_clean(vm->devices[k].label) && text_clean(vm->devices[k].backing));
        if (cases[i].label)
            assert_string_equal(vm->devices[vm->ndevices - 1].label, cases[i].label);
        house_close(&house);
    }
}

/* n times text into a growing body. */
static void repeat(char **at, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        *at = stpcpy(*at, text);
}

/* A chain of snapshots is told as parents within parents, and a list may be of any length. */
static void test_deep_and_long(void **state)
{
    enum { PARENTS = 255, DISKS = 3000 };
    static const char disk[] = DISK("d", FLAT("[d] x", "datastore-1", ""), "1000", "0");
    char *body = malloc(sizeof disk * (DISKS + 1) + (size_t)PARENTS * 64 + 4096), *at = body;
    struct house house;
    (void)state;
    assert_non_null(body);
    at = stpcpy(at, SOAP_HEAD "<WaitForUpdatesExResponse xmlns=\"urn:vim25\"><returnval><version>1"
                              "</version><filterSet><filter>f-0</filter><objectSet><kind>enter"
                              "</kind><obj>vm-1</obj><changeSet><name>config.hardware.device"
                              "</name><val>" CONTROLLER("ParaVirtualSCSIController", "1000", "0")
                                  DEVICE("VirtualVmxnet3", "4000",
                                         "") "<VirtualDevice xsi:type=\"VirtualDisk\"><backing>");
    repeat(&at, "<parent><fileName>[d] x</fileName>", PARENTS);
    repeat(&at, "</parent>", PARENTS);
    at = stpcpy(at, "</backing>" AT_UNIT("1000", "7") "</VirtualDevice>");
    repeat(&at, disk, DISKS);
    stpcpy(at, "</val></changeSet></objectSet></filterSet></returnval>"
               "</WaitForUpdatesExResponse>" SOAP_TAIL);
    const struct canned_reply script[] = {
        OPEN_WITH_NETWORKS, {.when = "WaitForUpdatesEx>", .body = body}, CLOSE_SCRIPT};
    assert_int_equal(house_open_with(&house, &with_devices, script, COUNT(script), NULL), VIM_OK);
    const struct vim_object *vm = vim_inventory_find(house.inventory, "vm-1");
    assert_int_equal(vm->ndevices, CAP_DEVICES);
    assert_string_equal(vm->devices[1].instance, "scsi0:7");
    assert_string_equal(vm->devices[CAP_DEVICES - 1].backing, "d");
    house_close(&house);
    free(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind),
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_odd_devices),
        cmocka_unit_test(test_deep_and_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
