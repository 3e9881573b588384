/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * InfluxDB line protocol, as a pure function into a buffer:
 *   vstrata_vm_cpu,cluster=c,datacenter=d,host=h,layer=unmet,moid=vm-1,part=ready,uuid=u,vcenter=v,vm=web
 * ratio=0.075,ratio_worst=0.1 1623683210000 Tags are sorted by key, empty ones left out; values of
 * one measurement and tag set share a line.
 */
#ifndef FORMATS_LINE_PROTOCOL_H
#define FORMATS_LINE_PROTOCOL_H

#include "base/buf.h"
#include "formats/line_text.h"
#include "layers/row.h"

struct line_options {
    enum line_precision precision;
};

/* Appends rows [first, last) of the batch. Every value is a float, so field types never conflict.
 * Returns the number of values written. */
size_t line_protocol_write(const struct row_batch *batch, size_t first, size_t last,
                           const struct line_options *options, struct buf *out);

#endif
