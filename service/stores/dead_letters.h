/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Rows that a store refused for good, each with the reason: a JSON object a line, appended to a
 * file of bounded size beside the journal, so that somebody can look at them and nothing is lost
 * without a trace. When the file is full it is renamed to FILE.1, which replaces an older one.
 *
 *     {"time":"now","reason":"HTTP 400: ...","row":{as of json_row},
 *      "raw":[["cpu.ready.summation","0",1500]]}
 *
 * "raw" only if the row has raw samples. A row that is refused again, after a restart or because
 * the store asked for it again, has another letter.
 */
#ifndef STORES_DEAD_LETTERS_H
#define STORES_DEAD_LETTERS_H

#include <stddef.h>
#include <stdint.h>

#include "layers/row.h"

struct dead_letters;

/* For one store. The file (FOLDER/refused-STORE.jsonl) is made by the first letter; max_bytes 0 =
 * CAP_DEAD_LETTERS. NULL: out of memory. NULL is fine to free. */
struct dead_letters *dead_letters_new(const char *folder, const char *store, int64_t max_bytes);
void dead_letters_free(struct dead_letters *letters);

/* Keeps rows [first, last) with the reason. What cannot be written is logged, once per trouble.
 * From any thread. letters NULL: nothing happens. */
void dead_letters_add(struct dead_letters *letters, const struct row_batch *batch, size_t first,
                      size_t last, const char *why);

#endif
