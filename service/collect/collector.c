/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "collect/collector.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "collect/connection.h"
#include "collect/cycle.h"
#include "collect/quality.h"
#include "collect/snapshots.h"

enum {
    POLL_S = 60,             /* one WaitForUpdatesEx */
    CLOCK_EVERY_MS = 300000, /* between comparisons of clocks */
    FOLLOW_MS = 2000,        /* between two looks at all of the inventory, but for a collection */
    CLOCK_SLACK_MS = 1000,   /* a sample that much in the server's future shows a clock astray */
    RUN_MS = 1000,           /* longest stay in vim_client_run */
    RUN_ONCE_MS = 200
};

enum state { DOWN, CONNECTED };
enum news { NEWS_NONE, NEWS_OF_GUESTS, NEWS }; /* of the inventory, not yet followed */

struct collector {
    struct collector_options options;
    struct vim_client *client;
    struct connection connection; /* valid while CONNECTED */
    struct targets targets;
    enum state state;
    unsigned failures;         /* to connect, in a row */
    struct mono_time retry_at; /* DOWN: not before */
    struct mono_time cycle_at, reread_at, follow_at;
    enum news news;
    struct cycle *cycle;             /* NULL between cycles */
    struct vim_client_stats counted; /* what the metrics know already */
    struct snapshots snapshots;
    struct quality_memory quality;
    struct complaint connecting, collecting, left_out, handing_down, telling;
    unsigned seed; /* of the back-off's jitter */
    pthread_t thread;
    bool threaded;
    bool clock_astray; /* to be compared again at once */
    bool raw_told;     /* that not all raw counters are asked */
    atomic_bool stop;
};

enum vim_code collector_new(const struct collector_options *options, struct collector **ret,
                            struct vim_error *err)
{
    struct collector *collector = calloc(1, sizeof *collector);
    if (!collector)
        return vim_fail(err, VIM_NOMEM, "out of memory for the collector of %s", options->name);
    collector->options = *options;
    collector->seed = (unsigned)mono_now().ms;
    if (options->parts.disk)
        collector->snapshots.interval_ms = options->snapshot_space_ms;
    const struct targets_options targets = {.vcenter = options->name,
                                            .sink = &collector->options.sink,
                                            .figures = options->figures,
                                            .hosts = options->parts.hosts};
    targets_init(&collector->targets, &targets);
    enum vim_code code = vim_client_new(&options->client, &collector->client, err);
    if (code != VIM_OK) {
        targets_free(&collector->targets);
        free(collector);
        return code;
    }
    *ret = collector;
    return VIM_OK;
}

/* ---- figures ---- */

static void count_transfers(struct collector *collector)
{
    struct vim_client_stats now, *before = &collector->counted;
    struct metric_set *figures = collector->options.figures;
    vim_client_stats(collector->client, &now);
    metric_add(figures, METRIC_CALLS, (int64_t)(now.calls - before->calls));
    metric_add(figures, METRIC_CALL_FAILURES, (int64_t)(now.failures - before->failures));
    metric_add(figures, METRIC_BYTES_IN, (int64_t)(now.bytes_in - before->bytes_in));
    metric_add(figures, METRIC_BYTES_WIRE, (int64_t)(now.wire_bytes_in - before->wire_bytes_in));
    metric_add(figures, METRIC_BYTES_OUT, (int64_t)(now.bytes_out - before->bytes_out));
    *before = now;
}

static void tell_clock(struct collector *collector)
{
    struct server_clock *clock = &collector->connection.clock;
    int64_t server = server_at(clock, mono_now()).ms;
    metric_put(collector->options.figures, METRIC_CLOCK_DIFFERENCE, wall_now().ms - server);
}

static void tell_inventory(struct collector *collector)
{
    const struct targets *targets = &collector->targets;
    metric_put(collector->options.figures, METRIC_VMS, (int64_t)targets->count[ENTITY_VM]);
    metric_put(collector->options.figures, METRIC_HOSTS, (int64_t)targets->count[ENTITY_HOST]);
}

/* ---- down and up: the only two places that change the state ---- */

static void go_down(struct collector *collector, const struct vim_error *err)
{
    cycle_free(collector->cycle);
    collector->cycle = NULL;
    if (collector->state == CONNECTED)
        connection_close(&collector->connection);
    collector->state = DOWN;
    collector->failures++;
    double chance = (double)rand_r(&collector->seed) / RAND_MAX;
    int64_t wait = reconnect_ms(err->code, collector->failures, chance);
    collector->retry_at = mono_after(mono_now(), wait);
    metric_put(collector->options.figures, METRIC_UP, 0);
    if (!collector->stop)
        complain(&collector->connecting, LOG_WARN, "collect", "vcenter_down",
                 "vcenter=%s reason=%s message=%s retry_ms=%lld",
                 log_quote(collector->options.name), vim_code_name(err->code),
                 log_quote(err->message), (long long)wait);
}

static int64_t interval_ms(const struct collector *collector)
{
    int64_t refresh = (int64_t)collector->connection.refresh_s * 1000;
    if (collector->options.interval_ms)
        return collector->options.interval_ms;
    return refresh ? refresh : 20000;
}

static void plan_cycle(struct collector *collector)
{
    collector->cycle_at = next_cycle(&collector->connection.clock, mono_now(),
                                     interval_ms(collector), collector->options.lag_ms);
}

static void tell_raw(struct collector *collector)
{
    const struct counter_map *map = &collector->connection.map;
    const char *name = log_quote(collector->options.name);
    if (map->nraw)
        log_event(LOG_INFO, "collect", "raw_counters", "vcenter=%s asked=%zu", name, map->nraw);
    if (map->raw_left && !collector->raw_told)
        log_event(LOG_WARN, "collect", "raw_counters_left_out",
                  "vcenter=%s asked=%zu left_out=%zu reason=\"only so many are asked; say "
                  "narrower patterns (collect.raw)\"",
                  name, map->nraw, map->raw_left);
    collector->raw_told = map->raw_left != 0;
}

static void go_up(struct collector *collector)
{
    const struct vim_about *about = vim_session_about(collector->client);
    const struct connection *connection = &collector->connection;
    size_t asked, lost;
    counter_map_count(&connection->map, connection->groups, &asked, &lost);
    collector->state = CONNECTED;
    collector->reread_at = mono_after(mono_now(), collector->options.reread_ms);
    collector->cycle_at = mono_now(); /* what is due since the marks, at once */
    metric_add(collector->options.figures, METRIC_LOGINS, 1);
    tell_clock(collector);
    tell_inventory(collector);
    tell_raw(collector);
    log_event(LOG_INFO, "collect", "connected",
              "vcenter=%s product=%s api=%s instance_uuid=%s vms=%zu hosts=%zu counters=%zu/%zu",
              log_quote(collector->options.name), log_quote(about->full_name), about->api_version,
              about->instance_uuid, collector->targets.count[ENTITY_VM],
              collector->targets.count[ENTITY_HOST], asked - lost, asked);
    if (vim_inventory_guestinfo_unsupported(connection->inventory))
        log_event(
            LOG_WARN, "collect", "guestinfo_not_readable",
            "vcenter=%s message=\"the server does not say guestinfo.vstrata alone; layer A is "
            "known from counters only\"",
            log_quote(collector->options.name));
}

static enum vim_code follow_inventory(struct collector *collector, bool first,
                                      struct vim_error *err)
{
    const struct targets_news news = {.inventory = collector->connection.inventory,
                                      .clock = &collector->connection.clock,
                                      .first = first,
                                      .guests_only = collector->news == NEWS_OF_GUESTS && !first};
    if (targets_sync(&collector->targets, &news) < 0)
        return vim_fail(err, VIM_NOMEM, "out of memory for the inventory");
    collector->news = NEWS_NONE;
    collector->follow_at = mono_after(mono_now(), FOLLOW_MS);
    tell_inventory(collector);
    return VIM_OK;
}

static enum vim_code connect(struct collector *collector, struct vim_error *err)
{
    enum vim_code code =
        connection_open(&collector->connection, collector->client, &collector->options.parts, err);
    if (code != VIM_OK)
        return code;
    const struct vim_about *about = vim_session_about(collector->client);
    if (targets_identify(&collector->targets, about->instance_uuid) < 0)
        code = vim_fail(err, VIM_NOMEM, "out of memory");
    else
        code = follow_inventory(collector, true, err);
    if (code != VIM_OK)
        connection_close(&collector->connection);
    return code;
}

/* ---- a cycle ---- */

static const struct target *some_on(const struct targets *targets)
{
    const struct target *target = targets_some_on(targets, ENTITY_VM);
    return target ? target : targets_some_on(targets, ENTITY_HOST);
}

/* Leaves collector->cycle NULL when there is nobody to ask. */
static enum vim_code begin_cycle(struct collector *collector, int newest_only,
                                 struct vim_error *err)
{
    struct connection *connection = &collector->connection;
    const struct collector_options *options = &collector->options;
    enum vim_code code = VIM_OK;
    if (collector->news != NEWS_NONE)
        code = follow_inventory(collector, false, err);
    const struct target *any = some_on(&collector->targets);
    if (code == VIM_OK && any && !connection->refresh_s)
        code = connection_learn_refresh(connection, any->kind, any->moid, err);
    if (!any || code == VIM_OBJECT_GONE) /* the inventory will hear of it */
        return VIM_OK;
    if (code != VIM_OK)
        return code;
    struct cycle_setup setup = {
        .client = collector->client,
        .metrics_asked = connection->metrics,
        .map = &connection->map,
        .targets = &collector->targets,
        .sink = &options->sink,
        .figures = options->figures,
        .left_out = &collector->left_out,
        .clock = connection->clock,
        .refresh_s = connection->refresh_s,
        .batch_entities = options->batch_entities,
        .batches_at_once = options->batches_at_once,
        .lookback_ms = options->first_lookback_ms,
        .newest_only = newest_only,
    };
    collector->cycle = cycle_new(&setup);
    return collector->cycle ? VIM_OK : vim_fail(err, VIM_NOMEM, "out of memory for a cycle");
}

/* A row on how good the collection was. Without it nothing is lost but this row. */
static void tell_quality(struct collector *collector, const struct cycle_outcome *outcome)
{
    const struct sample_sink *sink = &collector->options.sink;
    struct cycle_quality quality = outcome->quality;
    quality.entity = &collector->targets.self;
    quality.interval_s = (int32_t)(interval_ms(collector) / 1000);
    quality_stamp(&collector->quality, outcome->newest, &collector->connection.clock, &quality);
    if (sink->quality && sink->quality(sink->ctx, &quality) < 0)
        complain(&collector->telling, LOG_ERROR, "collect", "quality_not_kept", "vcenter=%s",
                 log_quote(collector->options.name));
    else
        complain_over(&collector->telling, "collect", "quality_kept_again", "vcenter=%s",
                      log_quote(collector->options.name));
}

static void tell_cycle(struct collector *collector, const struct cycle_outcome *outcome)
{
    struct metric_set *figures = collector->options.figures;
    const struct server_clock *clock = &collector->connection.clock;
    const char *name = collector->options.name;
    metric_put(figures, METRIC_CYCLE_SECONDS, outcome->duration_ms);
    if (outcome->newest.ms) {
        int64_t age = server_at(clock, mono_now()).ms - outcome->newest.ms;
        metric_put(figures, METRIC_LAG_SECONDS, age);
        collector->clock_astray = age < -CLOCK_SLACK_MS;
    }
    if (outcome->sink_failed)
        complain(&collector->handing_down, LOG_ERROR, "collect", "not_kept",
                 "vcenter=%s message=\"rows could not be kept; they are asked for again\"",
                 log_quote(name));
    else
        complain_over(&collector->handing_down, "collect", "kept_again", "vcenter=%s",
                      log_quote(name));
    if (outcome->failures)
        complain(&collector->collecting, LOG_WARN, "collect", "queries_failed",
                 "vcenter=%s failed=%zu of=%zu reason=%s message=%s", log_quote(name),
                 outcome->failures, outcome->calls, vim_code_name(outcome->error.code),
                 log_quote(outcome->error.message));
    else
        complain_over(&collector->collecting, "collect", "queries_work", "vcenter=%s",
                      log_quote(name));
    if (!cycle_sum(outcome->left_out))
        complain_over(&collector->left_out, "collect", "no_vm_left_out", "vcenter=%s",
                      log_quote(name));
    log_event(LOG_DEBUG, "collect", "cycle",
              "vcenter=%s asked=%zu answered=%zu calls=%zu failures=%zu duration_ms=%lld",
              log_quote(name), cycle_sum(outcome->asked), cycle_sum(outcome->answered),
              outcome->calls, outcome->failures, (long long)outcome->duration_ms);
}

/* A login proves little; a collection proves that the vCenter works. */
static void works(struct collector *collector)
{
    collector->failures = 0;
    complain_over(&collector->connecting, "collect", "vcenter_back", "vcenter=%s",
                  log_quote(collector->options.name));
    metric_put(collector->options.figures, METRIC_UP, 1);
    metric_add(collector->options.figures, METRIC_CYCLES, 1);
    plan_cycle(collector);
}

/* VIM_OK unless the connection is of no more use. */
static enum vim_code end_cycle(struct collector *collector, struct vim_error *err)
{
    struct cycle_outcome outcome;
    cycle_outcome(collector->cycle, &outcome);
    cycle_free(collector->cycle);
    collector->cycle = NULL;
    tell_cycle(collector, &outcome);
    if (outcome.session_lost || (outcome.failures && !cycle_sum(outcome.answered))) {
        *err = outcome.error;
        return err->code;
    }
    tell_quality(collector, &outcome);
    works(collector);
    return VIM_OK;
}

static enum vim_code move_cycle(struct collector *collector, struct vim_error *err)
{
    if (!collector->cycle) {
        if (mono_between(mono_now(), collector->cycle_at) > 0)
            return VIM_OK;
        enum vim_code code = begin_cycle(collector, 0, err);
        if (code != VIM_OK)
            return code;
        if (!collector->cycle) { /* nobody to ask is a good cycle, too */
            tell_quality(collector, &(struct cycle_outcome){0});
            works(collector);
            return VIM_OK;
        }
    }
    return cycle_move(collector->cycle) ? end_cycle(collector, err) : VIM_OK;
}

/* ---- the inventory ---- */

static void note_changes(struct collector *collector, const struct vim_changes *changes)
{
    if (changes->entered + changes->modified + changes->left)
        collector->news = NEWS;
    else if (changes->guest && collector->news == NEWS_NONE)
        collector->news = NEWS_OF_GUESTS;
}

static enum vim_code reread(struct collector *collector, struct vim_error *err)
{
    struct vim_changes missed = {0};
    enum vim_code code = vim_inventory_reread(collector->connection.inventory, &missed, err);
    size_t n = missed.entered + missed.modified + missed.left;
    metric_add(collector->options.figures, METRIC_INVENTORY_MISSED, (int64_t)n);
    note_changes(collector, &missed);
    collector->reread_at = mono_after(mono_now(), collector->options.reread_ms);
    return code;
}

/* Changes are followed at once, but soon after others they wait a little: with many VMs there is
 * always one that says something. A collection never begins without them. */
static enum vim_code move_inventory(struct collector *collector, struct vim_error *err)
{
    struct vim_inventory *inventory = collector->connection.inventory;
    struct vim_changes changes = {0};
    enum vim_code code = vim_inventory_apply(inventory, &changes, err);
    note_changes(collector, &changes);
    if (code == VIM_OK && mono_between(mono_now(), collector->reread_at) <= 0)
        code = reread(collector, err);
    if (code == VIM_OK && collector->news != NEWS_NONE &&
        mono_between(mono_now(), collector->follow_at) <= 0)
        code = follow_inventory(collector, false, err);
    if (code == VIM_OK)
        code = vim_inventory_listen(inventory, POLL_S, err);
    return code;
}

/* Between collections. A failure is told where it happens, and ends no connection but for a session
 * that is lost. */
static enum vim_code move_snapshots(struct collector *collector, struct vim_error *err)
{
    bool more;
    if (collector->cycle || mono_between(mono_now(), collector->cycle_at) <= 0)
        return VIM_OK;
    enum vim_code code =
        snapshots_move(&collector->snapshots, &collector->targets, collector->client, &more, err);
    return code == VIM_NOT_AUTHENTICATED ? code : VIM_OK;
}

/* ---- the thread ---- */

static int run_ms(const struct collector *collector)
{
    struct mono_time until = collector->state == DOWN ? collector->retry_at : collector->cycle_at;
    int64_t wait = collector->cycle ? RUN_MS : mono_between(mono_now(), until);
    if (wait > RUN_MS)
        wait = RUN_MS;
    return wait < 0 ? 0 : (int)wait;
}

static enum vim_code follow_clock(struct collector *collector, struct vim_error *err)
{
    int64_t age = mono_between(collector->connection.clock_read, mono_now());
    if (age < CLOCK_EVERY_MS && !collector->clock_astray)
        return VIM_OK;
    collector->clock_astray = false;
    enum vim_code code = connection_read_clock(&collector->connection, err);
    if (code == VIM_OK) {
        tell_clock(collector);
        bool ahead = mono_between(mono_now(), collector->cycle_at) > 0;
        if (!collector->cycle && ahead) /* one that is due is not put off */
            plan_cycle(collector);
    }
    return code;
}

static enum vim_code step(struct collector *collector, struct vim_error *err)
{
    if (collector->state == DOWN) {
        if (mono_between(mono_now(), collector->retry_at) > 0)
            return vim_client_run(collector->client, run_ms(collector), err);
        enum vim_code code = connect(collector, err);
        if (code == VIM_OK)
            go_up(collector);
        return code;
    }
    enum vim_code code = move_inventory(collector, err);
    if (code == VIM_OK)
        code = move_cycle(collector, err);
    if (code == VIM_OK)
        code = move_snapshots(collector, err);
    if (code == VIM_OK)
        code = vim_client_run(collector->client, run_ms(collector), err);
    return code == VIM_OK ? follow_clock(collector, err) : code;
}

static void leave(struct collector *collector)
{
    struct vim_error ignored;
    cycle_free(collector->cycle);
    collector->cycle = NULL;
    if (collector->state == CONNECTED)
        connection_close(&collector->connection);
    collector->state = DOWN;
    if (vim_session_state(collector->client) == VIM_SESSION_OPEN)
        vim_session_logout(collector->client, &ignored);
    metric_put(collector->options.figures, METRIC_UP, 0);
}

static void *run(void *arg)
{
    struct collector *collector = arg;
    while (!collector->stop) {
        struct vim_error err = {0};
        if (step(collector, &err) != VIM_OK)
            go_down(collector, &err);
        count_transfers(collector);
    }
    leave(collector);
    return NULL;
}

int collector_start(struct collector *collector)
{
    if (pthread_create(&collector->thread, NULL, run, collector) != 0)
        return -1;
    collector->threaded = true;
    return 0;
}

void collector_stop(struct collector *collector)
{
    collector->stop = true;
    vim_client_cancel(collector->client, true);
}

void collector_free(struct collector *collector)
{
    if (!collector)
        return;
    if (collector->threaded)
        pthread_join(collector->thread, NULL);
    targets_free(&collector->targets);
    vim_client_free(collector->client);
    free(collector);
}

/* ---- once ---- */

static enum vim_code collect_newest(struct collector *collector, int samples,
                                    struct collector_once *ret, struct vim_error *err)
{
    enum vim_code code = begin_cycle(collector, samples, err);
    while (code == VIM_OK && collector->cycle && !cycle_move(collector->cycle))
        code = vim_client_run(collector->client, RUN_ONCE_MS, err);
    if (code != VIM_OK || !collector->cycle)
        return code;
    struct cycle_outcome outcome;
    cycle_outcome(collector->cycle, &outcome);
    ret->asked = cycle_sum(outcome.asked);
    ret->answered = cycle_sum(outcome.answered);
    if (outcome.sink_failed)
        return vim_fail(err, VIM_NOMEM, "the rows could not be kept");
    if (outcome.failures) {
        *err = outcome.error;
        return err->code;
    }
    return VIM_OK;
}

/* What the thread reads bit by bit. */
static void read_snapshots(struct collector *collector)
{
    bool more = true;
    struct vim_error ignored; /* it has been told */
    while (more && snapshots_move(&collector->snapshots, &collector->targets, collector->client,
                                  &more, &ignored) == VIM_OK)
        ;
}

enum vim_code collector_collect_once(struct collector *collector, int samples,
                                     struct collector_once *ret, struct vim_error *err)
{
    struct collector_once once = {0};
    enum vim_code code = connect(collector, err);
    if (code == VIM_OK) {
        collector->state = CONNECTED;
        once.vms = collector->targets.count[ENTITY_VM];
        read_snapshots(collector);
        code = collect_newest(collector, samples, &once, err);
    }
    count_transfers(collector);
    leave(collector);
    if (code == VIM_OK)
        *ret = once;
    return code;
}
