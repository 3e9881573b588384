/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Graphite's plaintext protocol: "path value seconds\n". A path has the same number of nodes for
 * everything of its kind, none of them empty ('_' instead), so that '*' finds the same thing
 * everywhere:
 *
 *   PREFIX.VCENTER.DATACENTER.CLUSTER.vm.NAME.MOID.GROUP.LAYER.PART.FIELD
 *   PREFIX.VCENTER.DATACENTER.CLUSTER.vm.NAME.MOID.GROUP.LAYER.PART.INSTANCE.FIELD
 *   PREFIX.VCENTER.DATACENTER.CLUSTER.host.NAME.GROUP.LAYER.PART.FIELD
 *   PREFIX.VCENTER.vcenter.GROUP.LAYER.PART.FIELD
 *
 *   vstrata.vc1.Paris.blue.vm.web.vm-42.cpu.unmet.ready.ratio_worst
 *   vstrata.vc1.Paris.blue.vm.web.vm-42.vdisk_disk.unmet.latency.scsi0:0.seconds
 *   vstrata.vc1.*.*.vm.*.*.cpu_total.unmet.unmet.ratio      all VMs: aliasByNode(..., 5)
 *
 * GROUP is the measurement without "vstrata_" and the word that is a node already. Two VMs of one
 * vCenter may have one name, never one MOID: hence that node. A path is made of names, so a VM that
 * is renamed or moves to another cluster goes on under another path.
 *
 * Series of other schemas: GROUP is their whole measurement, LAYER and PART are left out, INSTANCE
 * is always there ('_': the entity itself). A series without tags is a whole path and stays as it
 * is.
 */
#ifndef FORMATS_GRAPHITE_H
#define FORMATS_GRAPHITE_H

#include "formats/series.h"

/* Appends rows [first, last) of the batch. prefix: "" or nodes of its own, "mon.vstrata". False:
 * out of memory, or out is full; then out has failed and is empty. */
bool graphite_write(struct series_walk *walk, const struct row_batch *batch, size_t first,
                    size_t last, const char *prefix, struct buf *out);

#endif
