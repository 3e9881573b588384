/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What a host's own counters and the inventory say of it, beside its VMs: what is needed to
 * understand layer D of them. Every value may be missing without taking the others away.
 */
#ifndef LAYERS_HOST_MODEL_H
#define LAYERS_HOST_MODEL_H

#include <stddef.h>

#include "collect/sample.h"
#include "layers/reason.h"
#include "layers/row.h"

/* Adds what is known of the host at time t of the block to the newest row of out, in catalogue
 * order, and why something is not known. */
void host_layers(const struct sample_block *block, size_t t, struct row_batch *out);

#endif
