/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "config_read.h"

#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "config_scope.h"
#include "config_secret.h"
#include "config_set.h"

enum { DEEPEST = 8 }; /* levels of maps and lists; the options need three */

struct reader {
    const char *file;
    yaml_document_t document;
    struct arena *arena;
    struct config *config;
    struct config_lines *lines;
    struct config_error *err;
    size_t section_seen[SECTION_COUNT]; /* line; 0 = not yet */
};

/* ---- nodes ---- */

static size_t line_of(const yaml_node_t *node)
{
    return node->start_mark.line + 1;
}

static const char *text_of(const yaml_node_t *node)
{
    return (const char *)node->data.scalar.value;
}

static yaml_node_t *node_at(struct reader *r, int i)
{
    return yaml_document_get_node(&r->document, i);
}

/* "key:" with nothing behind it. */
static bool is_null(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           (!*text_of(node) || strcmp(text_of(node), "~") == 0 ||
            strcmp(text_of(node), "null") == 0);
}

/* Also catches a NUL, which would cut the text. */
static bool has_control(const yaml_node_t *node)
{
    const char *text = text_of(node);
    for (size_t i = 0; i < node->data.scalar.length; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return true;
    return false;
}

static int no_memory(struct reader *r)
{
    return config_refuse(r->err, r->file, 0, "", "out of memory");
}

/* ---- values ---- */

static int read_secret(struct reader *r, const struct scope *scope,
                       const struct config_option *option, const yaml_node_t *node)
{
    size_t line;
    struct buf problem;
    int failed = 0;
    const struct config_option *other = scope_other_way(scope, option, &line);
    if (other)
        return scope_refuse(scope, line_of(node), option->key,
                            "already given by %s in line %zu; allowed: one of them", other->key,
                            line);
    buf_init(&problem, CAP_CONFIG_BYTES);
    const char *secret = config_secret(option->type, text_of(node), r->arena, &problem);
    if (secret)
        config_set_pointer(option, scope->base, secret);
    else
        failed = scope_refuse(scope, line_of(node), option->key, "%s",
                              problem.len ? problem.data : "out of memory");
    buf_free(&problem);
    return failed;
}

/* One text of a list; after the others, if there were some. */
static int read_item(struct reader *r, const struct scope *scope,
                     const struct config_option *option, const yaml_node_t *node, struct buf *list)
{
    const size_t line = line_of(node);
    if (node->type != YAML_SCALAR_NODE || is_null(node))
        return scope_refuse_value(scope, line, option, NULL, "a list of texts is needed here");
    if (has_control(node))
        return scope_refuse_value(scope, line, option, text_of(node), "holds a control character");
    const char *problem = config_text_problem(r->arena, option, text_of(node));
    if (problem)
        return scope_refuse_value(scope, line, option, text_of(node), problem);
    buf_str(list, list->len ? "\n" : "");
    buf_str(list, text_of(node));
    return 0;
}

/* A list, or one text. */
static int read_items(struct reader *r, const struct scope *scope,
                      const struct config_option *option, const yaml_node_t *node, struct buf *list)
{
    if (is_null(node))
        return 0;
    if (node->type != YAML_SEQUENCE_NODE)
        return read_item(r, scope, option, node, list);
    const int *items = node->data.sequence.items.start;
    const size_t n = (size_t)(node->data.sequence.items.top - items);
    const size_t most = option->most ? option->most : CAP_CONFIG_LIST;
    if (n > most)
        return scope_refuse(scope, line_of(node), option->key, "%zu entries; allowed: at most %zu",
                            n, most);
    for (size_t i = 0; i < n; i++)
        if (read_item(r, scope, option, node_at(r, items[i]), list) != 0)
            return -1;
    return 0;
}

static int read_texts(struct reader *r, const struct scope *scope,
                      const struct config_option *option, const yaml_node_t *node)
{
    struct buf list;
    buf_init(&list, CAP_CONFIG_BYTES);
    int failed = read_items(r, scope, option, node, &list);
    const char *kept = failed ? NULL : arena_text(r->arena, list.len ? list.data : "", list.len);
    if (!failed && (!kept || !buf_ok(&list)))
        failed = no_memory(r);
    else if (!failed)
        config_set_pointer(option, scope->base, kept);
    buf_free(&list);
    return failed;
}

static int read_value(struct reader *r, const struct scope *scope,
                      const struct config_option *option, const yaml_node_t *node)
{
    const size_t line = line_of(node);
    if (option->type == CONFIG_LIST)
        return read_texts(r, scope, option, node);
    if (node->type != YAML_SCALAR_NODE)
        return scope_refuse_value(scope, line, option, NULL, "a single value is needed here");
    if (has_control(node))
        return scope_refuse_value(scope, line, option, text_of(node), "holds a control character");
    if (config_is_secret(option))
        return read_secret(r, scope, option, node);
    const char *problem =
        config_set(r->arena, option, scope->base, is_null(node) ? "" : text_of(node));
    return problem ? scope_refuse_value(scope, line, option, text_of(node), problem) : 0;
}

/* ---- maps ---- */

static int read_section(struct reader *r, enum config_section section, const yaml_node_t *node);

static int refuse_twice(const struct scope *scope, const yaml_node_t *key, size_t before)
{
    return scope_refuse(scope, line_of(key), text_of(key), "given twice, first in line %zu",
                        before);
}

/* A key of the top that names a section. */
static int read_subsection(struct reader *r, const struct scope *top, const yaml_node_t *key,
                           const yaml_node_t *node)
{
    for (enum config_section s = SECTION_TOP + 1; s < SECTION_COUNT; s++) {
        if (strcmp(config_section(s)->name, text_of(key)) != 0)
            continue;
        if (r->section_seen[s])
            return refuse_twice(top, key, r->section_seen[s]);
        r->section_seen[s] = line_of(key);
        return read_section(r, s, node);
    }
    return scope_refuse_key(top, line_of(key), text_of(key));
}

static int read_pair(struct reader *r, struct scope *scope, const yaml_node_t *key,
                     const yaml_node_t *node)
{
    size_t i;
    if (key->type != YAML_SCALAR_NODE)
        return scope_refuse(scope, line_of(key), NULL, "a key must be a word");
    const struct config_option *option = scope_find(scope, text_of(key), &i);
    if (!option && scope->section == SECTION_TOP)
        return read_subsection(r, scope, key, node);
    if (!option)
        return scope_refuse_key(scope, line_of(key), text_of(key));
    if (scope->seen[i])
        return refuse_twice(scope, key, scope->seen[i]);
    scope->seen[i] = line_of(key);
    return read_value(r, scope, option, node);
}

static int read_map(struct reader *r, struct scope *scope, const yaml_node_t *node)
{
    if (node && node->type != YAML_MAPPING_NODE && !is_null(node))
        return scope_refuse(scope, line_of(node), NULL,
                            "a map is needed here: lines of \"key: value\"");
    if (node && node->type == YAML_MAPPING_NODE)
        for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
             pair < node->data.mapping.pairs.top; pair++)
            if (read_pair(r, scope, node_at(r, pair->key), node_at(r, pair->value)) != 0)
                return -1;
    return scope_check_needed(scope);
}

static int set_defaults(struct reader *r, const struct scope *scope)
{
    for (size_t i = 0; config_option(i); i++) {
        const struct config_option *option = config_option(i);
        if (!option->value || !scope_has(scope, option))
            continue;
        const char *problem = config_set(r->arena, option, scope->base, option->value);
        if (problem)
            return scope_refuse_value(scope, 0, option, option->value, problem);
    }
    return 0;
}

/* ---- lists ---- */

/* Texts of an element are never NULL, those included that its type does not have. */
static void set_empty(const struct scope *scope)
{
    for (size_t i = 0; config_option(i); i++) {
        const struct config_option *option = config_option(i);
        bool text = option->type == CONFIG_TEXT || option->type == CONFIG_CHOICE ||
                    option->type == CONFIG_LIST || config_is_secret(option);
        if (option->section == scope->section && text)
            config_set_pointer(option, scope->base, "");
    }
}

/* A store's other options depend on its type, wherever in the map that stands. */
static int find_type(struct reader *r, struct scope *scope, const yaml_node_t *node)
{
    size_t i;
    const struct config_option *option = scope_find(scope, "type", &i);
    if (!option || node->type != YAML_MAPPING_NODE)
        return 0;
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = node_at(r, pair->key);
        if (key->type != YAML_SCALAR_NODE || strcmp(text_of(key), "type") != 0)
            continue;
        if (read_value(r, scope, option, node_at(r, pair->value)) != 0)
            return -1;
        scope->type = text_of(node_at(r, pair->value));
        return 0; /* read once more with the rest */
    }
    return scope_check_needed(scope);
}

static int read_element(struct reader *r, enum config_section section, size_t i, void *element,
                        const yaml_node_t *node)
{
    struct scope scope = {
        .file = r->file,
        .err = r->err,
        .section = section,
        .base = element,
        .line = line_of(node),
    };
    snprintf(scope.path, sizeof scope.path, "%s[%zu]", config_section(section)->name, i);
    *(section == SECTION_VCENTERS ? &r->lines->vcenter[i] : &r->lines->store[i]) = scope.line;
    set_empty(&scope);
    if (find_type(r, &scope, node) != 0 || set_defaults(r, &scope) != 0)
        return -1;
    return read_map(r, &scope, node);
}

static int read_list(struct reader *r, enum config_section section, const yaml_node_t *node,
                     void **ret, size_t *ret_n)
{
    const struct config_section_info *info = config_section(section);
    if (is_null(node))
        return 0;
    if (node->type != YAML_SEQUENCE_NODE)
        return config_refuse(r->err, r->file, line_of(node), info->name,
                             "a list is needed here: entries that begin with \"- \"");
    const int *items = node->data.sequence.items.start;
    const size_t n = (size_t)(node->data.sequence.items.top - items);
    if (n > info->cap)
        return config_refuse(r->err, r->file, line_of(node), info->name,
                             "%zu entries; allowed: at most %zu", n, info->cap);
    char *list = arena_take(r->arena, n * info->element);
    if (!list)
        return no_memory(r);
    for (size_t i = 0; i < n; i++)
        if (read_element(r, section, i, list + i * info->element, node_at(r, items[i])) != 0)
            return -1;
    *ret = list;
    *ret_n = n;
    return 0;
}

static int read_section(struct reader *r, enum config_section section, const yaml_node_t *node)
{
    void *list = NULL;
    size_t n = 0;
    struct scope scope = {
        .file = r->file,
        .err = r->err,
        .section = section,
        .base = r->config,
        .line = line_of(node),
    };
    snprintf(scope.path, sizeof scope.path, "%s", config_section(section)->name);
    if (!config_section(section)->list)
        return read_map(r, &scope, node);
    if (read_list(r, section, node, &list, &n) != 0)
        return -1;
    if (section == SECTION_VCENTERS) {
        r->config->vcenters = list;
        r->config->nvcenters = n;
    } else {
        r->config->stores = list;
        r->config->nstores = n;
    }
    return 0;
}

/* ---- the document ---- */

static int refuse_yaml(struct reader *r, const yaml_parser_t *parser)
{
    return config_refuse(r->err, r->file, parser->problem_mark.line + 1, "", "not YAML: %s",
                         parser->problem ? parser->problem : "out of memory");
}

static int read_top(struct reader *r)
{
    struct scope top = {.file = r->file, .err = r->err, .base = r->config, .line = 1};
    for (enum config_section s = SECTION_TOP; s < SECTION_COUNT; s++) {
        top.section = s;
        if (!config_section(s)->list && set_defaults(r, &top) != 0)
            return -1;
    }
    top.section = SECTION_TOP;
    return read_map(r, &top, yaml_document_get_root_node(&r->document));
}

static int refuse_second(struct reader *r, yaml_parser_t *parser)
{
    yaml_document_t second;
    int failed = 0;
    if (!yaml_parser_load(parser, &second))
        return refuse_yaml(r, parser);
    const yaml_node_t *root = yaml_document_get_root_node(&second);
    if (root)
        failed = config_refuse(r->err, r->file, line_of(root), "",
                               "a second document begins here; allowed: one");
    yaml_document_delete(&second);
    return failed;
}

/* A pass over the events alone: the document loader cannot stop half-way, and its time grows with
 * the square of the nesting. */
static int check_depth(struct reader *r, const char *text, size_t n)
{
    yaml_parser_t parser;
    yaml_event_t event;
    int depth = 0, failed = 0;
    bool more = true;
    if (!yaml_parser_initialize(&parser))
        return no_memory(r);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, n);
    while (more && !failed) {
        if (!yaml_parser_parse(&parser, &event)) {
            failed = refuse_yaml(r, &parser);
            break;
        }
        more = event.type != YAML_STREAM_END_EVENT;
        depth += event.type == YAML_SEQUENCE_START_EVENT || event.type == YAML_MAPPING_START_EVENT;
        depth -= event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT;
        if (depth > DEEPEST)
            failed = config_refuse(r->err, r->file, event.start_mark.line + 1, "",
                                   "nested too deep; allowed: %d levels", DEEPEST);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return failed;
}

int config_read(const char *text, size_t n, const char *file, struct arena *arena,
                struct config *config, struct config_lines *lines, struct config_error *err)
{
    struct reader r = {.file = file, .arena = arena, .config = config, .lines = lines, .err = err};
    yaml_parser_t parser;
    int failed;
    if (check_depth(&r, text, n) != 0)
        return -1;
    if (!yaml_parser_initialize(&parser))
        return no_memory(&r);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, n);
    if (!yaml_parser_load(&parser, &r.document)) {
        failed = refuse_yaml(&r, &parser);
    } else {
        failed = read_top(&r);
        yaml_document_delete(&r.document);
        if (!failed)
            failed = refuse_second(&r, &parser);
    }
    yaml_parser_delete(&parser);
    return failed;
}
