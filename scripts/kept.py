# SPDX-License-Identifier: Apache-2.0
"""Figures kept in the tree, a line each: the count, a blank, what is counted."""

import re
from pathlib import Path

HEAD = "# SPDX-License-Identifier: Apache-2.0\n"


def read(path: Path) -> dict[str, int]:
    text = path.read_text() if path.exists() else ""
    return {what: int(count) for count, what in re.findall(r"^(\d+) (\S.*)$", text, re.MULTILINE)}


def write(path: Path, says: str, figures: dict[str, int]) -> None:
    rows = "".join(f"{count} {what}\n" for what, count in figures.items())
    path.write_text(f"{HEAD}# {says}\n{rows}")


def change(now: int, what: str, before: dict[str, int]) -> str:
    """What a table shows beside the count: how it has changed."""
    if what not in before:
        return "new"
    return f"{now - before[what]:+}" if now != before[what] else "="
