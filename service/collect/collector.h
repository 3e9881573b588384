/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The collector of one vCenter: connected or not, it keeps trying; connected, it follows the
 * inventory and collects every interval. One thread, which nothing of another vCenter can block.
 */
#ifndef COLLECT_COLLECTOR_H
#define COLLECT_COLLECTOR_H

#include "collect/parts.h"
#include "collect/sample.h"
#include "report/metrics.h"
#include "vim/client.h"

struct collector;

struct collector_options { /* texts are borrowed for the collector's life */
    const char *name;      /* label of the vCenter */
    struct vim_client_options client;
    int64_t interval_ms; /* 0 = the provider's refresh rate */
    int64_t lag_ms;
    int64_t first_lookback_ms;
    int64_t reread_ms;         /* between full re-reads of the inventory */
    int64_t snapshot_space_ms; /* between readings of the space of snapshots; 0 = never */
    struct collect_parts parts;
    size_t batch_entities, batches_at_once;
    struct sample_sink sink;
    struct metric_set *figures;
};

/* Checks the options; connects nowhere. */
enum vim_code collector_new(const struct collector_options *options, struct collector **ret,
                            struct vim_error *err);

/* Runs in a thread of its own until collector_stop. 0, or -1 if no thread could be made. */
int collector_start(struct collector *collector);

/* Asks the thread to end; returns at once. */
void collector_stop(struct collector *collector);

/* Waits for the thread's end (logged out), and frees. NULL is fine. */
void collector_free(struct collector *collector);

struct collector_once {          /* what a single collection found */
    size_t vms, asked, answered; /* VMs; the last two with hosts */
};

/* Without a thread: connect, collect the newest `samples` samples of every VM and host that is on,
 * log out. */
enum vim_code collector_collect_once(struct collector *collector, int samples,
                                     struct collector_once *ret, struct vim_error *err);

#endif
