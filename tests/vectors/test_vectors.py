# SPDX-License-Identifier: Apache-2.0
"""Each vector's bytes are what its records say, and docs/protocol.md shows the same ones."""

from __future__ import annotations

import re

import pytest
import vectors
from vectors import HERE, Vector

PAGE = (HERE.parents[1] / "docs" / "protocol.md").read_text(encoding="utf-8")
MESSAGES = [v for name in ("calls.txt", "rpmsg.txt") for v in vectors.read(HERE / name)]
MEMORY = vectors.read(HERE / "memory.txt")
ALL = {vector.name: vector for vector in (*MESSAGES, *MEMORY)}

SHOWN = [match[0].split("\n")[1:-1] for match in re.finditer(vectors.SHOWN, PAGE, re.MULTILINE)]


def by_name(vector: Vector) -> str:
    return vector.name


def test_names_are_unique() -> None:
    assert len(ALL) == len(MESSAGES) + len(MEMORY)


@pytest.mark.parametrize("vector", ALL.values(), ids=by_name)
def test_encodes(vector: Vector) -> None:
    assert vectors.encode(vector).hex(" ") == vector.data.hex(" ")


@pytest.mark.parametrize("vector", MESSAGES, ids=by_name)
def test_a_message_decodes(vector: Vector) -> None:
    assert vectors.decode(vector.data) == vector.records()


@pytest.mark.parametrize("vector", MEMORY, ids=by_name)
def test_memory_decodes(vector: Vector) -> None:
    assert vectors.decode_memory(vector.data, vector.records()) == vector.records()


@pytest.mark.parametrize("vector", MESSAGES, ids=by_name)
def test_answers_are_vectors(vector: Vector) -> None:
    answer = vector.value("answer")
    assert answer in (None, "nothing") or ALL[answer].value("from") != vector.value("from")


def test_files_hold_nothing_else() -> None:
    files = {path.name for path in HERE.glob("*.txt")} - {"CMakeLists.txt"}
    assert files == set(vectors.FILES)
    words = vectors.RECORDS | set("vector from at answer client ends counts keeps".split())
    assert {line.split()[0] for vector in ALL.values() for line in vector.lines} <= words


# ---- The page ----


def test_the_page_shows_vectors() -> None:
    assert len(SHOWN) >= 15


@pytest.mark.parametrize("shown", SHOWN, ids=lambda lines: lines[0].split()[1])
def test_what_the_page_shows_is_the_vector(shown: list[str]) -> None:
    vector = ALL[shown[0].split()[1]]
    assert shown == [*vector.lines, "bytes", *vectors.hex_lines(vector.data)]


def test_the_page_names_no_other_vector() -> None:
    named = set(re.findall(r"vector\s+`(\w+)`", PAGE))
    assert named <= set(ALL)


def test_the_page_leaves_no_message_out() -> None:
    named = set(re.findall(r"vector\s+`(\w+)`", PAGE)) | {lines[0].split()[1] for lines in SHOWN}
    assert {vector.name for vector in MESSAGES} <= named


def test_the_hashes_of_the_page() -> None:
    rows = re.findall(r"^\| `([\w.]+)` \| `0x([0-9a-f]{8})` \|$", PAGE, re.MULTILINE)
    assert len(rows) >= 5
    for text, value in rows:
        assert vectors.fnv1a(text, 32) == int(value, 16), text


def test_the_fingerprint_of_the_page() -> None:
    (text,) = re.findall(r"^```\n(service vectors\.v1\.Bobbin [^`]*)```$", PAGE, re.MULTILINE)
    hello = next(line for line in ALL["hello"].lines if line.startswith("hello "))
    assert f"fingerprint=0x{vectors.fnv1a(text, 64):016x}" in hello


def test_the_statuses_of_the_page() -> None:
    header = (HERE.parents[1] / "runtime/include/weft/status.h").read_text(encoding="utf-8")
    declared = re.findall(r"^\tWEFT_(\w+) = (\d+)", header, re.MULTILINE)
    rows = re.findall(r"^\| (\d+) \| ([A-Z_]{2,}) \|", PAGE, re.MULTILINE)
    on_the_wire = [(name, number) for name, number in declared if int(number) <= 16]
    assert [(name, number) for number, name in rows] == on_the_wire
    assert declared[-1] == ("DEFERRED", "255")


def test_the_kinds_of_the_page() -> None:
    header = (HERE.parents[1] / "runtime/include/weft/wire.h").read_text(encoding="utf-8")
    declared = re.findall(r"^\tWEFT_KIND_(\w+) = (0x\w\w)", header, re.MULTILINE)
    rows = re.findall(r"^\| (0x\w\w) \| (\w+(?: \w+)?) \|", PAGE, re.MULTILINE)
    assert [(name.upper().replace(" ", "_"), number) for number, name in rows] == declared
