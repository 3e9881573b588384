/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Instances: the parts of a VM that a quantity is given of. A row keeps each as a number of 16 bits
 * that its text can be made of again, so that journals and stores need no table of names:
 *
 *   vCPU    its number
 *   disk    bbbcccc uuuuuuuuu: bus type, controller, unit; "scsi0:1"
 *   vNIC    its device key: 4000, 4001, ...
 *   app     a hash of "jvm.heap_used"; the entity's device names have the text (entity.h)
 */
#ifndef LAYERS_INSTANCE_H
#define LAYERS_INSTANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "collect/entity.h"

enum instance_kind {
    INSTANCE_NONE,
    INSTANCE_VCPU,
    INSTANCE_DISK,
    INSTANCE_NIC,
    INSTANCE_APP,
    INSTANCE_KINDS
};

/* "vcpu", "vdisk", "vnic", "app"; "" for none: the label in stores, the form in API and page. */
const char *instance_word(enum instance_kind kind);

/* The number of an instance as a server names it ("0", "scsi0:1", "4000"); false if it is none of
 * this kind: a physical NIC, a datastore, a number out of range. */
bool instance_read(enum instance_kind kind, const char *text, uint16_t *ret);

/* Appends the text of a number: what was read, letter for letter. An app of which the entity has no
 * name is "app-" and its number; entity NULL = no names. */
void instance_write(struct buf *out, enum instance_kind kind, uint16_t number,
                    const struct entity *entity);

/* Finds what people call an instance in the entity's device names: its name ("Hard disk 1") and
 * what is behind it (the datastore, the network), as n bytes at *ret. False if not known. */
bool instance_name(const struct entity *entity, enum instance_kind kind, uint16_t number,
                   const char **ret_name, size_t *ret_name_n, const char **ret_backing,
                   size_t *ret_backing_n);

#endif
