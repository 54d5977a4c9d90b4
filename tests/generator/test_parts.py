# SPDX-License-Identifier: Apache-2.0
"""The small rules: numbers, names, comments, line breaks."""

from __future__ import annotations

import re

import pytest

from conftest import GOLDEN, ROOT
from weft import ids, keywords, layout, naming
from weft.views import CALL_HEADER


def test_fnv1a_has_the_published_values() -> None:
    assert ids.fnv1a_32("") == 0x811C9DC5
    assert ids.fnv1a_32("foobar") == 0xBF9CF968
    assert ids.fnv1a_64("") == 0xCBF29CE484222325
    assert ids.fnv1a_64("foobar") == 0x85944171F73967E8


def test_the_call_header_has_16_bytes() -> None:
    assert CALL_HEADER == 16


@pytest.mark.parametrize(
    ("name", "c_name"),
    [
        ("SensorHub", "sensor_hub"),
        ("GetHTTPStatus", "get_http_status"),
        ("Read2D", "read2_d"),
        ("get__x", "get_x"),
        ("_Get_X_", "get_x"),
        ("ABC", "abc"),
    ],
)
def test_names_become_snake_case(name: str, c_name: str) -> None:
    assert naming.snake(name) == c_name


def test_long_channels_are_shortened_to_31_bytes() -> None:
    assert naming.channel("a" * 31) == "a" * 31
    shortened = naming.channel("a" * 32)
    assert len(shortened) == 31
    assert shortened == "a" * 22 + f"~{ids.fnv1a_32('a' * 32):08x}"
    assert naming.channel("a" * 33) != shortened


def test_comments_cannot_end_early_or_hide_text() -> None:
    assert layout.comment("one */ two /* three") == "/* one * / two / * three */"
    assert layout.comment("a\n\nb", "\t") == "\t/* a\n\t *\n\t * b */"
    assert layout.comment("a\u202eb\u200fc\x00d") == "/* abcd */"
    assert layout.comment("ends in a backslash \\") == "/* ends in a backslash */"
    assert all(len(line) <= layout.WIDTH for line in layout.comment("word " * 99).split("\n"))


def test_long_declarations_break_between_arguments() -> None:
    arguments = ", ".join(f"const struct some_type_{n} *argument_{n}" for n in range(5))
    lines = layout.wrap(f"weft_status function({arguments});").split("\n")
    assert all(len(line) <= layout.WIDTH for line in lines)
    assert {len(line) - len(line.lstrip()) for line in lines[1:]} == {len("weft_status function(")}
    assert " ".join(line.strip() for line in lines) == f"weft_status function({arguments});"


def test_very_long_names_leave_the_alignment() -> None:
    name = "f" * 90
    lines = layout.wrap(f"weft_status {name}(const struct one *one, const struct two *two);").split(
        "\n"
    )
    assert lines == [f"weft_status {name}(", "\tconst struct one *one, const struct two *two);"]


def test_short_lines_strings_and_comments_are_left_alone() -> None:
    for line in ("int f(void);", "/* " + "long, " * 40 + "*/", '#error "' + "a, " * 60 + '"'):
        assert layout.wrap(line) == line


def test_a_keyword_gets_an_underscore_as_a_member() -> None:
    assert keywords.as_member("delete") == "delete_"
    assert keywords.as_member("read") == "read"


def test_the_fingerprint_of_the_manual_is_that_of_its_text() -> None:
    manual = (ROOT / "docs" / "generator.md").read_text(encoding="utf-8")
    text = re.search(r"```\n(service sensor.v1.SensorHub major 1\n.*?)```", manual, re.DOTALL)[1]
    said = re.search(r"gives `0x([0-9a-f]{16})`", manual)[1]
    assert f"{ids.fnv1a_64(text):016x}" == said
    header = (GOLDEN / "unary" / "out" / "in_weft.h").read_text(encoding="utf-8")
    assert f"UINT64_C(0x{said})" in header


def test_an_assignment_without_arguments_breaks_behind_its_sign() -> None:
    name = "n" * 60
    broken = layout.wrap(f"\tstruct {name} *call = (struct {name} *)base;")
    assert broken == f"\tstruct {name} *call =\n\t\t(struct {name} *)base;"
