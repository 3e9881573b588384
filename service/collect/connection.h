/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Everything that lives as long as one login: the session, the inventory with its filters, the
 * resolved counters and what is asked with them. After a login all of it is new.
 */
#ifndef COLLECT_CONNECTION_H
#define COLLECT_CONNECTION_H

#include "collect/counter_map.h"
#include "collect/parts.h"
#include "collect/schedule.h"
#include "collect/targets.h"
#include "vim/inventory.h"
#include "vim/query_perf.h"
#include "vim/session.h"

struct connection {
    struct vim_client *client; /* borrowed */
    unsigned groups;           /* of counters that are on: bits 1u << enum counter_group */
    struct vim_inventory *inventory;
    struct vim_counters *counters; /* what the server can measure */
    struct counter_map map;
    struct vim_metric_set *metrics[TARGET_KINDS]; /* NULL: nothing is asked of that kind */
    struct server_clock clock;
    struct mono_time clock_read; /* when the clock was compared last */
    int refresh_s;               /* of the provider; 0 = not known yet, nothing was on */
};

/* Logs in, opens the inventory, resolves the counters. On failure nothing is left open but,
 * perhaps, the session. */
enum vim_code connection_open(struct connection *connection, struct vim_client *client,
                              const struct collect_parts *parts, struct vim_error *err);

/* Compares clocks again. */
enum vim_code connection_read_clock(struct connection *connection, struct vim_error *err);

/* Learns the refresh rate from something that is on, and prepares the metric sets with it, once. */
enum vim_code connection_learn_refresh(struct connection *connection, enum entity_kind kind,
                                       const char *moid, struct vim_error *err);

/* Closes the inventory and frees the rest; the session stays. */
void connection_close(struct connection *connection);

#endif
