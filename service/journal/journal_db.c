/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "journal/journal_db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * A mark is moved for every entity every 20 seconds, so its row is two integers, and the names are
 * in a row of their own that is written once.
 */
static const char create[] =
    "PRAGMA auto_vacuum = INCREMENTAL;"
    "BEGIN IMMEDIATE;"
    "CREATE TABLE batch(seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL,"
    " bytes BLOB NOT NULL);"
    "CREATE TABLE entity(id INTEGER PRIMARY KEY, vcenter TEXT NOT NULL, moid TEXT NOT NULL,"
    " UNIQUE(vcenter, moid));"
    "CREATE TABLE mark(id INTEGER PRIMARY KEY, ms INTEGER NOT NULL);"
    "CREATE TABLE cursor(store TEXT PRIMARY KEY, seq INTEGER NOT NULL, lost INTEGER NOT NULL)"
    " WITHOUT ROWID;"
    "PRAGMA application_id = %d;"
    "PRAGMA user_version = %d;"
    "COMMIT;";

/*
 * synchronous = NORMAL: a commit is safe against a crash of the program at once, and against a
 * power cut when the log is next synced (a few seconds). That is enough, because rows and marks
 * commit together: after a power cut the marks are as old as the rows, so the server is only asked
 * again. A store may then already have points that the journal has not; they come again, equal, and
 * points are idempotent. It saves an fsync a commit.
 *
 * locking_mode = EXCLUSIVE: a second program on the same journal would hand out batches twice; it
 * also keeps the log's index in memory instead of in a shared file.
 */
static const char prepare_connection[] = "PRAGMA locking_mode = EXCLUSIVE;"
                                         "PRAGMA synchronous = NORMAL;"
                                         "PRAGMA temp_store = MEMORY;"
                                         "PRAGMA journal_size_limit = 33554432;";

static const char list_marks[] = "SELECT id, vcenter, moid, ms FROM entity JOIN mark USING(id)"
                                 " ORDER BY id";

/* A mark a day behind the newest of its vCenter is of an entity that has been gone or off since;
 * the server keeps only one hour, so the mark decides nothing any more. */
static const char forget_marks[] =
    "DELETE FROM mark WHERE id IN (SELECT id FROM entity JOIN mark USING(id) JOIN"
    " (SELECT vcenter, max(ms) AS newest FROM entity JOIN mark USING(id) GROUP BY vcenter)"
    " USING(vcenter) WHERE ms < newest - 86400000)";

static const char keep_cursor[] = "INSERT INTO cursor(store, seq, lost) VALUES(?1, ?2, ?3)"
                                  " ON CONFLICT(store) DO UPDATE SET seq = ?2, lost = ?3";

static const char *const texts[STATEMENT_COUNT] = {
    [STATEMENT_BEGIN] = "BEGIN IMMEDIATE",
    [STATEMENT_COMMIT] = "COMMIT",
    [STATEMENT_ROLLBACK] = "ROLLBACK",
    [STATEMENT_ADD_BATCH] = "INSERT INTO batch(at, bytes) VALUES(?1, ?2)",
    [STATEMENT_READ_BATCH] = "SELECT at, bytes FROM batch WHERE seq = ?1",
    [STATEMENT_LIST_BATCHES] = "SELECT seq, at, length(bytes) FROM batch ORDER BY seq",
    [STATEMENT_DROP_BATCHES] = "DELETE FROM batch WHERE seq <= ?1",
    [STATEMENT_REMOVE_BATCH] = "DELETE FROM batch WHERE seq = ?1",
    [STATEMENT_LAST_SEQ] = "SELECT seq FROM sqlite_sequence WHERE name = 'batch'",
    [STATEMENT_ADD_ENTITY] = "INSERT INTO entity(id, vcenter, moid) VALUES(?1, ?2, ?3)",
    [STATEMENT_ADD_MARK] = "INSERT INTO mark(id, ms) VALUES(?1, ?2)",
    [STATEMENT_MOVE_MARK] = "UPDATE mark SET ms = ?2 WHERE id = ?1",
    [STATEMENT_LIST_MARKS] = list_marks,
    [STATEMENT_FORGET_MARKS] = forget_marks,
    [STATEMENT_FORGET_ENTITIES] = "DELETE FROM entity WHERE id NOT IN (SELECT id FROM mark)",
    [STATEMENT_FIND_CURSOR] = "SELECT seq, lost FROM cursor WHERE store = ?1",
    [STATEMENT_KEEP_CURSOR] = keep_cursor,
    [STATEMENT_FREE_PAGES] = "PRAGMA freelist_count",
    [STATEMENT_GIVE_BACK] = "PRAGMA incremental_vacuum(1024)",
};

static const char *advice(int code)
{
    switch (code & 0xff) {
    case SQLITE_FULL:
        return "free space on its file system";
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
        return "check that its folder exists and is writable";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "another program has it open; each vstrata needs a journal of its own";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return "the file is damaged: stop, move it away and start; the last hour is asked again";
    case SQLITE_IOERR:
        return "check the disk";
    default:
        return "see the SQLite documentation of this error";
    }
}

int journal_db_fail(const struct journal_db *db, const char *what, struct journal_error *err)
{
    snprintf(err->message, sizeof err->message, "journal %s: %s: %s: %s", db->path, what,
             sqlite3_errmsg(db->db), advice(sqlite3_extended_errcode(db->db)));
    return -1;
}

static int refuse(const char *path, const char *what, struct journal_error *err)
{
    snprintf(err->message, sizeof err->message, "journal %s: %s", path, what);
    return -1;
}

static uint32_t big_endian(const unsigned char *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/*
 * Looks at the header with plain read(2), because opening a stranger's database could already
 * change it (recovery, checkpoint). The identity is written before the file goes into WAL mode, so
 * every journal has it in its first page.
 *
 *   0 "SQLite format 3\0"   60 user_version   68 application_id     (big-endian)
 */
static int check_head(const char *path, int fd, bool *is_new, struct journal_error *err)
{
    enum { HEAD = 100, VERSION_AT = 60, APPLICATION_AT = 68 };
    unsigned char head[HEAD];
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return refuse(path, "not a regular file", err);
    *is_new = st.st_size == 0;
    if (*is_new)
        return 0;
    ssize_t n = pread(fd, head, HEAD, 0);
    if (n < 0)
        return refuse(path, strerror(errno), err);
    if (n < HEAD || memcmp(head, "SQLite format 3", 16) != 0 ||
        big_endian(head + APPLICATION_AT) != JOURNAL_APPLICATION_ID)
        return refuse(path,
                      "this file is not a journal of vstrata; it was left as it is: choose "
                      "another path, or move the file away",
                      err);
    if (big_endian(head + VERSION_AT) > JOURNAL_VERSION)
        return refuse(path,
                      "written by a newer vstrata; it was left as it is: use that version, "
                      "or move the file away",
                      err);
    return 0;
}

static int check_file(const char *path, bool *is_new, struct journal_error *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640); /* holds names of the inventory */
    if (fd < 0) {
        snprintf(err->message, sizeof err->message, "journal %s: %s: %s", path, strerror(errno),
                 advice(SQLITE_CANTOPEN));
        return -1;
    }
    int rc = check_head(path, fd, is_new, err);
    close(fd);
    return rc;
}

static int exec(struct journal_db *db, const char *sql, const char *what, struct journal_error *err)
{
    if (sqlite3_exec(db->db, sql, NULL, NULL, NULL) == SQLITE_OK)
        return 0;
    return journal_db_fail(db, what, err);
}

/* A newer version's number may still be in the log beside the file: asked again through SQLite,
 * before anything is written. */
static int check_version(struct journal_db *db, struct journal_error *err)
{
    sqlite3_stmt *statement = NULL;
    int version = -1;
    if (sqlite3_prepare_v2(db->db, "PRAGMA user_version", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        version = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    if (version < 0)
        return journal_db_fail(db, "cannot read", err);
    if (version != JOURNAL_VERSION)
        return refuse(db->path, "of a version that this vstrata does not know", err);
    return 0;
}

static int prepare(struct journal_db *db, struct journal_error *err)
{
    for (int i = 0; i < STATEMENT_COUNT; i++)
        if (sqlite3_prepare_v3(db->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &db->statements[i],
                               NULL) != SQLITE_OK)
            return journal_db_fail(db, "cannot prepare", err);
    return 0;
}

static int set_up(struct journal_db *db, bool is_new, struct journal_error *err)
{
    char sql[sizeof create + 32];
    snprintf(sql, sizeof sql, create, JOURNAL_APPLICATION_ID, JOURNAL_VERSION);
    sqlite3_extended_result_codes(db->db, 1);
    sqlite3_busy_timeout(db->db, 2000); /* a predecessor that is just ending */
    if (exec(db, prepare_connection, "cannot open", err) != 0)
        return -1;
    if (is_new && exec(db, sql, "cannot create", err) != 0)
        return -1;
    if (check_version(db, err) != 0 ||
        exec(db, "PRAGMA journal_mode = WAL", "cannot use WAL mode", err) != 0)
        return -1;
    return prepare(db, err);
}

int journal_db_open(struct journal_db *db, const char *path, struct journal_error *err)
{
    bool is_new;
    *db = (struct journal_db){.path = path};
    if (check_file(path, &is_new, err) != 0)
        return -1;
    int rc = sqlite3_open_v2(path, &db->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    rc = rc == SQLITE_OK ? set_up(db, is_new, err) : journal_db_fail(db, "cannot open", err);
    if (rc != 0)
        journal_db_close(db);
    return rc;
}

void journal_db_close(struct journal_db *db)
{
    for (int i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(db->statements[i]);
    sqlite3_close(db->db);
    *db = (struct journal_db){0};
}

sqlite3_stmt *journal_db_use(struct journal_db *db, enum journal_statement which)
{
    sqlite3_reset(db->statements[which]);
    return db->statements[which];
}

int journal_db_run(struct journal_db *db, enum journal_statement which)
{
    int rc;
    while ((rc = sqlite3_step(db->statements[which])) == SQLITE_ROW)
        ;
    if (rc == SQLITE_DONE) /* a failed one is reset when used next: reset would hide the reason */
        sqlite3_reset(db->statements[which]);
    return rc == SQLITE_DONE ? 0 : -1;
}

int journal_db_run_with(struct journal_db *db, enum journal_statement which, int64_t number)
{
    sqlite3_bind_int64(journal_db_use(db, which), 1, number);
    return journal_db_run(db, which);
}

int journal_db_begin(struct journal_db *db)
{
    journal_db_undo(db);
    journal_db_use(db, STATEMENT_BEGIN);
    return journal_db_run(db, STATEMENT_BEGIN);
}

int journal_db_end(struct journal_db *db)
{
    journal_db_use(db, STATEMENT_COMMIT);
    return journal_db_run(db, STATEMENT_COMMIT);
}

void journal_db_undo(struct journal_db *db)
{
    if (sqlite3_get_autocommit(db->db))
        return;
    for (int i = 0; i < STATEMENT_COUNT; i++) /* a half-stepped one would refuse the rollback */
        sqlite3_reset(db->statements[i]);
    journal_db_run(db, STATEMENT_ROLLBACK);
}
