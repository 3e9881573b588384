/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * config/schemas.md against the schemas: a name in its tables must be written, and what is written
 * must be in the tables.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "formats/named.h"

enum { MAGIC = 4711, CELLS = 4 };

static const struct entity vm = {
    .vcenter_uuid = "u-1",
    .label = {"vcenter", "dc", "cluster", "host", "vm", "vm-1", "5000-a", "", ""},
};
static const struct entity host = {
    .vcenter_uuid = "u-1",
    .label = {"vcenter", "dc", "cluster", "host", "", "host-1", "", "host", ""},
};

static char *read_document(void)
{
    FILE *file = fopen(TEST_SOURCE_DIR "/config/schemas.md", "r");
    assert_non_null(file);
    char *text = calloc(1, 1 << 20);
    assert_true(fread(text, 1, (1 << 20) - 1, file) > 0);
    fclose(file);
    return text;
}

/* The part of the document below "## NAME"; NULL = there is none. */
static char *section_of(const char *document, const char *name)
{
    char head[64];
    snprintf(head, sizeof head, "\n## %s\n", name);
    const char *from = strstr(document, head);
    if (!from)
        return NULL;
    from += strlen(head);
    const char *end = strstr(from, "\n## ");
    return end ? strndup(from, (size_t)(end - from)) : strdup(from);
}

/* Cuts "| `a` | b | `c` | d |" into cells without blanks and quotes around; false: no such line. */
static bool read_cells(char *line, char *cells[CELLS])
{
    if (strncmp(line, "| `", 3) != 0)
        return false;
    char *rest = line + 1;
    for (int i = 0; i < CELLS; i++) {
        char *cell = strsep(&rest, "|");
        if (!cell)
            return false;
        cell += strspn(cell, " `");
        size_t n = strlen(cell);
        while (n && strchr(" `", cell[n - 1]))
            n--;
        cell[n] = '\0';
        cells[i] = cell;
    }
    return true;
}

struct wanted {
    const char *name;
    bool seen;
};

static bool compare(void *ctx, const struct series *series)
{
    struct wanted *wanted = ctx;
    char name[256];
    snprintf(name, sizeof name, "%s%s%s", series->measurement, *series->field ? "_" : "",
             series->field);
    wanted->seen =
        wanted->seen || (series->samples[0].ticks == MAGIC && strcmp(name, wanted->name) == 0);
    return true;
}

/* What the document calls it, for this owner: '*' is the owner, <vm> the VM's name. */
static void expand(char *ret, size_t size, const struct schema *schema, const char *name,
                   const char *owner)
{
    size_t n = 0;
    if (schema == &schema_sexigraf)
        n = (size_t)snprintf(ret, size, "vmw.vcenter.dc.cluster.");
    for (const char *c = name; *c && n + 8 < size; c++) {
        if (*c == '*')
            n += (size_t)snprintf(ret + n, size - n, "%s", owner);
        else if (*c != '<' && *c != '>')
            ret[n++] = *c;
    }
    ret[n] = '\0';
}

static bool writes(const struct schema *schema, const char *what, const struct entity *of,
                   const char *name)
{
    const struct quantity_info *info = quantity_find(what);
    const char *instance = strstr(name, "instance") ? "instance" : "";
    struct wanted wanted = {.name = name};
    struct row_batch batch;
    struct series_walk *walk = series_walk_new(schema, "");
    row_batch_init(&batch);
    row_batch_row(&batch, of, (struct server_time){20000}, 20);
    if (!info || info->id != Q_CPU_COUNT)
        row_batch_value(&batch, Q_CPU_COUNT, FORM_TOTAL, 0, 2);
    if (info)
        row_batch_value(&batch, info->id, FORM_TOTAL, 0, MAGIC);
    else
        add_raw(&batch, &(struct raw){what, "number", instance, MAGIC});
    assert_true(series_walk_rows(walk, &batch, 0, 1, SERIES_BY_ROW, compare, &wanted));
    series_walk_free(walk);
    row_batch_free(&batch);
    return wanted.seen;
}

static size_t check_row(const struct schema *schema, char *cells[CELLS])
{
    static const struct {
        const char *word, *owner;
        const struct entity *entity;
    } owners[] = {{"VM", "vm", &vm}, {"host", "host", &host}};
    size_t checked = 0;
    for (size_t i = 0; i < 2; i++) {
        char name[256];
        expand(name, sizeof name, schema, cells[2], owners[i].owner);
        const bool told = strstr(cells[1], owners[i].word);
        if (writes(schema, cells[0], owners[i].entity, name) != told)
            fail_msg("%s: %s of a %s as %s: config/schemas.md says %s", schema->name, cells[0],
                     owners[i].owner, name, told ? "yes" : "no");
        checked += told;
    }
    return checked;
}

static void test_told_is_written(void **state)
{
    (void)state;
    char *document = read_document();
    for (unsigned i = 0; schema_at(i); i++) {
        char *section = section_of(document, schema_at(i)->name), *cells[CELLS];
        size_t checked = 0;
        if (!section)
            fail_msg("config/schemas.md has no section %s", schema_at(i)->name);
        for (char *rest = section, *line; (line = strsep(&rest, "\n"));)
            if (read_cells(line, cells))
                checked += check_row(schema_at(i), cells);
        assert_true(checked > 0);
        free(section);
    }
    free(document);
}

static bool has_word(const char *section, const char *word)
{
    char quoted[256];
    snprintf(quoted, sizeof quoted, "\n| `%s` ", word);
    return strstr(section, quoted) != NULL;
}

static void check_words(const char *section, const char *words, const char *schema)
{
    char *copy = strdup(words);
    for (char *rest = copy, *word; (word = strtok_r(rest, " ", &rest));)
        if (strcmp(word, "*") != 0 && strcmp(word, "cpu.count") != 0 && !has_word(section, word))
            fail_msg("%s: %s is not in config/schemas.md", schema, word);
    free(copy);
}

static void test_written_is_told(void **state)
{
    (void)state;
    char *document = read_document();
    for (unsigned i = 0; schema_at(i); i++) {
        const struct schema *schema = schema_at(i);
        char *section = section_of(document, schema->name);
        assert_non_null(section);
        check_words(section, schema->raw, schema->name);
        check_words(section, schema->quantities, schema->name);
        free(section);
    }
    free(document);
}

/* Words of a schema are names of the catalogue. */
static void test_quantities_exist(void **state)
{
    (void)state;
    for (unsigned i = 0; schema_at(i); i++) {
        char *copy = strdup(schema_at(i)->quantities);
        for (char *rest = copy, *word; (word = strtok_r(rest, " ", &rest));)
            if (strcmp(word, "*") != 0 && !quantity_find(word))
                fail_msg("%s: there is no quantity %s", schema_at(i)->name, word);
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_told_is_written),
        cmocka_unit_test(test_written_is_told),
        cmocka_unit_test(test_quantities_exist),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
