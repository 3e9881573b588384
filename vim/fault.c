/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * A SOAP fault as vim25 sends it, with HTTP status 500:
 *
 *     <Fault><faultcode>ServerFaultCode</faultcode>
 *       <faultstring>often empty</faultstring>
 *       <detail><InvalidArgumentFault xmlns="urn:vim25" xsi:type="InvalidArgument">
 *         <invalidProperty>querySpec.interval</invalidProperty>
 *
 * The element names the fault that the operation declares, xsi:type the one that happened; the
 * latter counts.
 */
#include <stdio.h>
#include <string.h>

#include "soapH.h"
#include "soap_context.h"
#include "transport.h"
#include "xml_guard.h"

/* What a fault means to the callers, and what a person can do. A fault not listed is VIM_FAULT. */
static const struct meaning {
    const char *name;
    enum vim_code code;
    const char *advice;
} meanings[] = {
    {"InvalidLogin", VIM_INVALID_LOGIN, "check user name and password"},
    {"PasswordExpired", VIM_INVALID_LOGIN, "the password has expired; set a new one"},
    {"NotAuthenticated", VIM_NOT_AUTHENTICATED, "the session has ended; log in again"},
    {"NoPermission", VIM_NO_PERMISSION, "give the user's role this privilege"},
    {"InvalidArgument", VIM_INVALID_ARGUMENT, "the server refuses what was asked"},
    {"ManagedObjectNotFound", VIM_OBJECT_GONE, "the object is gone, or the session is another"},
    {"RequestCanceled", VIM_REQUEST_CANCELED, "canceled on the server"},
};

/* The members of the detail, each under the name of its fault. */
#define MEMBER(fault)                                                  \
    {                                                                  \
#fault, offsetof(struct SOAP_ENV__Detail, vim__##fault##Fault) \
    }
static const struct {
    const char *name;
    size_t offset;
} members[] = {
    MEMBER(InvalidLogin),          MEMBER(NotAuthenticated),
    MEMBER(NoPermission),          MEMBER(InvalidArgument),
    MEMBER(ManagedObjectNotFound), MEMBER(RequestCanceled),
    MEMBER(InvalidProperty),       MEMBER(InvalidCollectorVersion),
    MEMBER(InvalidType),           MEMBER(InvalidName),
    MEMBER(InvalidLocale),         MEMBER(InvalidRequest),
    MEMBER(MethodNotFound),        MEMBER(NotSupported),
    MEMBER(HostConnectFault),      MEMBER(HostCommunication),
    MEMBER(HostNotReachable),      MEMBER(PasswordExpired),
    MEMBER(SystemError),           MEMBER(RuntimeFault),
    MEMBER(MethodFault),
};
#undef MEMBER

static const struct meaning *meaning_of(const char *name)
{
    static const struct meaning other = {"", VIM_FAULT, "the server cannot do it"};
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if (!strcmp(meanings[i].name, name))
            return &meanings[i];
    return &other;
}

/* Copies a qualified name of at most n bytes without its prefix. */
static void local_name(const char *qname, size_t n, char *out, size_t room)
{
    const char *colon = memchr(qname, ':', n);
    if (colon) {
        n -= (size_t)(colon + 1 - qname);
        qname = colon + 1;
    }
    snprintf(out, room, "%.*s", (int)n, qname);
}

/* The name of a fault that is not among the members, from its element: "<x:FooFault ...". */
static void name_in_xml(const char *xml, char *out, size_t room)
{
    static const char suffix[] = "Fault";
    const char *tag = strchr(xml, '<');
    if (!tag)
        return;
    tag++;
    local_name(tag, strcspn(tag, " \t\r\n/>"), out, room);
    size_t n = strlen(out);
    if (n > sizeof suffix - 1 && !strcmp(out + n - (sizeof suffix - 1), suffix))
        out[n - (sizeof suffix - 1)] = '\0';
}

/* Finds the fault in the detail. Fills name; returns its members, or NULL if none are known. */
static const struct _vim__fault *find(const struct SOAP_ENV__Detail *detail, char *name,
                                      size_t room)
{
    if (!detail)
        return NULL;
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        const void *at = (const char *)detail + members[i].offset;
        const struct _vim__fault *fault = *(struct _vim__fault *const *)at;
        if (!fault)
            continue;
        if (fault->xsi__type)
            local_name(fault->xsi__type, strlen(fault->xsi__type), name, room);
        else
            snprintf(name, room, "%s", members[i].name);
        return fault;
    }
    if (detail->__any)
        name_in_xml(detail->__any, name, room);
    return NULL;
}

/* What the fault is about: an argument, a property or a privilege. */
static const char *subject(const struct _vim__fault *fault)
{
    const char *text = !fault                   ? NULL
                       : fault->invalidProperty ? fault->invalidProperty
                       : fault->name            ? fault->name
                                                : fault->privilegeId;
    return text ? text : "";
}

static enum vim_code report(const struct SOAP_ENV__Fault *fault, int http_status,
                            struct vim_error *err)
{
    char name[sizeof err->fault] = "";
    const struct _vim__fault *known = find(fault->detail, name, sizeof name);
    const struct meaning *meaning = meaning_of(name);
    const struct _vim__moref *object = !known ? NULL : known->obj ? known->obj : known->object;
    const char *about = subject(known);
    const char *text = fault->faultstring ? fault->faultstring : "";
    vim_fail(err, meaning->code, "fault %s%s%.80s%s%.160s (%s)", name[0] ? name : "without a name",
             about[0] ? ", " : "", about, text[0] ? ": " : "", text, meaning->advice);
    if (!err)
        return meaning->code;
    err->http_status = http_status;
    memcpy(err->fault, name, sizeof err->fault);
    if (object && object->__item)
        snprintf(err->object, sizeof err->object, "%s", object->__item);
    return meaning->code;
}

/* gSOAP also describes its own failures, such as a cut message, in soap->fault. */
static bool is_fault(int received)
{
    return received == SOAP_FAULT || received == SOAP_SVR_FAULT || received == SOAP_CLI_FAULT ||
           received == SOAP_MUSTUNDERSTAND || received == SOAP_VERSIONMISMATCH;
}

enum vim_code fault_decode(const struct buf *body, int http_status, struct vim_error *err)
{
    enum vim_code code =
        vim_fail(err, VIM_HTTP, "HTTP status %d without a SOAP fault", http_status);
    if (err)
        err->http_status = http_status;
    if (!body->len || xml_guard(body->data, body->len))
        return code;
    struct soap *soap = soap_context_new();
    if (!soap)
        return vim_fail(err, VIM_NOMEM, "out of memory");
    soap->is = body->data;
    struct vim__LogoutResponse none; /* any: the fault stands in the place of every reply */
    if (is_fault(soap_recv_vim__Logout(soap, &none)) && soap->fault)
        code = report(soap->fault, http_status, err);
    soap_context_free(soap);
    return code;
}
