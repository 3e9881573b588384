/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What the guest says of itself at one time of a block: layer A of every resource, and its own
 * reading of B. Each value comes from a counter of the group guest where the server has a sample of
 * it, otherwise from the guest's report:
 *
 *     reports       r1 -------- r2 -------- r3        by the server's clock at arrival
 *     sample                           t              uses r2, until it is too old
 *
 * The report of a sample is the newest that had come by then. It is too old when it came more than
 * three of its own intervals ago, but never before a minute is over.
 *
 * A guest can say anything: what is beyond the largest sane value is no value, and nothing of this
 * is ever mixed into layers B to D.
 */
#ifndef LAYERS_GUEST_MODEL_H
#define LAYERS_GUEST_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/sample.h"
#include "layers/reason.h"
#include "layers/row.h"

/* GUEST_CPU is a field of the text, see guest_text.h. */
enum guest_resource { GUEST_VCPUS, GUEST_MEM, GUEST_DISK, GUEST_NET };

/* The reason of a resource's status_queue at time t: where a part of its layer A came from, or why
 * none did. */
enum reason guest_reason(const struct sample_block *block, size_t t, enum guest_resource resource);

/* The value of one quantity of layer A at time t, in its ticks; false if the guest says nothing of
 * it. The disk and the network model have theirs among their own: disk.queue, net.ring_drops and
 * net.driver_drops. */
bool guest_part(const struct sample_block *block, size_t t, enum quantity quantity, int64_t *ret);

/* Adds what the guest says at time t to the newest row of out, in catalogue order, from
 * cpu.run_queue on. The row must have its CPU and memory layers already: the differences are taken
 * from them. */
void guest_layers(const struct sample_block *block, size_t t, struct row_batch *out);

#endif
