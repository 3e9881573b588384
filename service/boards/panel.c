/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "boards/panel.h"

#include <string.h>

#include "base/caps.h"
#include "boards/style.h"

enum { QUERY_TEXT = 4096, ABOUT_TEXT = 16384 };

const char *text_of(const struct buf *text)
{
    return buf_ok(text) && text->len ? text->data : "";
}

const char *label_title(const char *label)
{
    static const struct {
        const char *label, *title;
    } titles[] = {{"vcenter", "vCenter"}, {"cluster", "Cluster"}, {"host", "Host"}, {"vm", "VM"}};
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        if (strcmp(titles[i].label, label) == 0)
            return titles[i].title;
    return label;
}

enum asked panel_asked(const struct panel *panel)
{
    switch (panel->kind) {
    case PANEL_TOP:
        return ASKED_WHOLE;
    case PANEL_TABLE:
    case PANEL_STAT:
    case PANEL_BARS:
        return ASKED_NOW;
    default:
        return ASKED_OVER_TIME;
    }
}

size_t panel_queries(const struct panel *panel, struct query *ret)
{
    size_t n = 0;
    if (panel->queries)
        return panel->queries(ret);
    for (const struct query *q = panel->query; q && (q->quantity || q->metric); q++)
        if (n < PANEL_QUERIES)
            ret[n++] = *q;
    return n;
}

int query_left_out(const struct query *query, int i)
{
    if (query->only == ONLY_HURTING)
        return i == 0 ? CODE_NOTHING : i == 1 ? CODE_UNKNOWN : -1;
    for (int code = 0; code < REASON_COUNT; code++)
        if (reason_info(code)->status == STATUS_OK && i-- == 0)
            return code;
    return -1;
}

void query_legend(struct buf *out, const struct query *query)
{
    buf_str(out, query->legend ? query->legend : quantity_info(query->quantity)->title);
}

void legend_write(struct buf *out, const struct drawing *drawing, const struct query *query)
{
    struct buf plain;
    buf_init(&plain, QUERY_TEXT);
    query_legend(&plain, query);
    for (const char *c = text_of(&plain); *c; c++) {
        if (*c == '{')
            buf_str(out, drawing->source == BOARD_PROMETHEUS ? "{{" : "$tag_");
        else if (*c != '}')
            buf_char(out, *c);
        else if (drawing->source == BOARD_PROMETHEUS)
            buf_str(out, "}}");
    }
    buf_free(&plain);
}

void panel_place(struct json_tree *json, const struct place *place)
{
    json_object(json, "gridPos");
    json_number(json, "h", place->height);
    json_number(json, "w", place->width);
    json_number(json, "x", place->x);
    json_number(json, "y", place->y);
    json_object_end(json);
}

void panel_datasource(struct json_tree *json, enum board_source source)
{
    json_object(json, "datasource");
    json_text(json, "type", board_source_name(source));
    json_text(json, "uid", "${datasource}");
    json_object_end(json);
}

/* ---- targets ---- */

static bool is_table(const struct panel *panel)
{
    return panel->kind == PANEL_TABLE || panel->kind == PANEL_TOP;
}

static void promql_target(const struct drawing *d, const struct query *query, struct buf *text)
{
    const bool over_time = panel_asked(d->panel) == ASKED_OVER_TIME;
    promql_write(text, d->board, d->panel, query);
    json_text(d->json, "editorMode", "code");
    json_text(d->json, "expr", text_of(text));
    json_text(d->json, "format", is_table(d->panel) ? "table" : "time_series");
    json_flag(d->json, "instant", !over_time);
    json_flag(d->json, "range", over_time);
    if (is_table(d->panel))
        return;
    buf_clear(text);
    legend_write(text, d, query);
    json_text(d->json, "legendFormat", text_of(text));
}

static void influxql_target(const struct drawing *d, const struct query *query, struct buf *text)
{
    influxql_write(text, d->board, d->panel, query);
    json_text(d->json, "query", text_of(text));
    json_flag(d->json, "rawQuery", true);
    json_text(d->json, "resultFormat", is_table(d->panel) ? "table" : "time_series");
    if (is_table(d->panel))
        return;
    buf_clear(text);
    legend_write(text, d, query);
    json_text(d->json, "alias", text_of(text));
}

static void targets(const struct drawing *d)
{
    struct buf text;
    buf_init(&text, QUERY_TEXT);
    json_list(d->json, "targets");
    for (size_t i = 0; i < d->nqueries; i++) {
        const char ref[] = {(char)('A' + i), '\0'};
        buf_clear(&text);
        json_object(d->json, NULL);
        panel_datasource(d->json, d->source);
        json_text(d->json, "refId", ref);
        if (d->source == BOARD_PROMETHEUS)
            promql_target(d, &d->queries[i], &text);
        else
            influxql_target(d, &d->queries[i], &text);
        json_object_end(d->json);
    }
    json_list_end(d->json);
    buf_free(&text);
}

/* ---- what it says of itself ---- */

/* "- **Ready**: Time in which ... `formula`" */
static void about_query(struct buf *out, const struct query *query)
{
    const struct quantity_info *info = quantity_info(query->quantity);
    buf_str(out, "\n- **");
    buf_str(out, info ? info->title : query->legend);
    buf_str(out, "**: ");
    if (info)
        buf_printf(out, "%s `%s` = %s", info->help, info->name, info->formula);
    else
        metric_help(out, query->metric);
}

static void about(const struct drawing *d)
{
    struct buf text;
    buf_init(&text, ABOUT_TEXT);
    if (d->panel->about)
        buf_str(&text, d->panel->about);
    for (size_t i = 0; i < d->nqueries; i++) {
        bool told = false; /* a quantity that is asked for in several ways */
        for (size_t k = 0; k < i; k++)
            told = told ||
                   (d->queries[i].quantity && d->queries[k].quantity == d->queries[i].quantity);
        if (!told)
            about_query(&text, &d->queries[i]);
    }
    const char *begin = text_of(&text);
    json_text(d->json, "description", begin + (*begin == '\n'));
    buf_free(&text);
}

void panel_write(struct json_tree *json, const struct board *board, enum board_source source,
                 const struct panel *panel, const struct place *place)
{
    static const char *const types[] = {
        [PANEL_STACK] = "timeseries",      [PANEL_LINES] = "timeseries",
        [PANEL_STATES] = "state-timeline", [PANEL_TOP] = "table",
        [PANEL_TABLE] = "table",           [PANEL_STAT] = "stat",
        [PANEL_BARS] = "bargauge",
    };
    struct query queries[PANEL_QUERIES];
    const struct drawing d = {json, board, source, panel, queries, panel_queries(panel, queries)};
    json_object(json, NULL);
    json_number(json, "id", place->id);
    json_text(json, "type", types[panel->kind]);
    json_text(json, "title", panel->title);
    about(&d);
    panel_datasource(json, source);
    panel_place(json, place);
    if (panel_asked(panel) == ASKED_OVER_TIME)
        json_text(json, "interval", "20s"); /* of the samples: nothing is finer */
    targets(&d);
    panel_options(&d);
    panel_fields(&d);
    panel_transformations(&d);
    json_object_end(json);
}
