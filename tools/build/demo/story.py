"""story.py - what the demo shows: a made-up bank with a conflict, or a real bank given as files.

SPDX-License-Identifier: Apache-2.0
"""
import concurrent.futures
import subprocess

from ledger import SHEETS, Ledger, read_sheet, read_table
from network import DemoError, Refused

AT_ONCE = 4
STEP_S = 120
CHAOS_S = 30 # a real bank syncs for so long while its processes are killed
PHONES = ("13911110001", "13922220002")


class Story:
    """Runs the steps and keeps the figures of the summary."""

    def __init__(self, network, teller, bank):
        self.network = network
        self.teller = teller
        self.bank = bank
        self.ledger = Ledger()
        self.saved = 0
        self.failures = 0

    def check(self, seen, key, **parts):
        """A line with a tick, or the end of the demo."""
        if not seen:
            raise DemoError(f"{self.teller.text('failed')}: {self.teller.text(key, **parts)}")
        self.teller.saw(key, **parts)

    def each_branch(self, work):
        """Runs work(number) for every branch, a few at a time."""
        numbers = [row["number"] for row in read_table(self.bank / "branches.csv")]
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(work, numbers))

    # --- setting up --------------------------------------------------------------------------
    def open_network(self):
        names = {row["number"]: row["name"] for row in read_table(self.bank / "branches.csv")}
        self.network.start_server()
        self.teller.saw("server")

        def open_branch(number):
            node = self.network.start_branch(number)
            self.network.enrol(number, names[number])
            node.call("sync.cable", connected=False)
        for number in names:
            open_branch(number)
        joined = [node.call("node.status")["enrolled"] for node in self.network.branches.values()]
        self.check(all(joined) and len(joined) == len(names), "branches", n=len(joined))

    def import_all(self):
        """Each branch reads its own files while nobody can be reached."""
        self.teller.say("pulled")
        self.saved = sum(self.each_branch(self.import_branch))
        offline = [node.call("sync.status") for node in self.network.branches.values()]
        customers = len(self.ledger.of_all("customer"))
        self.check(not any(status["connected"] for status in offline)
                   and sum(status["records_waiting"] for status in offline) == self.saved,
                   "imported", n=self.saved, customers=customers)

    def import_branch(self, number):
        node = self.network.branches[number]
        saved = 0
        for sheet, kind in SHEETS:
            path = self.bank / number / f"{sheet}.csv"
            if path.exists():
                columns, rows = read_sheet(path)
                saved += node.import_rows(kind, columns, rows, f"import.{number}") if rows else 0
                self.ledger.note(number, kind, columns, rows)
        return saved

    def plug_in(self):
        self.teller.say("plugged")
        self.network.cable(True)
        self.check(self.network.wait_in_step(STEP_S), "in_step")

    def share(self, customer, branch):
        """The answer may be lost when the server is killed; asked again, it says so."""
        try:
            self.network.server.call("customer.share", actor="head.office", id=customer,
                                     branch=branch, on=True)
        except Refused as refusal:
            if not self.network.chaos_on or "already" not in str(refusal):
                raise

    # --- a real bank -------------------------------------------------------------------------
    def share_served(self):
        """Customers with an account elsewhere; see served.csv of banyan-gen."""
        rows = read_table(self.bank / "served.csv")
        ids = {row["fields"]["external_id"]: row["id"]
               for row in self.network.server.pages("record.list", kind="customer")}
        def share(row):
            self.share(ids[row["customer"]], row["branch"])
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(share, rows))
        for row in rows:
            self.ledger.share(row["branch"], row["customer"])
        caught_up = self.network.wait_caught_up(STEP_S)
        self.check(caught_up, "served", n=len({row["customer"] for row in rows}))

    def run_real_bank(self):
        self.open_network()
        self.import_all()
        self.teller.say("plugged")
        self.network.cable(True)
        if self.network.chaos_on:
            self.network.wait_caught_up(CHAOS_S)
            self.end_chaos()
        self.check(self.network.wait_caught_up(STEP_S), "caught_up")
        self.share_served()

    # --- a made-up bank ----------------------------------------------------------------------
    def run_made_up_bank(self):
        self.open_network()
        self.import_all()
        self.plug_in()
        self.share_one()
        self.network.cable(False)
        self.teller.say("offline_edits")
        edits = self.edit_offline()
        self.plug_in()
        self.see_edits(edits)
        self.decide(edits)

    def pick(self, number, nth):
        """A customer of a branch: a person with a mobile phone."""
        rows = [row for row in self.network.branches[number].pages("record.list", kind="customer")
                if row["fields"].get("mobile") and row["fields"]["type"] == "person"
                and row["fields"]["external_id"].startswith(number)]
        return sorted(rows, key=lambda row: row["fields"]["external_id"])[nth]

    def share_one(self):
        shared = self.pick("0001", 0)
        self.share(shared["id"], "0002")
        self.ledger.share("0002", shared["fields"]["external_id"])
        in_step = self.network.wait_in_step(STEP_S)
        got = self.get("0002", shared["id"])
        self.check(in_step and got["exists"], "shared", name=shared["fields"]["name"],
                   number=shared["fields"]["number"], home="0001", other="0002")
        self.shared = shared

    def get(self, number, record_id):
        node = self.network.server if number is None else self.network.branches[number]
        return node.call("record.get", kind="customer", id=record_id)

    def set_field(self, number, who, record, field, value):
        self.network.branches[number].save("record.save", who, kind="customer", id=record["id"],
                                           set={field: value})
        shown = self.get(number, record["id"])["fields"][field]
        self.check(shown == value, "edited", who=who, branch=number, field=field,
                   name=record["fields"]["name"], value=value)

    def edit_offline(self):
        created = self.create("0001", "li.na", "王小明", "0001-NEW1")
        changed, gone = self.pick("0003", 1), self.pick("0002", 2)
        self.set_field("0003", "chen.jie", changed, "occupation", "teacher")
        self.set_field("0001", "li.na", self.shared, "email", "new.address@example.com")
        self.set_field("0002", "zhang.wei", self.shared, "employer", "Riverside School")
        self.set_field("0001", "li.na", self.shared, "mobile", PHONES[0])
        self.set_field("0002", "zhang.wei", self.shared, "mobile", PHONES[1])
        self.network.branches["0002"].save("record.remove", "zhang.wei", kind="customer", id=gone["id"])
        self.ledger.remove("0002", "customer", gone["fields"]["external_id"])
        self.check(not self.get("0002", gone["id"])["exists"], "removed", who="zhang.wei", branch="0002",
                   name=gone["fields"]["name"])
        self.kill_one("0001")
        return {"created": created, "changed": changed, "gone": gone}

    def create(self, number, who, name, external_id):
        node = self.network.branches[number]
        made = node.save("record.save", who, kind="customer", set={
            "type": "person", "name": name, "sex": "male", "mobile": "13800138000",
            "external_id": external_id})
        self.ledger.add(number, "customer", external_id)
        shown = self.get(number, made["number"])
        self.check(shown["fields"]["name"] == name, "created", who=who, branch=number, name=name,
                   number=made["number"])
        return shown

    def kill_one(self, number):
        node = self.network.branches[number]
        before = node.call("sync.status")["ops_waiting"]
        node.kill_and_restart()
        node.wait_ready()
        after = node.call("sync.status")
        self.check(after["ops_waiting"] == before and not after["connected"], "killed", branch=number,
                   n=before)

    def see_edits(self, edits):
        created, changed = self.get(None, edits["created"]["id"]), self.get(None, edits["changed"]["id"])
        gone = self.get(None, edits["gone"]["id"])
        self.check(created["exists"] and changed["fields"]["occupation"] == "teacher"
                   and not gone["exists"], "arrived")
        views = [self.get(number, self.shared["id"])["fields"] for number in (None, "0001", "0002")]
        self.check(all(view["email"] == "new.address@example.com" and view["employer"] == "Riverside School"
                       for view in views), "both_kept")

    def decide(self, edits):
        server = self.network.server
        listed = list(server.pages("conflict.list", state="open"))
        shown = server.call("conflict.show", id=listed[0]["id"]) if len(listed) == 1 else {"candidates": []}
        found = {(one["branch"], one["actor"], one["values"].get("mobile")): one
                 for one in shown["candidates"]}
        wanted = [("0001", "li.na", PHONES[0]), ("0002", "zhang.wei", PHONES[1])]
        self.check(set(wanted) <= set(found), "conflict")
        for branch, who, value in wanted:
            self.teller.detail("candidate", branch=branch, who=who, value=value,
                               at=found[branch, who, value]["at"])
        before = self.get(None, self.shared["id"])["fields"]["mobile"]
        pick = next(one for key, one in found.items() if key[2] != before)
        value, note = pick["values"]["mobile"], "asked the customer by phone"
        server.save("conflict.resolve", "zhao.min", id=shown["id"], pick=pick["dot"], note=note)
        self.check(self.network.wait_in_step(STEP_S) and self.agreed(shown["id"], value, "resolved", note),
                   "resolved", value=value, note=note)
        server.save("conflict.undo", "zhao.min", id=shown["id"], note="the customer called back")
        self.check(self.network.wait_in_step(STEP_S) and self.agreed(shown["id"], before, "undone", None),
                   "undone", value=before)

    def agreed(self, conflict, value, state, note):
        """Both branches and head office hold the value, and know how it came about."""
        for number in (None, "0001", "0002"):
            node = self.network.server if number is None else self.network.branches[number]
            seen = node.call("conflict.show", id=conflict)
            if self.get(number, self.shared["id"])["fields"]["mobile"] != value or seen["state"] != state:
                return False
            if note is not None and seen["decision"]["note"] != note:
                return False
        return True

    def end_chaos(self):
        self.network.stop_chaos()
        self.teller.say("chaos", n=self.network.kills)

    # --- the end -----------------------------------------------------------------------------
    def sum_up(self, seconds):
        if self.network.chaos_on:
            self.end_chaos()
        converged = self.network.wait_in_step(STEP_S)
        self.check(converged, "in_step")
        lost, duplicated = self.ledger.compare(self.network)
        self.check(lost == 0 and duplicated == 0, "ledger", lost=lost, dup=duplicated)
        counts = self.network.server.call("network.counts")
        of_kinds = {kind: count for kind, count in counts["records"].items() if kind != "branch"}
        summary = {
            "branches": len(self.network.branches), "customers": counts["customers"],
            "records": sum(of_kinds.values()), "by_kind": of_kinds, "ops": counts["ops"],
            "converged": converged, "lost": lost, "duplicated": duplicated,
            "conflicts": sum(counts["conflicts"].values()), "quarantined": counts["quarantined"],
            "kills": self.network.kills, "seconds": round(seconds(), 1),
        }
        self.check(converged and counts["quarantined"] == 0, "counts", customers=counts["customers"],
                   records=summary["records"], ops=counts["ops"], conflicts=summary["conflicts"],
                   s=summary["seconds"])
        return summary


def generate(program, arguments):
    """Runs banyan-gen; its complaint becomes ours."""
    done = subprocess.run([str(program), *arguments], stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise DemoError(done.stderr.strip().splitlines()[0] if done.stderr else "banyan-gen failed")
