# SPDX-License-Identifier: Apache-2.0
"""Reads nanopb's .options files: a mask and nanopb options a line, with positions for errors."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf import text_format

from weft.problems import Location, Problem

# As nanopb has them: to the end of the line, or within it; strings are not looked at.
COMMENT = re.compile(r"/\*.*?\*/|//.*|#.*")
LINE = re.compile(r"\s*(?P<mask>\S+)(?:\s+(?P<options>\S.*?))?\s*")
TEXT_FORMAT_ERROR = re.compile(r"1:(?P<column>\d+) ?: (?P<text>.*)", re.DOTALL)


@dataclass(frozen=True)
class Mask:
    """One line: the options for all names that the pattern matches."""

    pattern: str
    options: Any  # NanoPBOptions
    where: Location
    options_where: Location


def read(path: str, options_class: Any) -> tuple[tuple[Mask, ...], tuple[Problem, ...]]:
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except OSError as error:
        return (), (Problem(Location(path), f"cannot be read, {error.strerror}; check it"),)
    except UnicodeDecodeError:
        return (), (Problem(Location(path, 1, 1), "this is not UTF-8; save the file as UTF-8"),)
    masks: list[Mask] = []
    problems: list[Problem] = []
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), start=1):
        parsed = read_line(Location(path, number), line, options_class)
        if isinstance(parsed, Problem):
            problems.append(parsed)
        elif parsed is not None:
            masks.append(parsed)
    return tuple(masks), tuple(problems)


def read_line(where: Location, line: str, options_class: Any) -> Mask | Problem | None:
    bare = COMMENT.sub(lambda match: " " * len(match.group()), line)
    if not bare.strip():
        return None
    match = LINE.fullmatch(bare)
    mask_where = Location(where.file, where.line, match.start("mask") + 1)
    if match["options"] is None:
        text = (
            f"'{match['mask']}' has no options; write a name, a space, and options as max_size:16"
        )
        return Problem(mask_where, text)
    options_where = Location(where.file, where.line, match.start("options") + 1)
    options = options_class()
    try:
        text_format.Merge(match["options"], options)
    except text_format.ParseError as error:
        return parse_problem(options_where, str(error))
    return Mask(match["mask"], options, mask_where, options_where)


def parse_problem(where: Location, said: str) -> Problem:
    match = TEXT_FORMAT_ERROR.fullmatch(said)
    column = where.column
    if match is not None:
        column, said = column + int(match["column"]) - 1, match["text"]
    said = " ".join(said.split()).rstrip(".")
    text = f"nanopb cannot read this option ({said}); see the options in nanopb's reference"
    return Problem(Location(where.file, where.line, column), text)


def patterns(masks: Iterable[Mask]) -> tuple[str, ...]:
    return tuple(mask.pattern for mask in masks)
