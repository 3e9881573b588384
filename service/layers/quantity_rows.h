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
#define MICROSECONDS UNIT_SECONDS, 1000000
#define MILLISECONDS UNIT_SECONDS, 1000
#define OPERATIONS UNIT_OPERATIONS, 1
#define OPERATIONS_PER_SECOND UNIT_OPERATIONS_PER_SECOND, 1
#define BYTES UNIT_BYTES, 1
#define COUNT UNIT_COUNT, 1
/* A count of packets in a 20-second interval is exact. */
#define PACKETS_PER_SECOND UNIT_PACKETS_PER_SECOND, 20
/* What a guest reports, in thousandths. */
enum { THOUSANDTHS = 1000 };

#define VM_ONLY (1u << FORM_TOTAL)
#define AND_INSTANCES (VM_ONLY | 1u << FORM_INSTANCE)
#define AND_WORST (AND_INSTANCES | 1u << FORM_WORST)
#define ALL_FORMS (1u << FORM_TOTAL | 1u << FORM_WORST | 1u << FORM_SPREAD | 1u << FORM_INSTANCE)

/* Where a formula comes from and how sure we are of it. */
#define MEASURED "vSphere CPU counters; identity measured on recorded series, high confidence"
#define BOOK "vSphere counters as the VMware operations guide reads them; medium confidence"
#define STATES \
    "vSphere CPU counters; vCPU state model of the VMware operations guide, high confidence"
#define COUNTER "vSphere counter as the server gives it"
#define SEED "layer model of this project over the quantities named"

/* Of each file of rows: its first and its last quantity, and its rows, from the first on. */
#define QUANTITY_CPU_FIRST Q_CPU_COUNT
#define QUANTITY_CPU_LAST Q_CPU_STATUS_UNMET
#define QUANTITY_MEMORY_FIRST Q_MEM_CONFIGURED
#define QUANTITY_MEMORY_LAST Q_MEM_STATUS_UNMET
#define QUANTITY_DISK_FIRST Q_DISK_READS
#define QUANTITY_DISK_LAST Q_DISK_STATUS_UNMET
#define QUANTITY_NET_FIRST Q_NET_RECEIVED
#define QUANTITY_NET_LAST Q_NET_STATUS_UNMET
#define QUANTITY_GUEST_FIRST Q_CPU_RUN_QUEUE
#define QUANTITY_GUEST_LAST Q_GUEST_AGE
#define QUANTITY_HOST_FIRST Q_HOST_CORE_UTILIZATION
#define QUANTITY_HOST_LAST Q_HOST_STATUS
#define QUANTITY_QUALITY_FIRST Q_QUALITY_EXPECTED
#define QUANTITY_QUALITY_LAST Q_QUALITY_LEFT_OUT
#define QUANTITY_VERDICT_FIRST Q_CPU_VERDICT_QUEUE
#define QUANTITY_VERDICT_LAST Q_ALL_VERDICT_FOR

extern const struct quantity_info quantity_cpu[], quantity_memory[], quantity_disk[],
    quantity_net[], quantity_guest[], quantity_host[], quantity_quality[], quantity_verdict[];

#endif
