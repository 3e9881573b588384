/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "collect/connection.h"

enum { REALTIME_S = 20 /* when a server does not say: PerfProviderSummary's usual refreshRate */ };

static unsigned groups_of(const struct collect_parts *parts)
{
    unsigned groups = 1u << COUNTER_GROUP_CPU | 1u << COUNTER_GROUP_MEM;
    groups |= (unsigned)parts->disk << COUNTER_GROUP_DISK;
    groups |= (unsigned)parts->network << COUNTER_GROUP_NET;
    groups |= (unsigned)parts->guest << COUNTER_GROUP_GUEST;
    return groups | (unsigned)parts->hosts << COUNTER_GROUP_HOST;
}

static enum vim_code resolve(struct connection *connection, const struct collect_parts *parts,
                             struct vim_error *err)
{
    enum vim_code code = vim_counters_load(connection->client, &connection->counters, err);
    if (code != VIM_OK)
        return code;
    counter_map_resolve(&connection->map, connection->counters);
    if (!connection->map.found)
        return vim_fail(err, VIM_PROTOCOL,
                        "the server offers none of the counters of the CPU model (such as %s)",
                        counter_info(CPU_RUN)->name);
    counter_map_want(&connection->map, connection->counters, parts->raw, connection->groups);
    return VIM_OK;
}

enum vim_code connection_read_clock(struct connection *connection, struct vim_error *err)
{
    struct server_clock clock;
    enum vim_code code =
        vim_session_current_time(connection->client, &clock.server, &clock.here, err);
    if (code != VIM_OK)
        return code;
    connection->clock = clock;
    connection->clock_read = mono_now();
    return VIM_OK;
}

enum vim_code connection_open(struct connection *connection, struct vim_client *client,
                              const struct collect_parts *parts, struct vim_error *err)
{
    const struct vim_inventory_options read = {.devices = parts->device_names,
                                               .guest = parts->guest};
    *connection = (struct connection){.client = client, .groups = groups_of(parts)};
    enum vim_code code = vim_session_login(client, err);
    if (code == VIM_OK)
        code = connection_read_clock(connection, err);
    if (code == VIM_OK)
        code = resolve(connection, parts, err);
    if (code == VIM_OK)
        code = vim_inventory_open(client, &read, &connection->inventory, err);
    if (code != VIM_OK)
        connection_close(connection);
    return code;
}

/* Hosts have their own totals of everything that the model asks of them; their CPUs, LUNs and
 * adapters would be many series that nobody reads, but for those of counters that are wanted as
 * they come. A kind of which nothing is offered gets no set. */
static enum vim_code prepare(struct connection *connection, enum entity_kind kind, int refresh_s,
                             struct vim_error *err)
{
    const struct counter_map *map = &connection->map;
    struct vim_metric_set **set = &connection->metrics[kind];
    int32_t ids[COUNTER_COUNT], raw[CAP_RAW_COUNTERS];
    const bool asked = kind != ENTITY_HOST || connection->groups >> COUNTER_GROUP_HOST & 1;
    const size_t n = counter_map_ids(map, kind, connection->groups, ids);
    const size_t nraw = asked ? counter_map_raw_ids(map, raw) : 0;
    enum vim_code code = VIM_OK;
    if (n)
        code = vim_metric_set_new(ids, n, kind == ENTITY_HOST ? "" : "*", refresh_s, set, err);
    if (code != VIM_OK || !nraw)
        return code;
    return *set ? vim_metric_set_add(*set, raw, nraw, "*", err)
                : vim_metric_set_new(raw, nraw, "*", refresh_s, set, err);
}

static void forget_metrics(struct connection *connection)
{
    for (enum entity_kind kind = 0; kind <= ENTITY_HOST; kind++) {
        vim_metric_set_free(connection->metrics[kind]);
        connection->metrics[kind] = NULL;
    }
}

enum vim_code connection_learn_refresh(struct connection *connection, enum entity_kind kind,
                                       const char *moid, struct vim_error *err)
{
    int refresh_s = 0;
    enum vim_code code =
        vim_provider_refresh(connection->client, target_type(kind), moid, &refresh_s, err);
    if (code == VIM_OK && refresh_s <= 0)
        refresh_s = REALTIME_S;
    for (enum entity_kind k = 0; k <= ENTITY_HOST && code == VIM_OK; k++)
        code = prepare(connection, k, refresh_s, err);
    if (code == VIM_OK)
        connection->refresh_s = refresh_s;
    else
        forget_metrics(connection);
    return code;
}

void connection_close(struct connection *connection)
{
    vim_inventory_close(connection->inventory);
    forget_metrics(connection);
    vim_counters_free(connection->counters);
    *connection = (struct connection){.client = connection->client};
}
