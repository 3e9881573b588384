/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "web/vm_json.h"

#include "web/answer.h"

const char *vm_state(const struct vm_line *line, enum table table)
{
    return line->row.stale ? "stale" : status_name(vm_status(line, table));
}

void row_json(struct buf *out, const struct snapshot *seen, const struct seen_row *row,
              enum entity_label name)
{
    char iso[ISO_TEXT];
    for (enum entity_label label = 0; label < LABEL_TAGS; label++)
        if (label == name)
            answer_text(out, "name", row->label[label]);
        else if (label != LABEL_VM) /* a host has none */
            answer_text(out, entity_label_name(label), row->label[label]);
    answer_text(out, "time", clock_iso(row->time, iso));
    answer_int(out, "interval", row->interval_s);
    answer_int(out, "behind_ms", snapshot_behind(seen, row));
}

static void put_column(struct buf *out, const struct vm_line *line, enum column column)
{
    const struct column_info *info = column_info(column);
    const char *unit = unit_name(quantity_info(info->quantity)->unit);
    bool shared = info->whole != WHOLE_NONE;
    double percent;
    if (!vm_knows(line, column)) {
        answer_null(out, info->name);
        return;
    }
    if (shared)
        answer_open(out, info->name, '{');
    if (unit_is_large(quantity_info(info->quantity)->unit)) /* exact, beyond six digits */
        answer_int(out, shared ? unit : info->name, (int64_t)line->value[column]);
    else
        answer_real(out, shared ? unit : info->name, line->value[column]);
    if (shared && vm_percent(line, column, &percent))
        answer_real(out, "percent", percent);
    if (shared)
        answer_close(out, '}');
}

static void put_columns(struct buf *out, const struct vm_line *line, enum table table)
{
    for (int i = 0; i < COLUMN_COUNT; i++)
        if (column_info((enum column)i)->table == table)
            put_column(out, line, (enum column)i);
}

static void put_score(struct buf *out, const struct vm_line *line, int place)
{
    const char *name = layer_name((enum layer)(LAYER_QUEUE + place % VERDICT_LAYERS));
    const struct quantity_info *info = quantity_info(verdict_score_quantity(place));
    if (line->score[place] == SCORE_NONE)
        answer_null(out, name);
    else
        answer_real(out, name, quantity_value(info, line->score[place]));
}

static void put_status(struct buf *out, const struct vm_line *line, int place)
{
    const struct reason_info *reason = reason_info(line->reason[place]);
    answer_open(out, layer_name((enum layer)(LAYER_QUEUE + place % VERDICT_LAYERS)), '{');
    answer_text(out, "status", status_name(reason->status));
    answer_text(out, "reason", reason->text);
    answer_close(out, '}');
}

/* "name": {"cpu": {"queue": ..., "usage": ...}, "mem": ...} */
static void put_places(struct buf *out, const struct vm_line *line, const char *name,
                       void (*put)(struct buf *, const struct vm_line *, int place))
{
    answer_open(out, name, '{');
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        answer_open(out, table_name((enum table)r), '{');
        for (int i = 0; i < VERDICT_LAYERS; i++)
            put(out, line, r * VERDICT_LAYERS + i);
        answer_close(out, '}');
    }
    answer_close(out, '}');
}

/* Which layer hurts, and how all of them do. */
static void put_verdict(struct buf *out, const struct vm_line *line)
{
    const int place = (int)line->value[COLUMN_VERDICT_CODE] - 1;
    answer_open(out, table_name(TABLE_VERDICT), '{');
    put_columns(out, line, TABLE_VERDICT);
    if (vm_knows(line, COLUMN_VERDICT_CODE) && place >= 0 && place < VERDICT_PLACES) {
        answer_text(out, "resource", table_name((enum table)(place / VERDICT_LAYERS)));
        answer_text(out, "layer", layer_name((enum layer)(LAYER_QUEUE + place % VERDICT_LAYERS)));
    }
    put_places(out, line, "scores", put_score);
    answer_close(out, '}');
}

void vm_json(struct buf *out, const struct snapshot *seen, const struct vm_line *line,
             enum table table)
{
    answer_open(out, NULL, '{');
    row_json(out, seen, &line->row, LABEL_VM);
    answer_text(out, "state", vm_state(line, table));
    put_columns(out, line, TABLE_CPU);
    for (enum table t = TABLE_MEM; t < RESOURCE_COUNT; t++) {
        answer_open(out, table_name(t), '{');
        put_columns(out, line, t);
        answer_close(out, '}');
    }
    put_verdict(out, line);
    put_places(out, line, "status", put_status);
    answer_close(out, '}');
}
