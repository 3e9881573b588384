/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The service instance: content, session, clock, options.
 */
#include <stdio.h>
#include <string.h>

#include "operations.h"
#include "xml.h"

void subject_service_content(struct server *server, struct buf *out)
{
    static const struct {
        const char *element, *type, *moid;
    } managers[] = {{"rootFolder", "Folder", "group-d1"},
                    {"propertyCollector", "PropertyCollector", "propertyCollector"},
                    {"viewManager", "ViewManager", "ViewManager"}},
      after_about[] = {{"setting", "OptionManager", "VpxSettings"},
                       {"sessionManager", "SessionManager", "SessionManager"},
                       {"perfManager", "PerformanceManager", "PerfMgr"}};
    static const struct {
        const char *element, *text;
    } about[] = {{"name", "VMware vCenter Server"},
                 {"fullName", "VMware vCenter Server 7.0.3 build-20990077 (vstrata simulator)"},
                 {"vendor", "VMware, Inc."},
                 {"version", "7.0.3"},
                 {"build", "20990077"},
                 {"localeVersion", "INTL"},
                 {"localeBuild", "000"},
                 {"osType", "linux-x64"},
                 {"productLineId", "vpx"},
                 {"apiType", "VirtualCenter"},
                 {"apiVersion", "7.0.3.0"}};
    for (size_t i = 0; i < sizeof managers / sizeof *managers; i++)
        xml_element_ref(out, managers[i].element, managers[i].type, managers[i].moid);
    buf_str(out, "<about>");
    for (size_t i = 0; i < sizeof about / sizeof *about; i++)
        xml_element(out, about[i].element, about[i].text);
    xml_element(out, "instanceUuid", server->world.instance_uuid);
    xml_element(out, "licenseProductName", "VMware VirtualCenter Server");
    xml_element(out, "licenseProductVersion", "7.0");
    buf_str(out, "</about>");
    for (size_t i = 0; i < sizeof after_about / sizeof *after_about; i++)
        xml_element_ref(out, after_about[i].element, after_about[i].type, after_about[i].moid);
}

void subject_user_session(struct server *server, const struct session *session, struct buf *out)
{
    char iso[ISO_TEXT];
    xml_element(out, "key", session->key);
    xml_element(out, "userName", server->user);
    xml_element(out, "fullName", server->user);
    xml_element(out, "loginTime", clock_iso((struct server_time){session->login_ms}, iso));
    struct server_time now = {world_now(&server->world)};
    xml_element(out, "lastActiveTime", clock_iso(now, iso));
    xml_element(out, "locale", "en");
    xml_element(out, "messageLocale", "en");
    xml_element(out, "extensionSession", "false");
    xml_element(out, "ipAddress", "127.0.0.1");
    xml_element(out, "userAgent", "");
    xml_element_int(out, "callCount", (int64_t)session->calls);
}

bool op_retrieve_service_content(struct call *c)
{
    buf_str(c->out, "<returnval>");
    subject_service_content(c->server, c->out);
    buf_str(c->out, "</returnval>");
    return true;
}

/* As a vCenter does: also refused with a session that is still good. */
bool op_login(struct call *c)
{
    const char *user = xml_child_text(c->request, "userName");
    const char *password = xml_child_text(c->request, "password");
    if (c->session || strcmp(user, c->server->user) != 0 ||
        strcmp(password, c->server->password) != 0)
        return soap_fault(c, "InvalidLogin",
                          "Cannot complete login due to an incorrect user name or password.");
    const struct session *session = session_open(c->server);
    memcpy(c->set_cookie, session->key, SESSION_KEY);
    buf_str(c->out, "<returnval>");
    subject_user_session(c->server, session, c->out);
    buf_str(c->out, "</returnval>");
    return true;
}

bool op_logout(struct call *c)
{
    session_close(c->session);
    pthread_cond_broadcast(&c->server->world.changed);
    return true;
}

bool op_session_is_active(struct call *c)
{
    const char *key = xml_child_text(c->request, "sessionID");
    bool mine = !strcmp(key, c->session->key) &&
                !strcmp(xml_child_text(c->request, "userName"), c->server->user);
    xml_element(c->out, "returnval", mine ? "true" : "false");
    return true;
}

bool op_current_time(struct call *c)
{
    char iso[ISO_TEXT];
    struct server_time now = {world_now(&c->server->world)};
    xml_element(c->out, "returnval", clock_iso(now, iso));
    return true;
}

static void option(struct buf *out, const char *key, const char *type, const char *value)
{
    buf_str(out, "<returnval xsi:type=\"OptionValue\">");
    xml_element(out, "key", key);
    buf_printf(out, "<value xsi:type=\"%s\">", type);
    xml_escape(out, value);
    buf_str(out, "</value></returnval>");
}

bool op_query_options(struct call *c)
{
    static const char metrics[] = "config.vpxd.stats.maxQueryMetrics";
    static const char instance[] = "VirtualCenter.InstanceName";
    const char *name = xml_child_text(c->request, "name");
    size_t n = strlen(name);
    bool all = !n, branch = n && name[n - 1] == '.', found = false;
    if (all || !strcmp(name, metrics) || (branch && !strncmp(metrics, name, n))) {
        char number[16];
        snprintf(number, sizeof number, "%d", c->server->max_query_metrics);
        option(c->out, metrics, "xsd:int", number);
        found = true;
    }
    if (all || !strcmp(name, instance) || (branch && !strncmp(instance, name, n))) {
        option(c->out, instance, "xsd:string", c->server->world.options.name);
        found = true;
    }
    if (found)
        return true;
    xml_element(&c->detail, "name", name);
    return soap_fault(c, "InvalidName", "The name '%.100s' is invalid.", name);
}
