/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Runs one store in a thread of its own: journal entries in, driver's write, cursor on. All policy
 * lives here: retry with jittered back-off (1 s to 60 s), holding on a bad setup, counting what is
 * refused. A slow or dead store blocks nobody.
 */
#ifndef STORES_RUNNER_H
#define STORES_RUNNER_H

#include "journal/journal.h"
#include "report/metrics.h"
#include "stores/store.h"

struct store_runner;

/* Registers the store with the journal and starts the thread over an opened store (runner does not
 * close it). With several stores register all of them (journal_register) before the first runner is
 * started: what all registered stores have passed is deleted. */
int store_runner_start(const struct store_ops *ops, void *store,
                       const struct store_options *options, struct journal *journal,
                       struct metric_set *metrics, struct store_runner **ret,
                       struct store_error *err);

/* Begins store_runner_stop: its patience runs from here, so that several stores spend theirs at the
 * same time. NULL is fine. */
void store_runner_begin_stop(struct store_runner *runner, int patience_ms);

/* Lets the store take what the journal holds for at most patience_ms, then cancels what is under
 * way, flushes the store, ends the thread and frees the runner. Call journal_stop before. NULL is
 * fine. */
void store_runner_stop(struct store_runner *runner, int patience_ms);

#endif
