/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The rows of the catalogue, a file per resource, and the words they share.
 *
 * In formulas a name of three words is a vSphere counter (cpu.ready.summation), a name of two is a
 * quantity of this table (cpu.ready). T is the interval, n the number of vCPUs, f the nominal
 * frequency of the host. A formula of a quantity with a vcpu form holds for each vCPU; the VM's
 * total is the sum over its vCPUs of the same sample, or, where a vCPU has no value, the VM's own
 * aggregate counter.
 */
#ifndef LAYERS_QUANTITY_ROWS_H
#define LAYERS_QUANTITY_ROWS_H

#include "layers/quantity.h"

#define RATIO UNIT_RATIO, RATIO_SCALE
#define PERCENT UNIT_RATIO, PERCENT_SCALE
#define MEGAHERTZ UNIT_HERTZ, 1000000
#define KILOBYTES UNIT_BYTES, 1024
#define KILOBYTES_PER_SECOND UNIT_BYTES_PER_SECOND, 1024
#define CODE UNIT_CODE, 1

#define VM_ONLY (1u << FORM_TOTAL)
#define ALL_FORMS (1u << FORM_TOTAL | 1u << FORM_WORST | 1u << FORM_SPREAD | 1u << FORM_INSTANCE)

/* Where a formula comes from and how sure we are of it. */
#define MEASURED "vSphere CPU counters; identity measured on recorded series, high confidence"
#define BOOK "vSphere counters as the VMware operations guide reads them; medium confidence"
#define STATES \
    "vSphere CPU counters; vCPU state model of the VMware operations guide, high confidence"
#define COUNTER "vSphere counter as the server gives it"
#define SEED "layer model of this project over the quantities named"

/* Of each resource: its first and its last quantity, and its rows, from the first on. */
#define QUANTITY_CPU_FIRST Q_CPU_COUNT
#define QUANTITY_CPU_LAST Q_CPU_STATUS_UNMET
#define QUANTITY_MEMORY_FIRST Q_MEM_CONFIGURED
#define QUANTITY_MEMORY_LAST Q_MEM_STATUS_UNMET

extern const struct quantity_info quantity_cpu[], quantity_memory[];

#endif
