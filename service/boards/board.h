/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Boards for Grafana, written from tables over the quantity catalogue: names, units, legends and
 * descriptions are those of the catalogue, so they cannot differ from what is stored.
 */
#ifndef BOARDS_BOARD_H
#define BOARDS_BOARD_H

#include <stdbool.h>

#include "base/buf.h"

enum board_source { BOARD_PROMETHEUS, BOARD_INFLUXDB, BOARD_SOURCES };

struct board;

/* "prometheus", "influxdb": the folder of its boards */
const char *board_source_name(enum board_source source);

/* Walks the boards: i from 0 until NULL. */
const struct board *board_at(unsigned i);

/* "fleet", "vm" ...: its file is called so */
const char *board_name(const struct board *board);

/* False where the source has none of its values. */
bool board_offered(const struct board *board, enum board_source source);

/* Appends the board as JSON to be imported or provisioned, ended by a newline. */
void board_write(struct buf *out, const struct board *board, enum board_source source);

#endif
