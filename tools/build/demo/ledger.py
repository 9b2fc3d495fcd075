"""ledger.py - what must be where, worked out from the input files alone, and what is there.

SPDX-License-Identifier: Apache-2.0
"""
import collections
import csv

# Sheet, kind, and the columns that are references.
SHEETS = (("customers", "customer"), ("holdings", "holding"), ("orders", "order"),
          ("transactions", "transaction"), ("interactions", "interaction"))
REFERENCES = {"customer": "customer:external_id", "holding": "holding:external_id"}


def read_sheet(path):
    """Columns as an import names them, and rows."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    return [REFERENCES.get(name, name) for name in rows[0]], rows[1:]


def read_table(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class Ledger:
    """External ids by kind: of the whole network and of each branch."""

    def __init__(self):
        self.home = collections.defaultdict(lambda: collections.defaultdict(set))
        self.hanging = collections.defaultdict(set)  # customer -> {(kind, id)}
        self.shared = collections.defaultdict(set)   # branch -> customers of others it serves

    def note(self, branch, kind, columns, rows):
        at = columns.index("external_id")
        customer = columns.index("customer:external_id") if "customer:external_id" in columns else None
        for row in rows:
            self.home[branch][kind].add(row[at])
            if customer is not None and row[customer]:
                self.hanging[row[customer]].add((kind, row[at]))

    def share(self, branch, customer):
        self.shared[branch].add(customer)

    def add(self, branch, kind, external_id):
        self.home[branch][kind].add(external_id)

    def remove(self, branch, kind, external_id):
        self.home[branch][kind].discard(external_id)

    def kinds(self):
        return sorted({kind for kinds in self.home.values() for kind in kinds})

    def of_branch(self, branch, kind):
        ids = set(self.home[branch][kind])
        for customer in self.shared[branch]:
            if kind == "customer":
                ids.add(customer)
            ids |= {one for of_kind, one in self.hanging[customer] if of_kind == kind}
        return ids

    def of_all(self, kind):
        return set().union(*(kinds[kind] for kinds in self.home.values()))

    def compare(self, network):
        """(lost, duplicated) over the server and every branch."""
        lost = duplicated = 0
        for kind in self.kinds():
            for node, wanted in [(network.server, self.of_all(kind))] + [
                    (node, self.of_branch(number, kind)) for number, node in network.branches.items()]:
                found = collections.Counter(row["fields"].get("external_id")
                                            for row in node.pages("record.list", kind=kind))
                lost += len(wanted - set(found))
                duplicated += sum(count - (one in wanted) for one, count in found.items())
        return lost, duplicated
