/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "layers/devices.h"

#include <stdlib.h>
#include <string.h>

#include "base/caps.h"

/* The place of a counter among those of the devices, or their count. */
static unsigned place_of(const struct devices *devices, enum counter counter)
{
    unsigned place = (unsigned)counter - (unsigned)devices->counters->first;
    return place < devices->counters->count ? place : devices->counters->count;
}

/* Series of a counter stand together, mostly in the same order of devices: the search begins with
 * the device behind the one that was found last. */
static struct device *find(const struct devices *devices, const char *instance, size_t *last)
{
    for (size_t i = 0; i < devices->n; i++) {
        *last = *last + 1 < devices->n ? *last + 1 : 0;
        if (strcmp(devices->device[*last].instance, instance) == 0)
            return &devices->device[*last];
    }
    return NULL;
}

static struct device *found(struct devices *devices, const char *instance, size_t *last)
{
    const enum instance_kind kind = devices->counters->kind;
    uint16_t number = 0;
    struct device *device = find(devices, instance, last);
    if (device)
        return device;
    if (kind != INSTANCE_NONE && !instance_read(kind, instance, &number))
        return NULL;
    if (devices->n == CAP_DEVICES) {
        devices->excess = true;
        return NULL;
    }
    *last = devices->n++;
    device = &devices->device[*last];
    *device = (struct device){.instance = instance, .number = number};
    return device;
}

static void take(struct devices *devices, const struct sample_series *series, unsigned place,
                 size_t *last)
{
    const int64_t **at = NULL;
    if (*series->instance) {
        struct device *device = found(devices, series->instance, last);
        at = device ? &device->at[place] : NULL;
    } else if (devices->counters->sums & 1u << place) {
        at = &devices->at[place];
    }
    if (!at)
        return;
    devices->offered[place] = true;
    if (!*at)
        *at = series->values;
}

static int by_number(const void *a, const void *b)
{
    return ((const struct device *)a)->number - ((const struct device *)b)->number;
}

/* At most so many devices are in a block. */
static size_t room_for(const struct devices *devices, const struct sample_block *block)
{
    size_t n = 0;
    for (size_t i = 0; i < block->nseries && n < CAP_DEVICES; i++)
        n += place_of(devices, block->series[i].counter) < devices->counters->count;
    return n;
}

bool devices_init(struct devices *devices, const struct device_counters *counters,
                  const struct sample_block *block)
{
    size_t last = 0;
    *devices = (struct devices){.counters = counters};
    const size_t room = room_for(devices, block);
    if (!room)
        return true;
    struct device *device = malloc(room * sizeof *device);
    if (!device)
        return false;
    devices->device = device;
    devices->n = 0;
    for (size_t i = 0; i < block->nseries; i++) {
        unsigned place = place_of(devices, block->series[i].counter);
        if (place < counters->count)
            take(devices, &block->series[i], place, &last);
    }
    qsort(devices->device, devices->n, sizeof *devices->device, by_number);
    return true;
}

void devices_free(struct devices *devices)
{
    free(devices->device);
}

void devices_load(struct devices *devices, size_t t)
{
    const struct device_counters *counters = devices->counters;
    for (unsigned c = 0; c < counters->count; c++)
        devices->aggregate[c] = device_sample(devices->at[c], t, counters->limit[c]);
    for (size_t i = 0; i < devices->n; i++) {
        struct device *device = &devices->device[i];
        device->here = false;
        for (unsigned c = 0; c < counters->count; c++) {
            device->of[c] = device_sample(device->at[c], t, counters->limit[c]);
            device->here = device->here || device->of[c] >= 0;
        }
    }
}

/* The sum over the devices that are there, or DEVICE_UNKNOWN if one of them has no value, or none
 * is there. */
static int64_t sum_of(const struct devices *devices, unsigned value)
{
    int64_t sum = 0;
    bool any = false;
    for (size_t i = 0; i < devices->n; i++) {
        const struct device *device = &devices->device[i];
        if (!device->here)
            continue;
        if (device->of[value] < 0)
            return DEVICE_UNKNOWN;
        sum += device->of[value];
        any = true;
    }
    return any && !devices->excess ? sum : DEVICE_UNKNOWN;
}

void devices_add_up(struct devices *devices, unsigned count)
{
    for (unsigned v = 0; v < count; v++) {
        devices->total[v] = sum_of(devices, v);
        if (v < devices->counters->count && devices->total[v] < 0)
            devices->total[v] = devices->aggregate[v];
    }
}

size_t devices_with(const struct devices *devices, unsigned value)
{
    size_t n = 0;
    for (size_t i = 0; i < devices->n; i++)
        n += devices->device[i].here && devices->device[i].of[value] >= 0;
    return n;
}

enum reason devices_status(const struct devices *devices, const unsigned char *values, size_t n)
{
    bool all = !devices->excess, some = false, offered = false;
    size_t here = 0;
    for (size_t i = 0; i < devices->n; i++)
        here += devices->device[i].here;
    for (size_t i = 0; i < n; i++) {
        size_t with = devices_with(devices, values[i]);
        all = all && here && with == here && devices->offered[values[i]];
        some = some || with || devices->total[values[i]] >= 0;
        offered = offered || devices->offered[values[i]];
    }
    if (all)
        return REASON_OK;
    if (some)
        return REASON_PART_MISSING;
    return offered ? REASON_MISSING_SAMPLE : REASON_COUNTER_NOT_OFFERED;
}

void devices_write(const struct devices *devices, enum quantity quantity,
                   const struct device_quantity *how, struct row_batch *out)
{
    const bool has_worst = quantity_info(quantity)->forms & 1u << FORM_WORST;
    const int64_t total = how->of(devices->total, how->a, how->b);
    int64_t worst = DEVICE_UNKNOWN;
    bool all = has_worst && !devices->excess;
    if (total >= 0)
        row_batch_value(out, quantity, FORM_TOTAL, 0, total);
    for (size_t i = 0; all && i < devices->n; i++) {
        const struct device *device = &devices->device[i];
        int64_t ticks = how->of(device->of, how->a, how->b);
        all = !device->here || ticks >= 0;
        worst = device->here && ticks > worst ? ticks : worst;
    }
    if (all && worst >= 0)
        row_batch_value(out, quantity, FORM_WORST, 0, worst);
    for (size_t i = 0; i < devices->n; i++) {
        const struct device *device = &devices->device[i];
        int64_t ticks = device->here ? how->of(device->of, how->a, how->b) : DEVICE_UNKNOWN;
        if (ticks >= 0)
            row_batch_value(out, quantity, FORM_INSTANCE, device->number, ticks);
    }
}

int64_t device_value(const int64_t *v, unsigned a, unsigned b)
{
    (void)b;
    return v[a];
}

int64_t device_sum(const int64_t *v, unsigned a, unsigned b)
{
    return v[a] < 0 || v[b] < 0 ? DEVICE_UNKNOWN : v[a] + v[b];
}
