/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What guests tell about themselves: guestinfo.vstrata in the configuration of their VM. Each of
 * those that do it by themselves does it every 20 s of server time at a second of its own, with
 * what the physics knows of the interval that ended last. Nothing runs for that in the background:
 * whoever reads or waits lets it catch up first.
 */
#ifndef VCENTER_PUBLISH_H
#define VCENTER_PUBLISH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "world.h"

/* Draws whether a VM publishes, and when. False when out of memory. */
bool publish_enlist(struct world *world, struct object *vm);

/* Marks the VMs whose turn has come since the last time, and wakes the waiters if there are any. */
void publish_catch_up(struct world *world);

/* Milliseconds of our clock until it is worth to catch up again; negative = never. */
int64_t publish_next_ms(const struct world *world);

/* Appends the text of a guest that publishes what it knows at a time. */
void publish_write(const struct guest_sample *guest, int64_t time_ms, struct buf *out);

/* Appends the text, if the VM has one now. False if it has none. */
bool publish_text(struct world *world, const struct object *vm, struct buf *out);

/* Sets the text (NULL = there is none) and ends the VM's own publishing. False when the text is too
 * long or memory is out. */
bool publish_tell(struct world *world, struct object *vm, const char *text);

/* Lets the VM publish by itself again, or be silent, as it was at launch. */
void publish_untell(struct world *world, struct object *vm);

#endif
