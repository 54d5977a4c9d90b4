# SPDX-License-Identifier: Apache-2.0
"""Each case of tests/golden prints what is kept beside it; --update keeps it anew."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from conftest import GOLDEN, GOLDEN_CASES, golden_arguments, nanopb_tree, read_tree, run_weft


@pytest.mark.parametrize("case", GOLDEN_CASES)
def test_prints_what_is_kept(case: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    arguments = golden_arguments(case)
    ran = run_weft("generate", "--out", tmp_path, *arguments, cwd=GOLDEN / case)
    assert (ran.code, ran.err) == (0, "")
    (tmp_path / "summary.txt").write_text(ran.out, encoding="utf-8")

    kept = GOLDEN / case / "out"
    if request.config.getoption("--update", default=False):
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(tmp_path, kept)
    assert read_tree(tmp_path) == read_tree(kept)


@pytest.mark.parametrize("case", GOLDEN_CASES)
def test_does_not_depend_on_where_and_when(case: str, tmp_path: Path) -> None:
    """Another directory, another hash seed, another order of the environment: the same bytes."""
    elsewhere = tmp_path / "a b" / "elsewhere"
    shutil.copytree(GOLDEN / case, elsewhere, ignore=shutil.ignore_patterns("out"))
    arguments = golden_arguments(case)
    for seed in ("1", "2"):
        env = {"PYTHONHASHSEED": seed, "TZ": f"UTC{seed}", "NANOPB_DIR": ""}
        out = tmp_path / seed
        options = ["--nanopb", nanopb_tree(), "--out", out]
        assert run_weft("generate", *options, *arguments, cwd=elsewhere, env=env).code == 0
    assert read_tree(tmp_path / "1") == read_tree(tmp_path / "2")
    kept = read_tree(GOLDEN / case / "out")
    del kept["summary.txt"]
    assert read_tree(tmp_path / "1") == kept


def test_every_case_is_kept() -> None:
    ours = (path for path in GOLDEN.iterdir() if path.name != "memory")  # test_memory.py's
    folders = sorted(path.name for path in ours if path.is_dir())
    assert folders == GOLDEN_CASES
    assert all((GOLDEN / case / "out").is_dir() for case in folders)


@pytest.mark.parametrize("case", GOLDEN_CASES)
def test_stubs_are_neat(case: str) -> None:
    """No line is too long, none ends in a space, and no two empty ones follow each other."""
    for path in sorted((GOLDEN / case / "out").rglob("*_*.[ch]")):
        text = path.read_text(encoding="utf-8")
        assert "\n\n\n" not in text and text.endswith("\n") and not text.endswith("\n\n"), path
        for line in text.splitlines():
            assert line == line.rstrip(), path
            assert len(line.expandtabs(8)) <= 120 or line.startswith("#"), f"{path}: {line}"
