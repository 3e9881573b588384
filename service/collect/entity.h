/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Whom a sample is about. Identity is (vcenter_uuid, moid); everything else is a label that may
 * change with a rename or a vMotion, and is what it was when the sample was collected.
 */
#ifndef COLLECT_ENTITY_H
#define COLLECT_ENTITY_H

enum entity_label {
    LABEL_VCENTER, /* the configured name of the vCenter */
    LABEL_DATACENTER,
    LABEL_CLUSTER,
    LABEL_HOST,
    LABEL_VM, /* the VM's name */
    LABEL_MOID,
    LABEL_UUID, /* config.instanceUuid */
    LABEL_COUNT
};

struct entity {
    const char *vcenter_uuid;       /* about.instanceUuid, or the label for an ESXi host */
    const char *label[LABEL_COUNT]; /* never NULL; "" = not known */
};

/* "vcenter", "datacenter", "cluster", "host", "vm", "moid", "uuid": the names that every store,
 * the page and the API use. */
const char *entity_label_name(enum entity_label label);

#endif
