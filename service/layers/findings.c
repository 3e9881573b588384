/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "layers/findings.h"

static const struct {
    const char *text, *unit;
} identities[IDENTITY_COUNT] = {
    [IDENTITY_I1] = {"I1: run + ready + co-stop + wait = T", "ms"},
    [IDENTITY_I2] = {"I2: value of the VM = sum over its vCPUs", "ms"},
    [IDENTITY_I3] = {"I3: idle + swap wait <= wait", "ms"},
    [IDENTITY_I4] = {"I4: limit <= ready", "ms"},
    [IDENTITY_I5] = {"I5: overlap <= run", "ms"},
    [IDENTITY_I16] = {"I16: granted + ballooned + swapped + compressed <= configured", "KB"},
};

const char *identity_text(enum identity identity)
{
    return identities[identity].text;
}

const char *identity_unit(enum identity identity)
{
    return identities[identity].unit;
}

void findings_tell(struct layer_findings *findings, const struct layer_refusal *refusal)
{
    findings->broken[refusal->identity]++;
    if (findings->explain)
        findings->explain(findings->ctx, refusal);
}
