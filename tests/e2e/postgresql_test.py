#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
"""PostgreSQL, the real one: four minutes of the simulated vCenter's time, with an immediate shutdown
of the server and a kill -9 of the service in the middle. Afterwards each value is there once, and
true. A second store writes to a partitioned table that refuses one VM. The queries of the README
run; a role without rights is told what to do; tables emptied under a running service fill again."""
import hashlib
import json
import os
import re
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../support"))
from rig import Checks, Rig, TOP, wait_for  # noqa: E402
from series import Points  # noqa: E402
from stores_test import compare, expected  # noqa: E402
from truth import Truth  # noqa: E402

VMS, SPEED, WINDOW_S, SLOT_MS = 50, 10, 240, 20000
FOLDER = os.path.join(TOP, "config/postgresql")


def read(name):
    with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
        return file.read()


def series_of(server, table="vstrata"):
    """{id: (key, measurement, field, labels)}"""
    rows = server.query(f"SELECT id, key, measurement, field, labels FROM {table}_series")
    return {row[0]: (row[1].replace("-", ""), row[2], row[3], json.loads(row[4])) for row in rows}


def points_of(server, series):
    points = Points()
    for number, ms, value in server.query(
            "SELECT series, (extract(epoch FROM time) * 1000)::bigint, value FROM vstrata_points"):
        _, measurement, field, labels = series[number]
        points.put(measurement, field, labels, int(ms), float(value))
    return points


def key_of(measurement, field, labels):
    """The rule of the README's table, written a second time."""
    texts = [measurement, field] + [text for pair in sorted(labels.items()) for text in pair]
    return hashlib.sha256(b"".join(text.encode() + b"\0" for text in texts)).hexdigest()[:32]


def columns(server):
    """Series whose columns say something else than their labels."""
    names = ("vcenter", "datacenter", "cluster", "host", "vm", "moid", "layer", "part")
    wrong = " OR ".join(f"{name} <> coalesce(labels->>'{name}', '')" for name in names)
    return server.query(f"""SELECT measurement, labels FROM vstrata_series WHERE {wrong} OR instance <>
        coalesce(labels->>'vcpu', labels->>'vdisk', labels->>'vnic', labels->>'app', '')""")


def run(rig, checks, truth, config, server):
    """(process, first, last) of the window."""
    process = rig.vstrata("run", "--config", config)
    first = truth.now() // SLOT_MS * SLOT_MS
    last = first + WINDOW_S * 1000
    time.sleep(WINDOW_S / SPEED / 3)
    server.process.send_signal(signal.SIGQUIT)  # "immediate": no checkpoint, sessions are cut
    server.process.wait(20)
    time.sleep(1.5)
    server.start()
    time.sleep(WINDOW_S / SPEED / 4)
    checks.that("points came before the kill", server.query("SELECT 1 FROM vstrata_points LIMIT 1"))
    rig.kill(process)
    time.sleep(1)
    process = rig.vstrata("run", "--config", config)
    wait_for("four minutes", lambda: truth.now() > last + 20000, WINDOW_S, process)
    newest = "SELECT extract(epoch FROM max(time)) * 1000 FROM {}_points"
    for table in ("vstrata", "picky"):
        wait_for(f"{table} has everything", lambda t=table: float(
            server.query(newest.format(t))[0][0]) > last + 5000, 20, process)
    return process, first, last


def picky(server, moid):
    """Tables with another prefix, partitioned by day, that take no series of one VM."""
    for name in ("partitioned.sql", "vstrata.sql"):
        sql = read(name).replace("vstrata_", "picky_").replace("'picky\\_vm\\_%'", "'vstrata\\_vm\\_%'")
        server.query(sql)
    server.query(f"ALTER TABLE picky_series ADD CONSTRAINT no_such_vm CHECK (moid <> '{moid}')")


def compare_picky(rig, checks, server, moid, last):
    """The refusing table has all but one VM; that one is in the file of refused rows."""
    until = f"p.time <= to_timestamp({last / 1000})"
    counts = {table: int(server.query(
        f"SELECT count(*) FROM {table}_points p JOIN {table}_series s ON s.id = p.series "
        f"WHERE s.moid <> '{moid}' AND {until}")[0][0]) for table in ("vstrata", "picky")}
    checks.equal("points of all other VMs are in the table that refuses one", counts["picky"],
                 counts["vstrata"])
    checks.equal("none of the refused VM is", server.query(
        f"SELECT count(*) FROM picky_series WHERE moid = '{moid}'"), [["0"]])
    checks.equal("none fell into the partition of the rest", server.query(
        "SELECT count(*) FROM picky_points_rest"), [["0"]])
    letters = []
    for name in sorted(os.listdir(rig.path("data"))):
        if name.startswith("refused-picky"):
            with open(rig.path("data", name), encoding="utf-8") as file:
                letters += [json.loads(line) for line in file]
    times = {row[0] for row in server.query(
        "SELECT DISTINCT to_char(p.time AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') "
        "FROM vstrata_points p JOIN vstrata_series s ON s.id = p.series "
        f"WHERE s.moid = '{moid}' AND {until}")}
    refused = {letter["row"]["time"] for letter in letters if letter["row"]["moid"] == moid}
    checks.that(f"each of its {len(times)} times is in the file of refused rows",
                times and times <= refused, sorted(times - refused))
    checks.none("nothing else is in it", [str(letter)[:200] for letter in letters
                                          if letter["row"]["moid"] != moid])
    checks.none("each with the reason", [letter["reason"] for letter in letters
                                         if "23514" not in letter["reason"]
                                         or "no_such_vm" not in letter["reason"]])


def readme(checks, server):
    """Each query of the README, with the name of a VM that there is."""
    vm = server.query("SELECT min(vm) FROM vstrata_series WHERE vm <> ''")[0][0]
    queries = re.findall(r"```sql\n(.*?)```", read("README.md"), re.S)
    for number, query in enumerate(queries, 1):
        rows = server.query(query.replace("'web'", f"'{vm}'"))
        reads = query.startswith("SELECT")
        checks.that(f"query {number} of the README gives {len(rows)} rows", bool(rows) == reads,
                    query)
    checks.that("there are queries", len(queries) >= 4)
    size, count = server.query("SELECT pg_total_relation_size('vstrata_points'), count(*) "
                               "FROM vstrata_points")[0]
    told = int(re.search(r"takes about (\d+) bytes", read("README.md"))[1])
    each = int(size) / int(count)
    checks.that(f"bytes a point on disk: {each:.0f} of {count} points", told * .8 < each < told * 1.4)


def emptied(checks, server, process):
    """Somebody empties the tables, and their ids begin anew."""
    server.query("TRUNCATE vstrata_series, vstrata_points RESTART IDENTITY")
    wait_for("points again", lambda: server.query("SELECT 1 FROM vstrata_values LIMIT 1"), 20, process)
    lost = server.query("SELECT count(*) FROM vstrata_points p WHERE NOT EXISTS "
                        "(SELECT FROM vstrata_series s WHERE s.id = p.series)")
    checks.equal("no point without its series", lost, [["0"]])
    checks.equal("series have their own keys", [
        labels for key, measurement, field, labels in series_of(server).values()
        if key != key_of(measurement, field, labels)], [])


def rights(rig, checks, server, url, thumbprint):
    """A role that may do nothing, then one that may do what is needed."""
    server.query("CREATE ROLE limited LOGIN", "postgres")
    server.query("CREATE DATABASE other", "postgres")
    connection = server.connection.replace("user=postgres", "user=limited").replace(
        "dbname=vs", "dbname=other")

    def check(connection, status):
        config = rig.config(url, thumbprint=thumbprint, data_dir=rig.path("limited"),
                            file="limited.yaml", stores=[
                                {"type": "postgresql", "connection": connection, "timeout": "5s"}])
        return rig.ask("check", "--config", config, status=status)

    said = check(connection, 1)
    checks.that("without tables and rights, check says what to run", "vstrata.sql" in said, said)
    server.query(read("vstrata.sql"), "other")
    said = check(connection, 1)
    checks.that("without rights to the tables, check says what to grant",
                "GRANT SELECT, INSERT ON vstrata_series, vstrata_points TO limited" in said, said)
    server.query("GRANT SELECT, INSERT ON vstrata_series, vstrata_points TO limited", "other")
    check(connection, 0)
    said = check(connection.replace("dbname=other", "dbname=absent"), 1)
    checks.that("an absent database is named", '"absent"' in said and "3D000" in said, said)


def main():
    checks = Checks()
    with Rig() as rig:
        _, simulator = rig.simulator(
            "--vms", str(VMS), "--off-percent", "0", "--user", "user", "--password", "pass",
            "--start", "-600s", "--speed", str(SPEED), "--self-signed", rig.path("certificate"))
        truth, server = Truth(simulator["url"]), rig.postgres()
        truth.load(truth.now() - 60000, truth.now())
        moid = truth.samples[0].moid
        picky(server, moid)
        rights(rig, checks, server, simulator["url"], simulator["thumbprint"])
        config = rig.config(
            simulator["url"], thumbprint=simulator["thumbprint"],
            collect={"interval": "2s", "lag": "200ms", "first_lookback": "60s"},
            stores=[{"type": "postgresql", "name": name, "table": table, "timeout": "10s",
                     "connection": server.connection}
                    for name, table in (("postgresql", "vstrata"), ("picky", "picky"))])
        process, first, last = run(rig, checks, truth, config, server)
        compare_picky(rig, checks, server, moid, last)
        series = series_of(server)
        points = points_of(server, series)
        readme(checks, server)
        checks.none("columns are the labels", columns(server))
        truth.load(first - 120 * 1000, truth.now())
        emptied(checks, server, process)
        checks.equal("vstrata ends with status", rig.stop(process), 0)
        catalogue = rig.catalogue()
        want = expected(truth, catalogue)
        checks.equal("VMs in truth", len({sample.moid for sample in truth.samples}), VMS)
        compare(checks, "PostgreSQL", points, catalogue, want, first, last)
        checks.none("each key is that of its labels", [
            f"{key}: {labels}" for key, measurement, field, labels in series.values()
            if key != key_of(measurement, field, labels)])
    checks.finish()


if __name__ == "__main__":
    main()
