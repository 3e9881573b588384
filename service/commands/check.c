/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/caps.h"
#include "collect/survey.h"
#include "commands/arguments.h"
#include "commands/collecting.h"
#include "commands/command.h"
#include "formats/json.h"
#include "stores/embedded.h"

/* Findings are printed as they come (text), or gathered (JSON):
 * {"checks":[{"subject","check","level","text"}],"counters":[{"vcenter","name","id"}],"failures":n}
 */
struct check {
    bool json;
    char subject[CAP_NAME]; /* "vcenter vc1", "store influxdb" */
    const char *vcenter;
    struct buf findings, counters;
    int failures;
};

static const char *const words[] = {
    [SURVEY_OK] = "ok", [SURVEY_WARNING] = "warning", [SURVEY_FAILURE] = "FAILED"};

static void finding(void *ctx, enum survey_level level, const char *what, const char *text)
{
    struct check *check = ctx;
    check->failures += level == SURVEY_FAILURE;
    if (!check->json) {
        printf("%-8s %-22s %-14s %s\n", words[level], check->subject, what, text);
        return;
    }
    struct buf *out = &check->findings;
    buf_str(out, out->len ? ",\n{\"subject\":" : "{\"subject\":");
    json_string(out, check->subject);
    buf_str(out, ",\"check\":");
    json_string(out, what);
    buf_printf(out, ",\"level\":\"%s\",\"text\":", words[level]);
    json_string(out, text);
    buf_char(out, '}');
}

static void counter(void *ctx, const struct counter_info *info, int id)
{
    struct check *check = ctx;
    struct buf *out = &check->counters;
    if (!check->json)
        return;
    buf_str(out, out->len ? ",\n{\"vcenter\":" : "{\"vcenter\":");
    json_string(out, check->vcenter);
    buf_printf(out, ",\"name\":\"%s\",\"unit\":\"%s\",\"id\":", info->name, info->unit);
    if (id)
        buf_printf(out, "%d}", id);
    else
        buf_str(out, "null}");
}

static void check_vcenters(struct check *check, const struct config *config)
{
    const struct survey_listener listener = {check, finding, counter};
    for (size_t i = 0; i < config->nvcenters; i++) {
        struct collector_options options;
        collecting_options(config, &config->vcenters[i], &options);
        snprintf(check->subject, sizeof check->subject, "vcenter %s", options.name);
        check->vcenter = options.name;
        survey_vcenter(&options, &listener);
    }
}

/* It is run that makes it, under its own user; check does not. */
static bool check_data_dir(struct check *check, const struct config *config)
{
    char text[4200];
    snprintf(check->subject, sizeof check->subject, "data_dir");
    if (access(config->data_dir, R_OK | W_OK | X_OK) == 0) {
        finding(check, SURVEY_OK, "writable", config->data_dir);
        return true;
    }
    bool absent = errno == ENOENT;
    snprintf(text, sizeof text, "%s: %s", config->data_dir,
             absent ? "does not exist yet; run makes it" : strerror(errno));
    finding(check, absent ? SURVEY_WARNING : SURVEY_FAILURE, "writable", text);
    return false;
}

static const char *address_of(const struct store_options *options)
{
    if (options->url && *options->url)
        return options->url;
    return options->path ? options->path : options->type;
}

static void check_stores(struct check *check, const struct config *config)
{
    bool data_dir = check_data_dir(check, config);
    for (size_t i = 0; i < config->nstores; i++) {
        const struct store_options *options = &config->stores[i];
        const struct store_ops *ops = store_find(options->type);
        struct store_error err = {0};
        void *store = NULL;
        snprintf(check->subject, sizeof check->subject, "store %s", options->name);
        if (ops == &store_embedded && !data_dir)
            continue; /* told above */
        if (!ops)
            snprintf(err.message, sizeof err.message, "type %s is not known", options->type);
        else if (ops->open(options, &store, &err) == 0 && ops->probe(store, &err) == 0)
            err.message[0] = '\0';
        finding(check, *err.message ? SURVEY_FAILURE : SURVEY_OK, "reachable",
                *err.message ? err.message : address_of(options));
        if (store)
            ops->close(store);
    }
}

static void print_json(struct check *check)
{
    printf("{\"checks\":[%s],\n\"counters\":[%s],\n\"failures\":%d}\n",
           check->findings.len ? check->findings.data : "",
           check->counters.len ? check->counters.data : "", check->failures);
}

static int run(int argc, char **argv)
{
    static const char *const formats[] = {"text", "json", NULL};
    const char *path = DEFAULT_CONFIG, *format = "text";
    const struct argument table[] = {{.name = "config", .text = &path},
                                     {.name = "format", .text = &format, .choices = formats},
                                     {0}};
    if (arguments_read(argc, argv, table) < 0)
        return EXIT_USAGE;
    struct config config;
    struct config_error err;
    struct check check = {.json = strcmp(format, "json") == 0, .subject = "configuration"};
    buf_init(&check.findings, CAP_PAGE_BYTES);
    buf_init(&check.counters, CAP_PAGE_BYTES);
    if (config_load(path, &config, &err) < 0) {
        finding(&check, SURVEY_FAILURE, "read", err.message);
    } else {
        finding(&check, SURVEY_OK, "read", path);
        check_vcenters(&check, &config);
        check_stores(&check, &config);
        config_free(&config);
    }
    if (check.json)
        print_json(&check);
    else if (check.failures)
        printf("%d failed\n", check.failures);
    buf_free(&check.findings);
    buf_free(&check.counters);
    return check.failures ? EXIT_FAILED : EXIT_OK;
}

const struct command command_check = {
    .name = "check",
    .summary = "try configuration, vCenters (TLS, login, privileges, counters, clock) and stores",
    .usage = "              --config FILE\n"
             "              --format text|json    exit status 1 if anything failed\n",
    .run = run,
};
