/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Driver "postgresql": a table of series and a table of points, see config/postgresql/.
 */
#ifndef STORES_POSTGRESQL_H
#define STORES_POSTGRESQL_H

#include "stores/store.h"

extern const struct store_ops store_postgresql;

#endif
