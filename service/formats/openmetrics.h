/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * OpenMetrics text of the newest rows:
 *     # TYPE vstrata_vm_cpu_ratio gauge
 *     # UNIT vstrata_vm_cpu_ratio ratio
 *     # HELP vstrata_vm_cpu_ratio Parts of CPU of a VM; ...
 *     vstrata_vm_cpu_ratio{cluster="c",...,layer="unmet",part="ready",vm="web"} 0.075 1623683210
 * An exposition has no history: each series once, and all lines of a family together.
 */
#ifndef FORMATS_OPENMETRICS_H
#define FORMATS_OPENMETRICS_H

#include "formats/series.h"

struct openmetrics_options {
    bool timestamps; /* the time of the sample in each line, in seconds */
};

/* Appends the series of the batch, one row an entity, and "# EOF". False: out of memory, or over
 * the cap of out; out has then failed. *ret_series (if not NULL) = the lines written. */
bool openmetrics_write(struct series_walk *walk, const struct row_batch *batch,
                       const struct openmetrics_options *options, struct buf *out,
                       size_t *ret_series);

#endif
