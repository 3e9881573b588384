/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#ifndef STORES_PROMETHEUS_H
#define STORES_PROMETHEUS_H

#include "stores/store.h"

/* Whatever takes Prometheus remote write at a URL; see prometheus.c. */
extern const struct store_ops store_prometheus;

#endif
