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

# The thread sanitizer sees an order that is missing where two threads meet over it. Orders between
# two cores need a simulator of weak memory: one more entry here.
THREADS = tuple(
    Killer(f"{program.rsplit('/', 1)[-1]} (threads)", "threads", program, kinds=("orders",))
    for program in ("tests/calls/test_threads", "tests/test_locks", "tests/test_interrupt")
)

KILLERS = THREADS


def unit_tests(build: Path) -> list[Killer]:
    command = ["ctest", "--show-only=json-v1", "-L", "unit"]
    tests = json.loads(subprocess.check_output(command, cwd=build, text=True))["tests"]
    programs = [Path(test["command"][0]).relative_to(build) for test in tests]
    return [Killer(program.name, UNIT, program.as_posix()) for program in programs]


def evidence(output: str) -> str:
    """What a program that failed says: the simulator's invariant, a test, a sanitizer."""
    violation = re.search(r"^violation: *(.*)", output, re.MULTILINE)
    if violation:
        return violation[1]
    failed = re.search(r"\[  FAILED  \] (?:\S+: )?(\w+)", output)
    begun = re.findall(r"\[ RUN      \] (\w+)", output)
    test = failed[1] if failed else begun[-1] if begun else "?"
    sanitizer = re.search(r"(?:ERROR|WARNING): (\w+Sanitizer: [\w-]+(?: race)?)", output)
    return f"{test}, {sanitizer[1]}" if sanitizer else test
