/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The Graphite driver against a peer that reads lines, or does not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "journal/some_rows.h"
#include "stores/graphite.h"

enum { KEPT = 16 << 20 };

struct stage {
    int listener, port;
    pthread_t thread;
    atomic_bool ends, deaf;       /* deaf: takes connections and reads nothing */
    atomic_int hangs_up;          /* closes the connection so many times, once it has got a line */
    atomic_int connections, open; /* so far; now */
    atomic_size_t got;
    char *text; /* what came, one connection behind the other */
    char address[40];
    struct store_options options;
    void *store;
    int64_t durable;
    uint64_t bytes;
    struct store_error err;
};

/* One connection, to its end. */
static void serve(struct stage *s, int fd)
{
    while (!atomic_load(&s->ends)) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        const bool deaf = atomic_load(&s->deaf);
        if (poll(deaf ? NULL : &ready, !deaf, 5) == 0)
            continue;
        const size_t at = atomic_load(&s->got);
        const ssize_t n = read(fd, s->text + at, KEPT - at - 1);
        if (n <= 0)
            return;
        atomic_store(&s->got, at + (size_t)n);
        if (atomic_load(&s->hangs_up) > 0) {
            atomic_fetch_sub(&s->hangs_up, 1);
            return;
        }
    }
}

static void *run(void *ctx)
{
    struct stage *s = ctx;
    int fd;
    while (!atomic_load(&s->ends) && (fd = accept(s->listener, NULL, NULL)) >= 0) {
        atomic_fetch_add(&s->connections, 1);
        atomic_store(&s->open, 1);
        serve(s, fd);
        close(fd);
        atomic_store(&s->open, 0);
    }
    return NULL;
}

static void begin(struct stage *s)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    const int small = 16 << 10; /* so that a deaf peer is noticed */
    *s = (struct stage){.text = calloc(1, KEPT)};
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(s->listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    assert_int_equal(bind(s->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(s->listener, 8), 0);
    assert_int_equal(getsockname(s->listener, (struct sockaddr *)&address, &size), 0);
    s->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&s->thread, NULL, run, s), 0);
    snprintf(s->address, sizeof s->address, "127.0.0.1:%d", s->port);
    s->options = (struct store_options){.type = "graphite",
                                        .name = "g",
                                        .schema = "vstrata",
                                        .address = s->address,
                                        .prefix = "p",
                                        .timeout_s = 1};
    if (store_graphite.open(&s->options, &s->store, &s->err) != 0)
        fail_msg("%s", s->err.message);
}

static void end_peer(struct stage *s)
{
    atomic_store(&s->ends, true);
    shutdown(s->listener, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    close(s->listener);
}

static void finish(struct stage *s)
{
    store_graphite.close(s->store);
    end_peer(s);
    free(s->text);
}

static enum store_outcome write_vms(struct stage *s, int nvms, int64_t seq)
{
    struct some_rows *some = some_rows_new(nvms, 1600000000000 + seq * 20000);
    s->durable = 0;
    enum store_outcome outcome =
        store_graphite.write(s->store, seq, &some->batch, &s->durable, &s->bytes, &s->err);
    some_rows_free(some);
    return outcome;
}

/* Waits until the peer has had n bytes in all, at most a while. */
static size_t got(const struct stage *s, size_t n)
{
    for (int i = 0; i < 2000 && atomic_load(&s->got) < n; i++)
        poll(NULL, 0, 5);
    return atomic_load(&s->got);
}

static void wait_closed(const struct stage *s)
{
    for (int i = 0; i < 2000 && atomic_load(&s->open); i++)
        poll(NULL, 0, 5);
    assert_int_equal(atomic_load(&s->open), 0);
}

static int lines_of(const struct stage *s, const char *with)
{
    int n = 0;
    for (const char *at = s->text; (at = strstr(at, with)); at++)
        n++;
    return n;
}

static void test_lines_arrive_and_settle_at_the_end(void **state)
{
    (void)state;
    struct stage s;
    int64_t durable = -1;
    begin(&s);
    assert_int_equal(write_vms(&s, 3, 7), STORE_DONE);
    assert_int_equal(s.durable, 0); /* not yet */
    assert_int_equal(got(&s, s.bytes), s.bytes);
    assert_int_equal(lines_of(&s, " 1600000140\n"), 39); /* 13 values of 3 VMs */
    assert_int_equal(lines_of(&s, "p.vc1.Paris.blue.vm.web_2.vm-2.cpu.unmet.ready.ratio "), 1);
    assert_int_equal(write_vms(&s, 3, 8), STORE_DONE);
    assert_int_equal(store_graphite.flush(s.store, 0, &durable, &s.err), STORE_DONE);
    assert_int_equal(durable, 0);
    assert_int_equal(store_graphite.flush(s.store, 1, &durable, &s.err), STORE_DONE);
    assert_int_equal(durable, 8); /* the peer has read everything and closed */
    assert_int_equal(lines_of(&s, " 1600000160\n"), 39);
    assert_int_equal(s.connections, 1);
    finish(&s);
}

/* What was sent over a connection that is closed before it could settle is asked for again. */
static void test_a_closed_connection_goes_back(void **state)
{
    (void)state;
    struct stage s;
    int64_t durable = -1;
    begin(&s);
    atomic_store(&s.hangs_up, 1);
    assert_int_equal(write_vms(&s, 3, 7), STORE_DONE);
    got(&s, 1);
    wait_closed(&s);
    assert_int_equal(store_graphite.flush(s.store, 0, &durable, &s.err), STORE_DONE);
    assert_int_equal(durable, 0);
    assert_int_equal(write_vms(&s, 3, 8), STORE_AGAIN);
    assert_int_equal(s.err.rewind, 1);
    assert_non_null(strstr(s.err.message, "closed the connection"));
    const size_t before = atomic_load(&s.got);
    assert_int_equal(write_vms(&s, 3, 7), STORE_DONE);
    assert_int_equal(got(&s, before + s.bytes), before + s.bytes);
    assert_int_equal(s.connections, 2);
    finish(&s);
}

/* A connection that is closed when nothing is at stake is opened again without a word. */
static void test_an_idle_close_is_nothing(void **state)
{
    (void)state;
    struct stage s;
    int64_t durable = -1;
    begin(&s);
    assert_int_equal(write_vms(&s, 3, 7), STORE_DONE);
    assert_int_equal(store_graphite.flush(s.store, 1, &durable, &s.err), STORE_DONE);
    assert_int_equal(durable, 7);
    wait_closed(&s);
    const size_t before = atomic_load(&s.got);
    assert_int_equal(write_vms(&s, 3, 8), STORE_DONE);
    got(&s, before + s.bytes);
    assert_int_equal(lines_of(&s, " 1600000160\n"), 39);
    finish(&s);
}

/* A peer that takes nothing: an error after the timeout, and the next connection starts with a
 * whole line. */
static void test_a_deaf_peer_times_out(void **state)
{
    (void)state;
    struct stage s;
    begin(&s);
    atomic_store(&s.deaf, true);
    int64_t seq = 1;
    const struct mono_time start = mono_now();
    while (write_vms(&s, 512, seq) == STORE_DONE && seq < 100)
        seq++;
    assert_true(seq < 100);
    assert_true(mono_between(start, mono_now()) >= 1000);
    assert_int_equal(s.err.rewind, seq > 1);
    assert_non_null(strstr(s.err.message, s.address));
    atomic_store(&s.deaf, false);
    wait_closed(&s);
    const size_t before = atomic_load(&s.got);
    assert_int_equal(write_vms(&s, 2, 1), STORE_DONE);
    got(&s, before + s.bytes);
    assert_int_equal(strncmp(s.text + before, "p.vc1.", 6), 0);
    assert_int_equal(s.connections, 2);
    finish(&s);
}

/* The peer's TCP has it, the peer has not: that is no end. */
static void test_what_is_not_read_is_not_durable(void **state)
{
    (void)state;
    struct stage s;
    int64_t durable = -1;
    begin(&s);
    atomic_store(&s.deaf, true);
    assert_int_equal(write_vms(&s, 5, 1), STORE_DONE);
    assert_int_equal(store_graphite.flush(s.store, 1, &durable, &s.err), STORE_DONE);
    assert_int_equal(durable, 0);
    finish(&s);
}

struct late {
    void *store;
};

static void *cancel_later(void *ctx)
{
    struct late *late = ctx;
    poll(NULL, 0, 300);
    store_graphite.cancel(late->store);
    return NULL;
}

static void test_cancel(void **state)
{
    (void)state;
    struct stage s;
    pthread_t thread;
    begin(&s);
    store_graphite.close(s.store);
    s.options.timeout_s = 60;
    assert_int_equal(store_graphite.open(&s.options, &s.store, &s.err), 0);
    struct late late = {s.store};
    atomic_store(&s.deaf, true);
    const struct mono_time start = mono_now();
    assert_int_equal(pthread_create(&thread, NULL, cancel_later, &late), 0);
    int64_t seq = 1;
    while (write_vms(&s, 512, seq) == STORE_DONE && seq < 100)
        seq++;
    pthread_join(thread, NULL);
    assert_true(mono_between(start, mono_now()) < 5000);
    assert_int_equal(write_vms(&s, 1, seq), STORE_AGAIN);
    assert_string_equal(s.err.message, "canceled");
    finish(&s);
}

static void test_nobody_listens(void **state)
{
    (void)state;
    struct stage s;
    begin(&s);
    end_peer(&s);
    assert_int_equal(store_graphite.probe(s.store, &s.err), -1);
    assert_non_null(strstr(s.err.message, s.address));
    assert_int_equal(write_vms(&s, 1, 1), STORE_AGAIN);
    assert_int_equal(s.err.rewind, 0);
    store_graphite.close(s.store);
    free(s.text);
}

static void test_probe_connects(void **state)
{
    (void)state;
    struct stage s;
    begin(&s);
    assert_int_equal(store_graphite.probe(s.store, &s.err), 0);
    for (int i = 0; i < 2000 && !atomic_load(&s.connections); i++)
        poll(NULL, 0, 5);
    assert_int_equal(s.connections, 1);
    finish(&s);
}

/* TLS to somebody who does not speak it. */
static void test_tls_is_really_tls(void **state)
{
    (void)state;
    struct stage s;
    begin(&s);
    store_graphite.close(s.store);
    s.options.tls = 1;
    assert_int_equal(store_graphite.open(&s.options, &s.store, &s.err), 0);
    assert_int_equal(write_vms(&s, 1, 1), STORE_AGAIN);
    assert_null(strstr(s.text, "p.vc1"));
    assert_int_equal((unsigned char)s.text[0], 0x16); /* a handshake */
    finish(&s);
}

/* One row that is larger than what may be sent at once; its neighbours arrive. */
static void test_a_row_too_large(void **state)
{
    (void)state;
    struct stage s;
    begin(&s);
    struct some_rows *some = some_rows_new(2, 1600000000000);
    row_batch_row(&some->batch, &some->entities[0], (struct server_time){1600000020000}, 20);
    for (unsigned i = 0; i < 65000; i++)
        row_batch_value(&some->batch, Q_CPU_READY, FORM_INSTANCE, i, (int64_t)i);
    one_row(some, 1, 1600000040000);
    assert_int_equal(store_graphite.write(s.store, 1, &some->batch, &s.durable, &s.bytes, &s.err),
                     STORE_DONE);
    some_rows_free(some);
    assert_int_equal(s.err.refused_rows, 1);
    got(&s, s.bytes);
    assert_int_equal(lines_of(&s, "\n"), 39);
    finish(&s);
}

static void test_wrong_options(void **state)
{
    (void)state;
    static const struct store_options cases[] = {
        {.address = ""},
        {.address = NULL},
        {.address = "host"},
        {.address = "host:"},
        {.address = ":2003"},
        {.address = "host:99999"},
        {.address = "host:2003/x"},
        {.address = "host:2003?x"},
        {.address = "user@host:2003"},
        {.address = "two words:2003"},
        {.address = "host:2003", .schema = "nonsense"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        void *store = NULL;
        struct store_error err = {0};
        if (store_graphite.open(&cases[i], &store, &err) != -1)
            fail_msg("taken: case %zu", i);
        assert_null(store);
        assert_true(strlen(err.message) > 5);
    }
    static const struct store_options good[] = {
        {.address = "host:2003"}, {.address = "[::1]:2003"}, {.address = "h-1.example.com:1"}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        void *store = NULL;
        struct store_error err = {0};
        assert_int_equal(store_graphite.open(&good[i], &store, &err), 0);
        store_graphite.close(store);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_arrive_and_settle_at_the_end),
        cmocka_unit_test(test_a_closed_connection_goes_back),
        cmocka_unit_test(test_an_idle_close_is_nothing),
        cmocka_unit_test(test_a_deaf_peer_times_out),
        cmocka_unit_test(test_what_is_not_read_is_not_durable),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_nobody_listens),
        cmocka_unit_test(test_probe_connects),
        cmocka_unit_test(test_tls_is_really_tls),
        cmocka_unit_test(test_a_row_too_large),
        cmocka_unit_test(test_wrong_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
