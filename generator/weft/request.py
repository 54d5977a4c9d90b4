# SPDX-License-Identifier: Apache-2.0
"""What a run is asked for, however it was asked: the command, a plugin request, or a saved one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from google.protobuf.descriptor_pb2 import FileDescriptorProto


@dataclass(frozen=True)
class Request:
    """Names are protoc's: relative to an import directory, with forward slashes."""

    files: tuple[FileDescriptorProto, ...]  # what is generated from, and all imports, those first
    generate: tuple[str, ...]  # names of those to generate
    shown: Mapping[str, str] = field(default_factory=dict)  # name -> path as the user knows it
    options: Mapping[str, str] = field(default_factory=dict)  # name -> its .options file
    mtu: int | None = None  # bytes of the largest RPMsg payload; None: anything fits
    well_known: bool = True  # generate the google/protobuf files that are used, too

    def path(self, name: str) -> str:
        return self.shown.get(name, name)

    def read_files(self) -> list[str]:
        """The files of the user's that this was made from."""
        return [*self.shown.values(), *self.options.values()]
