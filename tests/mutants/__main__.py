# SPDX-License-Identifier: Apache-2.0
"""Make mutants of runtime/, one at a time, and show what kills each.

    checks   each check on what a peer says left out, and off by one
    orders   each memory order, fence and compiler barrier weakened
    faults   faults of other stacks, made again as patches
ID: a mutant's, or a part of it. Exits 1 when one survives that equivalent.txt does not name.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import checks
import orders
import patches
from bench import Bench, BrokenError, Verdict
from killers import KILLERS, Killer
from mutant import Mutant
from report import CLASSES, ID_WIDTH, complaints, equivalents, keep, show, totals

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "scripts"))
import trouble  # noqa: E402


def all_mutants(classes: list[str]) -> list[Mutant]:
    made = {
        "checks": lambda: checks.mutants(ROOT),
        "orders": lambda: orders.mutants(ROOT),
        "faults": patches.mutants,
    }
    return [mutant for name in CLASSES if name in classes for mutant in made[name]()]


class Run:
    """Workers take mutants from one list. Who killed the last one of a file is the next's first."""

    def __init__(self, mutants: list[Mutant], timed: list[tuple[float, Killer]]) -> None:
        self.left = iter(mutants)
        """Those of orders in the turn that killers.py has them in, the others by their time."""
        self.killers = [killer for _, killer in timed if killer in KILLERS]
        by_time = sorted(timed, key=lambda each: each[0])
        self.killers += [killer for _, killer in by_time if killer not in KILLERS]
        self.last: dict[str, Killer] = {}
        self.verdicts: list[Verdict] = []
        self.lock = threading.Lock()

    def killers_of(self, mutant: Mutant) -> list[Killer]:
        usable = [killer for killer in self.killers if mutant.kind in killer.kinds]
        return sorted(usable, key=lambda killer: killer != self.last.get(mutant.path))

    def work(self, bench: Bench) -> None:
        while True:
            with self.lock:
                mutant = next(self.left, None)
                if mutant is None:
                    return
                killers = self.killers_of(mutant)
            verdict, killer = bench.judge(mutant, killers)
            with self.lock:
                if killer is not None:
                    self.last[mutant.path] = killer
                self.verdicts.append(verdict)
                show(verdict)


def canary_faults(bench: Bench, timed: list[tuple[float, Killer]]) -> Iterator[str]:
    """The machinery is alive: it kills what must die, and lets live what is no change."""
    for name, dies in (("dies", True), ("lives", False)):
        run = Run([patches.canary(name)], timed)
        run.work(bench)
        (verdict,) = run.verdicts
        if verdict.error:
            yield verdict.error
        elif dies and not verdict.killer:
            yield f"canary {name}: nothing is ever received, and no test fails"
        elif not dies and verdict.killer:
            yield f"canary {name}: killed, and nothing was changed"


def share(text: str) -> slice:
    """Every Nth mutant from the Ith on: N runs of one share each make them all."""
    first, _, step = text.partition("/")
    if not (first.isdecimal() and step.isdecimal() and int(first) < int(step)):
        raise argparse.ArgumentTypeError(f"'{text}' is not I/N with I from 0 to N - 1, as 2/5")
    return slice(int(first), None, int(step))


def chosen(classes: list[str], ids: list[str]) -> list[Mutant]:
    mutants = all_mutants(classes)
    for part in ids:
        if not any(part in mutant.id for mutant in mutants):
            raise BrokenError(
                f"{part}: no mutant has that in its id; scripts/mutants --list has them"
            )
    return [mutant for mutant in mutants if not ids or any(part in mutant.id for part in ids)]


def measure(mutants: list[Mutant]) -> list[Verdict]:
    killers = [killer for killer in KILLERS if any(m.kind in killer.kinds for m in mutants)]
    benches = [Bench(ROOT, number) for number in range(os.cpu_count() or 1)]
    with ThreadPoolExecutor(len(benches)) as pool:
        timed, *_ = pool.map(lambda bench: bench.prepare(killers), benches)
        for fault in canary_faults(benches[0], timed):
            raise BrokenError(fault)
        run = Run(mutants, timed)
        list(pool.map(run.work, benches))
    return run.verdicts


def main() -> int:
    parser = trouble.Parser(
        prog="scripts/mutants", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--class", dest="classes", action="append", choices=CLASSES)
    parser.add_argument("--list", action="store_true", help="only say which there are")
    parser.add_argument(
        "--share", type=share, default=slice(None), metavar="I/N", help=share.__doc__
    )
    parser.add_argument("ids", nargs="*", metavar="ID")
    arguments = parser.parse_args()
    classes = arguments.classes or list(CLASSES)
    began = time.monotonic()
    try:
        mutants = chosen(classes, arguments.ids)[arguments.share]
        if arguments.list:
            print("\n".join(f"{m.id:<{ID_WIDTH}} {m.place}" for m in mutants))
            return 0
        verdicts = measure(mutants)
    except (BrokenError, ValueError) as error:
        print(f"mutants: {error}", file=sys.stderr)
        return 2
    known = equivalents()
    totals(verdicts, known)
    everything = {mutant.id for mutant in all_mutants(list(CLASSES))}
    found = list(complaints(verdicts, known, everything)) + checks.undeclared(ROOT)
    print(f"{len(verdicts)} mutants in {time.monotonic() - began:.0f} s on {os.cpu_count()} cores")
    for each in found:
        print(f"mutants: {each}", file=sys.stderr)
    if not found and not arguments.ids and arguments.share == slice(None):
        keep(verdicts, known, ROOT)
    return 1 if found else 0


if __name__ == "__main__":
    trouble.run(main)
