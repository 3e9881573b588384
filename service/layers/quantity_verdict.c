/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The judgement: for each layer of each resource how much it hurts, 0 to 1, by the rules of
 * verdict.h. A score is not given while it cannot be known.
 */
#include "layers/quantity_rows.h"

#define VERDICT(resource, part, title) VM_ONLY, resource "." part, resource, part, title

#define BY_RULES "the rules of the verdict, each with its own source; thresholds can be configured"
#define FORMULA "largest of the layer's rules: the score that k of the last n intervals reached"
#define LAYERS(R, resource, word)                                                                  \
    [Q_##R##_VERDICT_QUEUE -                                                                       \
        QUANTITY_VERDICT_FIRST] = {Q_##R##_VERDICT_QUEUE,                                          \
                                   VERDICT(resource, "verdict_queue", "Verdict: " word " queue"),  \
                                   LAYER_QUEUE,                                                    \
                                   KIND_VERDICT,                                                   \
                                   PERCENT,                                                        \
                                   "How much layer A (queue in the guest) of " word                \
                                   " hurts, 0 to 1.",                                              \
                                   FORMULA,                                                        \
                                   BY_RULES},                                                      \
        [Q_##R##_VERDICT_USAGE -                                                                   \
            QUANTITY_VERDICT_FIRST] = {Q_##R##_VERDICT_USAGE,                                      \
                                       VERDICT(resource, "verdict_usage",                          \
                                               "Verdict: " word " usage"),                         \
                                       LAYER_USAGE,                                                \
                                       KIND_VERDICT,                                               \
                                       PERCENT,                                                    \
                                       "How much layer B (the VM uses all that it has) of " word   \
                                       " hurts, 0 to 1.",                                          \
                                       FORMULA,                                                    \
                                       BY_RULES},                                                  \
        [Q_##R##_VERDICT_OVERHEAD -                                                                \
            QUANTITY_VERDICT_FIRST] = {Q_##R##_VERDICT_OVERHEAD,                                   \
                                       VERDICT(resource, "verdict_overhead",                       \
                                               "Verdict: " word " overhead"),                      \
                                       LAYER_OVERHEAD,                                             \
                                       KIND_VERDICT,                                               \
                                       PERCENT,                                                    \
                                       "How much layer C (hypervisor) of " word " hurts, 0 to 1.", \
                                       FORMULA,                                                    \
                                       BY_RULES},                                                  \
        [Q_##R##_VERDICT_UNMET - QUANTITY_VERDICT_FIRST] = {                                       \
            Q_##R##_VERDICT_UNMET,                                                                 \
            VERDICT(resource, "verdict_unmet", "Verdict: " word " unmet"),                         \
            LAYER_UNMET,                                                                           \
            KIND_VERDICT,                                                                          \
            PERCENT,                                                                               \
            "How much layer D (asked for and not given) of " word " hurts, 0 to 1.",               \
            FORMULA,                                                                               \
            BY_RULES}

const struct quantity_info quantity_verdict[QUANTITY_VERDICT_LAST - QUANTITY_VERDICT_FIRST + 1] = {
    LAYERS(CPU, "cpu", "CPU"),
    LAYERS(MEM, "mem", "memory"),
    LAYERS(DISK, "disk", "disk"),
    LAYERS(NET, "net", "network"),
    [Q_ALL_VERDICT_SCORE -
        QUANTITY_VERDICT_FIRST] = {Q_ALL_VERDICT_SCORE, VERDICT("all", "verdict_score", "Verdict"),
                                   LAYER_NONE, KIND_VERDICT, PERCENT,
                                   "How much the VM hurts, 0 to 1, in the layer that hurts most.",
                                   "largest score of all layers of all resources", BY_RULES},
    [Q_ALL_VERDICT_CODE - QUANTITY_VERDICT_FIRST] =
        {Q_ALL_VERDICT_CODE, VERDICT("all", "verdict_code", "Verdict: which layer"), LAYER_NONE,
         KIND_VERDICT, CODE,
         "Which layer hurts most: 0 none, 255 not known, else 1 + 4 x resource (cpu 0, mem 1, disk "
         "2, net 3) + layer (A 0, B 1, C 2, D 3).",
         "layer and resource of all.verdict_score; 255 while nothing hurts and a score of B or D "
         "is not known",
         BY_RULES},
    [Q_ALL_VERDICT_FOR - QUANTITY_VERDICT_FIRST] =
        {Q_ALL_VERDICT_FOR, VERDICT("all", "verdict_for", "Verdict: for how long"), LAYER_NONE,
         KIND_VERDICT, MILLISECONDS, "How long that layer has been hurting.",
         "time of the sample - start of the first interval of the score above 0 without a gap",
         BY_RULES},
};
