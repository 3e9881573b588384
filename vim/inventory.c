/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "vim/inventory.h"

#include <stdlib.h>
#include <string.h>

#include "inventory_private.h"
#include "session_private.h"
#include "transport.h"

enum { DEVICES_PAGE = 200 };

/* ---- open and close ---- */

static bool session_is_ours(const struct vim_inventory *inventory)
{
    return vim_session_state(inventory->client) == VIM_SESSION_OPEN &&
           session_epoch(inventory->client) == inventory->epoch;
}

/* What is read of a kind; false if nothing. */
static bool set_of(const struct vim_inventory *inventory, enum vim_kind kind,
                   const char *paths[MOST_PATHS], struct property_set *ret)
{
    if (!inventory_set(kind, &inventory->options, !inventory->no_guestinfo, paths, ret))
        return false;
    ret->page = inventory_page(inventory, 0);
    return true;
}

/* May it be that the server refuses GUESTINFO_PATH? */
static bool refuses_guestinfo(const struct vim_inventory *inventory, const struct vim_error *err)
{
    return inventory->options.guest && !inventory->no_guestinfo &&
           !strcmp(err->fault, "InvalidProperty");
}

static enum vim_code create_filter(struct vim_inventory *inventory, enum vim_kind kind,
                                   struct vim_error *err)
{
    const char *paths[MOST_PATHS];
    struct property_set set;
    if (!set_of(inventory, kind, paths, &set))
        return VIM_OK;
    enum vim_code code =
        view_create(inventory->client, set.type, &inventory->arena, &inventory->views[kind], err);
    if (code)
        return code;
    code = filter_create(inventory->client, &set, &inventory->views[kind], &inventory->arena,
                         &inventory->filters[kind], err);
    if (code != VIM_FAULT || kind != VIM_VM || !refuses_guestinfo(inventory, err))
        return code;
    inventory->no_guestinfo = true;
    set_of(inventory, kind, paths, &set);
    return filter_create(inventory->client, &set, &inventory->views[kind], &inventory->arena,
                         &inventory->filters[kind], err);
}

/* A view and a filter of each kind. One kind a filter: with several, a server was seen to lose
 * updates of objects that changed and left. */
static enum vim_code create_filters(struct vim_inventory *inventory, struct vim_error *err)
{
    enum vim_code code = VIM_OK;
    for (enum vim_kind kind = 0; kind < VIM_KINDS && !code; kind++)
        code = create_filter(inventory, kind, err);
    return code;
}

/* Stops at the first call that gets no answer: then the others would wait for one too. */
static void destroy_filters(struct vim_inventory *inventory)
{
    enum vim_code code = VIM_OK;
    for (enum vim_kind kind = 0; kind < VIM_KINDS && session_is_ours(inventory); kind++) {
        if (inventory->filters[kind].__item)
            code = filter_destroy(inventory->client, &inventory->filters[kind], NULL);
        if ((!code || code >= VIM_HTTP) && inventory->views[kind].__item)
            code = view_destroy(inventory->client, &inventory->views[kind], NULL);
        if (code && code < VIM_HTTP)
            return;
    }
}

static struct vim_inventory *inventory_new(struct vim_client *client,
                                           const struct vim_inventory_options *options,
                                           bool no_guestinfo)
{
    struct vim_inventory *inventory = calloc(1, sizeof *inventory);
    if (!inventory)
        return NULL;
    inventory->client = client;
    inventory->epoch = session_epoch(client);
    inventory->options = *options;
    inventory->no_guestinfo = no_guestinfo;
    inventory->version = strdup("");
    if (inventory->version)
        return inventory;
    free(inventory);
    return NULL;
}

/* ret_again: the server took the filter and then refused to read GUESTINFO_PATH. */
static enum vim_code open_once(struct vim_client *client,
                               const struct vim_inventory_options *options, bool no_guestinfo,
                               bool *ret_again, struct vim_inventory **ret, struct vim_error *err)
{
    struct vim_changes changes = {0};
    struct vim_inventory *inventory = inventory_new(client, options, no_guestinfo);
    if (!inventory)
        return vim_fail(err, VIM_NOMEM, "inventory: out of memory");
    enum vim_code code = create_filters(inventory, err);
    if (!code) {
        code = updates_read(inventory, &changes, err);
        *ret_again = code == VIM_FAULT && refuses_guestinfo(inventory, err);
    }
    if (!code) {
        *ret = inventory;
        inventory = NULL;
    }
    vim_inventory_close(inventory);
    return code;
}

enum vim_code vim_inventory_open(struct vim_client *client,
                                 const struct vim_inventory_options *options,
                                 struct vim_inventory **ret, struct vim_error *err)
{
    static const struct vim_inventory_options nothing = {false, false};
    struct vim_error own; /* err may be NULL, and is to stay as it is on success */
    bool again = false;
    if (vim_session_state(client) != VIM_SESSION_OPEN)
        return vim_fail(err, VIM_NOT_AUTHENTICATED, "%s: no session is open; log in first",
                        client->options.url);
    options = options ? options : &nothing;
    enum vim_code code = open_once(client, options, false, &again, ret, &own);
    if (again)
        code = open_once(client, options, true, &again, ret, &own);
    if (code && err)
        *err = own;
    return code;
}

bool vim_inventory_guestinfo_unsupported(const struct vim_inventory *inventory)
{
    return inventory->no_guestinfo;
}

int inventory_page(const struct vim_inventory *inventory, int most)
{
    return inventory->options.devices ? DEVICES_PAGE : most;
}

void inventory_note_missing(struct vim_inventory *inventory,
                            const struct _vim__MissingProperty *missing, int n)
{
    for (int i = 0; i < n; i++)
        if (missing[i].path && inventory_is_guestinfo(missing[i].path) &&
            !strcmp(properties_fault(&missing[i]), "InvalidProperty"))
            inventory->no_guestinfo = true;
}

void vim_inventory_close(struct vim_inventory *inventory)
{
    if (!inventory)
        return;
    updates_cancel(inventory, session_is_ours(inventory));
    destroy_filters(inventory);
    table_free(&inventory->table);
    arena_free(&inventory->arena);
    free(inventory->version);
    free(inventory);
}

/* ---- updates ---- */

enum vim_code vim_inventory_listen(struct vim_inventory *inventory, int wait_s,
                                   struct vim_error *err)
{
    if (inventory->poll)
        return VIM_OK;
    if (wait_s < 0 || wait_s > 24 * 3600)
        return vim_fail(err, VIM_USAGE, "a long poll of %d seconds", wait_s);
    if (!session_is_ours(inventory))
        return vim_fail(err, VIM_NOT_AUTHENTICATED,
                        "%s: the inventory's session has ended; log in and open it again",
                        inventory->client->options.url);
    return updates_start(inventory, wait_s, err);
}

enum vim_code vim_inventory_apply(struct vim_inventory *inventory, struct vim_changes *ret,
                                  struct vim_error *err)
{
    struct vim_changes changes = {0};
    bool more = false;
    enum vim_code code = VIM_OK;
    if (inventory->poll && call_done(inventory->poll))
        code = updates_take(inventory, &changes, &more, err);
    if (!code && more)
        code = updates_read(inventory, &changes, err);
    if (!code)
        *ret = changes;
    return code;
}

/* ---- the full re-read ---- */

struct reread {
    struct vim_inventory *inventory;
    enum vim_kind kind;
    struct vim_changes *changes;
};

static enum vim_code take_content(void *ctx, const struct _vim__ObjectContent *object,
                                  struct vim_error *err)
{
    struct reread *reread = ctx;
    inventory_note_missing(reread->inventory, object->missingSet, object->__sizemissingSet);
    struct said *said = calloc((size_t)object->__sizepropSet + 1, sizeof *said);
    if (!said)
        return vim_fail(err, VIM_NOMEM, "inventory: out of memory");
    size_t n = 0;
    for (int i = 0; i < object->__sizepropSet; i++)
        if (object->propSet[i].name)
            said[n++] = (struct said){object->propSet[i].name, object->propSet[i].val};
    enum vim_code code = table_enter(&reread->inventory->table, reread->kind, object->obj, said, n,
                                     reread->changes, err);
    free(said);
    return code;
}

/* A view of its own, because a server was seen never to show a new host to an old view. */
static enum vim_code reread_kind(struct vim_inventory *inventory, enum vim_kind kind,
                                 struct vim_changes *changes, struct vim_error *err)
{
    struct reread reread = {inventory, kind, changes};
    const char *paths[MOST_PATHS];
    struct property_set set;
    struct _vim__moref view;
    struct arena arena;
    if (!set_of(inventory, kind, paths, &set))
        return VIM_OK;
    arena_init(&arena);
    enum vim_code code = view_create(inventory->client, set.type, &arena, &view, err);
    if (code)
        goto out;
    code = properties_read(inventory->client, &set, &view, take_content, &reread, err);
    if (!code)
        table_sweep(&inventory->table, kind, changes);
    if (session_is_ours(inventory))
        view_destroy(inventory->client, &view, NULL); /* a leftover view costs only the server */
out:
    arena_free(&arena);
    return code;
}

enum vim_code vim_inventory_reread(struct vim_inventory *inventory, struct vim_changes *ret,
                                   struct vim_error *err)
{
    struct vim_changes changes = {0};
    enum vim_code code = VIM_OK;
    inventory->table.generation++;
    for (enum vim_kind kind = 0; kind < VIM_KINDS && !code; kind++)
        code = reread_kind(inventory, kind, &changes, err);
    if (!code)
        *ret = changes;
    return code;
}
