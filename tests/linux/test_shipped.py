# SPDX-License-Identifier: Apache-2.0
"""What a board's Linux is given, examples/linux: docs/linux.md quotes it, and udev can read it.
What systemd says of the units is for scripts/lint."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "examples/linux"
RULES = SHIPPED / "99-weft-rpmsg.rules"
# udev(7): keys that we use, with the operators that each may have, separated by commas.
MATCHES = "ACTION|KERNEL|SUBSYSTEM"
SETS = r"GROUP|MODE|TAG|RUN|ENV\{\w+\}"
PART = re.compile(rf'(?:(?:{MATCHES})==|(?:{SETS})\+?=)"[^"]*"')


def read(rules: str) -> list[str]:
    """Lines that udev would not take."""
    lines = [line for line in rules.splitlines() if line and not line.startswith("#")]
    return [line for line in lines if not all(map(PART.fullmatch, line.split(", ")))]


@pytest.mark.parametrize("file", sorted(SHIPPED.iterdir()), ids=lambda path: path.name)
def test_the_page_quotes_what_is_shipped(file: Path) -> None:
    _, text = file.read_text(encoding="utf-8").split("\n", 1)  # but for the licence
    page = (ROOT / "docs/linux.md").read_text(encoding="utf-8")
    assert f"```\n{text.strip()}\n```" in page or f"```ini\n{text.strip()}\n```" in page


def test_udev_can_read_the_rules() -> None:
    rules = RULES.read_text(encoding="utf-8")
    assert rules.count("GROUP=") == 3 and read(rules) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('SUBSYSTEM=="tty"', 'SUBSYSTEM="tty"'),
        ('TAG+="systemd"', 'TAGS+="systemd"'),
        ('MODE="0660"', "MODE=0660"),
        ('KERNEL=="rpmsg[0-9]*", ', 'KERNEL=="rpmsg[0-9]*" '),
    ],
)
def test_a_wrong_rule_is_found(right: str, wrong: str) -> None:
    rules = RULES.read_text(encoding="utf-8")
    assert right in rules and read(rules.replace(right, wrong, 1)) != []


def test_the_page_does_what_it_says() -> None:
    command = [sys.executable, "scripts/page", "docs/linux.md"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
