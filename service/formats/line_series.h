/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * InfluxDB line protocol of any schema. What a row has under one measurement and set of tags shares
 * a line, however scattered it comes:
 *   vsphere_vm_cpu,cpu=instance-total,vmname=web ready_summation=1500i,usage_average=4.7
 * 1623683210000 The schema vstrata without labels has a faster way: line_protocol.h.
 */
#ifndef FORMATS_LINE_SERIES_H
#define FORMATS_LINE_SERIES_H

#include "formats/line_text.h"
#include "formats/series.h"

/* Appends rows [first, last) of the batch by the names of the walk's schema. Numbers are floats
 * but where the schema says integer ("1500i"); a series without a field has the field "value";
 * ended series (SERIES_STALE) are left out. False: out of memory, or more than out may hold, which
 * has failed then. */
bool line_series_write(struct series_walk *walk, const struct row_batch *batch, size_t first,
                       size_t last, enum line_precision precision, struct buf *out);

#endif
