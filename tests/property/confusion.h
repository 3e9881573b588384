/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The verdict against what was put in: for each VM the verdict that prevails in the last half hour,
 * by scenario.
 */
#ifndef PROPERTY_CONFUSION_H
#define PROPERTY_CONFUSION_H

#include "rows.h"

/* Columns: nothing, the places, not known, no verdict. */
enum { CONFUSION_UNKNOWN = 1 + VERDICT_PLACES, CONFUSION_NONE, CONFUSION_COLUMNS };

struct cells { /* VMs */
    unsigned of[CONFUSION_COLUMNS];
    /* Of whom the physics felt it for less than SHARE_FELT per cent of the time, and those of them
     * of whom another layer is said to hurt: not in the others. */
    unsigned idle, idle_wrong;
};

enum { CONFUSION_ROWS = 24 };

struct confusion {
    struct cells of[CONFUSION_ROWS];
};

/* Adds a VM; prints it if its verdict is not as it has to be. */
void confusion_add(struct confusion *confusion, const char *about, const struct feed *feed,
                   const struct judgement judgements[SIM_SAMPLES_MAX]);

/* Prints the matrix; returns how many rows are not as they have to be, and adds those that are to
 * *ret_good. */
unsigned confusion_print(const struct confusion *confusion, unsigned *ret_good);

#endif
