-- SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
-- Tables and views of the store "postgresql" with its default prefix. The service creates them
-- itself if it may; if it may not, run this file as their owner, and then
--     GRANT SELECT, INSERT ON vstrata_series, vstrata_points TO the_service;
-- It may be run again. For partitions by day run partitioned.sql before it.

-- What a point is of, once for all points of a series. key: the first half of SHA-256 over
-- measurement, field and all labels. '' = the series has none of that. Columns are what the labels
-- of vstrata, and of any other schema, come from.
CREATE TABLE IF NOT EXISTS vstrata_series (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key uuid NOT NULL UNIQUE,
    measurement text NOT NULL,
    field text NOT NULL,
    kind text NOT NULL,
    vcenter text NOT NULL,
    datacenter text NOT NULL,
    cluster text NOT NULL,
    host text NOT NULL,
    vm text NOT NULL,
    moid text NOT NULL,
    layer text NOT NULL,
    part text NOT NULL,
    instance text NOT NULL,
    labels jsonb NOT NULL
);
CREATE INDEX IF NOT EXISTS vstrata_series_vm ON vstrata_series (vm, measurement);
CREATE INDEX IF NOT EXISTS vstrata_series_measurement ON vstrata_series (measurement, part, field);

-- One value at one time. A point that comes twice is the same point, and is kept once.
CREATE TABLE IF NOT EXISTS vstrata_points (
    time timestamptz NOT NULL,
    series bigint NOT NULL,
    value double precision NOT NULL,
    PRIMARY KEY (series, time)
);
-- For deletes and scans by time alone; some kilobytes.
CREATE INDEX IF NOT EXISTS vstrata_points_time ON vstrata_points USING brin (time);

-- Everything, with its labels.
CREATE OR REPLACE VIEW vstrata_values AS
    SELECT p.time, s.kind, s.vcenter, s.datacenter, s.cluster, s.host, s.vm, s.moid,
           s.measurement, s.layer, s.part, s.instance, s.field, p.value, s.labels
    FROM vstrata_points p JOIN vstrata_series s ON s.id = p.series;

-- VMs as a whole, by the names of schema vstrata. what: 'cpu', 'cpu_total', 'mem', 'disk_check' ...
CREATE OR REPLACE VIEW vstrata_vm AS
    SELECT p.time, s.vm, s.host, s.cluster, s.datacenter, s.vcenter, s.moid,
           substr(s.measurement, 12) AS what, s.layer, s.part, s.field, p.value
    FROM vstrata_points p JOIN vstrata_series s ON s.id = p.series
    WHERE s.measurement LIKE 'vstrata\_vm\_%' AND s.instance = '';

-- TimescaleDB (written from its documentation, not tested): once, after the above, while the table
-- is empty.
--     SELECT create_hypertable('vstrata_points', 'time', chunk_time_interval => INTERVAL '1 day');
--     SELECT add_retention_policy('vstrata_points', INTERVAL '30 days');
