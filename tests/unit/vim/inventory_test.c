/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* Inventory: updates, pages, names, re-reads, and what newer servers may send. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "house.h"
#include "text.h"

/* ---- what the server says ---- */

#define VM_42                                                                                \
    OBJECT("enter", "VirtualMachine", "vm-42",                                               \
           SET("name", "string", "web%2f01 &#39;x&#39;") REF("parent", "Folder", "group-v3") \
               POWER("poweredOn") REF("runtime.host", "HostSystem", "host-9")                \
                   SET("config.instanceUuid", "string", "5012-ab")                           \
                       SET("config.hardware.numCPU", "int", "4")                             \
                           SET("config.hardware.memoryMB", "int", "8192"))
#define VM_43                                                     \
    OBJECT("enter", "VirtualMachine", "vm-43",                    \
           SET("name", "string", "in a vApp") POWER("poweredOff") \
               REF("runtime.host", "HostSystem", "host-8"))
#define HOSTS                                                                                 \
    OBJECT("enter", "HostSystem", "host-9",                                                   \
           SET("name", "string", "esx9") REF("parent", "ClusterComputeResource", "domain-c7") \
               CHANGE("assign", "runtime.powerState",                                         \
                      "<val xsi:type=\"HostSystemPowerState\">poweredOn</val>")               \
                   SET("summary.hardware.cpuMhz", "int", "2600")                              \
                       SET("summary.hardware.numCpuThreads", "short", "64")                   \
                           SET("summary.hardware.memorySize", "long", "274877906944")         \
                               SET("summary.hardware.numCpuCores", "short", "32")             \
                                   SET("summary.hardware.uuid", "string", "hw-9")             \
                                       SET("hardware.cpuPowerManagementInfo.currentPolicy",   \
                                           "string", "Low Power"))                            \
    OBJECT("enter", "HostSystem", "host-8",                                                   \
           SET("name", "string", "esx8") REF("parent", "ComputeResource", "domain-s6"))
#define PLACES                                                                                  \
    OF(2, OBJECT("enter", "ClusterComputeResource", "domain-c7",                                \
                 SET("name", "string", "Cluster A") REF("parent", "Folder", "group-h5"))        \
              OBJECT("enter", "ComputeResource", "domain-s6",                                   \
                     SET("name", "string", "esx8") REF("parent", "Folder", "group-h5")))        \
    OF(3, OBJECT("enter", "Datacenter", "datacenter-2",                                         \
                 SET("name", "string", "DC %25") REF("parent", "Folder", "group-d1")))          \
    OF(4, OBJECT("enter", "Folder", "group-v3",                                                 \
                 SET("name", "string", "vm") REF("parent", "Datacenter", "datacenter-2"))       \
              OBJECT("enter", "Folder", "group-h5",                                             \
                     SET("name", "string", "host") REF("parent", "Datacenter", "datacenter-2")) \
                  OBJECT("enter", "StoragePod", "group-p9", SET("name", "string", "pod")))      \
    OF(5, OBJECT("enter", "Datastore", "datastore-7",                                           \
                 SET("name", "string", "fast%2f1") REF("parent", "Folder", "group-h5")          \
                     SET("summary.type", "string", "VMFS")))
#define FULL                                                                \
    UPDATES("1", OF(0, VM_42) OF(1, HOSTS), "<truncated>true</truncated>"), \
        UPDATES("2", OF(0, VM_43) PLACES, "")

static bool count_until_two(void *ctx, const struct vim_object *object)
{
    size_t *n = ctx;
    assert_int_equal(object->kind, VIM_FOLDER);
    return ++*n < 2;
}

static void test_full_state(void **state)
{
    static const struct canned_reply script[] = {OPEN_SCRIPT, FULL, CLOSE_SCRIPT};
    struct house house;
    struct vim_place place;
    size_t n = 0;
    (void)state;
    assert_int_equal(house_open(&house, script, COUNT(script), NULL), VIM_OK);
    const struct vim_inventory *inventory = house.inventory;
    assert_int_equal(vim_inventory_count(inventory, VIM_VM), 2);
    assert_int_equal(vim_inventory_count(inventory, VIM_HOST), 2);
    assert_int_equal(vim_inventory_count(inventory, VIM_CLUSTER), 2);
    assert_int_equal(vim_inventory_count(inventory, VIM_DATACENTER), 1);
    assert_int_equal(vim_inventory_count(inventory, VIM_FOLDER), 3);
    vim_inventory_each(inventory, VIM_FOLDER, count_until_two, &n);
    assert_int_equal(n, 2);

    const struct vim_object *vm = vim_inventory_find(inventory, "vm-42");
    assert_non_null(vm);
    assert_string_equal(vm->type, "VirtualMachine");
    assert_string_equal(vm->name, "web/01 'x'");
    assert_string_equal(vm->parent, "group-v3");
    assert_string_equal(vm->host, "host-9");
    assert_string_equal(vm->instance_uuid, "5012-ab");
    assert_int_equal(vm->power, VIM_POWER_ON);
    assert_int_equal(vm->cpus, 4);
    assert_int_equal(vm->memory_bytes, INT64_C(8192) << 20);
    vim_inventory_place(inventory, vm, &place);
    assert_string_equal(place.host, "esx9");
    assert_string_equal(place.cluster, "Cluster A");
    assert_string_equal(place.datacenter, "DC %");
    assert_int_equal(place.host_mhz, 2600);

    const struct vim_object *host = vim_inventory_find(inventory, "host-9");
    assert_int_equal(host->cpus, 64);
    assert_int_equal(host->memory_bytes, INT64_C(274877906944));
    assert_int_equal(host->power, VIM_POWER_ON);
    assert_int_equal(host->cores, 32);
    assert_string_equal(host->instance_uuid, "hw-9");
    assert_int_equal(host->power_policy, VIM_POLICY_LOW_POWER);
    assert_int_equal(vim_inventory_find(inventory, "host-8")->power_policy, VIM_POLICY_UNKNOWN);
    const struct vim_object *datastore = vim_inventory_find(inventory, "datastore-7");
    assert_string_equal(datastore->name, "fast/1");
    assert_string_equal(datastore->storage_type, "VMFS");
    vim_inventory_place(inventory, datastore, &place);
    assert_string_equal(place.datacenter, "DC %");
    assert_string_equal(place.host, "");

    vm = vim_inventory_find(inventory, "vm-43"); /* no parent: its host's datacenter */
    assert_string_equal(vm->parent, "");
    assert_string_equal(vm->instance_uuid, "");
    vim_inventory_place(inventory, vm, &place);
    assert_string_equal(place.host, "esx8");
    assert_string_equal(place.cluster, ""); /* a lone host's ComputeResource is none */
    assert_string_equal(place.datacenter, "DC %");
    assert_int_equal(place.host_mhz, 0);

    assert_true(vim_inventory_find(inventory, "domain-c7")->is_cluster);
    assert_false(vim_inventory_find(inventory, "domain-s6")->is_cluster);
    assert_null(vim_inventory_find(inventory, "vm-1"));
    house_close(&house);
}

static void test_requests(void **state)
{
    static const struct canned_reply script[] = {OPEN_SCRIPT, FULL, NOTHING_NEW, CLOSE_SCRIPT};
    struct house house;
    struct vim_changes changes;
    (void)state;
    assert_int_equal(house_open(&house, script, COUNT(script), NULL), VIM_OK);
    const char *request = canned_request(&house.server, "CreateContainerView>");
    assert_non_null(strstr(request, ":container type=\"Folder\">group-d1</"));
    assert_non_null(strstr(request, ":type>Datastore</"));
    assert_non_null(strstr(request, ":recursive>true</"));
    request = canned_request(&house.server, "config.hardware.numCPU");
    assert_non_null(strstr(request, ":partialUpdates>false</"));
    assert_non_null(strstr(request, ":obj type=\"ContainerView\">view-0</"));
    assert_non_null(strstr(request, ":selectSet xsi:type=\"vim:TraversalSpec\">"));
    assert_null(strstr(request, "config.hardware.device")); /* nobody has asked for them */
    assert_null(strstr(request, "guest"));
    assert_int_equal(canned_asked(&house.server, ":type>Network</"), 0);
    assert_non_null(strstr(canned_request(&house.server, ":version>1</"), "WaitForUpdatesEx"));
    assert_int_equal(poll_once(&house, &changes, NULL), VIM_OK);
    assert_changes(changes, 0, 0, 0);
    request = canned_request(&house.server, ":version>2</");
    assert_non_null(strstr(request, ":maxWaitSeconds>20</"));
    house_close(&house);
}

/* ---- updates ---- */

static void test_updates(void **state)
{
    static const struct canned_reply script[] = {
        OPEN_SCRIPT,
        FULL,
        UPDATES("3",
                OF(0, OBJECT("modify", "VirtualMachine", "vm-42",
                             POWER("poweredOff") SET("name", "string", "new"))
                          OBJECT("modify", "VirtualMachine", "vm-43",
                                 SET("name", "string", "in a vApp"))) /* says nothing new */
                OF(0, OBJECT("modify", "VirtualMachine", "vm-42",
                             REF("runtime.host", "HostSystem", "host-8"))),
                ""),
        UPDATES("4",
                OF(0, OBJECT("modify", "VirtualMachine", "vm-42",
                             CHANGE("assign", "parent", "")
                                 CHANGE("indirectRemove", "config.hardware.numCPU", "")
                                     CHANGE("remove", "config.instanceUuid", ""))),
                "<truncated>true</truncated>"),
        UPDATES("5", OF(0, OBJECT("leave", "VirtualMachine", "vm-43", "")), ""),
        UPDATES("6",
                OF(0, OBJECT("modify", "VirtualMachine", "vm-42", CHANGE("remove", "config", ""))),
                ""),
        UPDATES("7", OF(0, OBJECT("enter", "VirtualMachine", "vm-42", SET("name", "string", "n"))),
                ""),
        CLOSE_SCRIPT};
    struct house house;
    struct vim_changes changes;
    (void)state;
    assert_int_equal(house_open(&house, script, COUNT(script), NULL), VIM_OK);
    assert_int_equal(poll_once(&house, &changes, NULL), VIM_OK);
    assert_changes(changes, 0, 2, 0);
    const struct vim_object *vm = vim_inventory_find(house.inventory, "vm-42");
    assert_string_equal(vm->name, "new");
    assert_string_equal(vm->host, "host-8");
    assert_int_equal(vm->power, VIM_POWER_OFF);
    assert_int_equal(vm->cpus, 4); /* what was not said has stayed */

    assert_int_equal(poll_once(&house, &changes, NULL), VIM_OK); /* both pages */
    assert_changes(changes, 0, 1, 1);
    vm = vim_inventory_find(house.inventory, "vm-42");
    assert_string_equal(vm->parent, "");
    assert_string_equal(vm->instance_uuid, "");
    assert_int_equal(vm->cpus, 0);
    assert_int_equal(vm->memory_bytes, INT64_C(8192) << 20);
    assert_null(vim_inventory_find(house.inventory, "vm-43"));
    assert_int_equal(vim_inventory_count(house.inventory, VIM_VM), 1);

    assert_int_equal(poll_once(&house, &changes, NULL), VIM_OK); /* an ancestor went */
    assert_changes(changes, 0, 1, 0);
    assert_int_equal(vim_inventory_find(house.inventory, "vm-42")->memory_bytes, 0);

    assert_int_equal(poll_once(&house, &changes, NULL), VIM_OK); /* entering says everything */
    assert_changes(changes, 0, 1, 0);
    vm = vim_inventory_find(house.inventory, "vm-42");
    assert_string_equal(vm->name, "n");
    assert_string_equal(vm->host, "");
    assert_int_equal(vm->power, VIM_POWER_UNKNOWN);
    house_close(&house);
}

/* Elements, types, words and kinds that nobody here knows. */
static void test_newer_server(void **state)
{
    static const struct canned_reply script[] = {
        OPEN_SCRIPT,
        UPDATES(
            "1",
            "<quality>best</quality>" OF(
                0,
                OBJECT(
                    "enter", "VirtualMachine", "vm-1",
                    "<why><deep><er>1</er></deep></why>" SET("name", "string",
                                                             "a\xff"
                                                             "b") POWER("poweredSideways")
                        SET("config.hardware.numCPU", "int", "many") SET("config.hardware.memoryMB",
                                                                         "unsignedLongLong", " 16 ")
                            CHANGE("assign", "config.instanceUuid",
                                   "<val xmlns:q=\"urn:q\" xsi:type=\"q:Uuid\" q:new=\"1\"><part>x"
                                   "</part></val>")
                                CHANGE("assign", "config.future",
                                       "<val xsi:type=\"ArrayOfFuture\"><Future>1</Future></val>")
                                    CHANGE("transmute", "parent", ""))
                    OBJECT("vanish", "VirtualMachine", "vm-1", "")
                        OBJECT("enter", "VirtualMachineTwo", "vm-2", SET("name", "string", "two"))
                            OBJECT("enter", "VirtualMachine", "", SET("name", "string", "nobody"))
                                OBJECT("modify", "VirtualMachine", "vm-3",
                                       SET("name", "string", "never entered")))
                OF(9, OBJECT("enter", "Unicorn", "u-1", "")),
            "<more/>"),
        CLOSE_SCRIPT};
    struct house house;
    (void)state;
    assert_int_equal(house_open(&house, script, COUNT(script), NULL), VIM_OK);
    const struct vim_object *vm = vim_inventory_find(house.inventory, "vm-1");
    assert_true(text_clean(vm->name)); /* and not the byte FF */
    assert_int_equal(vm->name[0], 'a');
    assert_int_equal(vm->power, VIM_POWER_UNKNOWN);
    assert_int_equal(vm->cpus, 0);
    assert_int_equal(vm->memory_bytes, 16 << 20);
    assert_string_equal(vim_inventory_find(house.inventory, "vm-2")->type, "VirtualMachineTwo");
    assert_string_equal(vim_inventory_find(house.inventory, "vm-3")->name, "never entered");
    assert_null(vim_inventory_find(house.inventory, "u-1"));
    assert_int_equal(vim_inventory_count(house.inventory, VIM_VM), 3);
    house_close(&house);
}

static void test_ring_of_parents(void **state)
{
    static const struct canned_reply script[] = {
        OPEN_SCRIPT,
        UPDATES("1",
                OF(4, OBJECT("enter", "Folder", "a", REF("parent", "Folder", "b"))
                          OBJECT("enter", "Folder", "b", REF("parent", "Folder", "a"))),
                ""),
        CLOSE_SCRIPT};
    struct house house;
    struct vim_place place;
    (void)state;
    assert_int_equal(house_open(&house, script, COUNT(script), NULL), VIM_OK);
    vim_inventory_place(house.inventory, vim_inventory_find(house.inventory, "a"), &place);
    assert_string_equal(place.datacenter, "");
    house_close(&house);
}

/* ---- failures ---- */

static void test_poll_fails(void **state)
{
    static const struct {
        struct canned_reply reply;
        enum vim_code code;
        enum vim_session_state after;
    } cases[] = {
        {{.status = 500, .body = SOAP_FAULT("", "InvalidCollectorVersion")},
         VIM_FAULT,
         VIM_SESSION_OPEN},
        {{.status = 500, .body = SOAP_FAULT("", "NotAuthenticated")},
         VIM_NOT_AUTHENTICATED,
         VIM_SESSION_LOST},
        {{.status = -1}, VIM_UNREACHABLE, VIM_SESSION_OPEN},
        {{.body = "<html></html>"}, VIM_PROTOCOL, VIM_SESSION_OPEN},
        {{.body = ""}, VIM_PROTOCOL, VIM_SESSION_OPEN},
        {{.body = "<!DOCTYPE x>" REPLY("WaitForUpdatesEx", "")}, VIM_PROTOCOL, VIM_SESSION_OPEN},
        {{.body = SOAP_HEAD "<WaitForUpdatesExResponse xmlns=\"urn:vim25\"><returnval>"},
         VIM_PROTOCOL,
         VIM_SESSION_OPEN},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct canned_reply script[] = {OPEN_SCRIPT, FULL, cases[i].reply, CLOSE_SCRIPT};
        struct house house;
        struct vim_changes changes = {7, 7, 7, 7};
        struct vim_error err;
        script[16].when = "WaitForUpdatesEx>";
        assert_int_equal(house_open(&house, script, COUNT(script), NULL), VIM_OK);
        enum vim_code code = poll_once(&house, &changes, &err);
        if (code != cases[i].code)
            fail_msg("case %zu: %s: %s", i, vim_code_name(code), err.message);
        assert_changes(changes, 7, 7, 7);
        assert_int_equal(vim_session_state(house.client), cases[i].after);
        vim_inventory_close(house.inventory);
        house.inventory = NULL;
        bool told = cases[i].after == VIM_SESSION_OPEN;
        assert_int_equal(canned_asked(&house.server, "DestroyPropertyFilter"), told ? 6 : 0);
        assert_int_equal(canned_asked(&house.server, "DestroyView"), told ? 6 : 0);
        house_close(&house);
    }
}

static void test_open_fails_half_way(void **state)
{
    static const struct canned_reply script[] = {
        LOGIN_SCRIPT,
        VIEW(0),
        FILTER(0),
        VIEW(1),
        {.when = "CreateFilter>", .status = 500, .body = SOAP_FAULT("", "InvalidProperty")},
        CLOSE_SCRIPT};
    struct house house;
    struct vim_error err;
    (void)state;
    assert_int_equal(house_open(&house, script, COUNT(script), &err), VIM_FAULT);
    assert_string_equal(err.fault, "InvalidProperty");
    assert_null(house.inventory);
    assert_int_equal(canned_asked(&house.server, "DestroyPropertyFilter"), 1);
    assert_int_equal(canned_asked(&house.server, "DestroyView"), 2);
    house_close(&house);
}

static void test_close_cancels_the_poll(void **state)
{
    static const struct canned_reply script[] = {
        OPEN_SCRIPT,
        FULL,
        {.when = "WaitForUpdatesEx>", .body = REPLY("WaitForUpdatesEx", ""), .delay_ms = 9000},
        {.when = "CancelWaitForUpdates>", .body = REPLY("CancelWaitForUpdates", "")},
        CLOSE_SCRIPT};
    struct house house;
    struct vim_changes changes;
    (void)state;
    assert_int_equal(house_open(&house, script, COUNT(script), NULL), VIM_OK);
    assert_int_equal(vim_inventory_listen(house.inventory, 20, NULL), VIM_OK);
    assert_int_equal(vim_inventory_listen(house.inventory, 20, NULL), VIM_OK); /* one is enough */
    assert_int_equal(vim_client_run(house.client, 100, NULL), VIM_OK);
    assert_int_equal(vim_inventory_apply(house.inventory, &changes, NULL), VIM_OK);
    assert_changes(changes, 0, 0, 0); /* not there yet */
    struct mono_time start = mono_now();
    vim_inventory_close(house.inventory);
    house.inventory = NULL;
    assert_true(mono_between(start, mono_now()) < 3000);
    assert_int_equal(canned_asked(&house.server, "CancelWaitForUpdates>"), 1);
    assert_int_equal(canned_asked(&house.server, "WaitForUpdatesEx>"), 3);
    house_close(&house);
}

/* ---- the full re-read ---- */

#define PROPERTIES(op, inner)                                                     \
    {                                                                             \
        .when = ":" op ">", .body = REPLY(op, "<returnval>" inner "</returnval>") \
    }
#define CONTENT(type, moid, inner) \
    "<objects><obj type=\"" type "\">" moid "</obj>" inner "</objects>"
#define PROP(name, value) \
    "<propSet><name>" name "</name><val xsi:type=\"xsd:string\">" value "</val></propSet>"
#define NO_OBJECT                                                                   \
    {                                                                               \
        .when = ":RetrievePropertiesEx>", .body = REPLY("RetrievePropertiesEx", "") \
    }

static void test_reread(void **state)
{
    static const struct canned_reply script[] = {
        OPEN_SCRIPT,
        FULL,
        VIEW(10),
        PROPERTIES("RetrievePropertiesEx",
                   "<token>page-2</token>" CONTENT(
                       "VirtualMachine", "vm-42",
                       PROP("name", "web%2f01 'x'") PROP("parent", "group-v3")
                           PROP("runtime.powerState", "poweredOn") PROP("runtime.host", "host-9")
                               PROP("config.instanceUuid", "5012-ab")
                                   PROP("config.hardware.numCPU", "8")
                                       PROP("config.hardware.memoryMB", "8192"))),
        PROPERTIES("ContinueRetrievePropertiesEx",
                   CONTENT("VirtualMachine", "vm-50", PROP("name", "missed"))),
        VIEW(11),
        NO_OBJECT,
        VIEW(12),
        NO_OBJECT,
        VIEW(13),
        NO_OBJECT,
        VIEW(14),
        NO_OBJECT,
        VIEW(15),
        NO_OBJECT,
        CLOSE_SCRIPT};
    struct house house;
    struct vim_changes changes;
    (void)state;
    assert_int_equal(house_open(&house, script, COUNT(script), NULL), VIM_OK);
    assert_int_equal(vim_inventory_reread(house.inventory, &changes, NULL), VIM_OK);
    assert_changes(changes, 1, 1, 1 + 2 + 2 + 1 + 3 + 1);
    assert_int_equal(vim_inventory_find(house.inventory, "vm-42")->cpus, 8);
    assert_string_equal(vim_inventory_find(house.inventory, "vm-50")->name, "missed");
    assert_null(vim_inventory_find(house.inventory, "vm-43"));
    assert_int_equal(vim_inventory_count(house.inventory, VIM_HOST), 0);
    assert_non_null(strstr(canned_request(&house.server, "ContinueRetrieve"), ":token>page-2</"));
    assert_non_null(
        strstr(canned_request(&house.server, ":RetrievePropertiesEx>"), ":maxObjects>"));
    assert_int_equal(canned_asked(&house.server, "DestroyView"), 6);
    house_close(&house);
}

static void test_reread_without_a_session(void **state)
{
    static const struct canned_reply script[] = {
        OPEN_SCRIPT, FULL, VIEW(10),
        PROPERTIES("RetrievePropertiesEx",
                   CONTENT("VirtualMachine", "vm-42",
                           "<missingSet><path>name</path><fault><fault "
                           "xsi:type=\"NotAuthenticated\"><object type=\"Folder\">x</object>"
                           "</fault><localizedMessage></localizedMessage></fault></missingSet>")),
        CLOSE_SCRIPT};
    struct house house;
    struct vim_changes changes = {7, 7, 7, 7};
    struct vim_error err;
    (void)state;
    assert_int_equal(house_open(&house, script, COUNT(script), NULL), VIM_OK);
    assert_int_equal(vim_inventory_reread(house.inventory, &changes, &err), VIM_NOT_AUTHENTICATED);
    assert_changes(changes, 7, 7, 7);
    assert_int_equal(vim_session_state(house.client), VIM_SESSION_LOST);
    assert_string_equal(vim_inventory_find(house.inventory, "vm-42")->name, "web/01 'x'");
    assert_int_equal(vim_inventory_listen(house.inventory, 20, &err), VIM_NOT_AUTHENTICATED);
    house_close(&house);
}

/* A property that only this user may not see is no reason to fail. */
static void test_reread_with_a_hidden_property(void **state)
{
    static const struct canned_reply script[] = {
        OPEN_SCRIPT,
        FULL,
        VIEW(10),
        PROPERTIES("RetrievePropertiesEx",
                   CONTENT("VirtualMachine", "vm-42",
                           PROP("name", "n") "<missingSet><path>config.hardware.numCPU</path>"
                                             "<fault><fault xsi:type=\"NoPermission\"/>"
                                             "</fault></missingSet>")),
        VIEW(11),
        {.when = ":RetrievePropertiesEx>", .status = -1},
        {.when = ":RetrievePropertiesEx>", .status = -1},
        CLOSE_SCRIPT};
    struct house house;
    struct vim_changes changes;
    (void)state;
    assert_int_equal(house_open(&house, script, COUNT(script), NULL), VIM_OK);
    assert_int_equal(vim_inventory_reread(house.inventory, &changes, NULL), VIM_UNREACHABLE);
    assert_string_equal(vim_inventory_find(house.inventory, "vm-42")->name, "n");
    assert_int_equal(vim_inventory_count(house.inventory, VIM_HOST), 2); /* not read: kept */
    house_close(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full_state),
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_updates),
        cmocka_unit_test(test_newer_server),
        cmocka_unit_test(test_ring_of_parents),
        cmocka_unit_test(test_poll_fails),
        cmocka_unit_test(test_open_fails_half_way),
        cmocka_unit_test(test_close_cancels_the_poll),
        cmocka_unit_test(test_reread),
        cmocka_unit_test(test_reread_without_a_session),
        cmocka_unit_test(test_reread_with_a_hidden_property),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
