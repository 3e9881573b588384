/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* What a guest says: tools, heartbeat, disks, and the text it publishes; and servers that cannot
 * tell a single key of config.extraConfig. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "house.h"

static const struct vim_inventory_options with_guest = {.guest = true};

#define KEYED "config.extraConfig[\"guestinfo.vstrata\"]"
#define OPTION(key, text) "<key>" key "</key><value xsi:type=\"xsd:string\">" text "</value>"
#define GUESTINFO(text) VALUE(KEYED, "OptionValue", OPTION("guestinfo.vstrata", text))
#define EXTRA(inner) VALUE("config.extraConfig", "ArrayOfOptionValue", inner)
#define ROW(key, text) "<OptionValue xsi:type=\"OptionValue\">" OPTION(key, text) "</OptionValue>"
#define VM(kind, inner) OBJECT(kind, "VirtualMachine", "vm-1", inner)
#define SAYS(version, inner) UPDATES(version, OF(0, VM("modify", inner)), "")
#define ENTERS UPDATES("1", OF(0, VM("enter", SET("name", "string", "n"))), "")

#define X16 "0123456789abcdef"
#define X256 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16
#define X1024 X256 X256 X256 X256

static const struct vim_object *vm_of(const struct house *house)
{
    return vim_inventory_find(house->inventory, "vm-1");
}

/* ---- guestinfo ---- */

/* Each form of the same property, one after the other. */
static void test_forms_of_guestinfo(void **state)
{
    static const struct canned_reply script[] = {
        OPEN_SCRIPT,
        ENTERS,
        SAYS("2", GUESTINFO("one &lt;1&gt;")),
        SAYS("3", GUESTINFO("one &lt;1&gt;")), /* set to the same again */
        SAYS("4", SET(KEYED ".value", "string", "two")),
        SAYS("5", EXTRA(ROW("a", "b") ROW("guestinfo.vstrata", "three") ROW("c", "d"))),
        SAYS("6", SET(KEYED, "string", "four")),
        SAYS("7", CHANGE("add", KEYED, "<val>" OPTION("guestinfo.vstrata", "five") "</val>")),
        SAYS("8", GUESTINFO(X1024)),
        SAYS("9", GUESTINFO(X1024 "x")),
        SAYS("10", GUESTINFO(X1024 "y")),
        SAYS("11", GUESTINFO("six")),
        SAYS("12", CHANGE("remove", KEYED, "")),
        SAYS("13", CHANGE("remove", KEYED, "")),
        SAYS("14", EXTRA(ROW("guestinfo.vstrata", "seven"))),
        SAYS("15", EXTRA(ROW("a", "b"))),
        SAYS("16", GUESTINFO("eight")),
        SAYS("17", EXTRA("")),
        SAYS("18", GUESTINFO("nine")),
        SAYS("19", CHANGE("indirectRemove", "config.extraConfig", "")),
        SAYS("20", GUESTINFO("ten")),
        SAYS("21", CHANGE("indirectRemove", "config", "")),
        SAYS("22", VALUE("config.extraConfig[\"guestinfo.vstrata2\"]", "OptionValue",
                         OPTION("guestinfo.vstrata2", "no"))),
        SAYS("23", SET("name", "string", "other")),
        CLOSE_SCRIPT};
    static const struct {
        const char *text;
        uint32_t serial;
        bool refused;
        size_t modified;
    } after[] = {
        {"one <1>", 1, false, 0}, {"one <1>", 2, false, 0}, {"two", 3, false, 0},
        {"three", 4, false, 0},   {"four", 5, false, 0},    {"five", 6, false, 0},
        {X1024, 7, false, 0},     {"", 8, true, 0},         {"", 9, true, 0},
        {"six", 10, false, 0},    {"", 11, false, 0},       {"", 11, false, 0},
        {"seven", 12, false, 0},  {"", 13, false, 0},       {"eight", 14, false, 0},
        {"", 15, false, 0},       {"nine", 16, false, 0},   {"", 17, false, 0},
        {"ten", 18, false, 0},    {"", 19, false, 0},       {"", 19, false, 0},
        {"", 19, false, 1},
    };
    struct house house;
    struct vim_changes changes = {0};
    (void)state;
    assert_int_equal(house_open_with(&house, &with_guest, script, COUNT(script), NULL), VIM_OK);
    assert_false(vim_inventory_guestinfo_unsupported(house.inventory));
    assert_int_equal(vm_of(&house)->guestinfo_serial, 0);
    assert_int_equal(vm_of(&house)->guestinfo_at.ms, 0);
    assert_string_equal(vm_of(&house)->guestinfo, "");
    for (size_t i = 0; i < COUNT(after); i++) {
        struct mono_time before = mono_now();
        assert_int_equal(poll_once(&house, &changes, NULL), VIM_OK);
        const struct vim_object *vm = vm_of(&house);
        assert_string_equal(vm->guestinfo, after[i].text);
        assert_int_equal(vm->guestinfo_refused, after[i].refused);
        if (vm->guestinfo_serial != after[i].serial)
            fail_msg("step %zu: serial %u", i, (unsigned)vm->guestinfo_serial);
        bool grew = after[i].serial > (i ? after[i - 1].serial : 0);
        if (grew)
            assert_true(mono_between(before, vm->guestinfo_at) >= 0);
        assert_changes(changes, 0, after[i].modified, 0);
        assert_int_equal(changes.guest, grew ? 1 : 0);
    }
    const char *request = canned_request(&house.server, "config.hardware.numCPU");
    assert_non_null(strstr(request, "config.extraConfig[") /* quotes may be escaped */);
    assert_null(strstr(request, "config.hardware.device"));
    house_close(&house);
}

/* A full re-read tells what is, and not that it was set again. */
static void test_reread_is_no_update(void **state)
{
    static const struct canned_reply script[] = {
        OPEN_SCRIPT,
        UPDATES("1", OF(0, VM("enter", GUESTINFO("text"))), ""),
        {.when = "CreateContainerView>",
         .body = REPLY("CreateContainerView", "<returnval type=\"ContainerView\">v</returnval>"),
         .repeat = true},
        {.when = ">VirtualMachine</",
         .body = REPLY("RetrievePropertiesEx",
                       "<returnval><objects><obj type=\"VirtualMachine\">vm-1</obj><propSet><name>"
                       "config.extraConfig[&quot;guestinfo.vstrata&quot;]</name><val xsi:type="
                       "\"OptionValue\">" OPTION("guestinfo.vstrata",
                                                 "text") "</val></propSet></objects></returnval>")},
        {.when = ":RetrievePropertiesEx>",
         .body = REPLY("RetrievePropertiesEx", ""),
         .repeat = true},
        CLOSE_SCRIPT};
    struct house house;
    struct vim_changes changes = {0};
    (void)state;
    assert_int_equal(house_open_with(&house, &with_guest, script, COUNT(script), NULL), VIM_OK);
    assert_int_equal(vm_of(&house)->guestinfo_serial, 1);
    assert_int_equal(vim_inventory_reread(house.inventory, &changes, NULL), VIM_OK);
    assert_changes(changes, 0, 0, 0);
    assert_int_equal(changes.guest, 0);
    assert_int_equal(vm_of(&house)->guestinfo_serial, 1);
    assert_string_equal(vm_of(&house)->guestinfo, "text");
    house_close(&house);
}

/* ---- servers that know no keys ---- */

#define NO_SUCH_PATH .status = 500, .body = SOAP_FAULT("", "InvalidProperty")
#define MISSING                                                                               \
    "<missingSet><path>config.extraConfig[\"guestinfo.vstrata\"]</path><fault><fault xsi:typ" \
    "e=\"InvalidProperty\"><name>x</name></fault></fault></missingSet>"

static void test_refused_with_the_filter(void **state)
{
    static const struct canned_reply script[] = {
        {.when = "guestinfo.vstrata", NO_SUCH_PATH}, OPEN_SCRIPT, ENTERS, CLOSE_SCRIPT};
    struct house house;
    (void)state;
    assert_int_equal(house_open_with(&house, &with_guest, script, COUNT(script), NULL), VIM_OK);
    assert_true(vim_inventory_guestinfo_unsupported(house.inventory));
    assert_int_equal(canned_asked(&house.server, "guestinfo.vstrata"), 1);
    assert_int_equal(canned_asked(&house.server, "guestHeartbeatStatus"), 2);
    assert_int_equal(vim_inventory_count(house.inventory, VIM_VM), 1);
    house_close(&house);
}

static void test_refused_while_reading(void **state)
{
    static const struct canned_reply script[] = {
        OPEN_SCRIPT, {.when = "WaitForUpdatesEx>", NO_SUCH_PATH},
        VIEW(0),     VIEW(1),
        VIEW(2),     VIEW(3),
        VIEW(4),     VIEW(5),
        FILTER(0),   FILTER(1),
        FILTER(2),   FILTER(3),
        FILTER(4),   FILTER(5),
        ENTERS,      CLOSE_SCRIPT};
    struct house house;
    struct vim_error err = {.code = VIM_USAGE};
    (void)state;
    assert_int_equal(house_open_with(&house, &with_guest, script, COUNT(script), &err), VIM_OK);
    assert_int_equal(err.code, VIM_USAGE); /* left alone on success */
    assert_true(vim_inventory_guestinfo_unsupported(house.inventory));
    assert_int_equal(canned_asked(&house.server, "guestinfo.vstrata"), 1);
    assert_int_equal(canned_asked(&house.server, "DestroyPropertyFilter"), 6);
    house_close(&house);
}

static void test_refused_per_object(void **state)
{
    static const struct canned_reply script[] = {
        OPEN_SCRIPT, UPDATES("1", OF(0, VM("enter", SET("name", "string", "n") MISSING)), ""),
        CLOSE_SCRIPT};
    struct house house;
    (void)state;
    assert_int_equal(house_open_with(&house, &with_guest, script, COUNT(script), NULL), VIM_OK);
    assert_true(vim_inventory_guestinfo_unsupported(house.inventory));
    house_close(&house);
}

/* Another property that the server does not know is no reason to try for ever. */
static void test_refused_for_good(void **state)
{
    static const struct canned_reply script[] = {LOGIN_SCRIPT,
                                                 VIEW(0),
                                                 {.when = "CreateFilter>",
                                                  .status = 500,
                                                  .body = SOAP_FAULT("", "InvalidProperty"),
                                                  .repeat = true},
                                                 CLOSE_SCRIPT};
    struct house house;
    struct vim_error err;
    (void)state;
    assert_int_equal(house_open_with(&house, &with_guest, script, COUNT(script), &err), VIM_FAULT);
    assert_string_equal(err.fault, "InvalidProperty");
    assert_int_equal(canned_asked(&house.server, "CreateFilter>"), 2);
    house_close(&house);
}

/* ---- the rest ---- */

#define GUEST_DISK(capacity, left)                                                           \
    "<GuestDiskInfo><diskPath>/</diskPath><capacity>" capacity "</capacity><freeSpace>" left \
    "</freeSpace></GuestDiskInfo>"
#define DISKS(inner) VALUE("guest.disk", "ArrayOfGuestDiskInfo", inner)
#define TOOLS(word) SET("guest.toolsRunningStatus", "string", word)
#define HEARTBEAT(word) VALUE("guestHeartbeatStatus", "ManagedEntityStatus", word)
#define SNAPSHOT VALUE("snapshot.currentSnapshot", "ManagedObjectReference", "snapshot-5")

static void test_status_and_disks(void **state)
{
    static const struct canned_reply script[] = {
        OPEN_SCRIPT,
        ENTERS,
        SAYS("2", TOOLS("guestToolsRunning") HEARTBEAT("green")
                      DISKS(GUEST_DISK("1000", "400") GUEST_DISK("8000000000000", "1"))),
        SAYS("3", TOOLS("guestToolsExecutingScripts") HEARTBEAT("yellow") DISKS("")),
        SAYS("4", TOOLS("guestToolsNotRunning") HEARTBEAT("red")
                      DISKS(GUEST_DISK("10", "11") GUEST_DISK("", "1") GUEST_DISK("7", "7")
                                GUEST_DISK("-1", "-1") "<GuestDiskInfo/>")),
        SAYS("5", TOOLS("guestToolsSleeping") HEARTBEAT("gray") SNAPSHOT),
        SAYS("6", CHANGE("indirectRemove", "guest", "") CHANGE("assign", "snapshot", "")),
        CLOSE_SCRIPT};
    static const struct {
        enum vim_tools tools;
        enum vim_heartbeat heartbeat;
        int64_t capacity, left;
        bool has_snapshot;
        size_t modified;
    } after[] = {
        {VIM_TOOLS_RUNNING, VIM_HEARTBEAT_GREEN, INT64_C(8000000001000), 401, false, 0},
        {VIM_TOOLS_EXECUTING_SCRIPTS, VIM_HEARTBEAT_YELLOW, -1, -1, false, 0},
        {VIM_TOOLS_NOT_RUNNING, VIM_HEARTBEAT_RED, 7, 7, false, 0},
        {VIM_TOOLS_UNKNOWN, VIM_HEARTBEAT_GRAY, 7, 7, true, 1},
        {VIM_TOOLS_UNKNOWN, VIM_HEARTBEAT_GRAY, -1, -1, false, 1},
    };
    struct house house;
    struct vim_changes changes = {0};
    (void)state;
    assert_int_equal(house_open_with(&house, &with_guest, script, COUNT(script), NULL), VIM_OK);
    assert_int_equal(vm_of(&house)->guest_capacity, -1);
    assert_int_equal(vm_of(&house)->guest_free, -1);
    for (size_t i = 0; i < COUNT(after); i++) {
        assert_int_equal(poll_once(&house, &changes, NULL), VIM_OK);
        const struct vim_object *vm = vm_of(&house);
        assert_int_equal(vm->tools, after[i].tools);
        assert_int_equal(vm->heartbeat, after[i].heartbeat);
        assert_int_equal(vm->guest_capacity, after[i].capacity);
        assert_int_equal(vm->guest_free, after[i].left);
        assert_int_equal(vm->has_snapshot, after[i].has_snapshot);
        assert_changes(changes, 0, after[i].modified, 0);
        assert_int_equal(changes.guest, after[i].modified ? 0 : 1);
    }
    house_close(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms_of_guestinfo),
        cmocka_unit_test(test_reread_is_no_update),
        cmocka_unit_test(test_refused_with_the_filter),
        cmocka_unit_test(test_refused_while_reading),
        cmocka_unit_test(test_refused_per_object),
        cmocka_unit_test(test_refused_for_good),
        cmocka_unit_test(test_status_and_disks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
