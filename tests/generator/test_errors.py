# SPDX-License-Identifier: Apache-2.0
"""Each file of tests/errors is refused with exactly the errors that stand in it, all at once.

`// ERROR@<column>: text` (`#` in a .options or .toml file) expects that error on the line above it;
a long text goes on behind `//     `.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conftest import ERRORS, run_weft

EXPECTED = re.compile(r"(?://|#) ERROR@(\d+): (.*)")
CONTINUED = re.compile(r"(?://|#)     (.*)")
FIRST_LINE = "// weft generate "
# Files that another case names.
PARTS = ("imported/part.proto", "two_files/second.proto")
CASES = sorted(
    name
    for kind in ("*.proto", "memory/*.toml")
    for name in (path.relative_to(ERRORS).as_posix() for path in ERRORS.rglob(kind))
    if name not in PARTS
)


def arguments_of(case: str) -> list[str]:
    first = (ERRORS / case).read_text(encoding="utf-8").splitlines()[0]
    return first[len(FIRST_LINE) :].split() if first.startswith(FIRST_LINE) else [case]


def expected_in(name: str) -> list[str]:
    errors: list[str] = []
    line = 0  # of the last line that is no expectation
    for number, text in enumerate(
        (ERRORS / name).read_text(encoding="utf-8").splitlines(), start=1
    ):
        expected, continued = EXPECTED.fullmatch(text), CONTINUED.fullmatch(text)
        if expected:
            errors.append(f"{name}:{line}:{expected[1]}: {expected[2]}")
        elif continued:
            errors[-1] += f" {continued[1]}"
        else:
            line = number
    return errors


def files_of(case: str) -> list[str]:
    """The case, its .options file, and the files that it shares a folder with."""
    path = ERRORS / case
    if path.suffix == ".toml":
        return [case]
    near = [path] if path.parent == ERRORS else sorted(path.parent.glob("*.proto"))
    options = [file.with_suffix(".options") for file in near]
    return [file.relative_to(ERRORS).as_posix() for file in [*near, *options] if file.is_file()]


@pytest.mark.parametrize("case", CASES)
def test_is_refused_with_all_its_errors_and_writes_nothing(case: str, tmp_path: Path) -> None:
    expected = sorted(error for name in files_of(case) for error in expected_in(name))
    assert expected, f"{case} expects no error"
    out = tmp_path / "out"
    command = "memory" if case.endswith(".toml") else "generate"
    ran = run_weft(command, "--out", out, *arguments_of(case), cwd=ERRORS)
    assert sorted(ran.err.splitlines()) == expected
    assert (ran.code, ran.out) == (1, "")
    assert not out.exists()


@pytest.mark.parametrize("case", CASES)
def test_each_error_says_what_to_do(case: str) -> None:
    """What is wrong; what to do. protoc's own errors are protoc's."""
    for name in files_of(case):
        for error in expected_in(name):
            assert "; " in error or case in ("syntax.proto", "undefined.proto"), error
