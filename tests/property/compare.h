/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Rows against the truth: every value that is true must be in the row, within its tolerance, and
 * nothing else may be.
 */
#ifndef PROPERTY_COMPARE_H
#define PROPERTY_COMPARE_H

#include "layers/row.h"
#include "tolerance.h"

enum { COMPARE_VALUES = 2048 };

struct figures { /* of a quantity, in all rows */
    uint64_t compared[2];
    double largest[2]; /* deviation in ticks; [1]: of VMs with holes */
};

struct compare {
    uint64_t rows, values, unsure_values, differences;
    uint64_t told; /* so many differences are printed */
    struct figures of[QUANTITY_END];

    /* The row under work. */
    const char *about; /* "seed 1 costop vm-12" */
    const struct row_batch *batch;
    const struct layer_row *row;
    bool has_holes;
    bool lacks[QUANTITY_END];  /* these may be missing */
    bool unsure[QUANTITY_END]; /* and of these the sums cannot be compared */
    struct tolerance_scale scale;
    uint32_t first[QUANTITY_END]; /* of its values, from the row's first on; */
    uint32_t n[QUANTITY_END];     /* how many of each quantity */
    bool seen[COMPARE_VALUES];
};

/* The row: about, batch, row, has_holes, lacks and scale are set. */
void compare_begin(struct compare *compare);

/* One value that is true; ctx is the struct compare. */
void compare_value(void *ctx, const char *quantity, const char *form, const char *instance,
                   double value);

/* What is left is too much, but for the verdict, which is another test's. */
void compare_end(struct compare *compare);

/* Counts a difference, and prints it with the row's name and time if it is one of the first. */
void compare_tell(struct compare *compare, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Prints a line for each quantity. */
void compare_print(const struct compare *compare);

#endif
