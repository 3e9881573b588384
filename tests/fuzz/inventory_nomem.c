/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Logs in, opens an inventory and reads it again, over and over, with the first, second, third ...
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
#define VM(moid)                                                                                \
    "<objectSet><kind>enter</kind><obj type=\"VirtualMachine\">" moid "</obj><changeSet><name>" \
    "name</name><op>assign</op><val xsi:type=\"xsd:string\">n</val></changeSet></objectSet>"

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
    {.when = ":RetrievePropertiesEx>",
     .body = REPLY("RetrievePropertiesEx",
                   "<returnval><objects><obj type=\"VirtualMachine\">vm-1</obj><propSet><name>name"
                   "</name><val xsi:type=\"xsd:string\">m</val></propSet></objects></returnval>"),
     .repeat = true},
    {.when = "DestroyPropertyFilter>", .body = REPLY("DestroyPropertyFilter", ""), .repeat = true},
    {.when = "DestroyView>", .body = REPLY("DestroyView", ""), .repeat = true},
};

/* All of it; VIM_OK only if the inventory is then whole. */
static enum vim_code use(const char *url, struct vim_error *err)
{
    const struct vim_client_options options = {.url = url, .user = "u", .password = "p"};
    struct vim_inventory *inventory = NULL;
    struct vim_client *client = NULL;
    struct vim_changes changes;
    enum vim_code code = vim_client_new(&options, &client, err);
    if (!code)
        code = vim_session_login(client, err);
    if (!code)
        code = vim_inventory_open(client, &inventory, err);
    if (!code)
        assert_int_equal(vim_inventory_count(inventory, VIM_VM), 2);
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
