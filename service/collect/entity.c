/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "collect/entity.h"

const char *entity_label_name(enum entity_label label)
{
    static const char *const names[LABEL_COUNT] = {
        [LABEL_VCENTER] = "vcenter", [LABEL_DATACENTER] = "datacenter",
        [LABEL_CLUSTER] = "cluster", [LABEL_HOST] = "host",
        [LABEL_VM] = "vm",           [LABEL_MOID] = "moid",
        [LABEL_UUID] = "uuid",
    };
    return names[label];
}
