/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Which values of a batch go to a store: those that a selector of `include` matches (all, if there
 * is none) and none of `exclude`. A selector is a line of terms parted by blanks, and matches where
 * all of them do:
 *
 *     cpu.*                        a pattern of a quantity's name
 *     layer:unmet form:worst       of its layer, kind or form
 *     scope:host cluster:"Prod *"  of what the row is about: vm, host or vcenter, and its labels
 *     raw:net.*                    of a raw counter's name
 *
 * '*' stands for anything, '?' for any character; letters are compared as they are. A text with
 * blanks in it stands in double quotes. Raw counters are matched by selectors that name them, or
 * that have no term of quantities.
 *
 * Beside this a store gets no vCPU's values if per_vcpu is off (raw samples of a VM's cpu.* that
 * are of an instance included), only those raw counters that its schema is made of or that were
 * asked for by name, and no quantity that a schema made of counters has no name for.
 */
#ifndef STORES_FILTER_H
#define STORES_FILTER_H

#include "stores/store.h"

struct filter_fault { /* of a selector */
    char problem[200];
    char word[64]; /* the one to blame; "" = none */
    int domain;    /* of the words that it could be */
};

/* True if the line is a selector. */
bool filter_check(const char *line, struct filter_fault *fault);

/* The words that the faulty one could have been meant to be: i from 0 until NULL. */
const char *filter_word(const struct filter_fault *fault, size_t i);

struct filter;

/* By include, exclude, per_vcpu, schema and raw. 0, or -1 with err filled. */
int filter_new(const struct store_options *options, struct filter **ret, struct store_error *err);
void filter_free(struct filter *filter);

/* Takes out of the batch what does not go to the store, rows without values included. False: out of
 * memory, and the batch is as it was. */
bool filter_apply(struct filter *filter, struct row_batch *batch);

#endif
