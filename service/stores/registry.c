/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <stddef.h>
#include <string.h>

#include "stores/embedded.h"
#include "stores/file.h"
#include "stores/influxdb.h"
#include "stores/store.h"

enum { DRIVERS = 3 };

static const struct store_ops *const drivers[DRIVERS] = {&store_embedded, &store_influxdb,
                                                         &store_file};

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
