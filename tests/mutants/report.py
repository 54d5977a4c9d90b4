# SPDX-License-Identifier: Apache-2.0
"""What a run says: a line a mutant, totals by class, and what is wrong."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from bench import Verdict

EQUIVALENT = Path(__file__).resolve().parent / "equivalent.txt"
CLASSES = ("checks", "orders", "faults")
ID_WIDTH, PLACE_WIDTH = 66, 42


def equivalents() -> dict[str, str]:
    """Mutants that no test can tell from the original: id - reason, one a line."""
    lines = EQUIVALENT.read_text().splitlines()
    pairs = (line.split(" - ", 1) for line in lines if line and not line.startswith("#"))
    return dict(pairs)


def show(verdict: Verdict) -> None:
    mutant = verdict.mutant
    end = verdict.error and verdict.error.splitlines()[0] or verdict.killer or "survives"
    print(
        f"{mutant.id:<{ID_WIDTH}} {mutant.place.removeprefix('runtime/'):<{PLACE_WIDTH}} "
        f"{verdict.seconds:5.1f} s  {end}",
        flush=True,
    )


def complaints(
    verdicts: list[Verdict], known: dict[str, str], everything: set[str]
) -> Iterator[str]:
    for verdict in verdicts:
        name = verdict.mutant.id
        if verdict.error:
            yield f"{name}: {verdict.error}"
        elif verdict.killer and name in known:
            yield f"{name}: is killed, and is in {EQUIVALENT.name}; remove it there"
        elif not verdict.killer and name not in known:
            yield f"{name} ({verdict.mutant.place}): survives; write a test that fails with it"
    for name in known:
        if name not in everything:
            yield f"{name}: in {EQUIVALENT.name}, and no such mutant is made"


def totals(verdicts: list[Verdict], known: dict[str, str]) -> None:
    made: Counter[str] = Counter(verdict.mutant.kind for verdict in verdicts)
    killed = Counter(verdict.mutant.kind for verdict in verdicts if verdict.killer)
    same = Counter(verdict.mutant.kind for verdict in verdicts if verdict.mutant.id in known)
    print(f"\n{'class':<10}{'mutants':>8}{'killed':>8}{'equivalent':>12}{'survive':>9}")
    for name in CLASSES:
        if made[name]:
            alive = made[name] - killed[name] - same[name]
            print(f"{name:<10}{made[name]:>8}{killed[name]:>8}{same[name]:>12}{alive:>9}")


def keep(verdicts: list[Verdict], known: dict[str, str], root: Path) -> None:
    for kind in CLASSES:
        of_it = [verdict for verdict in verdicts if verdict.mutant.kind == kind]
        same = sum(verdict.mutant.id in known for verdict in of_it)
        if of_it:
            text = (
                f"mutants, {kind} | {len(of_it)} | {len(of_it) - same} killed, {same} equivalent\n"
            )
            command = f"scripts/mutants --class {kind}"
            figures = [root / "scripts/figures", f"mutants-{kind}", command]
            subprocess.run(figures, input=text, text=True, check=True)
