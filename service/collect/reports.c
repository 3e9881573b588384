/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "collect/reports.h"

#include <stdlib.h>
#include <string.h>

/* Most guests have few application values or none, so a text is kept as the front part of its
 * struct: 40,000 VMs times four whole ones would be 200 MiB. */
struct kept {
    struct server_time received;
    size_t bytes;
    unsigned char front[];
};

struct reports {
    uint32_t serial; /* of the text taken last */
    enum guest_refusal newest;
    enum guest_refusal told; /* why the last refusal that was told was one; GUEST_OK = none */
    size_t napps;
    uint16_t apps[APPS_KNOWN]; /* their numbers */
    size_t n;
    struct kept *kept[REPORTS_KEPT]; /* ascending by time */
};

static struct kept *keep(const struct guest_text *text, struct server_time received)
{
    size_t bytes = offsetof(struct guest_text, apps) + text->napps * sizeof text->apps[0];
    struct kept *kept = malloc(sizeof *kept + bytes);
    if (!kept)
        return NULL;
    kept->received = received;
    kept->bytes = bytes;
    memcpy(kept->front, text, bytes);
    return kept;
}

static void restore(const struct kept *kept, struct guest_text *ret)
{
    memset(ret, 0, sizeof *ret);
    memcpy(ret, kept->front, kept->bytes);
}

static bool same(const struct guest_text *a, const struct guest_text *b)
{
    bool equal = a->guest_s == b->guest_s && a->interval_s == b->interval_s &&
                 a->known == b->known && a->napps == b->napps &&
                 memcmp(a->milli, b->milli, sizeof a->milli) == 0;
    for (size_t i = 0; equal && i < a->napps; i++)
        equal = a->apps[i].number == b->apps[i].number && a->apps[i].milli == b->apps[i].milli;
    return equal;
}

static bool app_is_known(struct reports *reports, uint16_t number)
{
    for (size_t i = 0; i < reports->napps; i++)
        if (reports->apps[i] == number)
            return true;
    if (reports->napps == APPS_KNOWN)
        return false;
    reports->apps[reports->napps++] = number;
    return true;
}

/* Leaves out what is beyond APPS_KNOWN. */
static void limit_apps(struct reports *reports, struct guest_text *text)
{
    size_t n = 0;
    for (size_t i = 0; i < text->napps; i++)
        if (app_is_known(reports, text->apps[i].number))
            text->apps[n++] = text->apps[i];
    text->napps = n;
}

/* 0, or -1 when out of memory. */
static int add(struct reports *reports, const struct guest_text *text,
               struct report_arrival arrival)
{
    struct guest_text newest;
    if (reports_newest(reports, &newest) && same(&newest, text))
        return 0;
    struct server_time received = arrival.at;
    if (arrival.first && text->guest_s < received.ms / 1000)
        received.ms = text->guest_s * 1000;
    if (reports->n && received.ms < reports->kept[reports->n - 1]->received.ms)
        received = reports->kept[reports->n - 1]->received;
    struct kept *kept = keep(text, received);
    if (!kept)
        return -1;
    if (reports->n == REPORTS_KEPT) {
        free(reports->kept[0]);
        memmove(reports->kept, reports->kept + 1, --reports->n * sizeof *reports->kept);
    }
    reports->kept[reports->n++] = kept;
    return 0;
}

/* ---- good and refused ---- */

static void now_good(struct reports *reports, struct report_desk *desk)
{
    bool was_refused = reports->newest != GUEST_OK;
    reports->newest = GUEST_OK;
    reports->told = GUEST_OK;
    desk->refused -= was_refused;
    if (was_refused && !desk->refused)
        complain_over(&desk->refusing, "collect", "guest_texts_good", "vcenter=%s",
                      log_quote(desk->vcenter));
}

static void now_refused(struct reports *reports, struct report_desk *desk,
                        enum guest_refusal refusal, const struct vim_object *vm)
{
    desk->refused += reports->newest == GUEST_OK;
    reports->newest = refusal;
    metric_add(desk->figures, METRIC_GUEST_TEXTS_REFUSED, 1);
    if (reports->told == refusal)
        return;
    reports->told = refusal;
    complain(&desk->refusing, LOG_WARN, "collect", "guest_text_refused",
             "vcenter=%s vm=%s moid=%s reason=%s", log_quote(desk->vcenter), log_quote(vm->name),
             log_quote(vm->moid), log_quote(guest_refusal_text(refusal)));
}

static bool has_text(const struct vim_object *vm)
{
    return *vm->guestinfo || vm->guestinfo_refused;
}

bool reports_news(const struct reports *reports, const struct vim_object *vm, bool first)
{
    if (!reports)
        return has_text(vm);
    return first || reports->serial != vm->guestinfo_serial;
}

int reports_take(struct reports **reports, struct report_desk *desk, const struct vim_object *vm,
                 struct report_arrival arrival)
{
    if (!reports_news(*reports, vm, arrival.first))
        return 0;
    if (!*reports && !(*reports = calloc(1, sizeof **reports)))
        return -1;
    (*reports)->serial = vm->guestinfo_serial;
    if (!has_text(vm)) { /* taken away, as at a power-off: nothing new, and nothing wrong */
        now_good(*reports, desk);
        return 0;
    }
    struct guest_text text;
    enum guest_refusal refusal = vm->guestinfo_refused ? GUEST_TOO_LONG : GUEST_OK;
    if (refusal == GUEST_OK)
        refusal = guest_text_read(vm->guestinfo, strlen(vm->guestinfo), &text);
    metric_add(desk->figures, METRIC_GUEST_TEXTS, 1);
    if (refusal != GUEST_OK) {
        now_refused(*reports, desk, refusal, vm);
        return 0;
    }
    now_good(*reports, desk);
    limit_apps(*reports, &text);
    return add(*reports, &text, arrival);
}

/* ---- asking ---- */

bool reports_refused(const struct reports *reports)
{
    return reports && reports->newest != GUEST_OK;
}

bool reports_newest(const struct reports *reports, struct guest_text *ret)
{
    if (!reports || !reports->n)
        return false;
    restore(reports->kept[reports->n - 1], ret);
    return true;
}

int reports_list(const struct reports *reports, struct arena *arena,
                 const struct guest_report **ret, size_t *ret_n)
{
    *ret = NULL;
    *ret_n = 0;
    if (!reports || !reports->n)
        return 0;
    struct guest_report *list = arena_take_raw(arena, reports->n * sizeof *list);
    if (!list)
        return -1;
    for (size_t i = 0; i < reports->n; i++) {
        list[i].received = reports->kept[i]->received;
        restore(reports->kept[i], &list[i].text);
    }
    *ret = list;
    *ret_n = reports->n;
    return 0;
}

void reports_free(struct reports *reports, struct report_desk *desk)
{
    if (!reports)
        return;
    if (reports->newest != GUEST_OK)
        desk->refused--;
    for (size_t i = 0; i < reports->n; i++)
        free(reports->kept[i]);
    free(reports);
}
