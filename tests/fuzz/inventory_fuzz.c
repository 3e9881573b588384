/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Any bytes as an answer to WaitForUpdatesEx, behind the guard that every reply passes: what gSOAP
 * reads goes into a table, and what the table then holds must keep what inventory.h promises.
 */
#include <stdlib.h>
#include <string.h>

#include "inventory_private.h"
#include "session_private.h"
#include "soap_context.h"
#include "text.h"
#include "wire.h"
#include "xml_guard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool what)
{
    if (!what)
        abort();
}

static void check_devices(const struct vim_inventory *inventory, const struct vim_object *vm)
{
    demand(vm->ndevices <= CAP_DEVICES && !vm->devices == !vm->ndevices);
    demand(!vm->ndevices || vm->kind == VIM_VM);
    for (size_t i = 0; i < vm->ndevices; i++) {
        const struct vim_device *device = &vm->devices[i];
        const char *texts[] = {device->label, device->backing, device->datastore,
                               vim_inventory_backing(inventory, device)};
        for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++)
            demand(strlen(texts[k]) <= CAP_NAME && text_clean(texts[k]));
        demand(*device->instance && memchr(device->instance, '\0', sizeof device->instance));
        demand(!strchr(device->instance, ':') == (device->kind == VIM_NIC));
    }
}

static bool check(void *ctx, const struct vim_object *object)
{
    const char *texts[] = {object->type, object->moid,          object->name,        object->parent,
                           object->host, object->instance_uuid, object->storage_type};
    struct vim_place place;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        demand(strlen(texts[i]) <= CAP_NAME && text_clean(texts[i]));
    demand(object->cpus >= 0 && object->memory_bytes >= 0 && object->cpu_mhz >= 0 &&
           object->cores >= 0);
    check_devices(ctx, object);
    demand(strlen(object->guestinfo) <= CAP_GUEST_TEXT);
    demand(!object->guestinfo_refused || !*object->guestinfo);
    demand(!*object->guestinfo || (object->guestinfo_serial && object->guestinfo_at.ms));
    demand(object->guest_free >= -1 && object->guest_free <= object->guest_capacity);
    vim_inventory_place(ctx, object, &place);
    demand(vim_inventory_find(ctx, object->moid) == object);
    return true;
}

static void read_updates(struct vim_inventory *inventory, const char *text)
{
    struct vim__WaitForUpdatesExResponse reply;
    struct vim_changes changes = {0};
    struct soap *soap = soap_context_new();
    soap->is = text;
    if (!soap_recv_vim__WaitForUpdatesEx(soap, &reply) && reply.returnval)
        (void)updates_apply(inventory, reply.returnval, &changes, NULL);
    soap_context_free(soap);
    size_t count = 0;
    for (enum vim_kind kind = 0; kind < VIM_KINDS; kind++) {
        vim_inventory_each(inventory, kind, check, inventory);
        count += vim_inventory_count(inventory, kind);
    }
    demand(count <= changes.entered);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct vim_client_options options = {.url = "http://127.0.0.1:1"};
    static char *const names[] = {"f-0", "f-1", "f-2", "f-3", "f-4", "f-5", "f-6"};
    static struct vim_client *client;
    if (!client)
        demand(!vim_client_new(&options, &client, NULL));
    if (xml_guard((const char *)data, size))
        return 0;
    struct vim_inventory inventory = {.client = client};
    for (size_t i = 0; i < VIM_KINDS; i++)
        inventory.filters[i].__item = names[i];
    char *text = malloc(size + 1);
    demand(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    read_updates(&inventory, text);
    free(text);
    table_free(&inventory.table);
    free(inventory.version);
    return 0;
}
