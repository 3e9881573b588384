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
#include "commands/estimate.h"
#include "formats/json.h"
#include "formats/schema.h"
#include "stores/embedded.h"

/* Findings are printed as they come (text), or gathered (JSON):
 * {"checks":[{"subject","check","level","text"}],"counters":[{"vcenter","name","unit","id"}],
 *  "raw":[the same],"estimates":[see estimate.c],"failures":n}
 */
struct check {
    bool json;
    char subject[CAP_NAME]; /* "vcenter vc1", "store influxdb" */
    const char *vcenter;
    struct buf findings, counters, raw, estimates;
    bool surveyed; /* every vCenter could be asked */
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

static void list_counter(const struct check *check, struct buf *out, const char *name,
                         const char *unit, int id)
{
    if (!check->json)
        return;
    buf_str(out, out->len ? ",\n{\"vcenter\":" : "{\"vcenter\":");
    json_string(out, check->vcenter);
    buf_str(out, ",\"name\":");
    json_string(out, name);
    buf_str(out, ",\"unit\":");
    json_string(out, unit);
    buf_str(out, ",\"id\":");
    if (id)
        buf_printf(out, "%d}", id);
    else
        buf_str(out, "null}");
}

static void counter(void *ctx, const struct counter_info *info, int id)
{
    struct check *check = ctx;
    list_counter(check, &check->counters, info->name, info->unit, id);
}

static void raw(void *ctx, const struct raw_info *info, int id)
{
    struct check *check = ctx;
    list_counter(check, &check->raw, info->name, info->unit, id);
}

static void check_vcenters(struct check *check, const struct config *config)
{
    const struct survey_listener listener = {check, finding, counter, raw};
    for (size_t i = 0; i < config->nvcenters; i++) {
        struct collector_options options;
        collecting_options(config, &config->vcenters[i], &options);
        snprintf(check->subject, sizeof check->subject, "vcenter %s", options.name);
        check->vcenter = options.name;
        check->surveyed = survey_vcenter(&options, &listener) == 0 && check->surveyed;
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

/* Asking for counters that go nowhere costs the vCenter something for nothing. */
static void check_raw(struct check *check, const struct config *config)
{
    if (!*config->collect.raw)
        return;
    for (size_t i = 0; i < config->nstores; i++)
        if (strcmp(config->stores[i].schema, schema_vstrata.name) == 0 &&
            strcmp(config->stores[i].format, "json") != 0)
            return;
    finding(check, SURVEY_WARNING, "raw",
            "counters of collect.raw are asked for and go nowhere: stores of schema vstrata take "
            "them, but not embedded, nor kafka with format json");
}

static const char *address_of(const struct store_options *options)
{
    const char *const addresses[] = {options->url, options->address, options->brokers,
                                     options->connection, options->path};
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
        if (addresses[i] && *addresses[i])
            return addresses[i];
    return options->type;
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

static void tell_estimate(struct check *check, const struct estimate *estimate, size_t i)
{
    struct buf text;
    buf_init(&text, CAP_PAGE_BYTES);
    const bool many = estimate_series(estimate, i) > ESTIMATE_MANY;
    estimate_text(estimate, i, &text);
    if (many)
        buf_str(&text, "; so many make servers slow and dear: include, exclude and per_vcpu leave "
                       "some out");
    finding(check, many ? SURVEY_WARNING : SURVEY_OK, "series",
            buf_ok(&text) ? text.data : "out of memory");
    buf_str(&check->estimates, check->estimates.len ? ",\n" : "");
    estimate_json(estimate, i, &check->estimates);
    buf_free(&text);
}

/* How many series each store is going to have. */
static void check_series(struct check *check, const struct config *config)
{
    struct store_error err = {.message = "the check of a vCenter failed, see above"};
    struct estimate *estimate = check->surveyed ? estimate_new(config, &err) : NULL;
    bool whole = estimate != NULL;
    for (size_t i = 0; whole && i < config->nvcenters; i++)
        whole = estimate_vcenter(estimate, i, &err) == 0;
    for (size_t i = 0; i < config->nstores; i++) {
        char text[sizeof err.message + 32];
        snprintf(check->subject, sizeof check->subject, "store %s", config->stores[i].name);
        snprintf(text, sizeof text, "no estimate: %s", err.message);
        if (whole)
            tell_estimate(check, estimate, i);
        else
            finding(check, SURVEY_WARNING, "series", text);
    }
    estimate_free(estimate);
}

static void print_json(struct check *check)
{
    printf("{\"checks\":[%s],\n\"counters\":[%s],\n\"raw\":[%s],\n\"estimates\":[%s],"
           "\n\"failures\":%d}\n",
           check->findings.len ? check->findings.data : "",
           check->counters.len ? check->counters.data : "", check->raw.len ? check->raw.data : "",
           check->estimates.len ? check->estimates.data : "", check->failures);
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
    struct check check = {
        .json = strcmp(format, "json") == 0, .subject = "configuration", .surveyed = true};
    buf_init(&check.findings, CAP_PAGE_BYTES);
    buf_init(&check.counters, CAP_PAGE_BYTES);
    buf_init(&check.raw, CAP_PAGE_BYTES);
    buf_init(&check.estimates, CAP_PAGE_BYTES);
    if (config_load(path, &config, &err) < 0) {
        finding(&check, SURVEY_FAILURE, "read", err.message);
    } else {
        finding(&check, SURVEY_OK, "read", path);
        check_raw(&check, &config);
        check_vcenters(&check, &config);
        check_stores(&check, &config);
        check_series(&check, &config);
        config_free(&config);
    }
    if (check.json)
        print_json(&check);
    else if (check.failures)
        printf("%d failed\n", check.failures);
    buf_free(&check.findings);
    buf_free(&check.counters);
    buf_free(&check.raw);
    buf_free(&check.estimates);
    return check.failures ? EXIT_FAILED : EXIT_OK;
}

const struct command command_check = {
    .name = "check",
    .summary =
        "try configuration, vCenters (TLS, login, privileges, counters, clock), stores; count "
        "series",
    .usage = "              --config FILE\n"
             "              --format text|json    exit status 1 if anything failed\n",
    .run = run,
};
