/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* Login, logout, and how a session ends, against a server inside the test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "canned.h"
#include "transport.h"
#include "vim/session.h"

#define PASSWORD "s3cr&t<pass>"
#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static const struct call_options plain = {.what = "Probe", .body = "<x/>", .len = 4};

static struct vim_client *client_for(const struct canned *server)
{
    const struct vim_client_options options = {
        .url = server->url, .user = "u", .password = PASSWORD, .call_timeout_ms = 5000};
    struct vim_client *client = NULL;
    assert_int_equal(vim_client_new(&options, &client, NULL), VIM_OK);
    return client;
}

#define TIME_REPLY                                                                                \
    SOAP("<CurrentTimeResponse xmlns=\"urn:vim25\"><returnval>2026-11-22T10:00:00.5Z</returnval>" \
         "</CurrentTimeResponse>")
#define EMPTY_REPLY(op) SOAP("<" op "Response xmlns=\"urn:vim25\"></" op "Response>")

static void test_session(void **state)
{
    static const struct canned_reply script[] = {
        {.when = "RetrieveServiceContent", .body = SERVICE_CONTENT, .repeat = true},
        {.when = ":Login>", .status = 500, .body = SOAP_FAULT("Login failure", "InvalidLogin")},
        {.when = ":Login>", .headers = LOGIN_COOKIE, .body = LOGIN_REPLY, .repeat = true},
        {.when = "CurrentTime", .body = TIME_REPLY},
        {.when = "SessionIsActive",
         .body = SOAP("<SessionIsActiveResponse xmlns=\"urn:vim25\"><returnval>true</returnval>"
                      "</SessionIsActiveResponse>")},
        {.when = "CurrentTime", .status = 500, .body = SOAP_FAULT("", "NotAuthenticated")},
        {.when = "Logout", .body = EMPTY_REPLY("Logout"), .repeat = true},
    };
    struct canned server;
    struct vim_error err;
    struct server_time time = {0};
    struct mono_time here = {0};
    bool active = false;
    (void)state;
    canned_start(&server, NULL, script, COUNT(script));
    struct vim_client *client = client_for(&server);
    const struct vim_about *about = vim_session_about(client);
    assert_string_equal(about->instance_uuid, "");
    assert_int_equal(vim_session_state(client), VIM_SESSION_NONE);
    assert_int_equal(vim_session_is_active(client, &active, &err), VIM_NOT_AUTHENTICATED);

    assert_int_equal(vim_session_login(client, &err), VIM_INVALID_LOGIN);
    assert_string_equal(err.fault, "InvalidLogin");
    assert_int_equal(vim_session_state(client), VIM_SESSION_NONE);

    assert_int_equal(vim_session_login(client, &err), VIM_OK);
    assert_int_equal(vim_session_state(client), VIM_SESSION_OPEN);
    const char *request = canned_request(&server, ":Login>");
    assert_non_null(strstr(request, ":userName>u</"));
    assert_non_null(strstr(request, ":password>s3cr&amp;t&lt;pass&gt;</"));
    const char *uuid = about->instance_uuid;
    assert_string_equal(uuid, "11111111-2222-3333-4444-555555555555");
    assert_string_equal(about->api_type, "VirtualCenter");
    assert_string_equal(about->api_version, "8.0.2.0");

    struct mono_time before = mono_now();
    assert_int_equal(vim_session_current_time(client, &time, &here, &err), VIM_OK);
    assert_int_equal(time.ms, INT64_C(1795341600500));
    assert_true(mono_between(before, here) >= 0 && mono_between(here, mono_now()) >= 0);
    assert_int_equal(vim_session_is_active(client, &active, &err), VIM_OK);
    assert_true(active);
    assert_non_null(strstr(canned_request(&server, "SessionIsActive"), ":sessionID>52-key</"));

    time.ms = 5; /* not touched on failure */
    assert_int_equal(vim_session_current_time(client, &time, &here, &err), VIM_NOT_AUTHENTICATED);
    assert_int_equal(time.ms, 5);
    assert_int_equal(vim_session_state(client), VIM_SESSION_LOST);

    assert_int_equal(vim_session_login(client, &err), VIM_OK);
    assert_null(strstr(canned_request(&server, ":Login>"), "Cookie:"));
    assert_true(about->instance_uuid == uuid); /* lives as long as the client */
    assert_int_equal(canned_asked(&server, "Logout"), 0);

    vim_client_cancel(client, true);
    assert_int_equal(vim_session_current_time(client, &time, &here, &err), VIM_CANCELED);
    assert_int_equal(vim_session_logout(client, &err), VIM_OK);
    assert_int_equal(canned_asked(&server, "Logout"), 1);
    assert_non_null(strstr(canned_request(&server, "Logout"), "Cookie: vmware_soap_session"));
    assert_int_equal(vim_session_state(client), VIM_SESSION_NONE);
    vim_client_free(client);
    canned_stop(&server);
}

static void test_logout_is_patient_for_a_second(void **state)
{
    static const struct canned_reply script[] = {
        LOGIN_SCRIPT, {.when = "Logout", .body = EMPTY_REPLY("Logout"), .delay_ms = 9000}};
    struct canned server;
    (void)state;
    canned_start(&server, NULL, script, COUNT(script));
    struct vim_client *client = client_for(&server);
    assert_int_equal(vim_session_login(client, NULL), VIM_OK);
    struct mono_time start = mono_now();
    assert_int_equal(vim_session_logout(client, NULL), VIM_TIMEOUT);
    assert_true(mono_between(start, mono_now()) < 4000);
    assert_int_equal(vim_session_state(client), VIM_SESSION_NONE);
    vim_client_free(client);
    canned_stop(&server);
}

/* A late NotAuthenticated of the session before says nothing about the present one. */
static void test_old_answer_after_login(void **state)
{
    static const struct canned_reply script[] = {{.when = "<x/>",
                                                  .status = 500,
                                                  .body = SOAP_FAULT("", "NotAuthenticated"),
                                                  .delay_ms = 500},
                                                 LOGIN_SCRIPT,
                                                 LOGIN_SCRIPT,
                                                 {.when = "Logout", .body = EMPTY_REPLY("Logout")}};
    struct canned server;
    struct call *old;
    (void)state;
    canned_start(&server, NULL, script, COUNT(script));
    struct vim_client *client = client_for(&server);
    assert_int_equal(vim_session_login(client, NULL), VIM_OK);
    assert_int_equal(call_start(client, &plain, &old, NULL), VIM_OK);
    assert_int_equal(vim_session_login(client, NULL), VIM_OK);
    assert_int_equal(call_wait(old, NULL), VIM_OK);
    assert_int_equal(call_result(old, NULL, NULL), VIM_NOT_AUTHENTICATED);
    assert_int_equal(vim_session_state(client), VIM_SESSION_OPEN);
    call_free(old);
    vim_client_free(client);
    canned_stop(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_session),
        cmocka_unit_test(test_logout_is_patient_for_a_second),
        cmocka_unit_test(test_old_answer_after_login),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
