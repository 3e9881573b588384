/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What a reply must pass before gSOAP sees it. gSOAP skips a DTD, has no bound on what it skips
 * and takes quadratic time over attributes; SOAP forbids DTDs, and a '<' can stand neither in a
 * tag nor in text, so a bound on the distance between two of them bounds tags and texts alike.
 */
#ifndef VIM_XML_GUARD_H
#define VIM_XML_GUARD_H

#include <stddef.h>

/* NULL if the n bytes may be parsed, else what is wrong with them, for an error message. */
const char *xml_guard(const char *bytes, size_t n);

#endif
