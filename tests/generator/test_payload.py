# SPDX-License-Identifier: Apache-2.0
"""What is written in place is protobuf to others: Python's and C++'s read every length, padded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import descriptor_pool, message_factory, text_format
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from cc import NANOPB_SETTINGS, WARNINGS, includes, run
from conftest import GOLDEN, ROOT, nanopb_tree, tool
from weft import paths, protoc

CASE = GOLDEN / "payload"
OUT = CASE / "out"
# All of a type in one message, so that protoc runs once.
ALL = """\
syntax = "proto3";
package payload.v1;
import "in.proto";
message All { repeated Samples samples = 1; repeated Bulk bulks = 2; }
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    result = tmp_path_factory.mktemp("payload")
    (result / "in.proto").write_text((CASE / "in.proto").read_text("utf-8"), "utf-8")
    (result / "all.proto").write_text(ALL, "utf-8")
    return result


@pytest.fixture(scope="module")
def printed(folder: Path) -> list[tuple[str, int, int, bytes]]:
    """Type, bytes of the label, bytes of the payload, and the message as our stubs make it."""
    nanopb = nanopb_tree()
    runtime = ROOT / "runtime"
    rooms = ("rpc", "rpmsg", "virtio", "transport/shm")
    sources = [path for room in rooms for path in sorted((runtime / room).glob("*.c"))]
    sources += [nanopb / f"pb_{name}.c" for name in ("common", "encode", "decode")]
    sources += [CASE / "run.c", *sorted(OUT.rglob("*.c"))]
    command = [tool("gcc", "gcc"), "-std=c11", *WARNINGS, *NANOPB_SETTINGS, f"-I{runtime}"]
    run([*command, *includes(OUT, nanopb), *map(str, sources), "-o", "frames"], folder)
    lines = [line.split(" ") for line in run([str(folder / "frames")], folder).splitlines()]
    return [(kind, int(label), int(size), bytes.fromhex(data)) for kind, label, size, data in lines]


def include(folder: Path) -> list[Path]:
    return [folder, paths.schemas(), nanopb_tree() / "generator" / "proto"]


def classes(folder: Path) -> dict[str, Any]:
    outcome = protoc.compile_protos(include(folder), ["in.proto", "all.proto"])
    pool = descriptor_pool.DescriptorPool()
    for file in FileDescriptorSet.FromString(outcome.descriptors).file:
        pool.Add(file)
    names = ("Samples", "Bulk", "All")
    found = {name: pool.FindMessageTypeByName(f"payload.v1.{name}") for name in names}
    return {name: message_factory.GetMessageClass(found[name]) for name in names}


def expected(known: dict[str, Any], kind: str, label: int, size: int) -> Any:
    data = bytes((i * 7 + 3) % 256 for i in range(size))
    if kind == "Bulk":
        return known[kind](data=data, label="x" * label)
    return known[kind](rate=48000, pcm=data, label="x" * label)


def test_every_length_is_there(printed: list[tuple[str, int, int, bytes]]) -> None:
    samples = {(label, size) for kind, label, size, _ in printed if kind == "Samples"}
    assert samples == {(label, size) for label in range(4) for size in range(452)}
    bulks = {size for kind, _, size, _ in printed if kind == "Bulk"}
    assert bulks == {0, 1, 127, 128, 16382, 16383, 16384, 65000}


def test_python_reads_it(folder: Path, printed: list[tuple[str, int, int, bytes]]) -> None:
    known = classes(folder)
    for kind, label, size, data in printed:
        assert known[kind].FromString(data) == expected(known, kind, label, size)


def varint(value: int) -> bytes:
    result = b""
    while value > 0x7F:
        result += bytes([value & 0x7F | 0x80])
        value >>= 7
    return result + bytes([value])


def test_protoc_reads_it(folder: Path, printed: list[tuple[str, int, int, bytes]]) -> None:
    known = classes(folder)
    everything, wanted = b"", known["All"]()
    for kind, label, size, data in printed:
        everything += (b"\x0a" if kind == "Samples" else b"\x12") + varint(len(data)) + data
        place = wanted.samples if kind == "Samples" else wanted.bulks
        place.append(expected(known, kind, label, size))
    command = [
        sys.executable,
        "-m",
        "grpc_tools.protoc",
        *(f"-I{path}" for path in include(folder)),
    ]
    command += ["--decode=payload.v1.All", "all.proto"]
    done = subprocess.run(command, input=everything, capture_output=True, cwd=folder, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert text_format.Parse(done.stdout.decode(), known["All"]()) == wanted
