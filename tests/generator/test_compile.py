# SPDX-License-Identifier: Apache-2.0
"""What is generated compiles without a warning, as C11 and as C++17, with gcc and clang."""

from __future__ import annotations

from pathlib import Path

import pytest

from cc import WARNINGS, compile_files
from conftest import (
    GOLDEN,
    GOLDEN_CASES,
    NANOPB,
    ROOT,
    golden_arguments,
    nanopb_tree,
    run_weft,
    tool,
)

COMPILERS = {
    "gcc": ("gcc", "gcc", ["-std=c11"]),
    "clang": ("clang", "clang", ["-std=c11"]),
    "g++": ("g++", "g++", ["-x", "c++", "-std=c++17"]),
    "clang++": ("clang++", "clang", ["-x", "c++", "-std=c++17"]),
}


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("case", GOLDEN_CASES)
def test_golden_files_compile(case: str, compiler: str, tmp_path: Path) -> None:
    program, package, options = COMPILERS[compiler]
    out = GOLDEN / case / "out"
    command = [tool(program, package), *options, *WARNINGS, "-O1"]
    compile_files(command, out, nanopb_tree(), tmp_path)


@pytest.mark.parametrize("version", list(NANOPB)[1:])
@pytest.mark.parametrize("case", GOLDEN_CASES)
def test_compiles_with_another_nanopb(case: str, version: str, tmp_path: Path) -> None:
    out, tree = tmp_path / "out", nanopb_tree(version)
    arguments = ["generate", "--out", out, *golden_arguments(case)]
    ran = run_weft(*arguments, cwd=GOLDEN / case, nanopb=tree)
    assert (ran.code, ran.err) == (0, "")
    compile_files([tool("gcc", "gcc"), "-std=c11", *WARNINGS], out, tree, tmp_path)


@pytest.mark.parametrize("case", ["unary", "nothing"])
def test_an_older_runtime_is_refused(case: str, tmp_path: Path) -> None:
    """The one error that a generated file has to give, and that says what to do."""
    header = (ROOT / "runtime/include/weft/service.h").read_text(encoding="utf-8")
    old = tmp_path / "include" / "weft"
    old.mkdir(parents=True)
    (old / "service.h").write_text(
        header.replace("RUNTIME_VERSION 1", "RUNTIME_VERSION 0"), "utf-8"
    )
    command = [tool("gcc", "gcc"), "-std=c11", f"-I{tmp_path / 'include'}"]
    out = GOLDEN / case / "out"
    if case == "nothing":  # nothing is called, so any runtime will do
        compile_files(command, out, nanopb_tree(), tmp_path)
        return
    with pytest.raises(AssertionError, match="update Weft's runtime"):
        compile_files(command, out, nanopb_tree(), tmp_path)
