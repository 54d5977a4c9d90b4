# SPDX-License-Identifier: Apache-2.0
"""Faults that other stacks have, made again in ours: the patches in faults/.

A patch begins with a line "<row>: <what is wrong>". The row says whose fault it is: T or O and a
number is OpenAMP's, R rpmsg-lite's, E ESP-AMP's, N NuttX's; the others say it in words. To make
one: change runtime/, put what `git diff runtime` prints behind that line, `git checkout runtime`.
"""

from __future__ import annotations

import re
from pathlib import Path

from mutant import Mutant, Patch

HERE = Path(__file__).resolve().parent


def mutant(file: Path, kind: str) -> Mutant:
    lines = file.read_text()
    paths = tuple(re.findall(r"^\+\+\+ b/(\S+)", lines, re.MULTILINE))
    at = re.search(r"^@@ -(\d+)", lines, re.MULTILINE)
    if not re.match(r"[^\n:]+: \S", lines) or not paths or at is None:
        raise ValueError(
            f"{file.name} is no patch that begins with a line '<row>: <what is wrong>'"
        )
    # Three lines of context stand before the change.
    return Mutant(file.stem, kind, paths[0], int(at[1]) + 3, Patch(file, paths))


def mutants() -> list[Mutant]:
    return [mutant(file, "faults") for file in sorted(HERE.glob("faults/*.patch"))]


def canary(name: str) -> Mutant:
    """canary/dies must be killed, canary/lives must not."""
    return mutant(HERE / f"canary/{name}.patch", "canary")
