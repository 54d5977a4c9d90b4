# SPDX-License-Identifier: Apache-2.0
"""Spin over every model of this folder: it holds, and each fault that it lists is refuted.

A model is run for what must never happen (assertions, and end states where somebody waits for
ever); where it has an ltl under ALIVE, also for what must happen at last, with weak fairness.
"""

from __future__ import annotations

import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

MODELS = Path(__file__).resolve().parent
BUILD = MODELS.parents[1] / "build/prove/models"
SECONDS = 300  # of a machine that others use too
DEPTH = 1000000


class Run(NamedTuple):
    model: Path
    fault: str  # "": none
    alive: bool


class Verdict(NamedTuple):
    holds: bool
    states: int
    seconds: float
    how: str


def faults(model: Path) -> list[str]:
    return sorted(set(re.findall(r"^#ifn?def (\w+)$", model.read_text(), re.MULTILINE)) - {"ALIVE"})


def done(command: list[str], where: Path) -> str:
    result = subprocess.run(command, cwd=where, capture_output=True, text=True, timeout=SECONDS)
    if result.returncode != 0:
        raise SystemExit(f"prove: {' '.join(command)}: {result.stdout}{result.stderr}")
    return result.stdout


def explore(run: Run) -> Verdict:
    where = BUILD / run.model.stem / (run.fault or "none") / ("alive" if run.alive else "safe")
    where.mkdir(parents=True, exist_ok=True)
    defines = [f"-D{name}" for name in (run.fault, run.alive and "ALIVE") if name]
    done(["spin", "-a", *defines, str(run.model)], where)
    # Megabytes. All states are kept whole: no bit state, no hash compaction.
    flags = [] if run.alive else ["-DSAFETY"]
    done(["gcc", "-O1", "-w", "-DMEMLIM=2048", *flags, "-o", "pan", "pan.c"], where)
    said = done(["./pan", f"-m{DEPTH}", *(["-a", "-f"] if run.alive else [])], where)
    errors = re.search(r"errors: (\d+)", said)
    cut = "max search depth too small" in said or "reached -DMEMLIM" in said
    if errors is None or (cut and errors[1] == "0"):
        raise SystemExit(
            f"prove: {run.model.name} {run.fault}: not all states were seen:\n{said[-2000:]}"
        )
    states = re.search(r"(\d+) states, stored", said)
    spent = re.search(r"elapsed time ([\d.e+]+) seconds", said)
    how = re.search(r"^pan:1: (.*?)(?: \(at depth|$)", said, re.MULTILINE)
    return Verdict(
        errors[1] == "0",
        int(states[1]) if states else 0,
        float(spent[1]) if spent else 0.0,
        how[1] if how else "",
    )


def refuted(model: Path, fault: str) -> Verdict:
    """The first run that refutes the fault; the fast one first."""
    for alive in (True, False) if "#ifdef ALIVE" in model.read_text() else (False,):
        verdict = explore(Run(model, fault, alive))
        if not verdict.holds:
            break
    return verdict


def row(model: Path, what: str, verdict: Verdict) -> None:
    figures = f"{verdict.states:>9}{verdict.seconds:>9.1f}  {verdict.how}"
    print(f"{model.stem:<12}{what:<18}{figures}", flush=True)


def unlisted(model: Path) -> list[str]:
    """What the head of a model says of its faults is what can be put in."""
    listed = re.search(r"Faults: ([A-Z_, \n*]+?)\s*\*/", model.read_text())
    names = sorted(re.findall(r"[A-Z_]{2,}", listed[1])) if listed else []
    if names == faults(model):
        return []
    return [f"tests/models/{model.name}: lists the faults {names}, has {faults(model)}"]


def main() -> list[str]:
    models = sorted(MODELS.glob("*.pml"))
    wrong = [fault for model in models for fault in unlisted(model)]
    sound = [Run(model, "", False) for model in models]
    sound += [Run(model, "", True) for model in models if "#ifdef ALIVE" in model.read_text()]
    faulty = [(model, fault) for model in models for fault in faults(model)]
    print(f"{'model':<12}{'':<18}{'states':>9}{'seconds':>9}")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        holding = pool.map(explore, sound)
        refuting = pool.map(lambda pair: refuted(*pair), faulty)
        for run, verdict in zip(sound, holding):
            what = "at last" if run.alive else "never"
            row(run.model, f"{what} {'holds' if verdict.holds else 'FAILS'}", verdict)
            if not verdict.holds:
                wrong.append(f"tests/models/{run.model.name}: {verdict.how}")
        for (model, fault), verdict in zip(faulty, refuting):
            row(model, fault, verdict)
            if verdict.holds:
                wrong.append(f"tests/models/{model.name}: holds with the fault {fault}")
    if wrong:
        return wrong
    rows = (
        f"models searched | {len(models)} | by Spin; {len(faulty)} faults put into them are found\n"
    )
    keep = ["scripts/figures", "prove-models", "scripts/prove models"]
    subprocess.run(keep, cwd=MODELS.parents[1], input=rows, text=True, check=True)
    return wrong
