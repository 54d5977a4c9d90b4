# SPDX-License-Identifier: Apache-2.0
"""A copy of the tree in which mutants are made, built and run, one after the other."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from killers import UNIT, Killer, evidence, unit_tests
from mutant import Mutant

# What scripts/setup has fetched, used in place.
SHARED = ("venv", "nanopb")


class BrokenError(Exception):
    """The tree does not build or test as it is; nothing can be said of mutants."""


@dataclass(frozen=True)
class Result:
    passed: bool
    output: str
    hung: bool = False


@dataclass(frozen=True)
class Verdict:
    mutant: Mutant
    killer: str | None  # and its evidence; None: it survived
    seconds: float
    error: str | None = None  # nothing can be said of it


def run(command: list[str], folder: Path, seconds: int = 600) -> Result:
    """With all of its children: a test may have made processes that hang with it."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    hung = False
    try:
        output = process.communicate(timeout=seconds)[0]
    except subprocess.TimeoutExpired:
        hung = True
        os.killpg(process.pid, signal.SIGKILL)
        output = process.communicate()[0]
    return Result(process.returncode == 0, output, hung)


class Bench:
    def __init__(self, root: Path, number: int) -> None:
        self.root = root
        self.tree = root / f"build/mutants/{number}"
        self.fetch()

    def fetch(self) -> None:
        """The checkout's files as they are now; what is the same keeps its time and objects."""
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.check_output(command, cwd=self.root, text=True).split("\0")
        paths = {path for path in listed if path and (self.root / path).is_file()}
        for path in paths:
            copy = self.tree / path
            copy.parent.mkdir(parents=True, exist_ok=True)
            if not copy.exists() or copy.read_bytes() != (self.root / path).read_bytes():
                shutil.copy(self.root / path, copy)
        for copy in self.tree.rglob("*"):
            path = copy.relative_to(self.tree).as_posix()
            if not path.startswith("build") and copy.is_file() and path not in paths:
                copy.unlink()
        (self.tree / "build").mkdir(exist_ok=True)
        for name in SHARED:
            link = self.tree / "build" / name
            if not link.is_symlink():
                link.symlink_to(self.root / "build" / name)

    def build_of(self, preset: str) -> Path:
        return self.tree / "build" / preset

    def configure(self, preset: str) -> None:
        result = run(["cmake", "--preset", preset], self.tree)
        if not result.passed:
            raise BrokenError(f"cmake --preset {preset}:\n{result.output}")

    def build(self, preset: str, *targets: str) -> Result:
        return run(["ninja", "-j1", "--quiet", *targets], self.build_of(preset))

    def attempt(self, killer: Killer) -> Result:
        folder = self.build_of(killer.preset)
        program = str(folder / killer.program)
        return run([program, *killer.arguments], folder, killer.seconds)

    def prepare(self, killers: list[Killer]) -> list[tuple[float, Killer]]:
        """Configure and build all; each must pass, and is given back with its time."""
        targets = {UNIT: ["all"]}
        for killer in killers:
            targets.setdefault(killer.preset, []).append(killer.program)
        for preset, programs in targets.items():
            self.configure(preset)
            built = self.build(preset, *programs)
            if not built.passed:
                raise BrokenError(f"{preset} does not build:\n{built.output}")
        timed = []
        for killer in [*killers, *unit_tests(self.build_of(UNIT))]:
            began = time.monotonic()
            result = self.attempt(killer)
            if not result.passed:
                raise BrokenError(f"{killer.name} fails with no mutant:\n{result.output}")
            timed.append((time.monotonic() - began, killer))
        return timed

    def judge(self, mutant: Mutant, killers: list[Killer]) -> tuple[Verdict, Killer | None]:
        """Apply it, try the killers until one kills, put back what it changed."""
        began = time.monotonic()

        def verdict(killer: str | None, error: str | None = None) -> Verdict:
            return Verdict(mutant, killer, time.monotonic() - began, error)

        try:
            changed = mutant.change.apply(self.tree, mutant.path)
        except ValueError as error:
            return verdict(None, str(error)), None
        try:
            for killer in killers:
                built = self.build(killer.preset, killer.program)
                if not built.passed:
                    return verdict(None, f"does not build:\n{built.output}"), None
                result = self.attempt(killer)
                if not result.passed:
                    how = " (does not end)" if result.hung else ""
                    said = f"{killer.name}: {evidence(result.output)}{how}"
                    return verdict(said), killer
            return verdict(None), None
        finally:
            for path in changed:
                shutil.copy(self.root / path, self.tree / path)
