/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What others call a quantity of the catalogue, and how their number differs: for whoever comes
 * from another product and looks for the value known there. A name stands here only if a source
 * shows it; it may be the nearest that the product has.
 */
#ifndef LAYERS_QUANTITY_OTHERS_H
#define LAYERS_QUANTITY_OTHERS_H

#include <stddef.h>

#include "layers/quantity.h"

enum other_product {
    OTHER_VSPHERE, /* counters, as group.name.rollup, or properties of the inventory */
    OTHER_ARIA,    /* metric keys of Aria Operations, also vRealize and VCF Operations */
    OTHER_ESXTOP,  /* columns of esxtop on the host */
    OTHER_PRODUCTS
};

struct other_name {
    enum quantity quantity;
    enum other_product product;
    const char *name;    /* "cpu.ready.summation", "cpu|readyPct", "%RDY"; several by ", " */
    const char *differs; /* half a sentence; of Aria Operations behind its label and ": " */
};

/* The i-th name that others have for the quantity, product by product; NULL after the last. */
const struct other_name *other_names(enum quantity quantity, size_t i);

/* Why vSphere has neither a counter nor a property for it, one sentence; NULL where it has one, or
 * where nothing could be (scores, states and counts of vstrata itself). */
const char *other_names_reason(enum quantity quantity);

/* "vSphere", "Aria Operations", "esxtop" */
const char *other_product_name(enum other_product product);

#endif
