/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/caps.h"
#include "web/answer.h"
#include "web/server.h"

void reply_error(struct reply *reply, unsigned status, const char *format, ...)
{
    char text[2000]; /* with the names of all that is allowed */
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    buf_clear(&reply->body);
    reply->status = status;
    reply->type = "application/json";
    reply->asset = NULL;
    answer_open(&reply->body, NULL, '{');
    answer_text(&reply->body, "error", text);
    answer_close(&reply->body, '}');
}

const char *request_param(const struct request *request, const char *name, const char *absent)
{
    const char *value =
        MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
    return value && *value ? value : absent;
}

static bool whole_number(const char *text, int64_t *ret)
{
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno || *end || end == text)
        return false;
    *ret = value;
    return true;
}

bool request_int(const struct request *request, const char *name, int64_t absent, int64_t low,
                 int64_t high, int64_t *ret, struct reply *reply)
{
    const char *text = request_param(request, name, NULL);
    int64_t value = absent;
    if (text && (!whole_number(text, &value) || value < low || value > high)) {
        reply_error(reply, MHD_HTTP_BAD_REQUEST,
                    "%s=%.60s: not allowed; allowed: a whole number from %lld to %lld", name, text,
                    (long long)low, (long long)high);
        return false;
    }
    *ret = value;
    return true;
}

bool request_time(const struct request *request, const char *name, struct server_time *ret,
                  struct reply *reply)
{
    /* The year 9999: beyond it nobody means a time, and sums below stay far from overflow. */
    const int64_t last_ms = INT64_C(253402300800000);
    const char *text = request_param(request, name, NULL);
    struct server_time value = {0};
    if (text && !clock_parse_iso(text, strlen(text), &value) &&
        (!whole_number(text, &value.ms) || value.ms < 0 || value.ms > last_ms)) {
        reply_error(reply, MHD_HTTP_BAD_REQUEST,
                    "%s=%.60s: not a time; allowed: milliseconds since 1970, or a date and time "
                    "like 2021-06-14T15:06:40Z",
                    name, text);
        return false;
    }
    *ret = value;
    return true;
}

/* True if `word` stands in the blank-separated list. */
static bool listed(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (const char *at = list; n && (at = strstr(at, word)); at += n)
        if ((at == list || at[-1] == ' ') && (at[n] == ' ' || !at[n]))
            return true;
    return false;
}

enum { QUERY_PARAMS = 16 }; /* more than any route has */

struct param_check {
    const char *allowed;
    const char *seen[QUERY_PARAMS];
    size_t nseen;
    struct reply *reply;
    bool ok;
};

static bool twice(const struct param_check *check, const char *name)
{
    for (size_t i = 0; i < check->nseen; i++)
        if (strcmp(check->seen[i], name) == 0)
            return true;
    return false;
}

static enum MHD_Result check_param(void *cls, enum MHD_ValueKind kind, const char *name,
                                   const char *value)
{
    struct param_check *check = cls;
    (void)kind;
    check->ok = false;
    if (!listed(check->allowed, name))
        reply_error(check->reply, MHD_HTTP_BAD_REQUEST, "no parameter \"%.60s\" here; allowed: %s",
                    name, *check->allowed ? check->allowed : "none");
    else if (check->nseen == QUERY_PARAMS || twice(check, name))
        reply_error(check->reply, MHD_HTTP_BAD_REQUEST, "parameter \"%s\" is given twice", name);
    else if (value && strlen(value) > CAP_QUERY_TEXT)
        reply_error(check->reply, MHD_HTTP_BAD_REQUEST,
                    "parameter \"%s\" is too long; allowed: %d bytes", name, CAP_QUERY_TEXT);
    else
        check->ok = true;
    if (check->ok)
        check->seen[check->nseen++] = name;
    return check->ok ? MHD_YES : MHD_NO;
}

bool request_params_known(const struct request *request, const char *allowed, struct reply *reply)
{
    struct param_check check = {.allowed = allowed, .reply = reply, .ok = true};
    MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND, check_param, &check);
    return check.ok;
}

/* The length of the name in "name", "name:port", "[::1]:port"; 0 if it is none of these. */
static size_t host_name_length(const char *host)
{
    size_t n = *host == '[' ? strcspn(host, "]") : strcspn(host, ":");
    if (*host == '[' && host[n])
        n++;
    const char *port = host + n;
    if (*port == ':')
        port += 1 + strspn(port + 1, "0123456789");
    return *port ? 0 : n;
}

bool request_host_known(const struct request *request)
{
    if (!request->web->loopback)
        return true;
    const char *host =
        MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
    size_t n = host ? host_name_length(host) : 0;
    /* Any port: behind `ssh -L 9000:127.0.0.1:8077` the browser says localhost:9000. */
    const char *const names[] = {"localhost", "127.0.0.1", "[::1]", request->web->host};
    for (size_t i = 0; n && i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == n && strncasecmp(host, names[i], n) == 0)
            return true;
    return false;
}
