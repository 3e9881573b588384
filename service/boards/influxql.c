/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Queries in InfluxQL, as InfluxDB 1 understands them, and InfluxDB 2 and 3 by their v1 interface.
 */
#include "boards/board_table.h"

static void filter(struct buf *out, const struct board *board)
{
    for (const char *const *label = board->filter; *label; label++)
        buf_printf(out, " AND \"%s\" =~ /^${%s:regex}$/", *label, *label);
}

/* The time shown, or its last NOW_S seconds. */
static void when(struct buf *out, const struct panel *panel)
{
    if (panel_asked(panel) == ASKED_NOW)
        buf_printf(out, "time > ${__to}ms - %ds AND time <= ${__to}ms", NOW_S);
    else
        buf_str(out, "$timeFilter");
}

/* FROM "vstrata_vm_cpu" WHERE "layer" = 'unmet' AND ... */
static void from(struct buf *out, const struct board *board, const struct panel *panel,
                 const struct query *query)
{
    const struct quantity_info *info = quantity_info(query->quantity);
    buf_str(out, " FROM \"");
    quantity_measurement(out, info, query->form);
    buf_str(out, "\" WHERE ");
    if (info->layer != LAYER_NONE)
        buf_printf(out, "\"layer\" = '%s' AND ", layer_name(info->layer));
    buf_printf(out, "\"part\" = '%s'", info->part);
    filter(out, board);
    buf_str(out, " AND ");
    when(out, panel);
}

static const char *function(const struct panel *panel, const struct query *query)
{
    if (panel_asked(panel) == ASKED_WHOLE)
        return "mean";
    if (quantity_info(query->quantity)->unit == UNIT_CODE || panel_asked(panel) == ASKED_NOW)
        return "last";
    return query->form == FORM_WORST || query->merge == MERGE_COUNT ? "max" : "mean";
}

/* SELECT mean("ratio") */
static void select_field(struct buf *out, const struct panel *panel, const struct query *query)
{
    buf_printf(out, "SELECT %s(\"", function(panel, query));
    quantity_field(out, quantity_info(query->quantity), query->form);
    buf_str(out, "\")");
}

static void names(struct buf *out, const char *const *by, const char *comma)
{
    for (; by && *by; by++) {
        buf_printf(out, "%s\"%s\"", comma, *by);
        comma = ", ";
    }
}

/* GROUP BY time(...), labels; nothing if there is neither */
static void group(struct buf *out, const struct panel *panel, bool entities)
{
    const bool over_time = panel_asked(panel) == ASKED_OVER_TIME;
    const char *comma = over_time ? ", " : "";
    if (!over_time && !entities && !panel->by)
        return;
    buf_printf(out, " GROUP BY %s", over_time ? "time($__interval)" : "");
    if (entities)
        buf_printf(out, "%s\"vcenter\", \"moid\"", comma);
    names(out, panel->by, entities ? ", " : comma);
}

/* Every series alone, or those with the same labels as one. */
static void each(struct buf *out, const struct board *board, const struct panel *panel,
                 const struct query *query)
{
    select_field(out, panel, query);
    if (panel->kind == PANEL_TABLE) {
        buf_str(out, " AS \"");
        query_legend(out, query);
        buf_char(out, '"');
    }
    from(out, board, panel, query);
    group(out, panel, false);
    if (panel_asked(panel) == ASKED_OVER_TIME)
        buf_str(out, " fill(null)");
}

static void only(struct buf *out, const struct query *query, const char *value)
{
    int code;
    if (query->only == ONLY_POSITIVE)
        buf_printf(out, "\"%s\" > 0", value);
    if (query->only == ONLY_EQUAL)
        buf_printf(out, "\"%s\" = %d", value, query->equal);
    if (query->only == ONLY_HURTING || query->only == ONLY_NOT_OK)
        for (int i = 0; (code = query_left_out(query, i)) >= 0; i++)
            buf_printf(out, "%s\"%s\" <> %d", i ? " AND " : "", value, code);
}

/* Of a table, the rows whose value counts. */
static void each_of_some(struct buf *out, const struct board *board, const struct panel *panel,
                         const struct query *query)
{
    struct buf title;
    buf_init(&title, 200);
    query_legend(&title, query);
    const char *text = buf_ok(&title) && title.len ? title.data : "";
    buf_printf(out, "SELECT \"%s\" FROM (", text);
    each(out, board, panel, query);
    buf_str(out, ") WHERE ");
    only(out, query, text);
    group(out, panel, false);
    buf_free(&title);
}

/* One value of each entity first, then the sum or the count of them. */
static void over_entities(struct buf *out, const struct board *board, const struct panel *panel,
                          const struct query *query)
{
    const bool counts = query->merge == MERGE_COUNT;
    buf_printf(out, "SELECT %s(\"v\") FROM (", counts ? "count" : "sum");
    select_field(out, panel, query);
    buf_str(out, " AS \"v\"");
    from(out, board, panel, query);
    group(out, panel, true);
    buf_str(out, ") WHERE ");
    if (query->only != ONLY_ALL) {
        only(out, query, "v");
        buf_str(out, " AND ");
    }
    when(out, panel);
    group(out, panel, false);
    if (panel_asked(panel) == ASKED_OVER_TIME)
        buf_str(out, counts ? " fill(0)" : " fill(null)");
}

static void top(struct buf *out, const struct board *board, const struct panel *panel,
                const struct query *query)
{
    buf_printf(out, "SELECT TOP(\"v\", %d) AS \"", TOP_ROWS);
    query_legend(out, query);
    buf_char(out, '"');
    for (const char *const *by = panel->by; by && *by; by++)
        buf_printf(out, ", \"%s\"", *by);
    buf_str(out, " FROM (");
    select_field(out, panel, query);
    buf_str(out, " AS \"v\"");
    from(out, board, panel, query);
    group(out, panel, false);
    buf_char(out, ')');
}

void influxql_write(struct buf *out, const struct board *board, const struct panel *panel,
                    const struct query *query)
{
    if (panel->kind == PANEL_TOP)
        top(out, board, panel, query);
    else if (query->merge != MERGE_EACH)
        over_entities(out, board, panel, query);
    else if (query->only != ONLY_ALL)
        each_of_some(out, board, panel, query);
    else
        each(out, board, panel, query);
}

void influxql_variable(struct buf *out, const struct board *board, const struct variable *variable)
{
    const char *word = " WHERE";
    buf_str(out, "SHOW TAG VALUES FROM \"");
    quantity_measurement(out, quantity_info(variable->from), FORM_TOTAL);
    buf_printf(out, "\" WITH KEY = \"%s\"", variable->label);
    for (const struct variable *v = board->variables; v != variable; v++) {
        buf_printf(out, "%s \"%s\" =~ /^${%s:regex}$/", word, v->label, v->label);
        word = " AND";
    }
}
