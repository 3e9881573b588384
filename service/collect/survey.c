/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "collect/survey.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/connection.h"

enum { CLOCK_WARNING_MS = 10000, QUERY_PATIENCE_MS = 60000, RUN_MS = 200 };

struct survey {
    const struct collector_options *options;
    const struct survey_listener *listener;
    struct vim_client *client;
    struct connection connection;
    int failures;
};

static void say(struct survey *survey, enum survey_level level, const char *what,
                const char *format, ...) __attribute__((format(printf, 4, 5)));

static void say(struct survey *survey, enum survey_level level, const char *what,
                const char *format, ...)
{
    char text[600];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    survey->failures += level == SURVEY_FAILURE;
    survey->listener->finding(survey->listener->ctx, level, what, text);
}

static void say_counters(struct survey *survey)
{
    size_t lost = 0, found = survey->connection.map.found;
    for (enum counter c = 0; c < COUNTER_COUNT; c++) {
        const struct counter_info *info = counter_info(c);
        int id = survey->connection.map.id[c];
        survey->listener->counter(survey->listener->ctx, info, id);
        if (id)
            continue;
        lost++;
        say(survey, info->need == NEED_ALWAYS ? SURVEY_FAILURE : SURVEY_WARNING, "counter",
            "%s is not offered by the server; without it: %s", info->name, info->lost);
    }
    say(survey, lost ? SURVEY_WARNING : SURVEY_OK, "counters", "%zu of %d found", found,
        COUNTER_COUNT);
}

static void say_clock(struct survey *survey)
{
    int64_t server = server_at(&survey->connection.clock, mono_now()).ms;
    int64_t difference = wall_now().ms - server;
    bool far = llabs(difference) > CLOCK_WARNING_MS;
    say(survey, far ? SURVEY_WARNING : SURVEY_OK, "clock", "ours minus the server's: %+.1f s%s",
        (double)difference / 1000,
        far ? "; samples keep the server's time, so stores may see them as old or in the future"
            : "");
}

static void say_limits(struct survey *survey)
{
    int limit = 0;
    struct vim_error err;
    if (vim_max_query_metrics(survey->client, &limit, &err) != VIM_OK)
        say(survey, SURVEY_OK, "limits",
            "maxQueryMetrics cannot be read (%s); it does not "
            "concern real-time queries",
            err.message);
    else if (limit < 0)
        say(survey, SURVEY_OK, "limits", "maxQueryMetrics: no limit");
    else
        say(survey, SURVEY_OK, "limits",
            "maxQueryMetrics is %d (it does not concern real-time queries)", limit);
}

struct first_on {
    const char *moid, *name;
    size_t on;
};

static bool find_on(void *ctx, const struct vim_object *vm)
{
    struct first_on *first = ctx;
    if (vm->power != VIM_POWER_ON)
        return true;
    if (!first->on++) {
        first->moid = vm->moid;
        first->name = vm->name;
    }
    return true;
}

static enum vim_code query_one(struct survey *survey, const char *moid, size_t *ret_series,
                               struct vim_error *err)
{
    struct vim_ask ask = {.type = "VirtualMachine", .moid = moid, .max_samples = 1};
    struct vim_query *query = NULL;
    struct perf_reply *reply = NULL;
    enum vim_code code =
        vim_query_start(survey->client, survey->connection.metrics, &ask, 1, &query, err);
    while (code == VIM_OK && !vim_query_done(query) && vim_query_ms(query) < QUERY_PATIENCE_MS)
        code = vim_client_run(survey->client, RUN_MS, err);
    if (code == VIM_OK)
        code = vim_query_take(query, &reply, err);
    if (code == VIM_OK)
        *ret_series = reply->nentities ? reply->entities[0]->nseries : 0;
    perf_reply_free(reply);
    vim_query_free(query);
    return code;
}

static void say_samples(struct survey *survey)
{
    struct first_on first = {0};
    struct vim_error err = {0};
    size_t series = 0, vms = vim_inventory_count(survey->connection.inventory, VIM_VM);
    vim_inventory_each(survey->connection.inventory, VIM_VM, find_on, &first);
    say(survey, vms ? SURVEY_OK : SURVEY_WARNING, "inventory",
        "%zu VMs (%zu powered on), %zu hosts, %zu clusters%s", vms, first.on,
        vim_inventory_count(survey->connection.inventory, VIM_HOST),
        vim_inventory_count(survey->connection.inventory, VIM_CLUSTER),
        vms ? "" : "; the user may lack System.View on the folders");
    if (!first.on)
        return;
    enum vim_code code = connection_learn_refresh(&survey->connection, first.moid, &err);
    if (code == VIM_OK)
        code = query_one(survey, first.moid, &series, &err);
    if (code != VIM_OK)
        say(survey, SURVEY_FAILURE, "samples", "QueryPerf of VM \"%s\": %s", first.name,
            err.message);
    else if (!series)
        say(survey, SURVEY_WARNING, "samples", "VM \"%s\" has no real-time samples", first.name);
    else
        say(survey, SURVEY_OK, "samples", "VM \"%s\": %zu series every %d s", first.name, series,
            survey->connection.refresh_s);
    if (code == VIM_NO_PERMISSION)
        say(survey, SURVEY_FAILURE, "privileges",
            "%s may not read samples; the role Read-only at the root folder is enough",
            survey->options->client.user);
    else if (code == VIM_OK)
        say(survey, SURVEY_OK, "privileges", "inventory, counters and samples can be read");
}

static void look(struct survey *survey)
{
    struct vim_error err = {0};
    if (connection_open(&survey->connection, survey->client, &err) != VIM_OK) {
        say(survey, SURVEY_FAILURE, "login", "%s", err.message);
        return;
    }
    const struct vim_about *about = vim_session_about(survey->client);
    say(survey, SURVEY_OK, "login", "%s as %s; API %s, instance %s", about->full_name,
        survey->options->client.user, about->api_version, about->instance_uuid);
    if (!survey->options->client.thumbprint &&
        strncmp(survey->options->client.url, "http:", 5) == 0)
        say(survey, SURVEY_WARNING, "tls", "the address is http: password and data go in clear");
    say_clock(survey);
    say_counters(survey);
    say_limits(survey);
    say_samples(survey);
    connection_close(&survey->connection);
    vim_session_logout(survey->client, &err);
}

int survey_vcenter(const struct collector_options *options, const struct survey_listener *listener)
{
    struct survey survey = {.options = options, .listener = listener};
    struct vim_error err = {0};
    if (vim_client_new(&options->client, &survey.client, &err) == VIM_OK)
        look(&survey);
    else
        say(&survey, SURVEY_FAILURE, "configuration", "%s", err.message);
    vim_client_free(survey.client);
    return survey.failures ? -1 : 0;
}
