# SPDX-License-Identifier: Apache-2.0
"""The program that README.md shows is built from README.md, run as two processes, and prints
what README.md says it prints."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / "build/readme"  # where scripts/readme puts each named block, and builds
SECONDS = 30


def run_both_cores(socket: Path) -> subprocess.CompletedProcess[str]:
    device = subprocess.Popen([PLACE / "build/b", socket])
    try:
        return subprocess.run(
            [PLACE / "build/a", socket],
            stdout=subprocess.PIPE,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    finally:
        device.kill()
        device.wait()


def test_the_readmes_program_prints_what_the_readme_says() -> None:
    built = subprocess.run(
        [sys.executable, ROOT / "scripts/readme"], capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr
    with tempfile.TemporaryDirectory(
        prefix="weft-"
    ) as folder:  # short: a socket's path has 107 bytes
        ran = run_both_cores(Path(folder) / "socket")
    assert ran.returncode == 0
    assert ran.stdout == (PLACE / "output").read_text(encoding="utf-8")


def test_the_commands_of_the_first_screen_are_there() -> None:
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in ("demo", "test"):
        assert f"\nmake {target}\n" in page
        assert f"\n{target}: " in targets
