/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The quantity catalogue as JSON, for programs and the page.
 */
#ifndef FORMATS_JSON_CATALOGUE_H
#define FORMATS_JSON_CATALOGUE_H

#include "base/buf.h"

/* Appends an array, in catalogue order: {"name":"cpu.ready","resource":"cpu","part":"ready",
 * "title":"Ready","layer":"unmet","letter":"D","kind":"part","unit":"ratio","scale":20000,
 * "forms":["total","worst","spread","vcpu"],"help":"...","formula":"...","source":"..."}. For the
 * unit hertz, scale is hertz per tick. */
void json_catalogue(struct buf *out);

#endif
