/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What a PropertyFilterSpec selects: shared by retrieval and by filters.
 */
#ifndef VCENTER_COLLECTOR_H
#define VCENTER_COLLECTOR_H

#include "soap.h"
#include "subject.h"

/* Reads the propSet elements; on failure the fault is set. */
bool collector_properties(struct call *call, const xmlNode *spec, struct properties *ret);

/* Appends the objects that the objectSet elements reach and whose type is asked, each once. With
 * call->fault set when a starting object does not exist or a path is not there; a filter gives a
 * call of its own and looks away, since views end before their filters do. */
bool collector_select(struct call *call, const xmlNode *spec, const struct properties *properties,
                      struct subject_list *list);

#endif
