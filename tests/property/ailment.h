/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * When a scenario is to be felt: by the physics alone, so that a VM that had nothing to do is told
 * from one that is judged wrongly.
 */
#ifndef PROPERTY_AILMENT_H
#define PROPERTY_AILMENT_H

#include "physics.h"

/* False for a scenario that is about nothing. bully: the noisy neighbour itself, whom nobody
 * disturbs. */
bool ailment_is_felt(const char *scenario, const struct vm_sample *sample, bool bully);

#endif
