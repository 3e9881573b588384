/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stores/push_stage.h"
#include "stores/settle.h"

static void test_lanes_keep_order(void **state)
{
    (void)state;
    for (unsigned lanes = 1; lanes <= MOST_LANES; lanes++)
        for (int time_by_time = 0; time_by_time < 2; time_by_time++) {
            struct stage *s = begin(lanes, 7);
            for (int seq = 0; seq < 3; seq++) {
                assert_int_equal(write_batch(s, seq, 60, 5, time_by_time), STORE_DONE);
                assert_int_equal(s->err.refused_rows, 0);
            }
            assert_int_equal(wrong_rows(s, 60, 0, 15, false), 0);
            assert_int_equal(s->disorder, 0);
            assert_int_equal(s->peer.connections, lanes);
            assert_true(s->most_lines <= 7);
            for (int vm = 0; vm < 60; vm++)
                assert_true(s->connection[vm] > 0); /* the same lane from batch to batch */
            finish(s);
        }
}

static void test_limits_of_a_piece(void **state)
{
    (void)state;
    struct stage *s = begin(1, 0);
    s->options.batch_bytes = 300;
    push_close(s->push);
    open_push(s);
    assert_int_equal(write_batch(s, 0, 64, 1, false), STORE_DONE);
    assert_int_equal(wrong_rows(s, 64, 0, 1, false), 0);
    assert_true(s->most_lines > 5 && s->most_lines * (int)strlen("vm-1 at 1000000;\n") <= 300);
    finish(s);
}

/* Halves find exactly the bad row, in each lane; the letters name it, once, with the reason. */
static void test_bad_rows_are_found(void **state)
{
    (void)state;
    static const int statuses[] = {400, 422};
    for (int by_row = 0; by_row < 2; by_row++)
        for (unsigned lanes = 1; lanes <= MOST_LANES; lanes += 3)
            for (size_t i = 0; i < 2; i++) {
                struct stage *s = begin(lanes, 0);
                s->bad = "vm-37 at 1040000;";
                s->by_row = by_row;
                s->bad_status = statuses[i];
                assert_int_equal(write_batch(s, 0, 60, 5, false), STORE_DONE);
                assert_int_equal(s->err.refused_rows, 1);
                assert_int_equal(s->stored[37][2], 0);
                s->stored[37][2] = 1;
                assert_int_equal(wrong_rows(s, 60, 0, 5, by_row), 0);
                assert_int_equal(letters_with(s, "", ""), 1);
                assert_int_equal(letters_with(s, "\"moid\":\"vm-37\"", by_row ? "partial" : "bad"),
                                 1);
                finish(s);
            }
}

/* Several bad rows in one piece, apart from each other: their letters, and no others. */
static void test_several_bad_rows(void **state)
{
    (void)state;
    for (int by_row = 0; by_row < 2; by_row++) {
        struct stage *s = begin(1, 0);
        s->bad = " at 1040000;";
        s->by_row = by_row;
        assert_int_equal(write_batch(s, 0, 4, 5, false), STORE_DONE);
        assert_int_equal(s->err.refused_rows, 4);
        assert_int_equal(letters_with(s, "", ""), 4);
        assert_int_equal(letters_with(s, "", "\"time\":\"1970-01-01T00:17:20Z\""), 4);
        finish(s);
    }
}

/* More bad rows than requests to find them: what is refused as a whole is told so. */
static void test_all_bad_is_bounded(void **state)
{
    (void)state;
    struct stage *s = begin(1, 0);
    s->bad = "vm-";
    assert_int_equal(write_batch(s, 0, 500, 1, false), STORE_REFUSED);
    assert_true(s->peer.requests <= 70);
    assert_int_equal(letters_with(s, "", "HTTP 400: bad row"), 500);
    finish(s);
    s = begin(1, 0);
    s->bad = "vm-";
    s->by_row = true;
    assert_int_equal(write_batch(s, 0, 500, 1, false), STORE_DONE);
    assert_true(s->peer.requests <= 70);
    assert_true(s->err.refused_rows >= 32 && s->err.refused_rows < 100); /* as it is told */
    assert_int_equal(letters_with(s, "", "partial"), 500);
    assert_true(letters_with(s, "\"1 of these ", " rows: HTTP 400: partial write\"") > 400);
    finish(s);
}

static void test_too_large(void **state)
{
    (void)state;
    for (unsigned lanes = 1; lanes <= MOST_LANES; lanes += 3) {
        struct stage *s = begin(lanes, 0);
        s->largest = 200;
        for (int seq = 0; seq < 2; seq++) {
            assert_int_equal(write_batch(s, seq, 100, 2, false), STORE_DONE);
            assert_int_equal(s->err.refused_rows, 0);
        }
        assert_int_equal(wrong_rows(s, 100, 0, 4, false), 0);
        assert_int_equal(s->disorder, 0);
        s->largest = 5; /* no row fits */
        assert_int_equal(write_batch(s, 2, 10, 1, false), STORE_REFUSED);
        assert_int_equal(letters_with(s, "", "HTTP 413: too large"), 10);
        finish(s);
    }
}

/* A 500 that never heals: tried again, then narrowed down; letters are not written twice. */
static void test_500_for_a_row(void **state)
{
    (void)state;
    struct stage *s = begin(2, 10);
    s->bad = "vm-5 at";
    s->bad_status = 500;
    for (int i = 1; i < 5; i++) {
        assert_int_equal(write_batch(s, 0, 64, 1, false), STORE_AGAIN);
        assert_int_equal(letters_with(s, "", ""), 0);
    }
    assert_int_equal(write_batch(s, 0, 64, 1, false), STORE_DONE);
    assert_int_equal(s->err.refused_rows, 1);
    assert_int_equal(letters_with(s, "", ""), 1);
    assert_int_equal(letters_with(s, "\"moid\":\"vm-5\"", "HTTP 500"), 1);
    s->stored[5][0] = 1;
    assert_int_equal(wrong_rows(s, 64, 0, 1, true), 0);
    finish(s);
}

/* A server that answers 500 to everything is sick: there are no letters until it is given up. */
static void test_500_for_ever(void **state)
{
    (void)state;
    struct stage *s = begin(2, 0);
    int tries = 1;
    s->bad = "vm-";
    s->bad_status = 500;
    while (tries < 1000 && write_batch(s, 0, 8, 1, false) == STORE_AGAIN) {
        assert_int_equal(letters_with(s, "", ""), 0);
        tries++;
    }
    assert_int_equal(tries, 20);
    assert_int_equal(letters_with(s, "", "HTTP 500: bad row"), 8);
    finish(s);
}

/* A sick server between the tries does not make them begin anew. */
static void test_500_among_other_troubles(void **state)
{
    (void)state;
    struct stage *s = begin(1, 0);
    int tries = 0;
    s->bad = "vm-5 at";
    s->bad_status = 500;
    do {
        no_trouble(s);
        if (tries % 2)
            trouble(s, 0, 503, false);
        assert_true(++tries < 20);
    } while (write_batch(s, 0, 64, 1, false) == STORE_AGAIN);
    assert_int_equal(s->err.refused_rows, 1);
    finish(s);
}

/* The answer was lost, the rows were not: what the server has already is taken. */
static void test_already(void **state)
{
    (void)state;
    for (unsigned lanes = 1; lanes <= MOST_LANES; lanes += 3) {
        struct stage *s = begin(lanes, 6);
        s->knows_order = true;
        assert_int_equal(write_batch(s, 0, 40, 3, false), STORE_DONE);
        trouble(s, s->peer.requests + 3, 0, true);
        assert_int_equal(write_batch(s, 1, 40, 3, false), STORE_AGAIN);
        assert_int_equal(s->err.rewind, 1); /* it may have been killed */
        for (int seq = 0; seq < 2; seq++) {
            assert_int_equal(write_batch(s, seq, 40, 3, false), STORE_DONE);
            assert_int_equal(s->err.refused_rows, 0);
        }
        assert_int_equal(wrong_rows(s, 40, 0, 6, false), 0);
        finish(s);
    }
}

/* Somebody else has written newer samples: these were never taken, and that is not hidden. */
static void test_already_of_somebody_else(void **state)
{
    (void)state;
    struct stage *s = begin(1, 0);
    s->knows_order = true;
    assert_int_equal(write_batch(s, 0, 40, 1, false), STORE_DONE);
    s->latest[7] = T0 + 9 * STEP;
    assert_int_equal(write_batch(s, 1, 40, 1, false), STORE_DONE);
    assert_int_equal(s->err.refused_rows, 1);
    assert_int_equal(letters_with(s, "\"moid\":\"vm-7\"", "out of order"), 1);
    s->stored[7][1] = 1;
    assert_int_equal(wrong_rows(s, 40, 0, 2, false), 0);
    finish(s);
}

/* The process ended within a batch and starts again, with larger pieces: what the server has is no
 * refusal, what it does not have arrives. */
static void test_already_after_a_restart(void **state)
{
    (void)state;
    struct stage *s = begin(1, 4);
    s->knows_order = true;
    assert_int_equal(write_batch(s, 0, 20, 2, false), STORE_DONE);
    trouble(s, s->peer.requests + 8, 503, false); /* 7 pieces of 10 are stored */
    assert_int_equal(write_batch(s, 1, 20, 2, false), STORE_AGAIN);
    no_trouble(s);
    push_close(s->push);
    s->options.batch_values = INT64_C(16) * ROW_VALUES;
    open_push(s);
    for (int seq = 0; seq < 3; seq++) {
        assert_int_equal(write_batch(s, seq, 20, 2, false), STORE_DONE);
        assert_int_equal(s->err.refused_rows, 0);
    }
    assert_int_equal(wrong_rows(s, 20, 0, 6, true), 0);
    assert_int_equal(letters_with(s, "", ""), 0);
    finish(s);
}

/* So many rows that narrowing a piece down takes more requests than for bad rows. */
static void test_already_of_many(void **state)
{
    (void)state;
    struct stage *s = begin(1, 50);
    s->knows_order = true;
    assert_int_equal(write_batch(s, 0, 15, 5, false), STORE_DONE);
    push_close(s->push);
    open_push(s);
    assert_int_equal(write_batch(s, 0, 60, 5, false), STORE_DONE);
    assert_int_equal(s->err.refused_rows, 0);
    assert_int_equal(wrong_rows(s, 60, 0, 5, true), 0);
    finish(s);
}

/* What was never sent is not taken for stored: not because of a try that did not arrive, and not
 * for ever after a start because requests are small. */
static void test_late_row_of_somebody_else(void **state)
{
    (void)state;
    static const int statuses[] = {0, 503};
    for (int i = 0; i < 4; i++) {
        struct stage *s = begin(1, i % 2 ? 0 : 10);
        s->knows_order = true;
        s->options.batch_bytes = i % 2 ? 300 : 0;
        push_close(s->push);
        open_push(s);
        assert_int_equal(write_batch(s, 0, 30, 1, false), STORE_DONE);
        s->latest[25] = T0 + 9 * STEP;
        trouble(s, s->peer.requests + 1, statuses[i / 2], false);
        assert_int_equal(write_batch(s, 1, 30, 1, false), STORE_AGAIN);
        if (s->err.rewind)
            assert_int_equal(write_batch(s, 0, 30, 1, false), STORE_DONE);
        assert_int_equal(write_batch(s, 1, 30, 1, false), STORE_DONE);
        assert_int_equal(s->err.refused_rows, 1);
        assert_int_equal(letters_with(s, "\"moid\":\"vm-25\"", "out of order"), 1);
        s->stored[25][1] = 1;
        assert_int_equal(wrong_rows(s, 30, 0, 2, true), 0);
        finish(s);
    }
}

/* A row that was refused is refused again when something behind it has to be tried again. */
static void test_refused_before_trouble(void **state)
{
    (void)state;
    struct stage *s = begin(1, 1);
    s->knows_order = true;
    assert_int_equal(write_batch(s, 0, 6, 1, false), STORE_DONE);
    s->latest[2] = T0 + 9 * STEP;
    trouble(s, s->peer.requests + 5, 503, false);
    assert_int_equal(write_batch(s, 1, 6, 1, false), STORE_AGAIN);
    assert_int_equal(write_batch(s, 1, 6, 1, false), STORE_DONE);
    assert_int_equal(s->err.refused_rows, 1);
    assert_int_equal(letters_with(s, "\"moid\":\"vm-2\"", "out of order"), 1);
    finish(s);
}

/* The server was killed and is back before anything is written: the connection tells, and time
 * alone settles nothing. */
static void test_killed_between_writes(void **state)
{
    (void)state;
    struct stage *s = begin(1, 0);
    assert_int_equal(write_batch(s, 0, 3, 1, false), STORE_DONE);
    for (int i = 0; i < SETTLE_RETURNS; i++) {
        shutdown(s->peer.all[s->peer.connections - 1]->fd, SHUT_RDWR);
        assert_int_equal(write_batch(s, 1, 3, 1, false), STORE_AGAIN);
        assert_int_equal(s->err.rewind, 1);
        for (int seq = 0; seq < 2; seq++)
            assert_int_equal(write_batch(s, seq, 3, 1, false), STORE_DONE);
    }
    finish(s);
}

/* Narrowing down was cut off: the halves that were stored say nothing of those that were not. */
static void test_narrowing_goes_on(void **state)
{
    (void)state;
    for (int status = 0; status <= 503; status += 503)
        for (int at = 2; at < 12; at++) {
            struct stage *s = begin(1, 0);
            s->knows_order = true;
            assert_int_equal(write_batch(s, 0, 8, 2, false), STORE_DONE);
            s->bad = "vm-20 at 1040000;";
            trouble(s, s->peer.requests + at, status, status == 0);
            assert_int_equal(write_batch(s, 1, 64, 2, false), STORE_AGAIN);
            if (s->err.rewind)
                assert_int_equal(write_batch(s, 0, 8, 2, false), STORE_DONE);
            assert_int_equal(write_batch(s, 1, 64, 2, false), STORE_DONE);
            assert_int_equal(s->err.refused_rows, 1);
            assert_int_equal(letters_with(s, "", ""), 1);
            s->stored[20][2] = 1;
            assert_int_equal(wrong_rows(s, 8, 0, 2, true), 0);
            assert_int_equal(wrong_rows(s, 64, 2, 4, true), 0);
            finish(s);
        }
}

static void test_changed(void **state)
{
    (void)state;
    struct stage *s = begin(1, 10);
    s->changes = true;
    assert_int_equal(write_batch(s, 0, 40, 1, false), STORE_DONE);
    assert_int_equal(s->err.refused_rows, 0);
    assert_int_equal(s->peer.requests, 5); /* the first piece twice */
    assert_int_equal(wrong_rows(s, 40, 0, 1, false), 0);
    s->older = false;
    s->stubborn = true;
    int requests = s->peer.requests;
    assert_int_equal(write_batch(s, 1, 40, 1, false), STORE_BAD_SETUP);
    assert_int_equal(s->peer.requests, requests + 1 + PUSH_CHANGES);
    finish(s);
}

static void test_setup_is_told_first(void **state)
{
    (void)state;
    struct stage *s = begin(MOST_LANES, 0);
    trouble(s, 2, 401, false);
    trouble(s, 0, 503, false);
    enum store_outcome outcome = STORE_AGAIN;
    /* A lane that stops keeps the others from starting, so it may take another try. */
    for (int i = 0; i < 50 && outcome == STORE_AGAIN; i++) {
        s->peer.requests = 0;
        outcome = write_batch(s, 0, 40, 1, false);
    }
    assert_int_equal(outcome, STORE_BAD_SETUP);
    assert_non_null(strstr(s->err.message, "HTTP 401"));
    finish(s);
}

/* Rows that have nothing for this store, and no rows at all. */
static void test_nothing_to_send(void **state)
{
    (void)state;
    struct stage *s = begin(2, 0);
    struct row_batch batch;
    const struct entity silent = {"u", {"", "", "", "", "", "vm-silent", "", "", ""}};
    row_batch_init(&batch);
    assert_int_equal(push_write(s->push, 1, &batch, &s->durable, &s->bytes, &s->err), STORE_DONE);
    row_batch_row(&batch, &silent, (struct server_time){T0}, 20);
    assert_int_equal(push_write(s->push, 2, &batch, &s->durable, &s->bytes, &s->err), STORE_DONE);
    assert_int_equal(s->peer.requests, 0);
    assert_int_equal(push_flush(s->push, 1, &s->durable, &s->err), STORE_DONE);
    assert_int_equal(s->durable, 2);
    row_batch_free(&batch);
    finish(s);
}

static void slow_answer(void *ctx, const struct peer_request *request, struct peer_answer *answer)
{
    (void)ctx, (void)request, (void)answer;
    usleep(3000000);
}

static void *cancel_soon(void *ctx)
{
    usleep(200000);
    push_cancel(ctx);
    return NULL;
}

static void test_cancel(void **state)
{
    (void)state;
    pthread_t thread;
    struct stage *s = begin(MOST_LANES, 5);
    s->peer.answer = slow_answer;
    assert_int_equal(pthread_create(&thread, NULL, cancel_soon, s->push), 0);
    struct mono_time start = mono_now();
    assert_int_equal(write_batch(s, 0, 100, 1, false), STORE_AGAIN);
    assert_true(mono_between(start, mono_now()) < 2500);
    assert_int_equal(s->err.refused_rows, 0);
    pthread_join(thread, NULL);
    assert_int_equal(write_batch(s, 0, 100, 1, false), STORE_AGAIN);
    assert_true(strlen(s->err.message) > 0);
    finish(s);
}

/* Delivers batches as the runner does, whatever the server does meanwhile. */
static void deliver(struct stage *s, int batches)
{
    int64_t cursor = -1, after = -1;
    for (int tries = 0; after < batches - 1; tries++) {
        assert_true(tries < 1000);
        int64_t seq = after + 1;
        enum store_outcome outcome = write_batch(s, seq, 30, 3, seq % 2);
        if (outcome == STORE_DONE)
            after = seq;
        else
            assert_int_equal(outcome, STORE_AGAIN);
        if (outcome == STORE_AGAIN && s->err.rewind)
            after = cursor;
    }
}

/* Anything may happen to any request; every good row arrives, each bad one is in the letters, and
 * no other. */
static void test_whatever_happens(void **state)
{
    (void)state;
    static const int statuses[] = {0, 0, 429, 500, 502, 503};
    for (unsigned seed = 1; seed <= 40; seed++) {
        unsigned random = seed * 2654435761u;
        struct stage *s = begin(1 + seed % MOST_LANES, seed % 3 ? 7 : 0);
        s->knows_order = seed % 5 != 0;
        s->largest = seed % 4 ? 0 : 250;
        s->bad = seed % 2 ? "vm-11 at 1120000;" : NULL;
        for (int i = 0; i < 12; i++) {
            random = random * 1664525u + 1013904223u;
            trouble(s, 1 + (int)(random >> 8) % 60, statuses[(random >> 20) % 6], random & 64);
        }
        deliver(s, 5);
        if (s->bad) {
            assert_int_equal(s->stored[11][6], 0);
            s->stored[11][6] = 1;
        }
        assert_int_equal(wrong_rows(s, 30, 0, 15, true), 0);
        assert_int_equal(letters_with(s, "", "") > 0, s->bad != NULL);
        assert_int_equal(letters_with(s, "", "\"moid\":\"vm-11\""), letters_with(s, "", ""));
        finish(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lanes_keep_order),
        cmocka_unit_test(test_limits_of_a_piece),
        cmocka_unit_test(test_bad_rows_are_found),
        cmocka_unit_test(test_several_bad_rows),
        cmocka_unit_test(test_all_bad_is_bounded),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_500_for_a_row),
        cmocka_unit_test(test_500_for_ever),
        cmocka_unit_test(test_500_among_other_troubles),
        cmocka_unit_test(test_already),
        cmocka_unit_test(test_already_of_somebody_else),
        cmocka_unit_test(test_already_after_a_restart),
        cmocka_unit_test(test_already_of_many),
        cmocka_unit_test(test_late_row_of_somebody_else),
        cmocka_unit_test(test_refused_before_trouble),
        cmocka_unit_test(test_killed_between_writes),
        cmocka_unit_test(test_narrowing_goes_on),
        cmocka_unit_test(test_changed),
        cmocka_unit_test(test_setup_is_told_first),
        cmocka_unit_test(test_nothing_to_send),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_whatever_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
