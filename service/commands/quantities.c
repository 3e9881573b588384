/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <stdio.h>
#include <string.h>

#include "base/caps.h"
#include "commands/arguments.h"
#include "commands/command.h"
#include "formats/json_catalogue.h"
#include "layers/quantity_print.h"

static const struct format {
    const char *name;
    void (*write)(struct buf *out);
} formats[] = {
    {"text", quantity_catalogue_text},
    {"markdown", quantity_catalogue_markdown},
    {"json", json_catalogue},
};
enum { FORMATS = sizeof formats / sizeof *formats };

static int run(int argc, char **argv)
{
    const char *names[FORMATS + 1] = {NULL}, *name = formats[0].name;
    for (int i = 0; i < FORMATS; i++)
        names[i] = formats[i].name;
    const struct argument table[] = {{.name = "format", .text = &name, .choices = names}, {0}};
    if (arguments_read(argc, argv, table) < 0)
        return EXIT_USAGE;
    struct buf out;
    buf_init(&out, CAP_PAGE_BYTES);
    for (int i = 0; i < FORMATS; i++)
        if (strcmp(formats[i].name, name) == 0)
            formats[i].write(&out);
    if (buf_ok(&out) && out.data[out.len - 1] != '\n')
        buf_char(&out, '\n');
    int status = buf_ok(&out) && fputs(out.data, stdout) >= 0 ? EXIT_OK : EXIT_FAILED;
    buf_free(&out);
    return status;
}

const struct command command_quantities = {
    .name = "quantities",
    .summary = "print the catalogue: every quantity, its layer, unit and formula",
    .usage = "              --format text|markdown|json\n",
    .run = run,
};
