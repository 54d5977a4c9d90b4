# SPDX-License-Identifier: Apache-2.0
"""What the checks look at: what is generated, and what that contains."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from weft.model import Enum, Field, File, Message, Schema

# Those of protobuf's own files whose messages have a fixed size.
WELL_KNOWN = tuple(f"google/protobuf/{name}.proto" for name in ("duration", "empty", "timestamp"))
WELL_KNOWN_WORDS = "Duration, Empty and Timestamp"
# They describe options: nothing is generated for them.
OPTION_FILES = ("weft/options.proto", "google/protobuf/descriptor.proto")


def describes_options(file: str) -> bool:
    return file in OPTION_FILES or file.split("/")[-1] == "nanopb.proto"


def foreign(file: str) -> bool:
    """Nothing is generated for the types of this file."""
    if describes_options(file):
        return True
    return file.startswith("google/protobuf/") and file not in WELL_KNOWN


@dataclass(frozen=True)
class Scope:
    schema: Schema

    @cached_property
    def files(self) -> tuple[File, ...]:
        """All files that give C."""
        return tuple(file for file in self.schema.files.values() if not foreign(file.name))

    @cached_property
    def messages(self) -> tuple[Message, ...]:
        """Those of the generated files and all that they contain, in the order of the files."""
        generated = {file.name for file in self.schema.generated}
        roots = [m.full_name for m in self.schema.messages.values() if m.file in generated]
        roots += [
            name
            for s in self.schema.services
            for m in s.methods
            for name in (m.request, m.response)
        ]
        reached = {message.full_name for message in self.schema.reach(roots)}
        return tuple(
            message
            for message in self.schema.messages.values()
            if message.full_name in reached and not message.map_entry and not foreign(message.file)
        )

    @cached_property
    def enums(self) -> tuple[Enum, ...]:
        """Those of the generated files and those that the messages use."""
        generated = {file.name for file in self.schema.generated}
        used = {field.type_name for _, field in self.fields() if field.kind == "enum"}
        return tuple(
            enum
            for enum in self.schema.enums.values()
            if enum.file in generated or enum.full_name in used
        )

    def fields(self) -> Iterator[tuple[Message, Field]]:
        for message in self.messages:
            for field in message.fields:
                yield message, field

    def is_map(self, field: Field) -> bool:
        message = self.schema.messages.get(field.type_name)
        return message is not None and message.map_entry

    def unsupported(self, full_name: str) -> bool:
        """A type of protobuf's own that we do not generate, as google.protobuf.Any."""
        message = self.schema.messages.get(full_name) or self.schema.enums.get(full_name)
        return message is not None and foreign(message.file)
