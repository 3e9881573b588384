/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Driver "graphite": plaintext lines over TCP or TLS to carbon, a relay, or what else takes them.
 */
#ifndef STORES_GRAPHITE_H
#define STORES_GRAPHITE_H

#include "stores/store.h"

extern const struct store_ops store_graphite;

#endif
