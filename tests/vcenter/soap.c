/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "soap.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "operations.h"
#include "publish.h"
#include "xml.h"

static const struct {
    const char *name;
    bool (*run)(struct call *call);
    bool anonymous; /* needs no session, or checks itself */
} operations[] = {
    {"RetrieveServiceContent", op_retrieve_service_content, true},
    {"Login", op_login, true},
    {"Logout", op_logout, false},
    {"SessionIsActive", op_session_is_active, false},
    {"CurrentTime", op_current_time, false},
    {"CreateContainerView", op_create_container_view, false},
    {"DestroyView", op_destroy_view, false},
    {"CreateFilter", op_create_filter, false},
    {"DestroyPropertyFilter", op_destroy_property_filter, false},
    {"WaitForUpdatesEx", op_wait_for_updates_ex, false},
    {"CancelWaitForUpdates", op_cancel_wait_for_updates, false},
    {"RetrieveProperties", op_retrieve_properties, true},
    {"RetrievePropertiesEx", op_retrieve_properties_ex, true},
    {"ContinueRetrievePropertiesEx", op_continue_retrieve_properties_ex, false},
    {"CancelRetrievePropertiesEx", op_cancel_retrieve_properties_ex, false},
    {"QueryOptions", op_query_options, false},
    {"QueryPerfProviderSummary", op_query_perf_provider_summary, false},
    {"QueryAvailablePerfMetric", op_query_available_perf_metric, false},
    {"QueryPerfCounter", op_query_perf_counter, false},
    {"QueryPerf", op_query_perf, false},
};

enum { OPERATIONS = sizeof operations / sizeof *operations };
_Static_assert((int)OPERATIONS <= (int)OPERATIONS_MAX, "OPERATIONS_MAX is too small");

static const char envelope_start[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<soapenv:Envelope xmlns:soapenc=\"http://schemas.xmlsoap.org/soap/encoding/\"\n"
    " xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\"\n"
    " xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\"\n"
    " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n"
    "<soapenv:Body>\n";
static const char envelope_end[] = "\n</soapenv:Body>\n</soapenv:Envelope>";

bool soap_fault(struct call *c, const char *name, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(c->message, sizeof c->message, format, args);
    va_end(args);
    snprintf(c->fault, sizeof c->fault, "%s", name);
    return false;
}

bool soap_fault_argument(struct call *c, const char *property)
{
    xml_element(&c->detail, "invalidProperty", property);
    return soap_fault(c, "InvalidArgument", "A specified parameter was not correct: %s", property);
}

xmlChar *soap_type_of(const xmlNode *reference)
{
    return reference ? xmlGetNoNsProp(reference, (const xmlChar *)"type") : NULL;
}

bool soap_fault_not_found(struct call *c, const xmlNode *reference)
{
    xmlChar *type = soap_type_of(reference);
    const char *name = type ? (const char *)type : "ManagedObject";
    const char *moid = xml_text(reference);
    buf_str(&c->detail, "<obj type=\"");
    xml_escape(&c->detail, name);
    buf_str(&c->detail, "\">");
    xml_escape(&c->detail, moid);
    buf_str(&c->detail, "</obj>");
    soap_fault(c, "ManagedObjectNotFound",
               "The object 'vim.%.64s:%.64s' has already been deleted or has not been "
               "completely created",
               name, moid);
    xmlFree(type);
    return false;
}

bool soap_fault_not_authenticated(struct call *c)
{
    xml_element_ref(&c->detail, "object", "Folder", "group-d1");
    xml_element(&c->detail, "privilegeId", "System.View");
    return soap_fault(c, "NotAuthenticated", "The session is not authenticated.");
}

static void write_fault(struct call *c, struct soap_reply *reply)
{
    struct buf *out = &reply->body;
    buf_clear(out);
    buf_str(out, envelope_start);
    buf_str(out, "<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>");
    xml_escape(out, c->message);
    buf_printf(out, "</faultstring><detail><%sFault xmlns=\"urn:vim25\" xsi:type=\"%s\">", c->fault,
               c->fault);
    buf_add(out, c->detail.data, c->detail.len);
    buf_printf(out, "</%sFault></detail></soapenv:Fault>", c->fault);
    buf_str(out, envelope_end);
    reply->status = 500;
    reply->set_cookie[0] = '\0';
    c->server->stats.faults++;
}

/* The operation's element: the first in the Body of a SOAP 1.1 envelope. */
static const xmlNode *operation_of(const xmlDoc *doc)
{
    const xmlNode *envelope = doc ? xmlDocGetRootElement(doc) : NULL;
    if (!envelope || strcmp((const char *)envelope->name, "Envelope") != 0 || !envelope->ns ||
        strcmp((const char *)envelope->ns->href, "http://schemas.xmlsoap.org/soap/envelope/") != 0)
        return NULL;
    const xmlNode *operation = xml_first(xml_first(envelope, "Body"), NULL);
    if (!operation || !operation->ns || strcmp((const char *)operation->ns->href, "urn:vim25") != 0)
        return NULL;
    return operation;
}

static bool dispatch(struct call *c, const char *cookie)
{
    if (!c->request)
        return soap_fault(c, "InvalidRequest", "The request is not a SOAP envelope of urn:vim25");
    const char *name = (const char *)c->request->name;
    size_t i = 0;
    while (i < OPERATIONS && strcmp(operations[i].name, name) != 0)
        i++;
    if (i == OPERATIONS) {
        c->server->stats.unknown++;
        return soap_fault(c, "InvalidRequest", "Unable to resolve WSDL method name %.64s for %s",
                          name, "urn:vim25");
    }
    c->server->stats.calls[i]++;
    c->session = session_find(c->server, cookie);
    if (!c->session && !operations[i].anonymous)
        return soap_fault_not_authenticated(c);
    buf_printf(c->out, "<%sResponse xmlns=\"urn:vim25\">", name);
    if (!operations[i].run(c))
        return false;
    buf_printf(c->out, "</%sResponse>", name);
    return true;
}

void soap_answer(struct server *server, const char *text, size_t n, const char *cookie,
                 struct soap_reply *reply)
{
    *reply = (struct soap_reply){.status = 200};
    buf_init(&reply->body, REPLY_CAP);
    xmlDoc *doc = xml_parse(text, n);
    struct call call = {.server = server,
                        .request = operation_of(doc),
                        .out = &reply->body,
                        .set_cookie = reply->set_cookie};
    buf_init(&call.detail, 1 << 16);
    buf_str(&reply->body, envelope_start);
    pthread_mutex_lock(&server->world.lock);
    publish_catch_up(&server->world);
    bool ok = dispatch(&call, cookie);
    if (ok && !buf_ok(&reply->body))
        ok = soap_fault(&call, "SystemError", "The answer is too large");
    if (ok)
        buf_str(&reply->body, envelope_end);
    else
        write_fault(&call, reply);
    server->stats.bytes_in += n;
    server->stats.bytes_out += reply->body.len;
    pthread_mutex_unlock(&server->world.lock);
    buf_free(&call.detail);
    xmlFreeDoc(doc);
}

void soap_write_stats(const struct server *server, struct buf *out)
{
    for (size_t i = 0; i < OPERATIONS; i++)
        buf_printf(out, "%s\"%s\":%llu", i ? "," : "", operations[i].name,
                   (unsigned long long)server->stats.calls[i]);
}
