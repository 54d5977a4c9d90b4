# SPDX-License-Identifier: Apache-2.0
"""Calls a C compiler on generated files."""

from __future__ import annotations

import subprocess
from pathlib import Path

from conftest import ROOT

WARNINGS = "-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror".split()
NANOPB_SETTINGS = ["-DPB_BUFFER_ONLY", "-DPB_NO_ERRMSG"]


def includes(out: Path, nanopb: Path) -> list[str]:
    return [f"-I{out}", f"-I{ROOT / 'runtime' / 'include'}", "-isystem", str(nanopb)]


def compile_files(command: list[str], out: Path, nanopb: Path, scratch: Path) -> None:
    """Compile every .c file below out. The objects go to scratch."""
    objects = scratch / "objects"
    objects.mkdir(exist_ok=True)
    files = sorted(str(path) for path in out.rglob("*.c"))
    assert files, f"there is nothing to compile in {out}"
    options = [*NANOPB_SETTINGS, *includes(out, nanopb), "-c"]
    run([*command, *options, *files], objects)


def run(command: list[str], cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
    return done.stdout
