# SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
"""An HTTP receiver for tests: strict about what it gets, and with a script of faults. What a body
means is the business of a handler: handler(path, headers, body, plain) -> (status, headers, text),
where `plain` is the body unpacked, and headers are dicts ({} = none)."""
import collections
import gzip
import http.server
import socket
import struct
import threading
import time
import zlib


class Fault:
    """What happens to one request, `times` requests in a row.

    status, text, headers   the answer, instead of the handler's
    cut                     no answer: the connection ends "before" the body was read, in the
                            "middle" of it, or "after" it
    keep                    the handler gets the body all the same
    delay                   seconds before the answer (or the cut)
    gap                     requests that go well before it happens
    """

    def __init__(self, name, status=None, text="", headers=None, cut=None, keep=False, delay=0.0,
                 times=1, gap=2):
        self.name, self.status, self.text, self.headers = name, status, text, headers or {}
        self.cut, self.keep, self.delay = cut, keep, delay
        self.left, self.gap = times, gap

    def answers(self):
        return self.status is not None


Seen = collections.namedtuple("Seen", "number time fault status size")


def unsnap(body):
    import snappy  # only who uses it needs it
    return snappy.decompress(body)


UNPACK = {"": bytes, "identity": bytes, "gzip": gzip.decompress, "snappy": unsnap}


class Receiver:
    """with Receiver(handler) as receiver: ... receiver.url ...; afterwards receiver.wrong is what
    was not as it should be, receiver.seen each request, receiver.script what did not happen."""

    def __init__(self, handler, script=(), content_type=None, encoding=None, port=0):
        """port: 0 = any free one."""
        self.handler, self.script, self.port = handler, collections.deque(script), port
        self.content_type, self.encoding = content_type, encoding
        self.lock = threading.Lock()
        self.wrong, self.seen, self.happened = [], [], []
        self.good_in_a_row = self.number = 0

    def __enter__(self):
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 60
            disable_nagle_algorithm = True

            def do_POST(self):
                receiver.serve(self)

            def do_GET(self):
                receiver.serve(self)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def complain(self, what):
        with self.lock:
            self.wrong.append(what)

    def next_fault(self):
        """The fault that is due, if any."""
        with self.lock:
            self.number += 1
            if not self.script or self.good_in_a_row < self.script[0].gap:
                return self.number, None
            fault = self.script[0]
            fault.left -= 1
            if fault.left <= 0:
                self.script.popleft()
                self.good_in_a_row = 0
            self.happened.append(fault.name)
            return self.number, fault

    def serve(self, peer):
        number, fault = self.next_fault()
        size = int(peer.headers.get("Content-Length", 0))
        began = time.monotonic()
        if fault is not None and fault.cut in ("before", "middle"):
            if fault.cut == "middle":
                peer.rfile.read(size // 2)
            time.sleep(fault.delay)
            self.cut(peer)
            status = None
        else:
            status = self.answer(peer, fault, peer.rfile.read(size))
        with self.lock:
            self.seen.append(Seen(number, began, fault.name if fault else None, status, size))
            if fault is None and status is not None and status < 300:
                self.good_in_a_row += 1

    def answer(self, peer, fault, body):
        """The status that was answered, or None."""
        plain = self.check(peer, body) if peer.command == "POST" else b""
        status, headers, text = 204, {}, ""
        if plain is None:
            status = 400
        elif fault is None or fault.keep or not (fault.answers() or fault.cut):
            with self.lock:
                status, headers, text = self.handler(peer.path, peer.headers, body, plain)
        if fault is not None:
            time.sleep(fault.delay)
            if fault.cut:
                self.cut(peer)
                return None
            if fault.answers():
                status, headers, text = fault.status, fault.headers, fault.text
        try:
            self.say(peer, status, headers, text)
        except OSError:
            peer.close_connection = True  # the other side did not wait
        return status

    def check(self, peer, body):
        """The body unpacked, or None; complains of what is wrong with a request."""
        kind, packed = peer.headers.get("Content-Type"), peer.headers.get("Content-Encoding", "")
        if self.content_type is not None and kind != self.content_type:
            self.complain(f"Content-Type is {kind}, not {self.content_type}")
        if self.encoding is not None and body and packed != self.encoding:
            self.complain(f"Content-Encoding is {packed or 'none'}, not {self.encoding}")
        if peer.headers.get("Expect"):
            self.complain("the sender waits for 100 Continue")
        if peer.headers.get("Content-Length") is None:
            self.complain("there is no Content-Length")
        try:
            return UNPACK[packed](body)
        except (KeyError, OSError, EOFError, ValueError, zlib.error) as why:
            self.complain(f"{len(body)} bytes cannot be unpacked as {packed}: {why}")
            return None

    @staticmethod
    def cut(peer):
        """Ends the connection the hard way: what was not read is reset."""
        peer.close_connection = True
        peer.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.connection.close()

    @staticmethod
    def say(peer, status, headers, text):
        data = text if isinstance(text, bytes) else text.encode()
        peer.send_response(status)
        for name, value in headers.items():
            peer.send_header(name, value)
        if status != 204:
            peer.send_header("Content-Length", str(len(data)))
        peer.end_headers()
        if status != 204:
            peer.wfile.write(data)

    def statuses(self):
        """How often each status was answered; None = no answer."""
        with self.lock:
            return collections.Counter(seen.status for seen in self.seen)

    def after(self, name):
        """Seconds from each fault of this name until the next request."""
        with self.lock:
            order = sorted(self.seen, key=lambda seen: seen.number)
        return [later.time - seen.time for seen, later in zip(order, order[1:]) if seen.fault == name]


# --- InfluxDB line protocol ---

def parts(text, sign):
    """Parts between signs that no backslash stands before."""
    if "\\" not in text:
        return text.split(sign)
    found, part, escaped = [], "", False
    for c in text:
        if not escaped and c == sign:
            found.append(part)
            part = ""
        else:
            part += c
        escaped = c == "\\" and not escaped
    return found + [part]


def plain_text(text):
    for c in ", =":
        text = text.replace("\\" + c, c)
    return text


def pair(text):
    """(key, value) of key=value."""
    both = parts(text, "=")
    if len(both) != 2 or not all(both):
        raise ValueError(f"{text!r} is no pair")
    return plain_text(both[0]), plain_text(both[1])


def read_line(line):
    """(measurement, tags, {field: number}, time) of one line; ValueError if it is none."""
    words = parts(line, " ")
    if len(words) != 3:
        raise ValueError(f"{len(words)} words")
    measurement, *tags = parts(words[0], ",")
    keys = [pair(tag) for tag in tags]
    if not measurement or len(dict(keys)) != len(keys):
        raise ValueError("no measurement, or a tag twice")
    fields = [pair(field) for field in parts(words[1], ",")]
    if len(dict(fields)) != len(fields):
        raise ValueError("a field twice")
    return plain_text(measurement), dict(keys), \
        {name: float(value.removesuffix("i")) for name, value in fields}, int(words[2])


def read_lines(body):
    """Lines of one request: ([what read_line gives], [what is wrong with them])."""
    found, wrong, points = [], [], set()
    text = body.decode("utf-8", "replace")
    if text and not text.endswith("\n"):
        wrong.append(f"the last line is not whole: {text[-60:]!r}")
    for line in text.splitlines():
        try:
            measurement, tags, fields, stamp = read_line(line)
        except ValueError as why:
            wrong.append(f"{why}: {line[:200]}")
            continue
        for field in fields:
            point = (measurement, frozenset(tags.items()), field, stamp)
            if point in points:
                wrong.append(f"twice in one request: {point}")
            points.add(point)
        found.append((measurement, tags, fields, stamp))
    return found, wrong
