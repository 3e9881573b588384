/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The property collector: views and filters as the server keeps them, and RetrievePropertiesEx
 * with its pages.
 */
#ifndef VIM_PROPERTIES_H
#define VIM_PROPERTIES_H

#include "base/arena.h"
#include "client_private.h"
#include "soapH.h"

/* Properties of all objects of one type under the root folder. */
struct property_set {
    const char *type;
    const char *const *paths;
    size_t npaths;
    int page; /* objects in one answer; 0 = the usual number */
};

/* CreateContainerView over the root folder, recursive. The reference is kept in arena. */
enum vim_code view_create(struct vim_client *client, const char *type, struct arena *arena,
                          struct _vim__moref *ret, struct vim_error *err);
enum vim_code view_destroy(struct vim_client *client, struct _vim__moref *view,
                           struct vim_error *err);

/* CreateFilter on the session's property collector, full updates only. */
enum vim_code filter_create(struct vim_client *client, const struct property_set *set,
                            struct _vim__moref *view, struct arena *arena, struct _vim__moref *ret,
                            struct vim_error *err);
enum vim_code filter_destroy(struct vim_client *client, struct _vim__moref *filter,
                             struct vim_error *err);

/* Reads set through a view, page by page, and calls visit for each object. A visit that does not
 * return VIM_OK has filled err and ends the reading. The object is gone after the visit. */
enum vim_code
properties_read(struct vim_client *client, const struct property_set *set, struct _vim__moref *view,
                enum vim_code (*visit)(void *ctx, const struct _vim__ObjectContent *object,
                                       struct vim_error *err),
                void *ctx, struct vim_error *err);

/* The fault's name without its prefix, or "". */
const char *properties_fault(const struct _vim__MissingProperty *missing);

/* A property that is missing because the session is gone: a server may say so there, with status
 * 200, instead of the fault. Marks the session lost. VIM_OK if it is something else. */
enum vim_code properties_missing(struct vim_client *client, unsigned epoch,
                                 const struct _vim__MissingProperty *missing, int n,
                                 struct vim_error *err);

/* A PropertyFilterSpec and what it points to. Fill with property_request_init. */
struct property_request {
    struct vim__PropertyFilterSpec spec;
    struct vim__PropertySpec properties;
    struct vim__ObjectSpec object;
    struct _vim__select select;
};

/* What to read of set's type: through a view, or of the object itself. */
void property_request_init(struct property_request *request, const struct property_set *set,
                           struct _vim__moref *object, bool is_view);

#endif
