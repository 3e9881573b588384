#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
"""The simulated vCenter as pyvmomi and plain HTTP see it: wire_test.py VCENTER-SIM"""
import atexit
import datetime
import gzip
import hashlib
import http.client
import json
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request
import warnings

warnings.simplefilter("ignore")
from pyVim import connect
from pyVmomi import SoapStubAdapter, vim, vmodl

SIM = ""
USER, PASSWORD = "administrator@vsphere.local", "vstrata"
Spec = vmodl.query.PropertyCollector


class Simulator:
    def __init__(self, *options):
        self.process = subprocess.Popen([SIM, "--max-seconds", "300", *options],
                                        stdout=subprocess.PIPE, text=True)
        atexit.register(self.process.kill)
        self.ready = json.loads(self.process.stdout.readline())
        self.port = int(self.ready["url"].split(":")[2].split("/")[0])

    def stop(self):
        self.process.terminate()
        self.process.stdout.close()
        return self.process.wait(20)

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}") as answer:
            return json.load(answer)

    def control(self, **order):
        data = json.dumps(order).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/control", data)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def stub(self):
        return SoapStubAdapter("127.0.0.1", -self.port, path="/sdk", version="vim.version.version12")

    def login(self):
        service = vim.ServiceInstance("ServiceInstance", self.stub())
        service.content.sessionManager.Login(USER, PASSWORD, None)
        return service


def view_of(content, *types):
    return content.viewManager.CreateContainerView(content.rootFolder, list(types), True)


def spec_of(view, kind, paths):
    way = Spec.TraversalSpec(name="view", type=vim.view.ContainerView, path="view", skip=False)
    return Spec.FilterSpec(objectSet=[Spec.ObjectSpec(obj=view, skip=True, selectSet=[way])],
                           propSet=[Spec.PropertySpec(type=kind, pathSet=paths, all=False)])


def counters_of(content):
    return {f"{c.groupInfo.key}.{c.nameInfo.key}.{c.rollupType}": c.key
            for c in content.perfManager.perfCounter}


class Wire(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sim = Simulator("--vms", "230", "--seed", "7")
        cls.service = cls.sim.login()
        cls.content = cls.service.content
        cls.ids = counters_of(cls.content)

    @classmethod
    def tearDownClass(cls):
        assert cls.sim.stop() == 0

    def tearDown(self):
        self.sim.control(op="fault")

    def query(self, entity, names, **more):
        Manager = vim.PerformanceManager
        metrics = [Manager.MetricId(counterId=self.ids[n], instance="*") for n in names]
        spec = Manager.QuerySpec(entity=entity, metricId=metrics, intervalId=20, **more)
        return self.content.perfManager.QueryStats([spec])[0]

    def running(self):
        return next(vm for vm in view_of(self.content, vim.VirtualMachine).view
                    if vm.runtime.powerState == "poweredOn" and vm.config.hardware.numCPU > 1)

    def test_inventory_by_accessors(self):
        vms = view_of(self.content, vim.VirtualMachine).view
        self.assertEqual(len(vms), 230)
        self.assertRegex(vms[0].name, r"^[a-z]+-\d\d$")
        host = vms[0].runtime.host
        self.assertEqual(host.parent.parent.parent.parent, self.content.rootFolder)
        self.assertIn(vms[0], host.vm)
        self.assertGreater(host.summary.hardware.cpuMhz, 1000)
        centers = [c.name for c in view_of(self.content, vim.Datacenter).view]
        self.assertEqual(centers, ["Paris", "London"])
        clusters = [c.name for c in view_of(self.content, vim.ComputeResource).view]
        self.assertEqual(clusters, ["Production", "Test%2fDev"])
        self.assertEqual(self.content.about.instanceUuid, self.sim.ready["instance_uuid"])

    def test_pages(self):
        collector = self.content.propertyCollector
        view = view_of(self.content, vim.VirtualMachine)
        spec = spec_of(view, vim.VirtualMachine, ["name", "config.instanceUuid"])
        page = collector.RetrievePropertiesEx([spec], Spec.RetrieveOptions(maxObjects=100))
        sizes, seen, token = [], set(), None
        while True:
            sizes.append(len(page.objects))
            seen |= {o.obj._moId for o in page.objects}
            if not page.token:
                break
            token = page.token
            page = collector.ContinueRetrievePropertiesEx(token)
        self.assertEqual(sizes, [100, 100, 30])
        self.assertEqual(len(seen), 230)
        with self.assertRaises(vmodl.fault.InvalidArgument):
            collector.ContinueRetrievePropertiesEx(token)

    def test_counters(self):
        self.assertGreaterEqual(len(self.ids), 36)
        self.assertNotEqual(self.ids["mem.swapin.average"], self.ids["mem.swapIn.average"])
        keys = sorted(self.ids.values())
        self.assertGreater(keys[-1], len(keys))
        self.assertEqual([i.samplingPeriod for i in self.content.perfManager.historicalInterval],
                         [300, 1800, 7200, 86400])
        self.sim.control(op="fault", hide_counter="cpu.used.summation")
        self.assertNotIn("cpu.used.summation", counters_of(self.content))
        with self.assertRaises(vmodl.fault.InvalidArgument):
            self.query(self.running(), ["cpu.used.summation"], maxSample=1)

    def test_provider_and_available(self):
        vm = self.running()
        summary = self.content.perfManager.QueryProviderSummary(vm)
        self.assertTrue(summary.currentSupported)
        self.assertEqual(summary.refreshRate, 20)
        offered = self.content.perfManager.QueryAvailableMetric(vm, None, None, 20)
        run = {m.instance for m in offered if m.counterId == self.ids["cpu.run.summation"]}
        self.assertEqual(run, {""} | {str(i) for i in range(vm.config.hardware.numCPU)})
        self.assertTrue({m.counterId for m in offered} - set(self.ids.values()))

    def test_query_perf_normal_and_csv(self):
        vm = self.running()
        names = [f"cpu.{n}.summation" for n in ("run", "ready", "costop", "wait")]
        normal = self.query(vm, names, maxSample=5)
        self.assertEqual(len(normal.sampleInfo), 5)
        times = [s.timestamp for s in normal.sampleInfo]
        self.assertEqual(times, sorted(times))
        self.assertTrue(all(t.second % 20 == 0 and t.microsecond == 0 for t in times))
        for instance in {s.id.instance for s in normal.value}:
            series = [s.value for s in normal.value if s.id.instance == instance]
            vcpus = 1 if instance else vm.config.hardware.numCPU
            self.assertEqual([sum(v) for v in zip(*series)], [20000 * vcpus] * 5)
        csv = self.query(vm, names, startTime=times[0], endTime=times[-1], format="csv")
        self.assertEqual(csv.sampleInfoCSV.count("20,20"), 4)  # the start is exclusive
        for plain, text in zip(normal.value, csv.value):
            self.assertEqual(list(plain.value)[1:], [int(v) for v in text.value.split(",")])

    def test_history_is_one_hour(self):
        series = self.query(self.running(), ["cpu.run.summation"],
                            startTime=self.service.CurrentTime() - datetime.timedelta(hours=5))
        self.assertIn(len(series.sampleInfo), (179, 180))

    def test_counters_equal_truth(self):
        vm = self.running()
        answer = self.query(vm, ["cpu.ready.summation", "cpu.maxlimited.summation"], maxSample=1)
        last = answer.sampleInfo[0].timestamp
        stamp = "%Y-%m-%dT%H:%M:%SZ"
        since = (last - datetime.timedelta(seconds=20)).strftime(stamp)
        path = f"/truth?from={since}&to={last.strftime(stamp)}&moid={vm._moId}"
        truth = self.sim.get(path)["vms"][0]
        self.assertEqual(len(truth["samples"]), 1)
        value = {(s.id.counterId, s.id.instance): s.value[0] for s in answer.value}
        for i in range(truth["vcpus"]):
            ms = (value[self.ids["cpu.ready.summation"], str(i)] -
                  value[self.ids["cpu.maxlimited.summation"], str(i)])
            self.assertAlmostEqual(truth["samples"][0]["cpu.ready"]["vcpu"][i] * 20000, ms, 3)

    KB = {"granted": "granted", "overhead": "overhead", "ballooned": "vmmemctl",
          "swapped": "swapped", "compressed": "compressed", "active": "active",
          "consumed": "consumed", "shared": "shared", "host_cache": "llSwapUsed",
          "swapin": "swapinRate", "swapout": "swapoutRate", "decompression": "decompressionRate",
          "compression": "compressionRate", "host_cache_in": "llSwapInRate"}
    SQUEEZED = ("memory-pressure", "swapwait")

    def memory_of(self, vm):
        """Counters by name, all of the last hour, and the truth of the same times."""
        names = [f"mem.{n}.average" for n in (*self.KB.values(), "latency", "usage")]
        answer = self.query(vm, names, startTime=self.service.CurrentTime() -
                            datetime.timedelta(minutes=50))
        self.assertEqual({s.id.instance for s in answer.value}, {""})
        name = {self.ids[n]: n.split(".")[1] for n in names}
        values = {name[s.id.counterId]: list(s.value) for s in answer.value}
        self.assertEqual(len(values), len(names))
        stamp = "%Y-%m-%dT%H:%M:%SZ"
        times = [s.timestamp for s in answer.sampleInfo]
        since = (times[0] - datetime.timedelta(seconds=20)).strftime(stamp)
        truth = self.sim.get(f"/truth?from={since}&to={times[-1].strftime(stamp)}&moid={vm._moId}")
        samples = truth["vms"][0]["samples"]
        self.assertEqual([s["time"] for s in samples], [t.strftime(stamp) for t in times])
        return [{n: v[i] for n, v in values.items()} for i in range(len(times))], samples

    def check_memory(self, configured_kb, value, truth):
        truth = {n.removeprefix("mem."): v["total"] for n, v in truth.items()
                 if n.startswith("mem.")}
        self.assertEqual(len(truth), 27)
        for quantity, counter in self.KB.items():
            self.assertEqual(truth[quantity], value[counter] * 1024, quantity)
        self.assertEqual(truth["configured"], configured_kb * 1024)
        unmet = value["vmmemctl"] + value["swapped"] + value["compressed"]
        untouched = configured_kb - value["granted"] - unmet
        self.assertGreaterEqual(untouched, 0)
        self.assertEqual(truth["untouched"], untouched * 1024)
        self.assertEqual(truth["unmet_space"], unmet * 1024)
        self.assertLessEqual(value["active"], value["granted"])
        self.assertEqual(value["usage"], value["active"] * 10000 // configured_kb)
        self.assertAlmostEqual(truth["counter_usage"] * 10000, value["usage"], 6)
        self.assertAlmostEqual(truth["contention"] * 10000, value["latency"], 6)
        return unmet, value["swapinRate"], value["latency"]

    def test_memory(self):
        vms = [vm for vm in view_of(self.content, vim.VirtualMachine).view
               if vm.runtime.powerState == "poweredOn"]
        scenario = {vm["moid"]: vm["scenario"]
                    for vm in self.sim.get("/truth?from=2000-01-01T00:00:00Z"
                                           "&to=2000-01-01T00:01:00Z")["vms"]}
        squeezed = [vm for vm in vms if scenario[vm._moId] in self.SQUEEZED]
        calm = [vm for vm in vms if scenario[vm._moId] not in self.SQUEEZED]
        pressed = [vm for vm in vms if scenario[vm._moId] == "memory-pressure"]
        hosts = [vm.runtime.host._moId for vm in pressed]
        self.assertGreaterEqual(max(hosts.count(host) for host in hosts), 3)
        self.assertTrue(all(vm.name.startswith(("mem-", "oracle-")) for vm in pressed))
        seen = set()
        for vm in squeezed + calm[:10]:
            megabytes = vm.config.hardware.memoryMB
            self.assertTrue(4096 <= megabytes <= 65536, megabytes)
            values, truths = self.memory_of(vm)
            unmet = [self.check_memory(megabytes * 1024, v, t) for v, t in zip(values, truths)]
            self.assertGreater(len(unmet), 140)
            if vm not in squeezed:
                self.assertEqual(set(unmet), {(0, 0, 0)})
            else:
                self.assertTrue(any(u[0] for u in unmet), vm.name)
                seen |= {n for n in self.KB.values() for v in values if v[n]}
        self.assertEqual(seen, set(self.KB.values()))

    def test_powered_off_and_unknown(self):
        off = next(vm for vm in view_of(self.content, vim.VirtualMachine).view
                   if vm.runtime.powerState == "poweredOff")
        self.assertEqual(len(self.query(off, ["cpu.run.summation"]).sampleInfo), 0)
        with self.assertRaises(vmodl.fault.ManagedObjectNotFound) as caught:
            self.query(vim.VirtualMachine("vm-99999"), ["cpu.run.summation"])
        self.assertEqual(caught.exception.obj._moId, "vm-99999")
        with self.assertRaises(vmodl.fault.InvalidArgument):
            spec = vim.PerformanceManager.QuerySpec(entity=off, intervalId=7)
            self.content.perfManager.QueryStats([spec])

    def test_faults_of_the_session(self):
        other = vim.ServiceInstance("ServiceInstance", self.sim.stub())
        with self.assertRaises(vim.fault.NotAuthenticated):
            other.CurrentTime()
        with self.assertRaises(vim.fault.InvalidLogin):
            other.content.sessionManager.Login(USER, "wrong", None)
        session = other.RetrieveContent().sessionManager.Login(USER, PASSWORD, None)
        self.assertEqual(session.userName, USER)
        with self.assertRaises(vim.fault.InvalidLogin):
            other.content.sessionManager.Login(USER, PASSWORD, None)
        self.assertTrue(other.content.sessionManager.SessionIsActive(session.key, USER))
        other.content.sessionManager.Logout()
        with self.assertRaises(vim.fault.NotAuthenticated):
            other.CurrentTime()

    def test_options(self):
        option = self.content.setting.QueryView("config.vpxd.stats.maxQueryMetrics")
        self.assertEqual(option[0].value, 256)
        with self.assertRaises(vim.fault.InvalidName):
            self.content.setting.QueryView("no.such.option")

    def test_updates(self):
        service = self.sim.login()
        collector = service.content.propertyCollector
        view = view_of(service.content, vim.VirtualMachine)
        paths = ["name", "runtime.powerState", "runtime.host", "config.hardware.numCPU"]
        watch = collector.CreateFilter(spec_of(view, vim.VirtualMachine, paths), True)
        version, entered = "", 0
        while True:
            update = collector.WaitForUpdatesEx(version, Spec.WaitOptions(maxWaitSeconds=0))
            entered += len(update.filterSet[0].objectSet)
            version = update.version
            if not update.truncated:
                break
            self.assertEqual(len(update.filterSet[0].objectSet), 100)
        self.assertEqual(entered, len(view.view))
        wait = Spec.WaitOptions(maxWaitSeconds=0)
        self.assertIsNone(collector.WaitForUpdatesEx(version, wait))

        def change(**order):
            """The one change that a long poll tells, and how soon."""
            timer = threading.Timer(0.3, self.sim.control, kwargs=order)
            timer.start()
            start = time.monotonic()
            update = collector.WaitForUpdatesEx(version, Spec.WaitOptions(maxWaitSeconds=20))
            self.assertLess(time.monotonic() - start, 5)
            timer.join()
            return update, update.filterSet[0].objectSet[0]

        for order, path, value in (
                ({"op": "rename", "name": "neu & <alt>"}, "name", "neu & <alt>"),
                ({"op": "power", "state": "off"}, "runtime.powerState", "poweredOff"),
                ({"op": "power", "state": "on"}, "runtime.powerState", "poweredOn"),
                ({"op": "cpus", "cpus": 3}, "config.hardware.numCPU", 3),
                ({"op": "move", "host": "host-2"}, "runtime.host", vim.HostSystem("host-2"))):
            before = version
            update, changed = change(moid="vm-8", **order)
            self.assertEqual((changed.kind, changed.obj._moId), ("modify", "vm-8"))
            self.assertEqual([c.name for c in changed.changeSet], [path])
            got = changed.changeSet[0].val
            self.assertEqual(got._moId if path == "runtime.host" else got,
                             value._moId if path == "runtime.host" else value)
            version = update.version
            lost = collector.WaitForUpdatesEx(before, wait)  # the answer got lost: ask again
            self.assertEqual(lost.version, version)
            self.assertEqual(lost.filterSet[0].objectSet[0].obj._moId, "vm-8")

        update, changed = change(op="create", name="new-01", cpus=2, scenario="limit")
        self.assertEqual(changed.kind, "enter")
        version, moid = update.version, changed.obj._moId
        update, changed = change(op="remove", moid=moid)
        self.assertEqual((changed.kind, changed.obj._moId), ("leave", moid))
        for foreign in ("1", "nonsense", before):
            with self.assertRaises(vmodl.query.InvalidCollectorVersion):
                collector.WaitForUpdatesEx(foreign, wait)
        watch.Destroy()
        with self.assertRaises(vmodl.fault.ManagedObjectNotFound):
            watch.Destroy()
        service.content.sessionManager.Logout()

    def test_cancel_and_expire(self):
        for order in ("cancel", "expire"):
            service = self.sim.login()
            collector = service.content.propertyCollector
            seen = []

            def wait():
                try:
                    collector.WaitForUpdatesEx("", Spec.WaitOptions(maxWaitSeconds=30))
                except Exception as fault:  # pylint: disable=broad-except
                    seen.append(type(fault))

            waiter = threading.Thread(target=wait)
            waiter.start()
            time.sleep(0.3)
            service.CurrentTime()  # a long poll is in nobody's way
            if order == "cancel":
                collector.CancelWaitForUpdates()
            else:
                self.sim.control(op="fault", expire_sessions=True)
            waiter.join(5)
            self.assertEqual(seen, [vmodl.fault.RequestCanceled if order == "cancel" else
                                    vim.fault.NotAuthenticated])
        type(self).service = self.sim.login()
        type(self).content = self.service.content

    def test_missing(self):
        vm = self.running()
        self.sim.control(op="fault", missing_permille=200)
        first = self.query(vm, ["cpu.run.summation"], maxSample=100)
        again = self.query(vm, ["cpu.run.summation"], maxSample=100)
        gaps = sum(v == -1 for s in first.value for v in s.value)
        total = sum(len(s.value) for s in first.value)
        self.assertTrue(0.1 < gaps / total < 0.3, gaps / total)
        self.assertEqual(list(first.value[0].value)[1:-1], list(again.value[0].value)[1:-1])

    def post(self, body, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.sim.port, timeout=20)
        connection.request("POST", "/sdk", body, headers)
        answer = connection.getresponse()
        try:
            return answer, answer.read()
        finally:
            connection.close()

    CONTENT = ('<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
               '<RetrieveServiceContent xmlns="urn:vim25"><_this type="ServiceInstance">'
               'ServiceInstance</_this></RetrieveServiceContent></e:Body></e:Envelope>')

    def test_gzip(self):
        _, plain = self.post(self.CONTENT)
        answer, packed = self.post(self.CONTENT, **{"Accept-Encoding": "gzip"})
        self.assertEqual(answer.getheader("Content-Encoding"), "gzip")
        self.assertEqual(gzip.decompress(packed), plain)

    def test_injected_faults(self):
        self.sim.control(op="fault", status=503, match="RetrieveServiceContent", count=1)
        self.assertEqual(self.post(self.CONTENT)[0].status, 503)
        self.assertEqual(self.post(self.CONTENT)[0].status, 200)
        self.sim.control(op="fault", drop=1)
        with self.assertRaises((http.client.RemoteDisconnected, ConnectionResetError)):
            self.post(self.CONTENT)
        self.sim.control(op="fault", truncate=True)
        with self.assertRaises(http.client.IncompleteRead):
            self.post(self.CONTENT)
        self.sim.control(op="fault", latency_ms=400)
        start = time.monotonic()
        self.post(self.CONTENT)
        self.assertGreater(time.monotonic() - start, 0.39)
        self.sim.control(op="fault", status=503, match="QueryPerf")
        self.assertEqual(self.post(self.CONTENT)[0].status, 200)

    def test_bad_requests(self):
        for body in ("", "<x/>", "no xml", "<!DOCTYPE e [<!ENTITY a 'b'>]><e>&a;</e>",
                     self.CONTENT.replace("RetrieveServiceContent", "NoSuchMethod"),
                     self.CONTENT.replace("urn:vim25", "urn:other")):
            answer, text = self.post(body)
            self.assertEqual(answer.status, 500)
            self.assertIn(b'<InvalidRequestFault xmlns="urn:vim25" xsi:type="InvalidRequest">', text)

    def test_stats(self):
        before = self.sim.get("/stats")
        self.query(self.running(), ["cpu.run.summation"], maxSample=3)
        after = self.sim.get("/stats")
        self.assertEqual(after["calls"]["QueryPerf"], before["calls"]["QueryPerf"] + 1)
        self.assertEqual(after["query_perf_entities"], before["query_perf_entities"] + 1)
        self.assertGreater(after["query_perf_samples"], before["query_perf_samples"] + 5)

    def test_control_refuses(self):
        for order in ({"op": "none"}, {"op": "power", "moid": "vm-1", "state": "maybe"},
                      {"op": "move", "moid": "vm-1", "host": "vm-2"}, {"op": "cpus", "moid": "x"}):
            with self.assertRaises(urllib.error.HTTPError) as caught:
                self.sim.control(**order)
            self.assertIn("error", json.load(caught.exception))
            caught.exception.close()


class Start(unittest.TestCase):
    def test_https(self):
        with tempfile.TemporaryDirectory() as folder:
            sim = Simulator("--self-signed", folder, "--vms", "3")
            trust = ssl.create_default_context(cafile=folder + "/vcenter.crt")
            pem = ssl.get_server_certificate(("127.0.0.1", sim.port))
            der = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest().upper()
            self.assertEqual(sim.ready["thumbprint"].replace(":", ""), der)
            service = connect.SmartConnectNoSSL(host="127.0.0.1", port=sim.port, user=USER,
                                                pwd=PASSWORD)
            self.assertEqual(len(view_of(service.content, vim.VirtualMachine).view), 3)
            connect.Disconnect(service)
            connection = http.client.HTTPSConnection("localhost", sim.port, context=trust)
            connection.request("GET", "/sdk/vimServiceVersions.xml")
            self.assertEqual(connection.getresponse().status, 200)
            connection.close()
            self.assertEqual(sim.stop(), 0)
            again = Simulator("--self-signed", folder, "--vms", "3")
            self.assertEqual(again.ready["thumbprint"], sim.ready["thumbprint"])
            self.assertEqual(again.stop(), 0)

    def test_clock_and_uuid(self):
        sim = Simulator("--vms", "2", "--start", "-1h", "--speed", "100",
                        "--instance-uuid", "0000-1111")
        service = sim.login()
        first, mono = service.CurrentTime(), time.monotonic()
        behind = datetime.datetime.now(datetime.timezone.utc) - first
        self.assertLess(abs(behind.total_seconds() - 3600), 400)
        time.sleep(1)
        server = (service.CurrentTime() - first).total_seconds()
        self.assertAlmostEqual(server / (time.monotonic() - mono), 100, delta=20)
        self.assertEqual(service.content.about.instanceUuid, "0000-1111")
        self.assertEqual(sim.stop(), 0)

    def test_refuses(self):
        for options in (["--listen", "0.0.0.0:0"], ["--listen", "192.0.2.1:0"], ["--vms"],
                        ["--vms", "many"], ["--scenario", "no"], ["--no-such", "1"],
                        ["--cert", "x"]):
            run = subprocess.run([SIM, *options], capture_output=True, text=True, check=False)
            self.assertEqual(run.returncode, 2, options)
            self.assertTrue(run.stderr.startswith("vcenter-sim: "))
        run = subprocess.run([SIM, "--help"], capture_output=True, text=True, check=True)
        self.assertIn("noisy-neighbour", run.stdout)

    def test_ends_during_a_long_poll(self):
        sim = Simulator("--vms", "2")
        collector = sim.login().content.propertyCollector

        def wait():
            try:
                collector.WaitForUpdatesEx("", Spec.WaitOptions(maxWaitSeconds=60))
            except (http.client.HTTPException, OSError):
                pass

        waiter = threading.Thread(target=wait)
        waiter.start()
        time.sleep(0.3)
        start = time.monotonic()
        self.assertEqual(sim.stop(), 0)
        self.assertLess(time.monotonic() - start, 5)
        waiter.join(5)


if __name__ == "__main__":
    SIM = sys.argv.pop(1)
    unittest.main(warnings="ignore")
