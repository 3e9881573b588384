/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "wire.h"

#include <string.h>

#include "base/caps.h"
#include "soap_context.h"
#include "xml_guard.h"

void wire_free(struct vim_client *client)
{
    soap_context_free(client->soap);
    client->soap = NULL;
}

enum vim_code wire_begin(struct wire *wire, struct vim_client *client, const char *what,
                         struct vim_error *err)
{
    if (client->soap_busy)
        return vim_fail(err, VIM_USAGE, "%s inside another exchange", what);
    if (!client->soap)
        client->soap = soap_context_new();
    if (!client->soap)
        return vim_fail(err, VIM_NOMEM, "%s: out of memory", what);
    *wire = (struct wire){.client = client, .soap = client->soap, .what = what};
    wire->soap->os = &wire->text;
    wire->soap->is = NULL;
    client->soap_busy = true;
    return VIM_OK;
}

enum vim_code wire_start(struct wire *wire, int sent, bool once, struct call **ret,
                         struct vim_error *err)
{
    wire->soap->os = NULL;
    if (sent || !wire->text)
        return vim_fail(err, VIM_NOMEM, "%s: the request cannot be written (gSOAP error %d)",
                        wire->what, sent);
    struct call_options options = {.what = wire->what,
                                   .body = wire->text,
                                   .len = strlen(wire->text),
                                   .timeout_ms = wire->timeout_ms,
                                   .ignore_cancel = wire->ignore_cancel,
                                   .once = once};
    return call_start(wire->client, &options, ret, err);
}

enum vim_code wire_take(struct wire *wire, struct call *call, struct vim_error *err)
{
    const struct buf *body = NULL;
    enum vim_code code = call_result(call, &body, err);
    if (code)
        return code;
    const char *fault = body->len ? xml_guard(body->data, body->len) : "empty";
    if (fault)
        return vim_fail(err, VIM_PROTOCOL, "%s at %s: the answer is not plain XML: %s", wire->what,
                        wire->client->options.url, fault);
    wire->soap->is = body->data;
    return VIM_OK;
}

enum vim_code wire_post(struct wire *wire, int sent, struct vim_error *err)
{
    enum vim_code code = wire_start(wire, sent, false, &wire->call, err);
    if (!code)
        code = call_wait(wire->call, err);
    if (!code)
        code = wire_take(wire, wire->call, err);
    return code;
}

enum vim_code wire_read(struct wire *wire, int received, struct vim_error *err)
{
    if (!received)
        return VIM_OK;
    if (received == SOAP_EOM)
        return vim_fail(err, VIM_NOMEM, "%s at %s: out of memory", wire->what,
                        wire->client->options.url);
    if (received == SOAP_OCCURS || received == SOAP_LENGTH)
        return vim_fail(err, VIM_TOO_LARGE,
                        "%s at %s: the answer holds a list or text beyond the cap", wire->what,
                        wire->client->options.url);
    return vim_fail(err, VIM_PROTOCOL,
                    "%s at %s: the answer is not the XML expected (gSOAP error %d, near <%.60s>)",
                    wire->what, wire->client->options.url, received, wire->soap->tag);
}

void wire_end(struct wire *wire)
{
    soap_destroy(wire->soap);
    soap_end(wire->soap);
    wire->soap->is = NULL;
    call_free(wire->call);
    wire->client->soap_busy = false;
}
