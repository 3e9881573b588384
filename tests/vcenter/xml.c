/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "xml.h"

#include <errno.h>
#include <libxml/parser.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

xmlDoc *xml_parse(const char *text, size_t n)
{
    if (n > INT_MAX)
        return NULL;
    const int options =
        XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA;
    xmlDoc *doc = xmlReadMemory(text, (int)n, NULL, NULL, options);
    if (doc && doc->intSubset) {
        xmlFreeDoc(doc);
        return NULL;
    }
    return doc;
}

static xmlNode *element(xmlNode *node, const char *name)
{
    while (node && (node->type != XML_ELEMENT_NODE ||
                    (name && strcmp((const char *)node->name, name) != 0)))
        node = node->next;
    return node;
}

xmlNode *xml_first(const xmlNode *parent, const char *name)
{
    return parent ? element(parent->children, name) : NULL;
}

xmlNode *xml_next(const xmlNode *node, const char *name)
{
    return element(node->next, name);
}

const char *xml_text(const xmlNode *node)
{
    if (!node || !node->children || node->children->type != XML_TEXT_NODE)
        return "";
    return (const char *)node->children->content;
}

const char *xml_child_text(const xmlNode *parent, const char *name)
{
    return xml_text(xml_first(parent, name));
}

bool xml_child_int(const xmlNode *parent, const char *name, int64_t missing, int64_t *ret)
{
    const xmlNode *child = xml_first(parent, name);
    if (!child) {
        *ret = missing;
        return true;
    }
    const char *text = xml_text(child);
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (end == text || *end || errno)
        return false;
    *ret = value;
    return true;
}

bool xml_child_true(const xmlNode *parent, const char *name)
{
    const char *text = xml_child_text(parent, name);
    return !strcmp(text, "true") || !strcmp(text, "1");
}

void xml_escape(struct buf *out, const char *text)
{
    for (;;) {
        size_t plain = strcspn(text, "&<>\"'");
        buf_add(out, text, plain);
        text += plain;
        switch (*text++) {
        case '&':
            buf_str(out, "&amp;");
            break;
        case '<':
            buf_str(out, "&lt;");
            break;
        case '>':
            buf_str(out, "&gt;");
            break;
        case '"':
            buf_str(out, "&quot;");
            break;
        case '\'':
            buf_str(out, "&#39;");
            break;
        default:
            return;
        }
    }
}

static void open_tag(struct buf *out, const char *name)
{
    buf_char(out, '<');
    buf_str(out, name);
    buf_char(out, '>');
}

static void close_tag(struct buf *out, const char *name)
{
    buf_str(out, "</");
    buf_str(out, name);
    buf_char(out, '>');
}

void xml_element(struct buf *out, const char *name, const char *text)
{
    open_tag(out, name);
    xml_escape(out, text);
    close_tag(out, name);
}

void xml_element_int(struct buf *out, const char *name, int64_t value)
{
    open_tag(out, name);
    buf_int(out, value);
    close_tag(out, name);
}

void xml_element_ref(struct buf *out, const char *name, const char *type, const char *moid)
{
    buf_printf(out, "<%s type=\"%s\">", name, type);
    xml_escape(out, moid);
    close_tag(out, name);
}
