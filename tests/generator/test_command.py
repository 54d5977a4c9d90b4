# SPDX-License-Identifier: Apache-2.0
"""The command: what it says, where it writes, and what it makes of wrong paths and broken files."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import GOLDEN, nanopb_tree, read_tree, run_weft

POINT = 'syntax = "proto3";\npackage p;\nmessage Point { int32 x = 1; }\n'
LAMP = 'syntax = "proto3";\npackage p;\nservice Lamp { rpc Set(A) returns (A); }\nmessage A {}\n'
NAMES = ["x.pb.c", "x.pb.h", "x_client.c", "x_client.h", "x_server.c", "x_server.h", "x_weft.h"]


def test_says_names_and_sizes(tmp_path: Path) -> None:
    ran = run_weft("generate", "--out", tmp_path, "in.proto", cwd=GOLDEN / "shortened")
    name = "com.example.instruments.v1.TemperatureController"
    assert f'{name}: RPMsg name "com.example.instrument~842d5839" (shortened' in ran.out
    assert "Celsius 5 bytes (frame 21)" in ran.out
    quiet = run_weft("generate", "--quiet", "--out", tmp_path, "in.proto", cwd=GOLDEN / "shortened")
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")


def test_unchanged_files_are_left_alone(tmp_path: Path, write) -> None:
    write("x.proto", POINT)
    assert run_weft("generate", "x.proto", cwd=tmp_path).code == 0
    before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("x*")}
    assert run_weft("generate", "x.proto", cwd=tmp_path).code == 0
    assert {path: path.stat().st_mtime_ns for path in tmp_path.glob("x*")} == before


def test_a_file_outside_of_the_import_directories_brings_its_own(tmp_path: Path, write) -> None:
    write("other/dir with spaces/x.proto", 'syntax = "proto3";\nimport "y.proto";\n')
    write("other/dir with spaces/y.proto", POINT)
    write("imports/z.proto", POINT)
    path = "other/dir with spaces/x.proto"
    ran = run_weft("generate", "--out", "out", "-I", "imports", path, cwd=tmp_path)
    assert ran.code == 0
    assert sorted(read_tree(tmp_path / "out")) == NAMES


def test_files_are_named_below_the_import_directory(tmp_path: Path, write) -> None:
    write("sub/x.proto", LAMP)
    ran = run_weft("generate", "--out", "out", "-I.", "sub/x.proto", "./sub/x.proto", cwd=tmp_path)
    assert (ran.code, ran.err) == (0, "")
    assert sorted(read_tree(tmp_path / "out")) == [f"sub/{name}" for name in NAMES]
    assert b'#include "sub/x_weft.h"' in (tmp_path / "out/sub/x_client.h").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.proto"], "nowhere.proto: there is no such file; check the path"),
        (["x.txt"], "x.txt: not a .proto file; name files that end in .proto"),
        (
            ["-I", "nowhere", "x.proto"],
            "-I nowhere: there is no such directory; give one that exists",
        ),
        (
            ["a/x.proto", "b/x.proto"],
            "b/x.proto: a/x.proto has the same name, x.proto; give their ",
        ),
        (["folder.proto"], "folder.proto: there is no such file; check the path"),
        (["bytes.proto"], "bytes.proto:3:4: this is not UTF-8; save the file as UTF-8"),
        (["imports_bytes.proto"], "this is not UTF-8; save the file as UTF-8"),
        (["c:d/x.proto"], "protoc cannot search a directory with ':' or '=' in its path; move it"),
        (["lost.proto"], 'lost.proto:2:1: Import "lost/part.proto" was not found or had errors.'),
        (
            ["-I", ".", "x.proto", "X.proto"],
            "X.proto:1:1: its name and that of x.proto differ in case",
        ),
        (["--out", "x.proto", "x.proto"], "cannot be written"),
        (['say "x".proto'], "cannot stand in an #include everywhere; use letters, digits"),
    ],
)
def test_wrong_paths_and_files(arguments: list[str], said: str, tmp_path: Path, write) -> None:
    for name in ("x.proto", "a/x.proto", "b/x.proto", "c:d/x.proto"):
        write(name, POINT)
    write("X.proto", POINT.replace("package p", "package q"))
    write("bytes.proto", b'syntax = "proto3";\n\n// \xff\nmessage A {}\n')
    write(
        "imports_bytes.proto", 'syntax = "proto3";\nimport "bytes.proto";\nmessage B { A a = 1; }\n'
    )
    write("lost.proto", 'syntax = "proto3";\nimport "lost/part.proto";\n')
    write('say "x".proto', POINT)
    (tmp_path / "folder.proto").mkdir()
    before = read_tree(tmp_path)
    ran = run_weft("generate", *arguments, cwd=tmp_path)
    assert ran.code == 1
    assert said in ran.err
    assert read_tree(tmp_path) == before


@pytest.mark.parametrize(
    "arguments", [[], ["generate"], ["nothing"], ["generate", "--mtu", "16", "x"]]
)
def test_wrong_arguments_are_one_line(arguments: list[str], tmp_path: Path) -> None:
    ran = run_weft(*arguments, cwd=tmp_path)
    assert ran.code == 2
    assert ran.err.startswith("weft") and ran.err.count("\n") == 1
    assert ran.err.endswith(" --help\n")


def test_a_missing_nanopb_is_one_line(tmp_path: Path, write) -> None:
    write("x.proto", POINT)
    for env, given in (({"NANOPB_DIR": ""}, []), ({}, ["--nanopb", "nowhere"])):
        ran = run_weft("generate", *given, "x.proto", cwd=tmp_path, env=env)
        assert ran.code == 1
        assert len(ran.err.splitlines()) == 1
        assert "run scripts/setup, which fetches the package nanopb" in ran.err


def test_an_options_file_with_a_byte_order_mark_and_windows_lines(tmp_path: Path, write) -> None:
    write("x.proto", b'\xef\xbb\xbfsyntax = "proto3";\r\nmessage A { string s = 1; }\r\n')
    write("x.options", b"\xef\xbb\xbfA.s max_size:7\r\n\r\n// more\r\n")
    assert run_weft("generate", "x.proto", cwd=tmp_path).code == 0
    assert "char s[7];" in (tmp_path / "x.pb.h").read_text(encoding="utf-8")
    write("x.options", b"A.s max_size:7 \xff\n")
    ran = run_weft("generate", "x.proto", cwd=tmp_path)
    assert ran.err.startswith("x.options:1:1: this is not UTF-8; save the file as UTF-8\n")


def test_well_known_files_by_name_and_from_elsewhere(tmp_path: Path) -> None:
    name = "google/protobuf/empty.proto"
    assert run_weft("generate", "--out", "named", name, cwd=tmp_path).code == 0
    assert "google/protobuf/empty.pb.h" in read_tree(tmp_path / "named")
    case, out = GOLDEN / "empty", tmp_path / "elsewhere"
    assert run_weft("generate", "--no-well-known", "--out", out, "in.proto", cwd=case).code == 0
    assert not (out / "google").exists()


def test_writes_a_depfile(tmp_path: Path, write) -> None:
    write(
        "a b/x.proto",
        'syntax = "proto3";\nimport "y.proto";\nmessage A { string s = 1; Point p = 2; }\n',
    )
    write("a b/y.proto", POINT.replace("package p;", ""))
    write("a b/x.options", "A.s max_size:4\n")
    options = ["--depfile", "x.d", "--depfile-target", "out/x.pb.c", "--out", "out"]
    assert run_weft("generate", *options, "a b/x.proto", cwd=tmp_path).code == 0
    words = (tmp_path / "x.d").read_text(encoding="utf-8").replace("\\\n", "").split()
    folder = f"{tmp_path}/a\\ b/".split()
    assert words[0] == "out/x.pb.c:"
    assert " ".join(words[1:]).count(" ".join(folder)) == 3


def test_nanopb_is_not_written_to(tmp_path: Path, write) -> None:
    write("x.proto", POINT)
    before = sorted(nanopb_tree().rglob("*"))
    assert run_weft("generate", "x.proto", cwd=tmp_path).code == 0
    assert sorted(nanopb_tree().rglob("*")) == before


def test_include_names_the_directory_of_our_options(tmp_path: Path) -> None:
    ran = run_weft("include", cwd=tmp_path)
    assert (Path(ran.out.strip()) / "weft/options.proto").is_file()


def test_names_that_the_terminal_cannot_show(tmp_path: Path, write) -> None:
    write("\u00fc/x.proto", 'syntax = "proto3";\nmessage A { string s = 1; }\n')
    env = {"PYTHONIOENCODING": "ascii"}
    ran = run_weft("generate", "\u00fc/x.proto", cwd=tmp_path, env=env)
    assert ran.code == 1
    assert ran.err.startswith("\\xfc/x.proto:2:20: s has no size limit")


def test_more_required_fields_than_nanopb_counts(tmp_path: Path, write) -> None:
    fields = "".join(f"required int32 f{n} = {n};" for n in range(1, 66))
    write("x.proto", f'syntax = "proto2";\nmessage A {{ {fields} }}\n')
    ran = run_weft("generate", "x.proto", cwd=tmp_path)
    said = "x.proto:2:9: A has 65 required fields, nanopb counts 64; make some optional\n"
    assert ran.err == said


def test_a_copy_of_nanopb_proto_and_options_of_others(tmp_path: Path, write) -> None:
    """Imports that only describe options leave no trace in C."""
    copy = (nanopb_tree() / "generator/proto/nanopb.proto").read_bytes()
    write("vendor/nanopb.proto", copy)
    text = 'import "vendor/nanopb.proto"; message A { string s = 1 [(nanopb).max_size = 4]; }'
    write("x.proto", f'syntax = "proto3"; {text}\n')
    ran = run_weft("generate", "-I", ".", "x.proto", cwd=tmp_path)
    assert (ran.code, ran.err) == (0, "")
    header = (tmp_path / "x.pb.h").read_text(encoding="utf-8")
    assert "char s[4];" in header
    assert "vendor" not in header
