/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * By how much a published value may be off the truth, and why.
 */
#ifndef PROPERTY_TOLERANCE_H
#define PROPERTY_TOLERANCE_H

#include "layers/quantity.h"

struct tolerance_scale { /* of the VM in the interval */
    double vcpus, devices, iops;
};

/* In ticks. has_holes: samples of the VM are missing, so that second-best counters are read. */
double tolerance_ticks(enum quantity quantity, const struct tolerance_scale *scale, bool has_holes);

/* Why; "" where there is none. */
const char *tolerance_reason(enum quantity quantity, bool has_holes);

#endif
