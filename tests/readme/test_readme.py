# SPDX-License-Identifier: Apache-2.0
"""The program that README.md shows is built from README.md, run as two processes, and prints
what README.md says it prints."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_readmes_program_prints_what_the_readme_says() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/page", "README.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_commands_of_the_first_screen_are_there() -> None:
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in ("demo", "test"):
        assert f"\nmake {target}\n" in page
        assert f"\n{target}: " in targets
