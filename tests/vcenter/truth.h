/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The truth of each published quantity, from the physics and not from counters, so that a reader of
 * counters can be told wrong. The formulas follow the reference of the layers, not anybody's code.
 */
#ifndef VCENTER_TRUTH_H
#define VCENTER_TRUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "world.h"

enum { TRUTH_CAP = 1 << 30 };

/* Told one value of a quantity: form is "total", "worst" or "spread" with instance NULL, or the
 * kind of an instance ("vcpu", "vdisk", "vnic", "app") with its name. */
typedef void truth_fn(void *ctx, const char *quantity, const char *form, const char *instance,
                      double value);

/* Tells every quantity that a reader of all counters, of the inventory and of what the guest says
 * can make of a sample, in a fixed order, all forms of a quantity together; nothing of what nobody
 * can know of this VM (what a snapshot costs where a counter does not see it, the size of IOs when
 * there are none). Latencies are whole microseconds, as counters are, also where they are means.
 * Guest quantities are of the same interval; what a guest has published is older by up to 40 s.
 * Not told: what is no physics (guest.tools, guest.heartbeat, guest.source, guest.age). */
void truth_each(const struct vm_sample *sample, truth_fn *tell, void *ctx);

/* Writes what is told as members of a JSON object: "cpu.ready":{"total":...}. */
struct truth_json {
    struct buf *out;
    char quantity[48], form[12]; /* that are open; start with "" */
    bool listed;                 /* the form is a list of instances */
};
truth_fn truth_json_value;                    /* ctx is a struct truth_json */
void truth_json_end(struct truth_json *json); /* once, after the last value */

/* Appends the quantities of one sample that way. */
void truth_sample(const struct vm_sample *sample, struct buf *out);

/* Appends the whole answer: all samples with from < time <= to of one VM or host, or of all that
 * exist (moid NULL). Locks the world. Returns 0; -1 when there is no such thing or memory is out.
 */
int truth_write(struct world *world, int64_t from_ms, int64_t to_ms, const char *moid,
                struct buf *out);

/* Appends text as a JSON string. */
void truth_json_text(struct buf *out, const char *text);

#endif
