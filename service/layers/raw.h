/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Samples that are wanted as they came, behind the quantities of their row. Nothing is reckoned
 * with them: what the server said is what the stores get.
 */
#ifndef LAYERS_RAW_H
#define LAYERS_RAW_H

#include "collect/sample.h"
#include "layers/row.h"

struct raw_numbers { /* of the wanted series of a block, in the tables of a batch */
    size_t n;
    struct raw_number {
        uint32_t series;
        uint16_t counter, instance;
    } * of;
};

/* Looks the numbers up, once for all times of the block. False: out of memory. A series that finds
 * a table full is left out (raw_lost of the batch). */
bool raw_numbers_init(struct raw_numbers *numbers, const struct sample_block *block,
                      struct row_batch *out);
void raw_numbers_free(struct raw_numbers *numbers);

/* Adds the samples of time t to the newest row; a missing one is not added. */
void raw_samples(const struct raw_numbers *numbers, const struct sample_block *block, size_t t,
                 struct row_batch *out);

#endif
