/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The sample file, out of the table. Sections are written with their defaults; elements of lists
 * behind "#", so that the file as it is means the defaults, and taking the "#" away gives an
 * element. Secrets are behind a second "#", because only one way to each may be used.
 */
#include <ctype.h>
#include <string.h>

#include "config.h"
#include "config_table.h"

enum { WIDTH = 98 };

struct sample {
    struct buf *out;
    const char *front; /* what every line begins with */
};

/* Words into lines "FRONT# ..." of at most WIDTH columns. */
static void comment(const struct sample *s, const char *text)
{
    const size_t room = WIDTH - strlen(s->front) - 2;
    size_t column = room;
    for (size_t n; *text; text += n + strspn(text + n, " ")) {
        n = strcspn(text, " ");
        if (column + 1 + n > room) {
            buf_printf(s->out, "%s%s#", column == room ? "" : "\n", s->front);
            column = 0;
        }
        buf_char(s->out, ' ');
        buf_add(s->out, text, n);
        column += 1 + n;
        if (!text[n + strspn(text + n, " ")])
            buf_char(s->out, '\n');
        else if (column >= room)
            column = room - 1; /* a word as long as a line: the next one begins another */
    }
}

/* The value that is shown: the default, or an example where there is none. */
static const char *value_of(const struct config_option *option)
{
    if (option->value && *option->value)
        return option->value;
    return option->example ? option->example : "";
}

/* True for an option of this store type, or of all. */
static bool is_of(const struct config_option *option, const char *type)
{
    return !option->only || (type && config_has_word(option->only, type));
}

/* A YAML scalar: in quotes if it is empty or begins with a sign that might mean something. */
static void scalar(struct buf *out, const char *text)
{
    const bool plain = isalnum((unsigned char)*text) || *text == '/';
    buf_printf(out, "%s%s%s", plain ? "" : "\"", text, plain ? "" : "\"");
}

static void describe(const struct sample *s, const struct config_option *option)
{
    struct buf text, allowed;
    buf_init(&text, 1000);
    buf_init(&allowed, 1000);
    config_allowed(&allowed, option);
    buf_str(&text, option->help);
    if (!option->value && option->type < CONFIG_SECRET)
        buf_str(&text, " Must be given.");
    if (allowed.len && option->type != CONFIG_RANGE) /* its value shows how */
        buf_printf(&text, " Allowed: %s.", allowed.data);
    comment(s, text.data);
    buf_free(&text);
    buf_free(&allowed);
}

static void option_line(const struct sample *s, const struct config_option *option,
                        const char *type)
{
    const bool secret = option->type >= CONFIG_SECRET;
    const char *value = type && strcmp(option->key, "type") == 0 ? type : value_of(option);
    buf_printf(s->out, "%s%s%s: ", s->front, secret ? "# " : "", option->key);
    if (option->type == CONFIG_LIST)
        buf_str(s->out, "[]");
    else
        scalar(s->out, value);
    buf_char(s->out, '\n');
}

/* The options of a section; for stores those of one type. */
static void options(const struct sample *s, enum config_section section, const char *type)
{
    for (size_t i = 0; config_option(i); i++) {
        const struct config_option *option = config_option(i);
        if (option->section != section || !is_of(option, type))
            continue;
        describe(s, option);
        option_line(s, option, type);
    }
}

static void element(struct buf *out, enum config_section section, const char *type)
{
    const struct sample s = {out, "#    "};
    buf_str(out, "#  -\n");
    options(&s, section, type);
}

/* An element for each word of the first option that is a choice (type), otherwise one. */
static void list(struct buf *out, enum config_section section)
{
    const char *word;
    size_t n, i = 0;
    const struct config_option *option;
    for (size_t k = 0; (option = config_option(k)); k++)
        if (option->section == section && strcmp(option->key, "type") == 0)
            for (; config_word(option->choices, i, &word, &n); i++) {
                char type[32] = "";
                memcpy(type, word, n < sizeof type ? n : 0);
                element(out, section, type);
            }
    if (i == 0)
        element(out, section, NULL);
}

static void section(struct buf *out, enum config_section section)
{
    const struct config_section_info *info = config_section(section);
    const struct sample top = {out, ""}, inside = {out, "  "};
    if (section == SECTION_TOP) {
        options(&top, section, NULL);
        return;
    }
    buf_char(out, '\n');
    comment(&top, info->help);
    buf_printf(out, "%s:\n", info->name);
    if (info->list)
        list(out, section);
    else
        options(&inside, section, NULL);
}

void config_sample(struct buf *out)
{
    const struct sample top = {out, ""};
    buf_str(out, "# SPDX-License-Identifier: GPL-2.0-or-later WITH "
                 "cryptsetup-OpenSSL-exception\n");
    comment(&top, "Configuration of vstrata: every option with its default. The program prints "
                  "this file from its own table of options, so the two cannot differ.");
    comment(&top, "Durations: 500ms, 20s, 5m, 1h, 7d. Sizes: 64KiB, 16MiB, 1GiB.");
    buf_char(out, '\n');
    for (enum config_section s = SECTION_TOP; s < SECTION_COUNT; s++)
        section(out, s);
}
