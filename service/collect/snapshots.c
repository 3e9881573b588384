/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "collect/snapshots.h"

/* A round begins only when the one before is over, so that the last of many VMs has its turn. The
 * very first is what is due already. */
static void begin_round(struct snapshots *snapshots, struct targets *targets)
{
    struct mono_time now = mono_now();
    bool under_way = targets->snapshots_due && snapshots->next.ms;
    if (under_way || mono_between(now, snapshots->next) > 0)
        return;
    snapshots->next = mono_after(now, snapshots->interval_ms);
    for (struct target *target = targets->by_moid; target; target = target->hh.next) {
        target->snapshot_due = target->has_snapshot;
        targets->snapshots_due = targets->snapshots_due || target->has_snapshot;
    }
}

/* The next few that are due. What they had is kept until the answer is there. */
static size_t choose(struct targets *targets, struct target *chosen[SNAPSHOTS_A_CALL])
{
    size_t n = 0;
    struct target *target = targets->by_moid;
    for (; target && n < SNAPSHOTS_A_CALL; target = target->hh.next)
        if (target->snapshot_due) {
            target->snapshot_due = false;
            chosen[n++] = target;
        }
    targets->snapshots_due = target != NULL; /* perhaps */
    return n;
}

static void note(void *ctx, const char *moid, int64_t bytes)
{
    struct target *target = targets_find(ctx, moid);
    if (target && target->has_snapshot)
        target->snapshot_bytes = bytes;
}

enum vim_code snapshots_move(struct snapshots *snapshots, struct targets *targets,
                             struct vim_client *client, bool *ret_more, struct vim_error *err)
{
    struct target *chosen[SNAPSHOTS_A_CALL];
    const char *moids[SNAPSHOTS_A_CALL];
    *ret_more = false;
    if (!snapshots->interval_ms)
        return VIM_OK;
    begin_round(snapshots, targets);
    size_t n = targets->snapshots_due ? choose(targets, chosen) : 0;
    if (!n)
        return VIM_OK;
    for (size_t i = 0; i < n; i++) {
        moids[i] = chosen[i]->moid;
        chosen[i]->snapshot_bytes = -1;
    }
    enum vim_code code = vim_snapshot_space(client, moids, n, note, targets, err);
    if (code == VIM_OK) {
        complain_over(&snapshots->fails, "collect", "snapshot_space_read", "vcenter=%s",
                      log_quote(targets->options.vcenter));
        *ret_more = targets->snapshots_due;
        return VIM_OK;
    }
    targets->snapshots_due = false; /* the rest waits for the next round */
    complain(&snapshots->fails, LOG_WARN, "collect", "snapshot_space_failed",
             "vcenter=%s reason=%s message=%s", log_quote(targets->options.vcenter),
             vim_code_name(code), log_quote(err->message));
    return code;
}
