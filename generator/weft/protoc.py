# SPDX-License-Identifier: Apache-2.0
"""Runs protoc, which comes with grpcio-tools, from .proto files to serialized descriptors."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Outcome:
    """The descriptors, or None; and what protoc said, errors or warnings, line by line."""

    descriptors: bytes | None
    said: tuple[str, ...]


def compile_protos(include: Sequence[Path], files: Sequence[str]) -> Outcome:
    """Files with source positions, and all that they import."""
    with tempfile.TemporaryDirectory(prefix="weft-") as folder:
        result = Path(folder) / "descriptors"
        command = [sys.executable, "-m", "grpc_tools.protoc"]
        command += [f"-I{path}" for path in include]
        command += ["--include_imports", "--include_source_info", f"--descriptor_set_out={result}"]
        done = subprocess.run(
            [*command, *files], stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
        said = (done.stdout + done.stderr).decode("utf-8", "replace")
        lines = tuple(line for line in said.splitlines() if line.strip())
        if done.returncode != 0 or not result.is_file():
            return Outcome(None, lines)
        return Outcome(result.read_bytes(), lines)
