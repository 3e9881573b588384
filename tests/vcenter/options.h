/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The command line.
 */
#ifndef VCENTER_OPTIONS_H
#define VCENTER_OPTIONS_H

#include <netinet/in.h>

#include "world.h"

struct options {
    struct world_options world;
    struct sockaddr_storage address;
    const char *port_file, *user, *password, *self_signed, *cert, *key;
    int max_seconds, max_query_metrics;
};

enum options_result { OPTIONS_OK, OPTIONS_HELP, OPTIONS_BAD };

/* Reads the arguments; says what is wrong with them on standard error, prints the help to standard
 * output. Texts point into argv. */
enum options_result options_read(int argc, char **argv, struct options *ret);

#endif
