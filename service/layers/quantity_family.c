/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <string.h>

#include "layers/quantity.h"

static const char *const kinds[] = {
    [KIND_PART] = "Parts",
    [KIND_TOTAL] = "Totals",
    [KIND_CHECK] = "Values beside the sums",
    [KIND_STATUS] = "Status codes",
    [KIND_VERDICT] = "Verdicts",
};

static const char *const instances[INSTANCE_KINDS] = {
    [INSTANCE_NONE] = "",
    [INSTANCE_VCPU] = "vCPU",
    [INSTANCE_DISK] = "virtual disk",
    [INSTANCE_NIC] = "vNIC",
    [INSTANCE_APP] = "application value",
};

static const char *const scopes[] = {
    [SCOPE_VM] = "a VM", [SCOPE_HOST] = "a host", [SCOPE_VCENTER] = "a vCenter"};

static const struct {
    const char *resource, *title;
} titles[] = {
    {"cpu", "CPU"},
    {"mem", "memory"},
    {"disk", "disks"},
    {"net", "network"},
    {"guest", "the guest"},
    {"host", "CPU and memory"},
    {"quality", "data quality"},
    {"all", "all resources"},
};

static const char *title(const struct quantity_info *info)
{
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        if (strcmp(titles[i].resource, info->resource) == 0)
            return titles[i].title;
    return info->resource;
}

void quantity_family(struct buf *out, const struct quantity_info *info, enum form form)
{
    const char *word = instances[quantity_instances(info)];
    buf_printf(out, "%s of %s of ", kinds[info->kind], title(info));
    if (form == FORM_INSTANCE)
        buf_printf(out, "one %s", word);
    else
        buf_str(out, scopes[quantity_scope(info)]);
    if (form == FORM_WORST)
        buf_printf(out, ", the largest of its %ss", word);
    if (form == FORM_SPREAD)
        buf_printf(out, ", largest minus smallest of its %ss", word);
    buf_str(out, quantity_scope(info) == SCOPE_VM ? "; the labels layer and part say which."
                                                  : "; the label part says which.");
}
