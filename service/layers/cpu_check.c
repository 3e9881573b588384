/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The identities that a sample must obey. The tolerance is 0.1 % of the scope's time (T for a vCPU,
 * n*T for the VM): the server rounds each counter to milliseconds and reads them one by one.
 */
#include "layers/cpu_model.h"

enum { TOLERANCE = 1000, VM = -1 };

static const enum counter needed[] = {CPU_RUN, CPU_READY, CPU_COSTOP, CPU_WAIT};
enum { NEEDED = sizeof needed / sizeof *needed };

enum reason cpu_check_needed(const struct cpu_row *row, const struct cpu_index *index)
{
    const struct cpu_state *scopes = row->vcpus ? row->vcpu : row->aggregate;
    unsigned n = row->vcpus ? row->vcpus : 1;
    for (int i = 0; i < NEEDED; i++)
        if (!index->offered[needed[i]])
            return REASON_COUNTER_NOT_OFFERED;
    for (unsigned s = 0; s < n; s++)
        for (int i = 0; i < NEEDED; i++)
            if (scopes[s].of[needed[i]] < 0)
                return REASON_MISSING_SAMPLE;
    if (row->interval_s <= 0 || row->interval_s > CPU_INTERVAL_MAX_S)
        return REASON_MISSING_SAMPLE;
    return REASON_OK;
}

static int64_t interval_ms(const struct cpu_row *row)
{
    return (int64_t)row->interval_s * 1000;
}

static bool within(int64_t got, int64_t want, int64_t whole)
{
    int64_t difference = got > want ? got - want : want - got;
    return difference * TOLERANCE <= whole;
}

static void tell(const struct cpu_row *row, struct layer_findings *findings, enum identity identity,
                 int vcpu, int64_t got, int64_t want)
{
    findings_tell(findings, &(struct layer_refusal){
                                .entity = row->entity,
                                .time = row->time,
                                .identity = identity,
                                .vcpu = vcpu,
                                .got = got,
                                .want = want,
                            });
}

/* The four states of a scope together, or SAMPLE_MISSING. */
static int64_t states_of(const struct cpu_state *state)
{
    int64_t sum = 0;
    for (int i = 0; i < NEEDED; i++) {
        if (state->of[needed[i]] < 0)
            return SAMPLE_MISSING;
        sum += state->of[needed[i]];
    }
    return sum;
}

bool cpu_check_states(const struct cpu_row *row, struct layer_findings *findings)
{
    const int64_t T = interval_ms(row);
    for (unsigned i = 0; i < row->vcpus; i++) {
        int64_t got = states_of(&row->vcpu[i]);
        if (!within(got, T, T)) {
            tell(row, findings, IDENTITY_I1, (int)i, got, T);
            return false;
        }
    }
    int64_t got = states_of(row->aggregate);
    if (got < 0) /* the aggregate is not needed where there are vCPUs */
        return true;
    int64_t n = row->vcpus ? row->vcpus : (got + T / 2) / T;
    int64_t whole = n > 0 ? n * T : T;
    if (within(got, whole, whole))
        return true;
    tell(row, findings, IDENTITY_I1, VM, got, whole);
    return false;
}

/* I2: which aggregates are the sum over the vCPUs, and which layers hang on them. */
static const struct {
    enum counter counter;
    unsigned layers;
} sums[] = {
    {CPU_RUN, CONTRADICTS_USAGE},      {CPU_OVERLAP, CONTRADICTS_USAGE | CONTRADICTS_UNMET},
    {CPU_READY, CONTRADICTS_UNMET},    {CPU_COSTOP, CONTRADICTS_UNMET},
    {CPU_WAIT, CONTRADICTS_UNMET},     {CPU_IDLE, CONTRADICTS_UNMET},
    {CPU_SWAPWAIT, CONTRADICTS_UNMET}, {CPU_MAXLIMITED, CONTRADICTS_UNMET},
};

static unsigned check_sums(const struct cpu_row *row, struct layer_findings *findings)
{
    const int64_t whole = row->vcpus * interval_ms(row);
    unsigned layers = 0;
    for (size_t i = 0; row->vcpus && i < sizeof sums / sizeof *sums; i++) {
        int64_t got = row->aggregate->of[sums[i].counter];
        int64_t want = row->vm->of[sums[i].counter];
        if (got < 0 || want < 0 || within(got, want, whole))
            continue;
        if (!layers)
            tell(row, findings, IDENTITY_I2, VM, got, want);
        layers |= sums[i].layers;
    }
    return layers;
}

static int64_t known(int64_t value)
{
    return value < 0 ? 0 : value;
}

/* I3 to I5: what must fit into what. */
static void inside(const struct cpu_state *s, enum identity identity, int64_t *got, int64_t *want)
{
    switch (identity) {
    case IDENTITY_I3:
        *got = known(s->of[CPU_IDLE]) + known(s->of[CPU_SWAPWAIT]);
        *want = s->of[CPU_WAIT];
        break;
    case IDENTITY_I4:
        *got = known(s->of[CPU_MAXLIMITED]);
        *want = s->of[CPU_READY];
        break;
    default:
        *got = known(s->of[CPU_OVERLAP]);
        *want = s->of[CPU_RUN];
    }
}

/* True if the identity is broken in the scope, which then is told of. */
static bool overflows(const struct cpu_row *row, struct layer_findings *findings,
                      enum identity identity, const struct cpu_state *state, int vcpu,
                      int64_t whole)
{
    int64_t got, want;
    inside(state, identity, &got, &want);
    if (got <= want || within(got, want, whole))
        return false;
    tell(row, findings, identity, vcpu, got, want);
    return true;
}

static bool check_inside(const struct cpu_row *row, struct layer_findings *findings,
                         enum identity identity)
{
    const int64_t T = interval_ms(row);
    for (unsigned i = 0; i < row->vcpus; i++)
        if (overflows(row, findings, identity, &row->vcpu[i], (int)i, T))
            return true;
    /* Optional counters may come as the aggregate alone; what came per vCPU is inside already. */
    int64_t whole = row->vcpus ? row->vcpus * T : states_of(row->vm);
    return overflows(row, findings, identity, row->vm, VM, whole);
}

unsigned cpu_check_parts(const struct cpu_row *row, struct layer_findings *findings)
{
    unsigned layers = check_sums(row, findings);
    if (check_inside(row, findings, IDENTITY_I3))
        layers |= CONTRADICTS_UNMET;
    if (check_inside(row, findings, IDENTITY_I4))
        layers |= CONTRADICTS_UNMET;
    if (check_inside(row, findings, IDENTITY_I5))
        layers |= CONTRADICTS_USAGE | CONTRADICTS_UNMET;
    return layers;
}
