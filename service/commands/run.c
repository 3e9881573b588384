/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/caps.h"
#include "commands/arguments.h"
#include "commands/collecting.h"
#include "commands/command.h"
#include "commands/notify.h"
#include "commands/table.h"
#include "pipeline.h"
#include "report/log.h"
#include "stores/dead_letters.h"
#include "stores/embedded.h"
#include "stores/runner.h"
#include "web/web.h"

enum {
    STORE_PATIENCE_MS = 5000, /* at the stop, of all stores, for what the journal still holds */
    TICK_S = 1,               /* between looks at the journal's size and the table */
    TABLE_ROWS = 20,
    TABLE_AGE_MS = 5 * 60 * 1000
};

struct service { /* started in this order, stopped in reverse */
    struct config config;
    int lock; /* of data_dir */
    struct metrics *metrics;
    struct metric_set *process;
    struct journal *journal;
    const struct store_ops *ops[CAP_STORES];
    void *stores[CAP_STORES];
    struct store_runner *runners[CAP_STORES];
    struct web *web;
    struct verdict *verdicts[CAP_VCENTERS];
    struct pipeline pipelines[CAP_VCENTERS];
    struct collector *collectors[CAP_VCENTERS];
};

static int failed(const char *what, const char *message)
{
    log_event(LOG_ERROR, "run", "not_started", "part=%s message=%s", what, log_quote(message));
    return -1;
}

/* Two processes over one journal would both be the owner of its marks. */
static int take_data_dir(struct service *service)
{
    const char *folder = service->config.data_dir;
    char path[4096], message[4300];
    if (mkdir(folder, 0750) < 0 && errno != EEXIST) {
        snprintf(message, sizeof message, "data_dir %s cannot be made: %s", folder,
                 strerror(errno));
        return failed("data_dir", message);
    }
    snprintf(path, sizeof path, "%s/lock", folder);
    service->lock = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0640);
    if (service->lock >= 0 && flock(service->lock, LOCK_EX | LOCK_NB) == 0)
        return 0;
    snprintf(message, sizeof message, "data_dir %s: %s", folder,
             errno == EWOULDBLOCK ? "another vstrata is using it" : strerror(errno));
    return failed("data_dir", message);
}

static int open_journal(struct service *service)
{
    char path[4096];
    struct journal_error err;
    snprintf(path, sizeof path, "%s/journal.sqlite", service->config.data_dir);
    const struct journal_options options = {path, service->config.journal_max_bytes};
    if (journal_open(&options, &service->journal, &err) < 0)
        return failed("journal", err.message);
    return 0;
}

static int open_store(struct service *service, size_t i)
{
    struct store_options *options = &service->config.stores[i];
    struct store_error err = {.message = "type is not known"};
    struct journal_error journal_err;
    options->dead_letters =
        dead_letters_new(service->config.data_dir, options->name, CAP_DEAD_LETTERS);
    if (!options->dead_letters)
        return failed(options->name, "out of memory");
    service->ops[i] = store_find(options->type);
    if (!service->ops[i] || service->ops[i]->open(options, &service->stores[i], &err) < 0)
        return failed(options->name, err.message);
    if (journal_register(service->journal, options->name, &journal_err) < 0)
        return failed(options->name, journal_err.message);
    return 0;
}

static int start_store(struct service *service, size_t i)
{
    const struct store_options *options = &service->config.stores[i];
    struct store_error err;
    struct metric_set *figures = metrics_set(service->metrics, METRIC_OF_STORE, options->name);
    if (store_runner_start(service->ops[i], service->stores[i], options, service->journal, figures,
                           &service->runners[i], &err) < 0)
        return failed(options->name, err.message);
    return 0;
}

/* All are registered before the first one runs: the journal forgets what all registered ones have.
 */
static int start_stores(struct service *service)
{
    for (size_t i = 0; i < service->config.nstores; i++)
        if (open_store(service, i) < 0)
            return -1;
    for (size_t i = 0; i < service->config.nstores; i++)
        if (start_store(service, i) < 0)
            return -1;
    return 0;
}

static void *embedded_of(const struct service *service)
{
    for (size_t i = 0; i < service->config.nstores; i++)
        if (service->ops[i] == &store_embedded)
            return service->stores[i];
    return NULL;
}

static int start_web(struct service *service)
{
    struct web_error err;
    const struct web_options options = {service->config.web_listen, embedded_of(service),
                                        service->metrics, &service->config.verdict};
    if (!service->config.web_enabled)
        return 0;
    if (web_start(&options, &service->web, &err) < 0)
        return failed("web", err.message);
    return 0;
}

static int start_collector(struct service *service, size_t i)
{
    const struct vcenter_config *vcenter = &service->config.vcenters[i];
    struct verdict *verdict = verdict_new(&service->config.verdict);
    const struct layer_options layers = {.other_wait_is_unmet = service->config.other_wait_is_unmet,
                                         .verdict = verdict};
    struct metric_set *figures = metrics_set(service->metrics, METRIC_OF_VCENTER, vcenter->name);
    struct collector_options options;
    struct vim_error err = {.message = "no thread could be made"};
    service->verdicts[i] = verdict;
    if (!verdict)
        return failed(vcenter->name, "out of memory");
    pipeline_init(&service->pipelines[i], vcenter->name, service->journal, &layers, figures);
    collecting_options(&service->config, vcenter, &options);
    options.sink = pipeline_sink(&service->pipelines[i]);
    options.figures = figures;
    if (collector_new(&options, &service->collectors[i], &err) != VIM_OK ||
        collector_start(service->collectors[i]) < 0)
        return failed(vcenter->name, err.message);
    return 0;
}

static int start(struct service *service)
{
    service->metrics = metrics_new();
    if (!service->metrics ||
        !(service->process = metrics_set(service->metrics, METRIC_OF_PROCESS, "")))
        return failed("metrics", "out of memory");
    metric_put(service->process, METRIC_START_TIME, wall_now().ms);
    if (take_data_dir(service) < 0 || open_journal(service) < 0 || start_stores(service) < 0 ||
        start_web(service) < 0)
        return -1;
    for (size_t i = 0; i < service->config.nvcenters; i++)
        if (start_collector(service, i) < 0)
            return -1;
    return 0;
}

static void stop(struct service *service)
{
    for (size_t i = 0; i < service->config.nvcenters; i++)
        if (service->collectors[i])
            collector_stop(service->collectors[i]);
    for (size_t i = 0; i < service->config.nvcenters; i++) {
        collector_free(service->collectors[i]);
        verdict_free(service->verdicts[i]);
    }
    web_stop(service->web);
    if (service->journal)
        journal_stop(service->journal);
    for (size_t i = 0; i < service->config.nstores; i++)
        store_runner_begin_stop(service->runners[i], STORE_PATIENCE_MS);
    for (size_t i = 0; i < service->config.nstores; i++) {
        store_runner_stop(service->runners[i], STORE_PATIENCE_MS);
        if (service->stores[i])
            service->ops[i]->close(service->stores[i]);
        dead_letters_free(service->config.stores[i].dead_letters);
    }
    journal_close(service->journal);
    metrics_free(service->metrics);
    if (service->lock >= 0)
        close(service->lock);
}

static void print_table(const struct service *service)
{
    void *embedded = embedded_of(service);
    struct row_batch rows;
    struct store_error err;
    row_batch_init(&rows);
    if (embedded && embedded_latest(embedded, TABLE_AGE_MS, &rows, &err) == 0 && rows.nrows) {
        struct buf text;
        char time[ISO_TEXT];
        buf_init(&text, CAP_PAGE_BYTES);
        if (isatty(STDOUT_FILENO))
            buf_str(&text, "\033[H\033[2J");
        buf_printf(&text, "%s  %zu VMs", clock_iso(rows.rows[0].time, time), rows.nrows);
        if (service->web)
            buf_printf(&text, "  page: %s", web_address(service->web));
        buf_char(&text, '\n');
        if (table_write(&text, &rows, TABLE_ROWS) == 0 && buf_ok(&text))
            fputs(text.data, stdout);
        fflush(stdout);
        buf_free(&text);
    }
    row_batch_free(&rows);
}

static void tell_journal(const struct service *service)
{
    int64_t batches, bytes;
    journal_size(service->journal, &batches, &bytes);
    metric_put(service->process, METRIC_JOURNAL_BATCHES, batches);
    metric_put(service->process, METRIC_JOURNAL_BYTES, bytes);
}

/* Until SIGINT or SIGTERM. */
static void wait_for_end(const struct service *service, const sigset_t *signals, bool table)
{
    const struct timespec tick = {.tv_sec = TICK_S};
    int64_t cycles_shown = -1;
    for (unsigned ticks = 0;; ticks++) {
        int got = sigtimedwait(signals, NULL, &tick);
        if (got == SIGINT || got == SIGTERM) {
            log_event(LOG_INFO, "run", "stopping", "signal=%s", got == SIGINT ? "INT" : "TERM");
            return;
        }
        tell_journal(service);
        notify_systemd("WATCHDOG=1");
        int64_t cycles = 0;
        const struct metric_set *set;
        for (unsigned i = 0; (set = metrics_at(service->metrics, METRIC_OF_VCENTER, i)); i++)
            cycles += metric_get(set, METRIC_CYCLES);
        if (table && cycles != cycles_shown) {
            print_table(service);
            cycles_shown = cycles;
        }
    }
}

static int run_service(struct service *service, bool table)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL); /* before any thread, so that all inherit it */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file at its limit fails its write, as a full disk does */
    int status = EXIT_FAILED;
    if (start(service) == 0) {
        log_event(LOG_INFO, "run", "started", "version=%s vcenters=%zu stores=%zu data_dir=%s",
                  VSTRATA_VERSION, service->config.nvcenters, service->config.nstores,
                  log_quote(service->config.data_dir));
        notify_systemd("READY=1");
        wait_for_end(service, &signals, table);
        status = EXIT_OK;
    }
    notify_systemd("STOPPING=1");
    stop(service);
    return status;
}

static int run(int argc, char **argv)
{
    const char *path = DEFAULT_CONFIG;
    bool table = false;
    const struct argument arguments[] = {
        {.name = "config", .text = &path}, {.name = "table", .flag = &table}, {0}};
    if (arguments_read(argc, argv, arguments) < 0)
        return EXIT_USAGE;
    struct service *service = calloc(1, sizeof *service);
    struct config_error err = {.message = "out of memory"};
    if (!service || config_load(path, &service->config, &err) < 0) {
        fprintf(stderr, "vstrata run: %s\n", err.message);
        free(service);
        return EXIT_USAGE;
    }
    service->lock = -1;
    log_set_level((enum log_level)log_level_of(service->config.log_level));
    int status = run_service(service, table);
    config_free(&service->config);
    free(service);
    return status;
}

const struct command command_run = {
    .name = "run",
    .summary = "collect, model and store until SIGTERM; serve the page",
    .usage =
        "              --config FILE\n"
        "              --table               print the layers of the worst VMs after each cycle\n",
    .run = run,
};
