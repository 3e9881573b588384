/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#ifndef VIM_QUERY_PERF_PRIVATE_H
#define VIM_QUERY_PERF_PRIVATE_H

#include "base/buf.h"
#include "vim/query_perf.h"

/* Writes the SOAP envelope of a QueryPerf call to the PerformanceManager of that moid. VIM_USAGE,
 * and an unusable buffer, if a text cannot stand in XML or a number is out of range. */
enum vim_code query_perf_envelope(const char *manager, const struct vim_metric_set *set,
                                  const struct vim_ask *asks, size_t n, struct buf *to,
                                  struct vim_error *err);

#endif
