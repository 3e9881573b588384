/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 *   Envelope > Body > QueryPerfResponse > returnval > entity
 *                                                   > sampleInfoCSV                      csv
 *                                                   > sampleInfo > timestamp, interval   normal
 *                                                   > value > id > counterId, instance
 *                                                           > value   a list (csv), or one (normal)
 *
 * Elements are known by their place and local name. What is not in the table is skipped with all
 * it holds, and xsi:type is never looked at, so a derived type of a newer server is read by the
 * elements that it shares with the old one.
 */
#include "perf_private.h"

#include <string.h>

#define NAMESPACE "urn:vim25"

static void response_open(struct perf_reader *r, const xmlChar *uri, const xmlChar **attributes,
                          size_t n)
{
    (void)attributes, (void)n;
    const char *given = uri ? (const char *)uri : "";
    if (strcmp(given, NAMESPACE) != 0)
        perf_fail(r, VIM_PROTOCOL, "QueryPerfResponse is of namespace \"%.64s\", not " NAMESPACE,
                  given);
    r->answered = true;
}

static void metric_open(struct perf_reader *r, const xmlChar *uri, const xmlChar **attributes,
                        size_t n)
{
    (void)uri, (void)attributes, (void)n;
    perf_draft_clear(&r->draft);
}

static void metric_close(struct perf_reader *r)
{
    struct perf_reply *reply = r->reply;
    if (!r->draft.moid.len) {
        perf_fail(r, VIM_PROTOCOL, "<returnval> without an entity");
        return;
    }
    if (reply->nentities == CAP_OBJECTS) {
        perf_fail(r, VIM_TOO_LARGE, "over %d entities", CAP_OBJECTS);
        return;
    }
    struct perf_entity **entities =
        perf_grow(r->entities, &r->entities_room, reply->nentities + 1, sizeof(void *));
    if (!entities) {
        perf_fail_element(r, VIM_NOMEM);
        return;
    }
    r->entities = entities;
    enum vim_code code = perf_draft_build(&r->draft, reply, &entities[reply->nentities]);
    if (code)
        perf_fail_element(r, code);
    else
        reply->nentities++;
}

/* Keeps text under a cap; false, and the failure kept, if it does not fit. */
static void keep(struct perf_reader *r, struct buf *to, const void *text, size_t n)
{
    buf_clear(to);
    if (n > to->cap) {
        perf_fail_element(r, VIM_TOO_LARGE);
        return;
    }
    buf_add(to, text, n);
    if (!buf_ok(to))
        perf_fail_element(r, VIM_NOMEM);
}

/* The type of a reference is the attribute without a namespace; xsi:type has one. */
static void entity_open(struct perf_reader *r, const xmlChar *uri, const xmlChar **attributes,
                        size_t n)
{
    (void)uri;
    const xmlChar **a = attributes;
    for (size_t i = 0; i < n; i++, a += 5)
        if (!a[2] && strcmp((const char *)a[0], "type") == 0)
            keep(r, &r->draft.type, a[3], (size_t)(a[4] - a[3]));
}

static void entity_close(struct perf_reader *r)
{
    keep(r, &r->draft.moid, r->text.data, r->text.len);
}

static void samples_csv_close(struct perf_reader *r)
{
    perf_check(r, perf_draft_samples_csv(&r->draft, r->text.data, r->text.len));
}

static void sample_open(struct perf_reader *r, const xmlChar *uri, const xmlChar **attributes,
                        size_t n)
{
    (void)uri, (void)attributes, (void)n;
    r->sample.has_time = r->sample.has_interval = false;
}

static void timestamp_close(struct perf_reader *r)
{
    r->sample.has_time = clock_parse_iso(r->text.data, r->text.len, &r->sample.time);
    if (!r->sample.has_time)
        perf_fail_element(r, VIM_PROTOCOL);
}

static void interval_close(struct perf_reader *r)
{
    r->sample.has_interval = perf_int32(r->text.data, r->text.len, &r->sample.interval);
    if (!r->sample.has_interval)
        perf_fail_element(r, VIM_PROTOCOL);
}

static void sample_close(struct perf_reader *r)
{
    if (r->sample.has_time && r->sample.has_interval)
        perf_check(r, perf_draft_sample(&r->draft, r->sample.time, r->sample.interval));
    else
        perf_fail(r, VIM_PROTOCOL, "<sampleInfo> without timestamp or interval");
}

static void series_open(struct perf_reader *r, const xmlChar *uri, const xmlChar **attributes,
                        size_t n)
{
    (void)uri, (void)attributes, (void)n;
    perf_check(r, perf_draft_series(&r->draft));
}

static void counter_close(struct perf_reader *r)
{
    struct draft_series *s = &r->draft.series[r->draft.nseries - 1];
    s->has_counter = perf_int32(r->text.data, r->text.len, &s->counter);
    if (!s->has_counter)
        perf_fail_element(r, VIM_PROTOCOL);
}

static void instance_close(struct perf_reader *r)
{
    perf_check(r, perf_draft_instance(&r->draft, r->text.data, r->text.len));
}

static void numbers_open(struct perf_reader *r, const xmlChar *uri, const xmlChar **attributes,
                         size_t n)
{
    (void)uri, (void)attributes, (void)n;
    perf_values_begin(&r->draft.values);
}

static void numbers_close(struct perf_reader *r)
{
    enum vim_code code = perf_values_end(&r->draft.values);
    if (!code)
        code = perf_draft_count(&r->draft);
    if (!code && r->reply->values + r->draft.values.n > CAP_REPLY_VALUES)
        code = VIM_TOO_LARGE;
    perf_check(r, code);
}

static void envelope_close(struct perf_reader *r)
{
    r->whole = true;
}

const struct perf_place_row perf_places[PERF_PLACES] = {
    [AT_START] = {"", .inner = {AT_ENVELOPE}},
    [AT_ENVELOPE] = {"Envelope", .inner = {AT_BODY}, .close = envelope_close},
    [AT_BODY] = {"Body", .inner = {AT_RESPONSE}},
    [AT_RESPONSE] = {"QueryPerfResponse", .inner = {AT_METRIC}, .open = response_open},
    [AT_METRIC] = {"returnval", .inner = {AT_SERIES, AT_SAMPLE, AT_SAMPLES_CSV, AT_ENTITY},
                   .open = metric_open, .close = metric_close},
    [AT_ENTITY] = {"entity", .text = TEXT_KEPT, .open = entity_open, .close = entity_close},
    [AT_SAMPLES_CSV] = {"sampleInfoCSV", .text = TEXT_KEPT, .close = samples_csv_close},
    [AT_SAMPLE] = {"sampleInfo", .inner = {AT_TIMESTAMP, AT_INTERVAL}, .open = sample_open,
                   .close = sample_close},
    [AT_TIMESTAMP] = {"timestamp", .text = TEXT_KEPT, .close = timestamp_close},
    [AT_INTERVAL] = {"interval", .text = TEXT_KEPT, .close = interval_close},
    [AT_SERIES] = {"value", .inner = {AT_NUMBERS, AT_ID}, .open = series_open},
    [AT_ID] = {"id", .inner = {AT_COUNTER, AT_INSTANCE}},
    [AT_COUNTER] = {"counterId", .text = TEXT_KEPT, .close = counter_close},
    [AT_INSTANCE] = {"instance", .text = TEXT_KEPT, .close = instance_close},
    [AT_NUMBERS] = {"value", .text = TEXT_NUMBERS, .open = numbers_open, .close = numbers_close},
    [AT_UNKNOWN] = {.name = "unknown element"},
};
