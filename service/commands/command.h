/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * A command of the program: one file, one exported symbol.
 */
#ifndef COMMANDS_COMMAND_H
#define COMMANDS_COMMAND_H

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct command {
    const char *name;
    const char *summary; /* one line for --help */
    const char *usage;   /* the options, one a line */
    /* argv[0] is the command's name. Returns the exit status. */
    int (*run)(int argc, char **argv);
};

extern const struct command command_run, command_once, command_check, command_explain,
    command_quantities, command_boards;

/* The command of a name, or NULL; walk with i from 0 until NULL. */
const struct command *command_find(const char *name);
const struct command *command_at(unsigned i);

#define DEFAULT_CONFIG "/etc/vstrata/vstrata.yaml"

#endif
