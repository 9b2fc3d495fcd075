#!/usr/bin/env python3
"""mutants.py - every mutant of the simulator must be caught, the program itself must not.

usage: mutants.py SEEDS PROGRAM MUTANT...

Prints which invariant caught which mutant at which seed.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import subprocess
import sys


def run(program, seeds):
    result = subprocess.run([program, "--seeds", f"1..{seeds}", "--jobs", "2", "--json"],
                            stdout=subprocess.PIPE, text=True, check=False)
    lines = result.stdout.splitlines()
    summary = json.loads(lines[-1]) if lines and lines[-1].startswith("{") else None
    return result.returncode, summary


def main():
    if len(sys.argv) < 4:
        sys.stderr.write(__doc__)
        return 2
    seeds, program, mutants = sys.argv[1], sys.argv[2], sys.argv[3:]
    status, summary = run(program, seeds)
    faults = 0 if status == 0 else 1
    print(f"{os.path.basename(program)}: {'passes' if status == 0 else 'FAILS'} seeds 1..{seeds}")
    for mutant in mutants:
        status, summary = run(mutant, seeds)
        name = os.path.basename(mutant)
        if status == 0:
            faults += 1
            print(f"{name}: SURVIVES {seeds} seeds")
        elif summary is None or summary["first_seed"] == 0:
            print(f"{name}: caught by an assertion")
        else:
            print(f"{name}: caught by invariant {summary['first_invariant']} "
                  f"at seed {summary['first_seed']}")
    print(f"{len(mutants)} mutants, {faults} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
