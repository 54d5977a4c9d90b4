# SPDX-License-Identifier: Apache-2.0
"""What is wrong with the input, and where: the only way in which bad input is reported."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Location:
    """A place in a file as the user named it; line and column count from 1, 0 is "the file"."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if self.line == 0:
            return self.file
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, order=True)
class Problem:
    """One line of text: what is wrong; what to do. Without a place: the request itself is wrong."""

    where: Location | None
    text: str

    def __str__(self) -> str:
        return self.text if self.where is None else f"{self.where}: {self.text}"


class RefusedError(Exception):
    """The input cannot be generated from. Carries every problem that was found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = ordered(problems)
        super().__init__("\n".join(map(str, self.problems)))


def refuse(text: str, where: Location | None = None) -> RefusedError:
    return RefusedError([Problem(where, text)])


def ordered(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Each problem once: by file, line and column, those without a place first."""
    unique = dict.fromkeys(problems)
    return tuple(sorted(unique, key=lambda p: (p.where or Location(""), p.text)))
