/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The performance manager's own description: counters and intervals as vSphere writes them.
 */
#ifndef VCENTER_PERF_INFO_H
#define VCENTER_PERF_INFO_H

#include "base/buf.h"
#include "catalogue.h"

/* One <element> (members of PerfCounterInfo) per counter that is not hidden. */
void perf_info_counters(const struct catalogue *catalogue, const char *element, struct buf *out);

/* The same of one row. */
void perf_info_counter(const struct catalogue *catalogue, size_t row, const char *element,
                       struct buf *out);

/* The four historical intervals of a vCenter. This server keeps none of their data. */
void perf_info_intervals(struct buf *out);

#endif
