/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * WaitForUpdatesEx. A filter remembers for each object at which sequence number it was last told,
 * so "what is new" is a comparison, full state is "nothing was told", and a page is simply an end
 * before everything was told.
 *
 * Versions count up per session and are worthless elsewhere. The newest answer is kept: a client
 * that lost it asks with the version before, and gets the same text again.
 *
 *     ""  --> full state, version 1     1 --> changes, version 2     2 --> changes, version 3
 *                                       1 again (answer lost) --> the same changes, version 2
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "collector.h"
#include "operations.h"
#include "publish.h"
#include "xml.h"

enum { PAGE = 100, WAIT_MOST_S = 1800 };

struct page {
    struct call *call;
    struct filter *filter;
    int64_t left;   /* objects that still fit */
    bool truncated; /* some did not */
    bool any;
};

static void version_text(const struct session *s, uint32_t version, char text[VERSION_TEXT])
{
    snprintf(text, VERSION_TEXT, "%.8s-%" PRIu32, s->key, version);
}

/* Opens the filterSet with the filter's first object. */
static void open_filter(struct page *page, bool *opened)
{
    struct call *c = page->call;
    char moid[64];
    if (*opened)
        return;
    *opened = page->any = true;
    buf_str(c->out, "<filterSet>");
    xml_element_ref(c->out, "filter", "PropertyFilter",
                    session_moid(c->session, "filter", page->filter->id, moid));
}

static void write_update(struct page *page, uint32_t i, const char *kind, uint64_t rows)
{
    struct call *c = page->call;
    struct world *w = &c->server->world;
    char moid[MOID_TEXT];
    struct subject_ref ref = {(enum subject)w->objects[i].kind, i};
    buf_printf(c->out, "<objectSet><kind>%s</kind>", kind);
    xml_element_ref(c->out, "obj", subject_type(ref.subject), world_moid(w, i, moid));
    if (rows)
        properties_write(c->server, c->session, ref, rows,
                         *kind == 'e' ? PROPERTIES_ENTERED : PROPERTIES_CHANGED, c->out);
    buf_str(c->out, "</objectSet>");
}

/* Tells the object if there is something to tell. */
static void update_object(struct page *page, uint32_t i, bool in, bool *opened)
{
    struct filter *f = page->filter;
    const struct world *w = &page->call->server->world;
    const struct object *o = &w->objects[i];
    uint64_t rows = in ? properties_of(&f->properties, (enum subject)o->kind) : 0;
    const char *kind = NULL;
    if (in && !f->seen[i])
        kind = "enter";
    else if (in) {
        rows = properties_changed(rows, o, f->seen[i]);
        kind = rows ? "modify" : NULL;
    } else if (f->seen[i])
        kind = "leave";
    if (!kind)
        return;
    if (!page->left) {
        page->truncated = true;
        return;
    }
    page->left--;
    open_filter(page, opened);
    write_update(page, i, kind, rows);
    f->seen[i] = in ? w->sequence : 0;
}

static bool grow_seen(struct filter *f, uint32_t n)
{
    if (n <= f->nseen)
        return true;
    uint32_t *seen = realloc(f->seen, n * sizeof *seen);
    if (!seen)
        return false;
    memset(seen + f->nseen, 0, (n - f->nseen) * sizeof *seen);
    f->seen = seen;
    f->nseen = n;
    return true;
}

/* When any selection may have changed last. */
static uint32_t last_move(const struct world *w)
{
    uint32_t place = w->newest[ASPECT_PLACE];
    return place > w->population ? place : w->population;
}

/* True if nothing that the filter asks for has changed since it was told everything: the many
 * changes of what guests publish are to cost nothing to those who do not read it. */
static bool nothing_new(const struct world *w, const struct filter *f)
{
    unsigned aspects = properties_aspects(&f->properties);
    uint32_t newest = last_move(w);
    for (unsigned a = 0; a < ASPECTS; a++)
        if ((aspects >> a & 1) && w->newest[a] > newest)
            newest = w->newest[a];
    return f->clean && f->clean >= newest;
}

/* Which objects the filter selects, unless it is known still. A view that was destroyed selects
 * nothing; that is no fault of this call. */
static bool select_objects(struct call *c, struct filter *f)
{
    const struct world *w = &c->server->world;
    if (f->selected && f->selected >= last_move(w) && f->nin == w->nobjects)
        return true;
    unsigned char *in = calloc(w->nobjects, 1);
    if (!in)
        return false;
    struct subject_list list = {0};
    struct call quiet = {.server = c->server, .session = c->session};
    buf_init(&quiet.detail, 4096);
    collector_select(&quiet, xmlDocGetRootElement(f->spec), &f->properties, &list);
    buf_free(&quiet.detail);
    for (size_t i = 0; i < list.n; i++)
        if (list.items[i].subject < SUBJECT_VIEW)
            in[list.items[i].index] = 1;
    subject_list_free(&list);
    free(f->in);
    f->in = in;
    f->nin = w->nobjects;
    f->selected = w->sequence;
    return true;
}

static void update_filter(struct page *page)
{
    struct call *c = page->call;
    const struct world *w = &c->server->world;
    struct filter *f = page->filter;
    bool opened = false;
    if (nothing_new(w, f) || !select_objects(c, f) || !grow_seen(f, w->nobjects))
        return;
    for (uint32_t i = 0; i < w->nobjects && !page->truncated; i++)
        update_object(page, i, f->in[i], &opened);
    if (opened)
        buf_str(c->out, "</filterSet>");
    if (!page->truncated)
        f->clean = w->sequence;
}

/* Writes an UpdateSet if there is anything new. */
static bool write_updates(struct call *c, const char *asked, int64_t most)
{
    struct session *s = c->session;
    size_t start = c->out->len;
    char version[VERSION_TEXT];
    struct page page = {.call = c, .left = most};
    version_text(s, s->version + 1, version);
    buf_str(c->out, "<returnval>");
    xml_element(c->out, "version", version);
    for (size_t i = 0; i < FILTERS_MAX && !page.truncated; i++) {
        page.filter = &s->filters[i];
        if (page.filter->id)
            update_filter(&page);
    }
    if (!page.any || !buf_ok(c->out)) {
        if (buf_ok(c->out)) {
            c->out->len = start;
            c->out->data[start] = '\0';
        }
        return false;
    }
    if (page.truncated)
        xml_element(c->out, "truncated", "true");
    buf_str(c->out, "</returnval>");
    s->version++;
    snprintf(s->asked, sizeof s->asked, "%s", asked);
    free(s->answer);
    s->answer = buf_ok(c->out) ? strdup(c->out->data + start) : NULL;
    return true;
}

/* Forgets what was told. */
static void start_over(struct session *s)
{
    for (size_t i = 0; i < FILTERS_MAX; i++) {
        free(s->filters[i].seen);
        s->filters[i].seen = NULL;
        s->filters[i].nseen = s->filters[i].clean = 0;
    }
}

static bool sooner(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

/* Sleeps until something changes or a guest publishes, at most until the deadline. False when it
 * has passed. */
static bool wait_change(struct world *w, const struct timespec *deadline)
{
    enum { SECOND_MS = 1000, MS_NS = 1000000 };
    struct timespec until = *deadline, now;
    int64_t next_ms = publish_next_ms(w);
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (next_ms >= 0) {
        int64_t at_ms = now.tv_nsec / MS_NS + next_ms;
        struct timespec next = {now.tv_sec + at_ms / SECOND_MS, at_ms % SECOND_MS * MS_NS};
        until = sooner(&next, deadline) ? next : *deadline;
    }
    pthread_cond_timedwait(&w->changed, &w->lock, &until);
    publish_catch_up(w);
    clock_gettime(CLOCK_MONOTONIC, &now);
    return sooner(&now, deadline);
}

static bool wait_updates(struct call *c, const char *asked, int64_t seconds, int64_t most)
{
    struct world *w = &c->server->world;
    struct session *s = c->session;
    struct timespec deadline;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += (time_t)seconds;
    char key[SESSION_KEY];
    memcpy(key, s->key, sizeof key);
    uint64_t waiter = ++s->waiter;
    pthread_cond_broadcast(&w->changed); /* an older waiter gives up */
    for (bool more = true; more;) {
        if (write_updates(c, asked, most))
            return true;
        more = !w->stopping && seconds && wait_change(w, &deadline);
        if (strcmp(s->key, key) != 0)
            return soap_fault_not_authenticated(c);
        if (s->waiter != waiter)
            return soap_fault(c, "RequestCanceled", "The request was canceled by a user.");
    }
    s->touched_ms = mono_now().ms;
    return true;
}

bool op_wait_for_updates_ex(struct call *c)
{
    const xmlNode *options = xml_first(c->request, "options");
    int64_t seconds = 0, most = 0;
    if (!xml_child_int(options, "maxWaitSeconds", WAIT_MOST_S, &seconds) || seconds < 0)
        return soap_fault_argument(c, "options.maxWaitSeconds");
    if (!xml_child_int(options, "maxObjectUpdates", PAGE, &most) || most < 1)
        return soap_fault_argument(c, "options.maxObjectUpdates");
    seconds = seconds > WAIT_MOST_S ? WAIT_MOST_S : seconds;
    most = most > PAGE ? PAGE : most;
    struct session *s = c->session;
    const char *asked = xml_child_text(c->request, "version");
    char current[VERSION_TEXT];
    version_text(s, s->version, current);
    if (!*asked)
        start_over(s);
    else if (s->version && s->answer && !strcmp(asked, s->asked)) {
        buf_str(c->out, s->answer);
        return true;
    } else if (!s->version || strcmp(asked, current) != 0)
        return soap_fault(c, "InvalidCollectorVersion", "Invalid collector version.");
    return wait_updates(c, asked, seconds, most);
}

bool op_cancel_wait_for_updates(struct call *c)
{
    c->session->waiter++;
    pthread_cond_broadcast(&c->server->world.changed);
    return true;
}
