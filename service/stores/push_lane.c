/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stores/dead_letters.h"
#include "stores/piece.h"
#include "stores/push_private.h"

/* ---- what came of rows ---- */

static bool stop(struct lane *l, enum store_outcome outcome, const struct http_answer *answer)
{
    l->stopped = outcome;
    l->err.retry_after_ms = answer->retry_after_ms;
    l->lost_touch |= answer->status == 0 || answer->status == 502; /* it may have been killed */
    snprintf(l->err.message, sizeof l->err.message, "%s", answer->message);
    atomic_store(&l->push->stopped, true);
    return false;
}

void push_lane_letters(struct lane *l)
{
    for (size_t i = 0; i < l->nrefusals; i++)
        dead_letters_add(l->push->letters, l->batch, l->refusals[i].first, l->refusals[i].last,
                         l->refusals[i].why);
    l->nrefusals = 0;
}

/* Neighbours with one reason share an entry. A list that is full is written early: at worst the
 * letters come twice. */
static void keep_refusal(struct lane *l, size_t first, size_t last, const char *why)
{
    struct refusal *newest = l->nrefusals ? &l->refusals[l->nrefusals - 1] : NULL;
    if (!l->push->letters || !l->refusals)
        return;
    if (newest && newest->last == first && strcmp(newest->why, why) == 0) {
        newest->last = last;
        return;
    }
    if (l->nrefusals == CAP_STORE_REFUSALS)
        push_lane_letters(l);
    newest = &l->refusals[l->nrefusals++];
    newest->first = first;
    newest->last = last;
    snprintf(newest->why, sizeof newest->why, "%s", why);
}

/* `rows` of the rows [first, last). */
static bool refuse(struct lane *l, size_t first, size_t last, size_t rows, const char *why)
{
    char some[sizeof((struct refusal *)NULL)->why];
    if (!l->refused) /* the first reason is told */
        snprintf(l->err.message, sizeof l->err.message, "%s", why);
    l->refused += rows;
    if (rows < last - first) {
        snprintf(some, sizeof some, "%zu of these %zu rows: %s", rows, last - first, why);
        why = some;
    }
    keep_refusal(l, first, last, why);
    return true;
}

/* ---- where pieces end ---- */

/* The first known end of a piece behind `first`, or NULL. */
static struct cut *known_end(struct lane *l, size_t first)
{
    while (l->next_cut < l->ncuts && l->cuts[l->next_cut].end <= first)
        l->next_cut++;
    return l->cutting && l->next_cut < l->ncuts ? &l->cuts[l->next_cut] : NULL;
}

static enum fate fate_of(struct lane *l, size_t first)
{
    const struct cut *known = known_end(l, first);
    return known ? known->fate : l->fate;
}

/* Remembers that a piece ended here, and how; what was stored stays so. If there is no memory for
 * it a piece may come out otherwise next time, which matters to few servers, and seldom. */
static void cut(struct lane *l, size_t last, enum fate fate)
{
    struct cut *known = known_end(l, last - 1);
    if (known && known->end == last && known->fate != FATE_STORED)
        known->fate = fate;
    if (!l->cutting || (known && known->end == last))
        return;
    if (l->ncuts == l->cuts_room) {
        size_t room = l->cuts_room ? 2 * l->cuts_room : 64;
        struct cut *grown = realloc(l->cuts, room * sizeof *grown);
        if (!grown)
            return;
        l->cuts = grown;
        l->cuts_room = room;
    }
    memmove(&l->cuts[l->next_cut + 1], &l->cuts[l->next_cut],
            (l->ncuts - l->next_cut) * sizeof *l->cuts);
    l->cuts[l->next_cut] = (struct cut){last, fate};
    l->ncuts++;
}

/* ---- one request ---- */

static bool send_rows(struct lane *l, size_t first, size_t last, bool whole);

static bool halve(struct lane *l, size_t first, size_t last, bool whole)
{
    size_t middle = first + (last - first) / 2;
    return send_rows(l, first, middle, whole) && send_rows(l, middle, last, whole);
}

static bool take(struct lane *l, size_t first, size_t last)
{
    cut(l, last, FATE_STORED);
    l->taken += last - first;
    return true;
}

/* True if there are rows to tell apart, and requests left for it, which are taken from the
 * budget. */
static bool worth_halving(int *requests_left, size_t first, size_t last)
{
    if (last - first == 1 || *requests_left <= 0)
        return false;
    *requests_left -= 2;
    return true;
}

static bool refused(struct lane *l, size_t first, size_t last, const char *why)
{
    if (worth_halving(&l->requests_left, first, last))
        return halve(l, first, last, false);
    cut(l, last, FATE_REFUSED);
    return refuse(l, first, last, last - first, why);
}

/* Sending good rows once more is harmless, since points are idempotent. */
static bool partly(struct lane *l, size_t first, size_t last, size_t rows, const char *why)
{
    if (!l->push->protocol->partly_is_final && worth_halving(&l->requests_left, first, last))
        return halve(l, first, last, false);
    if (rows == 0 || rows > last - first)
        rows = rows ? last - first : 1;
    return take(l, first, last) && refuse(l, first, last, rows, why);
}

/* Of rows that another process may have sent it is not known in which pieces: some of this one may
 * be new, so it goes down to single rows, and what is not settled so is not taken for stored. */
static bool foreign(struct lane *l, size_t first, size_t last, const char *why)
{
    char some[sizeof((struct refusal *)NULL)->why];
    if (worth_halving(&l->doubt_left, first, last))
        return halve(l, first, last, false);
    if (last - first == 1)
        return take(l, first, last);
    snprintf(some, sizeof some, "not known whether these were sent before the restart: %s", why);
    cut(l, last, FATE_REFUSED);
    return refuse(l, first, last, last - first, some);
}

static bool already(struct lane *l, size_t first, size_t last, const char *why)
{
    switch (fate_of(l, first)) {
    case FATE_STORED:
        return take(l, first, last);
    case FATE_OPEN: /* that piece was stored, or it was not, and has a row that comes too late */
        if (worth_halving(&l->doubt_left, first, last))
            return halve(l, first, last, false);
        return take(l, first, last);
    case FATE_FOREIGN:
        return foreign(l, first, last, why);
    case FATE_NEW:
    case FATE_REFUSED:
        break;
    }
    return refused(l, first, last, why);
}

static bool too_large(struct lane *l, size_t first, size_t last, bool whole, const char *why)
{
    size_t half = l->body.len / 2 > LEAST_BODY ? l->body.len / 2 : LEAST_BODY;
    if (half < l->body_limit)
        l->body_limit = half;
    if (last - first > 1)
        return halve(l, first, last, whole);
    cut(l, last, FATE_REFUSED);
    return refuse(l, first, last, 1, why);
}

static bool changed(struct lane *l, size_t first, size_t last, bool whole,
                    const struct http_answer *answer)
{
    if (l->changes++ < PUSH_CHANGES)
        return send_rows(l, first, last, whole);
    return stop(l, STORE_BAD_SETUP, answer);
}

static bool judge_status(struct lane *l, size_t first, size_t last, bool whole,
                         const struct http_answer *answer)
{
    switch (answer->verdict) {
    case HTTP_DONE:
        l->plainly_taken |= whole;
        return take(l, first, last);
    case HTTP_AGAIN:
        break;
    case HTTP_AGAIN_SOME:
        l->met_500 = true;
        if (l->halve_500)
            return refused(l, first, last, answer->message);
        break;
    case HTTP_BAD_BODY:
        return refused(l, first, last, answer->message);
    case HTTP_TOO_LARGE:
        return too_large(l, first, last, whole, answer->message);
    case HTTP_BAD_SETUP:
        return stop(l, STORE_BAD_SETUP, answer);
    }
    if (answer->begun) /* it may have been taken: the next try sends the same piece */
        cut(l, last, l->fate == FATE_FOREIGN ? FATE_FOREIGN : FATE_OPEN);
    return stop(l, STORE_AGAIN, answer);
}

/* The driver is asked about answers that came whole. */
static enum push_reading read_answer(struct lane *l, const struct http_answer *answer, size_t rows,
                                     size_t *lost)
{
    const struct push *push = l->push;
    bool whole = answer->status >= 300 || answer->verdict == HTTP_DONE;
    if (!push->protocol->read || answer->status == 0 || !whole)
        return PUSH_BY_STATUS;
    return push->protocol->read(push->driver, l->number, answer, rows, lost);
}

static bool judge(struct lane *l, size_t first, size_t last, bool whole,
                  const struct http_answer *answer)
{
    size_t lost = 0;
    switch (read_answer(l, answer, last - first, &lost)) {
    case PUSH_BY_STATUS:
        break;
    case PUSH_TAKEN:
        l->plainly_taken |= whole;
        return take(l, first, last);
    case PUSH_PARTLY:
        return partly(l, first, last, lost, answer->message);
    case PUSH_REFUSED:
        return refused(l, first, last, answer->message);
    case PUSH_ALREADY:
        return already(l, first, last, answer->message);
    case PUSH_CHANGED:
        return changed(l, first, last, whole, answer);
    case PUSH_SETUP:
        return stop(l, STORE_BAD_SETUP, answer);
    }
    return judge_status(l, first, last, whole, answer);
}

/* Sends rows [first, last), in parts if need be; whole: as piece_end and the size of a request cut
 * them. False: stopped. */
static bool send_rows(struct lane *l, size_t first, size_t last, bool whole)
{
    struct http_answer answer;
    struct push *push = l->push;
    buf_clear(&l->body);
    push->protocol->body(push->driver, l->number, l->batch, first, last, &l->body);
    if (!buf_ok(&l->body) || (l->body.len > l->body_limit && last - first > 1)) {
        if (last - first > 1)
            return halve(l, first, last, whole);
        cut(l, last, FATE_REFUSED);
        return refuse(l, first, last, 1, "a row too large for one request, or out of memory");
    }
    if (l->body.len == 0) /* rows with nothing for this store */
        return take(l, first, last);
    http_post_send(l->http, push->url, l->body.data, l->body.len, &answer);
    l->sent += answer.sent;
    l->lost_touch |= answer.reconnected;
    return judge(l, first, last, whole, &answer);
}

void push_lane_run(struct lane *l)
{
    bool go_on = true;
    for (size_t first = l->first, last; go_on && first < l->last; first = last) {
        const struct cut *known = known_end(l, first);
        last = known ? known->end : piece_end(l->batch, first, l->last, l->push->piece_values);
        go_on = !atomic_load(&l->push->stopped) && send_rows(l, first, last, !known);
    }
}
