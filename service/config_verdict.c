/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The options of the verdict's rules, made of the table of rules: each has its own words, default
 * and reason, which stand there and nowhere else.
 */
#include <pthread.h>
#include <stdio.h>

#include "config.h"
#include "config_table.h"

enum { HELP = 640 };

static struct config_option options[RULE_COUNT];
static char helps[RULE_COUNT][HELP];

/* "Ready takes X of the worst vCPU's time. vSphere practice: ..." */
static void describe(enum verdict_rule rule, char ret[HELP])
{
    struct buf text;
    buf_init(&text, HELP - 1);
    verdict_rule_about(&text, rule);
    buf_printf(&text, " %s", verdict_rule(rule)->source);
    snprintf(ret, HELP, "%s", buf_ok(&text) ? text.data : "");
    buf_free(&text);
}

static void make(void)
{
    for (enum verdict_rule rule = 0; rule < RULE_COUNT; rule++) {
        const struct verdict_rule_info *info = verdict_rule(rule);
        describe(rule, helps[rule]);
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
