#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tests/faults.toml: what other stacks get wrong, and which test of ours sees it. Prints how many.

For tests/tidy, which holds the file against the tests that there are, and for docs/evidence.md.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import tomllib

ROOT = Path(__file__).resolve().parent.parent
FILE = "tests/faults.toml"
# How many rows a letter has: none is dropped in silence.
ROWS = {"T": 12, "O": 24, "R": 15, "E": 11, "L": 7, "N": 11, "Z": 9, "C": 17}
# How a test of this name looks in a file of this kind; of the simulator, what it always holds.
LOOKS = {
    ".c": r"cmocka_unit_test\w*\({0}\b|sim_violation\(\"{0}\"",
    ".py": r"^def {0}\(",
    ".txt": r"add_test\(NAME {0}\s",
}


class Row(NamedTuple):
    id: str
    fault: str
    tests: tuple[str, ...]
    not_applicable: str


def parse(text: str) -> list[Row]:
    return [
        Row(id, row.get("fault", ""), tuple(row.get("tests", ())), row.get("not_applicable", ""))
        for id, row in tomllib.loads(text).items()
    ]


def is_there(root: Path, test: str) -> bool:
    path, _, name = test.partition(":")
    looks = LOOKS.get(Path(path).suffix)
    if looks is None or not name or not (root / path).is_file():
        return False
    text = (root / path).read_text(encoding="utf-8")
    return re.search(looks.format(re.escape(name)), text, re.MULTILINE) is not None


def problems(root: Path, text: str) -> Iterator[tuple[int, str]]:
    """(line, what is wrong and what to do)."""

    def line_of(words: str) -> int:
        return text.count("\n", 0, text.index(words)) + 1

    try:
        rows = parse(text)
    except tomllib.TOMLDecodeError as error:
        yield 1, f"is no TOML: {error}"
        return
    wanted = [f"{letter}{n}" for letter, most in ROWS.items() for n in range(1, most + 1)]
    for missing in sorted(set(wanted) - {row.id for row in rows}):
        yield (
            1,
            f"has no row {missing}; name a test for it, or say why there is nothing of the kind",
        )
    for row in rows:
        line = line_of(f"[{row.id}]")
        if row.id not in wanted:
            yield line, f"row {row.id} is not counted; add it to ROWS in tests/faults.py"
        if not row.fault or bool(row.tests) == bool(row.not_applicable):
            yield line, f"row {row.id} needs a fault, and either tests or not_applicable"
        for test in row.tests:
            if not is_there(root, test):
                yield line_of(f'"{test}"'), f"row {row.id}: no test {test}; name one that is there"


def table(text: str) -> str:
    lines = ["| | What others get wrong | What sees it here |", "|---|---|---|"]
    for row in parse(text):
        tests = "<br>".join(test.replace("tests/", "", 1).replace(":", " ") for test in row.tests)
        lines.append(f"| {row.id} | {row.fault} | {tests or 'Nothing: ' + row.not_applicable} |")
    return "\n".join(lines) + "\n"


def summary(text: str) -> list[tuple[str, int]]:
    rows = parse(text)
    tests = {test for row in rows for test in row.tests}
    return [
        ("faults of others, listed", len(rows)),
        ("with a named test", sum(bool(row.tests) for row in rows)),
        ("of things that are not here", sum(bool(row.not_applicable) for row in rows)),
        ("tests named by them", len(tests)),
    ]


def main() -> int:
    text = (ROOT / FILE).read_text(encoding="utf-8")
    found = list(problems(ROOT, text))
    for line, problem in found:
        print(f"{FILE}:{line}: {problem}", file=sys.stderr)
    if found:
        return 1
    figures = "".join(f"{what} | {value}\n" for what, value in summary(text))
    command = [ROOT / "scripts/figures", "faults", "tests/faults.py"]
    subprocess.run(command, input=figures, text=True, check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
