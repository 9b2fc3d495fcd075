"""network.py - a server and its branches as real processes in one folder, and how to talk to them.

SPDX-License-Identifier: Apache-2.0
"""
import ctypes
import fcntl
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import threading
import time

MARKER = ".banyan-demo"
SOCKET_PATH_MAX = 107
START_S = 20
CALL_S = 60
RETRY_S = 0.02
PORTS = (20000, 32000)
PORT_TRIES = 5
IMPORT_ROWS = 500
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)


class DemoError(Exception):
    """What stops the demo, in a sentence for people."""


class Refused(Exception):
    """The daemon said no."""

    def __init__(self, error):
        super().__init__(error.get("text", "") or error.get("code", ""))
        self.code = error.get("code", "")


def die_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def free_ports(count):
    """Ports nobody listens on, below those the system hands out by itself: a server that is killed
    finds them free again."""
    found = []
    while len(found) < count:
        port = random.SystemRandom().randrange(*PORTS)
        with socket.socket() as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                one.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in found:
            found.append(port)
    return found


class Node:
    """One daemon: its folder, its process, its control socket."""

    def __init__(self, network, name, program, settings):
        self.network = network
        self.name = name
        self.folder = network.folder / name
        self.socket = self.folder / "control.sock"
        self.log = network.folder / f"{name}.log"
        self.settings = settings
        self.program = network.programs / program
        self.process = None
        self.lock = threading.Lock()
        if len(os.fsencode(self.socket)) > SOCKET_PATH_MAX:
            raise DemoError(f"{self.socket}: longer than a socket's name may be; choose a shorter --at")

    def spawn(self):
        command = [str(self.program), "--data", str(self.folder)]
        for setting in self.settings:
            command += ["--set", setting]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            start_new_session=True, preexec_fn=die_with_parent)

    def wait_ready(self):
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            try:
                return self.call("node.status", retry=False)
            except OSError:
                if self.process.poll() is not None and not self.network.chaos_on:
                    tail = self.log.read_text(errors="replace").splitlines()[-3:]
                    raise DemoError(f"{self.name} ended at once: " + " / ".join(tail)) from None
                time.sleep(RETRY_S)
        raise DemoError(f"{self.name} does not answer; see {self.log}")

    def kill_and_restart(self):
        """As a power cut would: no chance to say goodbye."""
        with self.lock:
            self.process.kill()
            self.process.wait()
            self.spawn()

    def ask(self, op, args, actor):
        request = {"id": 1, "op": op, "args": args}
        if actor:
            request["actor"] = actor
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(CALL_S)
            line.connect(str(self.socket))
            line.sendall(json.dumps(request, ensure_ascii=False).encode() + b"\n")
            with line.makefile("rb") as answers:
                for text in answers:
                    answer = json.loads(text)
                    if "ok" in answer:
                        return answer
        raise ConnectionResetError(f"{self.name} went away")

    def call(self, op, actor=None, retry=True, **args):
        """The result; a daemon that is just starting again is asked again when `retry`."""
        deadline = time.monotonic() + CALL_S
        while True:
            try:
                answer = self.ask(op, args, actor)
                break
            except (ConnectionError, FileNotFoundError, TimeoutError):
                if not retry or not self.network.chaos_on and self.process.poll() is not None:
                    raise
                if time.monotonic() > deadline:
                    raise DemoError(f"{self.name} does not answer {op}") from None
                time.sleep(RETRY_S)
        if not answer["ok"]:
            raise Refused(answer["error"])
        return answer["result"]

    def save(self, op, actor, **args):
        """A change, named so that asking twice is harmless."""
        return self.call(op, actor=actor, request=self.network.new_id(), **args)

    def import_rows(self, kind, columns, rows, actor):
        """Rows as `banyan import` sends them; the number saved, or an error with the first reason."""
        saved = 0
        for first in range(0, len(rows), IMPORT_ROWS):
            result = self.save("import.rows", actor, kind=kind, columns=columns,
                               rows=rows[first:first + IMPORT_ROWS], first_row=first + 2)
            if result["failed"]:
                bad = next(row for row in result["rows"] if row["state"] == "error")
                raise DemoError(f"{self.name}: {kind} row {bad['row']}: {bad['column']}: {bad['text']}")
            saved += len(result["rows"])
        return saved

    def pages(self, op, **args):
        """All rows of a listing."""
        after = None
        while True:
            result = self.call(op, limit=1000, **args, **({"after": after} if after else {}))
            yield from result["rows"]
            after = result["next"]
            if not after:
                return


class Network:
    """The folder, the server, the branches. Use as a context: nothing is left behind."""

    def __init__(self, folder, programs, seed):
        self.folder = pathlib.Path(folder).absolute()
        self.programs = pathlib.Path(programs)
        self.random = random.Random(seed)
        self.branches = {}
        self.server = None
        self.chaos_on = False
        self.kills = 0
        self.closing = threading.Event()
        self.chaos_thread = None

    def new_id(self):
        return f"{self.random.getrandbits(128):032x}"

    def __enter__(self):
        if self.folder.exists() and any(self.folder.iterdir()) and not (self.folder / MARKER).exists():
            raise DemoError(f"{self.folder} is not empty and was not made by the demo; "
                            "choose another with --at")
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.marker = open(self.folder / MARKER, "a")
        try:
            fcntl.flock(self.marker, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.marker.close()
            raise DemoError(f"another demo runs in {self.folder}; end it or choose another with --at") from None
        for entry in self.folder.iterdir():
            if entry.name != MARKER:
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        return self

    def __exit__(self, *_):
        self.stop_chaos()
        nodes = [node for node in [*self.branches.values(), self.server] if node and node.process]
        for node in nodes:
            if node.process.poll() is None:
                node.process.terminate()
        deadline = time.monotonic() + 5
        for node in nodes:
            try:
                node.process.wait(max(0.01, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                node.process.kill()
                node.process.wait()
        self.closing.set()
        self.marker.close()

    def start_server(self):
        for left in reversed(range(PORT_TRIES)):
            sync, enrol = free_ports(2)
            self.server = Node(self, "server", "banyan-server",
                               [f"listen.sync=tcp://127.0.0.1:{sync}",
                                f"listen.enrol=tcp://127.0.0.1:{enrol}"])
            self.server.spawn()
            try:
                self.server.wait_ready()
                return
            except DemoError as error:
                if "cannot listen" not in str(error) or not left:
                    raise

    def start_branch(self, number):
        node = Node(self, number, "banyan-branch", [])
        node.spawn()
        node.wait_ready()
        self.branches[number] = node
        return node

    def enrol(self, number, name):
        """The one-time code, spent at the branch."""
        node = self.branches[number]
        while True:
            made = self.server.call("branch.add", actor="head.office", branch=number, name=name)
            try:
                node.call("branch.join", actor="head.office", code=made["code"])
            except (Refused, ConnectionError) as error:
                if not self.chaos_on:
                    raise DemoError(f"{number} could not join: {error}") from None
            if node.call("node.status")["enrolled"]:
                return made

    def start_chaos(self, every_ms):
        """kill -9 of the server or of a branch, again and again; each starts again at once.

        The thread lives on after the last kill: its children would die with it.
        """
        def work():
            chance = random.Random(every_ms)
            while not self.closing.wait(every_ms / 1000 if self.chaos_on else 0.2):
                if not self.chaos_on:
                    continue
                nodes = [self.server, chance.choice([*self.branches.values(), self.server])]
                for node in dict.fromkeys(node for node in nodes if node and node.process):
                    node.kill_and_restart()
                    self.kills += 1
        self.chaos_on = True
        self.chaos_thread = threading.Thread(target=work, daemon=True)
        self.chaos_thread.start()

    def stop_chaos(self):
        self.chaos_on = False
        for node in [*self.branches.values(), self.server]:
            if node and node.process:
                with node.lock:
                    pass
        # Branches that met a dead server often wait long before their next try.
        for node in self.branches.values():
            if node.call("sync.status")["connected"]:
                node.call("sync.now")

    def cable(self, connected):
        for node in self.branches.values():
            node.call("sync.cable", connected=connected)

    def wait_caught_up(self, timeout_s):
        """True when nothing waits at any branch and each has read up to the server's head."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            head = self.server.call("network.counts")["head"]
            marks = (node.call("sync.status") for node in self.branches.values())
            if all(not mark["ops_waiting"] and mark["cursor"] == head for mark in marks):
                return True
            time.sleep(0.05)
        return False

    def wait_in_step(self, timeout_s):
        """True when every branch's digest is the server's digest of its view, at the same commit.

        The server reads its whole store for one digest, so the cheap marks come first.
        """
        deadline = time.monotonic() + timeout_s
        left = dict(self.branches)
        while left and self.wait_caught_up(deadline - time.monotonic()):
            left = {number: node for number, node in left.items() if not self.is_same(number, node)}
        return not left

    def is_same(self, number, node):
        mine = node.call("branch.digest")
        theirs = self.server.call("branch.view_digest", branch=number)
        return mine["digest"] == theirs["digest"] and mine["cursor"] == theirs["cseq"]
