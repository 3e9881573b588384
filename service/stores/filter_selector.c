/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "stores/filter_selector.h"

#include <stdio.h>
#include <string.h>

#include "base/glob.h"

struct span { /* of a line */
    const char *text;
    size_t n;
};

/* ---- words ---- */

static const char *const term_words[TERM_LABEL] = {
    [TERM_NAME] = "name", [TERM_LAYER] = "layer", [TERM_KIND] = "kind",
    [TERM_FORM] = "form", [TERM_RAW] = "raw",     [TERM_SCOPE] = "scope"};
static const char *const scopes[] = {
    [SCOPE_VM] = "vm", [SCOPE_HOST] = "host", [SCOPE_VCENTER] = "vcenter"};
static const char *const forms[] = {"total", "worst", "spread", "vcpu", "vdisk", "vnic", "app"};
enum { SCOPES = sizeof scopes / sizeof *scopes, FORMS = sizeof forms / sizeof *forms };

static const char *term_word(size_t term)
{
    return term < TERM_LABEL ? term_words[term]
                             : entity_label_name((enum entity_label)(term - TERM_LABEL));
}

const char *filter_word(const struct filter_fault *fault, size_t i)
{
    switch (fault->domain) {
    case TERM_NAME:
        return i < quantity_count() ? quantity_at(i)->name : NULL;
    case TERM_LAYER:
        return i + 1 < LAYER_COUNT ? layer_name((enum layer)(i + 1)) : NULL;
    case TERM_KIND:
        return i <= KIND_VERDICT ? kind_name((enum quantity_kind)i) : NULL;
    case TERM_FORM:
        return i < FORMS ? forms[i] : NULL;
    case TERM_SCOPE:
        return i < SCOPES ? scopes[i] : NULL;
    case TERMS:
        return i < TERMS ? term_word(i) : NULL;
    default:
        return NULL;
    }
}

/* ---- parsing ---- */

__attribute__((format(printf, 4, 5))) static bool refuse(struct filter_fault *fault, int domain,
                                                         struct span word, const char *format, ...)
{
    va_list args;
    fault->domain = domain;
    snprintf(fault->word, sizeof fault->word, "%.*s", (int)word.n, word.text);
    va_start(args, format);
    vsnprintf(fault->problem, sizeof fault->problem, format, args);
    va_end(args);
    return false;
}

static struct span without_blanks(struct span line)
{
    while (line.n && *line.text == ' ') {
        line.text++;
        line.n--;
    }
    return line;
}

static struct span behind(struct span line, size_t n)
{
    return (struct span){line.text + n, line.n - n};
}

/* What stands before a colon; without one it is a name's pattern. */
static bool read_word(struct span *line, struct pattern *ret, struct filter_fault *fault)
{
    size_t n = 0;
    while (n < line->n && !strchr(" \":", line->text[n]))
        n++;
    ret->term = TERM_NAME;
    if (n == line->n || line->text[n] != ':')
        return true;
    const struct span word = {line->text, n};
    for (size_t term = 0; term < TERMS; term++)
        if (strlen(term_word(term)) == n && memcmp(term_word(term), word.text, n) == 0) {
            ret->term = (enum term)term;
            *line = behind(*line, n + 1);
            return true;
        }
    return refuse(fault, TERMS, word, "has the unknown word \"%.*s\"", (int)(n < 60 ? n : 60),
                  word.text);
}

static bool read_pattern(struct span *line, struct pattern *ret, struct filter_fault *fault)
{
    const struct span none = {"", 0};
    const bool in_quotes = line->n && *line->text == '"';
    if (in_quotes)
        *line = behind(*line, 1);
    size_t n = 0;
    while (n < line->n && (in_quotes ? line->text[n] != '"' : !strchr(" \"", line->text[n])))
        n++;
    ret->text = line->text;
    ret->n = n;
    if (in_quotes && n == line->n)
        return refuse(fault, -1, none, "has a double quote that does not end");
    *line = behind(*line, n + in_quotes);
    if (line->n && *line->text != ' ')
        return refuse(fault, -1, none, "has a double quote in the middle of a word");
    if (!n && !(in_quotes && ret->term >= TERM_LABEL))
        return refuse(fault, -1, none, "has no pattern behind %s:", term_word(ret->term));
    return true;
}

/* ---- quantities ---- */

static const char *text_of(const struct quantity_info *info, enum form form, enum term term)
{
    switch (term) {
    case TERM_NAME:
        return info->name;
    case TERM_LAYER:
        return layer_name(info->layer);
    case TERM_KIND:
        return kind_name(info->kind);
    case TERM_FORM:
        return form_name(info, form);
    default:
        return scopes[quantity_scope(info)];
    }
}

/* The forms of a quantity that the pattern matches, as bits. */
static uint8_t matching(const struct pattern *pattern, const struct quantity_info *info)
{
    unsigned bits = 0;
    for (enum form form = FORM_TOTAL; form < FORM_COUNT; form++)
        if (info->forms & 1u << form &&
            glob_match(pattern->text, pattern->n, text_of(info, form, pattern->term)))
            bits |= 1u << form;
    return (uint8_t)bits;
}

static bool narrow(struct selector *selector, const struct pattern *pattern,
                   struct filter_fault *fault)
{
    const struct span word = {pattern->text, pattern->n};
    unsigned any = 0;
    for (size_t i = 0; i < quantity_count(); i++) {
        const struct quantity_info *info = quantity_at(i);
        const uint8_t bits = matching(pattern, info);
        any |= bits;
        selector->forms[info->id] &= bits;
    }
    if (any)
        return true;
    return refuse(fault, (int)pattern->term, word, "has \"%.*s\", which is no %s",
                  (int)(word.n < 60 ? word.n : 60), word.text,
                  pattern->term == TERM_NAME ? "quantity" : term_word(pattern->term));
}

/* ---- selectors ---- */

static bool take_term(struct selector *selector, const struct pattern *pattern, bool *of_quantities,
                      struct filter_fault *fault)
{
    if (pattern->term >= TERM_SCOPE)
        selector->entity[selector->nentity++] = *pattern;
    if (pattern->term == TERM_RAW)
        selector->raw[selector->nraw++] = *pattern;
    if (pattern->term >= TERM_LABEL || pattern->term == TERM_RAW)
        return true;
    *of_quantities = *of_quantities || pattern->term != TERM_SCOPE;
    return narrow(selector, pattern, fault);
}

static bool begin(struct arena *arena, struct span line, struct selector *ret)
{
    size_t most = 1;
    for (size_t i = 0; i < line.n; i++)
        most += line.text[i] == ' ';
    *ret = (struct selector){.entity = arena_take(arena, most * sizeof *ret->entity),
                             .raw = arena_take(arena, most * sizeof *ret->raw)};
    for (size_t i = 0; i < quantity_count(); i++)
        ret->forms[quantity_at(i)->id] = (uint8_t)quantity_at(i)->forms;
    return ret->entity && ret->raw;
}

static bool matches_quantities(const struct selector *selector)
{
    unsigned any = 0;
    for (size_t i = 0; i < QUANTITY_END; i++)
        any |= selector->forms[i];
    return any;
}

bool selector_make(struct arena *arena, const char *line, size_t n, struct selector *ret,
                   struct filter_fault *fault)
{
    const struct span none = {"", 0};
    struct span rest = without_blanks((struct span){line, n});
    bool of_quantities = false;
    *fault = (struct filter_fault){.domain = -1};
    if (!rest.n)
        return refuse(fault, -1, none, "is empty");
    if (!begin(arena, rest, ret))
        return false;
    for (; rest.n; rest = without_blanks(rest)) {
        struct pattern pattern = {0};
        if (!read_word(&rest, &pattern, fault) || !read_pattern(&rest, &pattern, fault) ||
            !take_term(ret, &pattern, &of_quantities, fault))
            return false;
    }
    ret->has_raw = !of_quantities;
    if (ret->nraw && of_quantities)
        return refuse(fault, -1, none, "asks for raw counters and for quantities at once");
    if (ret->nraw)
        memset(ret->forms, 0, sizeof ret->forms);
    else if (!matches_quantities(ret))
        return refuse(fault, -1, none, "matches no quantity: there is none that is all of this");
    return true;
}

static const char *value_of(const struct entity *entity, enum term term)
{
    return term == TERM_SCOPE ? scopes[entity_kind(entity)]
                              : entity->label[LABEL_VCENTER + (term - TERM_LABEL)];
}

bool selector_takes(const struct selector *selector, const struct entity *entity)
{
    for (size_t i = 0; i < selector->nentity; i++) {
        const struct pattern *pattern = &selector->entity[i];
        if (!glob_match(pattern->text, pattern->n, value_of(entity, pattern->term)))
            return false;
    }
    return true;
}

bool selector_takes_raw(const struct selector *selector, const char *counter)
{
    for (size_t i = 0; i < selector->nraw; i++)
        if (!glob_match(selector->raw[i].text, selector->raw[i].n, counter))
            return false;
    return selector->has_raw;
}

bool filter_check(const char *line, struct filter_fault *fault)
{
    struct arena arena;
    struct selector selector;
    arena_init(&arena);
    bool good = selector_make(&arena, line, strlen(line), &selector, fault);
    arena_free(&arena);
    if (!good && !*fault->problem)
        snprintf(fault->problem, sizeof fault->problem, "cannot be kept: out of memory");
    return good;
}
