/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * OpenTelemetry collectors and stores, over OTLP/HTTP.
 */
#ifndef STORES_OTLP_H
#define STORES_OTLP_H

#include "stores/store.h"

extern const struct store_ops store_otlp;

#endif
