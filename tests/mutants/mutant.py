# SPDX-License-Identifier: Apache-2.0
"""A mutant: a small change of runtime/ that some test must not survive."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path


@dataclass(frozen=True)
class Edit:
    """Bytes [start, end) of the file become `text`."""

    start: int
    end: int
    text: bytes

    def apply(self, tree: Path, path: str) -> list[str]:
        data = (tree / path).read_bytes()
        (tree / path).write_bytes(data[: self.start] + self.text + data[self.end :])
        return [path]


@dataclass(frozen=True)
class Patch:
    """A file that git applies."""

    file: Path
    paths: tuple[str, ...]

    def apply(self, tree: Path, path: str) -> list[str]:
        # The tree lies in an ignored folder of the checkout, which git must not take for its own.
        environment = dict(os.environ, GIT_CEILING_DIRECTORIES=str(tree.parent))
        command = ["git", "apply", "--whitespace=nowarn", str(self.file)]
        result = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True)
        if result.returncode != 0:
            raise ValueError(f"{self.file.name} no longer applies: {result.stderr.strip()}")
        return list(self.paths)


@dataclass(frozen=True)
class Mutant:
    id: str
    kind: str  # checks, orders, faults
    path: str  # in the repository
    line: int
    change: Edit | Patch

    @property
    def place(self) -> str:
        return f"{self.path}:{self.line}"


def numbered(mutants: Iterable[Mutant]) -> list[Mutant]:
    """The second of an id is `id#2`."""
    seen: Counter[str] = Counter()
    result = []
    for mutant in mutants:
        seen[mutant.id] += 1
        number = seen[mutant.id]
        result.append(mutant if number == 1 else replace(mutant, id=f"{mutant.id}#{number}"))
    return result
