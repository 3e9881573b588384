/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The verdict of a row in words, of what the row holds and nothing else: so a stored row says the
 * same as a fresh one.
 */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "base/caps.h"
#include "layers/verdict.h"

struct story { /* a row being told */
    struct buf *out;
    const struct verdict_options *options;
    struct verdict_input input;
};

static bool total(const struct story *story, enum quantity quantity, int64_t *ret)
{
    *ret = story->input.ticks[FORM_TOTAL][quantity];
    return story->input.known[FORM_TOTAL][quantity];
}

static bool of_place(const struct story *story, enum verdict_rule rule, int place)
{
    const struct verdict_rule_info *info = verdict_rule(rule);
    return (int)info->resource == place / VERDICT_LAYERS &&
           (int)info->layer - LAYER_QUEUE == place % VERDICT_LAYERS &&
           !story->options->ranges[rule].off;
}

/* "4 min 20 s", "2 h 5 min" */
static void duration(struct buf *out, int64_t ms)
{
    const long long s = (long long)(ms / 1000);
    if (s < 60)
        buf_printf(out, "%lld s", s);
    else if (s < 3600)
        buf_printf(out, "%lld min %lld s", s / 60, s % 60);
    else
        buf_printf(out, "%lld h %lld min", s / 3600, s / 60 % 60);
}

static void place_name(struct buf *out, int place)
{
    const enum layer layer = (enum layer)(LAYER_QUEUE + place % VERDICT_LAYERS);
    const char *resource = verdict_resource_title((enum verdict_resource)(place / VERDICT_LAYERS));
    buf_printf(out, "%s %s (%c)", resource, layer_name(layer), layer_letter(layer));
}

void verdict_rule_about(struct buf *out, enum verdict_rule rule)
{
    const char *words = verdict_rule(rule)->words, *at = strstr(words, "{}");
    buf_char(out, (char)(at == words ? 'X' : toupper((unsigned char)words[0])));
    if (at != words)
        buf_printf(out, "%.*sX", (int)(at - words - 1), words + 1);
    buf_printf(out, "%s.", at + 2);
}

void verdict_rule_words(struct buf *out, enum verdict_rule rule, const struct verdict_range *range,
                        double value)
{
    const struct verdict_rule_info *info = verdict_rule(rule);
    const char *at = strstr(info->words, "{}");
    buf_add(out, info->words, (size_t)(at - info->words));
    if (value < HUGE_VAL)
        verdict_value_write(out, info->measure, value);
    else
        buf_str(out, "a multiple");
    buf_str(out, at + 2);
    buf_str(out, " (from ");
    verdict_value_write(out, info->measure, range->from);
    buf_str(out, ", full at ");
    verdict_value_write(out, info->measure, range->full);
    buf_char(out, ')');
}

/* What the rules of a place say of this interval; false if nothing. */
static bool reasons(const struct story *story, int place)
{
    const char *comma = "";
    for (enum verdict_rule rule = 0; rule < RULE_COUNT; rule++) {
        const struct verdict_range *range = &story->options->ranges[rule];
        if (!of_place(story, rule, place))
            continue;
        struct verdict_reading reading = verdict_read(rule, range, &story->input);
        if (!reading.known || reading.score == 0 || reading.score == SCORE_UNKNOWN)
            continue;
        buf_str(story->out, comma);
        verdict_rule_words(story->out, rule, range, reading.value);
        comma = "; ";
    }
    return *comma;
}

static void hurting(const struct story *story, int place, int64_t score, bool worst)
{
    int64_t ms;
    place_name(story->out, place);
    /* Any pain is at least 1 of 100. */
    buf_printf(story->out, " hurts, %lld of 100",
               (long long)((score * 100 + PERCENT_SCALE - 1) / PERCENT_SCALE));
    if (worst && total(story, Q_ALL_VERDICT_FOR, &ms)) {
        buf_str(story->out, ", for ");
        duration(story->out, ms);
    }
    buf_str(story->out, ": ");
    if (!reasons(story, place))
        buf_str(story->out, "in the last intervals, though not in this one");
    buf_str(story->out, ".\n");
}

/* The places that hurt beside the worst, from the largest score down. */
static void others(const struct story *story, int worst)
{
    bool told[VERDICT_PLACES] = {false};
    for (;;) {
        int next = -1;
        int64_t score, most = 0;
        for (int place = 0; place < VERDICT_PLACES; place++)
            if (place != worst && !told[place] &&
                total(story, verdict_score_quantity(place), &score) && score > most) {
                next = place;
                most = score;
            }
        if (next < 0)
            return;
        told[next] = true;
        hurting(story, next, most, false);
    }
}

/* The places that some rule judges, and that have no score. */
static bool find_unknown(const struct story *story, bool ret[VERDICT_PLACES])
{
    bool some = false;
    int64_t ignored;
    for (int place = 0; place < VERDICT_PLACES; place++) {
        bool judged = false;
        for (enum verdict_rule rule = 0; rule < RULE_COUNT; rule++)
            judged |= of_place(story, rule, place);
        ret[place] = judged && !total(story, verdict_score_quantity(place), &ignored);
        some |= ret[place];
    }
    return some;
}

/* "CPU queue (A), in this interval alone: 7 threads wait ...": a pain of which it is not known yet
 * whether it lasts. */
static void perhaps(const struct story *story, const bool unknown[VERDICT_PLACES])
{
    struct buf words;
    struct story aside = *story;
    buf_init(&words, CAP_QUERY_TEXT);
    aside.out = &words;
    for (int place = 0; place < VERDICT_PLACES; place++) {
        buf_clear(&words);
        if (!unknown[place] || !reasons(&aside, place) || !buf_ok(&words))
            continue;
        place_name(story->out, place);
        buf_printf(story->out, ", in this interval alone: %s.\n", words.data);
    }
    buf_free(&words);
}

static const char *why_unknown(const struct story *story, int place, int64_t *ret_code)
{
    *ret_code = REASON_COUNT;
    if (!total(story, verdict_status_quantity(place), ret_code))
        return "no values";
    if (reason_info(*ret_code)->status == STATUS_UNAVAILABLE)
        return reason_info(*ret_code)->text;
    *ret_code = REASON_OK;
    return "too little of the last intervals";
}

/* "Not known: CPU queue (A), memory queue (A): no guest source": places of one reason together. */
static void not_known(const struct story *story, bool unknown[VERDICT_PLACES])
{
    int64_t why, other;
    for (int place = 0; place < VERDICT_PLACES; place++) {
        if (!unknown[place])
            continue;
        const char *text = why_unknown(story, place, &why);
        buf_str(story->out, "Not known: ");
        for (int i = place; i < VERDICT_PLACES; i++) {
            if (!unknown[i] || (why_unknown(story, i, &other), other != why))
                continue;
            buf_str(story->out, i == place ? "" : ", ");
            place_name(story->out, i);
            unknown[i] = false;
        }
        buf_printf(story->out, ": %s.\n", text);
    }
}

void verdict_words(struct buf *out, const struct row_batch *rows, const struct layer_row *row,
                   const struct verdict_options *options)
{
    struct story story = {.out = out, .options = options};
    bool unknown[VERDICT_PLACES];
    int64_t code, score = 0;
    verdict_input(rows, row, &story.input);
    if (!total(&story, Q_ALL_VERDICT_CODE, &code)) {
        buf_str(out, "There is no verdict of this interval.\n");
        return;
    }
    const int worst = code > CODE_NOTHING && code <= VERDICT_PLACES ? (int)code - 1 : -1;
    const bool whole = !find_unknown(&story, unknown);
    if (worst >= 0 && total(&story, verdict_score_quantity(worst), &score))
        hurting(&story, worst, score, true);
    else if (code == CODE_NOTHING)
        buf_str(out, whole ? "Nothing hurts.\n" : "Nothing hurts, as far as is known.\n");
    else
        buf_str(out, "Whether anything hurts is not known.\n");
    others(&story, worst);
    perhaps(&story, unknown);
    not_known(&story, unknown);
}
