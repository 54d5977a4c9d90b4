# SPDX-License-Identifier: Apache-2.0
"""The frozen model: what descriptors say, with nanopb's options settled and a place for everything.

Full names are protobuf's, without the leading dot. The model is made from any input that protoc
accepts; what we cannot serve is for the checks to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from weft.problems import Location


@dataclass(frozen=True)
class Limits:
    """What nanopb's options resolve to for one field."""

    max_size: int | None = None  # bytes of a string with its NUL, or of bytes
    max_count: int | None = None
    int_size: int = 0  # 0: by the type
    fixed_length: bool = False
    fixed_count: bool = False


@dataclass(frozen=True)
class Field:
    name: str
    number: int
    kind: str  # "int32", "string", "bytes", "message", "enum", "group", ...
    label: str  # "singular", "optional", "required", "repeated", "oneof"
    type_name: str  # of a message or an enum, else ""
    oneof: str  # name of its oneof, else ""
    limits: Limits
    where: Location
    default_bytes: int | None = None  # length of the default of a string or bytes, in proto2
    view: bool = False  # a pointer and a length in the struct; a payload is one, too
    payload: bool = False


@dataclass(frozen=True)
class Message:
    full_name: str
    c_type: str
    fields: tuple[Field, ...]  # by number
    oneofs: tuple[tuple[str, Location], ...]
    file: str
    where: Location
    map_entry: bool = False
    extension_ranges: tuple[Location, ...] = ()

    @property
    def payload(self) -> Field | None:
        return next((field for field in self.fields if field.payload), None)


@dataclass(frozen=True)
class EnumValue:
    name: str
    c_name: str
    number: int
    where: Location


@dataclass(frozen=True)
class Enum:
    full_name: str
    c_type: str
    values: tuple[EnumValue, ...]
    file: str
    where: Location
    long_names: bool = True
    to_string: bool = False
    validate: bool = False


@dataclass(frozen=True)
class Method:
    name: str
    c_name: str  # snake_case, without the service's prefix
    request: str
    response: str
    oneway: bool
    client_streaming: bool
    server_streaming: bool
    id: int
    comment: str
    where: Location
    id_where: Location
    oneway_where: Location


@dataclass(frozen=True)
class Service:
    name: str
    full_name: str
    prefix: str
    channel: str
    channel_given: bool
    id: int
    major: int
    address: int | None
    methods: tuple[Method, ...]
    comment: str
    file: str
    where: Location
    option_where: Mapping[str, Location] = field(default_factory=dict)

    @property
    def shortened(self) -> bool:
        return not self.channel_given and self.channel != self.full_name

    def option(self, name: str) -> Location:
        """The place of an option, of the service where it is not given."""
        return self.option_where.get(name, self.where)


@dataclass(frozen=True)
class File:
    name: str
    shown: str
    package: str
    syntax: str
    services: tuple[Service, ...]
    imports: tuple[str, ...]
    generate: bool
    reexports: bool  # has a public import
    where: Location
    syntax_where: Location
    extensions: tuple[Location, ...] = ()


@dataclass(frozen=True)
class Schema:
    """Everything of one run. Messages and enums of all files, in the order of the files."""

    files: Mapping[str, File]
    messages: Mapping[str, Message]
    enums: Mapping[str, Enum]

    @property
    def generated(self) -> tuple[File, ...]:
        return tuple(file for file in self.files.values() if file.generate)

    @property
    def services(self) -> tuple[Service, ...]:
        return tuple(service for file in self.generated for service in file.services)

    def reach(self, full_names: list[str]) -> tuple[Message, ...]:
        """These messages and all that they contain, each once, what is contained first."""
        done: dict[str, Message] = {}
        entered: set[str] = set()
        for name in full_names:
            self._visit(name, entered, done)
        return tuple(done.values())

    def has_views(self, full_name: str) -> bool:
        """Does a message, or one inside it, have a field that points into the received buffer?"""
        return any(field.view for message in self.reach([full_name]) for field in message.fields)

    def _visit(self, name: str, entered: set[str], done: dict[str, Message]) -> None:
        if name in entered or name not in self.messages:
            return
        entered.add(name)
        for item in self.messages[name].fields:
            if item.kind in ("message", "group"):
                self._visit(item.type_name, entered, done)
        done[name] = self.messages[name]
