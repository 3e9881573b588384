/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The model: samples of a VM in, layer rows out. Pure: no I/O, no clock, no log, no lock; the same
 * samples give the same rows on every machine.
 */
#ifndef LAYERS_LAYERS_H
#define LAYERS_LAYERS_H

#include "collect/sample.h"
#include "layers/reason.h"
#include "layers/row.h"
#include "layers/verdict.h"

struct layer_options {
    bool other_wait_is_unmet; /* count other wait in D_wait and D (default); it is inflated by
                                 snapshots, vMotion and blocking IO, so some sites leave it out */
    struct verdict *verdict;  /* judges each row of a VM; NULL = no verdict */
};

enum identity {
    IDENTITY_I1,
    IDENTITY_I2,
    IDENTITY_I3,
    IDENTITY_I4,
    IDENTITY_I5,
    IDENTITY_I16,
    IDENTITY_COUNT
};

struct layer_refusal { /* one broken identity, for the explanation */
    const struct entity *entity;
    struct server_time time;
    enum identity identity;
    int vcpu;          /* -1 = the VM */
    int64_t got, want; /* in the unit of the identity */
};

/* Added to, never reset. Each row is counted once in rows, refused or incomplete, and that by its
 * CPU layers; its other resources may be whole or not all the same. */
struct layer_findings {
    uint64_t rows;                   /* rows with CPU layers */
    uint64_t refused;                /* rows without: I1 broken */
    uint64_t incomplete;             /* rows without: a needed sample is missing */
    uint64_t broken[IDENTITY_COUNT]; /* rows in which the identity did not hold */
    /* Called for each broken identity if not NULL. */
    void (*explain)(void *ctx, const struct layer_refusal *refusal);
    void *ctx;
};

/* Appends one row per time of the block, with the layers of every resource, in catalogue order. The
 * resources do not depend on each other: where the layers of one are refused or incomplete the row
 * has its status quantities alone, so that a gap is told to every store, and the others in full.
 * Behind them are the samples that are wanted as they came, whatever the layers say. */
void layers_rows(const struct sample_block *block, const struct layer_options *options,
                 struct row_batch *out, struct layer_findings *findings);

/* "I1: run + ready + co-stop + wait = T", for people. */
const char *identity_text(enum identity identity);

/* "ms", "KB": of the got and want of a refusal. */
const char *identity_unit(enum identity identity);

#endif
