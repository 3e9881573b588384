#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
"""What a guest publishes of itself: config/guest/vstrata-guest.sh on this Linux, with a stand-in
for VMware Tools, in the shells and with the awks that guests have."""
import glob
import os
import re
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../support"))
from rig import TOP, Checks, Rig, wait_for  # noqa: E402

SCRIPT = os.path.join(TOP, "config/guest/vstrata-guest.sh")
PROGRAMS = ("awk cat cmp cp cut date find grep mkdir mktemp mv rm sed sleep sort timeout tr"
            ).split()
STAND_IN = '#!/bin/sh\nfor word; do printf "%s\\n" "$word"; done >"$0.said.new"\n' \
           'mv "$0.said.new" "$0.said"\n'
PAGE_KIB = os.sysconf("SC_PAGE_SIZE") // 1024
NUMBER = re.compile(r"[0-9]{1,15}(\.[0-9]{1,3})?")
FIELDS = "rq cs pgin pgout swap need avail dq ring drv cpu".split()


def parse(text):
    """The format, read by other means than the service does: key -> number. Raises."""
    if len(text) > 1024 or not re.fullmatch(r"[ -~]*", text):
        raise ValueError("length or characters")
    version, *words = text.split(" ")
    if version != "vstrata1":
        raise ValueError(version)
    found = {}
    for word in words:
        key, _, number = word.partition("=")
        app = re.fullmatch(r"app\.[A-Za-z0-9_-]{1,32}\.[A-Za-z0-9_-]{1,32}", key)
        if not (app or key in FIELDS + ["t", "i"]) or not NUMBER.fullmatch(number) or key in found:
            raise ValueError(word)
        found[key] = float(number)
    if not 1 <= found["i"] <= 3600 or found["t"] < 1 or len(apps_of(found)) > 16:
        raise ValueError(text)
    return found


def apps_of(found):
    return {key: number for key, number in found.items() if key.startswith("app.")}


def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)
    os.chmod(path, mode)
    return path


class Guest:
    """A folder that is a guest: its programs, applications, state, and what its Tools were told."""

    def __init__(self, folder, shell=("/bin/sh",), busybox=None, tool="vmtoolsd"):
        self.folder, self.shell, self.tool = folder, shell, tool
        self.bin, self.apps = os.path.join(folder, "bin"), os.path.join(folder, "apps")
        os.makedirs(self.bin)
        os.makedirs(os.path.join(folder, "tmp"))
        # Nothing else is on its path, so no Tools of this machine are spoken to.
        for name in PROGRAMS:
            os.symlink(busybox or shutil.which(name), os.path.join(self.bin, name))
        write(os.path.join(self.bin, tool), STAND_IN, 0o755)

    def command(self, *options, root=None):
        return [*self.shell, SCRIPT, "--apps", self.apps, "--state",
                os.path.join(self.folder, "state"), *(["--root", root] if root else []), *options]

    def environment(self):
        return {"PATH": self.bin, "TMPDIR": os.path.join(self.folder, "tmp")}

    def run(self, *options, root=None):
        """One call, to its end: (status, standard output, standard error)."""
        done = subprocess.run(self.command(*options, root=root), env=self.environment(),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                              check=False, cwd="/")
        return done.returncode, done.stdout, done.stderr

    def said(self):
        """What Tools were told since the last question, as the words of their command line."""
        path = os.path.join(self.bin, self.tool + ".said")
        if not os.path.exists(path):
            return None
        with open(path, encoding="utf-8", errors="replace") as file:
            words = file.read().splitlines()
        os.remove(path)
        return words

    def text(self):
        """What guestinfo.vstrata is set to since the last question."""
        words = self.said()
        before = {"vmtoolsd": ["--cmd"], "vmware-rpctool": []}[self.tool]
        if words is None or words[:-1] != before:
            raise RuntimeError(f"{self.tool} was told {words}")
        command, name, text = words[-1].split(" ", 2)
        if (command, name) != ("info-set", "guestinfo.vstrata"):
            raise RuntimeError(words[-1])
        return text

    def app(self, name, script, mode=0o755):
        write(os.path.join(self.apps, name), "#!/bin/sh\n" + script + "\n", mode)

    def left(self):
        return os.listdir(os.path.join(self.folder, "tmp"))


def publish(folder):
    """The text that a guest of this machine publishes; folder is to be made."""
    guest = Guest(folder)
    status, _, error = guest.run()
    if status != 0 or error:
        raise RuntimeError(f"status {status}: {error}")
    return guest.text()


# --- against this machine -----------------------------------------------------------------------

def lines_of(path):
    with open(path, encoding="ascii") as file:
        return [line.split() for line in file]


def number_in(path):
    with open(path, encoding="ascii") as file:
        return int(file.read())


def counts():
    """An independent reading of this machine: key -> (count, or its value now)."""
    stat = {words[0]: list(map(int, words[1:])) for words in lines_of("/proc/stat")}
    vm = {key: int(value) for key, value in lines_of("/proc/vmstat")}
    memory = {words[0]: int(words[1]) for words in lines_of("/proc/meminfo")}
    present = sum(int(words[1]) for words in lines_of("/proc/zoneinfo") if words[0] == "present")
    disks = {path.split("/")[3] for path in glob.glob("/sys/block/*/device")}
    cards = [os.path.dirname(path) for path in glob.glob("/sys/class/net/*/device")]
    usable = present * PAGE_KIB
    return {
        "uptime": float(lines_of("/proc/uptime")[0][0]),
        "cs": stat["ctxt"][0], "cpu": sum(stat["cpu"][i] for i in (0, 1, 2, 5, 6)) / 100,
        "pgin": vm["pgpgin"], "pgout": vm["pgpgout"],
        "dq": sum(int(words[13]) / 1000 for words in lines_of("/proc/diskstats")
                  if words[2] in disks and not words[2].startswith(("sr", "fd"))),
        "ring": sum(number_in(f"{card}/statistics/rx_{kind}_errors") for card in cards
                    for kind in ("fifo", "missed")),
        "drv": sum(number_in(f"{card}/statistics/{way}x_dropped") for card in cards for way in "rt"),
        "swap": memory["SwapTotal:"] - memory["SwapFree:"], "avail": memory["MemAvailable:"],
        "need": usable - max(0, memory["MemAvailable:"] - usable / 20),
    }


def wrong_rates(found, before, after):
    """Where the rates are not between what the readings around both of its own allow."""
    shortest = after[0]["uptime"] - before[1]["uptime"]
    longest = after[1]["uptime"] - before[0]["uptime"]
    for key in ("cs", "cpu", "pgin", "pgout", "dq", "ring", "drv"):
        least = max(0, after[0][key] - before[1][key]) / longest
        most = (after[1][key] - before[0][key]) / shortest
        # A tick of the CPU's clock; tens of milliseconds of a disk's, whose parts are read one by
        # one; thousandths are rounded.
        slack = 0.05 if key in ("cpu", "dq") else 0.001
        if not least - slack <= found.get(key, -1) <= most + slack:
            yield f"{key}: got {found.get(key)}, want {least:.3f} to {most:.3f}"


def wrong_spots(found, after, mib=64):
    """Where the values of the moment are not near what they were around it."""
    for key in ("swap", "need", "avail"):
        low, high = sorted(reading[key] for reading in after)
        if not low - mib * 1024 <= found.get(key, -1) <= high + mib * 1024:
            yield f"{key}: got {found.get(key)}, want {low} to {high}"


def work(seconds, path):
    """Three threads that only compute, and one that writes to a disk."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(3)]
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with open(path, "wb") as out:
            out.write(os.urandom(1 << 20))
            out.flush()
            os.fsync(out.fileno())
        time.sleep(0.05)
    return busy


def check_this_machine(checks, name, guest):
    first_text = time.time()
    status, out, error = guest.run()
    checks.that(f"{name}: the first call has values already", (status, out, error) == (0, "", "")
                and set(FIELDS) <= set(parse(guest.text())), status, out, error)
    before = [counts()]
    guest.run()
    before.append(counts())
    guest.said()
    busy = work(2.5, os.path.join(guest.folder, "written"))
    try:
        after = [counts()]
        status, out, error = guest.run()
        after.append(counts())
    finally:
        for process in busy:
            process.kill()
            process.wait()
    checks.equal(f"{name}: it is silent", (status, out, error), (0, "", ""))
    found = parse(guest.text())
    checks.none(f"{name}: rates as /proc and /sys say", wrong_rates(found, before, after))
    checks.none(f"{name}: memory as /proc says", wrong_spots(found, after))
    checks.that(f"{name}: threads that compute queue up", found["rq"] >= 3, found)
    checks.that(f"{name}: its interval and time", found["i"] in (2, 3, 4)
                and first_text - 1 <= found["t"] <= time.time() + 1, found)
    checks.equal(f"{name}: leaves nothing", guest.left(), [])
    state = os.path.join(guest.folder, "state")
    checks.none(f"{name}: what it keeps is nobody else's",
                [path for path in [state, *glob.glob(f"{state}/*")] if os.stat(path).st_mode & 0o77])


def check_print(checks, guest):
    status, out, error = guest.run("--print")
    found = parse(out.rstrip("\n"))
    checks.that("--print shows one second and publishes nothing",
                (status, error, guest.said()) == (0, "", None) and found["i"] == 1
                and not os.path.exists(os.path.join(guest.folder, "state")), status, out, error)


# --- against a kernel with known numbers --------------------------------------------------------

def kernel(root, uptime=1000, grown=0, **changes):
    """Writes a /proc and /sys; every count is `grown` times its own amount higher."""
    # user nice system idle iowait irq softirq steal guest guest_nice
    ticks = [1000 + by * grown for by in (900, 100, 300, 9000, 700, 50, 150, 800, 40, 30)]
    values = {"ticks": " ".join(map(str, ticks)), "ctxt": 5_000_000_000 + 20_250 * grown,
              "pgpgin": 4_000_000_000 + 5_120 * grown, "pgpgout": 10 + 1 * grown,
              "queue": 4_294_967_000 + 9_000 * grown, "fifo": 3 + 60 * grown,
              "missed": 100 + 10 * grown, "dropped": 7 + 5 * grown, "running": 6,
              "available": "MemAvailable:   6291456 kB\n", **changes}
    shutil.rmtree(root, ignore_errors=True)
    proc, sysfs = os.path.join(root, "proc"), os.path.join(root, "sys")
    write(f"{proc}/uptime", f"{uptime:.2f} 1.00\n")
    write(f"{proc}/stat", "cpu  {ticks}\ncpu0 1 2 3 4 5 6 7 8 9 0\n"
          "ctxt {ctxt}\nprocesses 5\nprocs_running {running}\nprocs_blocked 1\n".format(**values))
    write(f"{proc}/vmstat", "nr_free_pages 5\npgpgin {pgpgin}\npgpgout {pgpgout}\n".format(**values))
    write(f"{proc}/meminfo", "MemTotal:  8000000 kB\nMemFree:  1 kB\n" + values["available"] +
          "SwapTotal:  2048 kB\nSwapFree:  1024 kB\n")
    write(f"{proc}/zoneinfo", "Node 0, zone DMA32\n        present  1048576\n        managed 7\n"
          "Node 0, zone Normal\n        present  1048576\n")
    other = 77 * grown  # of disks whose work is not to be counted
    write(f"{proc}/diskstats", "".join(
        f"   8 0 {name} 1 2 3 4 5 6 7 8 0 9 {queue} 0 0 0 0 0 0\n" for name, queue in (
            ("sda", values["queue"]), ("sda1", other), ("nvme0n1", 5), ("dm-0", other),
            ("loop0", other), ("zram0", other), ("sr0", other), ("md0", other))))
    for name in ("sda", "nvme0n1", "sr0"):
        os.makedirs(f"{sysfs}/block/{name}/device")
    for name in ("dm-0", "loop0", "zram0", "md0"):
        os.makedirs(f"{sysfs}/block/{name}")
    for name, driver in (("eth0", "e1000e"), ("eth1", changes.get("driver", "e1000e")), ("br0", "")):
        for file in ("fifo", "missed"):
            write(f"{sysfs}/class/net/{name}/statistics/rx_{file}_errors", f"{values[file]}\n")
        for way in "rt":
            write(f"{sysfs}/class/net/{name}/statistics/{way}x_dropped", f"{values['dropped']}\n")
        if driver:
            write(f"{sysfs}/class/net/{name}/device/uevent", f"DRIVER={driver}\nPCI_ID=1\n")
    return root


def known_text(guest, first, then):
    """What is published after these two kernels, but for its time; None if nothing is."""
    shutil.rmtree(os.path.join(guest.folder, "state"), ignore_errors=True)
    root = os.path.join(guest.folder, "root")
    guest.run(root=kernel(root, **first))  # publishes nothing, since its time stands still
    if guest.said() is not None:
        raise RuntimeError("published without any time between two readings")
    status, _, error = guest.run(root=kernel(root, **then))
    if status != 0:
        return None
    text = guest.text()
    parse(text)
    if error:
        raise RuntimeError(error)
    return re.sub(r"^vstrata1 t=\d+ ", "", text)


def check_known_kernel(checks, name, guest):
    first, then = {"uptime": 1000, "grown": 0}, {"uptime": 1020.5, "grown": 1}
    present = 2 * 1048576 * PAGE_KIB
    need = f"{present - (6291456 - present / 20):.3f}".rstrip("0").rstrip(".")
    want = ("i=21 rq=5 cs=987.805 pgin=249.756 pgout=0.049 swap=1024 "
            f"need={need} avail=6291456 dq=0.439 ring=6.829 drv=0.976 cpu=0.732")

    def without(*keys):
        return " ".join(word for word in want.split() if word.split("=")[0] not in keys)

    cases = (
        ("known numbers", {}, {}, want),
        ("a count that wrapped", {}, {"pgpgin": 12}, without("pgin")),
        ("a disk's clock that wrapped", {}, {"queue": 8704}, without("dq")),
        ("an old kernel", {"available": ""}, {"available": ""}, without("need", "avail")),
        ("only the reader runs", {}, {"running": 1}, want.replace("rq=5", "rq=0")),
        ("vmxnet3 without ethtool", {"driver": "vmxnet3"}, {"driver": "vmxnet3"}, without("ring")),
        ("a reading of an hour ago", {"uptime": 1000}, {"uptime": 4599.6, "grown": 0},
         re.sub(r"(cs|pgin|pgout|dq|ring|drv|cpu)=\S+", r"\1=0", want).replace("i=21", "i=3600")),
        ("a reading that is too old", {}, {"uptime": 4601}, None),
        ("a restart of the guest", {}, {"uptime": 30}, None),
    )
    for what, early, late, expected in cases:
        checks.equal(f"{name}: {what}", known_text(guest, {**first, **early}, {**then, **late}),
                     expected)


def check_ethtool(checks, guest):
    """vmxnet3 counts a full ring for ethtool alone."""
    path = os.path.join(guest.bin, "ethtool")
    write(path, '#!/bin/sh\n[ "$*" = "-S eth1" ] && read -r n <"$0.count" && printf "NIC statistics:'
          '\\n     Rx Queue#: 0\\n       pkts rx OOB: %s\\n     Rx Queue#: 1\\n       pkts rx OOB: 5'
          '\\n" "$n"\n', 0o755)
    # It is the script that runs it, so what it says changes between the two readings.
    root = os.path.join(guest.folder, "root")
    shutil.rmtree(os.path.join(guest.folder, "state"), ignore_errors=True)
    write(path + ".count", "10\n")
    guest.run(root=kernel(root, 1000, driver="vmxnet3"))
    write(path + ".count", "51\n")
    guest.run(root=kernel(root, 1020.5, driver="vmxnet3"))
    os.remove(path)
    checks.equal("vmxnet3: a full ring is what ethtool says", parse(guest.text()).get("ring"), 2.0)


# --- applications -------------------------------------------------------------------------------

def check_apps(checks, name, guest):
    guest.app("jvm", 'echo heap_used 123456; echo "threads  17.25"')
    guest.app("no-program", "echo value 1", 0o644)
    guest.app("saved.bak", "echo value 1")
    status, _, error = guest.run()
    found = apps_of(parse(guest.text()))
    checks.equal(f"{name}: application values", (status, found),
                 (0, {"app.jvm.heap_used": 123456.0, "app.jvm.threads": 17.25}))
    checks.that(f"{name}: one complaint, of the name", len(error.splitlines()) == 1
                and "name" in error, error)
    checks.equal(f"{name}: which is not repeated", guest.run()[2], "")
    guest.said()
    os.remove(os.path.join(guest.apps, "saved.bak"))
    checks.equal(f"{name}: nor told of its end", guest.run()[2], "")
    shutil.rmtree(guest.apps)


HOSTILE = {
    "injects": 'echo "x 1 rq=99"; echo "rq=99 1"; echo \'$(touch pwned) 1\'; echo "* 1"; echo good 1',
    "numbers": "echo a -1; echo b 1e9; echo c nan; echo d 1.2345; echo e 1234567890123456; echo f 0x1;"
               " echo g; echo h 1.; echo i .5; echo j 7",
    "again": "echo a 1; echo a 2",
    "bytes": r'printf "\000\377\033[31m 1\n\r\n\302\265 2\nplain 3\n"',
    "large": "echo a 1; i=0; while [ $i -lt 1000 ]; do echo b$i 1; i=$((i + 1)); done",
    "endless": "while :; do echo a 1; done",
    "sleeper": "sleep 20",
    "stray": "sleep 20 >/dev/null & echo a 1",
    "holder": "sleep 20 & echo a 1",
    "fails": "echo a 1; exit 3",
    "kills": "echo a 1; kill -9 $$",
}


def check_hostile_apps(checks, name, guest):
    for app, script in HOSTILE.items():
        guest.app(app, script)
    guest.app("n" * 33, "echo a 1")
    start = time.monotonic()
    status, _, error = guest.run()
    seconds = time.monotonic() - start
    text = guest.text()
    checks.equal(f"{name}: what hostile programs may publish", (status, apps_of(parse(text))),
                 (0, {"app.injects.good": 1.0, "app.numbers.j": 7.0, "app.again.a": 1.0,
                      "app.bytes.plain": 3.0, "app.stray.a": 1.0, "app.holder.a": 1.0}))
    checks.that(f"{name}: they cannot delay it", seconds < 8, seconds)
    named = [app for app in HOSTILE if app not in ("stray", "holder")] + ["n" * 33]
    checks.none(f"{name}: each is complained of once",
                [f"{app}: {error}" for app in named
                 if sum(app in line for line in error.splitlines()) != 1])
    checks.that(f"{name}: in clean words", re.fullmatch(r"[ -~\n]*", error), repr(error))
    shutil.rmtree(guest.apps)


def check_many_values(checks, name, guest):
    guest.app("many", "i=0; while [ $i -lt 40 ]; do echo v$i $i; i=$((i + 1)); done")
    _, _, error = guest.run()
    found = apps_of(parse(guest.text()))
    checks.that(f"{name}: sixteen values, and a complaint", len(found) == 16 and "16" in error,
                found, error)
    guest.app("many", "i=10; while [ $i -lt 26 ]; do echo v${i}" + "x" * 29 +
              " 123456789012345.125; i=$((i + 1)); done")
    os.rename(os.path.join(guest.apps, "many"), os.path.join(guest.apps, "m" * 32))
    _, _, error = guest.run()
    text = guest.text()
    checks.that(f"{name}: as many as 1024 bytes hold, and a complaint",
                900 < len(text) <= 1024 and len(apps_of(parse(text))) > 5 and "1024" in error,
                text, error)
    shutil.rmtree(guest.apps)
    guest.app("safe", "echo a 1")
    guest.app("open", "echo a 1", 0o777)
    _, _, error = guest.run()
    checks.that(f"{name}: a program that others may write stops them all",
                not apps_of(parse(guest.text())) and "others" in error, error)
    shutil.rmtree(guest.apps)


# --- VMware Tools -------------------------------------------------------------------------------

def check_tools(checks, rig):
    guest = Guest(rig.path("rpctool"), tool="vmware-rpctool")
    status, _, error = guest.run()
    checks.that("vmware-rpctool is spoken to where vmtoolsd is not", (status, error) == (0, "")
                and parse(guest.text()), status, error)
    broken = os.path.join(guest.bin, "vmware-rpctool")
    write(broken, "#!/bin/sh\nprintf 'Permission\\033 denied\\nand more\\n' >&2\nexit 1\n", 0o755)
    status, _, error = guest.run()
    checks.that("a refusal is told in one line", status == 1 and len(error.splitlines()) == 1
                and "Permission denied" in error, status, error)
    checks.equal("and once", guest.run(), (1, "", ""))
    os.remove(broken)
    status, _, error = guest.run()
    checks.that("no Tools at all", status == 1 and "VMware Tools" in error, status, error)
    status, _, error = guest.run("--speed")
    checks.that("an unknown option", status == 2 and "--print" in error, status, error)


def check_loop(checks, rig, guest, process):
    """Started before the other checks, so that its second text is due."""
    wait_for("a second text", lambda: os.path.exists(guest.bin + "/vmtoolsd.said"), 40, process)
    found = parse(guest.text())
    checks.that("--loop publishes every 20 seconds", 19 <= found["i"] <= 22, found)
    start = time.monotonic()
    status = rig.stop(process)
    checks.that("and ends when told to", status == 143 and time.monotonic() - start < 3, status)
    checks.equal("leaving nothing", guest.left(), [])


def main():
    checks = Checks()
    with Rig() as rig:
        loop = Guest(rig.path("loop"))
        process = rig.start("loop-log", *loop.command("--loop"), env=loop.environment())
        wait_for("a text", lambda: os.path.exists(loop.bin + "/vmtoolsd.said"), 30, process)
        parse(loop.text())

        check_print(checks, Guest(rig.path("print")))
        busybox = shutil.which("busybox")
        checks.that("busybox is here", busybox)
        for name, shell, programs in (("sh", ("/bin/sh",), None),
                                      ("busybox", (busybox, "sh"), busybox)):
            guest = Guest(rig.path(name), shell, programs)
            check_this_machine(checks, name, guest)
            check_known_kernel(checks, name, guest)
            check_apps(checks, name, guest)
            check_hostile_apps(checks, name, guest)
            check_many_values(checks, name, guest)
        check_ethtool(checks, Guest(rig.path("ethtool")))
        check_tools(checks, rig)
        checks.that("publish() is a text", parse(publish(rig.path("publish"))))
        check_loop(checks, rig, loop, process)
    checks.finish()


if __name__ == "__main__":
    main()
