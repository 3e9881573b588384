/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "properties.h"

#include <stdlib.h>
#include <string.h>

#include "base/caps.h"
#include "session_private.h"
#include "wire.h"

enum { PAGE_OBJECTS = 1000, DESTROY_MS = 5000 };

void property_request_init(struct property_request *request, const struct property_set *set,
                           struct _vim__moref *object, bool is_view)
{
    *request = (struct property_request){
        .properties = {.type = (char *)set->type,
                       .all = "false",
                       .__sizepathSet = (int)set->npaths,
                       .pathSet = (char **)set->paths},
        .object = {.obj = object, .skip = is_view ? "true" : "false"},
        .select = {.xsi__type = "vim:TraversalSpec",
                   .name = "view",
                   .type = "ContainerView",
                   .path = "view",
                   .skip = "false"},
    };
    request->object.selectSet = is_view ? &request->select : NULL;
    request->spec = (struct vim__PropertyFilterSpec){.__sizepropSet = 1,
                                                     .propSet = &request->properties,
                                                     .__sizeobjectSet = 1,
                                                     .objectSet = &request->object};
}

/* ---- views and filters ---- */

static enum vim_code keep_reference(const struct wire *wire, const struct _vim__moref *from,
                                    struct arena *arena, struct _vim__moref *ret,
                                    struct vim_error *err)
{
    if (!from || !from->type || !from->__item)
        return vim_fail(err, VIM_PROTOCOL, "%s at %s: the answer names no object", wire->what,
                        wire->client->options.url);
    struct _vim__moref copy = {arena_text(arena, from->type, strlen(from->type)),
                               arena_text(arena, from->__item, strlen(from->__item))};
    if (!copy.type || !copy.__item)
        return vim_fail(err, VIM_NOMEM, "%s: out of memory", wire->what);
    *ret = copy;
    return VIM_OK;
}

enum vim_code view_create(struct vim_client *client, const char *type, struct arena *arena,
                          struct _vim__moref *ret, struct vim_error *err)
{
    struct vim__CreateContainerViewResponse reply;
    struct wire wire;
    enum vim_code code = wire_begin(&wire, client, "CreateContainerView", err);
    if (code)
        return code;
    code = wire_post(&wire,
                     soap_send_vim__CreateContainerView(
                         wire.soap, WIRE, session_manager(client, MANAGER_VIEWS),
                         session_manager(client, MANAGER_ROOT_FOLDER), (char *)type, "true"),
                     err);
    if (!code)
        code = wire_read(&wire, soap_recv_vim__CreateContainerView(wire.soap, &reply), err);
    if (!code)
        code = keep_reference(&wire, reply.returnval, arena, ret, err);
    wire_end(&wire);
    return code;
}

enum vim_code view_destroy(struct vim_client *client, struct _vim__moref *view,
                           struct vim_error *err)
{
    struct vim__DestroyViewResponse reply;
    struct wire wire;
    enum vim_code code = wire_begin(&wire, client, "DestroyView", err);
    if (code)
        return code;
    wire.timeout_ms = DESTROY_MS;
    code = wire_post(&wire, soap_send_vim__DestroyView(wire.soap, WIRE, view), err);
    if (!code)
        code = wire_read(&wire, soap_recv_vim__DestroyView(wire.soap, &reply), err);
    wire_end(&wire);
    return code;
}

enum vim_code filter_create(struct vim_client *client, const struct property_set *set,
                            struct _vim__moref *view, struct arena *arena, struct _vim__moref *ret,
                            struct vim_error *err)
{
    struct vim__CreateFilterResponse reply;
    struct property_request request;
    struct wire wire;
    enum vim_code code = wire_begin(&wire, client, "CreateFilter", err);
    if (code)
        return code;
    property_request_init(&request, set, view, true);
    code = wire_post(&wire,
                     soap_send_vim__CreateFilter(wire.soap, WIRE,
                                                 session_manager(client, MANAGER_PROPERTIES),
                                                 &request.spec, "false"),
                     err);
    if (!code)
        code = wire_read(&wire, soap_recv_vim__CreateFilter(wire.soap, &reply), err);
    if (!code)
        code = keep_reference(&wire, reply.returnval, arena, ret, err);
    wire_end(&wire);
    return code;
}

enum vim_code filter_destroy(struct vim_client *client, struct _vim__moref *filter,
                             struct vim_error *err)
{
    struct vim__DestroyPropertyFilterResponse reply;
    struct wire wire;
    enum vim_code code = wire_begin(&wire, client, "DestroyPropertyFilter", err);
    if (code)
        return code;
    wire.timeout_ms = DESTROY_MS;
    code = wire_post(&wire, soap_send_vim__DestroyPropertyFilter(wire.soap, WIRE, filter), err);
    if (!code)
        code = wire_read(&wire, soap_recv_vim__DestroyPropertyFilter(wire.soap, &reply), err);
    wire_end(&wire);
    return code;
}

/* ---- reading ---- */

const char *properties_fault(const struct _vim__MissingProperty *missing)
{
    const struct _vim__LocalizedMethodFault *wrapped = missing->fault;
    const char *type = wrapped && wrapped->fault ? wrapped->fault->xsi__type : NULL;
    const char *colon = type ? strchr(type, ':') : NULL;
    return colon ? colon + 1 : type ? type : "";
}

enum vim_code properties_missing(struct vim_client *client, unsigned epoch,
                                 const struct _vim__MissingProperty *missing, int n,
                                 struct vim_error *err)
{
    for (int i = 0; i < n; i++) {
        if (strcmp(properties_fault(&missing[i]), "NotAuthenticated") != 0)
            continue;
        session_lost(client, epoch);
        return vim_fail(err, VIM_NOT_AUTHENTICATED,
                        "%s: property %.80s was refused: the session has ended; log in again",
                        client->options.url, missing[i].path ? missing[i].path : "?");
    }
    return VIM_OK;
}

struct reading {
    struct vim_client *client;
    unsigned epoch;
    enum vim_code (*visit)(void *ctx, const struct _vim__ObjectContent *object,
                           struct vim_error *err);
    void *ctx;
    char *token; /* of the next page; NULL = that was the last one */
};

static enum vim_code take_page(struct reading *reading, const struct _vim__RetrieveResult *page,
                               struct vim_error *err)
{
    enum vim_code code = VIM_OK;
    free(reading->token);
    reading->token = NULL;
    for (int i = 0; page && i < page->__sizeobjects && !code; i++) {
        const struct _vim__ObjectContent *object = &page->objects[i];
        code = properties_missing(reading->client, reading->epoch, object->missingSet,
                                  object->__sizemissingSet, err);
        if (!code)
            code = reading->visit(reading->ctx, object, err);
    }
    if (code || !page || !page->token || !*page->token)
        return code;
    reading->token = strdup(page->token);
    return reading->token ? VIM_OK : vim_fail(err, VIM_NOMEM, "out of memory");
}

static enum vim_code first_page(struct reading *reading, struct property_request *request, int most,
                                struct vim_error *err)
{
    struct vim__RetrieveOptions options = {.maxObjects = &most};
    struct vim__RetrievePropertiesExResponse reply;
    struct wire wire;
    enum vim_code code = wire_begin(&wire, reading->client, "RetrievePropertiesEx", err);
    if (code)
        return code;
    code = wire_post(&wire,
                     soap_send_vim__RetrievePropertiesEx(
                         wire.soap, WIRE, session_manager(reading->client, MANAGER_PROPERTIES),
                         &request->spec, &options),
                     err);
    if (!code)
        code = wire_read(&wire, soap_recv_vim__RetrievePropertiesEx(wire.soap, &reply), err);
    if (!code)
        code = take_page(reading, reply.returnval, err);
    wire_end(&wire);
    return code;
}

static enum vim_code next_page(struct reading *reading, struct vim_error *err)
{
    struct vim__ContinueRetrievePropertiesExResponse reply;
    struct wire wire;
    enum vim_code code = wire_begin(&wire, reading->client, "ContinueRetrievePropertiesEx", err);
    if (code)
        return code;
    code = wire_post(
        &wire,
        soap_send_vim__ContinueRetrievePropertiesEx(
            wire.soap, WIRE, session_manager(reading->client, MANAGER_PROPERTIES), reading->token),
        err);
    if (!code)
        code =
            wire_read(&wire, soap_recv_vim__ContinueRetrievePropertiesEx(wire.soap, &reply), err);
    if (!code)
        code = take_page(reading, reply.returnval, err);
    wire_end(&wire);
    return code;
}

enum vim_code
properties_read(struct vim_client *client, const struct property_set *set, struct _vim__moref *view,
                enum vim_code (*visit)(void *ctx, const struct _vim__ObjectContent *object,
                                       struct vim_error *err),
                void *ctx, struct vim_error *err)
{
    struct reading reading = {
        .client = client, .epoch = session_epoch(client), .visit = visit, .ctx = ctx};
    struct property_request request;
    property_request_init(&request, set, view, true);
    enum vim_code code = first_page(&reading, &request, set->page ? set->page : PAGE_OBJECTS, err);
    for (int pages = 1; !code && reading.token; pages++)
        code = pages < CAP_UPDATE_PAGES
                   ? next_page(&reading, err)
                   : vim_fail(err, VIM_TOO_LARGE, "%s: more than %d pages of properties",
                              client->options.url, CAP_UPDATE_PAGES);
    free(reading.token);
    return code;
}
