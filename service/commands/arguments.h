/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Command lines: every command has the same few kinds of option, described by a table.
 */
#ifndef COMMANDS_ARGUMENTS_H
#define COMMANDS_ARGUMENTS_H

#include <stdbool.h>

enum { ARGUMENTS_MAX = 8 };

struct argument {
    const char *name;           /* "--format" without the dashes; NULL ends the table */
    const char **text;          /* an option with a value: where it goes */
    const char *const *choices; /* its allowed words, NULL-terminated; NULL = any */
    int *number;                /* an option with a number of at least 1 */
    bool *flag;                 /* an option without a value */
};

/* Reads argv by the table. 0, or -1 after one clear line on standard error. */
int arguments_read(int argc, char **argv, const struct argument *table);

#endif
