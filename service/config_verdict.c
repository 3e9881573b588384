/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The options of the verdict's rules, made of the table of rules: each has its own words, default
 * and reason, which stand there and nowhere else.
 */
#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "config_table.h"

enum { HELP = 640 };

static struct config_option options[RULE_COUNT];
static char helps[RULE_COUNT][HELP];

/* "Ready takes X of the worst vCPU's time. vSphere practice: ..." */
static void describe(const struct verdict_rule_info *info, char ret[HELP])
{
    const char *at = strstr(info->words, "{}");
    snprintf(ret, HELP, "%.*sX%s. %s", (int)(at - info->words), info->words, at + 2, info->source);
    ret[0] = (char)toupper((unsigned char)ret[0]);
}

static void make(void)
{
    for (enum verdict_rule rule = 0; rule < RULE_COUNT; rule++) {
        const struct verdict_rule_info *info = verdict_rule(rule);
        describe(info, helps[rule]);
        options[rule] = (struct config_option){
            .section = SECTION_VERDICT,
            .type = CONFIG_RANGE,
            .key = info->name,
            .value = info->range,
            .offset = offsetof(struct config, verdict.ranges) + rule * sizeof(struct verdict_range),
            .measure = info->measure,
            .allowed = verdict_range_allowed(info->measure),
            .help = helps[rule],
        };
    }
}

const struct config_option *config_rule_option(size_t i)
{
    static pthread_once_t made = PTHREAD_ONCE_INIT;
    pthread_once(&made, make);
    return i < RULE_COUNT ? &options[i] : NULL;
}
