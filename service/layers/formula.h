/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What a formula of the catalogue is made of: the quantities and counters that it names, so that an
 * explanation can put in the numbers.
 */
#ifndef LAYERS_FORMULA_H
#define LAYERS_FORMULA_H

#include "collect/counter.h"
#include "layers/quantity.h"

enum { FORMULA_WORDS = 12 };

struct formula { /* each once, in the order of the text; beyond FORMULA_WORDS none */
    size_t nquantities, ncounters;
    enum quantity quantities[FORMULA_WORDS];
    enum counter counters[FORMULA_WORDS];
};

/* Reads info->formula; its own name is left out. */
void formula_read(const struct quantity_info *info, struct formula *ret);

#endif
