/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "layers/quantity.h"

#include <string.h>

#include "layers/quantity_rows.h"

static const struct {
    enum quantity first, last;
    const struct quantity_info *rows;
} resources[] = {
    {QUANTITY_CPU_FIRST, QUANTITY_CPU_LAST, quantity_cpu},
    {QUANTITY_MEMORY_FIRST, QUANTITY_MEMORY_LAST, quantity_memory},
};

const struct quantity_info *quantity_info(enum quantity quantity)
{
    for (size_t i = 0; i < sizeof resources / sizeof *resources; i++)
        if (quantity >= resources[i].first && quantity <= resources[i].last)
            return &resources[i].rows[quantity - resources[i].first];
    return NULL;
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
    static const char *const names[] = {"ratio", "hertz", "count",
                                        "code",  "bytes", "bytes_per_second"};
    return names[unit];
}

const char *kind_name(enum quantity_kind kind)
{
    static const char *const names[] = {"part", "total", "check", "status"};
    return names[kind];
}

const char *form_name(enum form form)
{
    static const char *const names[FORM_COUNT] = {"total", "worst", "spread", "vcpu"};
    return names[form];
}

void quantity_measurement(struct buf *out, const struct quantity_info *info, enum form form)
{
    buf_str(out, form == FORM_INSTANCE ? "vstrata_vcpu_" : "vstrata_vm_");
    buf_str(out, info->resource);
    if (info->kind != KIND_PART) {
        buf_char(out, '_');
        buf_str(out, kind_name(info->kind));
    }
}

void quantity_field(struct buf *out, const struct quantity_info *info, enum form form)
{
    buf_str(out, unit_name(info->unit));
    if (form == FORM_WORST || form == FORM_SPREAD) {
        buf_char(out, '_');
        buf_str(out, form_name(form));
    }
}
