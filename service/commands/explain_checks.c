/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The identities with their numbers, and the rules with their last scores. Whether an identity
 * holds is the model's word; the numbers are those of the server.
 */
#include <stdlib.h>
#include <string.h>

#include "base/caps.h"
#include "commands/explain.h"

enum { TERMS = 4, KB = 1024 };

/* The left side is a sum of counters; the right side a counter, the interval, the memory, or the
 * sum over vCPUs of the same counter. */
static const struct check {
    enum identity identity;
    enum { OF_INTERVAL, OF_COUNTER, OF_MEMORY, OF_VCPUS } right;
    size_t n;
    enum counter left[TERMS];
    enum counter counter;
} checks[] = {
    {IDENTITY_I1, OF_INTERVAL, 4, {CPU_RUN, CPU_READY, CPU_COSTOP, CPU_WAIT}, 0},
    {IDENTITY_I2, OF_VCPUS, 1, {CPU_RUN}, CPU_RUN},
    {IDENTITY_I2, OF_VCPUS, 1, {CPU_READY}, CPU_READY},
    {IDENTITY_I2, OF_VCPUS, 1, {CPU_COSTOP}, CPU_COSTOP},
    {IDENTITY_I2, OF_VCPUS, 1, {CPU_WAIT}, CPU_WAIT},
    {IDENTITY_I3, OF_COUNTER, 2, {CPU_IDLE, CPU_SWAPWAIT}, CPU_WAIT},
    {IDENTITY_I4, OF_COUNTER, 1, {CPU_MAXLIMITED}, CPU_READY},
    {IDENTITY_I5, OF_COUNTER, 1, {CPU_OVERLAP}, CPU_RUN},
    {IDENTITY_I16, OF_MEMORY, 4, {MEM_GRANTED, MEM_VMMEMCTL, MEM_SWAPPED, MEM_COMPRESSED}, 0},
};

static int by_number(const void *a, const void *b)
{
    return strverscmp(*(const char *const *)a, *(const char *const *)b);
}

/* The vCPUs that ran. */
static size_t vcpus(const struct explained *e, const char *names[CAP_VCPUS])
{
    size_t n = 0;
    uint16_t number;
    for (size_t i = 0; i < e->block->nseries && n < CAP_VCPUS; i++) {
        const struct sample_series *series = &e->block->series[i];
        if (series->counter == CPU_RUN && instance_read(INSTANCE_VCPU, series->instance, &number) &&
            series->values[e->t] >= 0)
            names[n++] = series->instance;
    }
    if (n)
        qsort(names, n, sizeof *names, by_number);
    return n;
}

/* False if a term is missing. */
static bool left_of(const struct explained *e, const struct check *check, const char *instance,
                    int64_t *ret)
{
    *ret = 0;
    for (size_t i = 0; i < check->n; i++) {
        int64_t value = explain_raw(e, check->left[i], instance);
        if (value < 0 || __builtin_add_overflow(*ret, value, ret))
            return false;
    }
    return true;
}

static bool sum_of_vcpus(const struct explained *e, enum counter counter, int64_t *ret)
{
    const char *names[CAP_VCPUS];
    const size_t n = vcpus(e, names);
    *ret = 0;
    for (size_t i = 0; i < n; i++) {
        int64_t value = explain_raw(e, counter, names[i]);
        if (value < 0 || __builtin_add_overflow(*ret, value, ret))
            return false;
    }
    return n > 0;
}

static bool right_of(const struct explained *e, const struct check *check, const char *instance,
                     int64_t *ret)
{
    const char *names[CAP_VCPUS];
    const int64_t interval = (int64_t)e->block->intervals[e->t] * 1000;
    switch (check->right) {
    case OF_INTERVAL:
        *ret = *instance ? interval : interval * (int64_t)vcpus(e, names);
        return *ret > 0;
    case OF_MEMORY:
        *ret = e->block->memory_bytes / KB;
        return *ret > 0;
    case OF_VCPUS:
        return sum_of_vcpus(e, check->counter, ret);
    case OF_COUNTER:
        break;
    }
    *ret = explain_raw(e, check->counter, instance);
    return *ret >= 0;
}

/* "VM 40000 against 40000, vCPU 0 20001 against 20000, ..." in the identity's unit. */
static bool numbers(struct buf *out, const struct explained *e, const struct check *check)
{
    const char *names[CAP_VCPUS];
    size_t n = vcpus(e, names), shown = 0;
    int64_t left, right;
    bool some = left_of(e, check, "", &left) && right_of(e, check, "", &right);
    if (some)
        buf_printf(out, "VM %lld against %lld", (long long)left, (long long)right);
    if (check->right == OF_MEMORY || check->right == OF_VCPUS)
        return some;
    for (size_t i = 0; i < n && shown < EXPLAIN_INSTANCES; i++) {
        if (!left_of(e, check, names[i], &left) || !right_of(e, check, names[i], &right))
            continue;
        buf_printf(out, "%svCPU %s %lld against %lld", some ? ", " : "", names[i], (long long)left,
                   (long long)right);
        some = true;
        shown++;
    }
    if (n > shown && some)
        buf_printf(out, ", and %zu more", n - shown);
    return some;
}

/* ": holds", or where it does not, as the model found. */
static void judgement(struct buf *out, const struct explained *e, enum identity identity)
{
    const char *comma = ": DOES NOT HOLD for ";
    size_t shown = 0;
    for (size_t i = 0; i < e->ntold && shown < EXPLAIN_INSTANCES; i++) {
        if (e->told[i].identity != identity)
            continue;
        buf_str(out, comma);
        if (e->told[i].vcpu < 0)
            buf_str(out, "the VM");
        else
            buf_printf(out, "vCPU %d", e->told[i].vcpu);
        buf_printf(out, " (%lld against %lld)", (long long)e->told[i].got,
                   (long long)e->told[i].want);
        comma = ", ";
        shown++;
    }
    if (!shown)
        buf_str(out, ": holds");
}

void explain_identities(struct buf *out, const struct explained *e)
{
    struct buf line;
    buf_init(&line, CAP_QUERY_TEXT);
    buf_str(out, "\nIDENTITIES, by what the server sent\n");
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        const struct check *check = &checks[i];
        buf_clear(&line);
        buf_str(&line, identity_text(check->identity));
        if (check->right == OF_VCPUS)
            buf_printf(&line, ", %s", counter_info(check->counter)->name);
        buf_str(&line, ": ");
        if (numbers(&line, e, check)) {
            buf_printf(&line, " %s", identity_unit(check->identity));
            judgement(&line, e, check->identity);
        } else {
            buf_str(&line, "cannot be checked, a number is missing");
        }
        if (buf_ok(&line))
            explain_wrap(out, 2, 6, line.data);
    }
    buf_free(&line);
}

/* ---- rules ---- */

static void write_score(struct buf *out, uint8_t score)
{
    if (score == SCORE_UNKNOWN)
        buf_printf(out, " %4s", "?");
    else
        buf_printf(out, " %4.2f", (double)score / SCORE_FULL);
}

static void write_range(struct buf *out, enum measure measure, const struct verdict_range *range)
{
    if (range->off) {
        buf_str(out, "off");
        return;
    }
    verdict_value_write(out, measure, range->from);
    buf_str(out, " to ");
    verdict_value_write(out, measure, range->full);
}

static void cell(struct buf *out, struct buf *text, int width)
{
    buf_printf(out, " %*s", width, buf_ok(text) && text->data ? text->data : "");
    buf_clear(text);
}

/* cpu.ready                    12.3 %         5 % to 20 %   0.49 0.50 0.47 0.49 0.51 */
static void write_rule(struct buf *out, const struct explained *e, enum verdict_rule rule,
                       const struct verdict_input *input)
{
    const struct verdict_rule_info *info = verdict_rule(rule);
    const struct verdict_range *range = &e->options->ranges[rule];
    const struct verdict_reading reading = verdict_read(rule, range, input);
    uint8_t scores[VERDICT_INTERVALS_MAX];
    const size_t n = verdict_history(e->verdict, e->block->entity, rule, scores);
    struct buf text;
    buf_init(&text, CAP_NAME);
    buf_printf(out, "  %c %-24s", layer_letter(info->layer), info->name);
    if (reading.known && reading.value > 1e15)
        buf_str(&text, "endless");
    else if (reading.known)
        verdict_value_write(&text, info->measure, reading.value);
    else
        buf_str(&text, "not known");
    cell(out, &text, 11);
    write_range(&text, info->measure, range);
    cell(out, &text, 24);
    buf_char(out, ' ');
    for (size_t i = 0; i < n && !range->off; i++)
        write_score(out, scores[i]);
    buf_char(out, '\n');
    buf_free(&text);
    if (reading.score > 0 && reading.score != SCORE_UNKNOWN)
        explain_wrap(out, 6, 6, info->source);
}

void explain_rules(struct buf *out, const struct explained *e)
{
    struct verdict_input input;
    verdict_input(e->rows, e->row, &input);
    buf_printf(out,
               "\nRULES, each with its value, its range, and its scores from the newest interval "
               "back; a score counts\nthat %lld of %lld intervals reach\n",
               (long long)e->options->needed, (long long)e->options->intervals);
    for (enum verdict_rule rule = 0; rule < RULE_COUNT; rule++)
        write_rule(out, e, rule, &input);
}
