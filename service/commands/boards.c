/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/caps.h"
#include "boards/board.h"
#include "commands/arguments.h"
#include "commands/command.h"

enum { PATH = 4096 };

static bool failed(const char *path)
{
    fprintf(stderr, "vstrata boards: %s: %s\n", path, strerror(errno));
    return false;
}

/* FOLDER/SOURCE/NAME.json */
static bool save(const char *folder, const char *source, const char *name, const struct buf *text)
{
    char path[PATH];
    if ((mkdir(folder, 0755) < 0 && errno != EEXIST) || strlen(folder) > PATH / 2)
        return failed(folder);
    snprintf(path, sizeof path, "%s/%s", folder, source);
    if (mkdir(path, 0755) < 0 && errno != EEXIST)
        return failed(path);
    snprintf(path, sizeof path, "%s/%s/%s.json", folder, source, name);
    FILE *file = fopen(path, "we");
    if (!file)
        return failed(path);
    const bool written = fwrite(text->data, 1, text->len, file) == text->len;
    if (fclose(file) != 0 || !written)
        return failed(path);
    return puts(path) >= 0;
}

/* One board: into the folder, or as an element of a list on standard output. */
static bool board(const struct board *board, enum board_source source, const char *folder,
                  bool first)
{
    struct buf out;
    buf_init(&out, CAP_PAGE_BYTES);
    board_write(&out, board, source);
    bool done = buf_ok(&out);
    if (!done)
        fputs("vstrata boards: out of memory\n", stderr);
    else if (*folder)
        done = save(folder, board_source_name(source), board_name(board), &out);
    else
        done = fputs(first ? "[\n" : ",\n", stdout) >= 0 && fputs(out.data, stdout) >= 0;
    buf_free(&out);
    return done;
}

static int run(int argc, char **argv)
{
    const char *choices[BOARD_SOURCES + 1] = {NULL}, *wanted = "", *folder = "";
    for (enum board_source source = 0; source < BOARD_SOURCES; source++)
        choices[source] = board_source_name(source);
    const struct argument table[] = {{.name = "data-source", .text = &wanted, .choices = choices},
                                     {.name = "folder", .text = &folder},
                                     {0}};
    if (arguments_read(argc, argv, table) < 0)
        return EXIT_USAGE;
    bool done = true, first = true;
    for (enum board_source source = 0; source < BOARD_SOURCES; source++) {
        if (*wanted && strcmp(wanted, board_source_name(source)) != 0)
            continue;
        const struct board *one;
        for (unsigned i = 0; done && (one = board_at(i)); i++)
            if (board_offered(one, source)) {
                done = board(one, source, folder, first);
                first = false;
            }
    }
    if (done && !*folder)
        done = puts("]") >= 0;
    return done && fflush(stdout) == 0 ? EXIT_OK : EXIT_FAILED;
}

const struct command command_boards = {
    .name = "boards",
    .summary = "write boards for Grafana, from the catalogue",
    .usage = "              [--data-source prometheus|influxdb] [--folder DIR]\n",
    .run = run,
};
