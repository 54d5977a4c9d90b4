# SPDX-License-Identifier: Apache-2.0
"""From protoc's descriptors to the frozen model, with nanopb asked what its options resolve to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import text_encoding
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto

from weft import naming, nanopb_rules, options_file
from weft.extensions import POOL, weft_option
from weft.ids import fnv1a_32
from weft.model import (
    Enum,
    EnumValue,
    Field,
    File,
    Limits,
    Message,
    Method,
    Schema,
    Service,
)
from weft.nanopb import Nanopb
from weft.options_file import Mask
from weft.positions import Path, Positions
from weft.problems import Location, Problem
from weft.request import Request

# The field numbers of descriptor.proto that source positions are made of.
FILE_MESSAGE, FILE_ENUM, FILE_SERVICE, FILE_EXTENSION, FILE_OPTIONS, FILE_SYNTAX = 4, 5, 6, 7, 8, 12
FILE_EDITION = 14
MESSAGE_FIELD, MESSAGE_NESTED, MESSAGE_ENUM, MESSAGE_RANGE = 2, 3, 4, 5
MESSAGE_EXTENSION, MESSAGE_OPTIONS, MESSAGE_ONEOF = 6, 7, 8
ENUM_VALUE, ENUM_OPTIONS, FIELD_OPTIONS, SERVICE_METHOD, SERVICE_OPTIONS = 2, 3, 8, 2, 3
NAME, METHOD_OPTIONS, NANOPB = 1, 4, 1010


@dataclass(frozen=True)
class Reading:
    """The model, the lines of each .options file, and what was wrong with nanopb's options."""

    schema: Schema
    masks: Mapping[str, tuple[Mask, ...]]
    problems: tuple[Problem, ...]


def read(request: Request, nanopb: Nanopb) -> Reading:
    files: dict[str, File] = {}
    messages: dict[str, Message] = {}
    enums: dict[str, Enum] = {}
    masks: dict[str, tuple[Mask, ...]] = {}
    problems: list[Problem] = []
    for file in request.files:
        lines, bad = (), ()
        if file.name in request.options:
            lines, bad = options_file.read(request.options[file.name], nanopb.options_class)
        reader = FileReader(file, request, nanopb, lines)
        files[file.name] = reader.read()
        messages.update((item.full_name, item) for item in reader.messages)
        enums.update((item.full_name, item) for item in reader.enums)
        masks[file.name] = lines
        problems += [*bad, *reader.problems]
    return Reading(Schema(files, messages, enums), masks, tuple(problems))


@dataclass
class FileReader:
    """Reads one file; collects as it goes."""

    file: FileDescriptorProto
    request: Request
    nanopb: Nanopb
    masks: tuple[Mask, ...]
    messages: list[Message] = field(default_factory=list)
    enums: list[Enum] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    extensions: list[Location] = field(default_factory=list)

    def read(self) -> File:
        file = self.file
        self.positions = Positions.of(file, self.request.path(file.name))
        self.package = tuple(file.package.split(".")) if file.package else ()
        self.nanopb.use_masks(self.masks)
        self.note(file.options, "nanopb_fileopt", (FILE_OPTIONS,))
        options = self.nanopb.options_of(file, self.nanopb.options_class(), (file.name,))
        for index, enum in enumerate(file.enum_type):
            self.read_enum(enum, (FILE_ENUM, index), options, self.package)
        for index, message in enumerate(file.message_type):
            self.read_message(message, (FILE_MESSAGE, index), options, self.package)
        services = tuple(self.read_service(s, index) for index, s in enumerate(file.service))
        self.note_extensions(file.extension, (FILE_EXTENSION,))
        self.check_masks()
        return self.as_file(services)

    def as_file(self, services: tuple[Service, ...]) -> File:
        file = self.file
        edition = (FILE_EDITION,) in self.positions.spans
        return File(
            name=file.name,
            shown=self.positions.shown,
            package=file.package,
            syntax=file.syntax or "proto2",
            services=services,
            imports=tuple(file.dependency),
            generate=file.name in self.request.generate,
            reexports=bool(file.public_dependency),
            where=Location(self.positions.shown, 1, 1),
            syntax_where=self.positions.at((FILE_EDITION if edition else FILE_SYNTAX,)),
            extensions=tuple(self.extensions),
        )

    # ---- nanopb's options -------------------------------------------------------------------

    def note(self, options: Any, extension_name: str, path: Path) -> None:
        """Object to nanopb's options that are set here, in the .proto."""
        extension = POOL.FindExtensionByName(extension_name)
        if not options.HasExtension(extension):
            return
        self.problems += nanopb_rules.problems_of(
            options.Extensions[extension],
            lambda number: self.positions.at((*path, NANOPB, number)),
        )

    def check_masks(self) -> None:
        for mask in self.masks:
            self.problems += nanopb_rules.problems_of(
                mask.options, lambda _, m=mask: m.options_where
            )
            if not self.nanopb.matched(mask):
                text = f"'{mask.pattern}' matches nothing in {self.positions.shown}"
                cure = "write the full name, with the package"
                self.problems.append(Problem(mask.where, f"{text}; {cure}"))

    # ---- messages and enums -----------------------------------------------------------------

    def read_message(
        self, message: Any, path: Path, inherited: Any, scope: tuple[str, ...]
    ) -> None:
        names = (*scope, message.name)
        self.note(message.options, "nanopb_msgopt", (*path, MESSAGE_OPTIONS))
        options = self.nanopb.options_of(message, inherited, names)
        for item in message.oneof_decl:  # nanopb has options of oneofs too, in .options files
            self.nanopb.options_of(message, options, (*names, item.name))
        fields = [
            self.read_field(message, item, (*path, MESSAGE_FIELD, index), options, names)
            for index, item in enumerate(message.field)
        ]
        self.messages.append(
            Message(
                full_name=".".join(names),
                c_type=naming.c_type(".".join(names)),
                fields=tuple(sorted(fields, key=lambda item: item.number)),
                oneofs=self.oneofs_of(message, path),
                file=self.file.name,
                where=self.positions.at((*path, NAME)),
                map_entry=message.options.map_entry,
                extension_ranges=tuple(
                    self.positions.at((*path, MESSAGE_RANGE, index))
                    for index in range(len(message.extension_range))
                ),
            )
        )
        self.note_extensions(message.extension, (*path, MESSAGE_EXTENSION))
        for index, enum in enumerate(message.enum_type):
            self.read_enum(enum, (*path, MESSAGE_ENUM, index), options, names)
        for index, nested in enumerate(message.nested_type):
            self.read_message(nested, (*path, MESSAGE_NESTED, index), inherited, names)

    def oneofs_of(self, message: Any, path: Path) -> tuple[tuple[str, Location], ...]:
        synthetic = {item.oneof_index for item in message.field if item.proto3_optional}
        return tuple(
            (item.name, self.positions.at((*path, MESSAGE_ONEOF, index, NAME)))
            for index, item in enumerate(message.oneof_decl)
            if index not in synthetic
        )

    def read_field(
        self, message: Any, item: FieldDescriptorProto, path: Path, inherited: Any, names: Path
    ) -> Field:
        self.note(item.options, "nanopb", (*path, FIELD_OPTIONS))
        options = self.nanopb.options_of(item, inherited, (*names, item.name))
        label = self.label_of(item)
        payload = bool(weft_option(item.options, "payload"))
        return Field(
            name=item.name,
            number=item.number,
            kind=FieldDescriptorProto.Type.Name(item.type)[len("TYPE_") :].lower(),
            label=label,
            type_name=item.type_name.lstrip("."),
            oneof=message.oneof_decl[item.oneof_index].name if label == "oneof" else "",
            limits=limits_of(item, options),
            where=self.positions.at((*path, NAME)),
            default_bytes=default_bytes(item),
            view=payload or bool(weft_option(item.options, "view")),
            payload=payload,
        )

    def label_of(self, item: FieldDescriptorProto) -> str:
        if item.label == FieldDescriptorProto.LABEL_REPEATED:
            return "repeated"
        if item.proto3_optional:
            return "optional"
        if item.HasField("oneof_index"):
            return "oneof"
        if item.label == FieldDescriptorProto.LABEL_REQUIRED:
            return "required"
        if self.file.syntax != "proto3" or item.type == FieldDescriptorProto.TYPE_MESSAGE:
            return "optional"
        return "singular"

    def read_enum(self, enum: Any, path: Path, inherited: Any, scope: tuple[str, ...]) -> None:
        names = (*scope, enum.name)
        self.note(enum.options, "nanopb_enumopt", (*path, ENUM_OPTIONS))
        options = self.nanopb.options_of(enum, inherited, names)
        before = names if options.long_names else scope
        values = [
            EnumValue(
                name=value.name,
                c_name="_".join((*before, value.name)),
                number=value.number,
                where=self.positions.at((*path, ENUM_VALUE, index, NAME)),
            )
            for index, value in enumerate(enum.value)
        ]
        self.enums.append(
            Enum(
                full_name=".".join(names),
                c_type=naming.c_type(".".join(names)),
                values=tuple(values),
                file=self.file.name,
                where=self.positions.at((*path, NAME)),
                long_names=options.long_names,
                to_string=options.enum_to_string,
                validate=getattr(options, "enum_validate", False),
            )
        )

    def note_extensions(self, extensions: Any, path: Path) -> None:
        self.extensions += [
            self.positions.at((*path, index, NAME)) for index in range(len(extensions))
        ]

    # ---- services ---------------------------------------------------------------------------

    def read_service(self, service: Any, index: int) -> Service:
        path = (FILE_SERVICE, index)
        full_name = ".".join((*self.package, service.name))
        given = {
            name: weft_option(service.options, name)
            for name in ("name", "c_prefix", "address", "major")
        }
        return Service(
            name=service.name,
            full_name=full_name,
            prefix=naming.snake(service.name) if given["c_prefix"] is None else given["c_prefix"],
            channel=naming.channel(full_name) if given["name"] is None else given["name"],
            channel_given=given["name"] is not None,
            id=fnv1a_32(full_name),
            major=1 if given["major"] is None else given["major"],
            address=given["address"],
            methods=tuple(
                self.read_method(method, (*path, SERVICE_METHOD, number))
                for number, method in enumerate(service.method)
            ),
            comment=self.positions.comment(path),
            file=self.file.name,
            where=self.positions.at((*path, NAME)),
            option_where={
                name: self.option_at((*path, SERVICE_OPTIONS), name)
                for name, value in given.items()
                if value is not None
            },
        )

    def read_method(self, method: Any, path: Path) -> Method:
        given = weft_option(method.options, "id")
        oneway = weft_option(method.options, "oneway")
        where = self.positions.at((*path, NAME))
        options = (*path, METHOD_OPTIONS)
        return Method(
            name=method.name,
            c_name=naming.snake(method.name),
            request=method.input_type.lstrip("."),
            response=method.output_type.lstrip("."),
            oneway=bool(oneway),
            client_streaming=method.client_streaming,
            server_streaming=method.server_streaming,
            id=fnv1a_32(method.name) if given is None else given,
            comment=self.positions.comment(path),
            where=where,
            id_where=where if given is None else self.option_at(options, "id"),
            oneway_where=where if oneway is None else self.option_at(options, "oneway"),
        )

    def option_at(self, path: Path, name: str) -> Location:
        return self.positions.at((*path, POOL.FindExtensionByName(f"weft.{name}").number))


def default_bytes(item: FieldDescriptorProto) -> int | None:
    if not item.HasField("default_value"):
        return None
    if item.type == FieldDescriptorProto.TYPE_STRING:
        return len(item.default_value.encode("utf-8"))
    if item.type == FieldDescriptorProto.TYPE_BYTES:
        return len(text_encoding.CUnescape(item.default_value))
    return None


def limits_of(item: FieldDescriptorProto, options: Any) -> Limits:
    max_size = options.max_size if options.HasField("max_size") else None
    if item.type == FieldDescriptorProto.TYPE_STRING and options.HasField("max_length"):
        max_size = options.max_length + 1
    return Limits(
        max_size=max_size,
        max_count=options.max_count if options.HasField("max_count") else None,
        int_size=options.int_size,
        fixed_length=options.fixed_length,
        fixed_count=options.fixed_count,
    )
