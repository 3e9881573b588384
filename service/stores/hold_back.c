/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "stores/hold_back.h"

#include <stdio.h>
#include <string.h>

#include "stores/dead_letters.h"

static bool too_far(const struct layer_row *row, struct wall_time now)
{
    return row->time.ms > now.ms && row->time.ms - now.ms > HOLD_BACK_MS;
}

/* Closes the gaps that rows taken out leave. */
static void keep_others(struct row_batch *batch, struct wall_time now)
{
    size_t rows = 0, values = 0;
    for (size_t i = 0; i < batch->nrows; i++) {
        struct layer_row row = batch->rows[i];
        if (too_far(&row, now))
            continue;
        if (row.count)
            memmove(&batch->values[values], &batch->values[row.first],
                    row.count * sizeof *batch->values);
        row.first = (uint32_t)values;
        values += row.count;
        batch->rows[rows++] = row;
    }
    batch->nrows = rows;
    batch->nvalues = values;
}

size_t hold_back_rows(struct row_batch *batch, struct wall_time now,
                      void (*tell)(void *ctx, const struct row_batch *batch, size_t row), void *ctx)
{
    size_t n = 0;
    for (size_t i = 0; i < batch->nrows; i++) {
        if (!too_far(&batch->rows[i], now))
            continue;
        n++;
        if (tell)
            tell(ctx, batch, i);
    }
    if (n)
        keep_others(batch, now);
    return n;
}

/* How far the batch is ahead, in ms; its rows are of one vCenter. */
static int64_t furthest_ahead(const struct row_batch *batch, struct wall_time now)
{
    int64_t furthest = 0;
    for (size_t i = 0; i < batch->nrows; i++)
        if (too_far(&batch->rows[i], now) && batch->rows[i].time.ms - now.ms > furthest)
            furthest = batch->rows[i].time.ms - now.ms;
    return furthest;
}

static void on_time(struct hold_back *state, const char *vcenter, struct mono_time mono)
{
    snprintf(state->on_time, sizeof state->on_time, "%s", vcenter);
    state->seen_on_time = mono;
    state->waits_since.ms = 0;
    complain_over(&state->waiting, "stores", "clock_agrees", "vcenter=%s", log_quote(vcenter));
}

static bool neighbour_is_on_time(const struct hold_back *state, const char *vcenter,
                                 struct mono_time mono)
{
    return state->seen_on_time.ms && strcmp(state->on_time, vcenter) != 0 &&
           mono_between(state->seen_on_time, mono) < HOLD_NEIGHBOUR_MS;
}

bool hold_back_passes(struct hold_back *state, const struct row_batch *batch, struct wall_time now,
                      struct mono_time mono)
{
    if (!batch->nrows || furthest_ahead(batch, now))
        return false;
    on_time(state, batch->rows[0].entity->label[LABEL_VCENTER], mono);
    return true;
}

bool hold_back_waits(struct hold_back *state, const struct store_options *options,
                     const struct row_batch *batch, struct wall_time now, struct mono_time mono)
{
    if (!batch->nrows)
        return false;
    const char *vcenter = batch->rows[0].entity->label[LABEL_VCENTER];
    const int64_t ahead_ms = furthest_ahead(batch, now);
    if (!ahead_ms) {
        on_time(state, vcenter, mono);
        return false;
    }
    if (neighbour_is_on_time(state, vcenter, mono))
        return false;
    if (!state->waits_since.ms)
        state->waits_since = mono;
    if (mono_between(state->waits_since, mono) >= HOLD_WAIT_MS)
        return false;
    complain(&state->waiting, LOG_ERROR, "stores", "rows_wait",
             "store=%s vcenter=%s ahead_s=%lld message=%s", log_quote(options->name),
             log_quote(vcenter), (long long)ahead_ms / 1000,
             log_quote("all samples are ahead of our clock; set it, or those of the vCenter and "
                       "its hosts"));
    return true;
}

struct held { /* of one entry */
    struct dead_letters *letters;
    struct wall_time now;
    int64_t furthest_ms;
    char *vcenter;
};

static void tell_row(void *ctx, const struct row_batch *batch, size_t row)
{
    struct held *held = ctx;
    const int64_t ahead_ms = batch->rows[row].time.ms - held->now.ms;
    char why[80];
    snprintf(why, sizeof why, "%lld s ahead of our clock", (long long)ahead_ms / 1000);
    dead_letters_add(held->letters, batch, row, row + 1, why);
    snprintf(held->vcenter, CAP_NAME, "%s", batch->rows[row].entity->label[LABEL_VCENTER]);
    held->furthest_ms = ahead_ms > held->furthest_ms ? ahead_ms : held->furthest_ms;
}

void hold_back(struct hold_back *state, const struct store_options *options,
               struct metric_set *metrics, struct journal_entry *entry, struct wall_time now)
{
    struct held held = {options->dead_letters, now, 0, state->vcenter};
    const bool again = entry->seq <= state->seq;
    const size_t n = hold_back_rows(&entry->batch, now, again ? NULL : tell_row, &held);
    if (n && !again) {
        state->seq = entry->seq;
        metric_add(metrics, METRIC_STORE_HELD_BACK, (int64_t)n);
        complain(&state->complaint, LOG_ERROR, "stores", "rows_ahead",
                 "store=%s vcenter=%s rows=%zu ahead_s=%lld message=%s", log_quote(options->name),
                 log_quote(state->vcenter), n, (long long)held.furthest_ms / 1000,
                 log_quote("not sent; set the clocks of the vCenter and its hosts, or ours"));
    } else if (!n && entry->batch.nrows &&
               strcmp(entry->batch.rows[0].entity->label[LABEL_VCENTER], state->vcenter) == 0) {
        complain_over(&state->complaint, "stores", "rows_in_time", "store=%s vcenter=%s",
                      log_quote(options->name), log_quote(state->vcenter));
    }
}
