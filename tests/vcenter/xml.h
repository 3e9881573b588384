/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Reading a request (a small libxml2 tree, no entities, no network) and writing an answer (text
 * straight into a buffer).
 */
#ifndef VCENTER_XML_H
#define VCENTER_XML_H

#include <libxml/tree.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* The tree of n bytes, or NULL if it is no well-formed XML or has a DOCTYPE. Free with
 * xmlFreeDoc. */
xmlDoc *xml_parse(const char *text, size_t n);

/* The first child element, or the next sibling element; with a name, the next of that name. NULL
 * parents have no children. */
xmlNode *xml_first(const xmlNode *parent, const char *name);
xmlNode *xml_next(const xmlNode *node, const char *name);

/* The text of an element ("" if it is NULL or empty), or of the named child. */
const char *xml_text(const xmlNode *node);
const char *xml_child_text(const xmlNode *parent, const char *name);

/* The named child as a number; missing if there is none. False if it is not a number. */
bool xml_child_int(const xmlNode *parent, const char *name, int64_t missing, int64_t *ret);

/* True if the named child is there and says true. */
bool xml_child_true(const xmlNode *parent, const char *name);

/* Appends text with &, <, > and quotes escaped. */
void xml_escape(struct buf *out, const char *text);

/* Appends <name>text</name>, and the same of a number, a boolean, or a reference with its type. */
void xml_element(struct buf *out, const char *name, const char *text);
void xml_element_int(struct buf *out, const char *name, int64_t value);
void xml_element_ref(struct buf *out, const char *name, const char *type, const char *moid);

#endif
