/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* WaitForUpdatesEx: the poll, its pages, and how an update changes the table. */
#include <stdlib.h>
#include <string.h>

#include "base/caps.h"
#include "inventory_private.h"
#include "session_private.h"
#include "wire.h"

enum { PAGE_UPDATES = 2000, CANCEL_MS = 2000 };

/* ---- one object's update ---- */

/* Fills said, which has room for all changes; returns how many there are. */
static size_t collect(const struct _vim__ObjectUpdate *update, struct said *said)
{
    size_t n = 0;
    for (int i = 0; i < update->__sizechangeSet; i++) {
        const struct _vim__PropertyChange *change = &update->changeSet[i];
        if (!change->name)
            continue;
        /* "assign" without a value, "remove" and "indirectRemove" all say: no longer set */
        bool set = !change->op || !strcmp(change->op, "assign") || !strcmp(change->op, "add");
        said[n++] = (struct said){change->name, set ? change->val : NULL};
    }
    return n;
}

static enum vim_code take_object(struct vim_inventory *inventory, enum vim_kind kind,
                                 const struct _vim__ObjectUpdate *update,
                                 struct vim_changes *changes, struct vim_error *err)
{
    struct table *table = &inventory->table;
    inventory_note_missing(inventory, update->missingSet, update->__sizemissingSet);
    const char *word = update->kind ? update->kind : "";
    enum vim_code code = properties_missing(inventory->client, inventory->epoch, update->missingSet,
                                            update->__sizemissingSet, err);
    if (code)
        return code;
    if (!strcmp(word, "leave")) {
        table_leave(table, update->obj, changes);
        return VIM_OK;
    }
    struct said *said = calloc((size_t)update->__sizechangeSet + 1, sizeof *said);
    if (!said)
        return vim_fail(err, VIM_NOMEM, "inventory: out of memory");
    size_t n = collect(update, said);
    if (!strcmp(word, "enter"))
        code = table_enter(table, kind, update->obj, said, n, changes, err);
    else if (!strcmp(word, "modify"))
        code = table_modify(table, kind, update->obj, said, n, changes, err);
    free(said);
    return code;
}

/* ---- a page of updates ---- */

/* By the filter and not by the object's type, because servers have subtypes (a StoragePod is a
 * Folder). VIM_KINDS if the filter is not ours. */
static enum vim_kind kind_of(const struct vim_inventory *inventory,
                             const struct _vim__moref *filter)
{
    enum vim_kind kind = 0;
    while (kind < VIM_KINDS && (!filter || !filter->__item || !inventory->filters[kind].__item ||
                                strcmp(inventory->filters[kind].__item, filter->__item) != 0))
        kind++;
    return kind;
}

static enum vim_code take_filter(struct vim_inventory *inventory,
                                 const struct _vim__PropertyFilterUpdate *update,
                                 struct vim_changes *changes, struct vim_error *err)
{
    enum vim_kind kind = kind_of(inventory, update->filter);
    enum vim_code code = VIM_OK;
    for (int i = 0; kind < VIM_KINDS && i < update->__sizeobjectSet && !code; i++)
        code = take_object(inventory, kind, &update->objectSet[i], changes, err);
    for (int i = 0; kind < VIM_KINDS && i < update->__sizemissingSet && !code; i++) {
        const struct _vim__ObjectUpdate *missing = &update->missingSet[i];
        inventory_note_missing(inventory, missing->missingSet, missing->__sizemissingSet);
        code = properties_missing(inventory->client, inventory->epoch, missing->missingSet,
                                  missing->__sizemissingSet, err);
    }
    return code;
}

enum vim_code updates_apply(struct vim_inventory *inventory, const struct _vim__UpdateSet *page,
                            struct vim_changes *changes, struct vim_error *err)
{
    char *version = strdup(page->version ? page->version : "");
    if (!version)
        return vim_fail(err, VIM_NOMEM, "inventory: out of memory");
    enum vim_code code = VIM_OK;
    for (int i = 0; i < page->__sizefilterSet && !code; i++)
        code = take_filter(inventory, &page->filterSet[i], changes, err);
    if (code) {
        free(version);
        return code;
    }
    free(inventory->version);
    inventory->version = version;
    return VIM_OK;
}

static bool is_true(const char *boolean)
{
    return boolean && (!strcmp(boolean, "true") || !strcmp(boolean, "1"));
}

enum vim_code updates_take(struct vim_inventory *inventory, struct vim_changes *changes,
                           bool *ret_more, struct vim_error *err)
{
    struct vim__WaitForUpdatesExResponse reply;
    struct wire wire;
    bool more = false;
    enum vim_code code = wire_begin(&wire, inventory->client, "WaitForUpdatesEx", err);
    if (code)
        return code;
    code = wire_take(&wire, inventory->poll, err);
    if (!code)
        code = wire_read(&wire, soap_recv_vim__WaitForUpdatesEx(wire.soap, &reply), err);
    if (!code && reply.returnval) { /* else nothing is new */
        code = updates_apply(inventory, reply.returnval, changes, err);
        more = is_true(reply.returnval->truncated);
    }
    wire_end(&wire);
    call_free(inventory->poll);
    inventory->poll = NULL;
    if (!code)
        *ret_more = more;
    return code;
}

/* ---- asking ---- */

enum vim_code updates_start(struct vim_inventory *inventory, int wait_s, struct vim_error *err)
{
    struct vim_client *client = inventory->client;
    int most = inventory_page(inventory, PAGE_UPDATES);
    struct vim__WaitOptions options = {.maxWaitSeconds = &wait_s, .maxObjectUpdates = &most};
    struct wire wire;
    enum vim_code code = wire_begin(&wire, client, "WaitForUpdatesEx", err);
    if (code)
        return code;
    wire.timeout_ms = wait_s * 1000 + client->options.call_timeout_ms;
    code = wire_start(&wire,
                      soap_send_vim__WaitForUpdatesEx(wire.soap, WIRE,
                                                      session_manager(client, MANAGER_PROPERTIES),
                                                      inventory->version, &options),
                      true, &inventory->poll, err);
    wire_end(&wire);
    return code;
}

enum vim_code updates_read(struct vim_inventory *inventory, struct vim_changes *changes,
                           struct vim_error *err)
{
    enum vim_code code = VIM_OK;
    bool more = true;
    for (int pages = 0; more && !code; pages++) {
        if (pages == CAP_UPDATE_PAGES)
            return vim_fail(err, VIM_TOO_LARGE, "%s: more than %d pages of updates",
                            inventory->client->options.url, CAP_UPDATE_PAGES);
        code = updates_start(inventory, 0, err);
        if (!code)
            code = call_wait(inventory->poll, err);
        if (!code)
            code = updates_take(inventory, changes, &more, err);
    }
    return code;
}

static void cancel_on_server(struct vim_client *client)
{
    struct vim__CancelWaitForUpdatesResponse reply;
    struct wire wire;
    if (wire_begin(&wire, client, "CancelWaitForUpdates", NULL))
        return;
    wire.timeout_ms = CANCEL_MS;
    if (!wire_post(&wire,
                   soap_send_vim__CancelWaitForUpdates(wire.soap, WIRE,
                                                       session_manager(client, MANAGER_PROPERTIES)),
                   NULL))
        (void)soap_recv_vim__CancelWaitForUpdates(wire.soap, &reply);
    wire_end(&wire);
}

void updates_cancel(struct vim_inventory *inventory, bool tell_server)
{
    if (inventory->poll && !call_done(inventory->poll) && tell_server)
        cancel_on_server(inventory->client);
    call_free(inventory->poll);
    inventory->poll = NULL;
}
