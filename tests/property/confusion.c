/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "confusion.h"

#include <stdio.h>
#include <string.h>

enum { WINDOW = 90, FEW = 20, SHARE_FELT = 60 };

enum { A, B, C, D };
#define PLACE(resource, layer) (1u << (1 + VERDICT_LAYERS * VERDICT_##resource + (layer)))
#define NOTHING 1u
#define UNKNOWN (1u << CONFUSION_UNKNOWN)

enum who { EVERYBODY, SPEAKING, SILENT, VICTIMS, BULLIES };

/* What each scenario has to look like. */
static const struct expected {
    const char *scenario;
    enum who who;
    bool bursts;     /* judged while it is felt, because it is not most of the time */
    unsigned places; /* one of these must prevail */
    double least;    /* per cent of the VMs */
    const char *reason;
} table[] = {
    {"quiet", EVERYBODY, false, NOTHING, 99, "nothing ails it"},
    {"cpu-contention", EVERYBODY, false, PLACE(CPU, D), 95, "ready is asked for and not given"},
    {"costop", EVERYBODY, false, PLACE(CPU, D), 95, "so is co-stop"},
    {"limit", EVERYBODY, false, PLACE(CPU, D), 95, "and what a limit holds back"},
    {"power-saving", EVERYBODY, false, PLACE(CPU, B), 95, "it runs, but slowly"},
    {"noisy-neighbour", VICTIMS, true, PLACE(CPU, D), 95, "ready, in the bursts of another VM"},
    {"noisy-neighbour", BULLIES, false, NOTHING | PLACE(CPU, B) | PLACE(CPU, D), 95,
     "wants all that it has now and then, and may then want more than the host has"},
    {"memory-pressure", EVERYBODY, false, PLACE(MEM, D), 95, "waits for memory that was taken"},
    {"swapwait", EVERYBODY, false, PLACE(MEM, D) | PLACE(DISK, D), 95,
     "waits for swapped memory; its disks are slow, too, and either may be worse"},
    {"snapshot", EVERYBODY, false, PLACE(DISK, C), 95, "reads that a snapshot multiplies"},
    {"storage-slow", EVERYBODY, false, PLACE(DISK, D), 95, "latency"},
    {"guest-queue", SPEAKING, false, PLACE(CPU, A) | PLACE(MEM, A) | PLACE(DISK, A), 95,
     "threads, pages and IOs queue inside the guest, and it says so"},
    {"guest-queue", SILENT, false, NOTHING, 95, "the hypervisor sees nothing wrong"},
    {"network-drops", EVERYBODY, false, PLACE(NET, D), 95, "packets that were not sent"},
    {"missing-data", EVERYBODY, false, NOTHING | UNKNOWN, 99,
     "nothing ails it, and what is not known is not said to"},
};
enum { ROWS = sizeof table / sizeof *table };
_Static_assert((int)ROWS <= (int)CONFUSION_ROWS, "CONFUSION_ROWS is too small");

static enum who who_is(const struct feed *feed)
{
    if (strcmp(feed->facts.scenario, "noisy-neighbour") == 0)
        return feed->facts.bully ? BULLIES : VICTIMS;
    if (strcmp(feed->facts.scenario, "guest-queue") != 0)
        return EVERYBODY;
    return feed->counters->guest || feed->voice == VOICE_SPEAKS ? SPEAKING : SILENT;
}

static int row_of(const struct feed *feed)
{
    const enum who who = who_is(feed);
    for (int i = 0; i < ROWS; i++)
        if (table[i].who == who && strcmp(table[i].scenario, feed->facts.scenario) == 0)
            return i;
    return -1;
}

static int column_of(int code)
{
    if (code < 0)
        return CONFUSION_NONE;
    return code == CODE_UNKNOWN ? CONFUSION_UNKNOWN : code;
}

static const char *column_name(int column)
{
    static char name[16];
    if (column == 0 || column > VERDICT_PLACES)
        return column == 0 ? "nothing" : column == CONFUSION_UNKNOWN ? "unknown" : "no verdict";
    const enum verdict_resource resource = (enum verdict_resource)((column - 1) / VERDICT_LAYERS);
    snprintf(name, sizeof name, "%s %c", verdict_resource_name(resource),
             'A' + (column - 1) % VERDICT_LAYERS);
    return name;
}

/* Felt three times of the last five, as long as a verdict needs by default. */
static bool has_lasted(const struct judgement *judgements, size_t i)
{
    int felt = 0;
    for (size_t back = 0; back < 5 && back <= i; back++)
        felt += judgements[i - back].felt;
    return felt >= 3 && judgements[i].felt;
}

static int prevailing(const struct judgement *judgements, size_t n, bool bursts)
{
    unsigned times[CONFUSION_COLUMNS] = {0};
    int most = 0;
    for (size_t i = n > WINDOW ? n - WINDOW : 0; i < n; i++)
        if (!bursts || has_lasted(judgements, i))
            times[column_of(judgements[i].code)]++;
    for (int column = 1; column < CONFUSION_COLUMNS; column++)
        if (times[column] > times[most])
            most = column;
    return most;
}

static unsigned percent_felt(const struct judgement *judgements, size_t n, bool bursts)
{
    const size_t first = n > WINDOW ? n - WINDOW : 0;
    size_t felt = 0, lasting = 0;
    for (size_t i = first; i < n; i++) {
        felt += judgements[i].felt;
        lasting += has_lasted(judgements, i);
    }
    if (bursts)
        return lasting ? 100 : 0;
    return n > first ? (unsigned)(100 * felt / (n - first)) : 0;
}

void confusion_add(struct confusion *confusion, const char *about, const struct feed *feed,
                   const struct judgement judgements[SIM_SAMPLES_MAX])
{
    const int row = row_of(feed);
    const size_t n = sim_samples(feed->hour);
    if (row < 0) {
        printf("DIFFERENCE  nothing is expected of the scenario %s\n", feed->facts.scenario);
        return;
    }
    struct cells *cells = &confusion->of[row];
    const struct expected *e = &table[row];
    /* One that has something to suffer from must have suffered for most of the time; else nothing
     * may be found of it, but nothing else. */
    const int column = prevailing(judgements, n, e->bursts);
    const unsigned felt = percent_felt(judgements, n, e->bursts);
    const bool idle = !(e->places & NOTHING) && felt < SHARE_FELT;
    const bool good = (idle ? e->places | NOTHING : e->places) & 1u << column;
    cells->idle += idle;
    cells->idle_wrong += idle && !good;
    cells->of[column] += !idle;
    if (!good)
        printf("VERDICT  %s, felt in %u %% of the time: %s\n", about, felt, column_name(column));
}

static void print_head(void)
{
    printf("\n%-17s %-4s %3s %9s %5s", "scenario", "who", "VMs", "idle,bad", "none");
    for (enum verdict_resource r = 0; r < VERDICT_RESOURCES; r++)
        for (int layer = 0; layer < VERDICT_LAYERS; layer++)
            printf(" %4s%c", verdict_resource_name(r), 'A' + layer);
    printf(" %7s %7s\n", "unknown", "as put");
}

/* True if the row is as it has to be. */
static bool print_row(const struct expected *e, const struct cells *cells)
{
    static const char *const who[] = {"", "says", "mute", "", "self"};
    unsigned vms = 0, good = 0;
    printf("%-17s %-4s", e->scenario, who[e->who]);
    for (int column = 0; column < CONFUSION_COLUMNS; column++) {
        vms += cells->of[column];
        if (e->places & 1u << column)
            good += cells->of[column];
    }
    printf(" %3u %5u,%3u", vms, cells->idle, cells->idle_wrong);
    for (int column = 0; column < CONFUSION_COLUMNS - 1; column++)
        printf(cells->of[column] ? " %5u" : "     .", cells->of[column]);
    const bool ok = vms >= FEW && good >= vms * e->least / 100 &&
                    cells->idle - cells->idle_wrong >= cells->idle * e->least / 100;
    printf("  %5.1f %%  %s, at least %g %%: %s\n", vms ? 100.0 * good / vms : 0,
           ok ? "ok" : "FAILED", e->least, e->reason);
    return ok;
}

unsigned confusion_print(const struct confusion *confusion, unsigned *ret_good)
{
    unsigned bad = 0;
    print_head();
    for (int i = 0; i < ROWS; i++) {
        const bool ok = print_row(&table[i], &confusion->of[i]);
        bad += !ok;
        *ret_good += ok;
    }
    return bad;
}
