/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "layers/quantity.h"

#include <string.h>

#include "layers/quantity_rows.h"

static const struct file_of_rows {
    enum quantity first, last;
    const struct quantity_info *rows;
    enum quantity_scope scope;
    enum instance_kind instances;
} files[] = {
    {QUANTITY_CPU_FIRST, QUANTITY_CPU_LAST, quantity_cpu, SCOPE_VM, INSTANCE_VCPU},
    {QUANTITY_MEMORY_FIRST, QUANTITY_MEMORY_LAST, quantity_memory, SCOPE_VM, INSTANCE_NONE},
    {QUANTITY_DISK_FIRST, QUANTITY_DISK_LAST, quantity_disk, SCOPE_VM, INSTANCE_DISK},
    {QUANTITY_NET_FIRST, QUANTITY_NET_LAST, quantity_net, SCOPE_VM, INSTANCE_NIC},
    {QUANTITY_GUEST_FIRST, QUANTITY_GUEST_LAST, quantity_guest, SCOPE_VM, INSTANCE_APP},
    {QUANTITY_HOST_FIRST, QUANTITY_HOST_LAST, quantity_host, SCOPE_HOST, INSTANCE_NONE},
    {QUANTITY_QUALITY_FIRST, QUANTITY_QUALITY_LAST, quantity_quality, SCOPE_VCENTER, INSTANCE_NONE},
    {QUANTITY_VERDICT_FIRST, QUANTITY_VERDICT_LAST, quantity_verdict, SCOPE_VM, INSTANCE_NONE},
};

static const struct file_of_rows *file_of(enum quantity quantity)
{
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (quantity >= files[i].first && quantity <= files[i].last)
            return &files[i];
    return NULL;
}

const struct quantity_info *quantity_info(enum quantity quantity)
{
    const struct file_of_rows *file = file_of(quantity);
    return file ? &file->rows[quantity - file->first] : NULL;
}

enum quantity_scope quantity_scope(const struct quantity_info *info)
{
    return file_of(info->id)->scope;
}

enum instance_kind quantity_instances(const struct quantity_info *info)
{
    return info->forms & 1u << FORM_INSTANCE ? file_of(info->id)->instances : INSTANCE_NONE;
}

const struct quantity_info *quantity_find(const char *name)
{
    for (size_t i = 0; i < quantity_count(); i++)
        if (strcmp(quantity_at(i)->name, name) == 0)
            return quantity_at(i);
    return NULL;
}

size_t quantity_count(void)
{
    return QUANTITY_END - 1;
}

const struct quantity_info *quantity_at(size_t i)
{
    return quantity_info((enum quantity)(Q_NONE + 1 + i));
}

void quantity_write(struct buf *out, const struct quantity_info *info, int64_t ticks)
{
    if (unit_is_large(info->unit))
        buf_int(out, (int64_t)((uint64_t)ticks * (uint64_t)info->scale));
    else
        buf_scaled(out, ticks, info->scale);
}

double quantity_value(const struct quantity_info *info, int64_t ticks)
{
    if (unit_is_large(info->unit))
        return (double)ticks * (double)info->scale;
    return (double)ticks / (double)info->scale;
}

const char *layer_name(enum layer layer)
{
    static const char *const names[LAYER_COUNT] = {
        [LAYER_NONE] = "",       [LAYER_QUEUE] = "queue",
        [LAYER_USAGE] = "usage", [LAYER_OVERHEAD] = "overhead",
        [LAYER_UNMET] = "unmet", [LAYER_IDLE] = "idle",
    };
    return names[layer];
}

char layer_letter(enum layer layer)
{
    return "-ABCD-"[layer];
}

bool unit_is_large(enum unit unit)
{
    return unit == UNIT_HERTZ || unit == UNIT_BYTES || unit == UNIT_BYTES_PER_SECOND;
}

const char *unit_name(enum unit unit)
{
    static const char *const names[] = {
        [UNIT_RATIO] = "ratio",
        [UNIT_HERTZ] = "hertz",
        [UNIT_COUNT] = "count",
        [UNIT_CODE] = "code",
        [UNIT_BYTES] = "bytes",
        [UNIT_BYTES_PER_SECOND] = "bytes_per_second",
        [UNIT_SECONDS] = "seconds",
        [UNIT_OPERATIONS] = "operations",
        [UNIT_OPERATIONS_PER_SECOND] = "operations_per_second",
        [UNIT_PACKETS_PER_SECOND] = "packets_per_second",
    };
    return names[unit];
}

const char *kind_name(enum quantity_kind kind)
{
    static const char *const names[] = {"part", "total", "check", "status", "verdict"};
    return names[kind];
}

const char *form_name(const struct quantity_info *info, enum form form)
{
    static const char *const names[FORM_COUNT] = {"total", "worst", "spread", NULL};
    return form == FORM_INSTANCE ? instance_word(quantity_instances(info)) : names[form];
}

/* Only a VM has parts that add up: what is said of a host or a vCenter needs no word for it. */
static bool kind_is_named(const struct quantity_info *info)
{
    return info->kind != KIND_PART &&
           (info->kind != KIND_CHECK || quantity_scope(info) == SCOPE_VM);
}

void quantity_measurement(struct buf *out, const struct quantity_info *info, enum form form)
{
    static const char *const scopes[] = {
        [SCOPE_VM] = "vm", [SCOPE_HOST] = "host", [SCOPE_VCENTER] = "vcenter"};
    const char *of = scopes[quantity_scope(info)];
    if (form == FORM_INSTANCE)
        of = instance_word(quantity_instances(info));
    buf_str(out, "vstrata_");
    buf_str(out, of);
    if (strcmp(of, info->resource) != 0) {
        buf_char(out, '_');
        buf_str(out, info->resource);
    }
    if (kind_is_named(info)) {
        buf_char(out, '_');
        buf_str(out, kind_name(info->kind));
    }
}

void quantity_field(struct buf *out, const struct quantity_info *info, enum form form)
{
    buf_str(out, unit_name(info->unit));
    if (form == FORM_WORST || form == FORM_SPREAD) {
        buf_char(out, '_');
        buf_str(out, form_name(info, form));
    }
}
