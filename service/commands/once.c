/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/caps.h"
#include "commands/arguments.h"
#include "commands/collecting.h"
#include "commands/command.h"
#include "commands/table.h"
#include "formats/json.h"
#include "layers/layers.h"
#include "report/log.h"

struct once {
    struct layer_options layers;
    struct layer_findings findings;
    bool json, raw;
    struct row_batch rows; /* for the table; entities are the collectors' */
};

/* A series, with the name of its counter: of the model, or as it is wanted. */
static const char *counter_name(const struct sample_block *block, size_t s)
{
    if (block->series[s].counter < COUNTER_COUNT)
        return counter_info(block->series[s].counter)->name;
    return block->raw && block->raw[s] ? block->raw[s]->name : "";
}

struct named {
    const char *name;
    size_t series;
};

static int by_name(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : (x->series > y->series) - (x->series < y->series);
}

/* ,"raw":{"cpu.run.summation":{"":123,"0":61},...}: what the server sent at one time. */
static void write_raw(struct buf *out, const struct sample_block *block, size_t at)
{
    const size_t n = block->nseries;
    struct named *named = calloc(n + 1, sizeof *named);
    const char *open = "";
    buf_str(out, ",\"raw\":{");
    for (size_t s = 0; named && s < n; s++)
        named[s] = (struct named){counter_name(block, s), s};
    if (named)
        qsort(named, n, sizeof *named, by_name);
    for (size_t i = 0; named && i < n; i++) {
        const bool first = i == 0 || strcmp(named[i - 1].name, named[i].name) != 0;
        buf_str(out, first ? open : ",");
        if (first) {
            json_string(out, named[i].name);
            buf_str(out, ":{");
        }
        open = "},";
        json_string(out, block->series[named[i].series].instance);
        buf_char(out, ':');
        buf_int(out, block->series[named[i].series].values[at]);
    }
    buf_str(out, n && named ? "}}" : "}");
    free(named);
}

/* One line a row. Row i of a block's batch is the block's time i. */
static int print_json(const struct once *once, const struct sample_block *block,
                      const struct row_batch *rows)
{
    struct buf line;
    buf_init(&line, CAP_PAGE_BYTES);
    for (size_t i = 0; i < rows->nrows; i++) {
        buf_clear(&line);
        json_row(&line, rows, &rows->rows[i]);
        if (once->raw && buf_ok(&line)) {
            line.len--; /* the closing brace */
            write_raw(&line, block, i);
            buf_char(&line, '}');
        }
        if (buf_ok(&line))
            puts(line.data);
    }
    bool ok = buf_ok(&line);
    buf_free(&line);
    return ok ? 0 : -1;
}

static int take_json(struct once *once, const struct sample_block *block)
{
    struct row_batch rows;
    row_batch_init(&rows);
    layers_rows(block, &once->layers, &rows, &once->findings);
    int result = row_batch_ok(&rows) ? print_json(once, block, &rows) : -1;
    row_batch_free(&rows);
    return result;
}

static int take(void *ctx, const struct sample_block *blocks, size_t nblocks,
                const struct mark *marks, size_t nmarks)
{
    (void)marks;
    (void)nmarks;
    struct once *once = ctx;
    for (size_t i = 0; i < nblocks; i++) {
        if (!once->json && entity_kind(blocks[i].entity) != ENTITY_VM)
            continue; /* the table is one of VMs */
        if (!once->json)
            layers_rows(&blocks[i], &once->layers, &once->rows, &once->findings);
        else if (take_json(once, &blocks[i]) < 0)
            return -1;
    }
    return row_batch_ok(&once->rows) ? 0 : -1;
}

static struct server_time no_mark(void *ctx, const char *vcenter_uuid, const char *moid)
{
    (void)ctx;
    (void)vcenter_uuid;
    (void)moid;
    return (struct server_time){0};
}

/* The table and what it is made of. */
static int print_table(const struct once *once, size_t vms)
{
    struct buf text;
    buf_init(&text, CAP_PAGE_BYTES);
    int result = table_write(&text, &once->rows, once->rows.nrows);
    buf_printf(&text,
               "%zu VMs, %llu rows with CPU layers, %llu refused (states do not add up), %llu "
               "incomplete\n",
               vms, (unsigned long long)once->findings.rows,
               (unsigned long long)once->findings.refused,
               (unsigned long long)once->findings.incomplete);
    if (result == 0 && buf_ok(&text))
        fputs(text.data, stdout);
    buf_free(&text);
    return result;
}

/* The newest samples of one vCenter, handed to take(). */
static int collect(struct once *once, const struct config *config,
                   const struct vcenter_config *vcenter, int samples, struct collector **ret,
                   struct collector_once *found)
{
    struct collector_options options;
    struct vim_error err = {0};
    collecting_options(config, vcenter, &options);
    options.sink = (struct sample_sink){.ctx = once, .take = take, .mark = no_mark};
    enum vim_code code = collector_new(&options, ret, &err);
    if (code == VIM_OK)
        code = collector_collect_once(*ret, samples, found, &err);
    if (code != VIM_OK)
        fprintf(stderr, "vstrata once: vCenter %s: %s\n", vcenter->name, err.message);
    return code == VIM_OK ? 0 : -1;
}

static int collect_all(struct once *once, const struct config *config, int samples)
{
    struct collector *collectors[CAP_VCENTERS] = {0}; /* kept, because the rows name their VMs */
    size_t vms = 0, reached = 0;
    for (size_t i = 0; i < config->nvcenters; i++) {
        struct collector_once found = {0};
        if (collect(once, config, &config->vcenters[i], samples, &collectors[i], &found) == 0)
            reached++;
        vms += found.vms;
    }
    int status = reached == config->nvcenters ? EXIT_OK : EXIT_FAILED;
    if (!once->json && reached && print_table(once, vms) < 0)
        status = EXIT_FAILED;
    for (size_t i = 0; i < config->nvcenters; i++)
        collector_free(collectors[i]);
    return status;
}

static int run(int argc, char **argv)
{
    static const char *const formats[] = {"table", "json", NULL};
    const char *path = DEFAULT_CONFIG, *format = "table";
    int samples = 1;
    struct once once = {0};
    const struct argument table[] = {{.name = "config", .text = &path},
                                     {.name = "format", .text = &format, .choices = formats},
                                     {.name = "samples", .number = &samples},
                                     {.name = "raw", .flag = &once.raw},
                                     {0}};
    if (arguments_read(argc, argv, table) < 0)
        return EXIT_USAGE;
    struct config config;
    struct config_error err;
    if (config_load(path, &config, &err) < 0) {
        fprintf(stderr, "vstrata once: %s\n", err.message);
        return EXIT_USAGE;
    }
    once.json = strcmp(format, "json") == 0;
    once.layers.other_wait_is_unmet = config.other_wait_is_unmet;
    row_batch_init(&once.rows);
    if (!once.json)
        samples = 1;
    int status = collect_all(&once, &config, samples);
    row_batch_free(&once.rows);
    config_free(&config);
    return status;
}

const struct command command_once = {
    .name = "once",
    .summary = "collect the newest sample of every VM and host, print its layers, and end",
    .usage = "              --config FILE\n"
             "              --format table|json   json: an object for each entity and sample\n"
             "              --samples N           json: the newest N samples (default 1)\n"
             "              --raw                 json: with the counters behind each row\n",
    .run = run,
};
