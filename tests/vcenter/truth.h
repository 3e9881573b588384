/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The truth of each published quantity, from the physics and not from counters, so that a reader of
 * counters can be told wrong. The formulas follow the reference of the layers, not anybody's code.
 */
#ifndef VCENTER_TRUTH_H
#define VCENTER_TRUTH_H

#include <stdint.h>

#include "base/buf.h"
#include "world.h"

enum { TRUTH_CAP = 1 << 30 };

/* Appends the quantities of one sample as members of a JSON object: "cpu.ready":{"total":...}. */
void truth_sample(const struct catalogue *catalogue, const struct vm_sample *sample,
                  struct buf *out);

/* Appends the whole answer: all samples with from < time <= to of one VM, or of all that exist
 * (moid NULL). Locks the world. Returns 0; -1 when there is no such VM or memory is out. */
int truth_write(struct world *world, int64_t from_ms, int64_t to_ms, const char *moid,
                struct buf *out);

/* Appends text as a JSON string. */
void truth_json_text(struct buf *out, const char *text);

#endif
