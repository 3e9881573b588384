/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What a guest published last: its newest texts of guestinfo.vstrata, read, and when they came. A
 * few are kept, because samples are asked for later than their time.
 */
#ifndef COLLECT_REPORTS_H
#define COLLECT_REPORTS_H

#include "base/arena.h"
#include "collect/sample.h"
#include "report/log.h"
#include "report/metrics.h"
#include "vim/inventory.h"

enum { REPORTS_KEPT = 4 };

/* Application values that a guest may name while we watch it: each is a series in every store, and
 * a guest that invents new ones with each text must not fill them. */
enum { APPS_KNOWN = 4 * GUEST_APPS };

struct reports; /* of one VM; NULL = it has published nothing */

struct report_desk { /* what the reports of a vCenter share */
    const char *vcenter;
    struct metric_set *figures;
    size_t refused; /* VMs whose newest text is refused */
    struct complaint refusing;
};

struct report_arrival {
    struct server_time at; /* the server's clock when the text came */
    bool first;            /* the inventory was just opened: the text was there before, and its age
                              is not known */
};

/* Whether reports_take would have something to do: a text came that is not known. */
bool reports_news(const struct reports *reports, const struct vim_object *vm, bool first);

/* Takes the VM's text. It is read, kept or refused, and counted; the first refusal of a VM for a
 * reason is told. A text that was there before counts as of the guest's own time, if that is
 * earlier, and one that is known is not taken again: a guest that has died must not look alive
 * after a login. Of application values only the first APPS_KNOWN names that a VM ever used
 * are kept. 0, or -1 when out of memory. */
int reports_take(struct reports **reports, struct report_desk *desk, const struct vim_object *vm,
                 struct report_arrival arrival);

/* Whether the newest text was refused. */
bool reports_refused(const struct reports *reports);

/* The newest text that was not refused; false if there is none. */
bool reports_newest(const struct reports *reports, struct guest_text *ret);

/* The texts, ascending by time, in the arena. NULL with *ret_n 0 if there are none; -1 when out of
 * memory, otherwise 0. */
int reports_list(const struct reports *reports, struct arena *arena,
                 const struct guest_report **ret, size_t *ret_n);

/* NULL is fine. */
void reports_free(struct reports *reports, struct report_desk *desk);

#endif
