# SPDX-License-Identifier: Apache-2.0
"""weft_generate(): three libraries, made anew when and only when something has changed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

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
PART = 'syntax = "proto3";\npackage parts;\nmessage Part { int32 number = 1; }\n'
CALL = "weft_generate(TARGET lamp PROTOS {protos} IMPORTS imports{more})"


@pytest.fixture
def project(tmp_path: Path, write):
    write("own/lamp.proto", LAMP)
    write("own/lamp.options", "lamp.v1.Text.text max_size:16\n")
    write("imports/parts/part.proto", PART)

    def cmake(*options: str, more: str = "") -> subprocess.CompletedProcess[str]:
        calls = CALL.format(protos="own/lamp.proto imports/parts/part.proto", more=more)
        write("CMakeLists.txt", PROJECT.format(root=ROOT.as_posix(), calls=calls))
        generator = Path(sys.executable).parent / "weft"
        assert generator.is_file(), "the command weft is missing: pip install -e '.[test]'"
        command = [tool("cmake", "cmake"), "-G", "Ninja", "-S", ".", "-B", "build"]
        command += [f"-DWEFT_GENERATOR={generator}", f"-DNANOPB_DIR={nanopb_tree()}", *options]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    return cmake


def build(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [tool("ninja", "ninja-build"), "-C", "build"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_makes_three_libraries_and_makes_them_once(project, tmp_path: Path) -> None:
    configured = project()
    assert configured.returncode == 0, configured.stderr
    built = build(tmp_path)
    assert built.returncode == 0, built.stdout
    for library in ("liblamp.a", "liblamp_client.a", "liblamp_server.a", "libweft_well_known.a"):
        assert (tmp_path / "build" / library).is_file()
    assert (tmp_path / "build/weft/lamp/parts/part_client.h").is_file()
    assert "no work to do" in build(tmp_path).stdout


@pytest.mark.parametrize(
    ("name", "text", "header", "printed"),
    [
        ("own/lamp.options", "lamp.v1.Text.text max_size:24\n", "lamp.pb.h", "char text[24]"),
        ("own/lamp.proto", LAMP.replace("Set", "Put"), "lamp_client.h", "lamp_put"),
        ("imports/parts/part.proto", PART.replace("int32", "int64"), "parts/part.pb.h", "int64_t"),
    ],
)
def test_a_change_generates_anew(
    name: str, text: str, header: str, printed: str, project, tmp_path: Path, write
) -> None:
    project()
    assert build(tmp_path).returncode == 0
    write(name, text)
    assert build(tmp_path).returncode == 0
    assert printed in (tmp_path / "build/weft/lamp" / header).read_text(encoding="utf-8")
    assert "no work to do" in build(tmp_path).stdout


def test_an_options_file_that_comes_later_is_seen(project, tmp_path: Path, write) -> None:
    (tmp_path / "own/lamp.options").unlink()
    project()
    failed = build(tmp_path)
    assert failed.returncode != 0
    assert "lamp.proto:6:23: text has no size limit" in failed.stdout
    write("own/lamp.options", "lamp.v1.Text.text max_size:16\n")
    assert build(tmp_path).returncode == 0


def test_the_mtu_is_kept(project, tmp_path: Path) -> None:
    project(more=" MTU 32")
    failed = build(tmp_path)
    assert failed.returncode != 0
    assert "with the call header 33, over the MTU of 32" in failed.stdout


def test_a_wrong_call_says_how(project) -> None:
    assert "weft_generate(TARGET <t> PROTOS" in project(more=" MTU").stderr


def test_a_missing_generator_is_said(project, tmp_path: Path) -> None:
    """Away from our tree, so that its environment is not found, and with none in the PATH."""
    shutil.copytree(ROOT / "cmake", tmp_path / "weft" / "cmake")
    project()  # writes CMakeLists.txt
    lists = tmp_path / "CMakeLists.txt"
    text = lists.read_text(encoding="utf-8").replace(f"{ROOT}/cmake", f"{tmp_path}/weft/cmake")
    lists.write_text(text, encoding="utf-8")
    command = [tool("cmake", "cmake"), "-S", ".", "-B", "again", f"-DNANOPB_DIR={nanopb_tree()}"]
    env = {**os.environ, "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, env=env
    )
    assert done.returncode == 1
    assert "The generator weft is missing: run scripts/setup" in done.stderr
