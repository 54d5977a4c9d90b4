# SPDX-License-Identifier: Apache-2.0
"""Writes files so that each is there whole or not at all, and only where its text has changed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from weft.problems import refuse


def write_all(folder: str, files: Mapping[str, str]) -> None:
    """First all of it beside its place, then all of it into its place."""
    staged: list[tuple[Path, Path]] = []
    path = Path(folder)
    try:
        for name, text in files.items():
            path = Path(folder) / name
            temporary = stage(path, text.encode("utf-8"))
            if temporary is not None:
                staged.append((temporary, path))
        for temporary, path in staged:
            temporary.replace(path)
    except OSError as error:
        raise refuse(f"{path}: cannot be written, {error.strerror}; check its directory") from error
    finally:
        for temporary, _ in staged:
            temporary.unlink(missing_ok=True)


def stage(path: Path, data: bytes) -> Path | None:
    """A file with this content, to be moved to its path; None: it is there already."""
    if path.is_file() and path.read_bytes() == data:
        return None
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).chmod(0o666 & ~current_umask())
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)


def depfile(target: str, files: Iterable[str]) -> str:
    """A rule for make and ninja: the target is older than any of the files."""
    there = sorted({os.path.abspath(file) for file in files if Path(file).is_file()})  # noqa: PTH100
    return " \\\n  ".join([f"{escape(target)}:", *map(escape, there)]) + "\n"


def escape(path: str) -> str:
    return path.replace("\\", "/").replace(" ", "\\ ").replace("#", "\\#").replace("$", "$$")


def current_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
