/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "vim/session.h"

#include <stdlib.h>
#include <string.h>

#include "session_private.h"
#include "text.h"
#include "transport.h"
#include "wire.h"

enum { LOGOUT_MS = 1000 };

struct session {
    struct vim_about about;
    struct arena arena; /* of the newest login: what follows */
    struct _vim__moref managers[MANAGERS];
    const char *key, *user; /* of the UserSession */
};

bool session_new(struct vim_client *client)
{
    struct session *session = calloc(1, sizeof *session);
    if (!session)
        return false;
    session->about = (struct vim_about){"", "", "", "", "", "", ""};
    client->session = session;
    return true;
}

void session_free(struct vim_client *client)
{
    if (!client->session)
        return;
    arena_free(&client->session->arena);
    free(client->session);
    client->session = NULL;
}

const struct vim_about *vim_session_about(const struct vim_client *client)
{
    return &client->session->about;
}

struct _vim__moref *session_manager(const struct vim_client *client, enum manager manager)
{
    struct _vim__moref *ref = &client->session->managers[manager];
    return ref->__item ? ref : NULL;
}

/* ---- login ---- */

/* Where each manager and text stands in ServiceContent. */
static const size_t manager_at[MANAGERS] = {
    [MANAGER_ROOT_FOLDER] = offsetof(struct _vim__ServiceContent, rootFolder),
    [MANAGER_PROPERTIES] = offsetof(struct _vim__ServiceContent, propertyCollector),
    [MANAGER_VIEWS] = offsetof(struct _vim__ServiceContent, viewManager),
    [MANAGER_SESSIONS] = offsetof(struct _vim__ServiceContent, sessionManager),
    [MANAGER_PERF] = offsetof(struct _vim__ServiceContent, perfManager),
    [MANAGER_SETTING] = offsetof(struct _vim__ServiceContent, setting),
};

#define TEXT(from, to)                                                         \
    {                                                                          \
        offsetof(struct _vim__AboutInfo, from), offsetof(struct vim_about, to) \
    }
static const struct {
    size_t from, to;
} about_texts[] = {
    TEXT(name, name),
    TEXT(fullName, full_name),
    TEXT(version, version),
    TEXT(build, build),
    TEXT(apiVersion, api_version),
    TEXT(apiType, api_type),
    TEXT(instanceUuid, instance_uuid),
};
#undef TEXT

static char *keep(struct arena *arena, const char *text)
{
    return text ? arena_text(arena, text, strlen(text)) : NULL;
}

/* Keeps the managers of this login. False when out of memory. */
static bool keep_managers(struct session *session, const struct _vim__ServiceContent *content)
{
    for (size_t i = 0; i < MANAGERS; i++) {
        const void *at = (const char *)content + manager_at[i];
        const struct _vim__moref *from = *(struct _vim__moref *const *)at;
        struct _vim__moref *to = &session->managers[i];
        *to = (struct _vim__moref){NULL, NULL};
        if (!from || !from->type || !from->__item)
            continue;
        to->type = keep(&session->arena, from->type);
        to->__item = keep(&session->arena, from->__item);
        if (!to->type || !to->__item)
            return false;
    }
    return true;
}

/* Keeps who answers. The texts live as long as the client, so a text that a new login repeats
 * stays where it is. */
static bool keep_about(struct vim_client *client, const struct _vim__AboutInfo *about)
{
    char label[CAP_NAME + 1];
    for (size_t i = 0; about && i < sizeof about_texts / sizeof about_texts[0]; i++) {
        const char *from, *old;
        char *at = (char *)&client->session->about + about_texts[i].to;
        memcpy(&from, (const char *)about + about_texts[i].from, sizeof from);
        memcpy(&old, at, sizeof old);
        if (!strcmp(text_label(from, false, label), old))
            continue;
        const char *fresh = keep(&client->arena, label);
        if (!fresh)
            return false;
        memcpy(at, &fresh, sizeof fresh);
    }
    return true;
}

static enum vim_code no_memory(const struct vim_client *client, struct vim_error *err)
{
    return vim_fail(err, VIM_NOMEM, "%s: out of memory", client->options.url);
}

static enum vim_code adopt(struct vim_client *client, const struct _vim__ServiceContent *content,
                           struct vim_error *err)
{
    struct session *session = client->session;
    if (!content)
        return vim_fail(err, VIM_PROTOCOL, "%s: the server describes no service content",
                        client->options.url);
    arena_free(&session->arena);
    session->key = session->user = NULL;
    if (!keep_managers(session, content) || !keep_about(client, content->about)) {
        memset(session->managers, 0, sizeof session->managers);
        return no_memory(client, err);
    }
    for (enum manager m = 0; m < MANAGER_SETTING; m++)
        if (!session->managers[m].__item)
            return vim_fail(err, VIM_PROTOCOL,
                            "%s: the server lacks a manager that is needed; is it a vCenter or an "
                            "ESXi host?",
                            client->options.url);
    return VIM_OK;
}

static enum vim_code service_content(struct vim_client *client, struct vim_error *err)
{
    struct _vim__moref instance = {"ServiceInstance", "ServiceInstance"};
    struct vim__RetrieveServiceContentResponse reply;
    struct wire wire;
    enum vim_code code = wire_begin(&wire, client, "RetrieveServiceContent", err);
    if (code)
        return code;
    code = wire_post(&wire, soap_send_vim__RetrieveServiceContent(wire.soap, WIRE, &instance), err);
    if (!code)
        code = wire_read(&wire, soap_recv_vim__RetrieveServiceContent(wire.soap, &reply), err);
    if (!code)
        code = adopt(client, reply.returnval, err);
    wire_end(&wire);
    return code;
}

static enum vim_code keep_session(struct vim_client *client, const struct _vim__UserSession *from,
                                  struct vim_error *err)
{
    struct session *session = client->session;
    session->key = keep(&session->arena, from && from->key ? from->key : "");
    session->user = keep(&session->arena, from && from->userName ? from->userName : "");
    return session->key && session->user ? VIM_OK : no_memory(client, err);
}

static enum vim_code send_login(struct vim_client *client, struct vim_error *err)
{
    const struct vim_client_options *o = &client->options;
    struct vim__LoginResponse reply;
    struct wire wire;
    enum vim_code code = wire_begin(&wire, client, "Login", err);
    if (code)
        return code;
    code =
        wire_post(&wire,
                  soap_send_vim__Login(wire.soap, WIRE, session_manager(client, MANAGER_SESSIONS),
                                       (char *)o->user, (char *)o->password),
                  err);
    if (!code)
        code = wire_read(&wire, soap_recv_vim__Login(wire.soap, &reply), err);
    if (!code)
        code = keep_session(client, reply.returnval, err);
    wire_end(&wire);
    return code;
}

enum vim_code vim_session_login(struct vim_client *client, struct vim_error *err)
{
    if (!client->options.user || !client->options.password)
        return vim_fail(err, VIM_USAGE, "%s: user name or password is missing",
                        client->options.url);
    if (vim_session_state(client) == VIM_SESSION_OPEN)
        vim_session_logout(client, NULL); /* else the server keeps it for half an hour */
    session_set_state(client, VIM_SESSION_NONE);
    transport_forget_cookies(client->transport); /* a login that carries one may be refused */
    enum vim_code code = service_content(client, err);
    if (!code)
        code = send_login(client, err);
    if (!code)
        session_set_state(client, VIM_SESSION_OPEN);
    return code;
}

enum vim_code vim_session_logout(struct vim_client *client, struct vim_error *err)
{
    struct vim__LogoutResponse reply;
    struct wire wire;
    if (vim_session_state(client) != VIM_SESSION_OPEN)
        return VIM_OK;
    enum vim_code code = wire_begin(&wire, client, "Logout", err);
    if (code)
        return code;
    wire.timeout_ms = LOGOUT_MS;
    wire.ignore_cancel = true;
    code = wire_post(
        &wire, soap_send_vim__Logout(wire.soap, WIRE, session_manager(client, MANAGER_SESSIONS)),
        err);
    if (!code)
        code = wire_read(&wire, soap_recv_vim__Logout(wire.soap, &reply), err);
    wire_end(&wire);
    session_set_state(client, VIM_SESSION_NONE);
    transport_forget_cookies(client->transport);
    return code;
}

/* ---- asking about it ---- */

static enum vim_code no_session(const struct vim_client *client, struct vim_error *err)
{
    return vim_fail(err, VIM_NOT_AUTHENTICATED, "%s: no session is open; log in first",
                    client->options.url);
}

enum vim_code vim_session_is_active(struct vim_client *client, bool *ret, struct vim_error *err)
{
    const struct session *session = client->session;
    struct vim__SessionIsActiveResponse reply;
    struct wire wire;
    if (vim_session_state(client) != VIM_SESSION_OPEN)
        return no_session(client, err);
    enum vim_code code = wire_begin(&wire, client, "SessionIsActive", err);
    if (code)
        return code;
    code = wire_post(&wire,
                     soap_send_vim__SessionIsActive(wire.soap, WIRE,
                                                    session_manager(client, MANAGER_SESSIONS),
                                                    (char *)session->key, (char *)session->user),
                     err);
    if (!code)
        code = wire_read(&wire, soap_recv_vim__SessionIsActive(wire.soap, &reply), err);
    if (!code)
        *ret = reply.returnval && (!strcmp(reply.returnval, "true") || *reply.returnval == '1');
    wire_end(&wire);
    return code;
}

enum vim_code vim_session_current_time(struct vim_client *client, struct server_time *ret_server,
                                       struct mono_time *ret_here, struct vim_error *err)
{
    struct _vim__moref instance = {"ServiceInstance", "ServiceInstance"};
    struct vim__CurrentTimeResponse reply;
    struct server_time server;
    struct wire wire;
    enum vim_code code = wire_begin(&wire, client, "CurrentTime", err);
    if (code)
        return code;
    struct mono_time before = mono_now();
    code = wire_post(&wire, soap_send_vim__CurrentTime(wire.soap, WIRE, &instance), err);
    struct mono_time after = mono_now();
    if (!code)
        code = wire_read(&wire, soap_recv_vim__CurrentTime(wire.soap, &reply), err);
    if (!code &&
        (!reply.returnval || !clock_parse_iso(reply.returnval, strlen(reply.returnval), &server)))
        code = vim_fail(err, VIM_PROTOCOL, "%s: the server's time cannot be read",
                        client->options.url);
    if (!code) {
        *ret_server = server;
        *ret_here = mono_after(before, mono_between(before, after) / 2);
    }
    wire_end(&wire);
    return code;
}
