/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <stddef.h>
#include <string.h>

#include "stores/embedded.h"
#include "stores/file.h"
#include "stores/graphite.h"
#include "stores/influxdb.h"
#include "stores/kafka.h"
#include "stores/otlp.h"
#include "stores/postgresql.h"
#include "stores/prometheus.h"
#include "stores/store.h"

static const struct store_ops *const drivers[] = {
    &store_embedded,   &store_influxdb, &store_file,  &store_graphite,
    &store_postgresql, &store_otlp,     &store_kafka, &store_prometheus,
};
enum { DRIVERS = sizeof drivers / sizeof *drivers };

const struct store_ops *store_at(unsigned i)
{
    return i < DRIVERS ? drivers[i] : NULL;
}

const struct store_ops *store_find(const char *type)
{
    for (unsigned i = 0; store_at(i); i++)
        if (strcmp(store_at(i)->type, type) == 0)
            return store_at(i);
    return NULL;
}
