/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What stands between us and a vCenter's samples: everything a collector needs is tried once, and
 * said in words. For the command check.
 */
#ifndef COLLECT_SURVEY_H
#define COLLECT_SURVEY_H

#include "collect/collector.h"

enum survey_level { SURVEY_OK, SURVEY_WARNING, SURVEY_FAILURE };

struct survey_listener {
    void *ctx;
    /* One finding: its short name ("login") and one line for a person. */
    void (*finding)(void *ctx, enum survey_level level, const char *what, const char *text);
    /* One counter of the catalogue; id 0 = the server does not offer it. */
    void (*counter)(void *ctx, const struct counter_info *info, int id);
    /* One counter that is wanted as it comes. */
    void (*raw)(void *ctx, const struct raw_info *info, int id);
};

/* Connects, asks, logs out. 0 if nothing failed, otherwise -1. */
int survey_vcenter(const struct collector_options *options, const struct survey_listener *listener);

#endif
