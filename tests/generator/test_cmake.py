# SPDX-License-Identifier: Apache-2.0
"""weft_generate(): three libraries, made anew when and only when something has changed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from conftest import ROOT, nanopb_tree, tool

PROJECT = """\
cmake_minimum_required(VERSION 3.22)
project(user C)
list(APPEND CMAKE_MODULE_PATH {root}/cmake)
include(WeftNanopb)
add_library(weft INTERFACE)
target_include_directories(weft INTERFACE {root}/runtime/include)
include(WeftGenerate)
include(WeftMemory)
{calls}
"""
LAMP = """\
syntax = "proto3";
package lamp.v1;
import "parts/part.proto";
import "google/protobuf/empty.proto";
service Lamp { rpc Set(Text) returns (google.protobuf.Empty); rpc Add(parts.Part) returns (Text); }
message Text { string text = 1; }
"""
LIMITS = "lamp.v1.Text.text max_size:16\n"
IMPORT_LIMITS = "parts.Part.number int_size:IS_8\n"
PART = 'syntax = "proto3";\npackage parts;\nmessage Part { int32 number = 1; }\n'

CALL = "weft_generate(TARGET lamp PROTOS own/lamp.proto imports/parts/part.proto IMPORTS imports{})"
# The same in two targets; what the one imports, the other generates.
TWO_CALLS = """\
weft_generate(TARGET parts PROTOS imports/parts/part.proto IMPORTS imports)
weft_generate(TARGET lamp PROTOS own/lamp.proto IMPORTS imports)
target_link_libraries(lamp PUBLIC parts)
"""
GENERATORS = ["Ninja", "Unix Makefiles"]
HALVES = {"lamp_client.c", "lamp_server.c"}


class Ran(NamedTuple):
    code: int
    text: str

    @property
    def words(self) -> str:
        """The text without its line breaks: CMake wraps messages."""
        return " ".join(self.text.split())

    @property
    def did(self) -> set[str]:
        """What a build has done: the runs of the generator, by target, and the files compiled."""
        runs = re.findall(r"^\[.*\] (weft: .*)$", self.text, re.MULTILINE)
        compiled = re.findall(r"Building C object .*/(.*)\.o(?:bj)?$", self.text, re.MULTILINE)
        return {*runs, *compiled}


class Project:
    """A user's project in a folder. PATH is a user's: what scripts/test puts before it is gone."""

    def __init__(self, folder: Path):
        self.folder = folder
        ours = str(Path(sys.executable).parent)
        self.path = os.pathsep.join(entry for entry in os.get_exec_path() if entry != ours)

    def run(self, *command: str | Path) -> Ran:
        done = subprocess.run(
            [tool("cmake", "cmake"), *map(str, command)],
            cwd=self.folder,
            env={**os.environ, "PATH": self.path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return Ran(done.returncode, done.stdout)

    def write(self, name: str, text: str) -> None:
        """Write a file. A file that was there gets a time that make can tell from the last."""
        path = self.folder / name
        if path.exists():
            wait_for_the_clock(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def replace(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new))

    def touch(self, name: str) -> None:
        wait_for_the_clock(self.folder / name)
        (self.folder / name).touch()

    def configure(self, *options: str, generator: str = "Ninja") -> Ran:
        return self.run("-G", generator, "-S", ".", "-B", "build", *options)

    def build(self) -> Ran:
        return self.run("--build", "build")

    def builds(self) -> set[str]:
        """Build, twice: the second finds nothing to do. What the first did."""
        first = self.build()
        assert first.code == 0, first.text
        assert self.build().did == set()
        return first.did

    def generated(self, name: str) -> str:
        return (self.folder / "build/weft" / name).read_text(encoding="utf-8")


def wait_for_the_clock(path: Path) -> None:
    """A new file of this file system would not be younger than what was built a moment ago."""
    probe = path.with_name(path.name + ".clock")
    probe.touch()
    before = probe.stat().st_mtime_ns
    while probe.stat().st_mtime_ns == before:
        time.sleep(0.001)
        probe.touch()
    probe.unlink()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.write("own/lamp.proto", LAMP)
    project.write("own/lamp.options", LIMITS)
    project.write("imports/parts/part.proto", PART)
    return project


def configure(
    project: Project, calls: str, root: Path = ROOT, generator: str = "Ninja", weft: str = "weft"
) -> Ran:
    """Over headers alone, without the runtime: that is enough to compile what is generated."""
    found = Path(sys.executable).with_name(weft) if weft == "weft" else Path(weft)
    assert found.is_file(), "the command weft is missing: pip install -e '.[test]'"
    project.write("CMakeLists.txt", PROJECT.format(root=root.as_posix(), calls=calls))
    options = [f"-DWEFT_GENERATOR={found}", f"-DNANOPB_DIR={nanopb_tree()}"]
    return project.configure(*options, generator=generator)


@pytest.mark.parametrize("generator", GENERATORS)
def test_makes_three_libraries_and_makes_them_once(generator: str, project: Project) -> None:
    configured = configure(project, CALL.format(""), generator=generator)
    assert configured.code == 0, configured.text
    assert {"weft: lamp", "weft: well-known messages"} < project.builds()
    for library in ("liblamp.a", "liblamp_client.a", "liblamp_server.a", "libweft_well_known.a"):
        assert (project.folder / "build" / library).is_file()
    assert "syntax" not in project.generated("lamp/parts/part_client.h")


# One after the other: what is done, what is generated and compiled then.
CHANGES = (
    (lambda project: project.touch("own/lamp.proto"), set()),
    (lambda project: project.touch("imports/parts/part.proto"), set()),
    (lambda project: project.touch("own/lamp.options"), set()),
    # another method, another limit, another type in an import
    (lambda project: project.replace("own/lamp.proto", "Set", "Put"), HALVES),
    (lambda project: project.replace("own/lamp.options", "16", "24"), {"lamp.pb.c", *HALVES}),
    (
        lambda project: project.replace("imports/parts/part.proto", "int32", "int64"),
        {"lamp.pb.c", "part.pb.c", *HALVES},
    ),
    # a .options file beside an import, where there was none
    (
        lambda project: project.write("imports/parts/part.options", IMPORT_LIMITS),
        {"lamp.pb.c", "part.pb.c", *HALVES},
    ),
)


@pytest.mark.parametrize("generator", GENERATORS)
def test_a_change_makes_what_needs_it(generator: str, project: Project) -> None:
    configure(project, CALL.format(""), generator=generator)
    project.builds()
    for number, (act, compiled) in enumerate(CHANGES):
        act(project)
        assert project.builds() == {"weft: lamp", *compiled}, number


@pytest.mark.parametrize("generator", GENERATORS)
def test_a_target_may_import_from_another(generator: str, project: Project) -> None:
    configure(project, TWO_CALLS, generator=generator)
    assert {"weft: lamp", "weft: parts", "lamp.pb.c", "part.pb.c"} < project.builds()
    assert not (project.folder / "build/weft/lamp/parts").exists()

    project.touch("imports/parts/part.proto")
    assert project.builds() == {"weft: lamp", "weft: parts"}
    project.replace("imports/parts/part.proto", "int32", "int64")
    both = {"weft: lamp", "weft: parts", "lamp.pb.c", "part.pb.c", *HALVES}
    assert project.builds() == both
    project.replace("own/lamp.options", "16", "24")
    assert project.builds() == {"weft: lamp", "lamp.pb.c", *HALVES}


@pytest.fixture
def own_weft(project: Project) -> Path:
    """A copy of the generator, to change, and the command that runs it."""
    root = project.folder / "weft"
    for folder in ("cmake", "generator", "templates", "schemas"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    (root / "runtime").symlink_to(ROOT / "runtime")
    command = root / "weft"
    lines = ["#!/bin/sh", f'PYTHONPATH={root}/generator exec {sys.executable} -m weft.cli "$@"']
    command.write_text("\n".join([*lines, ""]), encoding="utf-8")
    command.chmod(0o755)
    return root


@pytest.mark.parametrize("generator", GENERATORS)
def test_a_change_of_the_generator_makes_what_needs_it(
    generator: str, own_weft: Path, project: Project
) -> None:
    configure(project, CALL.format(""), own_weft, generator, weft=str(own_weft / "weft"))
    project.builds()
    everything = {"weft: lamp", "weft: well-known messages"}
    project.touch("weft/templates/client.h.j2")
    assert project.builds() == everything
    line = '#include "weft/client.h"'
    project.replace("weft/templates/client.h.j2", line, line + " /* new */")
    assert project.builds() == {*everything, "lamp_client.c"}
    assert line + " /* new */" in project.generated("lamp/lamp_client.h")
    for name in ("generator/weft/naming.py", "generator/weft/checks/limits.py"):
        project.touch("weft/" + name)
        assert project.builds() == everything, name


@pytest.mark.parametrize("generator", GENERATORS)
def test_an_options_file_may_come_and_go(generator: str, project: Project) -> None:
    (project.folder / "own/lamp.options").unlink()
    configure(project, CALL.format(""), generator=generator)
    failed = project.build()
    assert failed.code != 0
    assert "lamp.proto:6:23: text has no size limit" in failed.text
    project.write("own/lamp.options", LIMITS)
    project.builds()
    (project.folder / "own/lamp.options").unlink()
    again = project.build()
    assert again.code != 0
    assert "lamp.proto:6:23: text has no size limit" in again.text


def test_the_mtu_is_kept(project: Project) -> None:
    configure(project, CALL.format(" MTU 32"))
    failed = project.build()
    assert failed.code != 0
    assert "with the call header 33, over the MTU of 32" in failed.text


def test_a_wrong_call_says_how(project: Project) -> None:
    assert "weft_generate(TARGET <t> PROTOS" in configure(project, CALL.format(" MTU")).text


# ---- Weft as a dependency: the runtime is built too ----

ADDED = "add_subdirectory({root} weft)"
FETCHED = """\
include(FetchContent)
FetchContent_Declare(weft URL {root})
FetchContent_MakeAvailable(weft)
"""
DEPENDENT = """\
cmake_minimum_required(VERSION 3.22)
project(user C)
{weft}
add_subdirectory(own)
add_subdirectory(cores)
"""
OWN = """\
weft_generate(TARGET lamp PROTOS lamp.proto ../imports/parts/part.proto IMPORTS ../imports)
"""
# Three images over one generated target: each half, and both in one.
CORES = """\
add_executable(caller caller.c)
target_link_libraries(caller PRIVATE lamp_client)
add_executable(server server.c)
target_link_libraries(server PRIVATE lamp_server)
add_executable(both both.c)
target_link_libraries(both PRIVATE lamp_client lamp_server)
"""
CALLER = """\
#include "lamp_client.h"
int main(void)
{
	static struct lamp_client client;
	return lamp_client_wait(&client, 0) == WEFT_OK;
}
"""
SERVER = """\
#include "lamp_server.h"
int main(void)
{
	static struct lamp_server server;
	static const struct lamp_ops ops;
	return lamp_server_start(&server, NULL, &ops, NULL, NULL) == WEFT_OK;
}
"""
BOTH = """\
#include "lamp_client.h"
#include "lamp_server.h"
int main(void)
{
	static struct lamp_client client;
	static struct lamp_server server;
	return lamp_client_close(&client) == lamp_server_stop(&server);
}
"""


def write_dependent(project: Project, weft: str) -> None:
    project.write("CMakeLists.txt", DEPENDENT.format(weft=weft))
    project.write("own/CMakeLists.txt", OWN)
    project.write("cores/CMakeLists.txt", CORES)
    for name, text in (("caller", CALLER), ("server", SERVER), ("both", BOTH)):
        project.write(f"cores/{name}.c", text)


def test_images_share_what_is_generated_for_a_subdirectory(project: Project) -> None:
    """It is found where scripts/setup puts it: neither generator nor nanopb is named."""
    write_dependent(project, ADDED.format(root=ROOT.as_posix()))
    configured = project.configure(generator="Unix Makefiles")
    assert configured.code == 0, configured.text
    built = project.run("--build", "build", "--parallel", "8")
    assert built.code == 0, built.text
    assert built.text.count("weft: lamp") == 1
    assert built.text.count("lamp_client.c.o") == 1
    assert project.builds() == set()
    for image in ("caller", "server", "both"):
        assert (project.folder / "build/cores" / image).is_file()


def test_fetched_weft_is_told_what_it_lacks(project: Project) -> None:
    """A release's files and no more, as FetchContent brings them: no build/ in it."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    there = "".join(f"{name}\n" for name in names.split("\0") if (ROOT / name).is_file())
    project.write("names", there)
    archive = project.folder / "weft.tar"
    subprocess.run(["tar", "-cf", archive, "-C", ROOT, "-T", project.folder / "names"], check=True)
    write_dependent(project, FETCHED.format(root=archive.as_posix()))

    refused = project.configure()
    assert refused.code != 0
    assert "nanopb's sources are not in" in refused.words
    assert "_deps/weft-src/scripts/setup demo" in refused.words
    refused = project.configure(f"-DNANOPB_DIR={nanopb_tree()}")
    assert refused.code != 0
    assert "The generator weft is missing" in refused.words
    assert "_deps/weft-src/scripts/setup demo" in refused.words

    weft = Path(sys.executable).with_name("weft")
    assert project.configure(f"-DWEFT_GENERATOR={weft}").code == 0
    assert {"weft: lamp", "both.c"} < project.builds()


# A toolchain file that forbids programs of the host, where they are not named; and no program can
# be linked. clang compiles for any target; of a libc the runtime needs string.h, and of that these.
TOOLCHAIN = """\
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_C_COMPILER {clang})
set(CMAKE_C_COMPILER_TARGET thumbv8m.main-none-eabi)
set(CMAKE_C_FLAGS_INIT "-ffreestanding -isystem {folder}/libc")
set(CMAKE_AR {ar})
set(CMAKE_RANLIB {ranlib})
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_FIND_ROOT_PATH {folder}/libc)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM ONLY)
"""
STRING_H = """\
#include <stddef.h>
void *memcpy(void *to, const void *from, size_t count);
void *memset(void *to, int byte, size_t count);
int memcmp(const void *one, const void *other, size_t count);
size_t strlen(const char *text);
size_t strnlen(const char *text, size_t count);
"""
ELF_MACHINE = slice(18, 20)
ARM = b"\x28\x00"


def test_for_another_processor_the_generator_runs_on_the_host(project: Project) -> None:
    write_dependent(project, ADDED.format(root=ROOT.as_posix()))
    project.write("cores/CMakeLists.txt", "")
    project.write("libc/string.h", STRING_H)
    programs = {name: tool(name, "binutils") for name in ("ar", "ranlib")}
    text = TOOLCHAIN.format(clang=tool("clang", "clang"), folder=project.folder, **programs)
    project.write("arm.cmake", text)
    ninja = tool("ninja", "ninja-build")
    configured = project.configure(
        "-DCMAKE_TOOLCHAIN_FILE=arm.cmake", f"-DCMAKE_MAKE_PROGRAM={ninja}"
    )
    assert configured.code == 0, configured.text
    assert {"weft: lamp", "lamp_client.c", "client.c", "virtqueue.c"} < project.builds()
    objects = sorted((project.folder / "build").rglob("*.o"))
    assert {path.read_bytes()[ELF_MACHINE] for path in objects} == {ARM}
