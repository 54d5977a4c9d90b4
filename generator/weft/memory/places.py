# SPDX-License-Identifier: Apache-2.0
"""A TOML file with the position of each of its keys, which the library forgets."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from weft.problems import Location, refuse

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Place = tuple[object, ...]  # ("link", 0, "buffers"): as one would reach it in the data

KEY = r"""(?:[\w-]+|"(?:\\.|[^"\\\n])*"|'[^'\n]*')"""
# What a statement begins with: a header's brackets, or nothing, and a key with its dots.
START = re.compile(rf"[ \t]*(\[\[?[ \t]*)?({KEY}(?:[ \t]*\.[ \t]*{KEY})*)")
# A piece of a value: a string, a comment, or one character.
PIECE = re.compile(
    r'"""(?:\\.|[^\\])*?"""+|' + r"'''.*?'''+|" + r'"(?:\\.|[^"\\\n])*"|' + r"'[^'\n]*'|#[^\n]*|.",
    re.DOTALL,
)


@dataclass(frozen=True)
class Toml:
    """The data, and where it stands in the file as the user named it."""

    file: str
    data: dict[str, Any]
    spots: dict[Place, tuple[int, int]]

    def at(self, place: Place) -> Location:
        """The place of a key, else of the nearest thing around it, else line 1."""
        for end in range(len(place), 0, -1):
            if place[:end] in self.spots:
                return Location(self.file, *self.spots[place[:end]])
        return Location(self.file, 1, 1)


def load(file: str) -> Toml:
    try:
        text = Path(file).read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise refuse("this is not UTF-8; save the file as UTF-8", Location(file)) from error
    except OSError as error:
        text = f"cannot be read, {error.strerror}; check the path and its permissions"
        raise refuse(text, Location(file)) from error
    text = text.replace("\r\n", "\n")
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.fullmatch(r"(.*) \(at line (\d+), column (\d+)\)", str(error))
        # What is wrong with the last line may be said to be at the end, without a number.
        where = Location(file, len(text.splitlines()), 1)
        if found:
            where = Location(file, int(found[2]), int(found[3]))
        what = found[1] if found else str(error).replace(" (at end of document)", "")
        raise refuse(f"this is not TOML: {what}; see https://toml.io", where) from error
    return Toml(file, data, spots(text))


def spots(text: str) -> dict[Place, tuple[int, int]]:
    """Each header and each key before a `=`, of text that the library has read."""
    found: dict[Place, tuple[int, int]] = {}
    counts: dict[Place, int] = {}  # of the tables of an array so far
    table: Place = ()
    at = 0
    while at < len(text):
        start = START.match(text, at)
        if start is None:  # an empty line, or a comment
            at = end_of_value(text, at)
            continue
        keys = [key.strip("\"'") for key in re.findall(KEY, start[2])]
        if start[1] is None:
            place = (*table, *keys)
        else:
            place = table = header(keys, start[1].startswith("[["), counts)
        spot = position(text, start.start(1 if start[1] else 2))
        for end in range(1, len(place) + 1):
            found.setdefault(place[:end], spot)
        at = end_of_value(text, text.index("]" if start[1] else "=", start.end()) + 1)
    return found


def header(keys: list[str], array: bool, counts: dict[Place, int]) -> Place:
    """The place of a table: the last one of each array on the way to it."""
    place: Place = ()
    for index, key in enumerate(keys):
        place = (*place, key)
        if array and index == len(keys) - 1:
            counts[place] = counts.get(place, -1) + 1
        if place in counts:
            place = (*place, counts[place])
    return place


def end_of_value(text: str, at: int) -> int:
    """Behind the end of the line that closes all brackets."""
    depth = 0
    for piece in PIECE.finditer(text, at):
        depth += (piece[0] in "[{") - (piece[0] in "]}")
        if piece[0] == "\n" and depth <= 0:
            return piece.end()
    return len(text)


def position(text: str, at: int) -> tuple[int, int]:
    return text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1) + 1
