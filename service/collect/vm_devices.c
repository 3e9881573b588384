/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "collect/vm_devices.h"

#include <stdlib.h>
#include <string.h>

#include "base/caps.h"
#include "collect/sample.h"

enum {
    NUMBER_TEXT = 8, /* room for an application value's number */
    APP_LINES = GUEST_APPS * (NUMBER_TEXT + GUEST_APP_NAME)
};
_Static_assert(APP_LINES < CAP_DEVICE_NAMES / 2, "application values leave room for devices");

/* ---- names ---- */

/* By kind, then as a person counts: scsi0:2 before scsi0:10, which texts alone would turn round. */
static int by_instance(const void *a, const void *b)
{
    const struct vim_device *x = *(const struct vim_device *const *)a;
    const struct vim_device *y = *(const struct vim_device *const *)b;
    size_t m = strlen(x->instance), n = strlen(y->instance);
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (m != n)
        return m < n ? -1 : 1;
    return strcmp(x->instance, y->instance);
}

static int by_number(const void *a, const void *b)
{
    const struct guest_app *x = a, *y = b;
    return (x->number > y->number) - (x->number < y->number);
}

/* A text as a field of a line: control characters, which part fields and lines, become blanks. */
static void write_field(struct buf *out, const char *text)
{
    for (; *text; text++)
        buf_char(out, (unsigned char)*text < ' ' || *text == 0x7f ? ' ' : *text);
}

static void write_device(struct buf *out, const struct vim_inventory *inventory,
                         const struct vim_device *device)
{
    const char *backing = vim_inventory_backing(inventory, device);
    size_t bytes = strlen(device->instance) + strlen(device->label) + strlen(backing) + 3;
    if (out->len + bytes > CAP_DEVICE_NAMES - APP_LINES)
        return;
    write_field(out, device->instance);
    buf_char(out, '\t');
    write_field(out, device->label);
    buf_char(out, '\t');
    write_field(out, backing);
    buf_char(out, '\n');
}

static void write_devices(struct buf *out, const struct vim_inventory *inventory,
                          const struct vim_object *vm)
{
    const struct vim_device *few[16], **sorted = few; /* most VMs have no more */
    if (vm->ndevices > sizeof few / sizeof *few)
        sorted = calloc(vm->ndevices, sizeof *sorted);
    if (!sorted)
        return;
    for (size_t i = 0; i < vm->ndevices; i++)
        sorted[i] = &vm->devices[i];
    qsort(sorted, vm->ndevices, sizeof *sorted, by_instance);
    for (size_t i = 0; i < vm->ndevices; i++)
        write_device(out, inventory, sorted[i]);
    if (sorted != few)
        free(sorted);
}

static void write_apps(struct buf *out, const struct guest_text *text)
{
    struct guest_app apps[GUEST_APPS];
    memcpy(apps, text->apps, text->napps * sizeof *apps);
    qsort(apps, text->napps, sizeof *apps, by_number);
    for (size_t i = 0; i < text->napps; i++) {
        buf_int(out, apps[i].number);
        buf_char(out, '\t');
        write_field(out, apps[i].name);
        buf_char(out, '\n');
    }
}

void vm_devices_write(struct buf *out, const struct vim_inventory *inventory,
                      const struct vim_object *vm, const struct guest_text *text)
{
    if (vm->ndevices)
        write_devices(out, inventory, vm);
    if (text)
        write_apps(out, text);
}

/* ---- what is behind disks ---- */

/* NFS and vSAN have no device of blocks of their own on a host. False for a kind of storage that we
 * cannot judge. */
static bool behind(const struct vim_object *datastore, unsigned *bits)
{
    static const struct {
        const char *type;
        unsigned bits;
    } kinds[] = {{"VMFS", 0},
                 {"VVOL", 0},
                 {"NFS", BACKING_FILE},
                 {"NFS41", BACKING_FILE},
                 {"vsan", BACKING_FILE}};
    for (size_t i = 0; datastore && i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(datastore->storage_type, kinds[i].type) == 0) {
            *bits |= kinds[i].bits;
            return true;
        }
    return false;
}

unsigned vm_devices_backing(const struct vim_inventory *inventory, const struct vim_object *vm)
{
    unsigned bits = BACKING_KNOWN;
    bool known = vm->ndevices > 0;
    for (size_t i = 0; i < vm->ndevices; i++) {
        const struct vim_device *device = &vm->devices[i];
        if (device->kind == VIM_DISK && device->rdm)
            bits |= BACKING_RDM;
        else if (device->kind == VIM_DISK)
            known = behind(vim_inventory_find(inventory, device->datastore), &bits) && known;
    }
    return known ? bits : 0;
}
