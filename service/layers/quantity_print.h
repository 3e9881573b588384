/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The quantity catalogue as documentation.
 */
#ifndef LAYERS_QUANTITY_PRINT_H
#define LAYERS_QUANTITY_PRINT_H

#include "base/buf.h"

/* Appends a paragraph per quantity, for a terminal of 100 columns. */
void quantity_catalogue_text(struct buf *out);

/* Appends config/quantities.md: a section per resource with a table of its quantities, and one of
 * the names of others. */
void quantity_catalogue_markdown(struct buf *out);

#endif
