/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Logs in, opens an inventory with all there is to read, reads it again, and asks for the space of
 * snapshots, over and over, with the first, second, third ...
 * allocation of ours failing: each time the library must say so, or do without, and give
 * everything back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../unit/vim/canned.h"
#include "vim/inventory.h"
#include "vim/session.h"

/* The linker sends our objects' allocations here. Only those of the thread under test fail. */
void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

static _Thread_local long until_failure = -1; /* allocations before the one that fails; -1 = none */

static bool fails(void)
{
    return until_failure >= 0 && until_failure-- == 0;
}

void *__wrap_malloc(size_t n)
{
    return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
    return fails() ? NULL : __real_realloc(p, n);
}

#define REPLY(op, inner) SOAP("<" op "Response xmlns=\"urn:vim25\">" inner "</" op "Response>")
#define VALUE(name, inner) \
    "<changeSet><name>" name "</name><op>assign</op><val>" inner "</val></changeSet>"
#define DEVICES                                                                              \
    VALUE("config.hardware.device",                                                          \
          "<VirtualDevice xsi:type=\"ParaVirtualSCSIController\"><key>1</key><busNumber>0"   \
          "</busNumber></VirtualDevice><VirtualDevice xsi:type=\"VirtualDisk\"><deviceInfo>" \
          "<label>d</label></deviceInfo><controllerKey>1</controllerKey><unitNumber>0"       \
          "</unitNumber></VirtualDevice>")
#define GUESTINFO                                                                     \
    VALUE("config.extraConfig[\"guestinfo.vstrata\"]", "<key>guestinfo.vstrata</key>" \
                                                       "<value>vstrata1</value>")
#define LAYOUT                                                                              \
    "<file><key>1</key><type>snapshotData</type><size>5</size></file><disk><chain/><chain>" \
    "<fileKey>1</fileKey></chain></disk>"
#define VM(moid)                                                                                   \
    "<objectSet><kind>enter</kind><obj type=\"VirtualMachine\">" moid "</obj><changeSet><name>"    \
    "name</name><op>assign</op><val xsi:type=\"xsd:string\">n</val></changeSet>" DEVICES GUESTINFO \
    "</objectSet>"

static const struct canned_reply script[] = {
    {.when = "RetrieveServiceContent", .body = SERVICE_CONTENT, .repeat = true},
    {.when = ":Login>", .headers = LOGIN_COOKIE, .body = LOGIN_REPLY, .repeat = true},
    {.when = ":Logout>", .body = REPLY("Logout", ""), .repeat = true},
    {.when = "CreateContainerView>",
     .body = REPLY("CreateContainerView", "<returnval type=\"ContainerView\">v</returnval>"),
     .repeat = true},
    {.when = "CreateFilter>",
     .body = REPLY("CreateFilter", "<returnval type=\"PropertyFilter\">f</returnval>"),
     .repeat = true},
    {.when = "WaitForUpdatesEx>",
     .body = REPLY("WaitForUpdatesEx",
                   "<returnval><version>1</version><filterSet><filter type=\"PropertyFilter\">f"
                   "</filter>" VM("vm-1") VM("vm-2") "</filterSet></returnval>"),
     .repeat = true},
    {.when = "layoutEx",
     .body = REPLY("RetrievePropertiesEx",
                   "<returnval><objects><obj type=\"VirtualMachine\">vm-1</obj><propSet><name>"
                   "layoutEx</name><val>" LAYOUT "</val></propSet></objects></returnval>"),
     .repeat = true},
    {.when = ":RetrievePropertiesEx>",
     .body = REPLY("RetrievePropertiesEx",
                   "<returnval><objects><obj type=\"VirtualMachine\">vm-1</obj><propSet><name>name"
                   "</name><val xsi:type=\"xsd:string\">m</val></propSet></objects></returnval>"),
     .repeat = true},
    {.when = "DestroyPropertyFilter>", .body = REPLY("DestroyPropertyFilter", ""), .repeat = true},
    {.when = "DestroyView>", .body = REPLY("DestroyView", ""), .repeat = true},
};

static void add(void *ctx, const char *moid, int64_t bytes)
{
    int64_t *total = ctx;
    (void)moid;
    *total += bytes;
}

static bool is_whole(void *ctx, const struct vim_object *vm)
{
    (void)ctx;
    assert_int_equal(vm->ndevices, 1);
    assert_string_equal(vm->devices[0].label, "d");
    assert_string_equal(vm->guestinfo, "vstrata1");
    return true;
}

/* All of it; VIM_OK only if the inventory is then whole. */
static enum vim_code use(const char *url, struct vim_error *err)
{
    const struct vim_client_options options = {.url = url, .user = "u", .password = "p"};
    static const struct vim_inventory_options all = {.devices = true, .guest = true};
    static const char *const moids[] = {"vm-1"};
    struct vim_inventory *inventory = NULL;
    int64_t bytes = 0;
    struct vim_client *client = NULL;
    struct vim_changes changes;
    enum vim_code code = vim_client_new(&options, &client, err);
    if (!code)
        code = vim_session_login(client, err);
    if (!code)
        code = vim_inventory_open(client, &all, &inventory, err);
    if (!code) {
        assert_int_equal(vim_inventory_count(inventory, VIM_VM), 2);
        vim_inventory_each(inventory, VIM_VM, is_whole, NULL);
        code = vim_snapshot_space(client, moids, 1, add, &bytes, err);
    }
    if (!code)
        assert_int_equal(bytes, 5);
    if (!code)
        code = vim_inventory_reread(inventory, &changes, err);
    vim_inventory_close(inventory);
    if (client)
        vim_session_logout(client, NULL);
    vim_client_free(client);
    return code;
}

static void test_every_allocation_may_fail(void **state)
{
    struct canned server;
    bool fired = true;
    long failed = 0;
    (void)state;
    for (long n = 0; fired; n++) {
        struct vim_error err = {.code = VIM_OK};
        canned_start(&server, NULL, script, sizeof script / sizeof script[0]);
        until_failure = n;
        enum vim_code code = use(server.url, &err);
        fired = until_failure < 0;
        until_failure = -1;
        canned_stop(&server);
        if ((code != VIM_OK && code != VIM_NOMEM) || err.code != code)
            fail_msg("allocation %ld: %s: %s", n, vim_code_name(code), err.message);
        failed += code == VIM_NOMEM;
    }
    assert_true(failed > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_allocation_may_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
