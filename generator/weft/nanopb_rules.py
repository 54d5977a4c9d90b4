# SPDX-License-Identifier: Apache-2.0
"""Which of nanopb's options a user may set: sizes and names, nothing that makes fields dynamic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from weft.problems import Location, Problem

ALLOWED = frozenset(
    (
        "max_size",
        "max_length",
        "max_count",
        "int_size",
        "fixed_length",
        "fixed_count",
        "enum_to_string",
        "enum_validate",
        "descriptorsize",
        "long_names",
        "packed_enum",
        "sort_by_tag",
    )
)
STATIC_TYPES = frozenset(("FT_DEFAULT", "FT_STATIC"))
AT_LEAST_ONE = frozenset(("max_size", "max_count"))
CURES = {
    "FT_CALLBACK": "remove it and give max_size or max_count",
    "FT_POINTER": "remove it and give max_size or max_count: there is no heap",
    "FT_IGNORE": "remove it, or remove the field",
    "FT_INLINE": "use fixed_length:true",
}


def problems_of(options: Any, at: Callable[[int], Location]) -> list[Problem]:
    """Errors for the options that are set in one place; `at` finds an option by its number."""
    problems = []
    for descriptor, value in options.ListFields():
        text = objection(descriptor, value)
        if text is not None:
            problems.append(Problem(at(descriptor.number), text))
    return problems


def objection(descriptor: Any, value: Any) -> str | None:
    name = descriptor.name
    if name == "type":
        word = descriptor.enum_type.values_by_number[value].name
        if word in STATIC_TYPES:
            return None
        cure = CURES.get(word, "remove it")
        return f"nanopb's type:{word} is not supported, all fields have a fixed size; {cure}"
    if name not in ALLOWED:
        return f"nanopb's option {name} is not supported; remove it"
    if name in AT_LEAST_ONE and value < 1:
        return f"{name} is {value}; give at least 1"
    if name == "max_length" and value < 0:
        return f"max_length is {value}; give at least 0"
    return None
