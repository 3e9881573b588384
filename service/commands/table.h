/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The layers of many VMs as a table for people: percent of each VM's capacity (nCPU = 100 %), the
 * worst first.
 */
#ifndef COMMANDS_TABLE_H
#define COMMANDS_TABLE_H

#include "base/buf.h"
#include "layers/row.h"

/* Appends at most `most` rows of the batch (one VM each), sorted by unmet demand, and a word on the
 * rest. Rows without layers come last with their reason. 0, or -1 when out of memory. */
int table_write(struct buf *out, const struct row_batch *rows, size_t most);

#endif
