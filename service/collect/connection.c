/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "collect/connection.h"

enum { REALTIME_S = 20 /* when a server does not say: PerfProviderSummary's usual refreshRate */ };

static enum vim_code resolve(struct connection *connection, struct vim_error *err)
{
    struct vim_counters *counters = NULL;
    enum vim_code code = vim_counters_load(connection->client, &counters, err);
    if (code != VIM_OK)
        return code;
    counter_map_resolve(&connection->map, counters);
    vim_counters_free(counters);
    if (!connection->map.found)
        return vim_fail(err, VIM_PROTOCOL,
                        "the server offers none of the counters of the CPU model (such as %s)",
                        counter_info(CPU_RUN)->name);
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
                              struct vim_error *err)
{
    *connection = (struct connection){.client = client};
    enum vim_code code = vim_session_login(client, err);
    if (code == VIM_OK)
        code = connection_read_clock(connection, err);
    if (code == VIM_OK)
        code = resolve(connection, err);
    if (code == VIM_OK)
        code = vim_inventory_open(client, &connection->inventory, err);
    if (code != VIM_OK)
        connection_close(connection);
    return code;
}

enum vim_code connection_learn_refresh(struct connection *connection, const char *moid,
                                       struct vim_error *err)
{
    int refresh_s = 0;
    enum vim_code code =
        vim_provider_refresh(connection->client, "VirtualMachine", moid, &refresh_s, err);
    if (code != VIM_OK)
        return code;
    if (refresh_s <= 0)
        refresh_s = REALTIME_S;
    int32_t ids[COUNTER_COUNT];
    size_t n = counter_map_ids(&connection->map, ids);
    code = vim_metric_set_new(ids, n, refresh_s, &connection->metrics, err);
    if (code == VIM_OK)
        connection->refresh_s = refresh_s;
    return code;
}

void connection_close(struct connection *connection)
{
    vim_inventory_close(connection->inventory);
    vim_metric_set_free(connection->metrics);
    *connection = (struct connection){.client = connection->client};
}
