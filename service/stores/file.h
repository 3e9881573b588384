/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Line protocol appended to a file, or written to standard output.
 */
#ifndef STORES_FILE_H
#define STORES_FILE_H

#include "stores/store.h"

extern const struct store_ops store_file;

#endif
