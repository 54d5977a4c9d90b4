# SPDX-License-Identifier: Apache-2.0
"""Reads the keys of one table, each with its type and bounds. What is wrong is a problem."""

from __future__ import annotations

import difflib
from typing import Any, Union

from weft.memory.places import Place, Toml
from weft.problems import Problem

U32_MAX = 0xFFFFFFFF
U64_MAX = 0xFFFFFFFFFFFFFFFF
REQUIRED: Any = object()
Keys = dict[str, str]  # the keys of a kind of table -> what is in them
Number = Union[int, None]


def hexadecimal(number: int) -> str:
    return f"-{-number:#x}" if number < 0 else f"{number:#x}"


def kind_of(value: Any) -> str:
    for kind, text in (
        (bool, "true or false"),
        (int, "a number"),
        (str, "text"),
        (float, "a number with a point"),
        (list, "a list"),
        (dict, "a table"),
    ):
        if isinstance(value, kind):
            return text
    return "a date or a time"


def nearest(name: str, names: list[str]) -> str:
    """What to do about a name that is none of these."""
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        return f"did you mean {close[0]}?"
    return f"take one of {', '.join(sorted(names))}" if names else "describe it"


class Table:
    def __init__(self, toml: Toml, place: Place, data: Any, keys: Keys, problems: list[Problem]):
        self.toml = toml
        self.place = place
        self.keys = keys
        self.problems = problems
        self.data: dict[str, Any] = data if isinstance(data, dict) else {}
        self.called = f"this {place[0]}"
        if not isinstance(data, dict):
            self.problem((), f"{place[0]} is {kind_of(data)}; write [[{place[0]}]] above its keys")
        for key in self.data:
            if key not in keys:
                text = f"a {place[0]} has no key {key}; {nearest(key, list(keys))}"
                self.problem((key,), text)

    def problem(self, below: Place, text: str) -> None:
        self.problems.append(Problem(self.toml.at((*self.place, *below)), text))

    def value(self, key: str, default: Any) -> Any:
        if key not in self.data and default is REQUIRED:
            self.problem((), f"{self.called} has no {key}; give {self.keys[key]}")
        return self.data.get(key, None if default is REQUIRED else default)

    def typed(self, key: str, kind: type, wanted: str, default: Any) -> Any:
        value = self.value(key, default)
        if key not in self.data or type(value) is kind:
            return value
        self.problem((key,), f"{key} is {kind_of(value)}, not {wanted}; give {self.keys[key]}")
        return None

    def text(self, key: str, default: Any = REQUIRED) -> str | None:
        return self.typed(key, str, "text", default)

    def flag(self, key: str) -> bool:
        return bool(self.typed(key, bool, "true or false", False))

    def number(self, key: str, low: int, high: int, default: Any = REQUIRED) -> Number:
        value = self.typed(key, int, "a whole number", default)
        return self.bounded((key,), key, value, low, high)

    def bounded(self, below: Place, what: str, value: Number, low: int, high: int) -> Number:
        if value is None or low <= value <= high:
            return value
        show = hexadecimal if abs(value) > U32_MAX else str
        side = f"below {show(low)}" if value < low else f"over {show(high)}"
        self.problem(below, f"{what} is {show(value)}, {side}; give {self.keys[str(below[0])]}")
        return None

    def power(self, key: str, low: int, high: int, default: Any = REQUIRED) -> Number:
        """A power of two; 0, where the bounds allow it, for none."""
        value = self.number(key, low, high, default)
        if value is None or value & (value - 1) == 0:
            return value
        below, above = 1 << (value.bit_length() - 1), 1 << value.bit_length()
        either = f"{below} or {above}" if above <= high else str(below)
        self.problem((key,), f"{key} is {value}, no power of two; take {either}")
        return None
