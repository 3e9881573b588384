#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
"""Devices, files, guests, datastores and hosts of the simulated vCenter as pyvmomi sees them:
property_test.py VCENTER-SIM"""
import datetime
import json
import re
import sys
import time
import unittest
import urllib.error

sys.dont_write_bytecode = True
import wire_test
from wire_test import Simulator, Spec, counters_of, spec_of, view_of
from pyVmomi import vim

GUESTINFO = 'config.extraConfig["guestinfo.vstrata"]'
STAMP = "%Y-%m-%dT%H:%M:%SZ"
CONTROLLERS = {vim.vm.device.ParaVirtualSCSIController: "scsi",
               vim.vm.device.VirtualAHCIController: "sata",
               vim.vm.device.VirtualNVMEController: "nvme"}


def properties_of(content, objects, kind, paths):
    """moid -> path -> value, of properties that are set."""
    sets = [Spec.ObjectSpec(obj=o) for o in objects]
    spec = Spec.FilterSpec(objectSet=sets,
                           propSet=[Spec.PropertySpec(type=kind, pathSet=paths, all=False)])
    found = content.propertyCollector.RetrievePropertiesEx([spec], Spec.RetrieveOptions())
    return {o.obj._moId: {p.name: p.val for p in o.propSet} for o in found.objects}


class Properties(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sim = Simulator("--vms", "400", "--seed", "7", "--guest", "40")
        cls.service = cls.sim.login()
        cls.content = cls.service.content
        cls.vms = view_of(cls.content, vim.VirtualMachine).view
        paths = ["name", "config.hardware.device", "config.extraConfig", GUESTINFO, "guest.disk",
                 "guest.toolsRunningStatus", "guest.toolsVersionStatus2", "guestHeartbeatStatus",
                 "snapshot", "snapshot.currentSnapshot", "layoutEx", "runtime.powerState",
                 "summary.quickStats", "datastore"]
        cls.all = properties_of(cls.content, cls.vms, vim.VirtualMachine, paths)
        cls.stores = view_of(cls.content, vim.Datastore).view

    @classmethod
    def tearDownClass(cls):
        assert cls.sim.stop() == 0

    def truth(self, moid, minutes=2):
        to = self.service.CurrentTime()
        since = to - datetime.timedelta(minutes=minutes)
        return self.sim.get(f"/truth?from={since.strftime(STAMP)}&to={to.strftime(STAMP)}"
                            f"&moid={moid}")

    def test_datastores(self):
        self.assertEqual(len(self.stores), 12)
        uuids = set()
        for store in self.stores:
            self.assertEqual(store.summary.name, store.name)
            self.assertEqual(store.summary.datastore, store)
            self.assertIn(store.summary.type, ("VMFS", "NFS"))
            uuids.add(re.fullmatch(r"ds:///vmfs/volumes/([0-9a-f-]+)/", store.summary.url)[1])
            self.assertIsInstance(store.parent, vim.Folder)
            self.assertIn(store, store.parent.childEntity)
            self.assertIsInstance(store.parent.parent, vim.Datacenter)
            self.assertEqual(store.parent.parent.datastoreFolder, store.parent)
            self.assertIn(store, store.parent.parent.datastore)
        self.assertEqual(len(uuids), 6)
        self.assertEqual({s.summary.type for s in self.stores}, {"VMFS", "NFS"})
        london = self.content.rootFolder.childEntity[1]
        view = self.content.viewManager.CreateContainerView(london, [vim.Datastore], True)
        self.assertEqual([s._moId for s in view.view], [f"datastore-{i}" for i in range(7, 13)])

    def check_disk(self, disk, number, controllers, values):
        self.assertEqual(disk.deviceInfo.label, f"Hard disk {number}")
        controller = controllers[disk.controllerKey]
        self.assertIn(disk.key, controller.device)
        self.assertEqual(disk.capacityInBytes, disk.capacityInKB * 1024)
        backing = disk.backing
        self.assertIn(backing.datastore, values["datastore"])
        store = backing.datastore.name
        self.assertTrue(backing.fileName.startswith(f"[{store}] "), backing.fileName)
        self.assertTrue(backing.fileName.endswith(".vmdk"))
        raw = isinstance(backing, vim.vm.device.VirtualDisk.RawDiskMappingVer1BackingInfo)
        if not raw:
            self.assertIsInstance(backing, vim.vm.device.VirtualDisk.FlatVer2BackingInfo)
        self.assertEqual(bool(backing.parent), "snapshot" in values and not raw)
        if backing.parent:
            self.assertNotIn("-000001", backing.parent.fileName)
            self.assertIn("-000001.vmdk", backing.fileName)
        instance = f"{CONTROLLERS[type(controller)]}{controller.busNumber}:{disk.unitNumber}"
        return instance, raw, backing.datastore.summary.type

    def test_devices(self):
        kinds, stores, raws, counts = set(), set(), 0, []
        for values in self.all.values():
            devices = values["config.hardware.device"]
            keys = [d.key for d in devices]
            self.assertEqual(len(keys), len(set(keys)))
            controllers = {d.key: d for d in devices if type(d) in CONTROLLERS}
            kinds |= {type(d) for d in devices}
            disks = [d for d in devices if isinstance(d, vim.vm.device.VirtualDisk)]
            seen = [self.check_disk(d, n, controllers, values) for n, d in enumerate(disks, 1)]
            self.assertEqual(len({s[0] for s in seen}), len(disks))
            raws += any(s[1] for s in seen)
            stores |= {s[2] for s in seen}
            counts.append(len(disks))
            nics = [d for d in devices if isinstance(d, vim.vm.device.VirtualEthernetCard)]
            for i, nic in enumerate(nics):
                self.assertIsInstance(nic, vim.vm.device.VirtualVmxnet3)
                self.assertEqual((nic.key, nic.deviceInfo.label),
                                 (4000 + i, f"Network adapter {i + 1}"))
                self.assertTrue(nic.backing.deviceName)
            self.assertGreaterEqual(len(nics), 1)
        self.assertTrue(set(CONTROLLERS) <= kinds)
        self.assertIn(vim.vm.device.VirtualIDEController, kinds)
        self.assertEqual(stores, {"VMFS", "NFS"})
        self.assertTrue(2 <= raws <= 40, raws)
        self.assertEqual(min(counts), 1)
        self.assertGreater(max(counts), 3)

    def test_devices_inside_config(self):
        vm = self.vms[5]
        alone = self.all[vm._moId]["config.hardware.device"]
        self.assertEqual([d.key for d in vm.config.hardware.device], [d.key for d in alone])
        whole = properties_of(self.content, [vm], vim.VirtualMachine, ["config.hardware"])
        inside = whole[vm._moId]["config.hardware"].device
        self.assertEqual([type(d) for d in inside], [type(d) for d in alone])

    def test_instances_are_those_of_the_counters(self):
        ids = counters_of(self.content)
        Manager = vim.PerformanceManager
        for vm in [v for v in self.vms if v.runtime.powerState == "poweredOn"][:40]:
            metrics = [Manager.MetricId(counterId=ids[n], instance="*") for n in
                       ("virtualDisk.numberReadAveraged.average", "net.packetsRx.summation")]
            answer = self.content.perfManager.QueryStats(
                [Manager.QuerySpec(entity=vm, metricId=metrics, intervalId=20, maxSample=1)])[0]
            got = {s.id.instance for s in answer.value} - {""}
            devices = self.all[vm._moId]["config.hardware.device"]
            by_key = {d.key: d for d in devices}
            want = {str(d.key) for d in devices if isinstance(d, vim.vm.device.VirtualVmxnet3)}
            for disk in devices:
                if isinstance(disk, vim.vm.device.VirtualDisk):
                    on = by_key[disk.controllerKey]
                    want.add(f"{CONTROLLERS[type(on)]}{on.busNumber}:{disk.unitNumber}")
            self.assertEqual({i for i in got if not i.startswith("vmnic")}, want)

    def test_guest(self):
        for values in self.all.values():
            on = values["runtime.powerState"] == "poweredOn"
            self.assertEqual(values["guest.toolsRunningStatus"],
                             "guestToolsRunning" if on else "guestToolsNotRunning")
            self.assertEqual(values["guestHeartbeatStatus"], "green" if on else "gray")
            self.assertIn(values["guest.toolsVersionStatus2"],
                          ("guestToolsCurrent", "guestToolsUnmanaged"))
            self.assertEqual("guest.disk" in values, on)
            disks = [d for d in values["config.hardware.device"]
                     if isinstance(d, vim.vm.device.VirtualDisk)]
            for volume in values.get("guest.disk", ()):
                self.assertIsInstance(volume, vim.vm.GuestInfo.DiskInfo)
                self.assertTrue(0 < volume.freeSpace < volume.capacity)
            if on:
                self.assertEqual(len(values["guest.disk"]), len(disks))
                self.assertGreater(values["summary.quickStats"].guestMemoryUsage, 0)
        vm = next(v for v in self.vms if v.runtime.powerState == "poweredOn")
        self.assertEqual(vm.guest.toolsRunningStatus, "guestToolsRunning")
        self.assertEqual(vm.summary.quickStats.guestHeartbeatStatus, "green")
        sample = self.truth(vm._moId)["vms"][0]["samples"][-1]
        self.assertEqual(sample["disk.guest_capacity"]["total"],
                         sum(d.capacity for d in vm.guest.disk))
        self.assertEqual(sample["disk.guest_free"]["total"],
                         sum(d.freeSpace for d in vm.guest.disk))

    def test_snapshots(self):
        having = [moid for moid, v in self.all.items() if "snapshot" in v]
        self.assertGreater(len(having), 2)
        for moid, values in self.all.items():
            layout = values["layoutEx"]
            files = {f.key: f for f in layout.file}
            self.assertEqual(len(files), len(layout.file))
            devices = {d.key: d for d in values["config.hardware.device"]}
            chains = {d.key: d.chain for d in layout.disk}
            names = {f.name for f in layout.file}
            used = [k for chain in chains.values() for unit in chain for k in unit.fileKey]
            self.assertEqual(len(used), len(set(used)))
            self.assertTrue(set(used) <= set(files))
            for key, chain in chains.items():
                disk = devices[key]
                self.assertEqual(len(chain), 1 + bool(disk.backing.parent))
                self.assertIn(disk.backing.fileName, names)
                self.assertEqual([files[k].type for k in chain[0].fileKey],
                                 ["diskDescriptor", "diskExtent"])
            delta = sum(files[k].size for chain in chains.values() for unit in chain[1:]
                        for k in unit.fileKey)
            delta += sum(f.size for f in layout.file if f.type == "snapshotData")
            self.assertEqual(delta > 0, moid in having)
            self.assertEqual(len(layout.snapshot), int(moid in having))
            if moid not in having:
                self.assertNotIn("snapshot.currentSnapshot", values)
                continue
            self.assertGreater(delta, 1 << 30)
            self.assertEqual(delta % 1024, 0)
            info = values["snapshot"]
            self.assertEqual(info.currentSnapshot._moId, values["snapshot.currentSnapshot"]._moId)
            self.assertEqual(info.rootSnapshotList[0].snapshot, info.currentSnapshot)
            self.assertEqual(layout.snapshot[0].key, info.currentSnapshot)
            truth = self.truth(moid, 6)["vms"][0]
            if truth["on"] and "disk.snapshot_space" in (truth["samples"] or [{}])[0]:
                self.assertIn(delta, {s["disk.snapshot_space"]["total"] for s in truth["samples"]})

    def test_hosts(self):
        policies = set()
        for host in view_of(self.content, vim.HostSystem).view:
            hardware = host.hardware
            self.assertRegex(hardware.systemInfo.uuid,
                             r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$")
            self.assertEqual(host.summary.hardware.uuid, hardware.systemInfo.uuid)
            self.assertEqual(hardware.cpuInfo.numCpuThreads, 2 * hardware.cpuInfo.numCpuCores)
            self.assertEqual(len(host.datastore), 6)
            paths = ["hardware.cpuPowerManagementInfo.currentPolicy", "summary.hardware.uuid",
                     "hardware.systemInfo.uuid"]
            values = properties_of(self.content, [host], vim.HostSystem, paths)[host._moId]
            self.assertEqual(set(values), set(paths))
            self.assertEqual(values[paths[1]], values[paths[2]])
            policies.add(values[paths[0]])
            self.assertEqual(hardware.cpuPowerManagementInfo.currentPolicy, values[paths[0]])
            summary = self.content.perfManager.QueryProviderSummary(host)
            self.assertEqual((summary.refreshRate, summary.currentSupported), (20, True))
        self.assertEqual(policies, {"Balanced", "High performance"})

    def test_truth_of_hosts(self):
        host = view_of(self.content, vim.HostSystem).view[2]
        answer = self.truth(host._moId)
        self.assertEqual((answer["vms"], len(answer["hosts"])), ([], 1))
        truth = answer["hosts"][0]
        self.assertEqual((truth["moid"], truth["name"]), (host._moId, host.name))
        self.assertEqual(truth["cluster"], host.parent.name.replace("%2f", "/"))
        on = [vm for vm in host.vm if vm.runtime.powerState == "poweredOn"]
        self.assertEqual(len(truth["samples"]), 6)
        for sample in truth["samples"]:
            value = {n.removeprefix("host."): v["total"] for n, v in sample.items() if n != "time"}
            self.assertEqual(value["vms"], len(on))
            self.assertEqual(value["vcpus"], sum(vm.config.hardware.numCPU for vm in on))
            self.assertEqual(value["threads"], host.summary.hardware.numCpuThreads)
            self.assertEqual(value["mem_size"], host.hardware.memorySize)
            self.assertGreaterEqual(value["core_utilization"], value["utilization"])
        everybody = self.truth("vm-1")
        self.assertEqual((len(everybody["vms"]), everybody["hosts"]), (1, []))

    OF_HOSTS = {"cpu.coreUtilization.average": ("core_utilization", 1e-4),
                "cpu.utilization.average": ("utilization", 1e-4),
                "cpu.usage.average": ("usage", 1e-4), "cpu.usagemhz.average": ("usagemhz", 1e6),
                "cpu.ready.summation": ("ready", 1 / 20000),
                "cpu.costop.summation": ("costop", 1 / 20000),
                "cpu.latency.average": ("latency", 1e-4),
                "mem.consumed.average": ("mem_consumed", 1024),
                "mem.vmmemctl.average": ("mem_ballooned", 1024),
                "mem.swapused.average": ("mem_swapped", 1024),
                "mem.compressed.average": ("mem_compressed", 1024),
                "mem.swapinRate.average": ("mem_swapin", 1024),
                "mem.swapoutRate.average": ("mem_swapout", 1024),
                "mem.state.latest": ("mem_state", 1), "mem.latency.average": ("mem_latency", 1e-4)}

    def test_counters_of_hosts(self):
        ids = counters_of(self.content)
        Manager = vim.PerformanceManager
        metrics = [Manager.MetricId(counterId=ids[n], instance="") for n in self.OF_HOSTS]
        names = {ids[n]: n for n in self.OF_HOSTS}
        for host in view_of(self.content, vim.HostSystem).view:
            answer = self.content.perfManager.QueryStats(
                [Manager.QuerySpec(entity=host, metricId=metrics, intervalId=20, maxSample=5)])[0]
            self.assertEqual(len(answer.sampleInfo), 5)
            samples = {s["time"]: s for s in self.truth(host._moId, 5)["hosts"][0]["samples"]}
            self.assertEqual({names[s.id.counterId] for s in answer.value}, set(self.OF_HOSTS))
            for series in answer.value:
                name, factor = self.OF_HOSTS[names[series.id.counterId]]
                for info, value in zip(answer.sampleInfo, series.value):
                    truth = samples[info.timestamp.strftime(STAMP)]["host." + name]["total"]
                    self.assertAlmostEqual(value * factor, truth, 6, name)

    def test_extra_config(self):
        published = 0
        for values in self.all.values():
            options = {o.key: o.value for o in values["config.extraConfig"]}
            self.assertGreaterEqual(len(options), 12)
            self.assertTrue(all(isinstance(v, str) for v in options.values()))
            self.assertEqual("guestinfo.vstrata" in options, GUESTINFO in values)
            if GUESTINFO not in values:
                continue
            published += 1
            option = values[GUESTINFO]
            self.assertIsInstance(option, vim.option.OptionValue)
            self.assertEqual(option.key, "guestinfo.vstrata")
            self.assertRegex(option.value, r"^vstrata1 t=\d+ i=20( [a-z]\S*=\d+(\.\d{1,3})?)+$")
            self.assertEqual(values["runtime.powerState"], "poweredOn")
        self.assertTrue(110 < published < 200, published)
        vm = self.vms[0]
        self.assertEqual(len(vm.config.extraConfig) - (GUESTINFO in self.all[vm._moId]), 16)

    def test_published_is_the_truth(self):
        names = {"rq": ("cpu.run_queue", 1), "cs": ("cpu.context_switches", 1),
                 "pgin": ("mem.page_in", 1024), "pgout": ("mem.page_out", 1024),
                 "swap": ("mem.guest_swap_used", 1024), "need": ("mem.guest_needed", 1024),
                 "avail": ("mem.guest_available", 1024), "dq": ("disk.queue", 1),
                 "ring": ("net.ring_drops", 1), "drv": ("net.driver_drops", 1),
                 "cpu": ("cpu.guest_cpu", 1)}
        having = [m for m, v in self.all.items() if GUESTINFO in v][:20]
        for moid in having:
            text = self.all[moid][GUESTINFO].value
            member = dict(word.split("=") for word in text.split()[1:])
            end = int(member["t"]) // 20 * 20
            stamp = datetime.datetime.fromtimestamp(end, datetime.timezone.utc).strftime(STAMP)
            samples = {s["time"]: s for s in self.truth(moid, 10)["vms"][0]["samples"]}
            sample = samples[stamp]
            for key, (quantity, factor) in names.items():
                self.assertAlmostEqual(float(member[key]) * factor, sample[quantity]["total"], 3,
                                       quantity)

    def test_refuses(self):
        for order in ({"op": "guestinfo", "moid": "host-1", "text": "x"},
                      {"op": "guestinfo", "moid": "vm-1", "text": 5},
                      {"op": "guestinfo", "moid": "vm-1", "text": "x" * 9000},
                      {"op": "guestinfo", "moid": "vm-1", "text": "\x01"},
                      {"op": "tools", "moid": "vm-1", "status": "toolsOk"},
                      {"op": "scenario", "moid": "vm-1", "scenario": "noisy-neighbour"},
                      {"op": "scenario", "moid": "vm-1"}):
            with self.assertRaises(urllib.error.HTTPError) as caught:
                self.sim.control(**order)
            self.assertIn("error", json.load(caught.exception))
            caught.exception.close()


class Updates(unittest.TestCase):
    """What WaitForUpdatesEx tells of changes of devices, snapshots and guests."""

    def setUp(self):
        self.sim = Simulator("--vms", "30", "--seed", "7", "--scenario", "quiet", "--off-percent",
                             "0")
        self.collector, self.content = None, None
        self.version = ""

    def tearDown(self):
        self.assertEqual(self.sim.stop(), 0)

    def watch(self, *paths):
        self.content = self.sim.login().content
        self.collector = self.content.propertyCollector
        view = view_of(self.content, vim.VirtualMachine)
        self.collector.CreateFilter(spec_of(view, vim.VirtualMachine, list(paths)), False)
        return self.next()

    def next(self, seconds=0):
        """moid -> path -> (op, value) of all that is new."""
        found = {}
        while True:
            update = self.collector.WaitForUpdatesEx(self.version,
                                                     Spec.WaitOptions(maxWaitSeconds=seconds))
            if update is None:
                return found
            self.version = update.version
            for changed in update.filterSet[0].objectSet:
                found[changed.obj._moId] = {c.name: (c.op, c.val) for c in changed.changeSet}
            if not update.truncated:
                return found

    def test_guestinfo(self):
        first = self.watch("name", GUESTINFO)
        self.assertEqual(len(first), 30)
        self.assertTrue(all(set(changes) == {"name"} for changes in first.values()))
        self.sim.control(op="guestinfo", moid="vm-4", text="vstrata1 t=1 i=20 <&\"'>")
        op, value = self.next()["vm-4"][GUESTINFO]
        self.assertEqual((op, value.key, value.value),
                         ("assign", "guestinfo.vstrata", "vstrata1 t=1 i=20 <&\"'>"))
        self.assertEqual(self.next(), {})
        self.sim.control(op="guestinfo", moid="vm-4", text="")
        self.assertEqual(self.next()["vm-4"][GUESTINFO][1].value, "")
        self.sim.control(op="guestinfo", moid="vm-4", text=None)
        self.assertEqual(self.next(), {"vm-4": {GUESTINFO: ("remove", None)}})
        vm = vim.VirtualMachine("vm-4")
        self.assertEqual(properties_of(self.content, [vm], vim.VirtualMachine, [GUESTINFO]),
                         {"vm-4": {}})

    def test_whole_extra_config(self):
        self.watch("config.extraConfig")
        self.sim.control(op="guestinfo", moid="vm-4", text="text")
        (op, value), = self.next()["vm-4"].values()
        self.assertEqual((op, value[-1].key, value[-1].value),
                         ("assign", "guestinfo.vstrata", "text"))

    def test_tools(self):
        paths = ("guest.toolsRunningStatus", "guestHeartbeatStatus", "guest.disk")
        self.watch(*paths)
        self.sim.control(op="tools", moid="vm-4", status="guestToolsNotRunning")
        self.assertEqual(self.next(), {"vm-4": {paths[0]: ("assign", "guestToolsNotRunning"),
                                                paths[1]: ("assign", "gray"),
                                                paths[2]: ("assign", None)}})
        self.sim.control(op="tools", moid="vm-4", status="guestToolsExecutingScripts")
        changes = self.next()["vm-4"]
        self.assertEqual(changes[paths[0]], ("assign", "guestToolsExecutingScripts"))
        self.assertTrue(changes[paths[2]][1])
        self.sim.control(op="power", moid="vm-4", state="off")
        self.assertEqual(self.next()["vm-4"][paths[0]][1], "guestToolsNotRunning")

    def test_snapshot(self):
        self.watch("snapshot", "snapshot.currentSnapshot", "config.hardware.device", "layoutEx",
                   "name")
        self.sim.control(op="scenario", moid="vm-4", scenario="snapshot")
        changes = self.next()["vm-4"]
        self.assertEqual(set(changes), {"snapshot", "snapshot.currentSnapshot", "layoutEx",
                                        "config.hardware.device"})
        self.assertTrue(changes["snapshot.currentSnapshot"][1]._moId.startswith("snapshot-"))
        disk = next(d for d in changes["config.hardware.device"][1]
                    if isinstance(d, vim.vm.device.VirtualDisk))
        self.assertTrue(disk.backing.parent)
        self.sim.control(op="scenario", moid="vm-4", scenario="quiet")
        changes = self.next()["vm-4"]
        self.assertEqual(changes["snapshot"], ("assign", None))
        self.assertEqual(changes["snapshot.currentSnapshot"], ("indirectRemove", None))
        self.sim.control(op="scenario", moid="vm-4", scenario="limit")
        self.assertEqual(self.next(), {})

    def test_disk_added(self):
        first = self.watch("config.hardware.device", "config.hardware.numCPU")

        def labels(devices):
            return [d.deviceInfo.label for d in devices
                    if isinstance(d, vim.vm.device.VirtualDisk)]

        had = labels(first["vm-2"]["config.hardware.device"][1])
        for _ in range(8 - len(had)):
            self.sim.control(op="disk_add", moid="vm-2")
            changes = self.next()["vm-2"]
            self.assertEqual(set(changes), {"config.hardware.device"})
            had.append(f"Hard disk {len(had) + 1}")
            self.assertEqual(labels(changes["config.hardware.device"][1]), had)
        with self.assertRaises(urllib.error.HTTPError) as caught:
            self.sim.control(op="disk_add", moid="vm-2")
        caught.exception.close()

    def test_renamed_files_stay(self):
        before = self.watch("layoutEx", "name")["vm-4"]
        self.sim.control(op="rename", moid="vm-4", name="a/b")
        self.sim.control(op="rename", moid="vm-4", name="a/c")
        vm = vim.VirtualMachine("vm-4")
        after = properties_of(self.content, [vm], vim.VirtualMachine, ["layoutEx", "name"])["vm-4"]
        self.assertEqual(after["name"], "a%2fc")
        self.assertEqual([f.name for f in after["layoutEx"].file],
                         [f.name for f in before["layoutEx"][1].file])

    def test_destroyed_view(self):
        self.content = self.sim.login().content
        self.collector = self.content.propertyCollector
        view = view_of(self.content, vim.VirtualMachine)
        self.collector.CreateFilter(spec_of(view, vim.VirtualMachine, ["name"]), False)
        self.assertEqual(len(self.next()), 30)
        view.Destroy()
        self.assertEqual(self.next(), {f"vm-{i}": {} for i in range(1, 31)})


class Publishing(unittest.TestCase):
    def test_every_20_s(self):
        """Ten times as fast, so that four rounds take eight seconds."""
        sim = Simulator("--vms", "60", "--seed", "7", "--off-percent", "0", "--guest", "100",
                        "--speed", "10")
        content = sim.login().content
        collector = content.propertyCollector
        view = view_of(content, vim.VirtualMachine)
        collector.CreateFilter(spec_of(view, vim.VirtualMachine, ["name", GUESTINFO]), False)
        version, times, told = "", {}, 0
        end = time.monotonic() + 8.5
        while time.monotonic() < end:
            update = collector.WaitForUpdatesEx(version, Spec.WaitOptions(maxWaitSeconds=2))
            self.assertIsNotNone(update)
            version = update.version
            for changed in update.filterSet[0].objectSet:
                if changed.kind == "modify":
                    self.assertEqual([c.name for c in changed.changeSet], [GUESTINFO])
                    told += 1
                text = changed.changeSet[-1].val.value
                times.setdefault(changed.obj._moId, []).append(int(text.split()[1][2:]))
        self.assertEqual(len(times), 60)
        for turns in times.values():
            self.assertGreaterEqual(len(turns), 4)
            self.assertEqual({b - a for a, b in zip(turns, turns[1:])}, {20})
        self.assertGreater(len({turns[0] % 20 for turns in times.values()}), 14)
        self.assertEqual(sim.stop(), 0)

    def test_power_saving_hosts(self):
        sim = Simulator("--vms", "40", "--scenario", "power-saving")
        hosts = view_of(sim.login().content, vim.HostSystem).view
        self.assertEqual({h.hardware.cpuPowerManagementInfo.currentPolicy for h in hosts},
                         {"Low power"})
        self.assertEqual(sim.stop(), 0)


if __name__ == "__main__":
    wire_test.SIM = sys.argv.pop(1)
    unittest.main(warnings="ignore")
