# SPDX-License-Identifier: Apache-2.0
"""What the tests of the generator share: nanopb's trees, the command, the golden cases."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden"
ERRORS = ROOT / "tests" / "errors"
# The first is what is shipped and what the golden files come from; the other is the newest.
NANOPB = {
    version: ROOT / "build" / "nanopb" / f"nanopb-{version}" for version in ("0.4.7", "0.4.9.1")
}
GOLDEN_CASES = sorted(path.name for path in GOLDEN.iterdir() if (path / "in.proto").is_file())


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="write the golden files anew")


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


def run_weft(
    *arguments: str | Path, cwd: Path, nanopb: Path | None = None, env: dict[str, str] | None = None
) -> Ran:
    """The command as a user runs it, in a process of its own."""
    environment = {**os.environ, "NANOPB_DIR": str(nanopb or nanopb_tree()), **(env or {})}
    command = [sys.executable, "-m", "weft.cli", *map(str, arguments)]
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Ran(done.returncode, done.stdout, done.stderr)


def nanopb_tree(version: str = "0.4.7") -> Path:
    tree = NANOPB[version]
    assert (tree / "pb_decode.c").is_file(), f"nanopb {version} is missing: run scripts/setup test"
    return tree


def tool(name: str, package: str) -> str:
    found = shutil.which(name)
    assert found is not None, (
        f"{name} is missing: run scripts/setup ci, or install Debian's {package}"
    )
    return found


def golden_arguments(case: str) -> Sequence[str]:
    """What a golden case is generated with: said in its first line, else the one file."""
    first = (GOLDEN / case / "in.proto").read_text(encoding="utf-8").splitlines()[0]
    said = "// weft generate "
    return first[len(said) :].split() if first.startswith(said) else ["in.proto"]


def read_tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def write(tmp_path: Path):
    """Write a file below the test's own directory."""

    def write_file(name: str, text: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
        return path

    return write_file
