# SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
"""Checks of the table of hosts. What a simulated vCenter does not have (a silent host, one without
values, more hosts than an answer holds) is put into the API's answer on its way to the page."""
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from view_checks import shown_as

NONE = "–"
POLICIES = ["not known", "high performance", "balanced", "low power", "custom"]
STATES = ["high (enough)", "soft", "hard", "low"]
RATIOS = ["core_utilization", "utilization", "usage", "ready", "costop", "latency"]
COUNTS = ["vms", "vcpus", "threads"]
SIZES = {"mem_ballooned": "Ballooned", "mem_swapped": "Swapped"}
UNITS = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40, "kB/s": 1e3, "MB/s": 1e6, "%": 0.01}

# What stands in the rows: {key, class, cells by the column's key}.
TABLE = """
const keys = [...document.querySelectorAll('#vms th')].map((th) => th.dataset.key);
return [...document.querySelectorAll('#vms tbody tr')].map((row) => ({
  key: row.dataset.key, state: row.classList[0],
  cells: Object.fromEntries([...row.cells].map((td, i) => [keys[i], td.innerText])),
}));
"""

# Lets a function change each answer of /api/v1/hosts: alter(answer, offset).
ALTER = """
const real = window.realFetch ??= window.fetch;
const alter = new Function('answer', 'offset', arguments[0]);
window.fetch = async (url, options) => {
  const got = await real(url, options);
  if (!String(url).startsWith('/api/v1/hosts')) return got;
  const answer = await got.json();
  alter(answer, +new URL(url, location).searchParams.get('offset'));
  return new Response(JSON.stringify(answer), {headers: {'Content-Type': 'application/json'}});
};
"""

SILENT_AND_EMPTY = """
const [silent, empty, partial] = answer.hosts;
Object.assign(silent, {state: 'stale', behind_ms: 7 * 60e3, 'host.ready': 99});
for (const name of Object.keys(empty)) if (name.startsWith('host.')) delete empty[name];
Object.assign(empty, {state: 'unavailable', name: '<b>bold</b>',
                      status: {status: 'unavailable', reason: 'a sample is missing'}});
delete partial['host.mem_size'];
delete partial['host.costop'];
"""

# 1000 of 1100 with the first answer, the others with the next.
MANY = """
const one = answer.hosts[0] ?? window.oneHost;
window.oneHost = one;
const last = Math.min(offset + 1000, 1100);
answer.hosts = [];
for (let i = offset; i < last; i++)
  answer.hosts.push({...one, name: `many-${i}`, moid: `host-many-${i}`, 'host.ready': i / 100});
Object.assign(answer, {total: 1100, matched: 1100});
"""


def key_of(host):
    return f"{host['vcenter']}/{host['moid']}"


def near(text, want, label):
    """True if text is the number want, as a person reads it, in the last digit that is shown."""
    if want is None:
        return text == NONE
    number, _, unit = text.replace("\u202f", " ").partition(" ")
    if number.startswith("<"):
        return want <= float(number[1:]) * UNITS[unit] / 2 + 1e-12
    one = UNITS[unit] if unit else 1
    digits = len(number.partition(".")[2])
    half = 10.0 ** -digits if digits or len(number) >= 3 or label in COUNTS else 0.1
    return abs(float(number) * one - want) <= half * one * 0.51 + 1e-9


def expected(host):
    """The numbers of a row, by the column's key."""
    names = [*RATIOS, *COUNTS, *SIZES, "vcpus_per_thread", "mem_consumed", "mem_swapin"]
    return {name: host.get(f"host.{name}") for name in names}


def wrong_cells(row, host):
    cells = row["cells"]
    first = {name: text.split("\n")[0] for name, text in cells.items()}
    wrong = [(name, first[name], want) for name, want in expected(host).items()
             if not near(first[name], want, name)]
    of = cells["mem_consumed"].split("\n")
    if len(of) != 2 or not near(of[1].removeprefix("of "), host["host.mem_size"], "mem_size"):
        wrong.append(("mem_size", of, host["host.mem_size"]))
    words = {"mem_state": STATES[host["host.mem_state"]],
             "power_policy": POLICIES[host["host.power_policy"]],
             "name": f"{host['name']}\n{host['cluster']} · {host['vcenter']}"}
    return wrong + [(name, cells[name], text) for name, text in words.items() if cells[name] != text]


def hosts_table_shows_every_host(page):
    page.run("document.activeElement.blur()")
    page.press("h")
    page.until("the table of hosts", lambda: page.all("#vms[data-resource=hosts]"))
    page.settled()
    assert "resource=hosts" in page.run("return location.hash")

    def wrong():
        hosts = {key_of(host): host for host in page.api("hosts")["hosts"]}
        rows = page.run(TABLE)
        if len(hosts) < 2 or {row["key"] for row in rows} != set(hosts):
            return sorted(hosts), [row["key"] for row in rows]
        return [(row["key"], *bad) for row in rows for bad in wrong_cells(row, hosts[row["key"]])]
    shown_as(page, wrong)
    assert page.one("#list .found").text == f"{len(page.api('hosts')['hosts'])} hosts"
    help_ = next(q for q in page.api("quantities")["quantities"] if q["name"] == "host.ready")["help"]
    assert help_ in page.one("#vms th[data-key=ready]").get_attribute("title")
    assert page.run("return document.querySelector('#list .scroll').scrollWidth <= "
                    "document.querySelector('#list .scroll').clientWidth"), "the table is too wide"
    page.shot("hosts")


def hosts_are_sorted_by_ready(page):
    assert page.one("#vms th[data-key=ready]").get_attribute("aria-sort") == "descending"
    ready = page.run("return [...document.querySelectorAll('#vms tbody tr:not(.stale)')]"
                     ".map((row) => row.dataset.ready)")
    numbers = [float(one) for one in ready if one != ""]
    assert len(numbers) >= 2 and numbers == sorted(numbers, reverse=True), numbers


def value_of(host, key):
    """What a column is sorted by; None where it is not known."""
    if key == "name":
        return host["name"].lower()
    if key == "time":
        return host["time"]
    value = host.get(f"host.{key}")
    if key == "mem_consumed":
        size = host.get("host.mem_size")
        return value / size if value is not None and size else None
    return POLICIES[value] if key == "power_policy" and value is not None else value


def hosts_sort_by_every_column(page):
    keys = [th.get_attribute("data-key") for th in page.all("#vms th")]
    assert len(keys) == len(page.all("#vms th button")) == 18, keys
    for key in keys:
        seen = set()
        for _ in range(2):
            page.one(f"#vms th[data-key={key}] button").click()
            page.settled()
            sort = page.one(f"#vms th[data-key={key}]").get_attribute("aria-sort")
            seen.add(sort)

            def wrong(key=key, sort=sort):
                hosts = {key_of(host): host for host in page.api("hosts")["hosts"]}
                values = [value_of(hosts[row["key"]], key) for row in page.run(TABLE)]
                known = [value for value in values if value is not None]
                want = sorted(known, reverse=sort == "descending")
                return None if known and values == want + [None] * (len(values) - len(want)) else (
                    key, sort, values)
            shown_as(page, wrong)
        assert seen == {"ascending", "descending"}, (key, seen)
    page.go("#/?resource=hosts")


def hosts_are_searched(page):
    host = page.api("hosts")["hosts"][-1]
    page.run("document.activeElement.blur()")
    page.press("/")
    page.until("search has the focus", lambda: page.run("return document.activeElement.id") == "search")
    assert "host" in page.one("#search").get_attribute("placeholder")
    page.press(f"{host['cluster']} {host['name'].upper()}")
    page.until("one host", lambda: page.one("#vms").get_attribute("data-matched") == "1")
    assert [row["key"] for row in page.run(TABLE)] == [key_of(host)]
    assert page.one("#list .found").text == f"1 of {page.api('hosts')['total']}"
    page.press(Keys.ESCAPE, "/", "no such host anywhere")
    page.until("an empty table says so", lambda: page.one(".empty").is_displayed())
    assert "host" in page.one(".empty").text
    page.press(Keys.ESCAPE)
    page.until("all hosts again", lambda: len(page.run(TABLE)) > 1)
    page.settled()


def hosts_open_by_keys_and_mouse(page):
    page.run("document.activeElement.blur()")
    page.press("j", "j")
    key = page.one("#vms tr.selected").get_attribute("data-key")
    assert key == page.run(TABLE)[1]["key"]
    name = page.run("return document.activeElement.textContent")
    page.press(Keys.ENTER)
    page.until("the host", lambda: page.all("#host h1") and page.one("#host h1").text == name)
    page.settled()
    page.press(Keys.ESCAPE)
    page.until("the hosts", lambda: page.all("#vms[data-resource=hosts]") and
               page.one("#list").is_displayed())
    page.settled()
    page.until("the row has the focus again", lambda: page.run(
        "return document.activeElement.closest('tr')?.dataset.key") == key)
    row = page.one("#vms tbody tr")
    name = row.find_element(By.CSS_SELECTOR, "a.name").text
    row.find_element(By.CSS_SELECTOR, "td.strong").click()
    page.until("the first host", lambda: page.all("#host h1") and page.one("#host h1").text == name)
    page.settled()
    page.press(Keys.ESCAPE)
    page.settled()


def altered(page, script):
    page.run(ALTER, script)
    page.go("#/")
    page.go("#/?resource=hosts")


def silent_and_unknown_hosts_are_told(page):
    hosts = page.api("hosts")["hosts"]
    silent, empty, partial = (key_of(host) for host in hosts[:3])
    altered(page, SILENT_AND_EMPTY)
    rows = {row["key"]: row for row in page.run(TABLE)}
    for order in ("", "&order=asc"):
        page.go("#/?resource=hosts" + order)
        listed = [row["key"] for row in page.run(TABLE)]
        assert listed[-2:] == [silent, empty], (order, listed)
    assert rows[silent]["state"] == "stale" and "7 min silent" in rows[silent]["cells"]["time"]
    cells = rows[empty]["cells"]
    assert cells["name"].startswith("<b>bold</b>\n"), cells["name"]
    assert "a sample is missing" in cells["time"], cells["time"]
    assert {text for key, text in cells.items() if key not in ("name", "time")} == {NONE}, cells
    assert rows[partial]["cells"]["costop"] == NONE
    assert "of" not in rows[partial]["cells"]["mem_consumed"]
    page.go("#/?resource=hosts&state=stale")
    assert [row["key"] for row in page.run(TABLE)] == [silent]


def many_hosts_are_cut_into_pages(page):
    altered(page, MANY)
    assert page.one("#list .found").text.replace("\u202f", "") == "1100 hosts"
    rows = page.run(TABLE)
    assert len(rows) == 50 and rows[0]["key"].endswith("/host-many-1099"), rows[0]["key"]
    page.press("]")
    page.until("the second page", lambda: page.run(TABLE)[0]["key"].endswith("/host-many-1049"))
    page.settled()
    page.run("window.fetch = window.realFetch")
    page.go("#/?resource=hosts")
    assert len(page.run(TABLE)) == min(50, page.api("hosts")["total"])


def unknown_column_of_hosts_is_told(page):
    page.go("#/?resource=hosts&sort=nonsense")
    assert "nonsense" in page.one("#banner").text
    page.go("#/")
    assert not page.one("#banner").is_displayed()
    page.run("document.activeElement.blur()")  # a row that has it draws the next table to itself


HOST_CHECKS = [hosts_table_shows_every_host, hosts_are_sorted_by_ready, hosts_sort_by_every_column,
               hosts_are_searched, hosts_open_by_keys_and_mouse, silent_and_unknown_hosts_are_told,
               many_hosts_are_cut_into_pages, unknown_column_of_hosts_is_told]
