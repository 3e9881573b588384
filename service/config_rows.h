/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What the files of rows write them with.
 */
#ifndef SERVICE_CONFIG_ROWS_H
#define SERVICE_CONFIG_ROWS_H

#include "config.h"
#include "config_table.h"

#define MS INT64_C(1)
#define SECOND (1000 * MS)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define KIB (INT64_C(1) << 10)
#define MIB (INT64_C(1) << 20)

/* The four ways to a secret; value_ NULL = one of them is needed. */
#define SECRET(section_, only_, key_, value_, offset_, what_, file_, env_, credential_)            \
    {.section = (section_),                                                                        \
     .only = (only_),                                                                              \
     .key = (key_),                                                                                \
     .type = CONFIG_SECRET,                                                                        \
     .value = (value_),                                                                            \
     .offset = (offset_),                                                                          \
     .help = what_ " itself. Discouraged: prefer one of the next three."},                         \
        {.section = (section_),                                                                    \
         .only = (only_),                                                                          \
         .key = key_ "_file",                                                                      \
         .type = CONFIG_SECRET_FILE,                                                               \
         .value = "",                                                                              \
         .example = (file_),                                                                       \
         .offset = (offset_),                                                                      \
         .help = what_ " is the content of this file, without one newline at its end. Refused if " \
                       "everybody may read the file."},                                            \
        {.section = (section_),                                                                    \
         .only = (only_),                                                                          \
         .key = key_ "_env",                                                                       \
         .type = CONFIG_SECRET_ENV,                                                                \
         .value = "",                                                                              \
         .example = (env_),                                                                        \
         .offset = (offset_),                                                                      \
         .help = what_ " is in this environment variable."},                                       \
    {                                                                                              \
        .section = (section_), .only = (only_), .key = key_ "_credential",                         \
        .type = CONFIG_SECRET_CREDENTIAL, .value = "", .example = (credential_),                   \
        .offset = (offset_),                                                                       \
        .help = what_ " is this systemd credential (LoadCredential=, SetCredentialEncrypted=)."    \
    }

#endif
