/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The parts of the truth, one for each resource: each tells its quantities in a fixed order.
 */
#ifndef VCENTER_TRUTH_PARTS_H
#define VCENTER_TRUTH_PARTS_H

#include "truth.h"

void truth_cpu(const struct vm_sample *sample, truth_fn *tell, void *ctx);
void truth_memory(const struct vm_sample *sample, truth_fn *tell, void *ctx);
void truth_disk(const struct vm_sample *sample, truth_fn *tell, void *ctx);
void truth_network(const struct vm_sample *sample, truth_fn *tell, void *ctx);
void truth_guest(const struct vm_sample *sample, truth_fn *tell, void *ctx);

#endif
