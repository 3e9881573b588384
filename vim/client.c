/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* A client's options, its parts, its birth and its end. */
#include "vim/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "client_private.h"
#include "session_private.h"
#include "text.h"
#include "wire.h"

enum { CONNECT_TIMEOUT_MS = 10000, CALL_TIMEOUT_MS = 60000, URL_BYTES = 1024 };

/* NULL if the URL can be used, else what is wrong with it. A password in it would get into error
 * messages, so user and password are refused there, and the URL is not repeated. */
static const char *url_fault(const char *url)
{
    if (!url || !*url)
        return "no URL of the vCenter given";
    size_t scheme = !strncasecmp(url, "https://", 8) ? 8 : !strncasecmp(url, "http://", 7) ? 7 : 0;
    if (!scheme)
        return "the URL of the vCenter must begin with https:// (or http:// for a simulator)";
    if (strlen(url) > URL_BYTES || !text_clean(url) || strpbrk(url, " \"<>"))
        return "the URL of the vCenter is too long or holds blanks or control characters";
    size_t host = strcspn(url + scheme, "/?#");
    if (!host)
        return "the URL of the vCenter names no host";
    if (memchr(url + scheme, '@', host))
        return "the URL of the vCenter holds a user or password: give them as options of their own";
    return NULL;
}

/* The URL with /sdk in place of a missing path. */
static char *whole_url(struct arena *arena, const char *url)
{
    size_t n = strlen(url);
    const char *path = strchr(strstr(url, "://") + 3, '/');
    if (path && path[1])
        return arena_text(arena, url, n);
    if (path)
        n--;
    char *whole = arena_take(arena, n + sizeof "/sdk");
    if (whole)
        snprintf(whole, n + sizeof "/sdk", "%.*s/sdk", (int)n, url);
    return whole;
}

static enum vim_code check(const struct vim_client_options *o, struct vim_error *err)
{
    const char *fault = url_fault(o->url);
    if (fault)
        return vim_fail(err, VIM_USAGE, "%s", fault);
    if ((o->user && !text_clean(o->user)) || (o->password && !text_clean(o->password)))
        return vim_fail(err, VIM_USAGE,
                        "%s: user name or password is not UTF-8 or holds control characters "
                        "(a line end at the end of a password file?)",
                        o->url);
    if (o->connect_timeout_ms < 0 || o->call_timeout_ms < 0)
        return vim_fail(err, VIM_USAGE, "%s: a timeout is negative", o->url);
    if (o->ca_file && !o->thumbprint && access(o->ca_file, R_OK))
        return vim_fail(err, VIM_USAGE, "%s: the CA file %.200s cannot be read", o->url,
                        o->ca_file);
    return VIM_OK;
}

static const char *keep(struct arena *arena, const char *text, bool *ok)
{
    if (!text)
        return NULL;
    char *copy = arena_text(arena, text, strlen(text));
    *ok = *ok && copy;
    return copy;
}

/* Copies the options with their defaults. False when out of memory. */
static bool adopt(struct vim_client *client, const struct vim_client_options *o)
{
    bool ok = true;
    struct arena *arena = &client->arena;
    client->options = (struct vim_client_options){
        .url = whole_url(arena, o->url),
        .user = keep(arena, o->user, &ok),
        .password = keep(arena, o->password, &ok),
        .ca_file = keep(arena, o->ca_file, &ok),
        .connect_timeout_ms = o->connect_timeout_ms ? o->connect_timeout_ms : CONNECT_TIMEOUT_MS,
        .call_timeout_ms = o->call_timeout_ms ? o->call_timeout_ms : CALL_TIMEOUT_MS,
        .user_agent = keep(arena, o->user_agent ? o->user_agent : "vstrata", &ok),
    };
    return ok && client->options.url;
}

enum vim_code vim_client_new(const struct vim_client_options *options, struct vim_client **ret,
                             struct vim_error *err)
{
    enum vim_code code = check(options, err);
    if (code)
        return code;
    struct vim_client *client = calloc(1, sizeof *client);
    if (!client || !adopt(client, options) || !session_new(client)) {
        code = vim_fail(err, VIM_NOMEM, "%s: out of memory", options->url);
        goto out;
    }
    client->pinned = options->thumbprint != NULL;
    if (client->pinned && !thumbprint_parse(options->thumbprint, &client->pin)) {
        code = vim_fail(err, VIM_USAGE,
                        "%s: the thumbprint must be SHA-256: 64 hex digits, with or without colons",
                        options->url);
        goto out;
    }
    code = transport_new(client, &client->transport, err);
    if (code)
        goto out;
    *ret = client;
    client = NULL;
out:
    vim_client_free(client);
    return code;
}

void vim_client_free(struct vim_client *client)
{
    if (!client)
        return;
    transport_free(client->transport);
    session_free(client);
    wire_free(client);
    if (client->options.password)
        explicit_bzero((char *)client->options.password, strlen(client->options.password));
    arena_free(&client->arena);
    free(client);
}
