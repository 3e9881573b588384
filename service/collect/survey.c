/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "collect/survey.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/glob.h"
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

/* Tells the caller, and of one that is missed the person. True if the counter is an extra one that
 * the server has. */
static bool say_counter(struct survey *survey, enum counter c)
{
    const struct counter_info *info = counter_info(c);
    int id = survey->connection.map.id[c];
    survey->listener->counter(survey->listener->ctx, info, id);
    if (info->need == NEED_EXTRA)
        return id != 0;
    if (!id)
        say(survey, info->need == NEED_ALWAYS ? SURVEY_FAILURE : SURVEY_WARNING, "counter",
            "%s is not offered by the server; without it: %s", info->name, info->lost);
    return false;
}

/* Counters inside of guests are offered by few servers, and nobody misses them. */
static void say_counters(struct survey *survey)
{
    const struct connection *connection = &survey->connection;
    size_t asked, lost, extra = 0;
    for (enum counter c = 0; c < COUNTER_COUNT; c++)
        if (counter_is_asked(c, connection->groups))
            extra += say_counter(survey, c);
    counter_map_count(&connection->map, connection->groups, &asked, &lost);
    say(survey, lost ? SURVEY_WARNING : SURVEY_OK, "counters", "%zu of %zu found", asked - lost,
        asked);
    if (!survey->options->parts.guest)
        return;
    say(survey, SURVEY_OK, "guest", "%zu counters of the group guest; most servers have none%s",
        extra,
        vim_inventory_guestinfo_unsupported(connection->inventory)
            ? "; the server does not say guestinfo.vstrata alone, so it is not read"
            : "");
}

/* Takes the next pattern off a list (parts.h): *ret_n its length. NULL at the end. */
static const char *next_pattern(const char **list, size_t *ret_n)
{
    static const char blanks[] = " \n";
    const char *first = *list + strspn(*list, blanks);
    *ret_n = strcspn(first, blanks);
    *list = first + *ret_n;
    return *ret_n ? first : NULL;
}

static size_t matched(const struct vim_counters *counters, const char *pattern, size_t length)
{
    size_t found = 0;
    for (size_t i = 0; i < vim_counters_count(counters); i++)
        found += glob_match(pattern, length, vim_counters_at(counters, i)->name);
    return found;
}

static void say_pattern(struct survey *survey, const char *pattern, size_t length)
{
    const size_t found = matched(survey->connection.counters, pattern, length);
    if (found)
        say(survey, SURVEY_OK, "raw", "%.*s: %zu counters of the server", (int)length, pattern,
            found);
    else
        say(survey, SURVEY_WARNING, "raw",
            "%.*s matches none of the server's counters (they are called like %s; case counts)",
            (int)length, pattern, counter_info(CPU_READY)->name);
}

/* A store's schema wants what some server has; nobody can mend what this one has not. */
static void say_schema(struct survey *survey, const char *list)
{
    const char *pattern;
    size_t n, all = 0, found = 0;
    for (; (pattern = next_pattern(&list, &n)); all++)
        found += matched(survey->connection.counters, pattern, n) != 0;
    if (all)
        say(survey, SURVEY_OK, "raw", "the server offers %zu of %zu counters of a store's schema",
            found, all);
}

/* What is wanted as it comes: first the configuration's list. */
static void say_raw(struct survey *survey)
{
    const struct counter_map *map = &survey->connection.map;
    const char *const *lists = survey->options->parts.raw;
    const char *list = lists[0], *pattern;
    size_t n;
    while (list && (pattern = next_pattern(&list, &n)))
        say_pattern(survey, pattern, n);
    for (size_t i = 1; i < RAW_LISTS; i++)
        if (lists[i])
            say_schema(survey, lists[i]);
    for (size_t i = 0; i < map->nraw; i++)
        survey->listener->raw(survey->listener->ctx, &map->raw[i].info, map->raw[i].id);
    if (map->raw_left)
        say(survey, SURVEY_WARNING, "raw",
            "%zu counters are wanted as they come, of which only %zu are asked; say narrower "
            "patterns",
            map->nraw + map->raw_left, map->nraw);
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
    const struct vim_object *object;
    size_t on;
};

static bool find_on(void *ctx, const struct vim_object *object)
{
    struct first_on *first = ctx;
    if (object->power == VIM_POWER_ON && !first->on++)
        first->object = object;
    return true;
}

static enum vim_code query_one(struct survey *survey, enum entity_kind kind, const char *moid,
                               size_t *ret_series, struct vim_error *err)
{
    struct connection *connection = &survey->connection;
    struct vim_ask ask = {.type = target_type(kind), .moid = moid, .max_samples = 1};
    struct vim_query *query = NULL;
    struct perf_reply *reply = NULL;
    enum vim_code code = VIM_OK;
    if (!connection->refresh_s)
        code = connection_learn_refresh(connection, kind, moid, err);
    if (code == VIM_OK && !connection->metrics[kind])
        return VIM_OK; /* said by the counters */
    if (code == VIM_OK)
        code = vim_query_start(survey->client, connection->metrics[kind], &ask, 1, &query, err);
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

/* Asks one of a kind. Without hosts there are still all the layers. */
static enum vim_code say_samples_of(struct survey *survey, enum entity_kind kind,
                                    const struct vim_object *object)
{
    struct vim_error err = {0};
    size_t series = 0;
    const char *word = kind == ENTITY_HOST ? "host" : "VM";
    enum vim_code code = query_one(survey, kind, object->moid, &series, &err);
    if (code != VIM_OK)
        say(survey, kind == ENTITY_HOST ? SURVEY_WARNING : SURVEY_FAILURE, "samples",
            "QueryPerf of %s \"%s\": %s", word, object->name, err.message);
    else if (!series)
        say(survey, SURVEY_WARNING, "samples", "%s \"%s\" has no real-time samples", word,
            object->name);
    else
        say(survey, SURVEY_OK, "samples", "%s \"%s\": %zu series every %d s", word, object->name,
            series, survey->connection.refresh_s);
    return code;
}

static void say_privileges(struct survey *survey, enum vim_code code)
{
    if (code == VIM_NO_PERMISSION)
        say(survey, SURVEY_FAILURE, "privileges",
            "%s may not read samples; the role Read-only at the root folder is enough",
            survey->options->client.user);
    else if (code == VIM_OK)
        say(survey, SURVEY_OK, "privileges", "inventory, counters and samples can be read");
}

static void say_samples(struct survey *survey)
{
    const struct vim_inventory *inventory = survey->connection.inventory;
    struct first_on vm = {0}, host = {0};
    size_t vms = vim_inventory_count(inventory, VIM_VM);
    vim_inventory_each(inventory, VIM_VM, find_on, &vm);
    vim_inventory_each(inventory, VIM_HOST, find_on, &host);
    say(survey, vms ? SURVEY_OK : SURVEY_WARNING, "inventory",
        "%zu VMs (%zu powered on), %zu hosts, %zu clusters%s", vms, vm.on,
        vim_inventory_count(inventory, VIM_HOST), vim_inventory_count(inventory, VIM_CLUSTER),
        vms ? "" : "; the user may lack System.View on the folders");
    enum vim_code code = VIM_OK;
    if (vm.on)
        code = say_samples_of(survey, ENTITY_VM, vm.object);
    if (host.on && survey->options->parts.hosts)
        say_samples_of(survey, ENTITY_HOST, host.object);
    if (vm.on)
        say_privileges(survey, code);
}

static void look(struct survey *survey)
{
    struct vim_error err = {0};
    if (connection_open(&survey->connection, survey->client, &survey->options->parts, &err) !=
        VIM_OK) {
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
    say_raw(survey);
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
