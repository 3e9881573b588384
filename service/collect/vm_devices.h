/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What the inventory says of a VM's devices, in the words of entities and samples. Pure.
 */
#ifndef COLLECT_VM_DEVICES_H
#define COLLECT_VM_DEVICES_H

#include "base/buf.h"
#include "collect/guest_text.h"
#include "vim/inventory.h"

/* Appends LABEL_DEVICES (see entity.h): disks, network adapters, and the application values of
 * `text`, which may be NULL. Lines that have no room any more are left out whole. Nothing is
 * appended when out of memory. */
void vm_devices_write(struct buf *out, const struct vim_inventory *inventory,
                      const struct vim_object *vm, const struct guest_text *text);

/* BACKING_ bits of the VM's disks; 0 if the devices were not read, or a disk is on storage of a
 * kind that is not known. */
unsigned vm_devices_backing(const struct vim_inventory *inventory, const struct vim_object *vm);

#endif
