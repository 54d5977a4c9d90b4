# SPDX-License-Identifier: Apache-2.0
"""What kills mutants: programs that fail when the runtime does not keep its promises."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

# A hang counts as killed. Many times what any of them takes.
SECONDS = 20


@dataclass(frozen=True)
class Killer:
    name: str
    preset: str  # of CMakePresets.json, the build that it is of
    program: str  # in the build's folder; its target too
    arguments: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ("checks", "faults", "canary")  # of mutants
    seconds: int = SECONDS


# The unit tests of this build are killers, all that ctest knows; not of orders, which they
# cannot see.
UNIT = "mutants"

# Of orders, in this turn. Between the contexts of a core the thread sanitizer sees the one that is
# missing; between cores the simulator's memory is weak, and what it says names promise and seed;
# what a peer needs that is not ours, or that was refused, is a matter of which access is which; and
# what the compiler may do shows where it optimizes.
KILLERS = (
    Killer("test_orders", "threads", "tests/calls/test_orders", kinds=("orders",)),
    Killer("sim", "sim", "tests/sim/weft_sim", ("run", "-n", "10000"), ("orders",), seconds=120),
    Killer("test_accesses", UNIT, "tests/test_accesses", kinds=("orders",)),
    Killer("test_linux_accesses", UNIT, "tests/test_linux_accesses", kinds=("orders",)),
    Killer("test_once", "sim", "tests/test_once", kinds=("orders",)),
)


def unit_tests(build: Path) -> list[Killer]:
    command = ["ctest", "--show-only=json-v1", "-L", "unit"]
    tests = json.loads(subprocess.check_output(command, cwd=build, text=True))["tests"]
    programs = [Path(test["command"][0]).relative_to(build) for test in tests]
    return [Killer(program.name, UNIT, program.as_posix()) for program in programs]


def evidence(output: str) -> str:
    """What a program that failed says: a promise of the simulator, a test or input, a sanitizer."""
    violation = re.search(r"^violation: *(.*)", output, re.MULTILINE)
    if violation:
        seed = re.search(r"^  seed (\d+)", output, re.MULTILINE)
        return f"{violation[1]} (seed {seed[1]})" if seed else violation[1]
    sanitizer = re.search(r"(?:ERROR|WARNING): (\w+Sanitizer: [\w-]+(?: race)?)", output)
    if sanitizer:
        output = output[: sanitizer.start()]
    failed = re.search(r"\[  FAILED  \] (?:\S+: )?(\w+)", output)
    begun = re.findall(r"\[ RUN      \] (\w+)", output)
    inputs = re.findall(r"^/\S*/corpus/\w+/(\S+)$", output, re.MULTILINE)
    last = begun[-1] if begun else f"input {inputs[-1]}" if inputs else "?"
    test = failed[1] if failed else last
    return f"{test}, {sanitizer[1]}" if sanitizer else test
