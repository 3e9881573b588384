/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "base/caps.h"
#include "boards/board_table.h"
#include "boards/style.h"
#include "report/metrics.h"

enum { TEXT = 4096 };

/* Calls fn for each panel that asks something. */
static void each_panel(void (*fn)(const struct board *, const struct panel *, struct query *,
                                  size_t))
{
    struct query queries[PANEL_QUERIES];
    const struct board *board;
    for (unsigned i = 0; (board = board_at(i)); i++)
        for (size_t k = 0; k < board->npanels; k++)
            if (board->panels[k].kind != PANEL_ROW)
                fn(board, &board->panels[k], queries, panel_queries(&board->panels[k], queries));
}

static char *read_file(const char *path)
{
    struct buf text;
    char block[TEXT];
    size_t n;
    FILE *file = fopen(path, "re");
    if (!file)
        fail_msg("%s: missing; write it by: vstrata boards --folder config/grafana", path);
    buf_init(&text, CAP_PAGE_BYTES);
    while ((n = fread(block, 1, sizeof block, file)) > 0)
        buf_add(&text, block, n);
    fclose(file);
    return buf_take(&text);
}

static void test_files_are_what_is_written(void **state)
{
    (void)state;
    unsigned files = 0;
    const struct board *board;
    for (unsigned source = 0; source < BOARD_SOURCES; source++)
        for (unsigned i = 0; (board = board_at(i)); i++) {
            char path[TEXT];
            struct buf out;
            if (!board_offered(board, (enum board_source)source))
                continue;
            files++;
            snprintf(path, sizeof path, "%s/config/grafana/%s/%s.json", TEST_SOURCE_DIR,
                     board_source_name((enum board_source)source), board_name(board));
            char *file = read_file(path);
            buf_init(&out, CAP_PAGE_BYTES);
            board_write(&out, board, (enum board_source)source);
            assert_true(buf_ok(&out));
            if (!file || strcmp(file, out.data) != 0)
                fail_msg("%s differs; write it by: vstrata boards --folder config/grafana", path);
            buf_free(&out);
            free(file);
        }
    assert_int_equal(files, 9);
}

static void queries_are_of_the_catalogue(const struct board *board, const struct panel *panel,
                                         struct query *queries, size_t n)
{
    assert_true(n > 0);
    assert_true(panel->width <= 24);
    for (size_t i = 0; i < n; i++) {
        const struct quantity_info *info = quantity_info(queries[i].quantity);
        assert_int_equal(info == NULL, queries[i].metric != NULL);
        if (info)
            assert_true(info->forms & 1u << queries[i].form);
        else
            assert_int_equal(board->sources, 1u << BOARD_PROMETHEUS);
        if (info &&
            queries[i].form == FORM_INSTANCE) /* whose lines would be told apart by nothing */
            assert_non_null(panel->by);
    }
}

/* What holds for one series is found by its name. */
static void legends_differ(const struct board *board, const struct panel *panel,
                           struct query *queries, size_t n)
{
    (void)board;
    struct buf a, b;
    buf_init(&a, TEXT);
    buf_init(&b, TEXT);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++) {
            buf_clear(&a);
            buf_clear(&b);
            query_legend(&a, &queries[i]);
            query_legend(&b, &queries[k]);
            if (strcmp(a.data, b.data) == 0)
                fail_msg("%s: %s stands there twice", panel->title, a.data);
        }
    buf_free(&a);
    buf_free(&b);
}

static void test_tables(void **state)
{
    (void)state;
    each_panel(queries_are_of_the_catalogue);
    each_panel(legends_differ);
}

/* The service's figures by its own page: they are there, and counters are asked for as rates. */
static void figures_exist(const struct board *board, const struct panel *panel,
                          struct query *queries, size_t n)
{
    (void)board;
    struct metrics *metrics = metrics_new();
    struct buf page, help;
    buf_init(&page, CAP_PAGE_BYTES);
    buf_init(&help, TEXT);
    metrics_write(metrics, &page);
    for (size_t i = 0; i < n; i++) {
        const char *metric = queries[i].metric;
        char type[TEXT];
        if (!metric)
            continue;
        const size_t length = strlen(metric);
        const bool counter = length > 6 && strcmp(metric + length - 6, "_total") == 0;
        snprintf(type, sizeof type, "# TYPE %.*s %s\n", (int)(counter ? length - 6 : length),
                 metric, counter ? "counter" : "gauge");
        if (!strstr(page.data, type))
            fail_msg("%s: %s is no %s", panel->title, metric, counter ? "counter" : "gauge");
        buf_clear(&help);
        metric_help(&help, metric);
        assert_true(help.len > 0);
    }
    buf_free(&page);
    buf_free(&help);
    metrics_free(metrics);
}

static void test_figures_of_the_service(void **state)
{
    (void)state;
    struct buf help;
    buf_init(&help, TEXT);
    each_panel(figures_exist);
    metric_help(&help, "vstrata_store_rows_refused_total");
    assert_string_equal(help.data, "Rows that the store refused for good.");
    buf_clear(&help);
    metric_help(&help, "vstrata_store_row");
    assert_int_equal(help.len, 0);
    buf_free(&help);
}

/* ---- the languages ---- */

static const struct variable variables[] = {
    {.label = "vcenter", .title = "vCenter", .many = true, .from = Q_CPU_COUNT},
    {.label = "vm", .title = "VM", .from = Q_CPU_COUNT},
    {0},
};
static const char *const filter[] = {"vcenter", "vm", NULL};
static const struct board board = {.variables = variables, .filter = filter};
static const char *const by_vcpu[] = {"vcpu", NULL}, *const by_vm[] = {"vm", "vcenter", NULL};

#define W "vcenter=~\"$vcenter\",vm=\"$vm\""
#define I "\"vcenter\" =~ /^${vcenter:regex}$/ AND \"vm\" =~ /^${vm:regex}$/"
#define NOW "time > ${__to}ms - 300s AND time <= ${__to}ms"

static const struct {
    struct panel panel;
    struct query query;
    const char *promql, *influxql;
} cases[] = {
    {{.kind = PANEL_STACK},
     {.quantity = Q_CPU_READY},
     "avg(avg_over_time(vstrata_vm_cpu_ratio{layer=\"unmet\",part=\"ready\"," W "}[$__interval]))",
     "SELECT mean(\"ratio\") FROM \"vstrata_vm_cpu\" WHERE \"layer\" = 'unmet' AND \"part\" = "
     "'ready' AND " I " AND $timeFilter GROUP BY time($__interval) fill(null)"},
    {{.kind = PANEL_LINES},
     {.quantity = Q_CPU_READY, .form = FORM_WORST},
     "max(max_over_time(vstrata_vm_cpu_ratio_worst{layer=\"unmet\",part=\"ready\"," W
     "}[$__interval]))",
     "SELECT max(\"ratio_worst\") FROM \"vstrata_vm_cpu\" WHERE \"layer\" = 'unmet' AND \"part\" = "
     "'ready' AND " I " AND $timeFilter GROUP BY time($__interval) fill(null)"},
    {{.kind = PANEL_LINES, .by = by_vcpu},
     {.quantity = Q_CPU_READY, .form = FORM_INSTANCE},
     "avg by (vcpu) (avg_over_time(vstrata_vcpu_cpu_ratio{layer=\"unmet\",part=\"ready\"," W
     "}[$__interval]))",
     "SELECT mean(\"ratio\") FROM \"vstrata_vcpu_cpu\" WHERE \"layer\" = 'unmet' AND \"part\" = "
     "'ready' AND " I " AND $timeFilter GROUP BY time($__interval), \"vcpu\" fill(null)"},
    {{.kind = PANEL_STATES},
     {.quantity = Q_ALL_VERDICT_CODE},
     "max(last_over_time(vstrata_vm_all_verdict_code{part=\"verdict_code\"," W "}[$__interval]))",
     "SELECT last(\"code\") FROM \"vstrata_vm_all_verdict\" WHERE \"part\" = 'verdict_code' AND " I
     " AND $timeFilter GROUP BY time($__interval) fill(null)"},
    {{.kind = PANEL_LINES},
     {.quantity = Q_CPU_UNMET, .merge = MERGE_SUM},
     "sum(avg_over_time(vstrata_vm_cpu_total_ratio{layer=\"unmet\",part=\"unmet\"," W
     "}[$__interval]))",
     "SELECT sum(\"v\") FROM (SELECT mean(\"ratio\") AS \"v\" FROM \"vstrata_vm_cpu_total\" WHERE "
     "\"layer\" = 'unmet' AND \"part\" = 'unmet' AND " I
     " AND $timeFilter GROUP BY time($__interval), \"vcenter\", \"moid\") WHERE $timeFilter GROUP "
     "BY "
     "time($__interval) fill(null)"},
    {{.kind = PANEL_LINES},
     {.quantity = Q_CPU_VERDICT_UNMET, .merge = MERGE_COUNT, .only = ONLY_POSITIVE},
     "sum(max by (vcenter, moid) (max_over_time(vstrata_vm_cpu_verdict_ratio{layer=\"unmet\","
     "part=\"verdict_unmet\"," W "}[$__interval])) > bool 0)",
     "SELECT count(\"v\") FROM (SELECT max(\"ratio\") AS \"v\" FROM \"vstrata_vm_cpu_verdict\" "
     "WHERE "
     "\"layer\" = 'unmet' AND \"part\" = 'verdict_unmet' AND " I
     " AND $timeFilter GROUP BY time($__interval), \"vcenter\", \"moid\") WHERE \"v\" > 0 AND "
     "$timeFilter GROUP BY time($__interval) fill(0)"},
    {{.kind = PANEL_STAT},
     {.quantity = Q_ALL_VERDICT_CODE, .merge = MERGE_COUNT, .only = ONLY_HURTING},
     "sum(max by (vcenter, moid) (vstrata_vm_all_verdict_code{part=\"verdict_code\"," W
     "}) != bool 0) - sum(max by (vcenter, moid) (vstrata_vm_all_verdict_code{"
     "part=\"verdict_code\"," W "}) == bool 255)",
     "SELECT count(\"v\") FROM (SELECT last(\"code\") AS \"v\" FROM \"vstrata_vm_all_verdict\" "
     "WHERE "
     "\"part\" = 'verdict_code' AND " I " AND " NOW
     " GROUP BY \"vcenter\", \"moid\") WHERE \"v\" <> 0 AND \"v\" <> 255 AND " NOW},
    {{.kind = PANEL_BARS},
     {.quantity = Q_ALL_VERDICT_CODE, .merge = MERGE_COUNT, .only = ONLY_EQUAL, .equal = 4},
     "sum(max by (vcenter, moid) (vstrata_vm_all_verdict_code{part=\"verdict_code\"," W
     "}) == bool 4)",
     "SELECT count(\"v\") FROM (SELECT last(\"code\") AS \"v\" FROM \"vstrata_vm_all_verdict\" "
     "WHERE "
     "\"part\" = 'verdict_code' AND " I " AND " NOW
     " GROUP BY \"vcenter\", \"moid\") WHERE \"v\" = 4 AND " NOW},
    {{.kind = PANEL_TOP, .by = by_vm},
     {.quantity = Q_CPU_UNMET, .form = FORM_WORST, .legend = "Unmet"},
     "topk(10, avg by (vm, vcenter) (avg_over_time(vstrata_vm_cpu_total_ratio_worst{"
     "layer=\"unmet\",part=\"unmet\"," W "}[$__range])))",
     "SELECT TOP(\"v\", 10) AS \"Unmet\", \"vm\", \"vcenter\" FROM (SELECT mean(\"ratio_worst\") "
     "AS "
     "\"v\" FROM \"vstrata_vm_cpu_total\" WHERE \"layer\" = 'unmet' AND \"part\" = 'unmet' AND " I
     " AND $timeFilter GROUP BY \"vm\", \"vcenter\")"},
    {{.kind = PANEL_TABLE, .by = by_vm},
     {.quantity = Q_ALL_VERDICT_CODE, .legend = "Hurts in", .only = ONLY_HURTING},
     "max by (vm, vcenter) (vstrata_vm_all_verdict_code{part=\"verdict_code\"," W "}) > 0 < 255",
     "SELECT \"Hurts in\" FROM (SELECT last(\"code\") AS \"Hurts in\" FROM "
     "\"vstrata_vm_all_verdict\" WHERE \"part\" = 'verdict_code' AND " I " AND " NOW
     " GROUP BY \"vm\", \"vcenter\") WHERE \"Hurts in\" <> 0 AND \"Hurts in\" <> 255 GROUP BY "
     "\"vm\", \"vcenter\""},
    {{.kind = PANEL_LINES},
     {.metric = "vstrata_store_retries_total", .legend = "r"},
     "avg(rate(vstrata_store_retries_total{" W "}[$__rate_interval]))",
     NULL},
    {{.kind = PANEL_LINES},
     {.metric = "vstrata_store_up", .legend = "up"},
     "avg(vstrata_store_up{" W "})",
     NULL},
};

static void test_queries(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, TEXT);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buf_clear(&out);
        promql_write(&out, &board, &cases[i].panel, &cases[i].query);
        assert_string_equal(out.data, cases[i].promql);
        if (!cases[i].influxql)
            continue;
        buf_clear(&out);
        influxql_write(&out, &board, &cases[i].panel, &cases[i].query);
        assert_string_equal(out.data, cases[i].influxql);
    }
    buf_free(&out);
}

/* Codes that are fine though not 0 are taken off one by one. */
static void test_what_is_not_ok(void **state)
{
    (void)state;
    const struct query query = {
        .quantity = Q_DISK_STATUS_UNMET, .merge = MERGE_COUNT, .only = ONLY_NOT_OK};
    const struct panel panel = {.kind = PANEL_LINES};
    struct buf out;
    buf_init(&out, TEXT);
    promql_write(&out, &board, &panel, &query);
    assert_non_null(strstr(out.data, " != bool 0) - sum(max by (vcenter, moid) ("));
    assert_non_null(strstr(out.data, " == bool 16) - sum("));
    assert_null(strstr(out.data, " == bool 12)"));
    buf_clear(&out);
    influxql_write(&out, &board, &panel, &query);
    assert_non_null(strstr(out.data,
                           "WHERE \"v\" <> 0 AND \"v\" <> 16 AND \"v\" <> 17 AND \"v\" <> "
                           "18 AND $timeFilter"));
    buf_free(&out);
}

static void test_variables(void **state)
{
    (void)state;
    static const char *const want[][2] = {
        {"label_values(vstrata_vm_cpu_check_count, vcenter)",
         "SHOW TAG VALUES FROM \"vstrata_vm_cpu_check\" WITH KEY = \"vcenter\""},
        {"label_values(vstrata_vm_cpu_check_count{vcenter=~\"$vcenter\"}, vm)",
         "SHOW TAG VALUES FROM \"vstrata_vm_cpu_check\" WITH KEY = \"vm\" WHERE \"vcenter\" =~ "
         "/^${vcenter:regex}$/"}};
    struct buf out;
    buf_init(&out, TEXT);
    for (int i = 0; i < 2; i++) {
        buf_clear(&out);
        promql_variable(&out, &board, &variables[i]);
        assert_string_equal(out.data, want[i][0]);
        buf_clear(&out);
        influxql_variable(&out, &board, &variables[i]);
        assert_string_equal(out.data, want[i][1]);
    }
    buf_free(&out);
}

/* ---- looks ---- */

static void test_places_have_their_words(void **state)
{
    (void)state;
    for (int place = 0; place < VERDICT_PLACES; place++) {
        const enum layer layer = (enum layer)(LAYER_QUEUE + place % VERDICT_LAYERS);
        char want[100];
        snprintf(want, sizeof want, "%s %s (%c)",
                 verdict_resource_title((enum verdict_resource)(place / VERDICT_LAYERS)),
                 layer_name(layer), layer_letter(layer));
        const char *words = style_place_words(place);
        assert_string_equal(words + 1, want + 1);
        assert_int_equal(words[0] | 0x20, want[0] | 0x20);
        assert_string_equal(style_place_color(place), style_layer(layer));
    }
}

/* How eyes see a colour: all of it, or with one kind of cone missing (Machado et al. 2009). */
static const double eyes[][3][3] = {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
                                    {{0.152286, 1.052583, -0.204868},
                                     {0.114503, 0.786281, 0.099216},
                                     {-0.003882, -0.048116, 1.051998}},
                                    {{0.367322, 0.860646, -0.227968},
                                     {0.280085, 0.672501, 0.047413},
                                     {-0.011820, 0.042940, 0.968881}},
                                    {{1.255528, -0.076749, -0.178779},
                                     {-0.078411, 0.930809, 0.147602},
                                     {0.004733, 0.691367, 0.303900}}};

static double root(double t)
{
    return t > 0.008856 ? cbrt(t) : 7.787 * t + 16.0 / 116;
}

/* "#rrggbb" as those eyes see it, in CIE Lab */
static void seen(const char *color, const double eye[3][3], double lab[3])
{
    double light[3], v[3];
    for (size_t i = 0; i < 3; i++) {
        const char digits[] = {color[1 + 2 * i], color[2 + 2 * i], '\0'};
        const double c = (double)strtol(digits, NULL, 16) / 255;
        light[i] = c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
    }
    for (size_t i = 0; i < 3; i++)
        v[i] = fmin(1, fmax(0, eye[i][0] * light[0] + eye[i][1] * light[1] + eye[i][2] * light[2]));
    const double x = root((0.4124 * v[0] + 0.3576 * v[1] + 0.1805 * v[2]) / 0.9505);
    const double y = root(0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2]);
    const double z = root((0.0193 * v[0] + 0.1192 * v[1] + 0.9505 * v[2]) / 1.089);
    lab[0] = 116 * y - 16;
    lab[1] = 500 * (x - y);
    lab[2] = 200 * (y - z);
}

static double apart(enum layer a, enum layer b, const double eye[3][3])
{
    double one[3], other[3], sum = 0;
    seen(style_layer(a), eye, one);
    seen(style_layer(b), eye, other);
    for (size_t i = 0; i < 3; i++)
        sum += (one[i] - other[i]) * (one[i] - other[i]);
    return sqrt(sum);
}

static void test_layers_have_their_colours(void **state)
{
    (void)state;
    const double least = 14; /* a difference of 2 can just be seen side by side */
    for (int a = LAYER_QUEUE; a <= LAYER_UNMET; a++)
        for (int b = LAYER_QUEUE; b < a; b++)
            for (size_t i = 0; i < sizeof eyes / sizeof *eyes; i++)
                if (apart((enum layer)a, (enum layer)b, eyes[i]) < least)
                    fail_msg("%s and %s look alike to eyes %zu", layer_name((enum layer)a),
                             layer_name((enum layer)b), i);
    assert_string_equal(style_color(quantity_info(Q_CPU_GUEST_RUN)), style_layer(LAYER_USAGE));
    assert_string_equal(style_unit(quantity_info(Q_DISK_IOPS)), "iops");
    assert_string_equal(style_unit(quantity_info(Q_CPU_CONTEXT_SWITCHES)), "ops");
    assert_string_equal(style_unit(quantity_info(Q_CPU_READY)), "percentunit");
}

static void test_json(void **state)
{
    (void)state;
    struct buf out;
    struct json_tree json;
    buf_init(&out, TEXT);
    json_tree_init(&json, &out);
    json_object(&json, NULL);
    json_list(&json, "none");
    json_list_end(&json);
    json_list(&json, "some");
    json_number(&json, NULL, -1);
    json_text(&json, NULL, "a \"b\"");
    json_list_end(&json);
    json_flag(&json, "yes", true);
    json_object_end(&json);
    assert_string_equal(out.data,
                        "{\n  \"none\": [],\n  \"some\": [\n    -1,\n    \"a \\\"b\\\"\"\n  "
                        "],\n  \"yes\": true\n}");
    for (int i = 0; i < JSON_DEPTH; i++)
        json_list(&json, NULL);
    assert_false(buf_ok(&out));
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_are_what_is_written),
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_figures_of_the_service),
        cmocka_unit_test(test_queries),
        cmocka_unit_test(test_what_is_not_ok),
        cmocka_unit_test(test_variables),
        cmocka_unit_test(test_places_have_their_words),
        cmocka_unit_test(test_layers_have_their_colours),
        cmocka_unit_test(test_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
