# SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
"""Headless Chromium with what the checks of the page ask of it."""
import json
import os
import shutil
import tempfile
import time
import urllib.parse
import urllib.request

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

FLAGS = """--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --hide-scrollbars
--disable-background-networking --disable-component-update --disable-sync --no-proxy-server
--disable-dev-shm-usage""".split()

# The contrast of every visible text with what is painted under it, below 4.5 : 1.
CONTRAST = """
const probe = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
const rgba = (text) => {
  probe.clearRect(0, 0, 1, 1); probe.fillStyle = text; probe.fillRect(0, 0, 1, 1);
  const [r, g, b, a] = probe.getImageData(0, 0, 1, 1).data; return [r, g, b, a / 255];
};
const over = (top, under) => top.slice(0, 3).map((c, i) => c * top[3] + under[i] * (1 - top[3]));
const light = (c) => { c /= 255; return c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4; };
const luminance = ([r, g, b]) => .2126 * light(r) + .7152 * light(g) + .0722 * light(b);
const under = (node) => {
  if (!node) return [255, 255, 255];
  const own = rgba(getComputedStyle(node).backgroundColor);
  return own[3] === 1 ? own : over(own, under(node.parentElement));
};
const bad = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let text; (text = walker.nextNode());) {
  const node = text.parentElement;
  if (!text.data.trim() || !node.checkVisibility() || node.closest('.visually-hidden, :disabled')) continue;
  if (node.closest('noscript, .skip')) continue;
  const back = under(node);
  let fade = 1;
  for (let up = node; up; up = up.parentElement) fade *= +getComputedStyle(up).opacity;
  const ink = rgba(getComputedStyle(node).color);
  const front = over([...ink.slice(0, 3), ink[3] * fade], back);
  const [a, b] = [luminance(front), luminance(back)].sort((x, y) => y - x);
  const ratio = (a + .05) / (b + .05);
  if (ratio < 4.5) bad.push(`${ratio.toFixed(2)} ${node.className || node.tagName}: ${text.data.trim().slice(0, 30)}`);
}
return [...new Set(bad)].slice(0, 8);
"""

# How many points of the canvas, a grid of 4000, have about this colour.
PIXELS = """
const [canvas, variable] = arguments;
const probe = document.createElement('canvas').getContext('2d');
const span = document.createElement('span');
span.style.color = `var(${variable})`;
document.body.append(span);
probe.fillStyle = getComputedStyle(span).color;
span.remove();
probe.fillRect(0, 0, 1, 1);
const want = probe.getImageData(0, 0, 1, 1).data;
const copy = document.createElement('canvas');
copy.width = canvas.width;
copy.height = canvas.height;
const pen = copy.getContext('2d', {willReadFrequently: true});
pen.drawImage(canvas, 0, 0);
let n = 0;
for (let i = 0; i < 80; i++) for (let k = 0; k < 50; k++) {
  const got = pen.getImageData(canvas.width * (i + .5) / 80, canvas.height * (k + .5) / 50, 1, 1).data;
  n += got[3] > 200 && [0, 1, 2].every((c) => Math.abs(got[c] - want[c]) < 12);
}
return n;
"""


class Page:
    def __init__(self, base, folder):
        self.base = base.rstrip("/")
        self.folder = folder
        self.profile = tempfile.mkdtemp(prefix="page_test.")
        options = Options()
        for flag in FLAGS:
            options.add_argument(flag)
        options.add_argument("--user-data-dir=" + self.profile)
        options.add_argument("--window-size=1440,1000")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.browser = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        self.browser.set_page_load_timeout(30)
        self.requests, self.console = [], []
        self.browser.get("about:blank")
        self.gather()  # what the browser's own first tab asked for
        self.requests, self.console = [], []

    def close(self):
        self.browser.quit()
        shutil.rmtree(self.profile, ignore_errors=True)

    def api(self, path, **params):
        query = "?" + urllib.parse.urlencode(params) if params else ""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(self.base + "/api/v1/" + path + query, timeout=20) as answer:
            return json.load(answer)

    def run(self, script, *arguments):
        return self.browser.execute_script(script, *arguments)

    def one(self, selector):
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector):
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def press(self, *keys):
        for key in keys:
            webdriver.ActionChains(self.browser).send_keys(key).perform()

    def until(self, what, condition, patience=10):
        end = time.monotonic() + patience
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > end:
                raise AssertionError(f"not within {patience} s: {what}")
            time.sleep(0.1)

    def settled(self):
        """The address that is in the bar is the one that is shown."""
        script = """const main = document.getElementById('main');
            return !main.hasAttribute('aria-busy') && main.dataset.shown === location.hash"""
        self.until("the page has loaded", lambda: self.run(script), 20)

    def go(self, hash_):
        self.run("location.hash = arguments[0]", hash_)
        self.settled()
        self.run("scrollTo(0, 0)")  # the focus may have moved to a row far below

    def shot(self, name):
        if self.folder:
            self.browser.save_screenshot(os.path.join(self.folder, name + ".png"))

    def gather(self):
        """Moves what the browser logged since the last call into requests and console."""
        for entry in self.browser.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                self.requests.append(message["params"]["request"]["url"])
        self.console += self.browser.get_log("browser")
