/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What the tests of the web room share: a server per test on a port of its own over a made-up
 * store, and a client of a dozen lines, so that every byte of a request is in the test's hand.
 */
#ifndef UNIT_WEB_CLIENT_H
#define UNIT_WEB_CLIENT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/caps.h"
#include "report/metrics.h"
#include "web/web.h"

#include "fake_store.h"

enum { VMS = 200 };
static const int64_t now_ms = INT64_C(1700000000000);

struct house {
    struct fake_store store;
    struct metrics *metrics;
    struct metric_set *vcenter, *other;
    struct web *web;
};

static inline int start(void **state)
{
    struct house *house = calloc(1, sizeof *house);
    struct web_error err = {""};
    fake_open(&house->store, VMS);
    house->store.now_ms = now_ms;
    house->metrics = metrics_new();
    house->vcenter = metrics_set(house->metrics, METRIC_OF_VCENTER, "prod");
    house->other = metrics_set(house->metrics, METRIC_OF_VCENTER, "lab");
    struct web_options options = {
        .listen = "127.0.0.1:0", .embedded = &house->store, .metrics = house->metrics};
    if (web_start(&options, &house->web, &err) != 0)
        fail_msg("%s", err.message);
    *state = house;
    return 0;
}

static inline int stop(void **state)
{
    struct house *house = *state;
    web_stop(house->web);
    metrics_free(house->metrics);
    fake_close(&house->store);
    free(house);
    return 0;
}

struct answer {
    int status;
    char *all; /* header and body */
    const char *body;
    size_t nbody;
};

static inline struct answer say(const struct house *house, const char *text)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)web_port(house->web)),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int s = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(s, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(write(s, text, strlen(text)), strlen(text));
    struct buf buf;
    buf_init(&buf, CAP_PAGE_BYTES);
    char piece[4096];
    for (ssize_t n; (n = read(s, piece, sizeof piece)) > 0;)
        buf_add(&buf, piece, (size_t)n);
    close(s);
    struct answer answer = {.nbody = buf.len};
    answer.all = buf_take(&buf);
    assert_int_equal(sscanf(answer.all, "HTTP/1.1 %d", &answer.status), 1);
    char *blank = strstr(answer.all, "\r\n\r\n");
    assert_non_null(blank);
    blank[2] = '\0'; /* the header ends here */
    answer.body = blank + 4;
    answer.nbody -= (size_t)(answer.body - answer.all);
    return answer;
}

static inline struct answer ask(const struct house *house, const char *method, const char *host,
                                const char *more, const char *path)
{
    char *text = NULL;
    if (asprintf(&text, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n%s\r\n", method, path,
                 host, more) < 0)
        abort();
    struct answer answer = say(house, text);
    free(text);
    return answer;
}

static inline struct answer get(const struct house *house, const char *path)
{
    return ask(house, "GET", "localhost", "", path);
}

static inline json_t *parse(struct answer *answer)
{
    json_error_t error;
    json_t *json = json_loadb(answer->body, answer->nbody, 0, &error);
    if (!json)
        fail_msg("%s at %d in %.200s", error.text, error.position, answer->body);
    free(answer->all);
    return json;
}

static inline json_t *get_json(const struct house *house, const char *path)
{
    struct answer answer = get(house, path);
    if (answer.status != 200)
        fail_msg("%s: %d %s", path, answer.status, answer.body);
    return parse(&answer);
}

/* The error's text must hold all of `says`. */
static inline void assert_error(const struct house *house, const char *path, int status,
                                const char *says)
{
    struct answer answer = get(house, path);
    assert_int_equal(answer.status, status);
    json_t *json = parse(&answer);
    const char *text = json_string_value(json_object_get(json, "error"));
    assert_non_null(text);
    if (!strstr(text, says))
        fail_msg("%s: \"%s\" does not say \"%s\"", path, text, says);
    json_decref(json);
}

#define OVER(test) cmocka_unit_test_setup_teardown(test, start, stop)

#endif
