# SPDX-License-Identifier: Apache-2.0
"""The runtime's C as tree-sitter sees it: before the preprocessor, with the place of every node."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import tree_sitter_c
from mutant import Edit, Mutant
from tree_sitter import Language, Node, Parser

PARSER = Parser(Language(tree_sitter_c.language()))


@dataclass(frozen=True)
class Source:
    root: Path
    path: str

    @cached_property
    def data(self) -> bytes:
        return (self.root / self.path).read_bytes()

    @cached_property
    def nodes(self) -> list[Node]:
        """All of them, in the order of the text."""
        return list(below(PARSER.parse(self.data).root_node))

    @property
    def name(self) -> str:
        return self.path.removeprefix("runtime/")

    def calls(self) -> Iterator[tuple[Node, str, list[Node]]]:
        """(node, name, arguments) of each call of a named function or macro."""
        for node in self.nodes:
            if node.type == "call_expression":
                function = node.child_by_field_name("function")
                arguments = node.child_by_field_name("arguments")
                if function.type == "identifier":
                    yield node, text(function), arguments.named_children

    def mutant(self, kind: str, label: str, node: Node, new: str) -> Mutant:
        edit = Edit(node.start_byte, node.end_byte, new.encode())
        return Mutant(f"{self.name}:{label}", kind, self.path, node.start_point[0] + 1, edit)


def sources(root: Path) -> list[Source]:
    """Without the ports to chips: they run in an emulator only, which keeps every order."""
    paths = [path.relative_to(root) for path in sorted(root.glob("runtime/**/*.[ch]"))]
    here = [path for path in paths if path.parts[1] != "port" or path.parts[2] == "posix"]
    return [Source(root, path.as_posix()) for path in here]


def below(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from below(child)


def text(node: Node) -> str:
    return node.text.decode()


def compact(node: Node) -> str:
    return "".join(text(node).split())


def function_around(node: Node) -> str:
    """The name of the function that a node is in."""
    while node.type != "function_definition":
        node = node.parent
    while node.type != "identifier":
        node = node.child_by_field_name("declarator")
    return text(node)
