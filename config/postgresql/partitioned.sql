-- SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
-- Points in a partition for each day (UTC), so that old days are dropped, not deleted. Run it in a
-- database without vstrata_points, then vstrata.sql; then once a day, from cron or pg_cron:
--     SELECT vstrata_partitions(ahead => 3, keep => 30);

CREATE TABLE vstrata_points (
    time timestamptz NOT NULL,
    series bigint NOT NULL,
    value double precision NOT NULL,
    PRIMARY KEY (series, time)
) PARTITION BY RANGE (time);

-- Points of days without a partition: those of a backlog that is older than yesterday.
CREATE TABLE vstrata_points_rest PARTITION OF vstrata_points DEFAULT;

-- Creates the partitions from yesterday to some days ahead, and drops those older than `keep` days.
CREATE FUNCTION vstrata_partitions(ahead integer, keep integer) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    today date := (now() AT TIME ZONE 'UTC')::date;
    day date;
    old text;
BEGIN
    FOR i IN -1 .. ahead LOOP
        day := today + i;
        EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF vstrata_points '
                       'FOR VALUES FROM (%L) TO (%L)',
                       'vstrata_points_' || to_char(day, 'YYYYMMDD'),
                       day || ' 00:00:00+00', (day + 1) || ' 00:00:00+00');
    END LOOP;
    FOR old IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'vstrata_points'::regclass
          AND c.relname ~ '^vstrata_points_[0-9]{8}$'
          AND to_date(right(c.relname, 8), 'YYYYMMDD') < today - keep
    LOOP
        EXECUTE format('DROP TABLE %I', old);
    END LOOP;
    DELETE FROM vstrata_points_rest WHERE time < now() - make_interval(days => keep);
END $$;

SELECT vstrata_partitions(ahead => 3, keep => 30);
