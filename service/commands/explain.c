/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * One VM, one interval: everything behind its row. The server is asked for the whole hour that it
 * keeps, so that the verdict has its intervals, and tells for how long.
 */
#include "commands/explain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/caps.h"
#include "commands/arguments.h"
#include "commands/collecting.h"
#include "commands/command.h"
#include "report/log.h"

enum { SAMPLES = 180, CANDIDATES = 20 };

struct candidate { /* a VM of the wanted name; texts are the collectors' */
    const struct entity *entity;
    bool on, exact; /* by its moid, not its name */
    struct sample_block *block;
};

struct search {
    const char *wanted;
    struct arena arena;
    size_t n, most; /* most: as many as there were */
    struct candidate found[CANDIDATES];
};

/* ---- the sink ---- */

static bool wants(void *ctx, const struct entity *entity, bool on)
{
    struct search *search = ctx;
    const bool exact = strcmp(entity->label[LABEL_MOID], search->wanted) == 0;
    if (entity_kind(entity) != ENTITY_VM ||
        (!exact && strcmp(entity->label[LABEL_VM], search->wanted) != 0))
        return false;
    if (search->n < CANDIDATES)
        search->found[search->n++] = (struct candidate){.entity = entity, .on = on, .exact = exact};
    search->most++;
    return search->most <= CANDIDATES;
}

static int take(void *ctx, const struct sample_block *blocks, size_t nblocks,
                const struct mark *marks, size_t nmarks)
{
    struct search *search = ctx;
    (void)marks;
    (void)nmarks;
    for (size_t i = 0; i < nblocks; i++)
        for (size_t k = 0; k < search->n; k++) {
            struct candidate *candidate = &search->found[k];
            if (candidate->entity != blocks[i].entity)
                continue;
            candidate->block = explain_keep(&search->arena, &blocks[i]);
            if (!candidate->block)
                return -1;
            explain_date_reports(&search->arena, candidate->block);
        }
    return 0;
}

static struct server_time no_mark(void *ctx, const char *vcenter_uuid, const char *moid)
{
    (void)ctx;
    (void)vcenter_uuid;
    (void)moid;
    return (struct server_time){0};
}

static int collect(struct search *search, const struct config *config,
                   const struct vcenter_config *vcenter, struct collector **ret)
{
    struct collector_options options;
    struct collector_once found;
    struct vim_error err = {0};
    collecting_options(config, vcenter, &options);
    options.parts.hosts = false;
    options.sink =
        (struct sample_sink){.ctx = search, .take = take, .mark = no_mark, .wants = wants};
    enum vim_code code = collector_new(&options, ret, &err);
    if (code == VIM_OK)
        code = collector_collect_once(*ret, SAMPLES, &found, &err);
    if (code != VIM_OK)
        fprintf(stderr, "vstrata explain: vCenter %s: %s\n", vcenter->name, err.message);
    return code == VIM_OK ? 0 : -1;
}

/* ---- which VM, which sample ---- */

static void list(const struct search *search)
{
    fprintf(stderr, "vstrata explain: %zu VMs are called %s; take one by its moid and --vcenter:\n",
            search->most, log_quote(search->wanted));
    for (size_t i = 0; i < search->n; i++) {
        const struct entity *entity = search->found[i].entity;
        fprintf(stderr, "  %-12s vcenter=%s datacenter=%s", log_quote(entity->label[LABEL_MOID]),
                log_quote(entity->label[LABEL_VCENTER]),
                log_quote(entity->label[LABEL_DATACENTER]));
        fprintf(stderr, " cluster=%s host=%s%s\n", log_quote(entity->label[LABEL_CLUSTER]),
                log_quote(entity->label[LABEL_HOST]), search->found[i].on ? "" : " powered off");
    }
    if (search->most > search->n)
        fprintf(stderr, "  and %zu more\n", search->most - search->n);
}

/* One whose moid it is goes before those whose name it is. NULL after a line on standard error. */
static const struct candidate *choose(const struct search *search)
{
    const struct candidate *exact = NULL;
    size_t nexact = 0;
    for (size_t i = 0; i < search->n; i++)
        if (search->found[i].exact) {
            exact = &search->found[i];
            nexact++;
        }
    if (!exact)
        exact = &search->found[0];
    if (!search->n)
        fprintf(stderr, "vstrata explain: no VM has the name or moid \"%s\"\n", search->wanted);
    else if (nexact > 1 || (!nexact && search->most > 1))
        list(search);
    else if (!exact->on)
        fprintf(stderr, "vstrata explain: \"%s\" is not powered on: there are no samples of it\n",
                search->wanted);
    else if (!exact->block || !exact->block->ntimes)
        fprintf(stderr, "vstrata explain: the server has no samples of \"%s\"\n", search->wanted);
    else
        return exact;
    return NULL;
}

/* The newest sample up to the time, which must lie in what the server keeps; -1 after a line on
 * standard error. */
static int find_sample(const struct sample_block *block, struct server_time at, size_t *ret)
{
    const size_t last = block->ntimes - 1;
    const int64_t interval_ms = (int64_t)block->intervals[last] * 1000;
    char wanted[ISO_TEXT], from[ISO_TEXT], to[ISO_TEXT];
    *ret = last;
    if (!at.ms)
        return 0;
    while (*ret > 0 && block->times[*ret].ms > at.ms)
        --*ret;
    if (block->times[*ret].ms <= at.ms && at.ms < block->times[last].ms + interval_ms)
        return 0;
    fprintf(stderr, "vstrata explain: no sample of %s; the server keeps %s to %s\n",
            clock_iso(at, wanted), clock_iso(block->times[0], from),
            clock_iso(block->times[last], to));
    return -1;
}

/* ---- the model ---- */

struct listener { /* for the identities of one time */
    struct explained *explained;
    struct server_time time;
};

static void told(void *ctx, const struct layer_refusal *refusal)
{
    struct listener *listener = ctx;
    struct explained *e = listener->explained;
    if (refusal->time.ms == listener->time.ms && e->ntold < EXPLAIN_TOLD)
        e->told[e->ntold++] = *refusal;
}

static int print(const struct explained *e)
{
    struct buf text;
    buf_init(&text, CAP_PAGE_BYTES);
    explain_write(&text, e);
    const bool ok = buf_ok(&text) && fputs(text.data, stdout) >= 0 && fflush(stdout) == 0;
    buf_free(&text);
    if (!ok)
        fprintf(stderr, "vstrata explain: the text cannot be written\n");
    return ok ? 0 : -1;
}

static int explain(const struct config *config, const struct sample_block *block, size_t t)
{
    struct sample_block upto = *block;
    struct verdict *verdict = verdict_new(&config->verdict);
    struct explained e = {.block = block, .t = t, .verdict = verdict, .options = &config->verdict};
    struct listener listener = {&e, block->times[t]};
    struct layer_findings findings = {.explain = told, .ctx = &listener};
    const struct layer_options options = {.other_wait_is_unmet = config->other_wait_is_unmet,
                                          .verdict = verdict};
    struct row_batch rows;
    int result = -1;
    row_batch_init(&rows);
    upto.ntimes = t + 1;
    if (verdict)
        layers_rows(&upto, &options, &rows, &findings);
    if (verdict && row_batch_ok(&rows) && rows.nrows) {
        e.rows = &rows;
        e.row = &rows.rows[rows.nrows - 1];
        result = print(&e);
    } else {
        fprintf(stderr, "vstrata explain: out of memory\n");
    }
    row_batch_free(&rows);
    verdict_free(verdict);
    return result;
}

/* ---- the command ---- */

static int explain_wanted(const struct config *config, const char *wanted, const char *vcenter,
                          struct server_time at)
{
    struct collector *collectors[CAP_VCENTERS] = {0}; /* kept, because they have the names */
    struct search search = {.wanted = wanted};
    size_t asked = 0, t;
    int status = EXIT_FAILED;
    bool failed = false;
    arena_init(&search.arena);
    for (size_t i = 0; i < config->nvcenters; i++) {
        if (*vcenter && strcmp(config->vcenters[i].name, vcenter) != 0)
            continue;
        asked++;
        failed |= collect(&search, config, &config->vcenters[i], &collectors[i]) < 0;
    }
    /* Beside a failed vCenter, a VM that was not found may well be there. */
    const struct candidate *candidate = asked && (search.n || !failed) ? choose(&search) : NULL;
    if (!asked)
        fprintf(stderr, "vstrata explain: no vCenter is called \"%s\" in the configuration\n",
                vcenter);
    if (candidate && find_sample(candidate->block, at, &t) == 0 &&
        explain(config, candidate->block, t) == 0)
        status = EXIT_OK;
    for (size_t i = 0; i < config->nvcenters; i++)
        collector_free(collectors[i]);
    arena_free(&search.arena);
    return status;
}

static int run(int argc, char **argv)
{
    const char *path = DEFAULT_CONFIG, *vcenter = "", *time = NULL;
    const struct argument table[] = {{.name = "config", .text = &path},
                                     {.name = "vcenter", .text = &vcenter},
                                     {.name = "at", .text = &time},
                                     {0}};
    struct config config;
    struct config_error err;
    struct server_time at = {0};
    if (argc < 2 || argv[1][0] == '-') {
        fprintf(stderr, "vstrata explain: which VM? vstrata explain VM [options]\n");
        return EXIT_USAGE;
    }
    const char *wanted = argv[1];
    argv[1] = argv[0];
    if (arguments_read(argc - 1, argv + 1, table) < 0)
        return EXIT_USAGE;
    if (time && !clock_parse_iso(time, strlen(time), &at)) {
        fprintf(stderr,
                "vstrata explain: --at: \"%s\" is not a time; allowed: a date and time "
                "like 2021-06-14T15:06:40Z\n",
                time);
        return EXIT_USAGE;
    }
    if (config_load(path, &config, &err) < 0) {
        fprintf(stderr, "vstrata explain: %s\n", err.message);
        return EXIT_USAGE;
    }
    int status = explain_wanted(&config, wanted, vcenter, at);
    config_free(&config);
    return status;
}

const struct command command_explain = {
    .name = "explain",
    .summary = "where one VM hurts, and why: verdict, layers, formulas, and the numbers put in",
    .usage = "              VM                    its name or moid\n"
             "              --vcenter NAME        of this vCenter alone\n"
             "              --at TIME             2021-06-14T15:06:40Z; within the last hour\n"
             "              --config FILE\n",
    .run = run,
};
