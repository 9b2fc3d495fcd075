#!/usr/bin/env python3
"""daemons.py - one server and two branches as real processes: offline work, crashes, revocation.

usage: daemons.py BANYAN-SERVER BANYAN-BRANCH [unittest arguments]

Every process is started here on free ports of 127.0.0.1 in a folder of its own, and ended by its
pid.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

SERVER, BRANCH = sys.argv[1], sys.argv[2]
START_SECONDS = 60
WAIT_MS = 60000


class Refused(Exception):
    def __init__(self, error):
        super().__init__(f"{error['code']}: {error['text']} ({error.get('next')})")
        self.code = error["code"]
        self.text = error["text"]
        self.next = error.get("next")


class Daemon:
    """One process and its control socket."""

    def __init__(self, program, folder, *settings):
        self.command = [program, "--data", folder]
        for setting in settings:
            self.command += ["--set", setting]
        self.folder = folder
        self.process = None
        self.stream = None
        self.start()

    def start(self):
        log = open(self.folder + ".log", "ab")
        self.process = subprocess.Popen(self.command, stdout=log, stderr=log)
        log.close()
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self.connect()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    with open(self.folder + ".log", encoding="utf-8") as text:
                        raise AssertionError("does not start:\n" + text.read()) from None
                time.sleep(0.02)

    def connect(self):
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(os.path.join(self.folder, "control.sock"))
            self.stream = control.makefile("rwb")

    def ask(self, op, actor="li.na", **args):
        request = {"id": 1, "op": op, "actor": actor, "args": args}
        self.stream.write(json.dumps(request).encode() + b"\n")
        self.stream.flush()
        answer = json.loads(self.stream.readline())
        if not answer["ok"]:
            raise Refused(answer["error"])
        return answer["result"]

    def kill(self):
        self.end(signal.SIGKILL)

    def end(self, how=signal.SIGTERM):
        if self.stream is not None:
            self.stream.close()
            self.stream = None
        if self.process is not None and self.process.poll() is None:
            os.kill(self.process.pid, how)
        if self.process is not None:
            self.process.wait(timeout=START_SECONDS)
        return self.process.returncode if self.process is not None else 0


class Network(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="banyan-e2e-")
        self.daemons = []
        self.addCleanup(shutil.rmtree, self.root, ignore_errors=True)
        self.addCleanup(self.end_all)
        self.ports = [self.free_port(), self.free_port()]
        self.server = self.run_server("server")

    def end_all(self):
        for daemon in self.daemons:
            self.assertEqual(daemon.end(), 0, daemon.command)

    @staticmethod
    def free_port():
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]

    def run_server(self, name):
        daemon = Daemon(SERVER, os.path.join(self.root, name),
                        f"listen.sync=tcp://127.0.0.1:{self.ports[0]}",
                        f"listen.enrol=tcp://127.0.0.1:{self.ports[1]}")
        self.daemons.append(daemon)
        return daemon

    def run_branch(self, name):
        daemon = Daemon(BRANCH, os.path.join(self.root, name))
        self.daemons.append(daemon)
        return daemon

    def enrolled(self, name):
        branch = self.run_branch(name)
        code = self.server.ask("branch.add", name=name)
        joined = branch.ask("branch.join", code=code["code"])
        self.assertEqual(joined["branch"], code["branch"])
        self.assertEqual(joined["server_fingerprint"], code["fingerprint"])
        return branch, code["branch"]

    def in_step(self, *branches):
        # Twice: what one pushes the others have to hear of.
        for _ in range(2):
            for branch in branches:
                self.assertTrue(branch.ask("sync.wait", timeout_ms=WAIT_MS)["in_step"])

    def assert_same(self, branch, number):
        mine = branch.ask("branch.digest")
        theirs = self.server.ask("branch.view_digest", branch=number)
        self.assertEqual((mine["digest"], mine["records"]), (theirs["digest"], theirs["records"]))

    def test_offline_work_meets_and_a_person_decides(self):
        one, first = self.enrolled("brno")
        two, second = self.enrolled("praha")
        made = one.ask("record.save", kind="customer", set={"name": "王小明", "mobile": "13800138000"})
        self.in_step(one)
        self.server.ask("customer.share", id=made["number"], branch=second)
        self.in_step(two)
        seen = {"mobile": two.ask("record.get", kind="customer", id=made["number"])
                ["stamps"]["mobile"]["dot"]}
        for branch in (one, two):
            self.assertFalse(branch.ask("sync.cable", connected=False)["connected"])
        one.ask("record.save", kind="customer", id=made["id"], set={"mobile": "13900139000"}, seen=seen)
        two.ask("record.save", kind="customer", id=made["id"], set={"mobile": "13700137000"}, seen=seen)
        self.assertEqual(one.ask("sync.status")["records_waiting"], 1)
        with self.assertRaises(Refused) as refused:
            one.ask("sync.wait")
        self.assertEqual(refused.exception.code, "unreachable")
        for branch in (one, two):
            branch.ask("sync.cable", connected=True)
        self.in_step(one, two)
        for branch in (one, two, self.server):
            rows = branch.ask("conflict.list", state="open")["rows"]
            self.assertEqual([row["fields"] for row in rows], [["mobile"]])
        conflict = two.ask("conflict.show", id=rows[0]["id"])
        picked = conflict["candidates"][1]
        two.ask("conflict.resolve", id=conflict["id"], pick=picked["dot"], note="called back")
        self.in_step(two, one)
        for branch in (one, two, self.server):
            record = branch.ask("record.get", kind="customer", id=made["id"])
            self.assertEqual(record["fields"]["mobile"], picked["values"]["mobile"])
            self.assertFalse(record["disputed"])
        self.assert_same(one, first)
        self.assert_same(two, second)

    def test_nothing_acknowledged_is_lost_when_processes_are_killed(self):
        one, first = self.enrolled("brno")
        two, second = self.enrolled("praha")
        two.ask("sync.cable", connected=False)
        ids = []
        for round_ in range(3):
            for victim in (one, self.server, two):
                for branch in (one, two):
                    made = branch.ask("record.save", kind="customer", set={"name": f"Ann {len(ids)}"})
                    ids.append((branch, made["id"]))
                victim.kill()
                victim.start()
        for branch, id_ in ids:
            self.assertTrue(branch.ask("record.get", kind="customer", id=id_)["exists"])
        self.assertFalse(two.ask("sync.status")["connected"])  # a pulled cable survives a restart
        two.ask("sync.cable", connected=True)
        one.ask("sync.now")
        self.in_step(one, two)
        for _, id_ in ids:
            self.assertTrue(self.server.ask("record.get", kind="customer", id=id_)["exists"])
        self.assertEqual(self.server.ask("network.counts")["customers"], len(ids))
        for node in (one, two, self.server):
            self.assertEqual(node.ask("node.verify")["findings"], [])
        self.assert_same(one, first)
        self.assert_same(two, second)

    def test_a_save_asked_twice_across_a_crash_is_done_once(self):
        one, _ = self.enrolled("brno")
        request = "000102030405060708090a0b0c0d0e0f"
        made = one.ask("record.save", kind="note", set={"title": "call"}, request=request)
        one.kill()
        one.start()
        again = one.ask("record.save", kind="note", set={"title": "call"}, request=request)
        self.assertEqual(again["id"], made["id"])
        self.assertEqual(len(one.ask("record.list", kind="note")["rows"]), 1)

    def test_a_revoked_key_gets_nothing_and_leaves_an_audit_line(self):
        one, first = self.enrolled("brno")
        two, second = self.enrolled("praha")
        two.ask("record.save", kind="customer", set={"name": "Before"})
        self.in_step(one, two)
        self.server.ask("branch.revoke", actor="head", branch=second)
        two.ask("record.save", kind="customer", set={"name": "After"})
        customers = self.server.ask("network.counts")["customers"]
        deadline = time.monotonic() + START_SECONDS
        while two.ask("sync.status")["state"] in ("live", "greeting", "connecting"):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        two.kill()
        two.start()
        two.ask("sync.now")
        with self.assertRaises(Refused) as refused:
            two.ask("sync.wait", timeout_ms=2000)
        self.assertEqual(refused.exception.code, "again")
        one.ask("record.save", kind="customer", set={"name": "Others go on"})
        self.in_step(one)
        self.assertEqual(self.server.ask("network.counts")["customers"], customers + 1)
        self.assertEqual(two.ask("sync.status")["records_waiting"], 1)
        self.assertEqual(two.ask("record.list", kind="customer", where=["name=After"])["rows"][0]
                         ["fields"]["name"], "After")
        self.assert_audited("branch.revoke", "head")
        self.assert_refused()
        self.assert_same(one, first)

    def assert_audited(self, action, actor):
        audit = self.server.ask("audit.list", limit=1000)
        self.assertIsNone(audit["broken_at"])
        self.assertIn((action, actor), [(line["action"], line["actor"]) for line in audit["rows"]])

    def assert_refused(self):
        """Refused handshakes reach the audit at the next tick."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            actions = [line["action"] for line in self.server.ask("audit.list", limit=1000)["rows"]]
            if any("refus" in action for action in actions):
                return
            self.assertLess(time.monotonic(), deadline, actions)
            time.sleep(0.05)

    def test_a_branch_whose_file_is_gone_ends_instead_of_losing_saves(self):
        branch, _ = self.enrolled("harbour")
        file, aside = os.path.join(branch.folder, "data.mdb"), os.path.join(self.root, "aside")
        os.rename(file, aside)
        self.assertEqual(branch.process.wait(timeout=START_SECONDS), 1)
        with open(branch.folder + ".log", encoding="utf-8") as log:
            self.assertIn("removed while open", log.read())
        os.rename(aside, file)
        branch.end()
        branch.start()

    def test_a_program_refuses_the_folder_of_the_other_one(self):
        branch = self.run_branch("harbour")
        branch.end()
        found = subprocess.run([SERVER, "--data", branch.folder], capture_output=True, text=True,
                               timeout=START_SECONDS, check=False)
        self.assertEqual(found.returncode, 5)
        self.assertIn("store of a branch", found.stdout + found.stderr)
        branch.start()

    def test_a_restored_branch_is_refused_and_audited(self):
        branch, _ = self.enrolled("harbour")
        branch.ask("record.save", kind="note", set={"title": "before"})
        branch.ask("sync.wait", timeout_ms=WAIT_MS)
        branch.end()
        copy = os.path.join(self.root, "copy")
        shutil.copytree(branch.folder, copy)
        branch.start()
        branch.ask("record.save", kind="note", set={"title": "after"})
        branch.ask("sync.wait", timeout_ms=WAIT_MS)
        branch.end()
        shutil.rmtree(branch.folder)
        os.rename(copy, branch.folder)
        branch.start()
        deadline = time.monotonic() + START_SECONDS
        while branch.ask("sync.status")["state"] != "stopped":
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        self.assert_audited("hello.refused", "")

    def test_a_code_is_good_for_one_machine(self):
        one = self.run_branch("brno")
        two = self.run_branch("praha")
        code = self.server.ask("branch.add", name="Brno")["code"]
        one.ask("branch.join", code=code)
        with self.assertRaises(Refused):
            two.ask("branch.join", code=code)
        with self.assertRaises(Refused) as refused:
            two.ask("branch.join", code=code[:-4] + "0000")
        self.assertEqual(refused.exception.code, "invalid")
        self.assertFalse(two.ask("node.status")["enrolled"])

    def test_rows_of_a_file_go_in_and_reach_the_server(self):
        one, first = self.enrolled("brno")
        rows = [[f"C{i}", f"Jan Novak {i}"] for i in range(1000)]
        done = one.ask("import.rows", kind="customer", columns=["external_id", "name"], rows=rows)
        self.assertEqual((done["saved"], done["failed"]), (1000, 0))
        rows = [[f"C{i % 1000}", f"A{i}", "account"] for i in range(1000)]
        done = one.ask("import.rows", kind="holding",
                       columns=["customer:external_id", "external_id", "type"], rows=rows)
        self.assertEqual((done["saved"], done["failed"]), (1000, 0))
        self.in_step(one)
        counts = self.server.ask("network.counts")
        self.assertEqual(counts["records"]["customer"], 1000)
        self.assertEqual(counts["records"]["holding"], 1000)
        found = self.server.ask("customer.search", text="Novak 777")["rows"]
        self.assertEqual(found[0]["name"], "Jan Novak 777")
        self.assert_same(one, first)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]] + sys.argv[3:])
