/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What collect would hand down of a simulated VM or host: its samples in blocks of several lengths,
 * with what the inventory and the guest say beside them.
 *
 * Guests publish every 20 s at a second of their own. By the number of the VM some are silent, some
 * fall silent after half an hour, and of some nothing but refused texts has come.
 */
#ifndef PROPERTY_FEED_H
#define PROPERTY_FEED_H

#include "base/arena.h"
#include "collect/sample.h"
#include "layers/reason.h"
#include "sim.h"

struct feed_counters { /* the server's, by ours; -1 = it has none */
    int of[COUNTER_COUNT];
    bool guest; /* it has the group guest */
};
void feed_counters(const struct sim *sim, struct feed_counters *ret);

enum voice { VOICE_SPEAKS, VOICE_SILENT, VOICE_STOPS, VOICE_REFUSED };

struct feed { /* of one VM or host */
    const struct feed_counters *counters;
    struct sim_hour *hour;
    struct sim_facts facts;
    bool is_host;
    struct entity entity;
    char devices[GUEST_APP_NAME + 16];
    enum voice voice;
    int64_t phase_ms; /* from the end of an interval until the guest speaks of it */
    int tools, heartbeat;
    size_t nreports;
    struct guest_report reports[SIM_SAMPLES_MAX];
    int number; /* decides about all that */
};

/* False when the hour has no sample; *ret is to be freed if it is true. */
bool feed_vm(struct feed *ret, const struct feed_counters *counters, struct sim_hour *hour,
             int number);
bool feed_host(struct feed *ret, const struct feed_counters *counters, struct sim_hour *hour);

/* The length of the block that begins at a sample. */
size_t feed_length(const struct feed *feed, size_t first);

struct feed_block {
    struct arena arena;
    struct sample_block block;
    size_t first, room;
    struct server_time times[SIM_SAMPLES_MAX];
    int32_t intervals[SIM_SAMPLES_MAX];
    struct sample_series *series;
    enum counter counter; /* under work */
};

/* Fills *ret with n samples from `first` on; to be freed. Ends the program when memory is out. */
void feed_block(const struct feed *feed, size_t first, size_t n, struct feed_block *ret);
void feed_block_free(struct feed_block *block);

struct hearing {      /* what is known of a guest at a sample */
    int report;       /* the interval that its last report is of; SIM_NO_REPORT: none that counts */
    bool any;         /* it did say something, though it may be too long ago: */
    int64_t age_ms;   /* so long */
    enum reason none; /* why there is no report */
};
void feed_hearing(const struct feed *feed, size_t sample, struct hearing *ret);

#endif
