# SPDX-License-Identifier: Apache-2.0
"""Stack bounds over the call graph that gcc writes (-fcallgraph-info=su,da).

Calls through pointers are in calls.txt: what a pointer is called in the source, and who may be
behind it. One that is not there is an error, as is a row that no call needs. So are recursion and
frames of a size that is not known. nanopb alone may call itself: once a level of nesting, which the
schema bounds.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

INDIRECT = "__indirect_call"
# Behind a pointer, and not ours to count.
ELSEWHERE = ("user", "port")

# Behind a pointer, in what the generator prints.
GENERATED = {
    "dispatch": lambda f: f.group == "stub" and f.name.startswith("dispatch_"),
    "check": lambda f: f.group == "stub" and f.name.startswith("check_"),
}


class StackError(Exception):
    """What makes a bound impossible, in words."""


@dataclass
class Function:
    title: str  # the linker's name, behind its file where it is static
    name: str
    group: str  # runtime, stub, nanopb or libc
    bytes: int
    calls: set[str] = field(default_factory=set)
    indirect: set[str] = field(default_factory=set)  # places, file:line:column
    tails: set[str] = field(default_factory=set)  # of calls: its frame is gone when they begin


class Share(NamedTuple):
    """Bytes along one path, by whose they are."""

    runtime: int = 0
    stub: int = 0
    nanopb: int = 0

    def total(self) -> int:
        return sum(self)

    def plus(self, group: str, count: int) -> Share:
        group = "runtime" if group == "libc" else group
        return self._replace(**{group: getattr(self, group) + count})

    def over(self, other: Share) -> Share:
        return Share(*(a + b for a, b in zip(self, other)))


@dataclass
class Table:
    """calls.txt."""

    behind: dict[str, list[str]]  # pattern of a pointer -> names, "user" or "port"
    refused: dict[str, str]  # inside a poll this function calls only that one
    upcalls: set[str] = field(default_factory=set)  # of a layer above the caller
    used: set[str] = field(default_factory=set)

    @staticmethod
    def read(text: str) -> Table:
        table = Table({}, {})
        for line in text.splitlines():
            words = line.split("#")[0].split()
            if words[:1] == ["inside-poll"]:
                table.refused[words[1]] = words[2]
            elif words:
                table.behind[words[0]] = [word.lstrip("^") for word in words[1:]]
                table.upcalls.update(word[1:] for word in words[1:] if word[0] == "^")
        return table

    def names(self, pointer: str, place: str) -> list[str]:
        for pattern, names in self.behind.items():
            if fnmatch.fnmatchcase(pointer, pattern):
                self.used.add(pattern)
                return names
        raise StackError(f"{place}: calls through {pointer}, which calls.txt does not know")

    def stale(self) -> list[str]:
        return [f"calls.txt: no call goes through {row}" for row in self.behind.keys() - self.used]


def parse(text: str, group: str) -> Iterator[Function]:
    """The functions that one .ci file defines."""
    found = {}
    for title, label in re.findall(r'^node: { title: "([^"]+)" label: "([^"]+)"', text, re.M):
        name, *rest = label.split("\\n")
        size = next((line for line in rest if " bytes (" in line), None)
        if size is None:
            continue  # declared here, defined elsewhere
        count, kind = re.match(r"(\d+) bytes \((.*)\)", size).groups()
        if group != "nanopb" and (kind != "static" or "0 dynamic objects" not in rest):
            raise StackError(
                f"{title}: a frame of {kind} size; arrays have constant lengths, no alloca"
            )
        found[title] = Function(title, name, group, int(count))
    edges = r'^edge: { sourcename: "([^"]+)" targetname: "([^"]+)" label: "([^"]*)"'
    for source, target, place in re.findall(edges, text, re.M):
        if target == INDIRECT:
            found[source].indirect.add(place)
        else:
            found[source].calls.add(target)
    yield from found.values()


def mark_tails(functions: list[Function], code: str) -> None:
    """What an object file only ever jumps to (objdump -dr) is called last, from no frame."""
    kinds: dict[tuple[str, str], set[str]] = {}
    name = ""
    for line in code.splitlines():
        if head := re.match(r"\w+ <([^>]+)>:$", line):
            name = head[1]
        elif to := re.search(r"\sR_ARM_(\w+)\t([\w.]+)", line):
            kinds.setdefault((name, to[2]), set()).add(to[1])
    for function in functions:
        own = function.title.rsplit(":", 1)[-1]
        for target in function.calls:
            if kinds.get((own, target.rsplit(":", 1)[-1])) == {"THM_JUMP24"}:
                function.tails.add(target)


def pointer_at(place: str, read: Callable[[str], list[str]]) -> str:
    """How the source names the pointer that is called at file:line:column: ops->send, or cb."""
    path, line, column = place.rsplit(":", 2)
    text = read(path)[int(line) - 1][int(column) - 1 :]
    call = re.match(r"[!(\s]*((?:\w+(?:\([^()]*\)|\[\w+\])?(?:->|\.))*\w+)\(", text)
    if call is None:
        raise StackError(f"{place}: no name of a pointer stands there: {text.strip()[:60]}")
    return "->".join(re.split(r"->|\.", call[1])[-2:])


def source_lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines()


class Graph:
    def __init__(self, functions: list[Function], table: Table, read=source_lines):
        self.functions: dict[str, Function] = {}
        for function in functions:
            known = self.functions.setdefault(function.title, function)
            known.bytes = max(
                known.bytes, function.bytes
            )  # of an inline function: the largest of all files
            known.tails = (known.tails | function.tails) - (
                (known.calls - known.tails) | (function.calls - function.tails)
            )
            known.calls |= function.calls
        self.table = table
        self.read = read

    @cached_property
    def by_name(self) -> dict[str, list[Function]]:
        names: dict[str, list[Function]] = {}
        for function in self.functions.values():
            names.setdefault(function.name, []).append(function)
        return names

    def called(self, name: str) -> Function:
        if len(self.by_name.get(name, [])) != 1:
            raise StackError(f"calls.txt: there is not one function {name}")
        return self.by_name[name][0]

    @cached_property
    def callees(self) -> dict[str, list[Function]]:
        return {title: list(self.find_callees(f)) for title, f in self.functions.items()}

    def find_callees(self, function: Function) -> Iterator[Function]:
        for target in sorted(function.calls):
            if target not in self.functions:
                raise StackError(f"{function.name} calls {target}, whose frame is not known")
            yield self.functions[target]
        for place in sorted(function.indirect):
            pointer = f"{function.group}:{pointer_at(place, self.read)}"
            for name in self.table.names(pointer, place):
                if name in GENERATED:
                    yield from (f for f in self.functions.values() if GENERATED[name](f))
                elif name not in ELSEWHERE:
                    yield self.called(name)

    def levels(self, function: Function) -> frozenset[str]:
        """The functions of nanopb that call one another in a circle with this one; empty: none."""

        def reach(start: str) -> set[str]:
            seen, todo = set(), [start]
            while todo:
                for callee in self.callees[todo.pop()]:
                    if callee.group == "nanopb" and callee.title not in seen:
                        seen.add(callee.title)
                        todo.append(callee.title)
            return seen

        if function.group != "nanopb":
            return frozenset()
        circle = (title for title in reach(function.title) if function.title in reach(title))
        return frozenset(circle)


class Bounds:
    """The deepest paths. only: groups that count. depth: levels of nesting below a message."""

    def __init__(
        self,
        graph: Graph,
        only: tuple[str, ...],
        depth: int = 0,
        dispatch: str = "",
        apart=frozenset(),
    ):
        self.graph, self.only, self.depth, self.dispatch = graph, only, depth, dispatch
        self.apart = apart  # functions that are not followed: they have lines of their own
        self.known: dict[tuple[str, bool], Share] = {}
        self.reached: dict[tuple[str, bool, str], Share] = {}
        self.path: list[tuple[str, bool]] = []

    def followed(self, function: Function, inside: bool) -> list[Function]:
        refused = self.graph.table.refused.get(function.name) if inside else None
        if refused is not None:
            return [self.graph.called(refused)]
        callees = [f for f in self.graph.callees[function.title] if f.group in self.only]
        callees = [f for f in callees if f.name not in self.apart]
        return [f for f in callees if not f.name.startswith("dispatch_") or f.name == self.dispatch]

    def deepest(self, functions: list[Function], inside: bool) -> Share:
        return max((self.of(f, inside) for f in functions), key=Share.total, default=Share())

    def of(self, function: Function, inside: bool = False) -> Share:
        inside = inside or function.name == "rpmsg_poll"
        key = (function.title, inside)
        if key in self.known:
            return self.known[key]
        circle = self.graph.levels(function)
        if circle:
            share = self.of_circle(circle, inside)
        else:
            if key in self.path:
                around = [title for title, _ in self.path[self.path.index(key) :]] + [
                    function.title
                ]
                raise StackError("recursion: " + " > ".join(around))
            self.path.append(key)
            own = Share().plus(function.group, function.bytes)
            below = (
                self.at(function, f, self.of(f, inside)) for f in self.followed(function, inside)
            )
            share = max([own, *below], key=Share.total)
            self.path.pop()
        self.known[key] = share
        return share

    @staticmethod
    def at(function: Function, callee: Function, below: Share) -> Share:
        """below, over the caller's frame if it is still there."""
        if callee.title in function.tails:
            return below
        return below.plus(function.group, function.bytes)

    def of_circle(self, circle: frozenset[str], inside: bool) -> Share:
        """A level goes through each function of the circle once at most, on the longest way."""

        def longest(title: str, seen: frozenset[str]) -> int:
            on = [f.title for f in self.graph.callees[title] if f.title in circle - seen]
            return self.graph.functions[title].bytes + max(
                (longest(next_one, seen | {next_one}) for next_one in on), default=0
            )

        level = max(longest(title, frozenset({title})) for title in circle)
        out = [
            f
            for title in circle
            for f in self.followed(self.graph.functions[title], inside)
            if f.title not in circle
        ]
        return self.deepest(out, inside).plus("nanopb", level * (self.depth + 1))

    def to(self, function: Function, name: str, inside: bool = False) -> Share:
        """What is in use where the function of that name is the deepest; none: Share()."""
        inside = inside or function.name == "rpmsg_poll"
        if function.name == name:
            return Share().plus(function.group, function.bytes)
        key = (function.title, inside, name)
        if key not in self.reached:
            ways = ((f, self.to(f, name, inside)) for f in self.followed(function, inside))
            below = (self.at(function, f, share) for f, share in ways if share.total())
            self.reached[key] = max(below, key=Share.total, default=Share())
        return self.reached[key]

    def way(self, function: Function, inside: bool = False) -> list[tuple[Function, int]]:
        """The functions of the deepest path, from this one on, and what each adds to it."""
        inside = inside or function.name == "rpmsg_poll"
        below = {
            f.title: self.at(function, f, self.of(f, inside)).total()
            for f in self.followed(function, inside)
        }
        if not below or self.graph.levels(function) or max(below.values()) < function.bytes:
            return [(function, function.bytes)]
        deepest = self.graph.functions[max(below, key=below.get)]
        rest = self.way(deepest, inside)
        return [(function, below[deepest.title] - sum(count for _, count in rest)), *rest]
