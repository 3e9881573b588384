/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * An hour of one VM or host: through the model, and against the truth.
 */
#ifndef PROPERTY_ROWS_H
#define PROPERTY_ROWS_H

#include "compare.h"
#include "feed.h"
#include "layers/layers.h"

struct judgement { /* of one sample */
    bool felt;     /* the scenario is to be felt, by the physics */
    int code;      /* all.verdict_code; -1 = there is no verdict */
};

struct rows_setup {
    struct compare *compare;
    const char *about;
    struct layer_options options; /* with a verdict */
    uint64_t refused, incomplete; /* rows of CPU layers, added to */
};

/* Compares all rows of a VM. judgements: one for each of its samples. */
void rows_of_vm(struct rows_setup *setup, const struct feed *feed,
                struct judgement judgements[SIM_SAMPLES_MAX]);
void rows_of_host(struct rows_setup *setup, const struct feed *feed);

#endif
