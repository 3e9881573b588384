/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The way down the house for one vCenter's samples: collect -> layers -> journal. The one place
 * that knows all three.
 */
#ifndef SERVICE_PIPELINE_H
#define SERVICE_PIPELINE_H

#include "collect/sample.h"
#include "journal/journal.h"
#include "layers/layers.h"
#include "report/log.h"
#include "report/metrics.h"

struct pipeline {
    const char *vcenter; /* label, for the log */
    struct journal *journal;
    struct layer_options layers;
    struct metric_set *figures;     /* of the vCenter */
    struct layer_findings findings; /* of the answer under work */
    int64_t refused, incomplete;    /* rows since the last quality row */
    struct complaint refusing, contradicting, keeping, leaving_out;
};

/* Fills the pipeline; everything is borrowed. */
void pipeline_init(struct pipeline *pipeline, const char *vcenter, struct journal *journal,
                   const struct layer_options *layers, struct metric_set *figures);

/* The sink to give to the vCenter's collector. */
struct sample_sink pipeline_sink(struct pipeline *pipeline);

#endif
