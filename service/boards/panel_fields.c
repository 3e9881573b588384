/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Units, colours and words of a panel's values: what holds for all of them, and what for one.
 */
#include <stdio.h>
#include <string.h>

#include "boards/panel.h"
#include "boards/style.h"

enum { LINK = 300 };

static bool is_time_series(const struct panel *panel)
{
    return panel->kind == PANEL_STACK || panel->kind == PANEL_LINES;
}

static const char *unit_of(const struct panel *panel, const struct query *query)
{
    const struct quantity_info *info = quantity_info(query->quantity);
    if (query->merge == MERGE_COUNT)
        return "short";
    if (panel->unit)
        return panel->unit;
    return info ? style_unit(info) : "short";
}

static void color(struct json_tree *json, const char *key, const char *mode, const char *fixed)
{
    json_object(json, key);
    json_text(json, "mode", mode);
    if (fixed)
        json_text(json, "fixedColor", fixed);
    json_object_end(json);
}

/* ---- defaults ---- */

static void timeseries(const struct drawing *d)
{
    const bool stack = d->panel->kind == PANEL_STACK;
    json_text(d->json, "drawStyle", "line");
    json_number(d->json, "fillOpacity", stack ? 70 : 8);
    json_text(d->json, "lineInterpolation", "linear");
    json_number(d->json, "lineWidth", 1);
    json_text(d->json, "showPoints", "auto"); /* of a sample alone between gaps */
    json_flag(d->json, "spanNulls", false);
    json_object(d->json, "stacking");
    json_text(d->json, "group", "A");
    json_text(d->json, "mode", stack ? "normal" : "none");
    json_object_end(d->json);
}

static void custom(const struct drawing *d)
{
    json_object(d->json, "custom");
    if (is_time_series(d->panel)) {
        timeseries(d);
    } else if (d->panel->kind == PANEL_STATES) {
        json_number(d->json, "fillOpacity", 75);
        json_number(d->json, "lineWidth", 0);
    } else if (d->panel->kind == PANEL_TABLE || d->panel->kind == PANEL_TOP) {
        json_text(d->json, "align", "auto");
        json_object(d->json, "cellOptions");
        json_text(d->json, "type", "auto");
        json_object_end(d->json);
        json_flag(d->json, "filterable", true);
        json_flag(d->json, "inspect", false);
    }
    json_object_end(d->json);
}

static void thresholds(struct json_tree *json)
{
    json_object(json, "thresholds");
    json_text(json, "mode", "absolute");
    json_list(json, "steps");
    json_object(json, NULL);
    json_text(json, "color", COLOR_GOOD);
    json_raw(json, "value", "null");
    json_object_end(json);
    json_list_end(json);
    json_object_end(json);
}

static void defaults(const struct drawing *d)
{
    const struct quantity_info *info = quantity_info(d->queries[0].quantity);
    json_object(d->json, "defaults");
    json_text(d->json, "unit", unit_of(d->panel, &d->queries[0]));
    color(d->json, "color", is_time_series(d->panel) ? "palette-classic-by-name" : "thresholds",
          NULL);
    if (d->panel->kind == PANEL_STACK || d->panel->kind == PANEL_BARS)
        json_number(d->json, "min", 0);
    thresholds(d->json);
    if (info && d->queries[0].merge != MERGE_COUNT && d->panel->kind != PANEL_TABLE)
        style_mappings(d->json, "mappings", info);
    custom(d);
    json_object_end(d->json);
}

/* ---- overrides ---- */

static void property(struct json_tree *json, const char *id, const char *text)
{
    json_object(json, NULL);
    json_text(json, "id", id);
    if (text)
        json_text(json, "value", text);
}

/* {"matcher": by name, "properties": [ */
static void open_override(const struct drawing *d, const char *name)
{
    json_object(d->json, NULL);
    json_object(d->json, "matcher");
    json_text(d->json, "id", "byName");
    json_text(d->json, "options", name);
    json_object_end(d->json);
    json_list(d->json, "properties");
}

static void close_override(const struct drawing *d)
{
    json_list_end(d->json);
    json_object_end(d->json);
}

static void fixed_color(struct json_tree *json, const char *value)
{
    property(json, "color", NULL);
    color(json, "value", "fixed", value);
    json_object_end(json);
}

static void number(struct json_tree *json, const char *id, int value)
{
    property(json, id, NULL);
    json_number(json, "value", value);
    json_object_end(json);
}

/* A line that stands beside what is stacked. */
static void unstacked(struct json_tree *json, bool dashed)
{
    property(json, "custom.stacking", NULL);
    json_object(json, "value");
    json_text(json, "group", "A");
    json_text(json, "mode", "none");
    json_object_end(json);
    json_object_end(json);
    number(json, "custom.fillOpacity", 0);
    number(json, "custom.lineWidth", 2);
    if (!dashed)
        return;
    property(json, "custom.lineStyle", NULL);
    json_object(json, "value");
    json_list(json, "dash");
    json_number(json, NULL, 10);
    json_number(json, NULL, 10);
    json_list_end(json);
    json_text(json, "fill", "dash");
    json_object_end(json);
    json_object_end(json);
}

static const char *color_of(const struct query *query)
{
    const struct quantity_info *info = quantity_info(query->quantity);
    if (query->color)
        return query->color;
    if (query->role == ROLE_PROMISED)
        return COLOR_LINE;
    return info && info->layer != LAYER_NONE ? style_color(info) : NULL;
}

static bool differs(const struct drawing *d, const struct query *query)
{
    return strcmp(unit_of(d->panel, query), unit_of(d->panel, &d->queries[0])) != 0;
}

/* A series of a figure or a bar. */
static void series(const struct drawing *d, const struct query *query)
{
    const bool named = d->panel->kind != PANEL_STATES && !d->panel->by;
    const char *fixed = named ? color_of(query) : NULL;
    if (!fixed && query->role == ROLE_OF_PANEL && !differs(d, query))
        return;
    struct buf name;
    buf_init(&name, 200);
    query_legend(&name, query);
    open_override(d, text_of(&name));
    if (fixed)
        fixed_color(d->json, fixed);
    if (query->role != ROLE_OF_PANEL)
        unstacked(d->json, query->role == ROLE_PROMISED);
    if (differs(d, query)) {
        property(d->json, "unit", unit_of(d->panel, query));
        json_object_end(d->json);
    }
    close_override(d);
    buf_free(&name);
}

static void cell(struct json_tree *json, const char *type, const char *mode)
{
    property(json, "custom.cellOptions", NULL);
    json_object(json, "value");
    json_text(json, "type", type);
    json_text(json, "mode", mode);
    json_object_end(json);
    json_object_end(json);
}

/* A column of values. */
static void column(const struct drawing *d, const struct query *query)
{
    const struct quantity_info *info = quantity_info(query->quantity);
    const bool score = info->kind == KIND_VERDICT && info->unit == UNIT_RATIO;
    const char *fixed = color_of(query);
    struct buf name;
    buf_init(&name, 200);
    query_legend(&name, query);
    open_override(d, text_of(&name));
    property(d->json, "unit", unit_of(d->panel, query));
    json_object_end(d->json);
    if (style_has_words(info)) {
        property(d->json, "mappings", NULL);
        style_mappings(d->json, "value", info);
        json_object_end(d->json);
        cell(d->json, "color-background", "basic");
    } else if (d->panel->kind == PANEL_TOP || score) {
        number(d->json, "min", 0);
        if (score)
            number(d->json, "max", 1);
        fixed_color(d->json, fixed ? fixed : style_layer(LAYER_UNMET));
        cell(d->json, "gauge", "basic");
    }
    close_override(d);
    buf_free(&name);
}

/* The board that tells more of what a column names. */
static void link_column(const struct drawing *d, const char *label)
{
    char url[LINK];
    const char *suffix = d->source == BOARD_PROMETHEUS ? "" : "-influxdb";
    if (strcmp(label, "vm") != 0 && strcmp(label, "host") != 0)
        return;
    snprintf(url, sizeof url,
             "/d/vstrata-%s%s?var-vcenter=${__data.fields.vCenter:percentencode}"
             "&var-%s=${__value.raw:percentencode}&${__url_time_range}",
             label, suffix, label);
    open_override(d, label_title(label));
    property(d->json, "links", NULL);
    json_list(d->json, "value");
    json_object(d->json, NULL);
    json_text(d->json, "title", strcmp(label, "vm") == 0 ? "Show the VM" : "Show the host");
    json_text(d->json, "url", url);
    json_object_end(d->json);
    json_list_end(d->json);
    json_object_end(d->json);
    close_override(d);
}

void panel_fields(const struct drawing *d)
{
    const bool table = d->panel->kind == PANEL_TABLE || d->panel->kind == PANEL_TOP;
    json_object(d->json, "fieldConfig");
    defaults(d);
    json_list(d->json, "overrides");
    for (size_t i = 0; i < d->nqueries; i++)
        (table ? column : series)(d, &d->queries[i]);
    for (const char *const *by = d->panel->by; table && by && *by; by++)
        link_column(d, *by);
    json_list_end(d->json);
    json_object_end(d->json);
}
