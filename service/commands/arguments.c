/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "commands/arguments.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_MAX = 1000000 };

static int set_choice(const char *command, const struct argument *argument, const char *value)
{
    for (const char *const *word = argument->choices; word && *word; word++)
        if (strcmp(*word, value) == 0) {
            *argument->text = *word;
            return 0;
        }
    if (!argument->choices) {
        *argument->text = value;
        return 0;
    }
    fprintf(stderr, "vstrata %s: --%s: \"%s\" is not known; allowed:", command, argument->name,
            value);
    for (const char *const *word = argument->choices; *word; word++)
        fprintf(stderr, " %s", *word);
    fputc('\n', stderr);
    return -1;
}

static int set_number(const char *command, const struct argument *argument, const char *value)
{
    char *end;
    errno = 0;
    long number = strtol(value, &end, 10);
    if (errno || *end || end == value || number < 1 || number > NUMBER_MAX) {
        fprintf(stderr, "vstrata %s: --%s: \"%s\" is not a number; allowed: 1 to %d\n", command,
                argument->name, value, NUMBER_MAX);
        return -1;
    }
    *argument->number = (int)number;
    return 0;
}

static int set(const char *command, const struct argument *argument, const char *value)
{
    if (argument->flag) {
        *argument->flag = true;
        return 0;
    }
    return argument->number ? set_number(command, argument, value)
                            : set_choice(command, argument, value);
}

int arguments_read(int argc, char **argv, const struct argument *table)
{
    struct option options[ARGUMENTS_MAX + 1] = {{0}};
    for (int i = 0; i < ARGUMENTS_MAX && table[i].name; i++)
        options[i] = (struct option){table[i].name, table[i].flag ? no_argument : required_argument,
                                     NULL, 0};
    optind = 0; /* glibc's word for a fresh start */
    opterr = 0;
    int index = -1, c;
    while ((c = getopt_long(argc, argv, ":", options, &index)) != -1) {
        if (c == ':' || c == '?') {
            fprintf(stderr, "vstrata %s: %s %s; see vstrata --help\n", argv[0], argv[optind - 1],
                    c == ':' ? "needs a value" : "is not an option");
            return -1;
        }
        if (set(argv[0], &table[index], optarg) < 0)
            return -1;
    }
    if (optind < argc) {
        fprintf(stderr, "vstrata %s: unexpected \"%s\"; see vstrata --help\n", argv[0],
                argv[optind]);
        return -1;
    }
    return 0;
}
