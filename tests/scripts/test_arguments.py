# SPDX-License-Identifier: Apache-2.0
"""Every command meets bad input, a missing tool and a checkout without set-up with one clear line,
and fails."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 60
WRONG = [
    ("scripts/bench-cores nope", "bench-cores: there is no machine 'nope': an521, "),
    ("scripts/bench-cores functions", "bench-cores: functions of what? scripts/bench-cores "),
    ("scripts/build", "scripts/build: there is no preset '': one of debug "),
    ("scripts/build nope", "scripts/build: there is no preset 'nope': one of debug "),
    ("scripts/build debug clang", "scripts/build: there is no preset 'debug clang': one of "),
    ("scripts/caches nope", "caches: no clean and no invalidate has 'nope' in it; "),
    ("scripts/caches --sim nope", "caches: no clean and no invalidate has 'nope' in it; "),
    ("scripts/clean nope", "scripts/clean: takes no arguments, "),
    ("scripts/coverage nope", "coverage: takes no arguments; "),
    ("scripts/evidence nope", "evidence: there is no 'nope': give nothing, last, or table"),
    ("scripts/demo-linux nope", "demo-linux: takes no arguments; for programs of your own: "),
    ("scripts/figures", "scripts/figures: give a name, the command in quotes, "),
    ("scripts/figures sim", "scripts/figures: give a name, the command in quotes, "),
    ("scripts/figures ../sim scripts/sim", "scripts/figures: give a name, "),
    ("scripts/format nope", "scripts/format: takes no arguments, "),
    ("scripts/fuzz x", "fuzz: there is no target x; there are decode, "),
    ("scripts/fuzz 5 nonsense", "fuzz: there is no target nonsense; there are decode, "),
    ("scripts/fuzz 0 rpmsg", "fuzz: 0 seconds would never end; "),
    ("scripts/fuzz --drop NOPE", "fuzz: there is no check NOPE; runtime/include/weft/check.h "),
    ("scripts/fuzz --nope", "fuzz: there is no --nope; give --merge, --drop or "),
    ("scripts/imports", "scripts/imports: name the archives to look into"),
    ("scripts/imports nope.a", "scripts/imports: nope.a: there is no such file; "),
    ("scripts/linux-image nope", "linux-image: nope/vmlinuz: No such file or directory"),
    ("scripts/linux-kernel nope", "linux-kernel: there is no 'nope': linux-kernel [update]"),
    ("scripts/lint nope", "scripts/lint: takes no arguments, "),
    ("scripts/mutants NOPE", "mutants: NOPE: no mutant has that in its id; "),
    ("scripts/mutants --class nope", "mutants: argument --class: invalid choice: 'nope' "),
    ("scripts/need ci", "scripts/need: say a level of scripts/setup, and the tools"),
    ("scripts/page", "page: name the pages to follow, "),
    ("scripts/page nope.md", "page: nope.md: No such file or directory"),
    ("scripts/page docs", "page: docs: Is a directory"),
    ("scripts/prefix nope", "scripts/prefix: there is no 'nope': give nothing, or check, "),
    ("scripts/prefix check", "scripts/prefix: there is no 'check': give nothing, or check, "),
    ("scripts/prove nonsense", "prove: there is no part 'nonsense': contracts, models, "),
    ("scripts/setup nope", "setup: there is no level 'nope': demo, test, "),
    (
        "scripts/setup test ci",
        "setup: one level, not 'test ci': demo, test, ci, cores, linux or prove",
    ),
    ("scripts/sim nonsense", "sim: argument what: invalid choice: 'nonsense' "),
    ("scripts/sim replay", "sim: replay needs a SEED; see scripts/sim --help"),
    ("scripts/sim replay xyz", "sim: argument seed: 'xyz' is no seed, "),
    ("scripts/sim --from -1", "sim: argument --from: '-1' is no seed, "),
    ("scripts/sim --seconds x", "sim: argument --seconds: 'x' is no number of seconds, "),
    ("scripts/sim --seconds nan", "sim: argument --seconds: 'nan' is no number of seconds, "),
    ("scripts/size nope", "size: there is no 'nope': nothing, update, functions or files <image>"),
    ("scripts/stack nonsense", "stack: there is no 'nonsense': update, path and "),
    ("scripts/stack path", "stack: name functions behind path, "),
    ("scripts/static nope", "scripts/static: there is no 'nope': cppcheck, misra, scan"),
    ("scripts/static scan nope", "scripts/static: there is no 'nope': cppcheck, misra, scan"),
    ("scripts/step", "scripts/step: give a name, and the command to run"),
    ("scripts/test", "scripts/test: there is no '': python, valgrind, or one of debug "),
    ("scripts/test nope", "scripts/test: there is no 'nope': python, valgrind, or one of debug "),
    ("scripts/test fuzz", "scripts/test: there is no 'fuzz': python, valgrind, or one of debug "),
    ("scripts/test-linux nope", "test-linux: there is no run 'nope': reboots, attached, "),
    ("scripts/test-linux --lives 0", "test-linux: --lives: at least 1"),
    ("scripts/virtual-core", "virtual-core: the following arguments are required: core, app"),
    ("scripts/virtual-core nope nope", "virtual-core: CORE: nope is no program"),
    ("scripts/virtual-core scripts/step nope", "virtual-core: APP: nope is no program"),
    (
        "scripts/virtual-core scripts/step scripts/step",
        "virtual-core: APP: scripts/step is not for 32-bit ",
    ),
    (
        "scripts/virtual-core --root nope scripts/step scripts/step",
        "virtual-core: --root: there is no ",
    ),
    (".ci/run nope", ".ci/run: takes no arguments, "),
    ("examples/sensor_hub/demo", "demo: give a build folder, "),
    ("examples/sensor_hub/demo build/nope", "demo: no build/nope/examples/sensor_hub/host: run "),
    ("python tests/tidy/tidy.py nope", "not the root of a git checkout; "),
    ("python tests/tidy/misra.py nope", "misra: there is no 'nope': update, or nothing"),
    ("protoc-gen-weft --help", "protoc-gen-weft: protoc runs this, "),
]
# A command, a tool that is taken away, the line.
MISSING = [
    (
        "scripts/bench-cores an521",
        "qemu-system-arm",
        "qemu-system-arm is missing: run scripts/setup cores",
    ),
    ("scripts/build debug", "cmake", "cmake is missing: run scripts/setup demo"),
    ("scripts/build debug", "ninja", "ninja is missing: run scripts/setup test"),
    ("scripts/build demo", "gcc", "gcc is missing: run scripts/setup demo"),
    ("scripts/build an521", "ninja", "ninja is missing: run scripts/setup demo"),
    ("scripts/build fuzz", "clang", "clang is missing: run scripts/setup test"),
    ("scripts/sim replay 7", "g++", "g++ is missing: run scripts/setup test"),
    ("scripts/test debug", "cmake", "cmake is missing: run scripts/setup test"),
    ("scripts/test valgrind", "valgrind", "valgrind is missing: run scripts/setup ci"),
    ("scripts/coverage", "gcovr", "gcovr is missing: run scripts/setup ci"),
    ("scripts/linux-kernel", "dpkg-deb", "dpkg-deb is missing: run scripts/setup linux"),
    ("scripts/test-linux", "cpio", "cpio is missing: run scripts/setup linux"),
    ("scripts/format", "clang-format", "clang-format is missing: run scripts/setup ci"),
    ("scripts/lint", "clang-format", "clang-format is missing: run scripts/setup ci"),
    ("scripts/prove", "frama-c", "frama-c is missing: run scripts/setup prove"),
    ("scripts/stack", "arm-none-eabi-gcc", "arm-none-eabi-gcc is missing: run scripts/setup ci"),
    ("scripts/static cppcheck", "cppcheck", "cppcheck is missing: run scripts/setup ci"),
    ("scripts/static scan", "scan-build", "scan-build is missing: run scripts/setup ci"),
]
# What a fresh checkout says, where nothing was set up; with all tools.
FRESH = [
    ("scripts/bench-cores an521", "build/venv/bin/weft is missing: run scripts/setup cores"),
    ("scripts/build demo", "weft is missing: run scripts/setup demo"),
    ("scripts/build debug", "weft is missing: run scripts/setup test"),
    ("scripts/sim replay 7", "weft is missing: run scripts/setup test"),
    ("scripts/test python", "build/venv/bin/pytest is missing: run scripts/setup test"),
    ("scripts/mutants --list", "build/venv/bin/pytest is missing: run scripts/setup test"),
    ("scripts/prefix", "weft is missing: run scripts/setup test"),
    (
        "scripts/caches",
        "caches: no build/debug/tests/images/test_cache_32: run scripts/build debug",
    ),
]


def run(command: str, path: str, cwd: Path = ROOT) -> tuple[int, list[str]]:
    """The exit status, and all that it prints, without what make says of its own."""
    done = subprocess.run(
        shlex.split(command),
        cwd=cwd,
        env={**os.environ, "PATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
    )
    return done.returncode, done.stdout.splitlines()


def refuses(done: tuple[int, list[str]], line: str) -> None:
    status, said = done
    assert status != 0
    assert len(said) == 1 and line in said[0], said


@pytest.fixture(scope="module")
def tools() -> str:
    """This python and its tools first, as scripts/test has them."""
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])


@pytest.fixture(scope="module")
def everything(tools: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a link to each tool of this machine, and nothing of this checkout."""
    folder = tmp_path_factory.mktemp("tools")
    for entry in tools.split(os.pathsep):
        place = Path(entry)
        if ROOT in place.resolve().parents or not place.is_dir():
            continue
        for tool in place.iterdir():
            if not (folder / tool.name).exists() and os.access(tool, os.X_OK):
                (folder / tool.name).symlink_to(tool)
    # A venv's python is no link: it would not find its packages.
    (folder / "weft").unlink(missing_ok=True)
    (folder / "pytest").unlink(missing_ok=True)
    return folder


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout as it is cloned: what is built or fetched is not there."""
    folder = tmp_path_factory.mktemp("fresh")
    for name in (".ci", "Makefile", "CMakePresets.json", "pyproject.toml"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    for name in ("scripts", "runtime", "tests/mutants"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.mark.parametrize(("command", "line"), WRONG, ids=[command for command, _ in WRONG])
def test_what_is_wrong_is_said_in_one_line(command: str, line: str, tools: str) -> None:
    refuses(run(command, tools), line)


@pytest.mark.parametrize(("command", "tool", "line"), MISSING, ids=[row[2] for row in MISSING])
def test_a_missing_tool_is_named_with_the_set_up_that_brings_it(
    command: str, tool: str, line: str, everything: Path
) -> None:
    link = everything / tool
    was = link.readlink() if link.is_symlink() else None
    link.unlink(missing_ok=True)
    try:
        refuses(run(command, str(everything)), line)
    finally:
        if was:
            link.symlink_to(was)


@pytest.mark.parametrize(("command", "line"), FRESH, ids=[command for command, _ in FRESH])
def test_a_fresh_checkout_says_which_command_sets_it_up(
    command: str, line: str, everything: Path, fresh: Path
) -> None:
    refuses(run(command, str(everything), fresh), line)


def test_make_names_a_seed_that_is_none_and_a_target_that_is_none(tools: str) -> None:
    status, said = run("make sim SEED=abc", tools)
    assert status != 0
    assert any(line.startswith("sim: argument seed: 'abc' is no seed, ") for line in said)
    status, said = run("make nonsense", tools)
    assert status != 0
    assert said[0] == "make: there is no target 'nonsense'; make help lists them"


def test_the_steps_of_ci_that_failed_are_named_last(everything: Path, tmp_path: Path) -> None:
    """In a folder without anything to run, every step fails."""
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    status, said = run(".ci/run", str(everything), tmp_path)
    steps = [line[3:].split(":")[0] for line in said if re.fullmatch(".*: FAILED, [0-9]+ s", line)]
    assert status == 1
    assert len(steps) > 15
    assert said[-1] == f"FAILED: {' '.join(steps)}"
    assert "== setup: scripts/setup ci" in said


def test_a_reader_that_goes_away_is_no_trace(tools: str) -> None:
    """The reader of the pipe is gone before the first line is printed."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        ["scripts/mutants", "--list"],
        cwd=ROOT,
        env={**os.environ, "PATH": tools},
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        timeout=SECONDS,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize("setting", ["WEFT_CACHE_LINE=48", "WEFT_CACHE_LINE=x", "WEFT_PREFIX=1x_"])
def test_cmake_refuses_a_setting_that_cannot_be(setting: str, tools: str, tmp_path: Path) -> None:
    status, said = run(f"cmake -S . -B {tmp_path} -D{setting}", tools)
    assert status != 0
    assert any(setting + ": " in line for line in said)
