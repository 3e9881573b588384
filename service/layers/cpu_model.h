/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What the files of the CPU model share. A block is indexed once (cpu_index), each of its times is
 * loaded into one state per scope (the vCPUs, the VM's aggregate counters, the VM as the sum),
 * checked (cpu_check), and turned into parts (cpu_parts). Everything is in milliseconds until it is
 * written.
 *
 *   T = run + ready + costop + wait          wait  = idle + swapwait + otherwait
 *   run = guest run + overlap                ready = contention + maxlimited
 */
#ifndef LAYERS_CPU_MODEL_H
#define LAYERS_CPU_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/sample.h"
#include "layers/findings.h"

/* Larger values are no sample: a day of 768 vCPUs in ms is below it, and no sum or product of the
 * model can overflow. */
#define CPU_VALUE_MAX ((int64_t)1 << 36)
enum { CPU_INTERVAL_MAX_S = 86400 };

enum { CPU_COUNTERS = CPU_ENTITLEMENT + 1 }; /* they come first in the counter catalogue */

struct cpu_state { /* the counters of one scope at one time; SAMPLE_MISSING = not known */
    int64_t of[CPU_COUNTERS];
};

/* Where the values of each counter stand in the block. */
struct cpu_index {
    unsigned vcpus;                     /* 0 = the server gave the aggregate alone */
    bool offered[CPU_COUNTERS];         /* the block has a series of it */
    const int64_t *(*at)[CPU_COUNTERS]; /* [0] the aggregate, [1 + i] vCPU i; NULL = none */
};

enum cpu_part { /* the quantities that exist per vCPU */
                PART_GUEST_RUN,
                PART_READY,
                PART_LIMIT,
                PART_COSTOP,
                PART_OVERLAP,
                PART_SWAPWAIT,
                PART_OTHERWAIT,
                PART_IDLE,
                PART_UNMET_SCHED,
                PART_UNMET_WAIT,
                PART_UNMET,
                PART_EFFICIENCY_LOSS,
                PART_COUNT
};

struct cpu_parts {
    int64_t ms[PART_COUNT];
    unsigned known; /* bits 1u << enum cpu_part */
};

struct cpu_row { /* one time of a block */
    const struct entity *entity;
    struct server_time time;
    int32_t interval_s;
    int32_t host_mhz;
    unsigned vcpus;
    enum reason queue;                 /* of layer A, which is the guest's */
    const struct cpu_state *vcpu;      /* vcpus of them */
    const struct cpu_state *aggregate; /* the VM's own counters */
    const struct cpu_state *vm;        /* see cpu_row_load */
};

struct cpu_scratch { /* of one block, in one piece of memory */
    struct cpu_index index;
    struct cpu_state *states; /* VM, aggregate, vCPUs */
    struct cpu_parts *parts;  /* of the vCPUs */
    void *memory;
};

/* Indexes a block; false when out of memory. */
bool cpu_scratch_init(struct cpu_scratch *scratch, const struct sample_block *block);

void cpu_scratch_free(struct cpu_scratch *scratch);

/* Adds the CPU layers of time t to the newest row of out, in catalogue order. */
void cpu_layers(struct cpu_scratch *scratch, const struct sample_block *block, size_t t,
                const struct layer_options *options, struct row_batch *out,
                struct layer_findings *findings);

/* The number of vCPUs of a block. */
unsigned cpu_index_vcpus(const struct sample_block *block);

/* Fills an index whose vcpus is set and whose at has vcpus + 1 rows of NULL. */
void cpu_index_fill(struct cpu_index *index, const struct sample_block *block);

/* Loads time t: states[0] the VM, states[1] its aggregate counters, states[2 + i] vCPU i. The VM's
 * value is the sum over its vCPUs; where one of them has none, the aggregate counter, except for
 * those whose aggregate is more than the sum (used, usagemhz) and those that are no sum at all.
 * Returns how many vCPUs the VM had then: fewer than the block where one was added since. */
unsigned cpu_index_load(const struct cpu_index *index, size_t t, int32_t interval_s,
                        struct cpu_state *states);

/* REASON_OK, or why the row can have no layers: a needed counter is not there. */
enum reason cpu_check_needed(const struct cpu_row *row, const struct cpu_index *index);

/* I1, told to findings if broken; true if it holds. */
bool cpu_check_states(const struct cpu_row *row, struct layer_findings *findings);

enum { CONTRADICTS_USAGE = 1, CONTRADICTS_UNMET = 2 };

/* I2 to I5, told to findings if broken. Bits of the layers in doubt. */
unsigned cpu_check_parts(const struct cpu_row *row, struct layer_findings *findings);

/* The parts of one scope, each as far as its counters are known. */
void cpu_parts_of(const struct cpu_state *state, const struct layer_options *options,
                  struct cpu_parts *ret);

/* Parts of every vCPU (parts[0 .. vcpus)) and of the VM. *ret_common = the parts that every scope
 * really knows. Where guest run is not known it is then filled in from run. */
void cpu_parts_all(const struct cpu_row *row, const struct layer_options *options,
                   struct cpu_parts *parts, struct cpu_parts *ret_vm, unsigned *ret_common);

#endif
