# SPDX-License-Identifier: Apache-2.0
"""Contracts: which functions of runtime/ have one, and what Frama-C's WP says of them."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/prove"
GOAL_SECONDS = 10
# One function, as our style writes it: braces in column 0, perhaps a contract before it.
FUNCTION = re.compile(
    r"(?:/\*@(?P<contract>(?:(?!\*/).)*)\*/\n)?"
    r"^\w[\w *]*?\b(?P<name>\w+)\([^;{}]*\)\n\{\n(?P<body>.*?)^\}",
    re.MULTILINE | re.DOTALL,
)
GOAL = re.compile(r"^\[wp\] \[([^\]]*)\] Goal typed_(\w+) : (\w+)([^\n]*)", re.MULTILINE)


class Function(NamedTuple):
    path: Path
    name: str
    contract: str | None
    body: str
    body_at: int


class Goal(NamedTuple):
    function: str
    name: str
    proved: bool
    seconds: float


def functions(path: Path) -> list[Function]:
    return [
        Function(path, found["name"], found["contract"], found["body"], found.start("body"))
        for found in FUNCTION.finditer(path.read_text())
    ]


def sources() -> list[Path]:
    return sorted(path for path in (ROOT / "runtime").rglob("*.[ch]") if path.name != "check.h")


def under_contract() -> dict[Path, list[Function]]:
    found = {path: [f for f in functions(path) if f.contract] for path in sources()}
    return {path: those for path, those in found.items() if those}


def faults() -> list[str]:
    """Checks that no contract speaks of, and contracts that were not read."""
    header = (ROOT / "runtime/include/weft/check.h").read_text()
    missing = set(re.findall(r"^\tX\((\w+),", header, re.MULTILINE))
    found = []
    for path in sources():
        text, those = path.read_text(), functions(path)
        name = path.relative_to(ROOT)
        for function in those:
            for check in re.findall(r"\bWEFT_CHECK\((\w+),", function.body):
                missing.discard(check)
                if r"\result" not in (function.contract or ""):
                    found.append(
                        f"{name}: {function.name}() checks {check}, and has no contract on \\result"
                    )
        if text.count("/*@") != sum(1 for function in those if function.contract):
            found.append(f"{name}: a contract that stands before no function")
    return found + [
        f"{check}: declared in weft/check.h, and no function checks it" for check in missing
    ]


def environment() -> dict[str, str]:
    """Why3 keeps what it knows of provers in a file of ours."""
    config = BUILD / "why3.conf"
    env = dict(os.environ, WHY3CONFIG=str(config))
    if not config.exists():
        BUILD.mkdir(parents=True, exist_ok=True)
        subprocess.run(["why3", "config", "detect"], env=env, check=True, capture_output=True)
    return env


def seconds(text: str) -> float:
    return sum(
        float(number) * (0.001 if unit == "ms" else 1)
        for number, unit in re.findall(r"([\d.]+)(ms|s)\b", text)
    )


def prove(source: Path, names: list[str], goal_seconds: int = GOAL_SECONDS) -> list[Goal]:
    """WP's goals for the named functions of a source, which may be a changed copy of one."""
    unit = BUILD / "units" / (re.sub(r"\W", "_", str(source.relative_to(ROOT))) + ".c")
    unit.parent.mkdir(parents=True, exist_ok=True)
    prelude = ROOT / "tests/prove/prelude.h"
    unit.write_text(f'#include "{prelude}"\n#include "{source}"\n')
    include = f"-I{ROOT}/runtime/include -I{ROOT}/runtime"
    command = ["frama-c", "-c11", f"-cpp-extra-args={include}", str(unit)]
    command += ["-kernel-warn-key", "annot:missing-spec=inactive"]
    command += ["-wp", "-wp-rte", "-wp-prover", "z3", "-wp-timeout", str(goal_seconds)]
    command += ["-wp-par", str(os.cpu_count()), "-wp-cache", "none", "-wp-fct", ",".join(names)]
    command += ["-wp-session", str(BUILD / "session")]
    result = subprocess.run(command, env=environment(), capture_output=True, text=True, cwd=BUILD)
    if result.returncode != 0:
        raise SystemExit(f"prove: frama-c does not understand {source}:\n{result.stdout[-3000:]}")
    goals = []
    for prover, name, verdict, rest in GOAL.findall(result.stdout):
        owner = max((n for n in names if name.startswith(n + "_")), key=len, default="?")
        goals.append(
            Goal(owner, f"{name} ({prover}: {verdict})", verdict == "Valid", seconds(rest))
        )
    return goals


def axioms() -> list[str]:
    """Each axiom of the prelude has its theorem over bit vectors, and Z3 proves it."""
    wanted = re.findall(r"\baxiom (\w+):", (ROOT / "tests/prove/prelude.h").read_text())
    command = ["z3", f"-T:{GOAL_SECONDS}", str(ROOT / "tests/prove/bits.smt2")]
    said = subprocess.run(command, capture_output=True, text=True).stdout.split()
    verdicts = dict(zip(said[::2], said[1::2]))
    proved = [axiom for axiom in wanted if verdicts.get(axiom) == "unsat"]
    print(f"{'axioms about bits':<34}{len(wanted):>6}{len(proved):>7}")
    return [
        f"tests/prove/bits.smt2: axiom {axiom}: {verdicts.get(axiom, 'no theorem of that name')}"
        for axiom in wanted
        if verdicts.get(axiom) != "unsat"
    ]


def main() -> list[str]:
    wrong = faults()
    print(f"{'function':<34}{'goals':>6}{'proved':>7}{'seconds':>9}")
    wrong += axioms()
    count = total = 0
    for path, those in under_contract().items():
        goals = prove(path, [function.name for function in those])
        for function in those:
            mine = [goal for goal in goals if goal.function == function.name]
            unproved = [goal.name for goal in mine if not goal.proved]
            spent = sum(goal.seconds for goal in mine)
            print(f"{function.name:<34}{len(mine):>6}{len(mine) - len(unproved):>7}{spent:>9.2f}")
            wrong += [f"{path.relative_to(ROOT)}: not proved: {goal}" for goal in unproved]
            if not any("_ensures" in goal.name for goal in mine):
                wrong.append(f"{path.relative_to(ROOT)}: {function.name}: WP saw no promise of it")
            total += len(mine)
        count += len(those)
    if wrong:
        return wrong
    rows = f"functions proved | {count} | by Frama-C and Z3, {total} goals\n"
    keep = ["scripts/figures", "prove-contracts", "scripts/prove contracts"]
    subprocess.run(keep, cwd=ROOT, input=rows, text=True, check=True)
    return wrong
