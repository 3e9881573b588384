/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "layers/quantity_others.h"
#include "layers/quantity_others_rows.h"
#include "layers/quantity_print.h"

static const struct other_name *const tables[OTHER_PRODUCTS] = {
    [OTHER_VSPHERE] = other_vsphere, [OTHER_ARIA] = other_aria, [OTHER_ESXTOP] = other_esxtop};

static void clean_text(const char *text)
{
    assert_non_null(text);
    const size_t n = strlen(text);
    assert_true(n > 0 && text[0] != ' ' && text[n - 1] != ' ');
    assert_null(strstr(text, "  "));
    for (size_t i = 0; i < n; i++)
        assert_true(isprint((unsigned char)text[i]) && text[i] != '"' && text[i] != '`');
}

static void test_rows_are_clean_and_in_order(void **state)
{
    (void)state;
    for (enum other_product product = 0; product < OTHER_PRODUCTS; product++) {
        const struct other_name *row = tables[product];
        clean_text(other_product_name(product));
        for (; row->quantity; row++) {
            assert_int_equal(row->product, product);
            assert_non_null(quantity_info(row->quantity));
            clean_text(row->name);
            clean_text(row->differs);
            assert_true(strlen(row->name) + strlen(row->differs) < 400); /* a line is 500 */
            if (row != tables[product])
                assert_true(row->quantity >= row[-1].quantity);
        }
        assert_null(row->name);
        assert_true(row > tables[product]);
    }
}

static void test_every_row_is_found_once(void **state)
{
    size_t rows = 0, found = 0;
    (void)state;
    for (enum other_product product = 0; product < OTHER_PRODUCTS; product++)
        for (const struct other_name *row = tables[product]; row->quantity; row++)
            rows++;
    for (enum quantity q = Q_NONE; q < QUANTITY_END; q++) {
        const struct other_name *other, *earlier;
        for (size_t i = 0; (other = other_names(q, i)); i++, found++) {
            assert_int_equal(other->quantity, q);
            for (size_t k = 0; k < i; k++) {
                earlier = other_names(q, k);
                assert_true(earlier->product <= other->product);
                assert_true(earlier->product != other->product ||
                            strcmp(earlier->name, other->name) != 0);
            }
        }
    }
    assert_int_equal(found, rows);
    assert_null(other_names(Q_NONE, 0));
    assert_null(other_names(QUANTITY_END, 0));
}

/* What vstrata alone knows: its own states and judgements, and how good its data is. */
static bool is_own(const struct quantity_info *info)
{
    return info->kind == KIND_STATUS || info->kind == KIND_VERDICT ||
           quantity_scope(info) == SCOPE_VCENTER;
}

static void test_all_have_a_name_or_a_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < quantity_count(); i++) {
        const struct quantity_info *info = quantity_at(i);
        const struct other_name *first = other_names(info->id, 0);
        const bool named = first && first->product == OTHER_VSPHERE;
        const char *reason = other_names_reason(info->id);
        if (is_own(info))
            assert_true(!first && !reason);
        else if (named == (reason != NULL))
            fail_msg("%s: a name in vSphere, or a reason why not", info->name);
        if (reason) {
            clean_text(reason);
            assert_int_equal(reason[strlen(reason) - 1], '.');
        }
    }
    assert_null(other_names_reason(Q_NONE));
}

static bool in_a_formula(const char *counter)
{
    for (size_t i = 0; i < quantity_count(); i++)
        if (strstr(quantity_at(i)->formula, counter))
            return true;
    return false;
}

/* Names in vSphere that are in no formula: only the nearest to a quantity, or of the inventory. */
static bool beside_formulas(const char *name)
{
    static const char *const names[] = {
        "summary.quickStats.hostMemoryUsage",
        "virtualDisk.readIOSize.latest",
        "virtualDisk.writeIOSize.latest",
        "disk.deltaused.latest",
        "net.usage.average",
        "guest.swap.spaceRemaining.latest",
        "guest.mem.free.latest",
        "layoutEx.file",
        "config.hardware.device",
        "guest.disk.capacity",
        "guest.disk.freeSpace",
        "vm",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* A misspelt counter would be one that no formula knows. */
static void test_counters_are_those_of_the_formulas(void **state)
{
    (void)state;
    for (const struct other_name *row = other_vsphere; row->quantity; row++) {
        char names[300];
        snprintf(names, sizeof names, "%s", row->name);
        for (char *name = strtok(names, ", "); name; name = strtok(NULL, ", "))
            if (!in_a_formula(name) && !beside_formulas(name))
                fail_msg("%s: no formula has %s", quantity_info(row->quantity)->name, name);
    }
}

/* "mem|swapped_average" is mem.swapped.average; false for keys that are no counter's: peaks, and
 * sums that Aria Operations makes itself. */
static bool counter_of(const char *key, char *counter, size_t room)
{
    static const char *const rollups[] = {"_average", "_summation", "_latest"};
    const char *bar = strchr(key, '|');
    if (strstr(key, "20_sec_peak") || strstr(key, "|commandsAveraged"))
        return false;
    for (size_t i = 0; i < sizeof rollups / sizeof *rollups; i++) {
        const size_t n = strlen(key), tail = strlen(rollups[i]);
        if (n > tail && strcmp(key + n - tail, rollups[i]) == 0) {
            snprintf(counter, room, "%.*s.%.*s.%s", (int)strcspn(key, ":|"), key,
                     (int)(n - tail - (size_t)(bar + 1 - key)), bar + 1, rollups[i] + 1);
            return true;
        }
    }
    return false;
}

static void test_keys_of_aria_operations(void **state)
{
    size_t derived = 0;
    (void)state;
    for (const struct other_name *row = other_aria; row->quantity; row++) {
        char counter[200];
        const struct other_name *other;
        assert_non_null(strchr(row->name, '|'));
        if (!counter_of(row->name, counter, sizeof counter))
            continue;
        for (size_t i = 0; (other = other_names(row->quantity, i)); i++)
            if (other->product == OTHER_VSPHERE && strstr(other->name, counter))
                break;
        if (!other)
            fail_msg("%s: %s without %s", quantity_info(row->quantity)->name, row->name, counter);
        derived++;
    }
    assert_true(derived > 50);
}

static void test_shown_in_text_and_markdown(void **state)
{
    struct buf text, markdown, want;
    (void)state;
    buf_init(&text, 1 << 20);
    buf_init(&markdown, 1 << 20);
    buf_init(&want, 1 << 10);
    quantity_catalogue_text(&text);
    quantity_catalogue_markdown(&markdown);
    assert_true(buf_ok(&text) && buf_ok(&markdown));
    assert_non_null(strstr(text.data, "\n    others   vSphere cpu.ready.summation: "));
    assert_non_null(strstr(text.data, "\n             esxtop %RDY: "));
    assert_non_null(strstr(text.data, "\n    others   vSphere none: Follows from IOs "));
    assert_non_null(strstr(markdown.data,
                           "\n| `cpu.ready` | Aria Operations | `cpu\\|readyPct` | CPU\\|Ready "));
    assert_non_null(strstr(markdown.data, "\n| `disk.in_flight` | vSphere | none | Follows "));
    for (enum other_product product = 0; product < OTHER_PRODUCTS; product++)
        for (const struct other_name *row = tables[product]; row->quantity; row++) {
            buf_clear(&want);
            buf_printf(&want, "\n| `%s` | %s | `", quantity_info(row->quantity)->name,
                       other_product_name(product));
            assert_non_null(strstr(markdown.data, want.data));
        }
    buf_free(&want);
    buf_free(&markdown);
    buf_free(&text);
}

static void read_file(const char *path, struct buf *out)
{
    char chunk[4096];
    size_t n;
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("cannot open %s", path);
    while ((n = fread(chunk, 1, sizeof chunk, file)) > 0)
        buf_add(out, chunk, n);
    fclose(file);
}

static void test_the_file_is_the_catalogue(void **state)
{
    struct buf markdown, file;
    (void)state;
    buf_init(&markdown, 1 << 20);
    buf_init(&file, 1 << 20);
    quantity_catalogue_markdown(&markdown);
    read_file(TEST_SOURCE_DIR "/config/quantities.md", &file);
    assert_true(buf_ok(&markdown) && buf_ok(&file) && file.len > 0);
    if (strcmp(markdown.data, file.data) != 0)
        fail_msg("config/quantities.md is not what vstrata quantities --format markdown prints");
    buf_free(&markdown);
    buf_free(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_are_clean_and_in_order),
        cmocka_unit_test(test_every_row_is_found_once),
        cmocka_unit_test(test_all_have_a_name_or_a_reason),
        cmocka_unit_test(test_counters_are_those_of_the_formulas),
        cmocka_unit_test(test_keys_of_aria_operations),
        cmocka_unit_test(test_shown_in_text_and_markdown),
        cmocka_unit_test(test_the_file_is_the_catalogue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
