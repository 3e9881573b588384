/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What the models of all resources share: values by quantity on their way into a row, and the
 * telling of broken identities.
 */
#ifndef LAYERS_FINDINGS_H
#define LAYERS_FINDINGS_H

#include "layers/layers.h"

struct totals { /* of the VM, by quantity */
    int64_t ticks[QUANTITY_END];
    bool known[QUANTITY_END];
};

/* Sets a value; from then on it is known. */
static inline void put_total(struct totals *totals, enum quantity quantity, int64_t ticks)
{
    totals->ticks[quantity] = ticks;
    totals->known[quantity] = true;
}

/* Counts a broken identity, and explains it to whoever listens. */
void findings_tell(struct layer_findings *findings, const struct layer_refusal *refusal);

#endif
