#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
"""End to end: every query of every panel, and of every variable, of the boards for Grafana, run
against the servers they are for, with what vstrata wrote there of a simulated vCenter in which
everything hurts somewhere. None may fail, each has to find something, and what single values, sums,
counts and lists say has to be the truth. The same with the alerts and recording rules."""
import glob
import json
import os
import re
import sys
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../support"))
from rig import TOP, Checks, Rig, fetch, free_port, wait_for  # noqa: E402
from series import in_unit, influx_query, name  # noqa: E402
from truth import GUEST, PRESENT, Truth  # noqa: E402

VMS, SPEED, RUN_S, BACK_S, SLOT_MS = 200, 10, 200, 240, 20000
# What this world does not have: hosts with a swap cache on flash.
NOTHING_HERE = {"vstrata_vm_mem_check_bytes_per_second{host_cache_in}"}
RULES = f"{TOP}/config/prometheus/vstrata.rules.yml"
SHOULD_FIRE = 8  # of the alerts of a layer, at least so many in a world where all hurts somewhere


def boards(source):
    for path in sorted(glob.glob(f"{TOP}/config/grafana/{source}/*.json")):
        with open(path, encoding="utf-8") as file:
            yield os.path.basename(path).removesuffix(".json"), json.load(file)


def targets(board):
    """(panel, target) of all panels."""
    return [(panel, target) for panel in board["panels"] for target in panel.get("targets", [])]


def escaped(text):
    """As Grafana's :regex escapes a value."""
    return re.sub(r"([\\^$*+?.()|\[\]{}/])", r"\\\1", text)


class World:
    """What was written where, and over which time."""

    def __init__(self, victoria, influx, prometheus, first, last):
        self.victoria, self.influx, self.prometheus = victoria, influx, prometheus
        self.first, self.last = first, last  # ms, of the server's clock

    def ask_promql(self, query, over_time, url=None, times=None):
        first, last = times or (self.first, self.last)
        order = {"query": query, "nocache": "1"}
        if over_time:
            order.update(start=first / 1000, end=last / 1000, step="20s")
        else:
            order.update(time=last / 1000)
        path = "query_range" if over_time else "query"
        reply = json.loads(fetch(f"{url or self.victoria}/api/v1/{path}",
                                 urllib.parse.urlencode(order)))
        result = reply["data"]["result"]
        return [(one["metric"], {round(float(t) * 1000): float(v)
                                 for t, v in one.get("values") or [one["value"]]})
                for one in result]

    def ask_influxql(self, query):
        return [(one.get("tags", {}), [dict(zip(one["columns"], row)) for row in one["values"]])
                for one in influx_query(self.influx, "vs", query)]

    def promql(self, text, values, range_s=None, rate="10s"):
        text = text.replace("$__rate_interval", rate).replace("$__interval", "20s")
        text = text.replace("$__range", f"{range_s or (self.last - self.first) // 1000}s")
        return re.sub(r"\$(\w+)", lambda found: values[found[1]], text)

    def influxql(self, text, values):
        text = text.replace("$timeFilter", f"time > {self.first}ms and time <= {self.last}ms")
        text = text.replace("$__interval", "20s").replace("${__to}", str(self.last))
        return re.sub(r"\$\{(\w+):regex\}", lambda found: values[found[1]], text)


# --- variables and queries ---

def variable_promql(world, query, values, url):
    metric, label = re.fullmatch(r"label_values\((.+), (\w+)\)", query).groups()
    order = {"match[]": world.promql(metric, values), "start": world.first / 1000 - 3600}
    reply = json.loads(fetch(f"{url}/api/v1/series?" + urllib.parse.urlencode(order)))
    return sorted({one[label] for one in reply["data"] if label in one})


def variable_influxql(world, query, values):
    found = influx_query(world.influx, "vs", world.influxql(query, values))
    return sorted(row[1] for one in found for row in one["values"])


def variables(checks, world, source, title, board, url):
    """What each variable may be, in order; those before it stand at All, or at the first."""
    values, found = {}, {}
    for variable in board["templating"]["list"]:
        if variable["type"] != "query":
            continue
        query = variable["query"]
        if source == "prometheus":
            options = variable_promql(world, query["query"], values, url)
        else:
            options = variable_influxql(world, query, values)
        label = variable["name"]
        checks.that(f"{source} {title}: the variable {label} has values", options, query)
        found[label] = options
        one = options[0] if options else ""
        values[label] = variable.get("allValue") or (one if source == "prometheus" else escaped(one))
    return values, found


def one_of_each(names):
    """Of names like web-01, web-02, app-01 the first of each kind."""
    return list({one.rsplit("-", 1)[0]: one for one in reversed(names)}.values())


def has_points_promql(series):
    return any(value == value for _, points in series for value in points.values())


def has_points_influxql(series):
    return any(value is not None for _, rows in series for row in rows
               for key, value in row.items() if key not in ("time", "vm", "vcenter"))


def run_query(world, source, target, values, url):
    if source == "prometheus":
        text = world.promql(target["expr"], values)
        return has_points_promql(world.ask_promql(text, target["range"], url))
    series = world.ask_influxql(world.influxql(target["query"], values))
    if not series and 'WHERE "v"' in target["query"]:
        # Of none that fulfils the condition InfluxQL counts nothing, not 0.
        text = re.sub(r'WHERE "v" .*? AND (?=\$timeFilter|time >)', "WHERE ", target["query"])
        series = world.ask_influxql(world.influxql(text, values))
    return has_points_influxql(series)


def missing_key(text):
    """What a query asks for, in short."""
    found = re.search(r'(vstrata_\w+)\{.*?part="(\w+)"', text)
    return f"{found[1]}{{{found[2]}}}" if found else text


def each_query(checks, world, source, title, board, url):
    """No query fails, and each finds something for some VM or host."""
    values, found = variables(checks, world, source, title, board, url)
    single = next((v["name"] for v in board["templating"]["list"]
                   if v["type"] == "query" and not v["multi"]), None)
    choices = one_of_each(found[single]) if single else [None]
    failed, empty, asked = [], [], targets(board)
    for panel, target in asked:
        good = False
        for choice in choices:
            if choice:
                values[single] = choice if source == "prometheus" else escaped(choice)
            try:
                good = run_query(world, source, target, values, url)
            except (OSError, RuntimeError) as error:
                failed.append(f"{panel['title']}: {target.get('expr') or target['query']}: {error}")
                break
            if good:
                break
        text = target.get("expr") or target["query"]
        if not good and missing_key(text) not in NOTHING_HERE:
            empty.append(f"{panel['title']}: {text}")
    checks.none(f"{source} {title}: none of {len(asked)} queries fails", failed)
    checks.none(f"{source} {title}: each query finds something", empty)
    return len(asked)


# --- the truth ---

def by_series(catalogue):
    """(measurement_field, part) -> (row, form), the naming rule the other way round."""
    ret = {}
    for row in catalogue.values():
        for form in row["forms"]:
            measurement, field, _, part = name(row, form)
            ret[f"{measurement}_{field}", part] = row, form
    return ret


def truth_of(samples, quantity, form):
    return {sample.time: value for sample in samples
            for instance, value in sample.values(quantity, form) if not instance}


def asked_for(text):
    """(measurement_field, part) of a query in either language."""
    found = re.search(r'(vstrata_\w+)\{.*?part="(\w+)"', text)
    if found:
        return found.groups()
    field, measurement, part = re.search(
        r'\("(\w+)"\).*? FROM "(\w+)" WHERE .*?"part" = \'(\w+)\'', text).groups()
    return f"{measurement}_{field}", part


def line_of(world, source, text, values):
    """The one line of a query over time: {time: value}."""
    if source == "prometheus":
        series = world.ask_promql(world.promql(text, values), True)
        points = {t: v for _, one in series for t, v in one.items()}
    else:
        values = {label: value if value == ".*" else escaped(value)
                  for label, value in values.items()}
        series = world.ask_influxql(world.influxql(text, values))
        points = {row["time"]: list(row.values())[1] for _, rows in series for row in rows}
    return {t: v for t, v in points.items() if t > world.first and v is not None}


def single_values(checks, world, source, board, known, samples, label):
    """Each line of the board of a VM or a host that is one quantity of it, at each time."""
    wrong, compared = [], 0
    values = {"vcenter": ".*", label: samples[0].vm["name"]}
    for panel, target in targets(board):
        text = target.get("expr") or target["query"]
        row, form = known[asked_for(text)]
        if row["kind"] in ("verdict", "status") or row["name"] in GUEST | PRESENT or \
                form not in ("total", "worst") or panel["type"] != "timeseries" or \
                row["scope"] != label:
            continue
        want = {t: v for t, v in truth_of(samples, row["name"], form).items()
                if world.first < t <= world.last}
        got = line_of(world, source, text, values)
        compared += len(got)
        for t in set(want) | set(got):
            if t not in got or t not in want or \
                    abs(got[t] - want[t]) > in_unit(row, want[t]) + abs(want[t]) * 1e-9:
                wrong.append(f"{row['name']} {form} at {t}: {got.get(t)}, truth {want.get(t)}")
    checks.none(f"{source} {label}: {compared} values of {values[label]} are true", wrong)
    checks.that(f"{source} {label}: they were compared", compared > 150, compared)


def panel_of(board, title):
    return next(panel for panel in board["panels"] if panel["title"] == title)


def newest(world, source, target):
    """The one number of a query of now."""
    values = {"vcenter": ".*", "cluster": ".*", "host": ".*"}
    if source == "prometheus":
        series = world.ask_promql(world.promql(target["expr"], values), False)
        return series[0][1][world.last] if series else 0
    series = world.ask_influxql(world.influxql(target["query"], values))
    return series[0][1][0]["count"] if series else 0


def codes(world):
    """The newest verdict of each VM, read from the store by other means: moid -> code."""
    body = fetch(f"{world.victoria}/api/v1/export", urllib.parse.urlencode(
        {"match[]": "vstrata_vm_all_verdict_code", "start": world.last / 1000 - 300,
         "end": world.last / 1000}))
    ret = {}
    for line in body.splitlines():
        one = json.loads(line)
        stamp, value = max(zip(one["timestamps"], one["values"]))
        ret[one["metric"]["moid"]] = max(ret.get(one["metric"]["moid"], (0, 0)), (stamp, value))
    return {moid: int(value) for moid, (_, value) in ret.items()}


def counts(checks, world, source, board):
    """The numbers of VMs on the board of all."""
    seen = list(codes(world).values())
    hurting = sum(code not in (0, 255) for code in seen)
    got = [newest(world, source, target) for target in panel_of(board, "VMs")["targets"]]
    checks.equal(f"{source} fleet: VMs, those that hurt, those not known", got,
                 [len(seen), hurting, seen.count(255)])
    bars = panel_of(board, "VMs by the layer that hurts most")["targets"]
    numbers = [newest(world, source, target) for target in bars]
    checks.equal(f"{source} fleet: the bars add up to those that hurt", sum(numbers), hurting)
    checks.that(f"{source} fleet: they hurt in several layers", sum(map(bool, numbers)) >= 4, numbers)


def worst_of_all(checks, world, source, board, truth):
    """The list of the worst, and the sum over all VMs."""
    values = {"vcenter": ".*", "cluster": ".*", "host": ".*"}
    target = panel_of(board, "CPU unmet, worst vCPU")["targets"][0]
    if source == "prometheus":
        series = world.ask_promql(world.promql(target["expr"], values), False)
        rows = [(labels["vm"], value) for labels, points in series for value in points.values()]
    else:
        series = world.ask_influxql(world.influxql(target["query"], values))
        title = next(key for key in series[0][1][0] if key not in ("time", "vm", "vcenter"))
        rows = [(row["vm"], row[title]) for row in series[0][1]]
    of_vm = {}
    for sample in truth.samples:
        for _, value in sample.values("cpu.unmet", "worst"):
            if world.first < sample.time <= world.last:
                of_vm.setdefault(sample.vm["name"], []).append(value)
    means = {vm: sum(values) / len(values) for vm, values in of_vm.items()}
    want = sorted(means, key=means.get, reverse=True)[:10]
    checks.equal(f"{source} fleet: the ten worst", sorted(vm for vm, _ in rows), sorted(want))
    checks.none(f"{source} fleet: their means", [f"{vm}: {value}, truth {means[vm]}"
                for vm, value in rows if abs(value - means[vm]) > 1 / 20000])


def sums(checks, world, source, board, truth):
    target = panel_of(board, "CPU of all VMs")["targets"][2]
    values, want = {"vcenter": ".*", "cluster": ".*", "host": ".*"}, {}
    for sample in truth.samples:
        for _, value in sample.values("cpu.unmet", "total"):
            if world.first < sample.time <= world.last:
                want[sample.time] = want.get(sample.time, 0) + value
    if source == "prometheus":
        series = world.ask_promql(world.promql(target["expr"], values), True)
        got = {t: v for t, v in series[0][1].items() if t > world.first}
    else:
        series = world.ask_influxql(world.influxql(target["query"], values))
        got = {row["time"]: row["sum"] for row in series[0][1] if row["sum"] is not None}
    wrong = [f"{t}: {got.get(t)}, truth {want.get(t)}" for t in set(want) | set(got)
             if abs(got.get(t, -1) - want.get(t, -1)) > VMS / 20000]
    checks.none(f"{source} fleet: the unmet CPU of all VMs, at {len(want)} times", wrong)


# --- alerts ---

def rules():
    """[(record or alert, name, expression)] of the file of rules."""
    with open(RULES, encoding="utf-8") as file:
        text = file.read()
    found = re.findall(r"- (record|alert): (\S+)\n +expr: (?:[|>]-?\n((?: {10}.*\n)+)|(.*)\n)", text)
    return [(kind, title, " ".join((lines or line.strip("'")).split()))
            for kind, title, lines, line in found]


def record(world, title, expression):
    """What a recording rule makes, put back under its name as a server does."""
    lines = []
    for labels, points in world.ask_promql(expression, True):
        lines.append(json.dumps({"metric": {**labels, "__name__": title},
                                 "timestamps": list(points), "values": list(points.values())}))
    fetch(f"{world.victoria}/api/v1/import", "\n".join(lines), headers={"Content-Type": "text/plain"})
    fetch(f"{world.victoria}/internal/force_flush")
    return lines


def hurting(world, measurement, layer):
    """The VMs whose newest score is above 0, read by other means."""
    body = fetch(f"{world.victoria}/api/v1/export", urllib.parse.urlencode(
        {"match[]": f'{measurement}{{layer="{layer}"}}', "start": world.last / 1000 - 300,
         "end": world.last / 1000}))
    series = [json.loads(line) for line in body.splitlines()]
    return {one["metric"]["vm"] for one in series
            if max(zip(one["timestamps"], one["values"]))[1] > 0}


def alerts(checks, world):
    """Every rule works on what is stored, and the alerts of layers name the VMs that hurt."""
    empty, wrong, firing, n = [], [], [], 0
    for kind, title, expression in rules():
        if kind == "record":
            if not record(world, title, expression):
                empty.append(title)
            continue
        n += 1
        got = world.ask_promql(expression, False)
        place = re.fullmatch(r'vm:vstrata_verdict:score\{resource="(\w+)",layer="(\w+)"\} > 0',
                             expression)
        if got:
            firing.append(title)
        if place:
            want = hurting(world, f"vstrata_vm_{place[1]}_verdict_ratio", place[2])
            names = {labels["vm"] for labels, _ in got}
            if names != want:
                wrong.append(f"{title}: {sorted(names)}, truth {sorted(want)}")
    checks.none("each recording rule records something", empty)
    checks.none(f"the {n} alerts name the VMs that hurt", wrong)
    checks.that("alerts of many layers fire", sum(title.startswith("VstrataVM") for title in firing)
                >= SHOULD_FIRE, *firing)
    # The simulated vCenter has a clock of its own, which is wrong, and so has nobody to blame.
    checks.equal("of the data's quality only the clock is wrong",
                 [title for title in firing if not title.startswith("VstrataVM") and
                  title not in ("VstrataManyVMsHurt", "VstrataVerdictUnknown")],
                 ["VstrataClockOff"])


# --- the run ---

def collect(rig, checks, truth, victoria, influx, server):
    """Fills both stores, and has the service's page scraped: (world, process)."""
    port = free_port()
    config = rig.config(
        server["url"], collect={"interval": "2s", "lag": "200ms", "first_lookback": f"{BACK_S}s"},
        web=f"127.0.0.1:{port}",
        stores=[{"type": "influxdb", "name": "victoria", "url": victoria, "api": "v1",
                 "database": "vs"},
                {"type": "influxdb", "name": "influx", "url": influx, "api": "v1",
                 "database": "vs"}])
    prometheus = rig.prometheus(scrape=f"""scrape_configs:
- job_name: vstrata
  scrape_interval: 1s
  static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
""")
    begin = truth.now()
    process = rig.vstrata("run", "--config", config)
    wait_for("the run", lambda: truth.now() > begin + RUN_S * 1000, RUN_S, process)
    first = (begin - BACK_S * 1000) // SLOT_MS * SLOT_MS + 2 * SLOT_MS
    last = (begin + RUN_S * 1000) // SLOT_MS * SLOT_MS - 3 * SLOT_MS
    world = World(victoria, influx, prometheus.url, first, last)
    wait_for("all of it in VictoriaMetrics", lambda: arrived_in_victoria(world) == VMS, 60, process)
    wait_for("all of it in InfluxDB", lambda: arrived_in_influx(world) == VMS, 60, process)
    return world, process


def arrived_in_victoria(world):
    """VMs with the sample after the last that is looked at."""
    fetch(f"{world.victoria}/internal/force_flush")
    body = fetch(f"{world.victoria}/api/v1/export", urllib.parse.urlencode(
        {"match[]": "vstrata_vm_all_verdict_code", "start": world.last / 1000 + 20,
         "end": world.last / 1000 + 20}))
    return len(body.splitlines())


def arrived_in_influx(world):
    return sum(len(rows) for _, rows in world.ask_influxql(
        f'SELECT "code" FROM "vstrata_vm_all_verdict" WHERE time = {world.last + SLOT_MS}ms '
        'GROUP BY "moid"'))


def service_board(checks, world):
    now = time.time() * 1000
    scraped = World(world.prometheus, world.influx, world.prometheus, now - 20000, now)
    board = dict(boards("prometheus"))["vstrata"]
    each_query(checks, scraped, "prometheus", "vstrata", board, world.prometheus)


def parsed_by_prometheus(checks, world):
    """VictoriaMetrics takes more than PromQL: Prometheus itself has to understand them, too."""
    failed, n = [], 0
    values = {label: ".*" for label in ("vcenter", "cluster", "host", "vm", "instance")}
    for title, board in boards("prometheus"):
        for _, target in targets(board):
            n += 1
            try:
                world.ask_promql(world.promql(target["expr"], values), False, world.prometheus)
            except OSError as error:
                failed.append(f"{title}: {target['expr']}: {error}")
    checks.none(f"Prometheus understands all {n} queries", failed)


def worst_vm(truth):
    """The samples of the VM with the most unmet CPU."""
    of_vm = {}
    for sample in truth.samples:
        of_vm.setdefault(sample.moid, []).append(sample)
    return max(of_vm.values(), key=lambda samples: sum(
        truth_of(samples, "cpu.unmet", "total").values()))


def written(rig, checks):
    """The program writes what stands in config/grafana, and says so when it cannot."""
    rig.ask("boards", "--folder", rig.path("boards"))
    for source in ("prometheus", "influxdb"):
        want = dict(boards(source))
        got = sorted(os.listdir(rig.path("boards", source)))
        checks.equal(f"boards --folder: files of {source}", got, sorted(f"{b}.json" for b in want))
        for file in got:
            with open(rig.path("boards", source, file), encoding="utf-8") as one:
                checks.that(f"boards --folder: {source}/{file}",
                            json.load(one) == want[file.removesuffix(".json")])
    printed = json.loads(rig.ask("boards", "--data-source", "influxdb"))
    checks.equal("boards --data-source influxdb prints", sorted(b["uid"] for b in printed),
                 sorted(b["uid"] for b in dict(boards("influxdb")).values()))
    checks.equal("boards prints all", len(json.loads(rig.ask("boards"))), 9)
    rig.ask("boards", "--folder", "/dev/null/boards", status=1)
    rig.ask("boards", "--data-source", "graphite", status=2)


def main():
    checks = Checks()
    with Rig() as rig:
        written(rig, checks)
        _, server = rig.simulator("--vms", str(VMS), "--off-percent", "0", "--guest", "60", "--user",
                                  "user", "--password", "pass", "--start", "-600s", "--speed",
                                  str(SPEED))
        truth = Truth(server["url"])
        world, process = collect(rig, checks, truth, rig.victoria(), rig.influx("vs"), server)
        service_board(checks, world)
        checks.equal("vstrata ends with status", rig.stop(process), 0)
        parsed_by_prometheus(checks, world)
        truth.load(world.first - SLOT_MS, world.last)
        fetch(f"{world.victoria}/internal/force_flush")
        known = by_series(rig.catalogue())
        of_vm = worst_vm(truth)
        of_host = [sample for sample in truth.hosts if sample.moid == truth.hosts[0].moid]
        for source in ("prometheus", "influxdb"):
            mine = dict(boards(source))
            for title, board in mine.items():
                if title != "vstrata":
                    each_query(checks, world, source, title, board, world.victoria)
            single_values(checks, world, source, mine["vm"], known, of_vm, "vm")
            single_values(checks, world, source, mine["host"], known, of_host, "host")
            counts(checks, world, source, mine["fleet"])
            worst_of_all(checks, world, source, mine["fleet"], truth)
            sums(checks, world, source, mine["fleet"], truth)
        alerts(checks, world)
    checks.finish()


if __name__ == "__main__":
    main()
