/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The truth of the memory quantities: bytes, bytes a second and ratios, from the physics.
 */
#ifndef VCENTER_TRUTH_MEMORY_H
#define VCENTER_TRUTH_MEMORY_H

#include "base/buf.h"
#include "physics.h"

/* Appends members of a JSON object, each after a comma: ,"mem.granted":{"total":...}. */
void truth_memory(const struct vm_sample *sample, struct buf *out);

#endif
