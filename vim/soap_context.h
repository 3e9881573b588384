/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * A gSOAP context with our modes and caps.
 */
#ifndef VIM_SOAP_CONTEXT_H
#define VIM_SOAP_CONTEXT_H

struct soap;

/* A new context, or NULL when out of memory. */
struct soap *soap_context_new(void);

/* Frees it and all that was read with it. NULL is fine. */
void soap_context_free(struct soap *soap);

#endif
