/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The devices of a VM in a block (its disks, its vNICs, its datastores), and their values at one
 * time of it. The way of a model through a block:
 *
 *     devices_init     once: which devices there are, and where their series stand
 *     devices_load     per time: the counters of each device
 *                      (here the model adds to each device values of its own, made of counters)
 *     devices_add_up   the VM: the sum over its devices
 *     devices_write    per quantity: the same formula over the VM's values and over each device's
 *
 * A device without a sample of any of its counters is not there at that time: a disk that is added
 * or taken away within a block does not count before or after, exactly as if the answer had held
 * the other times alone. A device with a sample of one counter but none of another takes the VM's
 * sum of that other away, unless the server has an aggregate of its own.
 */
#ifndef LAYERS_DEVICES_H
#define LAYERS_DEVICES_H

#include "collect/sample.h"
#include "layers/findings.h"

enum { DEVICE_VALUES = 16, DEVICE_UNKNOWN = SAMPLE_MISSING };

struct device_counters {     /* what is to be found in a block */
    enum instance_kind kind; /* INSTANCE_NONE: devices of whatever name, without a number */
    enum counter first;      /* the values 0 .. count - 1 are the counters from this one on */
    unsigned count;
    unsigned sums;        /* bits of the values of which the VM's aggregate is a sum, too */
    const int64_t *limit; /* of each counter: larger values are no sample */
};

struct device {
    const char *instance;
    uint16_t number;
    bool here;                        /* at the time loaded */
    const int64_t *at[DEVICE_VALUES]; /* NULL = not offered */
    int64_t of[DEVICE_VALUES];        /* at the time loaded, or DEVICE_UNKNOWN */
};

struct devices {
    const struct device_counters *counters;
    size_t n;
    struct device *device; /* by number, ascending */
    bool excess;           /* there are more: no sum over them is known */
    bool offered[DEVICE_VALUES];
    const int64_t *at[DEVICE_VALUES]; /* the aggregates that are sums */
    int64_t aggregate[DEVICE_VALUES]; /* at the time loaded; also where nothing was added up */
    int64_t total[DEVICE_VALUES];     /* of the VM */
};

struct device_quantity { /* how a quantity is made of the values a and b */
    int64_t (*of)(const int64_t *v, unsigned a, unsigned b); /* NULL: it is not of devices */
    unsigned char a, b;
};

/* Finds the devices of a block; false when out of memory. */
bool devices_init(struct devices *devices, const struct device_counters *counters,
                  const struct sample_block *block);

void devices_free(struct devices *devices);

/* Loads the counters of time t. */
void devices_load(struct devices *devices, size_t t);

/* Fills total[0 .. count): the sum over the devices that are there; where it is not known, the
 * aggregate. */
void devices_add_up(struct devices *devices, unsigned count);

/* How many devices have a sample of a value. */
size_t devices_with(const struct devices *devices, unsigned value);

/* The status of a layer by the values that it is made of: ok if the VM and each device has all. */
enum reason devices_status(const struct devices *devices, const unsigned char *values, size_t n);

/* Adds a quantity in the forms that the catalogue gives it; the worst only if that of every device
 * is known. */
void devices_write(const struct devices *devices, enum quantity quantity,
                   const struct device_quantity *how, struct row_batch *out);

/* Formulas: a alone, a + b. */
int64_t device_value(const int64_t *v, unsigned a, unsigned b);
int64_t device_sum(const int64_t *v, unsigned a, unsigned b);

/* a / b to the nearest whole number, halves up; a >= 0, b > 0. */
static inline int64_t device_divided(int64_t a, int64_t b)
{
    return (a + b / 2) / b;
}

/* A counter's value at t of its series, or DEVICE_UNKNOWN. */
static inline int64_t device_sample(const int64_t *at, size_t t, int64_t limit)
{
    return at && at[t] >= 0 && at[t] <= limit ? at[t] : DEVICE_UNKNOWN;
}

#endif
