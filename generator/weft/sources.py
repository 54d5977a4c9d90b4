# SPDX-License-Identifier: Apache-2.0
"""From the paths that a user typed to a Request: import directories, protoc, .options files."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from google.protobuf import message
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from weft import paths, protoc
from weft.problems import Location, Problem, RefusedError, refuse
from weft.request import Request

PROTOC_LINE = re.compile(r"(?P<file>.+?):(?P<line>\d+):(?P<column>\d+): (?P<text>.*)")


@dataclass(frozen=True)
class Source:
    """One .proto that was asked for."""

    typed: str
    path: Path
    name: str  # protoc's name for it


@dataclass(frozen=True)
class Tree:
    """The import directories, as typed, in the order in which they are searched."""

    typed: tuple[str, ...]

    def name_of(self, path: Path) -> str | None:
        """The name of a file in the first directory that is above it."""
        for folder in self.typed:
            try:
                return path.relative_to(absolute(folder)).as_posix()
            except ValueError:
                continue
        return None

    def find(self, name: str) -> str | None:
        """The path of a name, as the user would type it."""
        for folder in self.typed:
            path = Path(folder) / PurePosixPath(name)
            if path.is_file():
                return str(path)
        return None


def absolute(path: str) -> Path:
    """Absolute and normalized, links kept: what protoc compares."""
    return Path(os.path.abspath(path))  # noqa: PTH100  (resolve() would follow links)


def load(files: Sequence[str], include: Sequence[str], nanopb_protos: Path) -> tuple[Request, str]:
    """Compile the files. Returns the request and protoc's warnings."""
    tree = import_tree(files, include)
    sources = name_sources(files, tree)
    require_utf8([(source.typed, source.path) for source in sources])
    folders = [absolute(folder) for folder in tree.typed]
    outcome = protoc.compile_protos(
        [*folders, paths.schemas(), nanopb_protos], [str(source.path) for source in sources]
    )
    shown = {source.name: source.typed for source in sources}
    if outcome.descriptors is None:
        raise RefusedError([problem_of(line, shown, tree) for line in outcome.said])
    request = request_from(outcome.descriptors, sources, tree)
    warnings = "\n".join(str(problem_of(line, shown, tree)) for line in outcome.said)
    return request, warnings


def import_tree(files: Sequence[str], include: Sequence[str]) -> Tree:
    """The directories given with -I; then, for a file outside of all of them, its own."""
    problems = [
        Problem(None, f"-I {folder}: there is no such directory; give one that exists")
        for folder in include
        if not Path(folder).is_dir()
    ]
    typed = list(include)
    for file in files:
        outside = Tree(tuple(typed)).name_of(absolute(file)) is None
        if outside and Path(file).is_file():
            typed.append(str(Path(file).parent))
    problems += [
        Problem(
            None, f"{folder}: protoc cannot search a directory with ':' or '=' in its path; move it"
        )
        for folder in typed
        if re.search(r"[:=;]", without_drive(absolute(folder)))
    ]
    if problems:
        raise RefusedError(problems)
    return Tree(tuple(typed))


def without_drive(path: Path) -> str:
    return str(path)[len(path.drive) :]


def name_sources(files: Sequence[str], tree: Tree) -> list[Source]:
    """One source a file, each file once."""
    problems: list[Problem] = []
    sources: dict[str, Source] = {}
    for typed in files:
        source = name_source(typed, tree)
        if isinstance(source, Problem):
            problems.append(source)
            continue
        first = sources.setdefault(source.name, source)
        if first.path != source.path:
            text = (
                f"{first.typed} has the same name, {source.name}; give their common parent with -I"
            )
            problems.append(Problem(Location(typed), text))
    if problems:
        raise RefusedError(problems)
    return list(sources.values())


def name_source(typed: str, tree: Tree) -> Source | Problem:
    if not typed.endswith(".proto"):
        return Problem(Location(typed), "not a .proto file; name files that end in .proto")
    if Path(typed).is_file():
        path = absolute(typed)
        return Source(typed, path, tree.name_of(path) or path.name)
    name = PurePosixPath(typed).as_posix()
    for bundled in (paths.schemas(), paths.well_known()):
        if ".." not in typed and (bundled / name).is_file():
            return Source(typed, bundled / name, name)
    found = tree.find(name)
    if found is not None:
        return Source(found, absolute(found), tree.name_of(absolute(found)) or name)
    return Problem(Location(typed), "there is no such file; check the path")


def require_utf8(files: Sequence[tuple[str, Path]]) -> None:
    problems = []
    for shown, path in files:
        try:
            data = path.read_bytes()
        except OSError as error:
            problems.append(Problem(Location(shown), f"cannot be read, {error.strerror}; check it"))
            continue
        problem = utf8_problem(shown, data)
        if problem is not None:
            problems.append(problem)
    if problems:
        raise RefusedError(problems)


def utf8_problem(shown: str, data: bytes) -> Problem | None:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        where = Location(shown, before.count(b"\n") + 1, error.start - before.rfind(b"\n"))
        return Problem(where, "this is not UTF-8; save the file as UTF-8")
    return None


def request_from(descriptors: bytes, sources: Sequence[Source], tree: Tree) -> Request:
    try:
        files = tuple(FileDescriptorSet.FromString(descriptors).file)
    except message.DecodeError as error:
        raise refuse(
            f"what protoc made of the files cannot be read ({error}); save them as UTF-8"
        ) from error
    shown = {source.name: source.typed for source in sources}
    for file in files:
        shown.setdefault(file.name, tree.find(file.name) or file.name)
    require_utf8([(path, Path(path)) for path in shown.values() if Path(path).is_file()])
    options = {name: str(Path(path).with_suffix(".options")) for name, path in shown.items()}
    return Request(
        files=files,
        generate=tuple(source.name for source in sources),
        shown=shown,
        options={name: path for name, path in options.items() if Path(path).is_file()},
    )


def problem_of(line: str, shown: dict[str, str], tree: Tree) -> Problem:
    """A line of protoc's, with the file named as the user knows it."""
    match = PROTOC_LINE.fullmatch(line)
    if match is None:
        return Problem(None, line)
    path = shown_path(match["file"], shown, tree)
    return Problem(Location(path, int(match["line"]), int(match["column"])), match["text"])


def shown_path(said: str, shown: dict[str, str], tree: Tree) -> str:
    """protoc names files by absolute paths; by their names where they are not on the disk."""
    name = tree.name_of(Path(said)) or said
    return shown.get(name) or tree.find(name) or name
