# SPDX-License-Identifier: Apache-2.0
"""The last touch to printed C: comments as blocks, long declarations over several lines."""

from __future__ import annotations

import re
import textwrap
import unicodedata

WIDTH = 120
TAB = 8


def plain(text: str) -> str:
    """Text that can stand in a C comment: ends none, begins none, and hides nothing."""
    text = text.replace("*/", "* /").replace("/*", "/ *").replace("??", "? ?")
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf"))


def comment(text: str, indent: str = "") -> str:
    """A block comment; the author's line breaks stay, what is too long is broken."""
    width = WIDTH - len(indent.expandtabs(TAB)) - len("/*  */")
    lines: list[str] = []
    for line in plain(text).strip().split("\n"):
        line = line.rstrip().rstrip("\\")
        lines += textwrap.wrap(line.strip(), width, break_long_words=False) or [""]
    return indent + "/* " + f"\n{indent} * ".join(lines).replace(" * \n", " *\n") + " */"


def comment_block(text: str) -> str:
    """For {% filter %}: the comment is a line of its own."""
    return comment(text) + "\n"


def neat(text: str) -> str:
    """A whole file: one empty line at most, long lines broken, one newline at the end."""
    return wrap(re.sub(r"\n{3,}", "\n\n", text.strip("\n"))) + "\n"


def wrap(text: str) -> str:
    """Break lines of code that are too long at the commas between arguments."""
    return "\n".join(wrap_line(line) for line in text.split("\n"))


def wrap_line(line: str) -> str:
    if len(line.expandtabs(TAB)) <= WIDTH or not line.endswith((";", ")", ",", "{")):
        return line
    if line.lstrip().startswith(("/*", "*", "#")):
        return line
    opening = last_open_call(line)
    if opening is None or "," not in line[opening:]:
        return re.sub(r"^(\t*)(.*? =) ", r"\1\2\n\1\t", line)
    head, arguments = line[: opening + 1], line[opening + 1 :]
    tabs = re.match(r"\t*", line).group()
    column = len(head.expandtabs(TAB)) - len(tabs) * TAB
    if column > WIDTH // 2:
        head, column = head + "\n" + tabs + "\t", 8
        continuation = tabs + "\t"
    else:
        continuation = tabs + " " * column
    lines, current = [], head
    for part in re.findall(r"[^,]+,?\s*", arguments):
        end = current.split("\n")[-1]
        if len((end + part.rstrip()).expandtabs(TAB)) > WIDTH and current.strip() and end.strip():
            lines.append(current.rstrip())
            current = continuation
        current += part
    return "\n".join([*lines, current])


def last_open_call(line: str) -> int | None:
    """The parenthesis that opens the argument list which ends the line."""
    depth = 0
    for index in range(len(line) - 1, -1, -1):
        if line[index] == ")":
            depth += 1
        elif line[index] == "(":
            depth -= 1
            if depth == 0:
                return index
    return None
