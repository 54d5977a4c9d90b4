# SPDX-License-Identifier: Apache-2.0
"""Where in a .proto an element stands, from the source positions that protoc records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor_pb2 import FileDescriptorProto

from weft.problems import Location

Path = tuple[int, ...]


@dataclass(frozen=True)
class Positions:
    """The paths of one file, as descriptor.proto numbers them, with their places and comments."""

    shown: str
    spans: dict[Path, Any]

    @classmethod
    def of(cls, file: FileDescriptorProto, shown: str) -> Positions:
        spans: dict[Path, Any] = {}
        for location in file.source_code_info.location:
            spans.setdefault(tuple(location.path), location)
        return cls(shown, spans)

    def at(self, path: Path) -> Location:
        """The place of an element, else of the nearest thing around it, else line 1."""
        for end in range(len(path), 0, -1):
            location = self.spans.get(path[:end])
            if location is not None and location.span:
                return Location(self.shown, location.span[0] + 1, location.span[1] + 1)
        return Location(self.shown, 1, 1)

    def comment(self, path: Path) -> str:
        """The comment above an element, or behind it."""
        location = self.spans.get(path)
        if location is None:
            return ""
        return location.leading_comments or location.trailing_comments
