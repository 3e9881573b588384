# SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
"""Points as stores give them back: {(measurement, field, layer, part, instance, moid, ms): value}.
The naming rule is that of service/layers/quantity.h, written a second time."""
import json
import urllib.parse

from rig import fetch

UNITS = ("ratio", "hertz", "count", "code", "bytes_per_second", "bytes", "seconds", "operations",
         "operations_per_second", "packets_per_second")
INSTANCES = ("vcpu", "vdisk", "vnic", "app")
DEVICES = ("vdisk", "vnic")
LABELS = ("vcenter", "datacenter", "cluster", "host", "vm", "uuid")


def name(row, form):
    """(measurement, field, layer, part) of a quantity of the catalogue in one of its forms."""
    of = form if form in INSTANCES else row["scope"]
    resource = "" if row["resource"] == of else "_" + row["resource"]
    silent = row["kind"] == "part" or (row["kind"] == "check" and row["scope"] != "vm")
    kind = "" if silent else "_" + row["kind"]
    suffix = "_" + form if form in ("worst", "spread") else ""
    return f"vstrata_{of}{resource}{kind}", row["unit"] + suffix, row["layer"], row["part"]


def in_unit(row, value):
    """How much a value may be off: one tick of the catalogue; bytes are whole KB at both ends."""
    large = row["unit"] in ("hertz", "bytes", "bytes_per_second")
    if large and row["unit"] != "hertz":
        return abs(value) * 1e-12
    tick = float(row["scale"]) if large else 1.0 / row["scale"]
    return tick + abs(value) * 1e-12


class Points(dict):
    """Points of one store, and what is wrong with them."""

    def __init__(self):
        super().__init__()
        self.doubled = []
        self.labels = {}  # moid -> the label sets seen with it
        self.devices = {}  # (moid, "vdisk", "scsi0:0") -> the (name, backing) seen with it

    def put(self, measurement, field, tags, time, value):
        instance = next((tags[word] for word in INSTANCES if tags.get(word)), "")
        key = (measurement, field, tags.get("layer") or "", tags["part"], instance, tags["moid"],
               time)
        if key in self:
            self.doubled.append(f"{key}: {self[key]} and {value}")
        self[key] = value
        self.labels.setdefault(tags["moid"], set()).add(
            tuple(tags.get(label) or "" for label in LABELS))
        for word in DEVICES:
            if tags.get(word):
                self.devices.setdefault((tags["moid"], word, tags[word]), set()).add(
                    (tags.get(f"{word}_name"), tags.get(f"{word}_backing")))


def from_victoria(url):
    """Everything of ours that VictoriaMetrics has."""
    fetch(f"{url}/internal/force_flush")
    body = fetch(f"{url}/api/v1/export",
                 urllib.parse.urlencode({"match[]": '{__name__=~"vstrata_.*"}'}), 300)
    points = Points()
    for line in body.splitlines():
        series = json.loads(line)
        tags = series["metric"]
        full = tags["__name__"]
        # vstrata_vm_cpu_check_ratio_worst: the field begins with the unit
        at = max(full.rfind(f"_{unit}") for unit in UNITS)
        for time, value in zip(series["timestamps"], series["values"]):
            points.put(full[:at], full[at + 1:], tags, time, value)
    return points


def influx_query(url, database, query):
    """The series of one InfluxQL query."""
    reply = json.loads(fetch(f"{url}/query?" + urllib.parse.urlencode(
        {"db": database, "epoch": "ms", "q": query}), timeout=300))
    result = reply["results"][0]
    if "error" in result:
        raise RuntimeError(f"{query}: {result['error']}")
    return result.get("series", [])


def from_influx(url, database):
    """Everything of ours that InfluxDB has."""
    points = Points()
    for found in influx_query(url, database, "SHOW MEASUREMENTS"):
        for (measurement,) in found["values"]:
            for series in influx_query(url, database, f'SELECT * FROM "{measurement}" GROUP BY *'):
                columns = series["columns"]
                for row in series["values"]:
                    for field, value in zip(columns[1:], row[1:]):
                        if value is not None:
                            points.put(measurement, field, series["tags"], row[0], value)
    return points


def from_embedded(base, catalogue, vcenter, scopes, first, last):
    """What the embedded store has of VMs and hosts, scopes = {moid: "vm" or "host"}, with first <
    time <= last (ms); no disks, vNICs and applications."""
    points, asked = Points(), {}
    for row in catalogue.values():
        for form in set(row["forms"]) - {"vdisk", "vnic", "app"}:
            asked.setdefault((row["scope"], form), []).append(row["name"])
    for moid, scope in scopes.items():
        for (of, form), names in asked.items():
            if of != scope:
                continue
            for at in range(0, len(names), 100):  # the API takes no more than 128
                reply = json.loads(fetch(
                    f"{base}/api/v1/vms/{vcenter}/{moid}/series?from={first}&to={last}&form={form}"
                    f"&quantities={','.join(names[at:at + 100])}"))
                for series in reply["series"]:
                    measurement, field, layer, part = name(catalogue[series["quantity"]], form)
                    tags = {"layer": layer, "part": part, "moid": moid,
                            form: str(series.get(form, ""))}
                    for time, value in zip(reply["times"], series["values"]):
                        if value is not None:
                            points.put(measurement, field, tags, time, value)
    return points
