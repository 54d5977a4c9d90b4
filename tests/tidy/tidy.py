# SPDX-License-Identifier: Apache-2.0
"""The rules of the house that no compiler knows: tidy.py [directory].

Reads the files that git knows or would add, prints one line a finding and exits 1 if there is one. What a rule
allows is in the tables below; a new rule gets a row in RULES and a good and a bad tree in test_tidy.py.
"""

from __future__ import annotations

import ast
import fnmatch
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import faults


class Room(NamedTuple):
    """A room of runtime/: who lives there, and whose private headers it may open besides its own."""

    name: str
    folder: str
    headers: tuple[str, ...]  # public ones, in runtime/include/weft
    opens: tuple[str, ...] = ()


# From the bottom up: a room includes the public headers of the rooms before it, never of those behind it.
ROOMS = (
    Room(
        "port",
        "runtime/port",
        (
            "cortex_m.h",
            "ivshmem.h",
            "ivshmem_page.h",
            "once.h",
            "port.h",
            "posix.h",
            "riscv.h",
            "wrap.h",
        ),
    ),
    Room("virtio", "runtime/virtio", ("check.h", "virtio.h", "virtqueue.h")),
    Room("transport", "runtime/transport", ("transport.h", "shm.h", "chrdev.h"), opens=("virtio",)),
    Room("rpmsg", "runtime/rpmsg", ("rpmsg.h",)),
    Room(
        "rpc",
        "runtime/rpc",
        (
            "status.h",
            "message.h",
            "service.h",
            "view.h",
            "payload.h",
            "wire.h",
            "client.h",
            "server.h",
        ),
    ),
    Room("link", "runtime/link", ("link.h", "chrdev_link.h", "ivshmem_link.h")),
    Room("service", "runtime/service", ()),
)
# Belongs to no room: it renames symbols, all rooms'.
ROOMLESS = ("prefix.h",)

# What runtime/ must not call, and what to do instead. Platforms with an operating system may.
BANNED = {
    "malloc|calloc|realloc|free|alloca": "take the storage from the caller",
    "printf|fprintf|sprintf|snprintf|puts": "count it, or hand it to the caller",
    "strcpy|strcat|strncat|strncpy": "memcpy a length that was checked",
    "strlen": "use strnlen with the room there is",
    "assert|abort|exit": "return an error, count it, or fail the link: a peer must not stop us",
    "sleep|usleep|nanosleep": "wait through the port, with a deadline",
}
BANNED_EXCEPT = ("runtime/port/ivshmem/", "runtime/port/posix/", "runtime/transport/chrdev/")

BODY_LINES = 60
# Bodies that were longer when the rule came. A number may only fall; at BODY_LINES its row goes.
LONG_BODIES: dict[str, int] = {}

COLUMNS = 120
TAB = 8
FILE_LINES = 450
FILE_LINES_IN = ("runtime/", "generator/", "templates/")
FILE_BYTES = 256 * 1024
# Bytes that a fuzzer found, whatever they look like.
BINARY_IN = "tests/fuzz/corpus/"
# Divided by ~, so that this file passes its own rule.
UNFINISHED = "TO~DO|FIX~ME|X~XX|HA~CK|not imple~mented|unimplemented y~et|place~holder|stub for n~ow".replace(
    "~", ""
)
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:home|root|work|Users)/")
# Printed by the generator, kept to compare with: not ours to format.
PRINTED = ("tests/golden/", "examples/sensor_hub/generated/")
C_QUIET = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
# scripts/test-linux builds them: for a kernel, for what runs in it, for what it loads.
BUILT_FOR_LINUX = ("tests/linux/firmware/", "tests/linux/guest/", "tests/linux/module/")
EVIDENCE = "docs/evidence.md"
CODE = (".c", ".h", ".py", ".sh", ".cmake")


class Finding(NamedTuple):
    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


@dataclass(frozen=True)
class File:
    root: Path
    path: str

    @cached_property
    def data(self) -> bytes:
        return (self.root / self.path).read_bytes()

    @cached_property
    def text(self) -> str:
        binary = b"\0" in self.data or self.path.startswith(BINARY_IN)
        return "" if binary else self.data.decode("utf-8", "replace")

    @cached_property
    def lines(self) -> list[str]:
        return self.text.split("\n")

    @cached_property
    def c_code(self) -> list[str]:
        """The lines with comments and literals blanked, columns and line numbers kept."""

        def blank(match: re.Match[str]) -> str:
            return re.sub(r"[^\n]", " ", match.group())

        return re.sub(C_QUIET, blank, self.text, flags=re.DOTALL).split("\n")

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[-1]

    @property
    def is_c(self) -> bool:
        return self.path.endswith((".c", ".h"))

    @property
    def is_code(self) -> bool:
        return (
            self.path.endswith(CODE)
            or self.name in ("CMakeLists.txt", "Makefile")
            or self.data.startswith(b"#!")
        )


@dataclass(frozen=True)
class Tree:
    root: Path

    @cached_property
    def files(self) -> list[File]:
        command = [
            "git",
            "-C",
            str(self.root),
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ]
        names = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split(
            "\0"
        )
        return [
            File(self.root, name)
            for name in sorted(set(names))
            if name and (self.root / name).is_file()
        ]

    @cached_property
    def ours(self) -> list[File]:
        return [file for file in self.files if not file.path.startswith(PRINTED)]


def room_of(path: str) -> Room | None:
    for room in ROOMS:
        if path.startswith(room.folder + "/") or path in (
            "runtime/include/weft/" + name for name in room.headers
        ):
            return room
    return None


def may_include(path: str, target: str) -> str | None:
    """None if the file may include runtime's `target`, else what it should do instead."""
    room, wanted = room_of(path), room_of(target)
    if room is None or wanted is None or room is wanted:
        return None
    if ROOMS.index(wanted) > ROOMS.index(room):
        return (
            f"{room.name} is below {wanted.name} and knows nothing of it; move what it needs down"
        )
    if not target.startswith("runtime/include/") and wanted.name not in room.opens:
        return f"{target} is private to {wanted.name}; include {wanted.name}'s public headers, weft/*.h"
    return None


def layers(tree: Tree) -> Iterator[Finding]:
    for file in tree.ours:
        if not (file.is_c and file.path.startswith("runtime/")):
            continue
        for number, line in enumerate(file.lines, 1):
            match = re.match(r'\s*#\s*include\s*["<]([^">]+)[">]', line)
            if match is None:
                continue
            name = match[1]
            target = ("runtime/include/" if name.startswith("weft/") else "runtime/") + name
            why = may_include(file.path, target)
            if why:
                yield Finding(file.path, number, f"includes {name}; {why}")


def public_headers_have_a_room(tree: Tree) -> Iterator[Finding]:
    for file in tree.ours:
        if (
            file.path.startswith("runtime/include/weft/")
            and file.name not in ROOMLESS
            and room_of(file.path) is None
        ):
            yield Finding(
                file.path, 1, "this header has no room; add it to ROOMS in tests/tidy/tidy.py"
            )


def banned_calls(tree: Tree) -> Iterator[Finding]:
    for file in tree.ours:
        if not (file.is_c and file.path.startswith("runtime/")) or file.path.startswith(
            BANNED_EXCEPT
        ):
            continue
        for number, line in enumerate(file.c_code, 1):
            for names, instead in BANNED.items():
                for match in re.finditer(rf"(?<![\w.>])({names})\s*\(", line):
                    yield Finding(file.path, number, f"calls {match[1]}(); {instead}")


def c_bodies(file: File) -> Iterator[tuple[str, int, int]]:
    """(name, line, lines of the body). Our style has both braces of a function in column 0."""
    start, name = None, "?"
    for number, line in enumerate(file.c_code, 1):
        head = re.match(r"\w[^;={]*?(\w+)\(", line)
        if head:
            name = head[1]
        if line.startswith("{"):
            start = number
        elif line.startswith("}") and start is not None:
            yield name, start, number - start - 1
            start = None


def python_bodies(file: File) -> Iterator[tuple[str, int, int]]:
    for node in ast.walk(ast.parse(file.text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node.lineno, (node.end_lineno or node.lineno) - node.body[0].lineno + 1


def long_bodies(tree: Tree) -> Iterator[Finding]:
    for file in tree.ours:
        bodies = (
            c_bodies(file)
            if file.is_c
            else python_bodies(file)
            if file.path.endswith(".py")
            else ()
        )
        for name, line, length in bodies:
            limit = LONG_BODIES.get(f"{file.path}:{name}", BODY_LINES)
            if length > limit:
                yield Finding(
                    file.path,
                    line,
                    f"{name}() has {length} lines, over {limit}; give a part of it a name",
                )
            elif BODY_LINES < limit != length:
                yield Finding(
                    file.path,
                    line,
                    f"{name}() came down to {length} lines; so does its row in LONG_BODIES",
                )


def long_lines(tree: Tree) -> Iterator[Finding]:
    for file in tree.ours:
        if not file.is_code and not file.path.endswith((".proto", ".toml", ".json")):
            continue
        for number, line in enumerate(file.lines, 1):
            width = len(line.expandtabs(TAB))
            if width > COLUMNS:
                yield Finding(file.path, number, f"{width} columns, over {COLUMNS}; break the line")


def trailing_space(tree: Tree) -> Iterator[Finding]:
    for file in tree.ours:
        for number, line in enumerate(file.lines, 1):
            if line != line.rstrip():
                yield Finding(file.path, number, "white space at the end of the line; remove it")
        if file.text and not file.text.endswith("\n"):
            yield Finding(file.path, len(file.lines), "no newline at the end of the file; add it")


def long_files(tree: Tree) -> Iterator[Finding]:
    for file in tree.ours:
        count = file.text.count("\n")
        if file.path.startswith(FILE_LINES_IN) and count > FILE_LINES:
            yield Finding(
                file.path,
                count,
                f"{count} lines, over {FILE_LINES}; it is more than one room: divide it",
            )


def large_files(tree: Tree) -> Iterator[Finding]:
    for file in tree.files:
        if len(file.data) > FILE_BYTES:
            yield Finding(
                file.path, 1, f"{len(file.data)} bytes, over {FILE_BYTES}; fetch or make it instead"
            )


def licence_line(tree: Tree) -> Iterator[Finding]:
    for file in tree.ours:
        if (
            file.is_code
            and file.text
            and not any("SPDX-License-Identifier:" in line for line in file.lines[:3])
        ):
            yield Finding(
                file.path, 1, "no licence; begin with SPDX-License-Identifier: Apache-2.0"
            )


def anchors(text: str) -> set[str]:
    """The anchors that a Markdown page's headings make, as the usual renderers name them."""
    prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+\s+(.*?)\s*#*$", prose, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def dead_links(tree: Tree) -> Iterator[Finding]:
    for file in tree.ours:
        if not file.path.endswith(".md"):
            continue
        for number, line in enumerate(file.lines, 1):
            for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", line)):
                if re.match(r"[a-z]+:", target):
                    continue
                path, _, anchor = target.partition("#")
                there = (tree.root / file.path).parent / path if path else tree.root / file.path
                if not there.exists():
                    yield Finding(
                        file.path,
                        number,
                        f"links to {target}, which is not there; mend or remove the link",
                    )
                elif anchor and there.suffix == ".md" and anchor not in anchors(there.read_text()):
                    yield Finding(
                        file.path,
                        number,
                        f"links to {target}, a heading that is not there; mend the link",
                    )


def unfinished(tree: Tree) -> Iterator[Finding]:
    marks = re.compile(rf"\b({UNFINISHED})\b")
    for file in tree.files:
        for number, line in enumerate(file.lines, 1):
            for mark in marks.findall(line):
                yield Finding(
                    file.path, number, f"says {mark!r}; finish it, or say what the limit is"
                )


def machine_paths(tree: Tree) -> Iterator[Finding]:
    for file in tree.files:
        for number, line in enumerate(file.lines, 1):
            if MACHINE_PATH.search(line):
                yield Finding(
                    file.path,
                    number,
                    "a path of somebody's machine; make it relative to the repository",
                )


def changelog(tree: Tree) -> Iterator[Finding]:
    for file in tree.files:
        if file.path == "CHANGELOG.md":
            if not re.search(r"^## \[?Unreleased", file.text, re.MULTILINE):
                yield Finding(
                    file.path, 1, 'no section "Unreleased"; what users see of a change goes there'
                )
            return
    yield Finding("CHANGELOG.md", 1, 'not there; make it, with a section "Unreleased"')


def empty_folders(tree: Tree) -> Iterator[Finding]:
    command = ["git", "-C", str(tree.root), "status", "--ignored", "--porcelain", "-z"]
    entries = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\0")
    ignored = (".git/", *(entry[3:] for entry in entries if entry.startswith("!! ")))
    for folder in sorted(path for path in tree.root.rglob("*") if path.is_dir()):
        path = folder.relative_to(tree.root).as_posix() + "/"
        if not path.startswith(ignored) and not any(folder.iterdir()):
            yield Finding(path, 1, "an empty folder; make a room when its code comes")


def built(tree: Tree) -> list[tuple[str, str]]:
    """(folder, pattern of C files) of every CMakeLists.txt."""
    patterns = []
    for file in tree.ours:
        if file.name == "CMakeLists.txt":
            folder = file.path[: -len(file.name)]
            text = re.sub(r"#[^\n]*", "", file.text).replace("${PROJECT_SOURCE_DIR}/", "/")
            for word in re.findall(r"[\w./*-]+\.c\b", text):
                patterns.append(("", word[1:]) if word.startswith("/") else (folder, word))
    return patterns


def dead_files(tree: Tree) -> Iterator[Finding]:
    patterns = built(tree)
    for file in tree.ours:
        if not (file.path.endswith(".c") and file.path.startswith(("runtime/", "tests/"))):
            continue
        if file.path.startswith(BUILT_FOR_LINUX):
            continue
        depth = file.path.count("/")
        for folder, pattern in patterns:
            if (folder + pattern).count("/") == depth and fnmatch.fnmatch(
                file.path, folder + pattern
            ):
                break
        else:
            yield Finding(file.path, 1, "no CMakeLists.txt builds it; add it there, or delete it")


def fault_rows(tree: Tree) -> Iterator[Finding]:
    for file in tree.files:
        if file.path == faults.FILE:
            for line, text in faults.problems(tree.root, file.text):
                yield Finding(file.path, line, text)


def named_tests(tree: Tree) -> Iterator[Finding]:
    """A page that names a test, `tests/unit/test_a.c:it_works`, names one that is there."""
    for file in tree.ours:
        if not file.path.endswith(".md"):
            continue
        for number, line in enumerate(file.lines, 1):
            for test in re.findall(r"`(tests/[\w/.]+:\w+)`", line):
                if not faults.is_there(tree.root, test):
                    text = f"names {test}, which is no test; name one that is there"
                    yield Finding(file.path, number, text)


def evidence_table(tree: Tree) -> Iterator[Finding]:
    texts = {file.path: file.text for file in tree.files if file.path in (EVIDENCE, faults.FILE)}
    if EVIDENCE in texts and faults.table(texts.get(faults.FILE, "")) not in texts[EVIDENCE]:
        yield Finding(EVIDENCE, 1, f"its table is not of {faults.FILE}; run scripts/evidence table")


RULES = (
    layers,
    public_headers_have_a_room,
    banned_calls,
    long_bodies,
    long_lines,
    trailing_space,
    long_files,
    large_files,
    licence_line,
    dead_links,
    unfinished,
    machine_paths,
    changelog,
    empty_folders,
    dead_files,
    fault_rows,
    named_tests,
    evidence_table,
)


def main(arguments: list[str]) -> int:
    tree = Tree(Path(arguments[0] if arguments else ".").resolve())
    if len(arguments) > 1 or not (tree.root / ".git").exists():
        print(
            f"tidy: {tree.root}: not the root of a git checkout; run it there, or name one folder",
            file=sys.stderr,
        )
        return 2
    findings = sorted(finding for rule in RULES for finding in rule(tree))
    print("\n".join(map(str, findings)) or f"tidy: {len(tree.files)} files")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
