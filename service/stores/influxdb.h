/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * InfluxDB 1.x, 2.x, 3.x and VictoriaMetrics, by their line protocol write addresses.
 */
#ifndef STORES_INFLUXDB_H
#define STORES_INFLUXDB_H

#include "stores/store.h"

extern const struct store_ops store_influxdb;

#endif
