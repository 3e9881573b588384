/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The quantity catalogue as JSON, for programs and the page.
 */
#ifndef FORMATS_JSON_CATALOGUE_H
#define FORMATS_JSON_CATALOGUE_H

#include "base/buf.h"

/* Appends an array, in catalogue order:
 * {"name":"cpu.ready","scope":"vm","resource":"cpu","part":"ready",
 * "title":"Ready","layer":"unmet","letter":"D","kind":"part","unit":"ratio","scale":20000,
 * "forms":["total","worst","spread","vcpu"],"help":"...","formula":"...","source":"...",
 * "others":[{"product":"esxtop","name":"%RDY","differs":"..."}]}. For hertz, bytes and bytes per
 * second, scale is units per tick. Member "no_counter" tells why vSphere has no name for it. */
void json_catalogue(struct buf *out);

#endif
