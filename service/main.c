/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <stdio.h>
#include <string.h>

#include "commands/command.h"

static void help(FILE *out)
{
    fputs("vstrata " VSTRATA_VERSION
          ": in which layer does each vSphere VM hurt, every 20 seconds\n\n"
          "usage: vstrata COMMAND [options]\n\n",
          out);
    const struct command *command;
    for (unsigned i = 0; (command = command_at(i)); i++)
        fprintf(out, "  %-11s %s\n%s\n", command->name, command->summary, command->usage);
    fputs("  --help      this text\n  --version   the version\n\n"
          "The configuration is " DEFAULT_CONFIG " unless --config says otherwise.\n",
          out);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        help(stdout);
        return EXIT_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("vstrata " VSTRATA_VERSION);
        return EXIT_OK;
    }
    const struct command *command = command_find(argv[1]);
    if (!command) {
        fprintf(stderr, "vstrata: \"%s\" is not a command; see vstrata --help\n", argv[1]);
        return EXIT_USAGE;
    }
    return command->run(argc - 1, argv + 1);
}
