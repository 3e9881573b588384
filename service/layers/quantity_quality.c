/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * How good the data of a vCenter is, a row for each collection: a gap is never silent. What one
 * collector saw; a second one sees its own.
 */
#include "layers/quantity_rows.h"

#define QUALITY(part, title) VM_ONLY, "quality." part, "quality", part, title
#define ROW(Q) [Q_QUALITY_##Q - QUANTITY_QUALITY_FIRST] = {Q_QUALITY_##Q

#define COUNTED "counted by the collector, of one collection"

const struct quantity_info
    quantity_quality[QUANTITY_QUALITY_LAST - QUANTITY_QUALITY_FIRST +
                     1] = {ROW(EXPECTED),
                           QUALITY("expected", "Samples expected"),
                           LAYER_NONE,
                           KIND_CHECK,
                           COUNT,
                           "Samples that were due from all entities asked.",
                           "whole intervals since each entity's mark, of what a server keeps",
                           COUNTED},
                     ROW(RECEIVED),
                     QUALITY("received", "Samples received"), LAYER_NONE, KIND_CHECK, COUNT,
                     "New samples that came.",
                     "samples with a time after the entity's mark", COUNTED
}
, ROW(MISSING), QUALITY("missing", "Values missing"), LAYER_NONE, KIND_CHECK, COUNT,
    "Single values for which the server had no sample.", "values of -1, and empty ones", COUNTED
}
, ROW(LATE), QUALITY("late", "Samples late"), LAYER_NONE, KIND_CHECK, COUNT,
    "Samples that came two intervals or more after their time.",
    "samples older than two intervals when they came, but for the first of an entity", COUNTED
}
, ROW(REPEATED), QUALITY("repeated", "Samples repeated"), LAYER_NONE, KIND_CHECK, COUNT,
    "Samples that the server sent again, and that were left out.",
    "samples with a time at or before the mark", COUNTED
}
, ROW(REFUSED_IDENTITY),
    QUALITY("refused_identity", "Samples refused by identity"), LAYER_NONE, KIND_CHECK, COUNT,
    "Samples whose vCPU states do not add up: no CPU layers.",
    "rows in which identity I1 is broken", COUNTED
}
, ROW(INCOMPLETE), QUALITY("incomplete", "Samples incomplete"), LAYER_NONE, KIND_CHECK, COUNT,
    "Samples without CPU layers because a needed value is missing.",
    "rows with the reason missing_sample or counter_not_offered", COUNTED
}
, ROW(REFUSED_SHAPE),
    QUALITY("refused_shape", "Series refused by shape"), LAYER_NONE, KIND_CHECK, COUNT,
    "Series with more or fewer values than there are times.",
    "series whose length differs from that of sampleInfo", COUNTED
}
, ROW(LAG), QUALITY("lag", "Lag of the newest sample"), LAYER_NONE, KIND_CHECK, MILLISECONDS,
    "How old the newest sample was at the end of the collection.",
    "the server's clock - time of the newest sample", COUNTED
}
, ROW(CLOCK), QUALITY("clock", "Clock difference"), LAYER_NONE, KIND_CHECK, MILLISECONDS,
    "Our clock less the vCenter's.",
    "our clock - the server's CurrentTime, half the way to and fro taken off", COUNTED
}
, ROW(ENTITIES), QUALITY("entities", "Entities asked"), LAYER_NONE, KIND_CHECK, COUNT,
    "Powered-on VMs and hosts that were asked.",
    "entities of the inventory that can have samples", COUNTED
}
, ROW(SILENT), QUALITY("silent", "Entities without a new sample"), LAYER_NONE, KIND_CHECK, COUNT,
    "Entities that were due and had nothing new.",
    "entities asked with a sample due, and none received", COUNTED
}
, ROW(LEFT_OUT), QUALITY("left_out", "Entities left out"), LAYER_NONE, KIND_CHECK, COUNT,
    "Entities on which the server failed.", "entities that made their batch fail", COUNTED
}
,
}
;
