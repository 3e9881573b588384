/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "soap_context.h"

#include "base/caps.h"
#include "soapH.h"
#include "vim.nsmap"

/* SOAP_XML_TREE: no id/ref tracking, which would cost more than the parsing. SOAP_C_UTFSTRING:
 * texts stay UTF-8. SOAP_ENC_PLAIN: XML only, without an HTTP head. */
enum { MODE = SOAP_XML_TREE | SOAP_C_UTFSTRING | SOAP_ENC_PLAIN };

struct soap *soap_context_new(void)
{
    struct soap *soap = soap_new1(MODE);
    if (!soap)
        return NULL;
    soap_set_namespaces(soap, namespaces);
    soap->maxoccurs = CAP_SOAP_LIST;
    soap->maxlength = CAP_SOAP_TEXT;
    soap->maxlevel = CAP_SOAP_DEPTH;
    return soap;
}

void soap_context_free(struct soap *soap)
{
    if (!soap)
        return;
    soap_destroy(soap);
    soap_end(soap);
    soap_free(soap);
}
