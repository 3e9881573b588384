/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* Faults as servers send them, and what is not a fault. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/caps.h"
#include "transport.h"

#define HEAD                                                             \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"                         \
    "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" " \
    "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><s:Body>"   \
    "<s:Fault><faultcode>ServerFaultCode</faultcode>"
#define TAIL "</s:Fault></s:Body></s:Envelope>"
#define FAULT(text, detail) \
    HEAD "<faultstring>" text "</faultstring><detail>" detail "</detail>" TAIL
#define EMPTY(name) \
    FAULT("", "<" name "Fault xmlns=\"urn:vim25\" xsi:type=\"" name "\"></" name "Fault>")

static const struct {
    const char *what, *body;
    enum vim_code code;
    const char *fault, *object, *says;
} cases[] = {
    {"login",
     FAULT("Login failure", "<InvalidLoginFault xmlns=\"urn:vim25\" xsi:type=\"InvalidLogin\"/>"),
     VIM_INVALID_LOGIN, "InvalidLogin", "", "Login failure"},
    {"empty faultstring", EMPTY("NotAuthenticated"), VIM_NOT_AUTHENTICATED, "NotAuthenticated", "",
     "log in again"},
    {"canceled", EMPTY("RequestCanceled"), VIM_REQUEST_CANCELED, "RequestCanceled", "", ""},
    {"collector version", EMPTY("InvalidCollectorVersion"), VIM_FAULT, "InvalidCollectorVersion",
     "", ""},
    {"property",
     FAULT("", "<InvalidPropertyFault xmlns=\"urn:vim25\"><name>foo.bar</name>"
               "</InvalidPropertyFault>"),
     VIM_FAULT, "InvalidProperty", "", "foo.bar"},
    {"privilege",
     FAULT("Permission to perform this operation was denied.",
           "<NoPermissionFault xmlns=\"urn:vim25\" xsi:type=\"NoPermission\"><object "
           "type=\"Folder\">group-d1</object><privilegeId>System.View</privilegeId>"
           "</NoPermissionFault>"),
     VIM_NO_PERMISSION, "NoPermission", "group-d1", "System.View"},
    {"object",
     FAULT(
         "The object has already been deleted",
         "<v:ManagedObjectNotFoundFault xmlns:v=\"urn:vim25\" xsi:type=\"v:ManagedObjectNotFound\">"
         "<v:obj type=\"VirtualMachine\">vm-9</v:obj></v:ManagedObjectNotFoundFault>"),
     VIM_OBJECT_GONE, "ManagedObjectNotFound", "vm-9", "deleted"},
    {"base element, derived type",
     FAULT("", "<RuntimeFaultFault xmlns=\"urn:vim25\" xsi:type=\"InvalidArgument\">"
               "<faultMessage><key>x</key></faultMessage>"
               "<invalidProperty>querySpec.interval</invalidProperty></RuntimeFaultFault>"),
     VIM_INVALID_ARGUMENT, "InvalidArgument", "", "querySpec.interval"},
    {"type under another prefix",
     FAULT("", "<InvalidArgumentFault xmlns=\"urn:vim25\" xmlns:XMLSchema-instance="
               "\"http://www.w3.org/2001/XMLSchema-instance\" "
               "XMLSchema-instance:type=\"InvalidArgument\"/>"),
     VIM_INVALID_ARGUMENT, "InvalidArgument", "", ""},
    {"fault of a newer server",
     FAULT("Later",
           "<QuantumFaultFault xmlns=\"urn:vim27\" xsi:type=\"QuantumFault\"><a><b>1</b></a>"
           "</QuantumFaultFault>"),
     VIM_FAULT, "QuantumFault", "", "Later"},
    {"newer type of a known element",
     FAULT("x", "<RuntimeFaultFault xmlns=\"urn:vim25\" xsi:type=\"Entangled\"><why>y</why>"
                "</RuntimeFaultFault>"),
     VIM_FAULT, "Entangled", "", "Entangled"},
    {"new members in a known fault",
     FAULT("x", "<InvalidLoginFault xmlns=\"urn:vim25\" xsi:type=\"InvalidLogin\"><new><er/></new>"
                "</InvalidLoginFault>"),
     VIM_INVALID_LOGIN, "InvalidLogin", "", ""},
    {"no detail", HEAD "<faultstring>out of luck</faultstring>" TAIL, VIM_FAULT, "", "",
     "out of luck"},
    {"control characters", FAULT("one&#10;two", ""), VIM_FAULT, "", "", "one two"},
    {"empty", "", VIM_HTTP, "", "", "500"},
    {"HTML", "<html><body><h1>503 Service Unavailable</h1><br></body></html>", VIM_HTTP, "", "",
     ""},
    {"text", "no reply", VIM_HTTP, "", "", ""},
    {"truncated", HEAD "<faultstring>Login fai", VIM_HTTP, "", "", ""},
    {"a reply, not a fault",
     "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><LogoutResponse "
     "xmlns=\"urn:vim25\"/></s:Body></s:Envelope>",
     VIM_HTTP, "", "", ""},
    {"DOCTYPE",
     "<!DOCTYPE x [<!ENTITY a \"b\">]>" FAULT("&a;", "<InvalidLoginFault xmlns=\"urn:vim25\"/>"),
     VIM_HTTP, "", "", ""},
};

static enum vim_code decode(const char *text, size_t n, struct vim_error *err)
{
    struct buf body;
    buf_init(&body, CAP_REPLY_BYTES);
    if (n)
        buf_add(&body, text, n);
    enum vim_code code = fault_decode(&body, 500, err);
    buf_free(&body);
    return code;
}

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct vim_error err;
        enum vim_code code = decode(cases[i].body, strlen(cases[i].body), &err);
        if (code != cases[i].code || strcmp(err.fault, cases[i].fault) != 0 ||
            strcmp(err.object, cases[i].object) != 0 || !strstr(err.message, cases[i].says))
            fail_msg("%s: %s, fault '%s', object '%s': %s", cases[i].what, vim_code_name(code),
                     err.fault, err.object, err.message);
        assert_int_equal(err.code, code);
        assert_int_equal(err.http_status, 500);
        assert_int_equal(decode(cases[i].body, strlen(cases[i].body), NULL), cases[i].code);
    }
}

/* Every beginning of every body ends in a failure code, and never in a crash. */
static void test_cut_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i += 3)
        for (size_t n = 0; n < strlen(cases[i].body); n += 7)
            assert_int_not_equal(decode(cases[i].body, n, NULL), VIM_OK);
}

static void test_long_texts_fit(void **state)
{
    (void)state;
    static char body[8192], text[3001], name[201];
    struct vim_error err;
    memset(text, 'x', sizeof text - 1);
    memset(name, 'N', sizeof name - 1);
    snprintf(body, sizeof body,
             HEAD
             "<faultstring>%s</faultstring><detail><%sFault xmlns=\"urn:vim25\"/></detail>" TAIL,
             text, name);
    assert_int_equal(decode(body, strlen(body), &err), VIM_FAULT);
    assert_int_equal(strlen(err.fault), sizeof err.fault - 1);
    assert_true(strlen(err.message) < sizeof err.message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_long_texts_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
