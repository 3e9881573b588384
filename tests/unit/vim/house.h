/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What a server says of its inventory, in pieces, and a client with an open one. Include after
 * cmocka.h.
 */
#ifndef TESTS_UNIT_VIM_HOUSE_H
#define TESTS_UNIT_VIM_HOUSE_H

#include "canned.h"
#include "vim/inventory.h"
#include "vim/session.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* ---- what the server says ---- */

#define REPLY(op, inner) SOAP("<" op "Response xmlns=\"urn:vim25\">" inner "</" op "Response>")
#define VIEW(n)                                                                    \
    {                                                                              \
        .when = "CreateContainerView>",                                            \
        .body = REPLY("CreateContainerView",                                       \
                      "<returnval type=\"ContainerView\">view-" #n "</returnval>") \
    }
#define FILTER(n)                                                                                \
    {                                                                                            \
        .when = "CreateFilter>",                                                                 \
        .body = REPLY("CreateFilter", "<returnval type=\"PropertyFilter\">f-" #n "</returnval>") \
    }
/* VM, host, cluster, datacenter, folder, datastore; and with devices also network. */
#define OPEN_SCRIPT                                                                           \
    LOGIN_SCRIPT, VIEW(0), VIEW(1), VIEW(2), VIEW(3), VIEW(4), VIEW(5), FILTER(0), FILTER(1), \
        FILTER(2), FILTER(3), FILTER(4), FILTER(5)
#define CLOSE_SCRIPT                                                                               \
    {.when = "DestroyPropertyFilter", .body = REPLY("DestroyPropertyFilter", ""), .repeat = true}, \
    {                                                                                              \
        .when = "DestroyView", .body = REPLY("DestroyView", ""), .repeat = true                    \
    }

#define UPDATES(version, inner, end)                                                        \
    {                                                                                       \
        .when = "WaitForUpdatesEx>",                                                        \
        .body = REPLY("WaitForUpdatesEx",                                                   \
                      "<returnval><version>" version "</version>" inner end "</returnval>") \
    }
#define NOTHING_NEW                                                        \
    {                                                                      \
        .when = "WaitForUpdatesEx>", .body = REPLY("WaitForUpdatesEx", "") \
    }
#define OF(n, inner) \
    "<filterSet><filter type=\"PropertyFilter\">f-" #n "</filter>" inner "</filterSet>"
#define OBJECT(kind, type, moid, inner) \
    "<objectSet><kind>" kind "</kind><obj type=\"" type "\">" moid "</obj>" inner "</objectSet>"
#define CHANGE(op, name, inner) \
    "<changeSet><name>" name "</name><op>" op "</op>" inner "</changeSet>"
#define SET(name, type, value) \
    CHANGE("assign", name, "<val xsi:type=\"xsd:" type "\">" value "</val>")
/* The prefix and the two attributes named type are the simulator's. */
#define REF(name, type, moid)                                                             \
    CHANGE("assign", name,                                                                \
           "<val xmlns:XMLSchema-instance=\"http://www.w3.org/2001/XMLSchema-instance\" " \
           "XMLSchema-instance:type=\"ManagedObjectReference\" type=\"" type "\">" moid "</val>")
/* A value that is more than a text. */
#define VALUE(name, type, inner) \
    CHANGE("assign", name, "<val xsi:type=\"" type "\">" inner "</val>")
#define POWER(word)                        \
    CHANGE("assign", "runtime.powerState", \
           "<val xsi:type=\"VirtualMachinePowerState\">" word "</val>")

/* ---- a client with an open inventory ---- */

struct house {
    struct canned server;
    struct vim_client *client;
    struct vim_inventory *inventory;
};

CANNED enum vim_code house_open_with(struct house *house, const struct vim_inventory_options *what,
                                     const struct canned_reply *script, size_t n,
                                     struct vim_error *err)
{
    *house = (struct house){.client = NULL};
    canned_start(&house->server, NULL, script, n);
    const struct vim_client_options options = {
        .url = house->server.url, .user = "u", .password = "p", .call_timeout_ms = 5000};
    assert_int_equal(vim_client_new(&options, &house->client, NULL), VIM_OK);
    assert_int_equal(vim_session_login(house->client, NULL), VIM_OK);
    return vim_inventory_open(house->client, what, &house->inventory, err);
}

CANNED enum vim_code house_open(struct house *house, const struct canned_reply *script, size_t n,
                                struct vim_error *err)
{
    return house_open_with(house, NULL, script, n, err);
}

CANNED void house_close(struct house *house)
{
    vim_inventory_close(house->inventory);
    vim_client_free(house->client);
    canned_stop(&house->server);
}

CANNED enum vim_code poll_once(struct house *house, struct vim_changes *ret, struct vim_error *err)
{
    enum vim_code code = vim_inventory_listen(house->inventory, 20, err);
    if (!code)
        code = vim_client_run(house->client, 5000, err);
    return code ? code : vim_inventory_apply(house->inventory, ret, err);
}

CANNED void assert_changes(struct vim_changes c, size_t entered, size_t modified, size_t left)
{
    if (c.entered != entered || c.modified != modified || c.left != left)
        fail_msg("entered %zu, modified %zu, left %zu", c.entered, c.modified, c.left);
}

#endif
