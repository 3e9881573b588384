/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The truth of the quantities of hosts.
 */
#ifndef VCENTER_TRUTH_HOST_H
#define VCENTER_TRUTH_HOST_H

#include <stdint.h>

#include "base/buf.h"
#include "host.h"
#include "truth.h"

/* Tells each quantity of a host, all of the form "total". */
void truth_host_each(const struct host_sample *sample, truth_fn *tell, void *ctx);

/* Appends the list of all hosts, or of the one with this moid (an empty list if it is no host),
 * with the samples of from < time <= to:
 *     [{"moid":"host-1","name":...,"cluster":...,"datacenter":...,"samples":[...]}]
 * Takes the world's lock. Returns 0; -1 when out of memory. */
int truth_hosts_write(struct world *world, int64_t from_ms, int64_t to_ms, const char *moid,
                      struct buf *out);

#endif
