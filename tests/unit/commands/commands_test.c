/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "commands/arguments.h"
#include "commands/command.h"
#include "commands/notify.h"
#include "commands/table.h"
#include "layers/reason.h"

/* ---- arguments ---- */

static const char *const words[] = {"table", "json", NULL};

struct given {
    const char *path, *format;
    int samples;
    bool raw;
};

static int read_line(struct given *given, char **argv)
{
    const struct argument table[] = {{.name = "config", .text = &given->path},
                                     {.name = "format", .text = &given->format, .choices = words},
                                     {.name = "samples", .number = &given->samples},
                                     {.name = "raw", .flag = &given->raw},
                                     {0}};
    int argc = 0;
    while (argv[argc])
        argc++;
    return arguments_read(argc, argv, table);
}

static void good_arguments_are_taken(void **state)
{
    (void)state;
    struct given given = {.path = "default", .samples = 1};
    assert_int_equal(read_line(&given, (char *[]){"once", NULL}), 0);
    assert_string_equal(given.path, "default");
    assert_int_equal(read_line(&given, (char *[]){"once", "--config", "a.yaml", "--format=json",
                                                  "--raw", "--samples", "180", NULL}),
                     0);
    assert_string_equal(given.path, "a.yaml");
    assert_string_equal(given.format, "json");
    assert_int_equal(given.samples, 180);
    assert_true(given.raw);
}

static void bad_arguments_are_refused(void **state)
{
    (void)state;
    char *lines[][4] = {
        {"once", "--nonsense"},  {"once", "--config"},        {"once", "--format=xml"},
        {"once", "--samples=0"}, {"once", "--samples", "3x"}, {"once", "--samples="},
        {"once", "stray"},       {"once", "--raw=1"},         {"once", "-c"}};
    fflush(stderr);
    int saved = dup(STDERR_FILENO);
    FILE *nowhere = freopen("/dev/null", "w", stderr);
    assert_non_null(nowhere);
    size_t refused = 0;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct given given = {.samples = 7};
        refused += read_line(&given, lines[i]) == -1 && given.samples == 7 && !given.format;
    }
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    assert_int_equal(refused, sizeof lines / sizeof *lines);
}

static void every_command_is_found_by_its_name(void **state)
{
    (void)state;
    const struct command *command;
    unsigned n = 0;
    for (; (command = command_at(n)); n++) {
        assert_ptr_equal(command_find(command->name), command);
        assert_non_null(command->run);
        assert_true(strlen(command->summary) > 10);
    }
    assert_int_equal(n, 6);
    assert_null(command_find("nonsense"));
}

/* ---- the table ---- */

static const struct entity *an_entity(struct entity *entity, const char *vm)
{
    for (int i = 0; i < LABEL_COUNT; i++)
        entity->label[i] = "";
    entity->label[LABEL_VM] = vm;
    entity->label[LABEL_HOST] = "esx-01";
    entity->vcenter_uuid = "u";
    return entity;
}

static void a_row(struct row_batch *rows, const struct entity *entity, int64_t unmet)
{
    row_batch_row(rows, entity, (struct server_time){20000}, 20);
    row_batch_value(rows, Q_CPU_COUNT, FORM_TOTAL, 0, 2);
    row_batch_value(rows, Q_CPU_GUEST_RUN, FORM_TOTAL, 0, 10000);
    row_batch_value(rows, Q_CPU_UNMET, FORM_TOTAL, 0, unmet);
    row_batch_value(rows, Q_CPU_UNMET, FORM_WORST, 0, unmet);
    row_batch_value(rows, Q_CPU_STATUS_QUEUE, FORM_TOTAL, 0, REASON_NO_GUEST_SOURCE);
}

static void the_worst_comes_first_and_the_refused_last(void **state)
{
    (void)state;
    struct entity entities[4];
    struct row_batch rows;
    struct buf out;
    row_batch_init(&rows);
    buf_init(&out, 1 << 16);
    a_row(&rows, an_entity(&entities[0], "little"), 40);
    row_batch_row(&rows, an_entity(&entities[1], "refused"), (struct server_time){20000}, 20);
    row_batch_value(&rows, Q_CPU_STATUS_UNMET, FORM_TOTAL, 0, REASON_STATES_DO_NOT_ADD_UP);
    a_row(&rows, an_entity(&entities[2], "much\n\x1b[31m"), 8000);
    a_row(&rows, an_entity(&entities[3], "\xc3\xbc-a-very-long-name-indeed"), 400);
    assert_int_equal(table_write(&out, &rows, 3), 0);
    const char *much = strstr(out.data, "much??[31m"), *some = strstr(out.data, "\xc3\xbc-a-very");
    const char *little = strstr(out.data, "little");
    assert_non_null(much); /* and no control character reaches the terminal */
    assert_true(much < some && some < little);
    assert_non_null(strstr(much, "   2  n/a   25.00       -   20.00"));
    assert_non_null(strstr(out.data, "... and 1 VMs with less unmet demand"));
    buf_clear(&out);
    assert_int_equal(table_write(&out, &rows, 10), 0);
    assert_non_null(strstr(out.data, "no CPU layers: vCPU states do not add up to the interval"));
    assert_true(strstr(out.data, "refused ") > strstr(out.data, "little "));
    buf_free(&out);
    row_batch_free(&rows);
}

/* ---- systemd ---- */

static void tells_systemd(void **state)
{
    (void)state;
    char folder[] = "/tmp/vstrata-notify-XXXXXX", text[64] = "";
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    assert_non_null(mkdtemp(folder));
    snprintf(address.sun_path, sizeof address.sun_path, "%s/socket", folder);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    unsetenv("NOTIFY_SOCKET");
    notify_systemd("READY=1"); /* nobody asked */
    assert_int_equal(recv(fd, text, sizeof text, MSG_DONTWAIT), -1);
    setenv("NOTIFY_SOCKET", address.sun_path, 1);
    notify_systemd("READY=1");
    assert_int_equal(recv(fd, text, sizeof text - 1, MSG_DONTWAIT), 7);
    assert_string_equal(text, "READY=1");
    close(fd);
    unlink(address.sun_path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_arguments_are_taken),
        cmocka_unit_test(bad_arguments_are_refused),
        cmocka_unit_test(every_command_is_found_by_its_name),
        cmocka_unit_test(the_worst_comes_first_and_the_refused_last),
        cmocka_unit_test(tells_systemd),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
