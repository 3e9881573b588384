/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * OpenTelemetry metrics: the protobuf message ExportMetricsServiceRequest (OTLP 1.x), of any
 * schema, and the answer to it.
 *
 *   ResourceMetrics of an entity, its rows that follow each other
 *     Resource      service.name=vstrata service.instance.id=UUID/MOID vcenter= cluster= vm= ...
 *     ScopeMetrics  vstrata VERSION
 *       Metric      vstrata_vm_cpu_ratio, help, unit "1": a gauge
 *         point     time, value, layer=unmet part=ready: what is not the resource's
 *
 * service.instance.id is there because receivers of the Prometheus kind keep of a resource only
 * what they make `job` and `instance` of: without it all VMs would be one.
 */
#ifndef FORMATS_OTLP_H
#define FORMATS_OTLP_H

#include "base/buf.h"
#include "formats/series.h"

struct otlp; /* scratch of one thread, kept from batch to batch */

/* `labels` as of series_walk_new; they become attributes of each resource. NULL: out of memory, or
 * too many labels. NULL is fine to free. */
struct otlp *otlp_new(const struct schema *schema, const char *labels);
void otlp_free(struct otlp *otlp);

/* Appends a request for rows [first, last); nothing if they have no series. An ended series
 * (SERIES_STALE) is a point flagged as having no value. Text that is not UTF-8 gets U+FFFD. False:
 * out of memory, or more than out may hold, which has failed then. */
bool otlp_write(struct otlp *otlp, const struct row_batch *batch, size_t first, size_t last,
                struct buf *out);

/* Reads an ExportMetricsServiceResponse of n bytes: how many points were not taken. False, and *ret
 * untouched: it is none. */
bool otlp_rejected(const void *answer, size_t n, uint64_t *ret);

#endif
