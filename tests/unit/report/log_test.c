/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "report/log.h"

static int saved;
static FILE *caught;

/* Standard error goes into a file until the end of the test. */
static int catch (void **state)
{
    (void)state;
    setenv("JOURNAL_STREAM", "1:1", 1); /* no time stamps */
    log_set_level(LOG_INFO);
    fflush(stderr);
    saved = dup(STDERR_FILENO);
    caught = tmpfile();
    return caught && dup2(fileno(caught), STDERR_FILENO) >= 0 ? 0 : -1;
}

static int release(void **state)
{
    (void)state;
    dup2(saved, STDERR_FILENO);
    close(saved);
    fclose(caught);
    return 0;
}

/* What was logged since the last call. */
static const char *logged(void)
{
    static char text[8192];
    fflush(stderr);
    rewind(caught);
    size_t n = fread(text, 1, sizeof text - 1, caught);
    text[n] = '\0';
    rewind(caught);
    if (ftruncate(fileno(caught), 0) != 0)
        abort();
    return text;
}

static void one_line_an_event(void **state)
{
    (void)state;
    log_event(LOG_WARN, "collect", "seen", "n=%d", 3);
    log_event(LOG_DEBUG, "collect", "unseen", "n=%d", 4);
    assert_string_equal(logged(), "level=warn room=collect event=seen n=3\n");
}

static void a_hostile_name_forges_nothing(void **state)
{
    (void)state;
    log_event(LOG_INFO, "r", "e", "vm=%s end=1", log_quote("a\" level=error x=\\\nlevel=error"));
    assert_string_equal(logged(), "level=info room=r event=e vm=\"a\\\" level=error "
                                  "x=\\\\?level=error\" end=1\n");
}

static void a_long_text_is_cut_inside_its_quotes(void **state)
{
    (void)state;
    char *text = malloc(100001);
    memset(text, '"', 100000);
    text[100000] = '\0';
    const char *quoted = log_quote(text);
    size_t n = strlen(quoted);
    assert_in_range(n, 600, 700);
    assert_int_equal(n % 2, 0); /* no escape is cut in half */
    assert_int_equal(quoted[n - 1], '"');
    free(text);
}

static void several_quotes_live_side_by_side(void **state)
{
    (void)state;
    log_event(LOG_INFO, "r", "e", "%s %s %s %s", log_quote("1"), log_quote("2"), log_quote("3"),
              log_quote("4"));
    assert_string_equal(logged(), "level=info room=r event=e \"1\" \"2\" \"3\" \"4\"\n");
}

static void a_complaint_backs_off_and_tells_of_the_end(void **state)
{
    (void)state;
    struct complaint complaint = {0};
    for (int i = 0; i < 1000; i++)
        complain(&complaint, LOG_WARN, "r", "broken", "i=%d", i);
    assert_string_equal(logged(), "level=warn room=r event=broken i=0\n");
    complaint.next = mono_after(mono_now(), -1); /* the minute is over */
    complain(&complaint, LOG_WARN, "r", "broken", "i=%d", 1000);
    assert_string_equal(logged(), "level=warn room=r event=broken i=1000 repeats=1001\n");
    assert_int_equal(complaint.wait_ms, 120000);
    complain_over(&complaint, "r", "works", "n=%d", 1);
    complain_over(&complaint, "r", "works", "n=%d", 2);
    assert_string_equal(logged(), "level=info room=r event=works n=1\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_line_an_event, catch, release),
        cmocka_unit_test_setup_teardown(a_hostile_name_forges_nothing, catch, release),
        cmocka_unit_test_setup_teardown(a_long_text_is_cut_inside_its_quotes, catch, release),
        cmocka_unit_test_setup_teardown(several_quotes_live_side_by_side, catch, release),
        cmocka_unit_test_setup_teardown(a_complaint_backs_off_and_tells_of_the_end, catch, release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
