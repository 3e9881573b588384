/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The space that snapshots take, read from time to time: a round over the VMs that have one, a few
 * a call, between collections.
 */
#ifndef COLLECT_SNAPSHOTS_H
#define COLLECT_SNAPSHOTS_H

#include "collect/targets.h"

enum { SNAPSHOTS_A_CALL = 20 };

struct snapshots {
    int64_t interval_ms;   /* between rounds; 0 = never */
    struct mono_time next; /* round */
    struct complaint fails;
};

/* Makes the next call if one is due: of a round, or for a snapshot that is new. *ret_more: another
 * is due at once. A VM whose space cannot be read has -1. The failure is told here; it is returned
 * for the sake of the session alone. */
enum vim_code snapshots_move(struct snapshots *snapshots, struct targets *targets,
                             struct vim_client *client, bool *ret_more, struct vim_error *err);

#endif
