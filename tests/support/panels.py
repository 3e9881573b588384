# SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
"""Panels of dashboards: what a store answers to their queries, and the same figures reckoned from
raw samples that a second client read of the server."""
import collections
import json
import math
import os
import re
import unicodedata
import urllib.parse

import whisper
from rig import fetch
from series import influx_query
from witness import plain, vim

SAMPLES = 180  # an hour


def mean(values):
    return sum(values) / len(values)


def newest(values):
    return values[-1]


class Entity:
    """A VM or a host, with what dashboards group by."""

    def __init__(self, moid, place, **facts):
        self.moid = moid
        self.name, self.host = place["name"], place["host"]
        self.cluster, self.datacenter = place["cluster"], place["datacenter"]
        self.is_vm = moid.startswith("vm-")
        self.__dict__.update(facts)


class Raw:
    """Raw samples of (first, last] by pyvmomi, and the inventory."""

    def __init__(self, witness, counters, first, last):
        self.first, self.last = first, last
        self.values = {}  # (counter, moid, instance) -> [(ms, value)]
        vms, hosts = witness.vms(), self.find(witness, vim.HostSystem)
        devices = witness.devices()
        self.vms = {moid: Entity(
            moid, witness.place(vm), vcpus=vm.config.hardware.numCPU,
            memory_mb=vm.config.hardware.memoryMB,
            datastore=next((devices[key][1] for key in sorted(devices)
                            if key[:2] == (moid, "vdisk")), ""))
            for moid, vm in vms.items() if vm.runtime.powerState == "poweredOn"}
        self.hosts = {moid: Entity(moid, self.place(host), cores=host.summary.hardware.numCpuCores,
                                   memory_mb=host.summary.hardware.memorySize / 2 ** 20)
                      for moid, host in hosts.items()}
        ids = {identity: name for name, identity in witness.counters().items() if name in counters}
        for entities in ([vms[moid] for moid in self.vms], list(hosts.values())):
            self.take(witness.query(entities, list(ids), SAMPLES), ids)

    @staticmethod
    def find(witness, kind):
        view = witness.content.viewManager.CreateContainerView(
            witness.content.rootFolder, [kind], True)
        found = {one._moId: one for one in view.view}
        view.Destroy()
        return found

    @staticmethod
    def place(host):
        above = host.parent
        cluster = plain(above.name) if isinstance(above, vim.ClusterComputeResource) else ""
        while not isinstance(above, vim.Datacenter):
            above = above.parent
        return {"name": plain(host.name), "host": plain(host.name), "cluster": cluster,
                "datacenter": plain(above.name)}

    def take(self, answer, ids):
        for moid, (times, series) in answer.items():
            for (identity, instance), values in series.items():
                known = [(time, value) for time, value in zip(times, values)
                         if value >= 0 and self.first < time <= self.last]
                if known:
                    self.values[ids[identity], moid, instance] = known

    def of(self, entities, counter, instance=""):
        """[(entity, [value])] of those that have it."""
        found = ((one, self.values.get((counter, moid, instance)))
                 for moid, one in entities.items())
        return [(one, [value for _, value in samples]) for one, samples in found if samples]

    def instances(self, entities, counter):
        """[(entity, instance, [value])]"""
        return [(entities[moid], instance, [value for _, value in samples])
                for (name, moid, instance), samples in sorted(self.values.items())
                if name == counter and moid in entities and instance]

    def folded(self, entities, counter, fold, scale=1):
        """{(name,): figure}"""
        return {(one.name,): fold(values) / scale for one, values in self.of(entities, counter)}

    def by_instance(self, entities, counter, fold, scale=1):
        """{(name, instance): figure}"""
        return {(one.name, instance): fold(values) / scale
                for one, instance, values in self.instances(entities, counter)}

    def grouped(self, entities, counter, key, fold, gather, scale=1):
        """{(group,): gather of each one's fold}; nobody is in the group ""."""
        groups = collections.defaultdict(list)
        for one, values in self.of(entities, counter):
            groups[getattr(one, key)].append(fold(values) / scale)
        return {(group,): gather(values) for group, values in groups.items() if group}

    def over_time(self, entities, counter, key, fold, seconds, scale=1):
        """{(group, ms of the beginning of its slot): fold of all samples in there}"""
        slots = collections.defaultdict(list)
        for moid, one in entities.items():
            for time, value in self.values.get((counter, moid, ""), []):
                slots[getattr(one, key), time // (seconds * 1000) * seconds * 1000].append(value)
        return {slot: fold(values) / scale for slot, values in slots.items() if slot[0]}


def top(figures, n):
    """The n largest, without their names: several may be alike."""
    return {(i,): value for i, value in enumerate(sorted(figures.values(), reverse=True)[:n])}


class InfluxQL:
    """{(tag, ...): figure} of a query; with GROUP BY time the slot is the last of the key."""

    def __init__(self, url, database, first, last):
        self.url, self.database = url, database
        self.window = f"time > {first}ms AND time <= {last}ms"

    def ask(self, query, tags, *, slots=False, ranks=False):
        found = {}
        for series in influx_query(self.url, self.database,
                                   query.replace("$timeFilter", self.window)):
            for row in series["values"]:
                if row[1] is None:
                    continue
                key = tuple(series.get("tags", {}).get(tag, "") for tag in tags)
                found[key + ((row[0],) if slots else (len(found),) if ranks else ())] = row[1]
        return top(found, len(found)) if ranks else found

    def words(self, query):
        """The values of a variable."""
        return sorted(row[1] for series in influx_query(self.url, self.database, query)
                      for row in series["values"])

    def types(self, measurement):
        return dict(row for series in influx_query(
            self.url, self.database, f'SHOW FIELD KEYS FROM "{measurement}"')
            for row in series["values"])


class PromQL:
    def __init__(self, url, first, last):
        self.url, self.last = url, last
        self.window = f"[{(last - first) // 1000}s]"
        fetch(f"{url}/internal/force_flush")

    def ask(self, query, labels, *, ranks=False):
        reply = json.loads(fetch(f"{self.url}/api/v1/query?" + urllib.parse.urlencode(
            {"query": query.replace("[$__range]", self.window), "time": self.last / 1000,
             "nocache": 1})))
        found = {}
        for series in reply["data"]["result"]:
            key = tuple(series["metric"].get(label, "") for label in labels)
            found[key + ((len(found),) if ranks else ())] = float(series["value"][1])
        return top(found, len(found)) if ranks else found

    def words(self, label, metric):
        query = urllib.parse.urlencode({"match[]": metric, "start": 0})
        reply = json.loads(fetch(f"{self.url}/api/v1/label/{label}/values?{query}"))
        return sorted(reply["data"])


class Whisper:
    """Carbon's files, as Graphite reads them. Their points have the time of their slot."""

    def __init__(self, folder, first, last, step_s=20):
        self.folder, self.step = folder, step_s
        self.first, self.last = first // 1000, last // 1000

    def ask(self, end, fold):
        """{path: fold of its points} of the paths with this end"""
        found = {}
        for here, _, files in os.walk(self.folder):
            for file in files:
                path = os.path.relpath(os.path.join(here, file), self.folder)
                path = path.removesuffix(".wsp").replace("/", ".")
                values = path.endswith("." + end) and self.points(os.path.join(here, file))
                if values:
                    found[path] = fold(values)
        return found

    def points(self, file):
        (start, end, step), values = whisper.fetch(file, self.first - self.step, self.last)
        return [value for time, value in zip(range(start, end, step), values)
                if value is not None and self.first < time <= self.last]


def node(name):
    """A name as SexiGraf has it in a path."""
    plain_letters = unicodedata.normalize("NFD", name).encode("ascii", "ignore").decode()
    return re.sub("[^a-z0-9_-]", "_", plain_letters.lower()) or "_"


def sexigraf_path(vcenter, one, end):
    """Of a VM or a host."""
    host = node(one.host.partition(".")[0])
    where = [vcenter, node(one.datacenter)]
    if one.cluster:
        where = ["vmw", *where, node(one.cluster), *([] if one.is_vm else ["esx", host])]
    else:
        where = ["esx", *where, host]
    return ".".join(where + (["vm", node(one.name)] if one.is_vm else []) + [end])


def differences(got, want):
    """What an answer and the figures differ in."""
    wrong = [f"{key}: missing" for key in want if key not in got]
    wrong += [f"{key}: too many" for key in got if key not in want]
    return wrong + [f"{key}: {got[key]}, reckoned {want[key]}" for key in want if key in got and
                    not math.isclose(got[key], want[key], rel_tol=1e-9, abs_tol=1e-9)]
