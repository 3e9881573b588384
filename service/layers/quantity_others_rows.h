/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The rows behind quantity_others.h, a file per product; each ends with a row of Q_NONE, and its
 * quantities ascend.
 */
#ifndef LAYERS_QUANTITY_OTHERS_ROWS_H
#define LAYERS_QUANTITY_OTHERS_ROWS_H

#include "layers/quantity_others.h"

extern const struct other_name other_vsphere[], other_aria[], other_esxtop[];

#endif
