# SPDX-License-Identifier: Apache-2.0
"""What is checked before a peer is believed: each check left out, each condition off by one.

virtio/checks.h:RING_ID:dropped             the check holds always
virtio/virtqueue_device.c:device_take:check_ring_id:dropped    ... in one of its uses
virtio/checks.h:RING_ID:<to<=               a comparison has another edge
virtio/checks.h:DESC_RANGE:-addr>=base      an operand of && or || is gone
virtio/checks.h:STATUS:16u+1                a constant is another
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from mutant import Mutant, numbered
from source import Source, below, compact, function_around, sources, text
from tree_sitter import Node

LIST = "runtime/include/weft/check.h"
TWINS = {
    "<=": ("<",),
    "<": ("<=",),
    ">=": (">",),
    ">": (">=",),
    "==": ("<=", ">="),
    "!=": ("<", ">"),
}
# What we compare with these is unsigned: nothing is below the one or above the other.
SAME = {("==", "<=", "0"), ("!=", ">", "0"), ("!=", "<", "0xffffffffu")}
CONSTANTS = ("number_literal", "char_literal")


def operator(node: Node) -> str | None:
    return text(node.child_by_field_name("operator")) if node.type == "binary_expression" else None


def off_by_one(source: Source, name: str, condition: Node) -> Iterator[Mutant]:
    for node in below(condition):
        sign = operator(node)
        if sign is not None:
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            for twin in TWINS.get(sign, ()):
                if (sign, twin, text(right)) not in SAME:
                    new = f"{text(left)} {twin} {text(right)}"
                    yield source.mutant("checks", f"{name}:{sign}to{twin}", node, new)
            if sign in ("&&", "||"):
                for gone, stays in ((left, right), (right, left)):
                    if operator(gone) != sign:
                        yield source.mutant("checks", f"{name}:-{compact(gone)}", node, text(stays))
        if node.type in CONSTANTS:
            for step in ("+1", "-1"):
                new = f"({text(node)} {step[0]} {step[1]})"
                yield source.mutant("checks", f"{name}:{text(node)}{step}", node, new)


def conditions(source: Source) -> Iterator[tuple[str, Node]]:
    """(id, condition) of every WEFT_CHECK; and what a function of checks.h returns to one."""
    for _, name, arguments in source.calls():
        if name == "WEFT_CHECK":
            yield text(arguments[0]), arguments[1]
    if source.path.endswith("/checks.h"):
        for node in source.nodes:
            if node.type == "return_statement" and b"WEFT_CHECK" not in node.text:
                yield function_around(node), node.named_children[0]


def uses(source: Source) -> Iterator[Mutant]:
    """check_...() where somebody relies on it."""
    if source.path.endswith("/checks.h"):
        return
    for node, name, _ in source.calls():
        if name.startswith("check_"):
            label = f"{function_around(node)}:{name}:dropped"
            yield source.mutant("checks", label, node, "1")


def mutants(root: Path) -> list[Mutant]:
    found = []
    for source in sources(root):
        if source.path == LIST:
            continue
        for name, condition in conditions(source):
            if name.isupper():
                found.append(source.mutant("checks", f"{name}:dropped", condition, "1"))
            found += off_by_one(source, name, condition)
        found += uses(source)
    return numbered(found)


def undeclared(root: Path) -> list[str]:
    """Where the list of checks and the checks that are made differ."""
    declared = re.findall(r"^\tX\((\w+),", (root / LIST).read_text(), re.MULTILINE)
    made = [name for source in sources(root) for name, _ in conditions(source) if name.isupper()]
    return [
        f"{name}: declared in {LIST}, and no WEFT_CHECK makes it"
        for name in declared
        if name not in made
    ] + [f"{name}: made, and not declared in {LIST}" for name in made if name not in declared]
