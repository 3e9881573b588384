/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "stores/embedded_sql.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/caps.h"

enum {
    APPLICATION_ID = 0x76737464, /* "vstd" */
    FORMAT_VERSION = 2,
    BUSY_MS = 5000,
};

/* Comments inside the statements stay in the file, so that it explains itself. Read with
 * page_size 8192 and the key (t0, series): an hour of all series is written in one place. */
static const char schema[] =
    "CREATE TABLE quantity( -- the catalogue when the file was made\n"
    "  id INTEGER PRIMARY KEY, name TEXT NOT NULL, unit TEXT NOT NULL,\n"
    "  scale INTEGER NOT NULL -- ticks per unit; for hertz and bytes: units per tick\n"
    ");"
    "CREATE TABLE entity(\n"
    "  id INTEGER PRIMARY KEY, vcenter_uuid TEXT NOT NULL, moid TEXT NOT NULL,\n"
    "  interval_s INTEGER NOT NULL, -- and the labels, as they were last\n"
    "  vcenter TEXT NOT NULL, datacenter TEXT NOT NULL, cluster TEXT NOT NULL,\n"
    "  host TEXT NOT NULL, vm TEXT NOT NULL, uuid TEXT NOT NULL,\n"
    "  kind TEXT NOT NULL DEFAULT '', -- host, vcenter; '' = a VM\n"
    "  devices TEXT NOT NULL DEFAULT '', -- names of its devices: key, tab, name, tab, backing\n"
    "  UNIQUE(vcenter_uuid, moid)\n"
    ");"
    "CREATE TABLE series(\n"
    "  id INTEGER PRIMARY KEY, entity INTEGER NOT NULL REFERENCES entity(id),\n"
    "  quantity INTEGER NOT NULL REFERENCES quantity(id),\n"
    "  form INTEGER NOT NULL, -- 0 total, 1 worst, 2 spread, 3 one instance\n"
    "  instance INTEGER NOT NULL,\n"
    "  UNIQUE(entity, quantity, form, instance)\n"
    ");"
    "CREATE TABLE chunk( -- an hour of one series\n"
    "  t0 INTEGER NOT NULL, -- its start, seconds since 1970\n"
    "  series INTEGER NOT NULL, n INTEGER NOT NULL,\n"
    "  data BLOB NOT NULL, -- n delta-of-delta times in ms from t0, then n delta ticks;\n"
    "  -- zigzag varints, 0 is followed by the count of further zeros\n"
    "  PRIMARY KEY(t0, series)\n"
    ") WITHOUT ROWID;";

static const char *const statements[STATEMENTS] = {
    [PUT_QUANTITY] = "INSERT OR IGNORE INTO quantity(id, name, unit, scale) VALUES(?1,?2,?3,?4)",
    [PUT_ENTITY] =
        "INSERT INTO entity(vcenter_uuid, moid, interval_s, vcenter, datacenter, cluster, host, "
        "vm, uuid, kind, devices) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11) "
        "ON CONFLICT(vcenter_uuid, moid) DO UPDATE SET interval_s=?3, vcenter=?4, datacenter=?5, "
        "cluster=?6, host=?7, vm=?8, uuid=?9, kind=?10, devices=?11 "
        "RETURNING id",
    [GET_SERIES] =
        "SELECT id FROM series WHERE entity=?1 AND quantity=?2 AND form=?3 AND instance=?4",
    [ADD_SERIES] = "INSERT INTO series(entity, quantity, form, instance) VALUES(?1,?2,?3,?4) "
                   "RETURNING id",
    [FIND_SERIES] = "SELECT s.id FROM entity e JOIN series s ON s.entity=e.id WHERE "
                    "s.quantity=?1 AND s.form=?2 AND s.instance=?3 AND e.vcenter_uuid=?4 AND "
                    "e.moid=?5",
    [GET_CHUNK] = "SELECT n, data FROM chunk WHERE t0=?1 AND series=?2",
    [PUT_CHUNK] = "INSERT OR REPLACE INTO chunk(t0, series, n, data) VALUES(?1,?2,?3,?4)",
    [GET_HOURS] = "SELECT (SELECT min(t0) FROM chunk), (SELECT max(t0) FROM chunk)",
    /* In the order of the indices, so that nothing is sorted and rows of an entity meet. */
    [GET_NEWEST] =
        "SELECT e.id, e.interval_s, s.quantity, s.form, s.instance, c.n, c.data, e.vcenter_uuid, "
        "e.moid, e.vcenter, e.datacenter, e.cluster, e.host, e.vm, e.uuid, e.kind, "
        "e.devices FROM entity e CROSS JOIN series s ON s.entity=e.id CROSS JOIN chunk c ON "
        "c.t0=?1 AND c.series=s.id "
        "ORDER BY e.id, s.quantity, s.form, s.instance",
};

/* ---- failures ---- */

static uint64_t next_serial(void)
{
    static atomic_uint_fast64_t serial;
    return ++serial;
}

/* Passing troubles; everything else needs a person. */
static enum store_outcome outcome_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
    case SQLITE_INTERRUPT:
    case SQLITE_NOMEM:
        return STORE_AGAIN;
    default:
        return STORE_BAD_SETUP;
    }
}

enum store_outcome day_sql_failed(const struct day_file *file, struct store_error *err)
{
    int code = sqlite3_extended_errcode(file->db);
    enum store_outcome outcome = outcome_of(code);
    snprintf(err->message, sizeof err->message, "%s: %s%s", file->path, sqlite3_errmsg(file->db),
             outcome == STORE_AGAIN ? "" : " (move the file away to go on without it)");
    return outcome;
}

enum store_outcome day_damaged(const struct day_file *file, struct store_error *err)
{
    snprintf(err->message, sizeof err->message,
             "%s: damaged: a chunk cannot be decoded (move the file away to go on without it)",
             file->path);
    return STORE_BAD_SETUP;
}

enum store_outcome day_no_memory(const struct day_file *file, struct store_error *err)
{
    snprintf(err->message, sizeof err->message, "%s: out of memory", file->path);
    return STORE_AGAIN;
}

static enum store_outcome run(struct day_file *file, const char *sql, struct store_error *err)
{
    if (sqlite3_exec(file->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return day_sql_failed(file, err);
    return STORE_DONE;
}

static enum store_outcome get_number(struct day_file *file, const char *sql, int64_t *ret,
                                     struct store_error *err)
{
    sqlite3_stmt *statement = NULL;
    enum store_outcome outcome = STORE_DONE;
    if (sqlite3_prepare_v2(file->db, sql, -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW)
        outcome = day_sql_failed(file, err);
    else
        *ret = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return outcome;
}

/* The statement, ready to be bound; NULL if it cannot be prepared. */
static sqlite3_stmt *prepared(struct day_file *file, enum statement which)
{
    sqlite3_stmt **statement = &file->statement[which];
    if (!*statement)
        sqlite3_prepare_v3(file->db, statements[which], -1, SQLITE_PREPARE_PERSISTENT, statement,
                           NULL);
    return *statement;
}

/* The same with its first parameters bound to n integers. */
sqlite3_stmt *day_bound(struct day_file *file, enum statement which, int n, ...)
{
    sqlite3_stmt *statement = prepared(file, which);
    va_list args;
    va_start(args, n);
    for (int i = 1; statement && i <= n; i++)
        sqlite3_bind_int64(statement, i, va_arg(args, int64_t));
    va_end(args);
    return statement;
}

/* Runs a statement that gives one integer; *ret = 0 if it gives no row. */
enum store_outcome day_get_id(struct day_file *file, sqlite3_stmt *statement, int64_t *ret,
                              struct store_error *err)
{
    if (!statement)
        return day_sql_failed(file, err);
    int64_t id = 0;
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW)
        id = sqlite3_column_int64(statement, 0);
    enum store_outcome outcome = code == SQLITE_DONE ? STORE_DONE : day_sql_failed(file, err);
    sqlite3_reset(statement);
    if (outcome == STORE_DONE)
        *ret = id;
    return outcome;
}

/* ---- opening ---- */

enum content { CONTENT_OURS, CONTENT_NOTHING };

/* The three numbers at one moment: another process may be making the file. */
static enum store_outcome look(struct day_file *file, int64_t *application, int64_t *version,
                               int64_t *tables, struct store_error *err)
{
    enum store_outcome outcome = run(file, "SAVEPOINT look", err);
    if (outcome == STORE_DONE)
        outcome = get_number(file, "PRAGMA application_id", application, err);
    if (outcome == STORE_DONE)
        outcome = get_number(file, "PRAGMA user_version", version, err);
    if (outcome == STORE_DONE)
        outcome = get_number(file, "SELECT count(*) FROM sqlite_schema", tables, err);
    if (outcome == STORE_DONE)
        outcome = run(file, "RELEASE look", err);
    return outcome;
}

/* Says what is in the file without changing it. */
static enum store_outcome check(struct day_file *file, enum content *ret, struct store_error *err)
{
    int64_t application = 0, version = 0, tables = 0;
    enum store_outcome outcome = look(file, &application, &version, &tables, err);
    if (outcome != STORE_DONE)
        return outcome;
    if (application == 0 && version == 0 && tables == 0) {
        *ret = CONTENT_NOTHING;
    } else if (application != APPLICATION_ID) {
        snprintf(err->message, sizeof err->message,
                 "%s: an SQLite database, but not of vstrata (move it away)", file->path);
        return STORE_BAD_SETUP;
    } else if (version != FORMAT_VERSION) {
        snprintf(err->message, sizeof err->message,
                 "%s: format %lld, this program knows %d (update it or move the file away)",
                 file->path, (long long)version, FORMAT_VERSION);
        return STORE_BAD_SETUP;
    } else {
        *ret = CONTENT_OURS;
    }
    return STORE_DONE;
}

static enum store_outcome put_catalogue(struct day_file *file, struct store_error *err)
{
    enum store_outcome outcome = STORE_DONE;
    for (size_t i = 0; i < quantity_count() && outcome == STORE_DONE; i++) {
        const struct quantity_info *info = quantity_at(i);
        sqlite3_stmt *statement = day_bound(file, PUT_QUANTITY, 1, (int64_t)info->id);
        int64_t none;
        if (statement) {
            sqlite3_bind_text(statement, 2, info->name, -1, SQLITE_STATIC);
            sqlite3_bind_text(statement, 3, unit_name(info->unit), -1, SQLITE_STATIC);
            sqlite3_bind_int64(statement, 4, info->scale);
        }
        outcome = day_get_id(file, statement, &none, err);
    }
    return outcome;
}

/* Two processes may come here at once: the second finds the tables once it holds the lock. */
static enum store_outcome create(struct day_file *file, struct store_error *err)
{
    char numbers[120];
    enum content content = CONTENT_OURS;
    snprintf(numbers, sizeof numbers, "PRAGMA application_id=%d; PRAGMA user_version=%d",
             APPLICATION_ID, FORMAT_VERSION);
    enum store_outcome outcome = day_begin(file, err);
    if (outcome == STORE_DONE)
        outcome = check(file, &content, err);
    if (outcome == STORE_DONE && content == CONTENT_NOTHING) {
        outcome = run(file, schema, err);
        if (outcome == STORE_DONE)
            outcome = run(file, numbers, err);
    }
    if (outcome == STORE_DONE)
        outcome = put_catalogue(file, err);
    if (outcome == STORE_DONE)
        outcome = day_commit(file, err);
    if (outcome != STORE_DONE)
        day_rollback(file);
    return outcome;
}

/* FULL: a flush comes every few minutes and lets the journal forget, so it had better be on disk.
 */
static enum store_outcome prepare_writing(struct day_file *file, struct store_error *err)
{
    enum store_outcome outcome =
        run(file,
            "PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
            "PRAGMA journal_size_limit=16777216; PRAGMA cache_size=-8192",
            err);
    return outcome == STORE_DONE ? create(file, err) : outcome;
}

static enum store_outcome settle(struct day_file *file, enum day_mode mode, bool *ret_empty,
                                 struct store_error *err)
{
    enum content content = CONTENT_NOTHING;
    sqlite3_busy_timeout(file->db, BUSY_MS);
    enum store_outcome outcome = check(file, &content, err);
    if (outcome == STORE_DONE && mode == DAY_WRITE)
        outcome = prepare_writing(file, err);
    else if (outcome == STORE_DONE)
        outcome = run(file, "PRAGMA query_only=1; PRAGMA cache_size=-2048", err);
    *ret_empty = content == CONTENT_NOTHING;
    return outcome;
}

static bool remember_inode(struct day_file *file)
{
    struct stat s;
    if (stat(file->path, &s) != 0)
        return false;
    file->device = s.st_dev;
    file->inode = s.st_ino;
    return true;
}

bool day_in_place(const struct day_file *file)
{
    struct stat s;
    return stat(file->path, &s) == 0 && s.st_dev == file->device && s.st_ino == file->inode;
}

enum store_outcome day_open(const char *path, enum day_mode mode, struct day_file **ret,
                            struct store_error *err)
{
    struct stat s;
    bool empty = false;
    *ret = NULL;
    if (mode == DAY_READ && stat(path, &s) != 0 && errno == ENOENT)
        return STORE_DONE;
    size_t len = strlen(path) + 1;
    struct day_file *file = calloc(1, sizeof *file + len);
    if (!file) {
        snprintf(err->message, sizeof err->message, "%s: out of memory", path);
        return STORE_AGAIN;
    }
    memcpy(file->path, path, len);
    buf_init(&file->blob, CAP_EMBEDDED_BLOB);
    file->serial = next_serial();
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    if (mode == DAY_WRITE)
        flags |= SQLITE_OPEN_CREATE;
    enum store_outcome outcome;
    if (sqlite3_open_v2(path, &file->db, flags, NULL) != SQLITE_OK)
        outcome = day_sql_failed(file, err);
    else
        outcome = settle(file, mode, &empty, err);
    if (outcome == STORE_DONE && !remember_inode(file)) {
        snprintf(err->message, sizeof err->message, "%s: %s", path, strerror(errno));
        outcome = STORE_AGAIN;
    }
    if (outcome != STORE_DONE || (mode == DAY_READ && empty)) {
        day_close(file);
        return outcome;
    }
    *ret = file;
    return STORE_DONE;
}

void day_close(struct day_file *file)
{
    if (!file)
        return;
    for (int i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(file->statement[i]);
    sqlite3_close(file->db);
    buf_free(&file->blob);
    free(file);
}

uint64_t day_serial(const struct day_file *file)
{
    return file->serial;
}

enum store_outcome day_begin(struct day_file *file, struct store_error *err)
{
    return run(file, "BEGIN IMMEDIATE", err);
}

enum store_outcome day_commit(struct day_file *file, struct store_error *err)
{
    return run(file, "COMMIT", err);
}

void day_rollback(struct day_file *file)
{
    struct store_error ignored = {0};
    file->serial = next_serial();
    if (!sqlite3_get_autocommit(file->db))
        run(file, "ROLLBACK", &ignored);
}
