/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What the statuses of a VM's row have to be: by what was put into it, not by what came out.
 */
#ifndef PROPERTY_STATUSES_H
#define PROPERTY_STATUSES_H

#include "feed.h"
#include "layers/verdict.h"

struct statuses { /* by place: 4 x resource + layer, A = 0 */
    enum reason of[VERDICT_PLACES];
    bool free[VERDICT_PLACES]; /* with holes: cannot be foretold in short, only checked for sense */
};

/* Of time t of the block. moment: of the same interval. */
void statuses_expected(const struct feed *feed, const struct sample_block *block, size_t t,
                       const struct sim_moment *moment, const struct hearing *hearing,
                       struct statuses *ret);

/* With holes: whether a disk or a datastore of the VM, or a vNIC, has no sample at all at time t,
 * so that the sums over them cannot be known to lack it. */
bool statuses_disk_hidden(const struct sample_block *block, size_t t,
                          const struct sim_moment *moment);
bool statuses_nic_hidden(const struct sample_block *block, size_t t,
                         const struct sim_moment *moment);

#endif
