/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "formats/schema.h"

#include <string.h>

static const struct schema *const schemas[] = {&schema_vstrata, &schema_telegraf,
                                               &schema_vmware_exporter, &schema_sexigraf};

const struct schema *schema_at(unsigned i)
{
    return i < sizeof schemas / sizeof *schemas ? schemas[i] : NULL;
}

const struct schema *schema_find(const char *name)
{
    for (unsigned i = 0; schema_at(i); i++)
        if (strcmp(schema_at(i)->name, name) == 0)
            return schema_at(i);
    return NULL;
}
