# SPDX-License-Identifier: Apache-2.0
"""All that docs/tutorial.md says is done, and prints what it says. And scripts/page, which does it,
finds what is wrong with a page."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def follow(page: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "scripts/page", page],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_tutorial_prints_what_it_says() -> None:
    done = follow(Path("docs/tutorial.md"))
    assert done.returncode == 0, done.stderr


def block(*lines: str, opening: str = "console") -> str:
    return "\n".join([f"```{opening}", *lines, "```", ""])


# Each with the line that is blamed; none: the page is right.
PAGES = {
    "a right page": (
        block("one", "two", opening="text words")
        + block("$ cat words", "one", "two")
        + block("three", opening="text words")
        + block("$ cat words", "three", "$ test -e weft/scripts/page"),
        None,
    ),
    "some lines, and a part of a line, are left out": (
        block("$ seq 9", "1", "...", "8", "9", "$ pwd", ".../some_lines"),
        None,
    ),
    "a failure is shown to its end": (block("$ echo no; false", "no"), None),
    "one shell for the page": (block("$ sleep 99 &") + block("$ kill $!; echo $?", "0"), None),
    "another output": (block("$ echo one", "two"), 2),
    "more output": (block("$ true", "$ echo one; echo two", "one"), 3),
    "less output": (block("$ echo one", "one", "two"), 2),
    "output that is not shown": (block("$ echo one"), 2),
    "a dot is a dot": (block("$ echo a-c", "a.c"), 2),
    "a failure that is not shown": (block("$ false"), 2),
    "a failure whose end is left out": (block("$ echo no; false", "..."), 2),
    "a shell that ends": (block("$ exit 0"), 2),
}


@pytest.mark.parametrize("what", PAGES)
def test_a_page_is_right_or_its_line_is_said(what: str, tmp_path: Path) -> None:
    text, line = PAGES[what]
    page = tmp_path / (what.partition(",")[0].replace(" ", "_") + ".md")
    page.write_text(text, encoding="utf-8")
    done = follow(page)
    if line is None:
        assert done.returncode == 0, done.stderr
    else:
        assert done.returncode == 1
        assert done.stderr.startswith(f"{page}:{line}: $ "), done.stderr


def test_a_page_with_nothing_to_do_is_wrong(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(block("int x;", opening="c"), encoding="utf-8")
    done = follow(page)
    assert done.returncode == 1
    assert "there is nothing to do" in done.stderr
