/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "layers/guest_model.h"

#include "base/caps.h"

enum {
    MILLI = 1000,
    KB = 1024,
    LIVES_INTERVALS = 3, /* a report, beyond which it is too old */
    LIVES_MIN_S = 60,
    NOT_KNOWN = 3, /* of guest.tools and guest.heartbeat */
};

/* The largest sane values, in units of the text: what is beyond has wrapped or was made up. No
 * product below can overflow with them. */
enum { MAX_THREADS = 1000000, MAX_PER_SECOND = 1000000000, MAX_DISK_QUEUE = 10000 };
#define MAX_KB ((int64_t)1 << 40)

#define NO_COUNTER COUNTER_COUNT

/* What each field of the text becomes, and the counter that says the same. */
static const struct field {
    enum quantity quantity;
    enum counter counter;
    int per; /* the counter has so many for one of the text */
    int64_t max;
} fields[GUEST_FIELDS] = {
    [GUEST_RUN_QUEUE] = {Q_CPU_RUN_QUEUE, GUEST_COUNTER_RUN_QUEUE, 1, MAX_THREADS},
    [GUEST_CONTEXT_SWITCHES] = {Q_CPU_CONTEXT_SWITCHES, GUEST_COUNTER_CONTEXT_SWITCHES, 1,
                                MAX_PER_SECOND},
    [GUEST_PAGE_IN] = {Q_MEM_PAGE_IN, GUEST_COUNTER_PAGE_IN, 1, MAX_KB},
    [GUEST_PAGE_OUT] = {Q_MEM_PAGE_OUT, GUEST_COUNTER_PAGE_OUT, 1, MAX_KB},
    [GUEST_SWAP_USED] = {Q_MEM_GUEST_SWAP_USED, NO_COUNTER, 1, MAX_KB},
    [GUEST_MEM_NEEDED] = {Q_MEM_GUEST_NEEDED, GUEST_COUNTER_MEM_NEEDED, 1, MAX_KB},
    [GUEST_MEM_AVAILABLE] = {Q_MEM_GUEST_AVAILABLE, NO_COUNTER, 1, MAX_KB},
    [GUEST_DISK_QUEUE] = {Q_DISK_QUEUE, GUEST_COUNTER_DISK_QUEUE, 100, MAX_DISK_QUEUE},
    [GUEST_RING_DROPS] = {Q_NET_RING_DROPS, NO_COUNTER, 1, MAX_PER_SECOND},
    [GUEST_DRIVER_DROPS] = {Q_NET_DRIVER_DROPS, NO_COUNTER, 1, MAX_PER_SECOND},
    [GUEST_CPU] = {Q_CPU_GUEST_CPU, NO_COUNTER, 1, CAP_VCPUS},
};

enum origin { FROM_NOWHERE, FROM_COUNTERS, FROM_VARIABLE }; /* codes of guest.source */

struct view {                          /* what is known at one time */
    const struct guest_report *newest; /* that had come by then, however old; NULL = none */
    const struct guest_report *report; /* the same if it is not too old */
    enum origin from[GUEST_FIELDS];
    int64_t milli[GUEST_FIELDS]; /* thousandths of the unit of the text */
};

/* Of two times the first of which is not later: no difference can overflow. */
static uint64_t age_ms(struct server_time received, struct server_time now)
{
    return (uint64_t)now.ms - (uint64_t)received.ms;
}

static bool too_old(const struct guest_report *report, struct server_time now)
{
    int64_t lives_s = (int64_t)report->text.interval_s * LIVES_INTERVALS;
    if (lives_s < LIVES_MIN_S)
        lives_s = LIVES_MIN_S;
    return age_ms(report->received, now) > (uint64_t)lives_s * MILLI;
}

static const struct guest_report *newest_by(const struct guest_facts *guest, struct server_time now)
{
    for (size_t i = guest->nreports; i-- > 0;)
        if (guest->reports[i].received.ms <= now.ms)
            return &guest->reports[i];
    return NULL;
}

static bool sane(const struct field *field, int64_t value, int64_t parts)
{
    return value >= 0 && value <= field->max * parts;
}

static void view_counters(struct view *view, const struct sample_block *block, size_t t)
{
    for (size_t s = 0; s < block->nseries; s++) {
        const struct sample_series *series = &block->series[s];
        if (series->counter < GUEST_COUNTER_RUN_QUEUE ||
            series->counter > GUEST_COUNTER_DISK_QUEUE || *series->instance)
            continue;
        for (int i = 0; i < GUEST_FIELDS; i++) {
            const struct field *field = &fields[i];
            if (field->counter != series->counter || view->from[i] != FROM_NOWHERE ||
                !sane(field, series->values[t], field->per))
                continue;
            view->from[i] = FROM_COUNTERS;
            view->milli[i] = series->values[t] * MILLI / field->per;
        }
    }
}

/* Where no counter said it. */
static void view_report(struct view *view)
{
    const struct guest_text *text = &view->report->text;
    for (int i = 0; i < GUEST_FIELDS; i++) {
        if (view->from[i] != FROM_NOWHERE || !(text->known & 1u << i) ||
            !sane(&fields[i], text->milli[i], MILLI))
            continue;
        view->from[i] = FROM_VARIABLE;
        view->milli[i] = text->milli[i];
    }
}

static void view_at(const struct sample_block *block, size_t t, struct view *ret)
{
    *ret = (struct view){.newest = newest_by(&block->guest, block->times[t])};
    if (block->guest_counters)
        view_counters(ret, block, t);
    if (ret->newest && !too_old(ret->newest, block->times[t])) {
        ret->report = ret->newest;
        view_report(ret);
    }
}

static int64_t ticks_of(const struct view *view, enum guest_field i)
{
    if (unit_is_large(quantity_info(fields[i].quantity)->unit))
        return (view->milli[i] * KB + MILLI / 2) / MILLI;
    return view->milli[i];
}

/* Why nothing of a resource is known. */
static enum reason no_part(const struct guest_facts *guest, const struct view *view)
{
    if (view->report)
        return REASON_NO_GUEST_SOURCE; /* it speaks, but not of this */
    if (guest->refused)
        return REASON_GUEST_REFUSED;
    return view->newest ? REASON_GUEST_STALE : REASON_NO_GUEST_SOURCE;
}

enum reason guest_reason(const struct sample_block *block, size_t t, enum guest_resource resource)
{
    static const unsigned parts[] = {
        [GUEST_VCPUS] = 1u << GUEST_RUN_QUEUE,
        [GUEST_MEM] = 1u << GUEST_PAGE_IN | 1u << GUEST_PAGE_OUT | 1u << GUEST_SWAP_USED,
        [GUEST_DISK] = 1u << GUEST_DISK_QUEUE,
        [GUEST_NET] = 1u << GUEST_RING_DROPS | 1u << GUEST_DRIVER_DROPS,
    };
    struct view view;
    bool variable = false;
    view_at(block, t, &view);
    for (int i = 0; i < GUEST_FIELDS; i++) {
        if (!(parts[resource] & 1u << i))
            continue;
        if (view.from[i] == FROM_COUNTERS)
            return REASON_GUEST_COUNTERS;
        variable = variable || view.from[i] == FROM_VARIABLE;
    }
    return variable ? REASON_GUEST_VARIABLE : no_part(&block->guest, &view);
}

bool guest_part(const struct sample_block *block, size_t t, enum quantity quantity, int64_t *ret)
{
    struct view view;
    view_at(block, t, &view);
    for (int i = 0; i < GUEST_FIELDS; i++) {
        if (fields[i].quantity != quantity || view.from[i] == FROM_NOWHERE)
            continue;
        *ret = ticks_of(&view, (enum guest_field)i);
        return true;
    }
    return false;
}

static void put(struct row_batch *out, enum quantity quantity, int64_t ticks)
{
    row_batch_value(out, quantity, FORM_TOTAL, 0, ticks);
}

static void put_field(const struct view *view, enum guest_field i, struct row_batch *out)
{
    if (view->from[i] != FROM_NOWHERE)
        put(out, fields[i].quantity, ticks_of(view, i));
}

/* A value of the hypervisor in the row, less the guest's; both in ticks of the difference. */
static void put_difference(const struct view *view, enum guest_field i, int64_t guests,
                           enum quantity of, int64_t per_tick, struct row_batch *out)
{
    static const enum quantity differences[GUEST_FIELDS] = {
        [GUEST_CPU] = Q_CPU_GUEST_DIFFERENCE,
        [GUEST_MEM_NEEDED] = Q_MEM_GUEST_DIFFERENCE,
    };
    int64_t hypervisors;
    if (view->from[i] != FROM_NOWHERE &&
        row_find(out, &out->rows[out->nrows - 1], of, FORM_TOTAL, 0, &hypervisors))
        put(out, differences[i], hypervisors * per_tick - guests);
}

static void put_cpu(const struct view *view, struct row_batch *out)
{
    put_field(view, GUEST_RUN_QUEUE, out);
    put_field(view, GUEST_CONTEXT_SWITCHES, out);
    put_field(view, GUEST_CPU, out);
    put_difference(view, GUEST_CPU, view->milli[GUEST_CPU] * (RATIO_SCALE / MILLI), Q_CPU_GUEST_RUN,
                   1, out);
}

static void put_memory(const struct view *view, struct row_batch *out)
{
    put_field(view, GUEST_PAGE_IN, out);
    put_field(view, GUEST_PAGE_OUT, out);
    put_field(view, GUEST_SWAP_USED, out);
    put_field(view, GUEST_MEM_NEEDED, out);
    put_field(view, GUEST_MEM_AVAILABLE, out);
    put_difference(view, GUEST_MEM_NEEDED, ticks_of(view, GUEST_MEM_NEEDED), Q_MEM_GRANTED, KB,
                   out);
}

static void put_space(const struct guest_facts *guest, struct row_batch *out)
{
    if (guest->capacity <= 0)
        return;
    put(out, Q_DISK_GUEST_CAPACITY, guest->capacity / KB);
    if (guest->free >= 0)
        put(out, Q_DISK_GUEST_FREE, guest->free / KB);
}

static enum origin source_of(const struct view *view)
{
    for (int i = 0; i < GUEST_FIELDS; i++)
        if (view->from[i] == FROM_COUNTERS)
            return FROM_COUNTERS;
    return view->report ? FROM_VARIABLE : FROM_NOWHERE;
}

static int64_t code(int value)
{
    return value >= 0 && value < NOT_KNOWN ? value : NOT_KNOWN;
}

void guest_layers(const struct sample_block *block, size_t t, struct row_batch *out)
{
    struct view view;
    if (out->failed)
        return;
    view_at(block, t, &view);
    put_cpu(&view, out);
    put_memory(&view, out);
    put_space(&block->guest, out);
    for (size_t i = 0; view.report && i < view.report->text.napps; i++) {
        const struct guest_app *app = &view.report->text.apps[i];
        row_batch_value(out, Q_GUEST_APP, FORM_INSTANCE, app->number, app->milli);
    }
    put(out, Q_GUEST_TOOLS, code(block->guest.tools));
    put(out, Q_GUEST_HEARTBEAT, code(block->guest.heartbeat));
    put(out, Q_GUEST_SOURCE, source_of(&view));
    if (view.newest)
        put(out, Q_GUEST_AGE, (int64_t)age_ms(view.newest->received, block->times[t]));
}
