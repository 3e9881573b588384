/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "commands/collecting.h"

#include "formats/schema.h"

static const char *or_null(const char *text)
{
    return text && *text ? text : NULL;
}

/* What is wanted as it comes: by the configuration, and by what the stores are made of. */
static void raw_lists(const struct config *config, const char *lists[RAW_LISTS])
{
    lists[0] = or_null(config->collect.raw);
    for (size_t i = 0; i < config->nstores && i + 1 < RAW_LISTS; i++) {
        const char *name = or_null(config->stores[i].schema);
        const struct schema *schema = name ? schema_find(name) : NULL;
        lists[i + 1] = schema ? or_null(schema->raw) : NULL;
    }
}

void collecting_options(const struct config *config, const struct vcenter_config *vcenter,
                        struct collector_options *ret)
{
    const struct collect_config *collect = &config->collect;
    *ret = (struct collector_options){
        .name = vcenter->name,
        .client =
            {
                .url = vcenter->url,
                .user = vcenter->user,
                .password = vcenter->password,
                .ca_file = or_null(vcenter->ca_file),
                .thumbprint = or_null(vcenter->thumbprint),
                .call_timeout_ms = (int)(collect->call_timeout_s * 1000),
                .user_agent = "vstrata/" VSTRATA_VERSION,
            },
        .interval_ms = collect->interval_ms,
        .lag_ms = collect->lag_ms,
        .first_lookback_ms = collect->first_lookback_s * 1000,
        .reread_ms = collect->reread_s * 1000,
        .snapshot_space_ms = collect->snapshot_space_s * 1000,
        .parts = {.disk = collect->disk,
                  .network = collect->network,
                  .hosts = collect->hosts,
                  .guest = collect->guest,
                  .device_names = collect->device_names},
        .batch_entities = (size_t)collect->batch_entities,
        .batches_at_once = (size_t)collect->batches_at_once,
    };
    raw_lists(config, ret->parts.raw);
}
