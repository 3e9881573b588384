/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The disks and network adapters of a VM out of config.hardware.device, which lists every device
 * down to the keyboard. They are kept in one block: the devices, then their texts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/caps.h"
#include "inventory_private.h"
#include "text.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* Units of a bus and buses of a kind that an instance may name; a server has 4 buses of 64 units.
 */
enum { MOST_CONTROLLERS = 64, MOST_BUS = 15, MOST_UNIT = 511 };

static const struct {
    const char *type, *bus;
} controller_types[] = {
    {"ParaVirtualSCSIController", "scsi"}, {"VirtualLsiLogicController", "scsi"},
    {"VirtualBusLogicController", "scsi"}, {"VirtualLsiLogicSASController", "scsi"},
    {"VirtualAHCIController", "sata"},     {"VirtualSATAController", "sata"},
    {"VirtualNVMEController", "nvme"},     {"VirtualIDEController", "ide"},
};

static const char *const nic_types[] = {
    "VirtualVmxnet3", "VirtualE1000e",       "VirtualE1000",
    "VirtualVmxnet2", "VirtualVmxnet",       "VirtualSriovEthernetCard",
    "VirtualPCNet32", "VirtualVmxnet3Vrdma", "VirtualEthernetCard",
};

struct controllers {
    size_t n;
    struct {
        int64_t key, number;
        const char *bus;
    } rows[MOST_CONTROLLERS];
};

static const char *local_name(const char *type)
{
    const char *colon = type ? strchr(type, ':') : NULL;
    return colon ? colon + 1 : type ? type : "";
}

static const char *moid_of(const struct _vim__moref *ref)
{
    return ref && ref->__item ? ref->__item : "";
}

/* ---- what a device is ---- */

static const char *bus_of(const char *type)
{
    for (size_t i = 0; i < COUNT(controller_types); i++)
        if (!strcmp(controller_types[i].type, type))
            return controller_types[i].bus;
    return NULL;
}

static bool is_nic(const char *type)
{
    for (size_t i = 0; i < COUNT(nic_types); i++)
        if (!strcmp(nic_types[i], type))
            return true;
    return false;
}

static void find_controllers(const struct _vim__any *value, struct controllers *ret)
{
    ret->n = 0;
    for (int i = 0; i < value->__sizeVirtualDevice && ret->n < MOST_CONTROLLERS; i++) {
        const struct _vim__VirtualDevice *from = &value->VirtualDevice[i];
        const char *bus = bus_of(local_name(from->xsi__type));
        int64_t key = text_int(from->key, INT32_MIN, INT32_MAX, INT64_MAX);
        int64_t number = text_int(from->busNumber, 0, MOST_BUS, -1);
        if (!bus || key == INT64_MAX || number < 0)
            continue;
        ret->rows[ret->n].key = key;
        ret->rows[ret->n].number = number;
        ret->rows[ret->n++].bus = bus;
    }
}

/* "scsi0:1"; false if the controller or the unit is not known. */
static bool name_disk(const struct controllers *controllers, const struct _vim__VirtualDevice *from,
                      char out[CAP_DEVICE_INSTANCE])
{
    int64_t key = text_int(from->controllerKey, INT32_MIN, INT32_MAX, INT64_MAX);
    int64_t unit = text_int(from->unitNumber, 0, MOST_UNIT, -1);
    size_t i = 0;
    while (i < controllers->n && controllers->rows[i].key != key)
        i++;
    if (i == controllers->n || unit < 0)
        return false;
    snprintf(out, CAP_DEVICE_INSTANCE, "%s%d:%d", controllers->rows[i].bus,
             (int)controllers->rows[i].number, (int)unit);
    return true;
}

static bool name_nic(const struct _vim__VirtualDevice *from, char out[CAP_DEVICE_INSTANCE])
{
    int64_t key = text_int(from->key, 0, INT32_MAX, -1);
    snprintf(out, CAP_DEVICE_INSTANCE, "%d", (int)key);
    return key >= 0;
}

/* Fills kind, instance and rdm; false for a device that is not kept. */
static bool identify(const struct controllers *controllers, const struct _vim__VirtualDevice *from,
                     struct vim_device *ret)
{
    const char *type = local_name(from->xsi__type);
    *ret = (struct vim_device){.kind = VIM_NIC};
    if (is_nic(type))
        return name_nic(from, ret->instance);
    if (strcmp(type, "VirtualDisk") != 0)
        return false;
    ret->kind = VIM_DISK;
    ret->rdm = from->backing && strstr(local_name(from->backing->xsi__type), "RawDisk");
    return name_disk(controllers, from, ret->instance);
}

/* ---- its texts ---- */

/* The datastore's name in "[name] folder/file.vmdk", in out; "" if there is none. */
static const char *datastore_in(const char *file, char out[CAP_NAME + 1])
{
    const char *end = file && *file == '[' ? strstr(file, "] ") : NULL;
    size_t n = end ? (size_t)(end - file - 1) : 0;
    if (n > CAP_NAME)
        n = 0;
    if (n)
        memcpy(out, file + 1, n);
    out[n] = '\0';
    return out;
}

struct texts {
    const char *label, *backing, *datastore;
};

static struct texts texts_of(const struct _vim__VirtualDevice *from, enum vim_device_kind kind,
                             char name[CAP_NAME + 1])
{
    const struct _vim__backing *backing = from->backing;
    struct texts texts = {from->deviceInfo ? from->deviceInfo->label : NULL, NULL, NULL};
    if (!backing)
        return texts;
    if (kind == VIM_DISK) {
        texts.backing = datastore_in(backing->fileName, name);
        texts.datastore = moid_of(backing->datastore);
        return texts;
    }
    texts.backing = backing->deviceName;
    texts.datastore = moid_of(backing->network);
    if (!*texts.datastore && backing->port)
        texts.datastore = backing->port->portgroupKey;
    return texts;
}

/* ---- the block ---- */

struct block {
    struct vim_device *devices; /* NULL = only count */
    char *texts;
    size_t n, bytes; /* devices and bytes of text so far */
};

static const char *keep(struct block *block, const char *text, bool unescape)
{
    char label[CAP_NAME + 1];
    size_t n = strlen(text_label(text, unescape, label)) + 1;
    if (n == 1)
        return "";
    char *at = block->devices ? block->texts + block->bytes : NULL;
    if (at)
        memcpy(at, label, n);
    block->bytes += n;
    return at;
}

static void fill(struct block *block, const struct controllers *controllers,
                 const struct _vim__any *value)
{
    block->n = block->bytes = 0;
    for (int i = 0; i < value->__sizeVirtualDevice && block->n < CAP_DEVICES; i++) {
        const struct _vim__VirtualDevice *from = &value->VirtualDevice[i];
        struct vim_device device;
        char name[CAP_NAME + 1];
        if (!identify(controllers, from, &device))
            continue;
        struct texts texts = texts_of(from, device.kind, name);
        device.label = keep(block, texts.label, false);
        device.backing = keep(block, texts.backing, true);
        device.datastore = keep(block, texts.datastore, false);
        if (block->devices)
            block->devices[block->n] = device;
        block->n++;
    }
}

/* False when out of memory. */
static bool block_make(const struct _vim__any *value, struct block *ret)
{
    struct controllers controllers;
    *ret = (struct block){.n = 0};
    if (!value || !value->__sizeVirtualDevice)
        return true;
    find_controllers(value, &controllers);
    fill(ret, &controllers, value);
    if (!ret->n)
        return true;
    size_t devices = ret->n * sizeof *ret->devices;
    char *memory = malloc(devices + ret->bytes);
    if (!memory)
        return false;
    ret->devices = (void *)memory;
    ret->texts = memory + devices;
    fill(ret, &controllers, value);
    return true;
}

static bool same(const struct vim_object *object, const struct block *block)
{
    bool equal = object->ndevices == block->n;
    for (size_t i = 0; equal && i < block->n; i++) {
        const struct vim_device *a = &object->devices[i], *b = &block->devices[i];
        equal = a->kind == b->kind && a->rdm == b->rdm && !strcmp(a->instance, b->instance) &&
                !strcmp(a->label, b->label) && !strcmp(a->backing, b->backing) &&
                !strcmp(a->datastore, b->datastore);
    }
    return equal;
}

enum assigned inventory_set_devices(struct vim_object *object, const struct _vim__any *value)
{
    struct block block;
    if (!block_make(value, &block))
        return ASSIGNED_NOMEM;
    if (same(object, &block)) {
        free(block.devices);
        return ASSIGNED_SAME;
    }
    free((void *)object->devices);
    object->devices = block.devices;
    object->ndevices = block.n;
    return ASSIGNED_CHANGED;
}
