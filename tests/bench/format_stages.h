/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What each format makes of a batch, and what goes onto the wire of it: for every format a stage
 * encode_X and one wire_X that callgrind counts apart. Bodies are as large as stores send them.
 */
#ifndef BENCH_FORMAT_STAGES_H
#define BENCH_FORMAT_STAGES_H

#include <stdbool.h>

#include "layers/row.h"

struct format_bench;

struct format_bench *format_bench_new(void);
void format_bench_free(struct format_bench *bench);

/* Every format over every row; false if one failed. */
bool format_bench_run(struct format_bench *bench, const struct row_batch *batch);

/* A line each: "format NAME VALUES RAW-BYTES WIRE-BYTES ENCODE-MICROSECONDS WIRE-MICROSECONDS", all
 * of the runs so far; the times are the thread's own. */
void format_bench_print(const struct format_bench *bench);

#endif
