/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "commands/command.h"

#include <stddef.h>
#include <string.h>

static const struct command *const commands[] = {&command_run,        &command_once,
                                                 &command_check,      &command_explain,
                                                 &command_quantities, &command_boards};

const struct command *command_at(unsigned i)
{
    return i < sizeof commands / sizeof *commands ? commands[i] : NULL;
}

const struct command *command_find(const char *name)
{
    const struct command *command;
    for (unsigned i = 0; (command = command_at(i)); i++)
        if (strcmp(command->name, name) == 0)
            return command;
    return NULL;
}
