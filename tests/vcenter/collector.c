/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "collector.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "operations.h"
#include "xml.h"

enum { TRAVERSAL_DEPTH = 24 };

bool collector_properties(struct call *c, const xmlNode *spec, struct properties *ret)
{
    struct properties properties = {0, 0};
    for (const xmlNode *set = xml_first(spec, "propSet"); set; set = xml_next(set, "propSet")) {
        const char *type = xml_child_text(set, "type");
        if (xml_child_true(set, "all"))
            properties_add(&properties, type, NULL);
        const xmlNode *path = xml_first(set, "pathSet");
        if (!path)
            properties.subjects |= subjects_of_type(type);
        for (; path; path = xml_next(path, "pathSet")) {
            if (properties_add(&properties, type, xml_text(path)))
                continue;
            xml_element(&c->detail, "name", xml_text(path));
            return soap_fault(c, "InvalidProperty", "The property '%.100s' is not valid for %.64s",
                              xml_text(path), type);
        }
    }
    *ret = properties;
    return true;
}

struct walk {
    struct call *call;
    const xmlNode *object_set;
    unsigned subjects;    /* asked */
    unsigned char *taken; /* by object: already in the list */
    struct subject_list *list;
    int depth;
};

static void take(struct walk *walk, struct subject_ref ref)
{
    if (!(walk->subjects >> ref.subject & 1))
        return;
    if (ref.subject < SUBJECT_VIEW) {
        if (walk->taken[ref.index])
            return;
        walk->taken[ref.index] = 1;
    }
    subject_list_add(walk->list, ref.subject, ref.index);
}

static bool traverse(struct walk *walk, struct subject_ref from, const xmlNode *traversal);

/* A TraversalSpec of this name anywhere below. */
static const xmlNode *named(const xmlNode *parent, const char *name)
{
    for (const xmlNode *n = xml_first(parent, "selectSet"); n; n = xml_next(n, "selectSet")) {
        if (xml_first(n, "path") && !strcmp(xml_child_text(n, "name"), name))
            return n;
        const xmlNode *deeper = named(n, name);
        if (deeper)
            return deeper;
    }
    return NULL;
}

static bool select_all(struct walk *walk, struct subject_ref from, const xmlNode *parent)
{
    for (const xmlNode *n = xml_first(parent, "selectSet"); n; n = xml_next(n, "selectSet")) {
        const xmlNode *traversal = n;
        if (!xml_first(n, "path"))
            traversal = named(walk->object_set, xml_child_text(n, "name"));
        if (traversal && !traverse(walk, from, traversal))
            return false;
    }
    return true;
}

static bool traverse(struct walk *walk, struct subject_ref from, const xmlNode *traversal)
{
    struct call *c = walk->call;
    if (!(subjects_of_type(xml_child_text(traversal, "type")) >> from.subject & 1) ||
        walk->depth >= TRAVERSAL_DEPTH)
        return true;
    struct subject_list found = {0};
    const char *path = xml_child_text(traversal, "path");
    bool ok = subject_follow(c->server, c->session, from, path, &found);
    if (!ok) {
        xml_element(&c->detail, "name", path);
        soap_fault(c, "InvalidProperty", "The property '%.100s' cannot be traversed", path);
    }
    bool skip = xml_child_true(traversal, "skip"), deeper = xml_first(traversal, "selectSet");
    walk->depth++;
    for (size_t i = 0; i < found.n && ok; i++) {
        if (!skip)
            take(walk, found.items[i]);
        ok = !deeper || select_all(walk, found.items[i], traversal);
    }
    walk->depth--;
    subject_list_free(&found);
    return ok;
}

bool collector_select(struct call *c, const xmlNode *spec, const struct properties *properties,
                      struct subject_list *list)
{
    struct walk walk = {.call = c, .subjects = properties->subjects, .list = list};
    walk.taken = calloc(c->server->world.nobjects, 1);
    bool ok = walk.taken;
    for (const xmlNode *set = xml_first(spec, "objectSet"); set && ok;
         set = xml_next(set, "objectSet")) {
        struct subject_ref from = {SUBJECTS, 0};
        const xmlNode *obj = xml_first(set, "obj");
        if (!subject_find(c->server, c->session, xml_text(obj), &from)) {
            ok = soap_fault_not_found(c, obj);
            break;
        }
        if (!xml_child_true(set, "skip"))
            take(&walk, from);
        walk.object_set = set;
        ok = select_all(&walk, from, set);
    }
    free(walk.taken);
    if (list->failed)
        ok = soap_fault(c, "SystemError", "Out of memory");
    return ok;
}

/* ---- views and filters ---- */

bool op_create_container_view(struct call *c)
{
    const xmlNode *container = xml_first(c->request, "container");
    const struct object *object = world_find(&c->server->world, xml_text(container));
    if (!object)
        return soap_fault_not_found(c, container);
    size_t i = 0;
    while (i < VIEWS_MAX && c->session->views[i].id)
        i++;
    if (i == VIEWS_MAX)
        return soap_fault(c, "SystemError", "A session has at most %d views", VIEWS_MAX);
    struct view view = {.id = c->session->next_id++,
                        .container = world_index(&c->server->world, object),
                        .deep = xml_child_true(c->request, "recursive")};
    const xmlNode *type = xml_first(c->request, "type");
    view.subjects = type ? 0 : subjects_of_type("ManagedEntity");
    for (; type; type = xml_next(type, "type"))
        view.subjects |= subjects_of_type(xml_text(type));
    c->session->views[i] = view;
    char moid[64];
    xml_element_ref(c->out, "returnval", "ContainerView",
                    session_moid(c->session, "view", view.id, moid));
    return true;
}

bool op_destroy_view(struct call *c)
{
    const xmlNode *self = xml_first(c->request, "_this");
    struct view *view = session_view(c->session, xml_text(self));
    if (!view)
        return soap_fault_not_found(c, self);
    *view = (struct view){0};
    for (size_t i = 0; i < FILTERS_MAX; i++) /* what it selected is to be told as gone */
        c->session->filters[i].selected = c->session->filters[i].clean = 0;
    return true;
}

bool op_create_filter(struct call *c)
{
    const xmlNode *spec = xml_first(c->request, "spec");
    struct filter filter = {0};
    struct subject_list list = {0};
    if (!collector_properties(c, spec, &filter.properties))
        return false;
    bool ok = collector_select(c, spec, &filter.properties, &list);
    subject_list_free(&list);
    if (!ok)
        return false;
    size_t i = 0;
    while (i < FILTERS_MAX && c->session->filters[i].id)
        i++;
    if (i == FILTERS_MAX)
        return soap_fault(c, "SystemError", "A session has at most %d filters", FILTERS_MAX);
    filter.spec = xmlNewDoc((const xmlChar *)"1.0");
    xmlNode *copy = filter.spec ? xmlDocCopyNode((xmlNode *)spec, filter.spec, 1) : NULL;
    if (!copy) {
        xmlFreeDoc(filter.spec);
        return soap_fault(c, "SystemError", "Out of memory");
    }
    xmlDocSetRootElement(filter.spec, copy);
    filter.id = c->session->next_id++;
    c->session->filters[i] = filter;
    pthread_cond_broadcast(&c->server->world.changed); /* a waiter tells its objects */
    char moid[64];
    xml_element_ref(c->out, "returnval", "PropertyFilter",
                    session_moid(c->session, "filter", filter.id, moid));
    return true;
}

bool op_destroy_property_filter(struct call *c)
{
    const xmlNode *self = xml_first(c->request, "_this");
    struct filter *filter = session_filter(c->session, xml_text(self));
    if (!filter)
        return soap_fault_not_found(c, self);
    session_drop_filter(filter);
    return true;
}

/* ---- retrieval ---- */

static void write_object(struct call *c, const char *element, const struct properties *properties,
                         struct subject_ref ref)
{
    char moid[64];
    if (ref.subject < SUBJECT_VIEW && c->server->world.objects[ref.index].gone)
        return; /* between two pages */
    if (ref.subject == SUBJECT_VIEW && !c->session->views[ref.index].id)
        return;
    buf_printf(c->out, "<%s>", element);
    xml_element_ref(c->out, "obj", subject_type(ref.subject),
                    subject_moid(c->server, c->session, ref, moid));
    properties_write(c->server, c->session, ref, properties_of(properties, ref.subject),
                     PROPERTIES_OF_OBJECT, c->out);
    buf_printf(c->out, "</%s>", element);
}

static struct token *free_token(struct session *session)
{
    struct token *oldest = &session->tokens[0];
    for (size_t i = 0; i < TOKENS_MAX; i++) {
        if (!session->tokens[i].id)
            return &session->tokens[i];
        if (session->tokens[i].id < oldest->id)
            oldest = &session->tokens[i];
    }
    session_drop_token(oldest);
    return oldest;
}

static void token_text(const struct token *token, char text[32])
{
    snprintf(text, 32, "token-%" PRIu32, token->id);
}

/* One page. What is left is kept under a new token; *token is used up. */
static bool write_page(struct call *c, struct token *token)
{
    size_t left = token->rest.n - token->at;
    size_t n = token->page > 0 && (size_t)token->page < left ? (size_t)token->page : left;
    if (!token->rest.n) { /* no object at all: no RetrieveResult */
        session_drop_token(token);
        return true;
    }
    buf_str(c->out, "<returnval>");
    if (n < left) {
        char text[32];
        token->id = c->session->next_id++;
        token_text(token, text);
        xml_element(c->out, "token", text);
    }
    for (size_t i = 0; i < n; i++)
        write_object(c, "objects", &token->properties, token->rest.items[token->at + i]);
    token->at += n;
    buf_str(c->out, "</returnval>");
    if (n == left)
        session_drop_token(token);
    return true;
}

/* Objects of all specSets; the properties are those of all together, as clients send one. */
static bool read_specs(struct call *c, struct properties *properties, struct subject_list *list)
{
    const xmlNode *spec = xml_first(c->request, "specSet");
    if (!spec)
        return soap_fault_argument(c, "specSet");
    for (; spec; spec = xml_next(spec, "specSet")) {
        struct properties some = {0, 0};
        if (!collector_properties(c, spec, &some) || !collector_select(c, spec, &some, list))
            return false;
        properties->rows |= some.rows;
        properties->subjects |= some.subjects;
    }
    return true;
}

/* Without a session only the service's content can be read, as clients do before they log in. */
static bool only_service(const struct call *c)
{
    const xmlNode *spec = xml_first(c->request, "specSet");
    const xmlNode *set = xml_first(spec, "objectSet");
    return set && !xml_next(spec, "specSet") && !xml_next(set, "objectSet") &&
           !xml_first(set, "selectSet") &&
           !strcmp(xml_child_text(set, "obj"), subject_type(SUBJECT_SERVICE));
}

static bool retrieve_anonymous(struct call *c)
{
    const struct subject_ref service = {SUBJECT_SERVICE, 0};
    const xmlNode *spec = xml_first(c->request, "specSet");
    struct properties properties = {0, 0};
    if (!only_service(c))
        return soap_fault_not_authenticated(c);
    if (!collector_properties(c, spec, &properties))
        return false;
    bool ex = !strcmp((const char *)c->request->name, "RetrievePropertiesEx");
    buf_str(c->out, ex ? "<returnval>" : "");
    write_object(c, ex ? "objects" : "returnval", &properties, service);
    buf_str(c->out, ex ? "</returnval>" : "");
    return true;
}

bool op_retrieve_properties_ex(struct call *c)
{
    if (!c->session)
        return retrieve_anonymous(c);
    struct token page = {0};
    const xmlNode *options = xml_first(c->request, "options");
    if (!xml_child_int(options, "maxObjects", 0, &page.page) || page.page < 0)
        return soap_fault_argument(c, "options.maxObjects");
    if (!read_specs(c, &page.properties, &page.rest)) {
        subject_list_free(&page.rest);
        return false;
    }
    struct token *token = free_token(c->session);
    *token = page;
    return write_page(c, token);
}

/* The form without pages, which older clients call. */
bool op_retrieve_properties(struct call *c)
{
    if (!c->session)
        return retrieve_anonymous(c);
    struct properties properties = {0, 0};
    struct subject_list list = {0};
    bool ok = read_specs(c, &properties, &list);
    for (size_t i = 0; i < list.n && ok; i++)
        write_object(c, "returnval", &properties, list.items[i]);
    subject_list_free(&list);
    return ok;
}

static struct token *find_token(struct call *c)
{
    const char *asked = xml_child_text(c->request, "token");
    for (size_t i = 0; i < TOKENS_MAX; i++) {
        char text[32];
        struct token *token = &c->session->tokens[i];
        token_text(token, text);
        if (token->id && !strcmp(text, asked))
            return token;
    }
    return NULL;
}

bool op_continue_retrieve_properties_ex(struct call *c)
{
    struct token *token = find_token(c);
    return token ? write_page(c, token) : soap_fault_argument(c, "token");
}

bool op_cancel_retrieve_properties_ex(struct call *c)
{
    struct token *token = find_token(c);
    if (!token)
        return soap_fault_argument(c, "token");
    session_drop_token(token);
    return true;
}
