/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "layers/quantity.h"
#include "layers/quantity_print.h"
#include "layers/reason.h"
#include "layers/verdict.h"

static void whole_text(const char *text)
{
    assert_non_null(text);
    assert_true(strlen(text) > 0);
    assert_null(strpbrk(text, "\n\r\t\""));
}

static void test_rows_are_complete(void **state)
{
    (void)state;
    assert_int_equal(quantity_count(), QUANTITY_END - 1);
    for (size_t i = 0; i < quantity_count(); i++) {
        const struct quantity_info *info = quantity_at(i);
        char name[100];
        whole_text(info->name);
        whole_text(info->title);
        whole_text(info->help);
        whole_text(info->formula);
        whole_text(info->source);
        snprintf(name, sizeof name, "%s.%s", info->resource, info->part);
        assert_string_equal(info->name, name);
        assert_true(info->forms & (1u << FORM_TOTAL | 1u << FORM_INSTANCE));
        assert_int_equal(quantity_instances(info) != INSTANCE_NONE,
                         (info->forms & 1u << FORM_INSTANCE) != 0);
        assert_int_equal(info->forms & ~((1u << FORM_COUNT) - 1), 0);
        assert_true(strlen(unit_name(info->unit)) > 0 && strlen(kind_name(info->kind)) > 0);
        assert_ptr_equal(quantity_info(info->id), info);
        assert_ptr_equal(quantity_find(info->name), info);
        assert_int_equal(info->id, (int)i + 1);
    }
    assert_null(quantity_info(Q_NONE));
    assert_null(quantity_info(QUANTITY_END));
    assert_null(quantity_find("cpu.demand"));
}

static void test_names_and_series_are_unique(void **state)
{
    (void)state;
    for (size_t i = 0; i < quantity_count(); i++)
        for (size_t k = 0; k < i; k++) {
            const struct quantity_info *a = quantity_at(i), *b = quantity_at(k);
            assert_int_not_equal(a->id, b->id);
            assert_string_not_equal(a->name, b->name);
            assert_string_not_equal(a->title, b->title);
            assert_string_not_equal(a->help, b->help);
        }
}

static void test_scales_are_exact_decimals(void **state)
{
    (void)state;
    for (size_t i = 0; i < quantity_count(); i++) {
        int64_t scale = quantity_at(i)->scale;
        assert_true(scale > 0);
        if (unit_is_large(quantity_at(i)->unit)) /* whole units: no decimals at all */
            continue;
        while (scale % 2 == 0)
            scale /= 2;
        while (scale % 5 == 0)
            scale /= 5;
        assert_int_equal(scale, 1);
    }
}

static void test_layers_and_kinds_agree(void **state)
{
    (void)state;
    for (size_t i = 0; i < quantity_count(); i++) {
        const struct quantity_info *info = quantity_at(i);
        if (info->kind == KIND_PART)
            assert_int_not_equal(info->layer, LAYER_NONE);
        if (info->kind == KIND_STATUS) {
            assert_int_equal(info->unit, UNIT_CODE);
            assert_int_equal(info->layer == LAYER_NONE, quantity_scope(info) != SCOPE_VM);
        }
        if (info->unit == UNIT_CODE)
            assert_int_not_equal(info->kind, KIND_PART);
    }
    assert_int_equal(layer_letter(LAYER_QUEUE), 'A');
    assert_int_equal(layer_letter(LAYER_USAGE), 'B');
    assert_int_equal(layer_letter(LAYER_OVERHEAD), 'C');
    assert_int_equal(layer_letter(LAYER_UNMET), 'D');
    assert_int_equal(layer_letter(LAYER_IDLE), '-');
    assert_int_equal(layer_letter(LAYER_NONE), '-');
    assert_string_equal(layer_name(LAYER_NONE), "");
}

static void test_names_in_stores(void **state)
{
    (void)state;
    static const struct {
        enum quantity quantity;
        enum form form;
        const char *want;
    } cases[] = {
        {Q_CPU_READY, FORM_TOTAL, "vstrata_vm_cpu ratio"},
        {Q_CPU_READY, FORM_WORST, "vstrata_vm_cpu ratio_worst"},
        {Q_CPU_READY, FORM_SPREAD, "vstrata_vm_cpu ratio_spread"},
        {Q_CPU_READY, FORM_INSTANCE, "vstrata_vcpu_cpu ratio"},
        {Q_CPU_UNMET, FORM_TOTAL, "vstrata_vm_cpu_total ratio"},
        {Q_CPU_UNMET, FORM_INSTANCE, "vstrata_vcpu_cpu_total ratio"},
        {Q_CPU_COUNT, FORM_TOTAL, "vstrata_vm_cpu_check count"},
        {Q_CPU_COUNTER_DEMAND, FORM_TOTAL, "vstrata_vm_cpu_check hertz"},
        {Q_CPU_STATUS_UNMET, FORM_TOTAL, "vstrata_vm_cpu_status code"},
        {Q_MEM_GRANTED, FORM_TOTAL, "vstrata_vm_mem bytes"},
        {Q_MEM_SWAPIN, FORM_TOTAL, "vstrata_vm_mem bytes_per_second"},
        {Q_MEM_CONTENTION, FORM_TOTAL, "vstrata_vm_mem ratio"},
        {Q_MEM_UNMET_SPACE, FORM_TOTAL, "vstrata_vm_mem_total bytes"},
        {Q_MEM_UNMET_RATE, FORM_TOTAL, "vstrata_vm_mem_total bytes_per_second"},
        {Q_MEM_CONFIGURED, FORM_TOTAL, "vstrata_vm_mem_check bytes"},
        {Q_MEM_STATUS_USAGE, FORM_TOTAL, "vstrata_vm_mem_status code"},
        {Q_DISK_READS, FORM_TOTAL, "vstrata_vm_disk operations_per_second"},
        {Q_DISK_LATENCY, FORM_WORST, "vstrata_vm_disk seconds_worst"},
        {Q_DISK_LATENCY, FORM_INSTANCE, "vstrata_vdisk_disk seconds"},
        {Q_DISK_OUTSTANDING, FORM_INSTANCE, "vstrata_vdisk_disk_total operations"},
        {Q_NET_PACKETS, FORM_INSTANCE, "vstrata_vnic_net_total packets_per_second"},
        {Q_CPU_RUN_QUEUE, FORM_TOTAL, "vstrata_vm_cpu count"},
        {Q_GUEST_APP, FORM_INSTANCE, "vstrata_app_guest count"},
        {Q_HOST_USAGE, FORM_TOTAL, "vstrata_host ratio"},
        {Q_HOST_STATUS, FORM_TOTAL, "vstrata_host_status code"},
        {Q_QUALITY_LAG, FORM_TOTAL, "vstrata_vcenter_quality seconds"},
        {Q_CPU_VERDICT_UNMET, FORM_TOTAL, "vstrata_vm_cpu_verdict ratio"},
        {Q_ALL_VERDICT_CODE, FORM_TOTAL, "vstrata_vm_all_verdict code"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out;
        buf_init(&out, 200);
        quantity_measurement(&out, quantity_info(cases[i].quantity), cases[i].form);
        buf_char(&out, ' ');
        quantity_field(&out, quantity_info(cases[i].quantity), cases[i].form);
        assert_string_equal(out.data, cases[i].want);
        buf_free(&out);
    }
}

static void test_values(void **state)
{
    (void)state;
    static const struct {
        enum quantity quantity;
        int64_t ticks;
        const char *text;
        double value;
    } cases[] = {
        {Q_CPU_READY, 1500, "0.075", 0.075},
        {Q_CPU_READY, 0, "0", 0},
        {Q_CPU_EFFICIENCY_LOSS, -1, "-0.00005", -0.00005},
        {Q_CPU_COUNTER_USAGE, 10000, "1", 1},
        {Q_CPU_COUNTER_USAGEMHZ, 2400, "2400000000", 2.4e9},
        {Q_CPU_COUNT, 768, "768", 768},
        {Q_CPU_STATUS_QUEUE, 1, "1", 1},
        {Q_MEM_GRANTED, 1, "1024", 1024},
        {Q_MEM_CONFIGURED, (int64_t)24 << 30, "26388279066624", 26388279066624.0}, /* 24 TB */
        {Q_MEM_SWAPIN, 3, "3072", 3072},
        {Q_MEM_CONTENTION, 150, "0.015", 0.015},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out;
        const struct quantity_info *info = quantity_info(cases[i].quantity);
        buf_init(&out, 200);
        quantity_write(&out, info, cases[i].ticks);
        assert_string_equal(out.data, cases[i].text);
        assert_true(quantity_value(info, cases[i].ticks) == cases[i].value);
        buf_free(&out);
    }
}

/* Memory exists only for the VM: no other form, and units that say what they count. */
static void test_memory_rows(void **state)
{
    static const struct {
        enum quantity quantity;
        enum layer layer;
        enum quantity_kind kind;
        enum unit unit;
    } want[] = {
        {Q_MEM_CONFIGURED, LAYER_NONE, KIND_CHECK, UNIT_BYTES},
        {Q_MEM_GRANTED, LAYER_USAGE, KIND_PART, UNIT_BYTES},
        {Q_MEM_OVERHEAD, LAYER_OVERHEAD, KIND_PART, UNIT_BYTES},
        {Q_MEM_BALLOONED, LAYER_UNMET, KIND_PART, UNIT_BYTES},
        {Q_MEM_SWAPPED, LAYER_UNMET, KIND_PART, UNIT_BYTES},
        {Q_MEM_COMPRESSED, LAYER_UNMET, KIND_PART, UNIT_BYTES},
        {Q_MEM_UNTOUCHED, LAYER_IDLE, KIND_PART, UNIT_BYTES},
        {Q_MEM_UNMET_SPACE, LAYER_UNMET, KIND_TOTAL, UNIT_BYTES},
        {Q_MEM_FOOTPRINT, LAYER_NONE, KIND_TOTAL, UNIT_BYTES},
        {Q_MEM_ACTIVE, LAYER_USAGE, KIND_CHECK, UNIT_BYTES},
        {Q_MEM_CONSUMED, LAYER_USAGE, KIND_CHECK, UNIT_BYTES},
        {Q_MEM_SHARED, LAYER_USAGE, KIND_CHECK, UNIT_BYTES},
        {Q_MEM_HOST_CACHE, LAYER_UNMET, KIND_CHECK, UNIT_BYTES},
        {Q_MEM_SWAPIN, LAYER_UNMET, KIND_PART, UNIT_BYTES_PER_SECOND},
        {Q_MEM_DECOMPRESSION, LAYER_UNMET, KIND_PART, UNIT_BYTES_PER_SECOND},
        {Q_MEM_UNMET_RATE, LAYER_UNMET, KIND_TOTAL, UNIT_BYTES_PER_SECOND},
        {Q_MEM_HOST_CACHE_IN, LAYER_UNMET, KIND_CHECK, UNIT_BYTES_PER_SECOND},
        {Q_MEM_SWAPOUT, LAYER_NONE, KIND_CHECK, UNIT_BYTES_PER_SECOND},
        {Q_MEM_COMPRESSION, LAYER_NONE, KIND_CHECK, UNIT_BYTES_PER_SECOND},
        {Q_MEM_CONTENTION, LAYER_UNMET, KIND_PART, UNIT_RATIO},
        {Q_MEM_COUNTER_USAGE, LAYER_NONE, KIND_CHECK, UNIT_RATIO},
        {Q_MEM_STATUS_QUEUE, LAYER_QUEUE, KIND_STATUS, UNIT_CODE},
        {Q_MEM_STATUS_USAGE, LAYER_USAGE, KIND_STATUS, UNIT_CODE},
        {Q_MEM_STATUS_OVERHEAD, LAYER_OVERHEAD, KIND_STATUS, UNIT_CODE},
        {Q_MEM_STATUS_UNMET, LAYER_UNMET, KIND_STATUS, UNIT_CODE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        const struct quantity_info *info = quantity_info(want[i].quantity);
        assert_int_equal(info->id, Q_MEM_CONFIGURED + (int)i);
        assert_string_equal(info->resource, "mem");
        assert_int_equal(info->forms, 1u << FORM_TOTAL);
        assert_int_equal(info->layer, want[i].layer);
        assert_int_equal(info->kind, want[i].kind);
        assert_int_equal(info->unit, want[i].unit);
        assert_int_equal(info->scale, info->unit == UNIT_RATIO  ? PERCENT_SCALE
                                      : info->unit == UNIT_CODE ? 1
                                                                : 1024);
    }
    assert_string_equal(quantity_info(Q_CPU_STATUS_UNMET)->resource, "cpu");
    assert_true(unit_is_large(UNIT_HERTZ) && unit_is_large(UNIT_BYTES));
    assert_true(unit_is_large(UNIT_BYTES_PER_SECOND) && !unit_is_large(UNIT_RATIO));
    assert_true(!unit_is_large(UNIT_COUNT) && !unit_is_large(UNIT_CODE));
}

static size_t times_in(const char *text, const char *word)
{
    size_t n = 0;
    for (; (text = strstr(text, word)); text += strlen(word))
        n++;
    return n;
}

static void test_prints(void **state)
{
    (void)state;
    struct buf text, markdown;
    buf_init(&text, 1 << 20);
    buf_init(&markdown, 1 << 20);
    quantity_catalogue_text(&text);
    quantity_catalogue_markdown(&markdown);
    assert_true(buf_ok(&text) && buf_ok(&markdown));
    for (size_t i = 0; i < quantity_count(); i++) {
        char start[100];
        snprintf(start, sizeof start, "%s  %s", quantity_at(i)->name, quantity_at(i)->title);
        assert_int_equal(times_in(text.data, start), 1);
        snprintf(start, sizeof start, "\n| `%s` | %s | %s | %s | ", quantity_at(i)->name,
                 layer_name(quantity_at(i)->layer), kind_name(quantity_at(i)->kind),
                 unit_name(quantity_at(i)->unit));
        assert_int_equal(times_in(markdown.data, start), 1);
        assert_non_null(strstr(markdown.data, quantity_at(i)->formula));
    }
    for (enum verdict_rule rule = 0; rule < RULE_COUNT; rule++) {
        const struct verdict_rule_info *info = verdict_rule(rule);
        char start[100];
        snprintf(start, sizeof start, "\nrule %s  [%c ", info->name, layer_letter(info->layer));
        assert_int_equal(times_in(text.data, start), 1);
        snprintf(start, sizeof start, "\n| `%s` | %s | %s | ", info->name,
                 verdict_resource_title(info->resource), layer_name(info->layer));
        assert_int_equal(times_in(markdown.data, start), 1);
        assert_non_null(strstr(markdown.data, info->source));
    }
    for (char *line = strtok(markdown.data, "\n"); line; line = strtok(NULL, "\n"))
        if (*line == '|') {
            const size_t cells = times_in(line, "|") - times_in(line, "\\|");
            assert_true(cells == 9 || cells == 5 || cells == 7);
        }
    for (char *line = strtok(text.data, "\n"); line; line = strtok(NULL, "\n"))
        assert_true(strlen(line) <= 100);
    buf_free(&text);
    buf_free(&markdown);
}

static void test_reasons(void **state)
{
    (void)state;
    for (int64_t code = 0; code < REASON_COUNT; code++) {
        whole_text(reason_info(code)->word);
        whole_text(reason_info(code)->text);
        if (reason_info(code)->status == STATUS_OK && code != REASON_OK)
            assert_true(strncmp(reason_info(code)->text, "ok, ", 4) == 0);
        for (int64_t other = 0; other < code; other++)
            assert_string_not_equal(reason_info(code)->word, reason_info(other)->word);
    }
    assert_string_equal(reason_info(-1)->word, "unknown_reason");
    assert_string_equal(reason_info(REASON_COUNT)->word, "unknown_reason");
    assert_int_equal(reason_info(INT64_MAX)->status, STATUS_UNAVAILABLE);
    assert_string_equal(status_name(STATUS_OK), "ok");
    assert_string_equal(status_name(STATUS_PARTIAL), "partial");
    assert_string_equal(status_name(STATUS_UNAVAILABLE), "unavailable");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_are_complete),
        cmocka_unit_test(test_names_and_series_are_unique),
        cmocka_unit_test(test_scales_are_exact_decimals),
        cmocka_unit_test(test_layers_and_kinds_agree),
        cmocka_unit_test(test_names_in_stores),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_memory_rows),
        cmocka_unit_test(test_prints),
        cmocka_unit_test(test_reasons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
