/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Whom a sample is about: a VM, a host, or the vCenter itself. Identity is (vcenter_uuid, moid);
 * everything else is a label that may change with a rename or a vMotion, and is what it was when
 * the sample was collected.
 */
#ifndef COLLECT_ENTITY_H
#define COLLECT_ENTITY_H

#include <stdint.h>

enum entity_label {
    LABEL_VCENTER, /* the configured name of the vCenter */
    LABEL_DATACENTER,
    LABEL_CLUSTER,
    LABEL_HOST,
    LABEL_VM, /* the VM's name */
    LABEL_MOID,
    LABEL_UUID,              /* config.instanceUuid; of a host its hardware's */
    LABEL_TAGS,              /* so many are tags of series; the rest only goes with the entity: */
    LABEL_KIND = LABEL_TAGS, /* "host", "vcenter"; "" = a VM */
    LABEL_DEVICES,           /* see below */
    LABEL_COUNT
};

enum entity_kind { ENTITY_VM, ENTITY_HOST, ENTITY_VCENTER };

struct entity {
    const char *vcenter_uuid;       /* about.instanceUuid, or the label for an ESXi host */
    const char *label[LABEL_COUNT]; /* never NULL; "" = not known */
};

/*
 * LABEL_DEVICES: what people call the devices of a VM, a line for each, sorted, by what a server
 * calls them; and the names of a guest's application values, by their number:
 *     scsi0:0<TAB>Hard disk 1<TAB>datastore1
 *     4000<TAB>Network adapter 1<TAB>VM Network
 *     12345<TAB>jvm.heap_used
 */

/* From LABEL_KIND. */
enum entity_kind entity_kind(const struct entity *entity);

/* A number that is the same for an entity on every machine, evenly spread: for shares of a fleet.
 */
uint32_t entity_hash(const struct entity *entity);

/* The text of LABEL_KIND: "", "host", "vcenter". */
const char *entity_kind_name(enum entity_kind kind);

/* "vcenter", "datacenter", "cluster", "host", "vm", "moid", "uuid": the names that every store,
 * the page and the API use. */
const char *entity_label_name(enum entity_label label);

#endif
