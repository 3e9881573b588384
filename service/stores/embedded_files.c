/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "stores/embedded_files.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ISO_DAY = 10, FIRST_DAYS = 16 };
static const char suffix[] = ".sqlite";
/* What SQLite keeps for a day; the file itself last, since days_scan looks for it. */
static const char *const ends[] = {"-wal", "-shm", ""};

static enum store_outcome failed(const char *what, enum store_outcome outcome,
                                 struct store_error *err)
{
    snprintf(err->message, sizeof err->message, "%.300s: %s", what, strerror(errno));
    return outcome;
}

/* folder/YYYY-MM-DD.sqlite + end */
static void name_day(char path[PATH_MAX], const char *folder, int64_t day, const char *end)
{
    char iso[ISO_TEXT];
    clock_iso((struct server_time){day * DAY_MS}, iso);
    snprintf(path, PATH_MAX, "%s/%.*s%s%s", folder, (int)ISO_DAY, iso, suffix, end);
}

static bool read_day(const char *name, int64_t *ret)
{
    struct server_time t;
    if (strlen(name) != ISO_DAY + sizeof suffix - 1 || strcmp(name + ISO_DAY, suffix) != 0)
        return false;
    char iso[ISO_TEXT];
    snprintf(iso, sizeof iso, "%.*sT00:00:00Z", (int)ISO_DAY, name);
    if (!clock_parse_iso(iso, strlen(iso), &t))
        return false;
    *ret = t.ms / DAY_MS;
    return true;
}

/* ---- days ---- */

bool days_add(struct days *days, int64_t day)
{
    size_t i = days->n;
    while (i && days->at[i - 1] > day)
        i--;
    if (i && days->at[i - 1] == day)
        return true;
    if (days->n == days->room) {
        size_t room = days->room ? 2 * days->room : FIRST_DAYS;
        int64_t *at = realloc(days->at, room * sizeof *at);
        if (!at)
            return false;
        days->at = at;
        days->room = room;
    }
    memmove(days->at + i + 1, days->at + i, (days->n - i) * sizeof *days->at);
    days->at[i] = day;
    days->n++;
    return true;
}

void days_remove_first(struct days *days)
{
    days->n--;
    memmove(days->at, days->at + 1, days->n * sizeof *days->at);
}

bool days_copy(const struct days *days, struct days *ret)
{
    struct days copy = {.n = days->n, .room = days->n};
    if (days->n) {
        copy.at = malloc(days->n * sizeof *copy.at);
        if (!copy.at)
            return false;
        memcpy(copy.at, days->at, days->n * sizeof *copy.at);
    }
    *ret = copy;
    return true;
}

void days_free(struct days *days)
{
    free(days->at);
    *days = (struct days){0};
}

enum store_outcome days_scan(const char *folder, struct days *ret, struct store_error *err)
{
    struct days days = {0};
    bool whole = true;
    int64_t day;
    DIR *dir = opendir(folder);
    if (!dir && errno == ENOENT)
        return STORE_DONE;
    if (!dir)
        return failed(folder, STORE_BAD_SETUP, err);
    for (const struct dirent *e; whole && (e = readdir(dir)) != NULL;)
        if (read_day(e->d_name, &day))
            whole = days_add(&days, day);
    closedir(dir);
    if (!whole) {
        days_free(&days);
        errno = ENOMEM;
        return failed(folder, STORE_AGAIN, err);
    }
    *ret = days;
    return STORE_DONE;
}

/* ---- open files ---- */

static void empty_slot(struct day_slot *slot)
{
    day_close(slot->file);
    *slot = (struct day_slot){0};
}

static struct day_slot *slot_of(struct day_cache *cache, int64_t day)
{
    for (int i = 0; i < DAY_SLOTS; i++)
        if (cache->slots[i].file && cache->slots[i].day == day)
            return &cache->slots[i];
    return NULL;
}

static struct day_slot *least_used(struct day_cache *cache)
{
    struct day_slot *least = &cache->slots[0];
    for (int i = 1; i < DAY_SLOTS; i++)
        if (cache->slots[i].used < least->used)
            least = &cache->slots[i];
    return least;
}

enum store_outcome day_cache_get(struct day_cache *cache, int64_t day, struct day_file **ret,
                                 struct store_error *err)
{
    char path[PATH_MAX];
    struct day_slot *slot = slot_of(cache, day);
    /* A file that was moved away would otherwise take rows that nobody finds again. */
    if (slot && !day_in_place(slot->file)) {
        empty_slot(slot);
        slot = NULL;
    }
    if (!slot) {
        struct day_file *file;
        if (cache->mode == DAY_WRITE && mkdir(cache->folder, 0777) != 0 && errno != EEXIST)
            return failed(cache->folder, errno == ENOSPC ? STORE_AGAIN : STORE_BAD_SETUP, err);
        name_day(path, cache->folder, day, "");
        enum store_outcome outcome = day_open(path, cache->mode, &file, err);
        *ret = NULL;
        if (outcome != STORE_DONE || !file)
            return outcome;
        slot = least_used(cache);
        empty_slot(slot);
        *slot = (struct day_slot){.day = day, .file = file};
    }
    slot->used = ++cache->turn;
    *ret = slot->file;
    return STORE_DONE;
}

void day_cache_forget(struct day_cache *cache, int64_t day)
{
    struct day_slot *slot = slot_of(cache, day);
    if (slot)
        empty_slot(slot);
}

void day_cache_close(struct day_cache *cache)
{
    for (int i = 0; i < DAY_SLOTS; i++)
        empty_slot(&cache->slots[i]);
}

/* ---- files on disk ---- */

enum store_outcome day_delete(const char *folder, int64_t day, struct store_error *err)
{
    char path[PATH_MAX];
    enum store_outcome outcome = STORE_DONE;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        name_day(path, folder, day, ends[i]);
        if (unlink(path) != 0 && errno != ENOENT)
            outcome = failed(path, STORE_BAD_SETUP, err);
    }
    return outcome;
}

void day_bytes(const char *folder, int64_t day, uint64_t *ret)
{
    char path[PATH_MAX];
    struct stat s;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        name_day(path, folder, day, ends[i]);
        if (stat(path, &s) == 0)
            *ret += (uint64_t)s.st_size;
    }
}
