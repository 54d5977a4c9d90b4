# SPDX-License-Identifier: Apache-2.0
"""The stubs do what they say, under sanitizers, as C and as C++, with the size of a frame exact."""

from __future__ import annotations

from pathlib import Path

import pytest

from cc import NANOPB_SETTINGS, WARNINGS, includes, run
from conftest import GOLDEN, nanopb_tree, tool

SANITIZERS = ["-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
OUT = GOLDEN / "behaviour" / "out"


@pytest.mark.parametrize("compiler", ["gcc -std=c11", "g++ -x c++ -std=c++17"])
def test_both_halves_joined(compiler: str, tmp_path: Path) -> None:
    program, *options = compiler.split()
    nanopb = nanopb_tree()
    settings = [*SANITIZERS, *NANOPB_SETTINGS, *includes(OUT, nanopb)]
    codec = [str(nanopb / f"pb_{name}.c") for name in ("common", "encode", "decode")]
    run([tool("gcc", "gcc"), "-c", *settings, *codec], tmp_path)

    stubs = sorted(str(path) for path in OUT.rglob("*.c"))
    behaviour = str(OUT.parent / "run.c")
    command = [tool(program, program), *options, *WARNINGS, *settings]
    run([*command, "-c", behaviour, *stubs], tmp_path)
    objects = sorted(str(path) for path in tmp_path.glob("*.o"))
    run([tool(program, program), *SANITIZERS, *objects, "-o", "behaviour"], tmp_path)
    assert run([str(tmp_path / "behaviour")], tmp_path) == ""
