/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "stores/pg_sql.h"

#include <string.h>

enum { LONGEST_TABLE = 40 }; /* PostgreSQL cuts names at 63 */

/* Appends a text with the prefix in place of each '$'. */
static void with_table(struct buf *out, const char *text, const char *table)
{
    for (const char *dollar; (dollar = strchr(text, '$')); text = dollar + 1) {
        buf_add(out, text, (size_t)(dollar - text));
        buf_str(out, table);
    }
    buf_str(out, text);
}

bool pg_sql_is_table(const char *table)
{
    const size_t n = strspn(table, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return n > 0 && n <= LONGEST_TABLE && !table[n] && (*table < '0' || *table > '9');
}

void pg_sql_create(struct buf *out, const char *table)
{
    with_table(
        out,
        "CREATE TABLE IF NOT EXISTS $_series (\n"
        "    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n"
        "    key uuid NOT NULL UNIQUE,\n"
        "    measurement text NOT NULL,\n"
        "    field text NOT NULL,\n"
        "    kind text NOT NULL,\n"
        "    vcenter text NOT NULL,\n"
        "    datacenter text NOT NULL,\n"
        "    cluster text NOT NULL,\n"
        "    host text NOT NULL,\n"
        "    vm text NOT NULL,\n"
        "    moid text NOT NULL,\n"
        "    layer text NOT NULL,\n"
        "    part text NOT NULL,\n"
        "    instance text NOT NULL,\n"
        "    labels jsonb NOT NULL\n"
        ");\n"
        "CREATE INDEX IF NOT EXISTS $_series_vm ON $_series (vm, measurement);\n"
        "CREATE INDEX IF NOT EXISTS $_series_measurement ON $_series (measurement, part, field);\n"
        "CREATE TABLE IF NOT EXISTS $_points (\n"
        "    time timestamptz NOT NULL,\n"
        "    series bigint NOT NULL,\n"
        "    value double precision NOT NULL,\n"
        "    PRIMARY KEY (series, time)\n"
        ");\n"
        "CREATE INDEX IF NOT EXISTS $_points_time ON $_points USING brin (time);\n"
        "CREATE OR REPLACE VIEW $_values AS\n"
        "    SELECT p.time, s.kind, s.vcenter, s.datacenter, s.cluster, s.host, s.vm, s.moid,\n"
        "           s.measurement, s.layer, s.part, s.instance, s.field, p.value, s.labels\n"
        "    FROM $_points p JOIN $_series s ON s.id = p.series;\n"
        "CREATE OR REPLACE VIEW $_vm AS\n"
        "    SELECT p.time, s.vm, s.host, s.cluster, s.datacenter, s.vcenter, s.moid,\n"
        "           substr(s.measurement, 12) AS what, s.layer, s.part, s.field, p.value\n"
        "    FROM $_points p JOIN $_series s ON s.id = p.series\n"
        "    WHERE s.measurement LIKE 'vstrata\\_vm\\_%' AND s.instance = '';\n",
        table);
}

void pg_sql_absent(struct buf *out, const char *table)
{
    with_table(out, "SELECT to_regclass('$_series') IS NULL OR to_regclass('$_points') IS NULL",
               table);
}

/* CASE looks at the rights to a table only when it is there. */
void pg_sql_rights(struct buf *out, const char *table)
{
    with_table(
        out,
        "SELECT CASE\n"
        "WHEN NOT has_database_privilege(current_database(), 'TEMPORARY')\n"
        "THEN 'no right to create temporary tables: GRANT TEMPORARY ON DATABASE '\n"
        "     || quote_ident(current_database()) || ' TO ' || quote_ident(current_user)\n"
        "WHEN to_regclass('$_series') IS NULL OR to_regclass('$_points') IS NULL\n"
        "THEN CASE WHEN coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)\n"
        "     THEN '' ELSE 'the tables $_series and $_points are absent, and no right to '\n"
        "     || 'create them: run config/postgresql/vstrata.sql as their owner' END\n"
        "WHEN NOT (has_table_privilege('$_series', 'SELECT')\n"
        "     AND has_table_privilege('$_series', 'INSERT')\n"
        "     AND has_table_privilege('$_points', 'INSERT'))\n"
        "THEN 'no right to fill the tables: GRANT SELECT, INSERT ON $_series, $_points TO '\n"
        "     || quote_ident(current_user)\n"
        "ELSE '' END",
        table);
}

/* Temporary tables are not written to the log of the database, and are emptied by each commit. */
void pg_sql_session(struct buf *out, const char *table, int64_t timeout_s)
{
    buf_printf(out, "SET statement_timeout = '%llds';\n", (long long)timeout_s);
    with_table(out,
               "CREATE TEMP TABLE IF NOT EXISTS $_new_series (\n"
               "    key uuid, measurement text, field text, kind text, vcenter text,\n"
               "    datacenter text, cluster text, host text, vm text, moid text, layer text,\n"
               "    part text, instance text, labels jsonb) ON COMMIT DELETE ROWS;\n"
               "CREATE TEMP TABLE IF NOT EXISTS $_new_points (\n"
               "    key uuid, time timestamptz, value double precision) ON COMMIT DELETE ROWS",
               table);
}

/*
 * Two writers of the same points insert them in the same order, or they might wait for each other
 * for ever. A point that is there already is the same point: nothing is done. Points find their
 * series by its key each time, so that nothing goes astray when somebody deletes series.
 */
void pg_sql_batch(struct buf *out, const char *table, bool has_series)
{
    if (has_series)
        with_table(out,
                   "COPY pg_temp.$_new_series FROM STDIN;\n"
                   "INSERT INTO $_series (key, measurement, field, kind, vcenter, datacenter,\n"
                   "    cluster, host, vm, moid, layer, part, instance, labels)\n"
                   "SELECT DISTINCT ON (key) * FROM pg_temp.$_new_series n\n"
                   "WHERE NOT EXISTS (SELECT FROM $_series s WHERE s.key = n.key)\n"
                   "ORDER BY key ON CONFLICT (key) DO NOTHING;\n",
                   table);
    with_table(out,
               "COPY pg_temp.$_new_points FROM STDIN;\n"
               "WITH known AS MATERIALIZED (\n"
               "    SELECT s.id, n.time, n.value\n"
               "    FROM pg_temp.$_new_points n JOIN $_series s ON s.key = n.key),\n"
               "put AS (INSERT INTO $_points (series, time, value)\n"
               "    SELECT id, time, value FROM known ORDER BY id, time ON CONFLICT DO NOTHING)\n"
               "SELECT count(*) FROM known",
               table);
}
