# SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
"""Stores of other people on loopback, each on an empty folder of the rig's, that tests can stop, kill
and start again over the data they have."""
import contextlib
import os
import shutil
import socket
import subprocess
import urllib.parse

from rig import fetch, free_port, wait_for


class Server:
    """One that runs. url, port and what else its maker told."""

    def __init__(self, rig, name, command, ready, **told):
        self.rig, self.name, self.command, self.ready = rig, name, command, ready
        self.__dict__.update(told)
        self.process = None
        self.start()

    def start(self):
        self.process = self.rig.start(self.name, *self.command)
        wait_for(self.name, self.ready, 60, self.process)

    def stop(self):
        """Asks it to end; its exit status."""
        return self.rig.stop(self.process)

    def kill(self):
        """kill -9"""
        self.rig.kill(self.process)


def listens(port):
    with contextlib.closing(socket.create_connection(("127.0.0.1", port), 1)):
        return True


def victoria(rig, *options, dedup="1ms", name="victoria"):
    """VictoriaMetrics: influx line protocol, remote write, Graphite (graphite_port)."""
    ports = [free_port() for _ in range(3)]
    url = f"http://127.0.0.1:{ports[0]}"
    return Server(
        rig, name,
        ["victoria-metrics", f"-httpListenAddr=127.0.0.1:{ports[0]}",
         f"-graphiteListenAddr=127.0.0.1:{ports[1]}", f"-opentsdbListenAddr=127.0.0.1:{ports[2]}",
         f"-storageDataPath={rig.path(name)}", "-retentionPeriod=12",
         f"-dedup.minScrapeInterval={dedup}", "-memory.allowedBytes=512MB", *options],
        lambda: fetch(f"{url}/health"), url=url, port=ports[0], graphite_port=ports[1])


def influx(rig, database):
    """InfluxDB 1 with an empty database."""
    http, rpc = free_port(), free_port()
    folder = rig.path("influx")
    os.mkdir(folder)
    with open(rig.path("influx.conf"), "w", encoding="utf-8") as conf:
        conf.write(f'reporting-disabled = true\nbind-address = "127.0.0.1:{rpc}"\n'
                   f'[meta]\ndir = "{folder}/meta"\n'
                   f'[data]\ndir = "{folder}/data"\nwal-dir = "{folder}/wal"\n'
                   'index-version = "tsi1"\nquery-log-enabled = false\n'
                   f'[http]\nbind-address = "127.0.0.1:{http}"\nlog-enabled = false\n'
                   '[monitor]\nstore-enabled = false\n')
    url = f"http://127.0.0.1:{http}"
    server = Server(rig, "influx", ["influxd", "run", "-config", rig.path("influx.conf")],
                    lambda: fetch(f"{url}/ping") == "",  # 204, no body
                    url=url, port=http)
    fetch(f"{url}/query", urllib.parse.urlencode({"q": f'CREATE DATABASE "{database}"'}))
    return server


def prometheus(rig, *options, out_of_order=None, scrape="", receiver=True, name="prometheus"):
    """Prometheus with its remote-write receiver. scrape: YAML of scrape_configs."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with open(rig.path(f"{name}.yml"), "w", encoding="utf-8") as out:
        out.write("global: {scrape_interval: 5s}\n" + (scrape or "scrape_configs: []\n"))
        if out_of_order:
            out.write(f"storage: {{tsdb: {{out_of_order_time_window: {out_of_order}}}}}\n")
    command = ["prometheus", f"--config.file={rig.path(name + '.yml')}",
               f"--storage.tsdb.path={rig.path(name)}", f"--web.listen-address=127.0.0.1:{port}",
               *options]
    if receiver:
        command.append("--web.enable-remote-write-receiver")
    return Server(rig, name, command, lambda: fetch(f"{url}/-/ready"), url=url, port=port)


def carbon(rig, retentions="20s:1d"):
    """carbon-cache: line_port for plaintext; whisper files below `folder`."""
    line, pickle, query = free_port(), free_port(), free_port()
    folder = rig.path("carbon")
    os.makedirs(f"{folder}/conf")
    with open(f"{folder}/conf/storage-schemas.conf", "w", encoding="utf-8") as out:
        out.write(f"[all]\npattern = .*\nretentions = {retentions}\n")
    with open(f"{folder}/conf/carbon.conf", "w", encoding="utf-8") as out:
        out.write(f"""[cache]
STORAGE_DIR = {folder}
CONF_DIR = {folder}/conf
LOG_DIR = {folder}/log
PID_DIR = {folder}
LOCAL_DATA_DIR = {folder}/whisper
USER =
MAX_CACHE_SIZE = inf
MAX_UPDATES_PER_SECOND = inf
MAX_CREATES_PER_MINUTE = inf
LINE_RECEIVER_INTERFACE = 127.0.0.1
LINE_RECEIVER_PORT = {line}
PICKLE_RECEIVER_INTERFACE = 127.0.0.1
PICKLE_RECEIVER_PORT = {pickle}
CACHE_QUERY_INTERFACE = 127.0.0.1
CACHE_QUERY_PORT = {query}
LOG_UPDATES = False
LOG_CREATES = False
ENABLE_LOGROTATION = False
""")
    os.makedirs(f"{folder}/log", exist_ok=True)
    # The file with the process id outlives a kill -9, and would stop the next start.
    command = ["sh", "-c", f"rm -f {folder}/carbon-cache-a.pid; exec carbon-cache "
               f"--config={folder}/conf/carbon.conf --nodaemon --debug start"]
    return Server(rig, "carbon", command, lambda: listens(line), line_port=line, query_port=query,
                  folder=f"{folder}/whisper")


def postgres(rig, database="vs"):
    """PostgreSQL 15 with an empty database, trusting loopback. `query(sql)` gives rows of texts."""
    port = free_port()
    folder = rig.path("postgres")
    programs = "/usr/lib/postgresql/15/bin"
    # The server refuses to be root.
    drop = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] \
        if os.getuid() == 0 else []
    os.chmod(rig.folder, 0o711)
    os.mkdir(folder, 0o700)
    if drop:
        shutil.chown(folder, "postgres", "postgres")
    subprocess.run([*drop, f"{programs}/initdb", "-D", folder, "-A", "trust", "-U", "postgres", "-E",
                    "UTF8", "--no-locale", "--no-sync"], check=True, capture_output=True, cwd="/")
    command = [*drop, f"{programs}/postgres", "-D", folder, "-p", str(port),
               "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={folder}"]
    connection = f"host=127.0.0.1 port={port} user=postgres"

    def query(sql, on=database):
        done = subprocess.run(["psql", "-XAtq", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-c", sql,
                               f"{connection} dbname={on}"], capture_output=True, text=True,
                              timeout=120, check=False)
        if done.returncode != 0:
            raise OSError(done.stderr.strip())
        return [line.split("\t") for line in done.stdout.splitlines()]

    server = Server(rig, "postgres", command, lambda: query("SELECT 1", "postgres"), port=port,
                    connection=f"{connection} dbname={database}", query=query, folder=folder)
    query(f'CREATE DATABASE "{database}"', "postgres")
    return server
