/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * /api/v1/vms/{vcenter}/{moid}/explain: how the newest row came to be, of what is stored alone.
 *     "verdict": {"code": 4, "score": 0.49, "resource": "cpu", "layer": "unmet", "for": 260,
 *                 "words": ["CPU unmet (D) hurts, ...", "Not known: ..."]},
 *     "scores": {"cpu": {"queue": null, "usage": 0, "overhead": 0, "unmet": 0.49}, "mem": ...},
 *     "rules": [{"rule": "cpu.ready", "quantity": "cpu.ready", "form": "worst", "value": 0.123,
 *                "score": 0.49, "from": 0.05, "full": 0.2, "words": ..., "source": ...}, ...],
 *     "status": {"cpu": {"queue": {"status": "unavailable", "reason": ...}, ...}, ...},
 *     "quantities": [{"name": "cpu.unmet", "value": 0.15, "worst": 0.2, "formula": ...,
 *                     "terms": {"cpu.unmet_sched": 0.14, "cpu.unmet_wait": 0.01},
 *                     "counters": []}, ...]
 * The score of a rule is that of this interval, the score of a layer what lasted; null is not
 * known.
 */
#include <math.h>
#include <string.h>

#include "base/caps.h"
#include "layers/formula.h"
#include "web/answer.h"
#include "web/server.h"

struct explained {
    struct buf *out;
    const struct row_batch *rows;
    const struct layer_row *row;
    const struct verdict_options *options;
    struct verdict_input input;
};

static bool total(const struct explained *e, enum quantity quantity, int64_t *ret)
{
    *ret = e->input.ticks[FORM_TOTAL][quantity];
    return e->input.known[FORM_TOTAL][quantity];
}

/* The exact decimal, or null. */
static void put_total(const struct explained *e, const char *name, enum quantity quantity)
{
    int64_t ticks;
    if (!total(e, quantity, &ticks)) {
        answer_null(e->out, name);
        return;
    }
    answer_name(e->out, name);
    quantity_write(e->out, quantity_info(quantity), ticks);
}

/* ---- the verdict ---- */

static void put_words(const struct explained *e)
{
    struct buf text;
    buf_init(&text, CAP_PAGE_BYTES);
    verdict_words(&text, e->rows, e->row, e->options);
    answer_open(e->out, "words", '[');
    for (char *line = buf_ok(&text) ? text.data : NULL; line && *line;) {
        char *end = line + strcspn(line, "\n");
        bool last = !*end;
        *end = '\0';
        answer_text(e->out, NULL, line);
        line = end + !last;
    }
    answer_close(e->out, ']');
    buf_free(&text);
}

static void put_verdict(const struct explained *e)
{
    int64_t code;
    answer_open(e->out, "verdict", '{');
    put_total(e, "code", Q_ALL_VERDICT_CODE);
    put_total(e, "score", Q_ALL_VERDICT_SCORE);
    if (total(e, Q_ALL_VERDICT_CODE, &code) && code > CODE_NOTHING && code <= VERDICT_PLACES) {
        const int place = (int)code - 1;
        answer_text(e->out, "resource",
                    verdict_resource_name((enum verdict_resource)(place / VERDICT_LAYERS)));
        answer_text(e->out, "layer",
                    layer_name((enum layer)(LAYER_QUEUE + place % VERDICT_LAYERS)));
    }
    put_total(e, "for", Q_ALL_VERDICT_FOR);
    put_words(e);
    answer_close(e->out, '}');
}

static void put_scores(const struct explained *e)
{
    answer_open(e->out, "scores", '{');
    for (int place = 0; place < VERDICT_PLACES; place++) {
        const int layer = place % VERDICT_LAYERS;
        if (layer == 0)
            answer_open(e->out,
                        verdict_resource_name((enum verdict_resource)(place / VERDICT_LAYERS)),
                        '{');
        put_total(e, layer_name((enum layer)(LAYER_QUEUE + layer)), verdict_score_quantity(place));
        if (layer == VERDICT_LAYERS - 1)
            answer_close(e->out, '}');
    }
    answer_close(e->out, '}');
}

static void put_rule(const struct explained *e, enum verdict_rule rule)
{
    const struct verdict_rule_info *info = verdict_rule(rule);
    const struct verdict_range *range = &e->options->ranges[rule];
    const struct verdict_reading reading = verdict_read(rule, range, &e->input);
    answer_open(e->out, NULL, '{');
    answer_text(e->out, "rule", info->name);
    answer_text(e->out, "resource", verdict_resource_name(info->resource));
    answer_text(e->out, "layer", layer_name(info->layer));
    answer_text(e->out, "quantity", quantity_info(info->quantity)->name);
    answer_text(e->out, "form", form_name(quantity_info(info->quantity), info->form));
    if (info->per != Q_NONE)
        answer_text(e->out, "per", quantity_info(info->per)->name);
    answer_bool(e->out, "off", range->off);
    answer_real(e->out, "from", range->from);
    answer_real(e->out, "full", range->full);
    answer_real(e->out, "value", reading.known ? reading.value : HUGE_VAL);
    answer_real(e->out, "score",
                reading.score == SCORE_UNKNOWN ? HUGE_VAL : (double)reading.score / SCORE_FULL);
    if (reading.known && reading.score > 0 && reading.score != SCORE_UNKNOWN) {
        struct buf words;
        buf_init(&words, CAP_QUERY_TEXT);
        verdict_rule_words(&words, rule, range, reading.value);
        answer_text(e->out, "words", buf_ok(&words) ? words.data : "");
        buf_free(&words);
    }
    answer_text(e->out, "source", info->source);
    answer_close(e->out, '}');
}

/* ---- layers and quantities ---- */

static void put_statuses(const struct explained *e)
{
    answer_open(e->out, "status", '{');
    for (int place = 0; place < VERDICT_PLACES; place++) {
        const int layer = place % VERDICT_LAYERS;
        int64_t code;
        if (layer == 0)
            answer_open(e->out,
                        verdict_resource_name((enum verdict_resource)(place / VERDICT_LAYERS)),
                        '{');
        if (total(e, verdict_status_quantity(place), &code)) {
            const struct reason_info *reason = reason_info(code);
            answer_open(e->out, layer_name((enum layer)(LAYER_QUEUE + layer)), '{');
            answer_text(e->out, "status", status_name(reason->status));
            answer_text(e->out, "reason", reason->text);
            answer_close(e->out, '}');
        }
        if (layer == VERDICT_LAYERS - 1)
            answer_close(e->out, '}');
    }
    answer_close(e->out, '}');
}

/* What the formula is made of, with the numbers that this row has. */
static void put_formula(const struct explained *e, const struct quantity_info *info)
{
    struct formula formula;
    formula_read(info, &formula);
    answer_text(e->out, "formula", info->formula);
    answer_open(e->out, "terms", '{');
    for (size_t i = 0; i < formula.nquantities; i++)
        put_total(e, quantity_info(formula.quantities[i])->name, formula.quantities[i]);
    answer_close(e->out, '}');
    answer_open(e->out, "counters", '[');
    for (size_t i = 0; i < formula.ncounters; i++)
        answer_text(e->out, NULL, counter_info(formula.counters[i])->name);
    answer_close(e->out, ']');
}

/* The instances of a quantity, which are neighbours in a row, from `at` on. */
static void put_instances(const struct explained *e, const struct quantity_info *info, uint32_t at)
{
    const struct layer_value *values = e->rows->values + e->row->first;
    const enum instance_kind kind = quantity_instances(info);
    struct buf key;
    buf_init(&key, CAP_NAME);
    answer_open(e->out, instance_word(kind), '{');
    for (;
         at < e->row->count && values[at].quantity == info->id && values[at].form == FORM_INSTANCE;
         at++) {
        buf_clear(&key);
        instance_write(&key, kind, values[at].instance, e->row->entity);
        answer_name(e->out, buf_ok(&key) ? key.data : "");
        quantity_write(e->out, info, values[at].ticks);
    }
    answer_close(e->out, '}');
    buf_free(&key);
}

static void put_quantity(const struct explained *e, const struct quantity_info *info,
                         const uint32_t *first)
{
    const struct layer_value *values = e->rows->values + e->row->first;
    answer_open(e->out, NULL, '{');
    answer_text(e->out, "name", info->name);
    answer_text(e->out, "title", info->title);
    answer_text(e->out, "layer", layer_name(info->layer));
    answer_text(e->out, "kind", kind_name(info->kind));
    answer_text(e->out, "unit", unit_name(info->unit));
    for (enum form form = FORM_TOTAL; form < FORM_COUNT; form++) {
        if (!first[form])
            continue;
        if (form == FORM_INSTANCE) {
            put_instances(e, info, first[form] - 1);
            continue;
        }
        answer_name(e->out, form == FORM_TOTAL ? "value" : form_name(info, form));
        quantity_write(e->out, info, values[first[form] - 1].ticks);
    }
    put_formula(e, info);
    answer_close(e->out, '}');
}

/* Every quantity that the row has, in catalogue order, once with all its forms. */
static void put_quantities(const struct explained *e)
{
    uint32_t first[QUANTITY_END][FORM_COUNT] = {{0}}; /* index + 1 of the first of a form */
    for (uint32_t i = 0; i < e->row->count; i++) {
        const struct layer_value *value = &e->rows->values[e->row->first + i];
        if (value->quantity < QUANTITY_END && value->form < FORM_COUNT &&
            !first[value->quantity][value->form])
            first[value->quantity][value->form] = i + 1;
    }
    answer_open(e->out, "quantities", '[');
    for (size_t i = 0; i < quantity_count(); i++) {
        const struct quantity_info *info = quantity_at(i);
        bool some = false;
        for (enum form form = FORM_TOTAL; form < FORM_COUNT; form++)
            some |= first[info->id][form] != 0;
        if (some && info->kind != KIND_STATUS && info->kind != KIND_VERDICT)
            put_quantity(e, info, first[info->id]);
    }
    answer_close(e->out, ']');
}

static void put_entity(const struct explained *e)
{
    char iso[ISO_TEXT];
    for (int i = 0; i < LABEL_TAGS; i++)
        answer_text(e->out, i == LABEL_VM ? "name" : entity_label_name((enum entity_label)i),
                    e->row->entity->label[i]);
    answer_text(e->out, "time", clock_iso(e->row->time, iso));
    answer_int(e->out, "interval", e->row->interval_s);
}

void api_explain(const struct request *request, const char *vcenter, const char *moid,
                 struct reply *reply)
{
    struct row_batch rows;
    if (!web_row(request->web, vcenter, moid, &rows, reply))
        return;
    struct explained e = {
        .out = &reply->body, .rows = &rows, .row = rows.rows, .options = &request->web->verdict};
    verdict_input(&rows, rows.rows, &e.input);
    answer_open(e.out, NULL, '{');
    put_entity(&e);
    put_verdict(&e);
    put_scores(&e);
    answer_open(e.out, "rules", '[');
    for (enum verdict_rule rule = 0; rule < RULE_COUNT; rule++)
        put_rule(&e, rule);
    answer_close(e.out, ']');
    put_statuses(&e);
    put_quantities(&e);
    answer_close(e.out, '}');
    row_batch_free(&rows);
}
