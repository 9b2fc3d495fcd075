#!/usr/bin/env python3
"""main.py - tells the main job of Banyan with real processes; started by tools/demo.

SPDX-License-Identifier: Apache-2.0
"""
import argparse
import contextlib
import json
import locale
import os
import pathlib
import signal
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.dont_write_bytecode = True

from network import DemoError, Network, Refused  # noqa: E402
from story import Story, generate  # noqa: E402
from words import Teller  # noqa: E402


def default_lang():
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(name):
            return os.environ[name]
    return locale.getlocale()[0] or "en"


def read_arguments():
    parser = argparse.ArgumentParser(prog="tools/demo", description=(
        "Shows branches that work while cut off, and one customer base once they are back."))
    parser.add_argument("--once", action="store_true",
                        help="end after the story; status 0 only if all of it was seen")
    parser.add_argument("--json", action="store_true", help="print only a summary, as JSON")
    parser.add_argument("--data", type=pathlib.Path, metavar="DIR",
                        help="a bank in the format of PKDD'99 (*.asc) instead of a made-up one")
    parser.add_argument("--chaos", type=int, metavar="MS", default=0,
                        help="kill -9 the server and a branch every MS milliseconds")
    parser.add_argument("--lang", default=default_lang(), metavar="zh|en", help="language of the story")
    parser.add_argument("--at", type=pathlib.Path, metavar="DIR", help="folder of the stores (demo-data)")
    parser.add_argument("--bin", type=pathlib.Path, metavar="DIR",
                        help="programs already built; nothing is installed or compiled")
    parser.add_argument("--people", type=int, default=450, metavar="N", help="size of the made-up bank")
    parser.add_argument("--seed", type=int, default=20260101, metavar="S", help="of the made-up bank")
    arguments = parser.parse_args()
    if arguments.chaos < 0 or arguments.people < 60:
        parser.error("--chaos wants 0 or more, --people 60 or more")
    return arguments


def print_hints(teller, programs, network):
    branch, server = network.folder / "0001", network.folder / "server"
    name = f"{programs}/banyan"
    teller.line("")
    teller.line(teller.text("try"))
    for command in (f"{name} --at {branch} sync cable off",
                    f"{name} --at {branch} customer list --limit 5",
                    f"{name} --at {branch} customer add --set type=person --set name=李雷 --as li.na",
                    f"{name} --at {branch} sync status",
                    f"{name} --at {branch} sync cable on",
                    f"{name} --at {server} customer search lilei",
                    f"{name} --at {server} conflict list --state any",
                    f"{name} --at {server} branch list"):
        teller.line(f"    {command}")
    teller.line(teller.text("try_end"))


def tell(arguments, teller, programs, bank):
    began = time.monotonic()
    if arguments.data:
        generate(programs / "banyan-gen", ["berka", "--from", arguments.data, "--out", bank])
    else:
        generate(programs / "banyan-gen", ["bank", "--branches", "3", "--people", str(arguments.people),
                                           "--seed", str(arguments.seed), "--out", bank])
    with Network(arguments.at, programs, arguments.seed) as network:
        story = Story(network, teller, bank)
        if arguments.chaos:
            network.start_chaos(arguments.chaos)
        if arguments.data:
            story.run_real_bank()
        else:
            story.run_made_up_bank()
        summary = story.sum_up(lambda: time.monotonic() - began)
        if arguments.json:
            print(json.dumps(summary), flush=True)
        if not arguments.once and not arguments.json:
            print_hints(teller, programs, network)
            with contextlib.suppress(KeyboardInterrupt):
                threading.Event().wait()
    teller.line(teller.text("ended"))


def stop(*_):
    raise KeyboardInterrupt


def main():
    root = pathlib.Path(__file__).resolve().parents[3]
    arguments = read_arguments()
    arguments.at = arguments.at or root / "demo-data"
    programs = (arguments.bin or root / "build" / "bin").absolute()
    teller = Teller(arguments.lang, quiet=arguments.json)
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGHUP, stop)
    try:
        with tempfile.TemporaryDirectory(prefix="banyan-demo-") as bank:
            tell(arguments, teller, programs, pathlib.Path(bank))
    except KeyboardInterrupt:
        return 130
    except (DemoError, Refused, OSError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
